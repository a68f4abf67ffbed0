"""Reads acknowledgement files and brings each to its submission or claim, by control numbers and never by order."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from uuid import uuid5

from services.claims.core import SUBMISSION, Claim, ClaimFact, ClaimMessage
from services.claims.core.ack_file import ReadAcks, ReportAcks
from services.claims.core.adjudication import REJECTING
from services.claims.core.claim_messages import Ack, RecordClaimAck
from services.claims.core.inquiry import inquiry_of
from services.claims.core.inquiry_codes import IN_277CA
from services.claims.core.intake_file import FileFinding
from services.claims.core.papers import PAPERS
from services.claims.core.papers_messages import Question, RecordSendingAck
from services.claims.core.submission import RecordFileAck, Submission
from services.claims.core.submission_facts import FileAck
from services.claims.core.watch import WatchDecider
from services.claims.core.watch_file import AnswerForm, FileWatchDecider, NoteFileAnswer
from services.claims.core.watch_messages import InformationRequest, RecordRequest, RecordStatus
from services.claims.file_performer import of_file
from services.claims.inquiry_performer import found_in
from services.claims.routing import Routing
from services.claims.sent_files import SentFiles, SentPapers
from services.claims.streaming import ThreadedReader
from services.claims.vault import FileVault
from shared.contracts import Meta
from shared.decider import Decider, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import answer_meta
from shared.x12.acks import (
    Ack999,
    BatchAck277CA,
    ClaimAck277CA,
    Status,
    Ta1,
    Verdict,
    read_277ca,
    read_999,
    read_ta1,
)
from shared.x12.findings import Finding
from shared.x12.request277 import InformationRequest277, read_277_or_requests
from shared.x12.status import StatusResponse277

FOLDER = "acks"
BATCH_ITEMS = 200
READERS: dict[str, Callable[[Iterable[bytes]], Iterator[Any]]] = {
    "999": read_999,
    "277ca": read_277ca,
    "ta1": read_ta1,
    "277": read_277_or_requests,
}


class Matched(NamedTuple):
    """What a batch of acknowledgements led to."""

    files: list[RecordFileAck]
    claims: list[RecordClaimAck]
    unmatched: list[FileFinding]
    answers: dict[tuple[str, str, bool], NoteFileAnswer]
    statuses: list[RecordStatus | RecordRequest]
    papers: list[RecordSendingAck]


class Watches(NamedTuple):
    """The watchdogs that hear of what came back."""

    claim: WatchDecider
    file: FileWatchDecider


class AckReader:
    """Performs `ReadAcks`."""

    def __init__(
        self,
        runtime: Runtime,
        claim: Decider[Claim, ClaimMessage, ClaimFact],
        vault: FileVault,
        routing: Routing,
        watches: Watches,
    ) -> None:
        self._runtime, self._claim, self._vault, self._routing = runtime, claim, vault, routing
        self._watches = watches

    async def read(self, key: Key, pending: Pending) -> ReportAcks:
        """Read the whole file. Safe to repeat: each acknowledgement is known by its file and place."""
        assert isinstance(pending.effect, ReadAcks)
        reader = ThreadedReader(READERS[pending.effect.extension], self._vault.read(key.tenant, FOLDER, key.id))
        sent = SentFiles(self._runtime.store, self._claim, key.tenant, self._routing)
        matched, place, ended = 0, 0, False
        unmatched: list[FileFinding] = []
        reason: FileFinding | None = None
        while not ended:
            batch = await reader.take(BATCH_ITEMS)
            found = await self._match(key, pending, batch.items, place, sent)
            await self._runtime.shell.transact(SUBMISSION, found.files)
            await self._runtime.shell.transact(self._claim, found.claims)
            await self._runtime.shell.transact(self._watches.file, tuple(found.answers.values()))
            await self._runtime.shell.transact(self._watches.claim, found.statuses)
            await self._runtime.shell.transact(PAPERS, found.papers)
            matched += len(found.files) + len(found.claims) + len(found.statuses) + len(found.papers)
            unmatched += found.unmatched
            place += len(batch.items)
            ended, reason = batch.ended, of_file(batch.fault) if batch.fault else None
        await self._quarantine(key, unmatched if reason is None else [reason, *unmatched])
        return ReportAcks(
            meta=answer_meta(key, pending, self._runtime.clock),
            file_id=key.id,
            matched=matched,
            unmatched=tuple(unmatched),
            reason=reason,
        )

    async def _match(self, key: Key, pending: Pending, items: list[Any], first_place: int, sent: SentFiles) -> Matched:
        found = Matched([], [], [], {}, [], [])
        for place, item in enumerate(items, first_place):
            ack_id = f"{key.id}/{place}"
            match item:
                case Finding():
                    found.unmatched.append(of_file(item))
                case Ta1() | Ack999():
                    await self._match_file(key, pending, ack_id, item, sent, found)
                case ClaimAck277CA():
                    await self._match_claim(key, pending, ack_id, item, sent, found)
                case StatusResponse277():
                    await self._match_status(key, pending, ack_id, item, found)
                case InformationRequest277():
                    await self._match_request(key, pending, ack_id, item, sent, found)
                case BatchAck277CA():
                    pass  # totals of a level; each claim speaks for itself
                case _:
                    msg = f"an acknowledgement reader gave {type(item).__name__}"
                    raise TypeError(msg)
        return found

    async def _match_file(
        self, key: Key, pending: Pending, ack_id: str, item: Ta1 | Ack999, sent: SentFiles, found: Matched
    ) -> None:
        index, number = (
            ("interchange", item.interchange_control_number)
            if isinstance(item, Ta1)
            else ("group", item.group_control_number)
        )
        ack = file_ack(ack_id, item)
        submission = await sent.find(index, number, item.sender_id)
        if ack is None:
            found.unmatched.append(_unmatched("ACK:verdict", "The acknowledgement does not say accepted or rejected."))
        elif submission is None and (place := await sent.papers_of(number, item.sender_id)) is not None:
            self._match_papers(key, pending, ack, place, found)
        elif submission is None:
            message = f"No file of ours, or more than one, has the {index} control number that is acknowledged."
            found.unmatched.append(_unmatched("ACK:submission", message))
        else:
            meta = _meta(key, pending, ack_id, f"submission/{submission.submission_id}")
            found.files.append(RecordFileAck(meta=meta, submission_id=submission.submission_id, ack=ack))
            _heard_of(submission, ack.kind, ack.accepted, meta, found)

    def _match_papers(self, key: Key, pending: Pending, ack: FileAck, place: SentPapers, found: Matched) -> None:
        """A TA1 or 999 about papers of a claim (275): their claim hears of it, and their file's watchdog."""
        meta = _meta(key, pending, ack.ack_id, f"papers/{place.claim_id}")
        command = RecordSendingAck(
            meta=meta,
            claim_id=place.claim_id,
            sending_id=place.sending_id,
            ack_id=ack.ack_id,
            form=ack.kind,
            accepted=ack.accepted,
            codes=ack.codes,
        )
        found.papers.append(command)
        heard = _meta(key, pending, ack.ack_id, f"file_watch/{place.sending_id}")
        answer = NoteFileAnswer(meta=heard, submission_id=place.sending_id, form=ack.kind, accepted=ack.accepted)
        found.answers.setdefault((place.sending_id, ack.kind, ack.accepted), answer)

    async def _match_request(
        self, key: Key, pending: Pending, ack_id: str, item: InformationRequest277, sent: SentFiles, found: Matched
    ) -> None:
        """A payer's request for papers, matched by our control number (REF*EJ), never by a name."""
        claim_id = await sent.claim_of(item.patient_control_number, None)
        if claim_id is None or not item.trace_number or not item.questions:
            found.unmatched.append(_unmatched("ACK:request", NO_REQUEST, item.segment_number))
            return
        request = InformationRequest(
            codes=tuple(dict.fromkeys(f"{one.category}:{one.code}" for one in item.questions)),
            requested_on=next((one.effective for one in item.questions if one.effective), None)
            or pending.cause.occurred_at.date(),
            trace=item.trace_number,
            due_on=item.due_on or next((one.due_on for one in item.lines if one.due_on), None),
            questions=tuple(
                Question(category=one.category, code=one.code, entity=one.entity, code_list=one.code_list)
                for one in item.questions
            ),
        )
        meta = _meta(key, pending, ack_id, f"watch/{claim_id}")
        found.statuses.append(RecordRequest(meta=meta, claim_id=claim_id, request=request))

    async def _match_claim(
        self, key: Key, pending: Pending, ack_id: str, item: ClaimAck277CA, sent: SentFiles, found: Matched
    ) -> None:
        submission = await sent.find("interchange", item.submitted_reference, item.sender_id)
        claim_id = await sent.claim_of(item.patient_control_number, submission)
        decisive = decisive_status(item.statuses)
        fault = _fault_of(claim_id, submission, decisive)
        if fault is not None or claim_id is None or decisive is None:
            found.unmatched.append(_unmatched(*(fault or NO_CLAIM), item.segment_number))
            return
        ack = Ack(
            ack_id=ack_id,
            submission_id=None if submission is None else submission.submission_id,
            category=decisive.category,
            codes=tuple(f"{one.category}:{one.code}" for one in item.statuses),
            payer_claim_control_number=item.payer_claim_control_number or None,
            received_on=pending.cause.occurred_at.date(),
        )
        meta = _meta(key, pending, ack_id, f"claim/{claim_id}")
        found.claims.append(RecordClaimAck(meta=meta, claim_id=claim_id, ack=ack))
        if submission is not None:
            heard = _meta(key, pending, ack_id, f"submission/{submission.submission_id}")
            _heard_of(submission, "277CA", True, heard, found)

    async def _match_status(
        self, key: Key, pending: Pending, ack_id: str, item: StatusResponse277, found: Matched
    ) -> None:
        """A payer's answer to an inquiry that went as a file: our trace number says which claim it is about."""
        asked = inquiry_of(item.trace_number)
        state: Claim | None = None
        if asked is not None:
            claim_key = Key(key.tenant, asked[0])
            state = (await self._runtime.store.load(self._claim, (claim_key,)))[claim_key].snapshot.state
        if asked is None or state is None or not state.claim_id:
            found.unmatched.append(_unmatched("ACK:status", NO_INQUIRY, item.segment_number))
            return
        claim_id, number = asked
        status = found_in([item], state, number, ack_id).status
        if status is None:
            found.unmatched.append(_unmatched("ACK:status", OTHER_CLAIM, item.segment_number))
            return
        meta = _meta(key, pending, ack_id, f"watch/{claim_id}")
        found.statuses.append(RecordStatus(meta=meta, claim_id=claim_id, number=number, status=status))

    async def _quarantine(self, key: Key, unmatched: list[FileFinding]) -> None:
        for number, finding in enumerate(unmatched):
            document = {
                "kind": "ack_file",
                "file_id": key.id,
                "at": self._runtime.wall(),
                "code": finding.code,
                "reason": finding.message,
                "segment_number": finding.segment_number,
                "byte_offset": finding.byte_offset,
            }
            await self._runtime.store.note("quarantine", key.tenant, f"{key.id}/{number:06}", document)
        if unmatched:
            self._runtime.log.warning("acks_unmatched", tenant=key.tenant, file_id=key.id, count=len(unmatched))


def file_ack(ack_id: str, item: Ta1 | Ack999) -> FileAck | None:
    """What a TA1 or 999 says about the file; None when it says neither accepted nor rejected. E is accepted."""
    if isinstance(item, Ta1):
        if item.status not in ("A", "E", "R"):
            return None
        return FileAck(ack_id=ack_id, kind="TA1", accepted=item.accepted, codes=(f"TA105:{item.note}",))
    verdicts = {item.verdict, *(one.verdict for one in item.transactions)}
    if item.verdict is Verdict.UNKNOWN:
        return None
    codes = [f"AK901:{item.status}", *(f"AK905:{code}" for code in item.codes)]
    for one in item.transactions:
        codes += [f"IK502:{code}" for code in one.codes]
        codes += [f"IK304:{segment.tag}:{segment.code}" for segment in one.segments if segment.code]
    return FileAck(ack_id=ack_id, kind="999", accepted=Verdict.REJECTED not in verdicts, codes=tuple(codes[:50]))


def decisive_status(statuses: tuple[Status, ...]) -> Status | None:
    """The status that settles the claim: a rejection outweighs the rest, then acceptance into adjudication."""
    rejecting = [one for one in statuses if one.category in REJECTING]
    accepting = [one for one in statuses if one.category == "A2"]
    return next(iter((*rejecting, *accepting, *statuses)), None)


def _heard_of(submission: Submission, form: AnswerForm, accepted: bool, meta: Meta, found: Matched) -> None:
    """One message for each thing that a batch says of a file: its watchdog needs no more."""
    answer = NoteFileAnswer(meta=meta, submission_id=submission.submission_id, form=form, accepted=accepted)
    found.answers.setdefault((submission.submission_id, form, accepted), answer)


NO_INQUIRY = "No inquiry of ours has this trace number (TRN02): the answer is kept, and nothing was changed."
OTHER_CLAIM = "The answer names another claim than the one we asked about: ask the payer again."
NO_REQUEST = (
    "The payer's request names no claim of ours that was sent, or not what it wants, or has no number: ask the payer."
)
NO_CLAIM = ("ACK:claim", "No claim of ours that was sent, or more than one, has this patient control number (TRN02).")
NOT_IN_FILE = ("ACK:claim", "The file of ours that is acknowledged holds no claim of this patient control number.")
NO_STATUS = ("ACK:claim", "The claim acknowledgement carries no status (STC).")
NO_CATEGORY = (
    "ACK:category",
    "The status category (STC01-1) has no place in a 277CA: nothing was changed; ask the payer what it means.",
)
TWO_MINDS = (
    "ACK:action",
    "The status category (STC01-1) and the action (STC03) contradict each other: nothing was changed; ask the payer.",
)


def _fault_of(claim_id: str | None, submission: Submission | None, decisive: Status | None) -> tuple[str, str] | None:
    """Why a claim acknowledgement changes nothing, in words for a biller; None where it may.

    Only A categories belong in a 277CA (X12 RFI 1942), and WQ goes with those that do not reject, U with those that
    do (RFI 2203).
    """
    if claim_id is None:
        return NO_CLAIM if submission is None else NOT_IN_FILE
    if decisive is None:
        return NO_STATUS
    if decisive.category not in IN_277CA:
        return NO_CATEGORY
    rejects = decisive.category in REJECTING
    if (decisive.action == "U" and decisive.category == "A2") or (decisive.action == "WQ" and rejects):
        return TWO_MINDS
    return None


def _unmatched(code: str, message: str, segment_number: int = 0) -> FileFinding:
    return FileFinding(code=code, message=message, segment_number=segment_number)


def _meta(key: Key, pending: Pending, ack_id: str, subject: str) -> Meta:
    return pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, f"{ack_id}/{subject}"),
            "tenant": key.tenant,
            "source": "claims",
            "subject": subject,
            "sequence": 0,
            "causation": pending.id,
        }
    )
