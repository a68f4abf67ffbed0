"""A claim's papers: documents attached to it, named by it (PWK), and sent with it or in answer to its payer (275).

A paper that supports the claim leaves once the claim has left with its PWK, so that the payer can match the two. One
that answers a payer's request leaves when a person sends the answer, under the payer's own number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import Annotated, TypeAlias, assert_never, get_args
from uuid import UUID

from pydantic import Field, TypeAdapter

from shared.contracts import AttachmentsSent, AttachmentWorkFound, ClaimSubmitted, Event, Meta
from shared.decider import Decider, Effect, Scalar
from shared.replaced import replace

from .papers_messages import (
    AnyPapersFact,
    AnyPapersMessage,
    AttachPaper,
    BuildSending,
    ClaimLeft,
    DeliverSending,
    MarkSent,
    NamePaper,
    Paper,
    PaperAttached,
    PaperNamed,
    PaperSettled,
    PapersFact,
    PapersMessage,
    PapersRefused,
    PaperState,
    PapersWork,
    RecordSendingAck,
    Route,
    SendAgain,
    SendAnswer,
    Sending,
    SendingAcknowledged,
    SendingBuilt,
    SendingDelivered,
    SendingFailed,
    SendingLeft,
    SendingStarted,
    SendingState,
    SendingWritten,
)
from .work_messages import ClaimNamed

PAPERS_MAX = 50
COMMANDS_KEPT = 50
ROUTES: tuple[Route, ...] = get_args(Route)
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""After the first, second, … failure to deliver, as for files of claims; the last one holds for all further ones."""
Steps: TypeAlias = tuple[PapersFact | Effect, ...]
Facts: TypeAlias = tuple[PapersFact, ...]
WHAT = {
    "portal": "This payer takes papers in its portal only: upload them there, and say so here.",
    "print": "The papers lie printed with their cover sheet: send them by mail or fax, and say so here.",
    "refused": "The file with the papers was refused: read its codes, mend it and send the papers again.",
    "not_answered": "The claim left without naming these papers: send them when the payer asks, or replace the claim.",
    "unwritable": "The papers cannot be sent as they are: look at the code, and attach them in another form.",
}
_STATE_OF: dict[SendingState, PaperState] = {
    "building": "sending",
    "built": "sending",
    "by_hand": "sending",
    "sent": "sent",
    "accepted": "accepted",
    "refused": "refused",
    "failed": "refused",
}


@dataclass(frozen=True, slots=True)
class Papers:
    """All papers of one claim, and every sending of some of them. `left` is the claim's last event of being sent."""

    named: ClaimNamed | None = None
    charge_cents: int = 0
    papers: tuple[Paper, ...] = ()
    sendings: tuple[Sending, ...] = ()
    left: int = -1
    commands: tuple[UUID, ...] = ()

    def sending(self, number: int) -> Sending | None:
        return next((one for one in self.sendings if one.number == number), None)

    def paper(self, number: int) -> Paper | None:
        return next((one for one in self.papers if one.number == number), None)


def decide(state: Papers, message: PapersMessage) -> Steps:  # noqa: PLR0911 - one arm per message
    """Answer one message; nothing decided means that it changed nothing."""
    match message:
        case AttachPaper():
            return _attach(state, message)
        case SendAnswer():
            return _answer(state, message)
        case MarkSent():
            return _mark(state, message)
        case SendAgain():
            return _again(state, message)
        case PaperNamed():
            return _named(state, message)
        case ClaimSubmitted():
            return _left(state, message)
        case SendingBuilt():
            return _built(state, message)
        case SendingDelivered():
            return _delivered(state, message)
        case RecordSendingAck():
            return _acknowledged(state, message)
        case _:
            assert_never(message)


def _then(state: Papers, facts: Facts, follow: Callable[[Papers], Steps]) -> Steps:
    return (*facts, *follow(reduce(evolve, facts, state)))


def _attach(state: Papers, message: AttachPaper) -> Steps:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if len(state.papers) >= PAPERS_MAX:
        return (PapersRefused(because=f"a claim has at most {PAPERS_MAX} papers", command_id=command_id),)
    if any(one.sha256 == message.sha256 and one.answers == message.answers for one in state.papers):
        return (PapersRefused(because="this document is attached already", command_id=command_id),)
    own = {name: getattr(message, name) for name in Paper.model_fields if name in AttachPaper.model_fields}
    number = len(state.papers) + 1
    paper = Paper(**own, number=number, state="waiting" if message.answers else "announcing")
    attached = PaperAttached(named=message.named, charge_cents=message.charge_cents, paper=paper, command_id=command_id)
    return (attached,) if message.answers else (attached, NamePaper(number=number))


def _named(state: Papers, message: PaperNamed) -> Steps:
    paper = state.paper(message.number)
    if paper is None or paper.state != "announcing":
        return ()
    settled = PaperSettled(number=message.number, announced=message.announced, events=message.events, gone=message.gone)
    if not message.announced:
        return (settled, PapersWork(because="not_answered", what=WHAT["not_answered"]))
    return _then(state, (settled,), _send_waiting)


def _left(state: Papers, message: ClaimSubmitted) -> Steps:
    """The claim went out: what it named goes after it. Claims without papers are nobody's business here."""
    if not state.papers or message.meta.sequence <= state.left:
        return ()
    return _then(state, (ClaimLeft(sequence=message.meta.sequence),), _send_waiting)


def _send_waiting(state: Papers) -> Steps:
    """The papers whose claim left after it named them, each route by itself."""
    ready = [one for one in state.papers if _may_leave(state, one)]
    steps: list[PapersFact | Effect] = []
    number = len(state.sendings)
    for route in ROUTES:
        if papers := tuple(one.number for one in ready if one.route == route):
            number += 1
            steps += _start(Sending(number=number, route=route, papers=papers), None)
    return tuple(steps)


def _may_leave(state: Papers, paper: Paper) -> bool:
    return paper.state == "waiting" and paper.answers is None and state.left > paper.announced_at


def _start(sending: Sending, command_id: UUID | None) -> Steps:
    started = SendingStarted(sending=sending, command_id=command_id)
    if sending.route == "portal":
        by_hand = sending.model_copy(update={"state": "by_hand"})
        started = SendingStarted(sending=by_hand, command_id=command_id)
        return (started, PapersWork(because="portal", what=WHAT["portal"], due_on=sending.due_on))
    return (started, BuildSending(number=sending.number))


def _answer(state: Papers, message: SendAnswer) -> Steps:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    ready = [one for one in state.papers if one.answers == message.trace and one.state in ("waiting", "refused")]
    if not ready:
        because = "nothing is attached in answer to this request: attach the papers first"
        return (PapersRefused(because=because, command_id=command_id),)
    sending = Sending(
        number=len(state.sendings) + 1,
        route=ready[0].route,
        papers=tuple(one.number for one in ready),
        trace=message.trace,
        questions=message.questions,
        due_on=message.due_on,
    )
    return _start(sending, command_id)


def _mark(state: Papers, message: MarkSent) -> Steps:
    sending, command_id = state.sending(message.number), message.meta.id
    if command_id in state.commands:
        return ()
    if sending is None or sending.state != "by_hand":
        because = "there is nothing to send by hand under this number, or it was sent"
        return (PapersRefused(because=because, command_id=command_id),)
    return (SendingLeft(number=sending.number, command_id=command_id),)


def _again(state: Papers, message: SendAgain) -> Steps:
    """The same papers in a file of its own; those that went some other way meanwhile stay out."""
    sending, command_id = state.sending(message.number), message.meta.id
    if command_id in state.commands:
        return ()
    left = [one for one in state.papers if sending and one.number in sending.papers and one.state == "refused"]
    if sending is None or sending.state not in ("refused", "failed") or not left:
        because = "these papers were not refused, or went again already"
        return (PapersRefused(because=because, command_id=command_id),)
    again = Sending(
        number=len(state.sendings) + 1,
        route=sending.route,
        papers=tuple(one.number for one in left),
        trace=sending.trace,
        questions=sending.questions,
        due_on=sending.due_on,
    )
    return _start(again, command_id)


def _built(state: Papers, message: SendingBuilt) -> Steps:
    sending = state.sending(message.number)
    if sending is None or sending.state != "building":
        return ()
    if message.code:
        failed = SendingFailed(number=sending.number, code=message.code)
        return (failed, PapersWork(because="unwritable", what=WHAT["unwritable"], due_on=sending.due_on))
    written = SendingWritten(
        number=sending.number,
        sending_id=message.sending_id,
        partner=message.partner,
        interchange=message.interchange,
        size=message.size,
        sha256=message.sha256,
    )
    return (written, DeliverSending(number=sending.number))


def _delivered(state: Papers, message: SendingDelivered) -> Steps:
    """A file that was built is never given up; what was printed waits for a person to send it."""
    sending, now = state.sending(message.number), message.meta.occurred_at
    if sending is None or sending.state != "built":
        return ()
    if message.code:
        again_at = now + RETRY_AFTER[min(sending.failures, len(RETRY_AFTER) - 1)]
        failed = SendingFailed(number=sending.number, code=message.code, again_at=again_at)
        return (failed, DeliverSending(number=sending.number, not_before=again_at))
    left = SendingLeft(number=sending.number)
    if sending.route == "electronic":
        return (left,)
    return (left, PapersWork(because="print", what=WHAT["print"], due_on=sending.due_on))


def _acknowledged(state: Papers, message: RecordSendingAck) -> Steps:
    sending = next((one for one in state.sendings if one.sending_id == message.sending_id), None)
    if sending is None or message.ack_id in sending.acks:
        return ()
    known = SendingAcknowledged(
        number=sending.number,
        ack_id=message.ack_id,
        form=message.form,
        accepted=message.accepted,
        codes=message.codes,
    )
    first_refusal = not message.accepted and sending.state != "refused"
    if not first_refusal:
        return (known,)
    return (known, PapersWork(because="refused", what=WHAT["refused"], due_on=sending.due_on))


def evolve(state: Papers, fact: PapersFact) -> Papers:  # noqa: C901, PLR0911 - one arm per fact
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case PaperAttached():
            grown = replace(state, named=fact.named, charge_cents=fact.charge_cents, papers=(*state.papers, fact.paper))
            return _remember(grown, fact.command_id)
        case PaperSettled():
            settled: PaperState = "waiting" if fact.announced else "not_announced"
            gone = replace(state, left=max(state.left, 0)) if fact.gone else state
            return _papers(gone, (fact.number,), state_=settled, events=-1 if fact.gone else fact.events)
        case ClaimLeft():
            return replace(state, left=fact.sequence)
        case SendingStarted():
            started = replace(state, sendings=(*state.sendings, fact.sending))
            return _remember(_papers(started, fact.sending.papers, state_="sending"), fact.command_id)
        case SendingWritten():
            own = fact.model_dump(exclude={"type", "number"})
            return _sending(state, fact.number, state="built", **own)
        case SendingFailed():
            sending = state.sending(fact.number)
            failures = (sending.failures if sending else 0) + 1
            if fact.again_at is not None:
                return _sending(state, fact.number, failures=failures, code=fact.code)
            return _sending(state, fact.number, state="failed", failures=failures, code=fact.code)
        case SendingLeft():
            return _remember(_with_left(state, fact), fact.command_id)
        case SendingAcknowledged():
            return _with_ack(state, fact)
        case PapersWork():
            return state
        case PapersRefused():
            return _remember(state, fact.command_id)
        case _:
            assert_never(fact)


def _with_left(state: Papers, fact: SendingLeft) -> Papers:
    """What was printed is in a person's hand first."""
    sending = state.sending(fact.number)
    printed = sending is not None and sending.route in ("mail", "fax") and sending.state == "built"
    return _sending(state, fact.number, state="by_hand" if printed else "sent", code="")


def _with_ack(state: Papers, fact: SendingAcknowledged) -> Papers:
    """A refusal stands, whatever comes after it; a TA1 that accepts says nothing of the papers yet."""
    sending = state.sending(fact.number)
    assert sending is not None, "it was acknowledged"
    acks = (*sending.acks, fact.ack_id)[-20:]
    if not fact.accepted:
        return _sending(state, fact.number, state="refused", acks=acks, code=" ".join(fact.codes)[:100])
    if sending.state == "refused" or fact.form == "TA1":
        return _sending(state, fact.number, acks=acks)
    return _sending(state, fact.number, state="accepted", acks=acks)


def _sending(whole: Papers, number: int, **changes: object) -> Papers:
    sendings = tuple(one.model_copy(update=changes) if one.number == number else one for one in whole.sendings)
    changed = replace(whole, sendings=sendings)
    after = changed.sending(number)
    if after is None:
        return changed
    later = {one for sending in sendings if sending.number > number for one in sending.papers}
    # What went again meanwhile is where its last sending is, whatever is still said of an earlier one.
    return _papers(changed, [one for one in after.papers if one not in later], state_=_STATE_OF[after.state])


def _papers(state: Papers, numbers: Sequence[int], *, state_: PaperState, events: int | None = None) -> Papers:
    changes: dict[str, object] = {"state": state_}
    if events is not None:
        changes["announced_at"] = events
    papers = tuple(one.model_copy(update=changes) if one.number in numbers else one for one in state.papers)
    return replace(state, papers=papers)


def _remember(state: Papers, command_id: UUID | None) -> Papers:
    return state if command_id is None else replace(state, commands=(*state.commands, command_id)[-COMMANDS_KEPT:])


def publish(state: Papers, fact: PapersFact, meta: Meta) -> Event | None:
    """What others may know: papers left, or a person must act."""
    named = state.named
    if named is None:
        return None
    common = {**named.model_dump(include={"account_id", "claim_id", "patient_control_number", "payer_id"})}
    match fact:
        case PapersWork():
            return AttachmentWorkFound.model_validate(
                {
                    **common,
                    "meta": meta,
                    "charge_cents": state.charge_cents,
                    "because": fact.because,
                    "what": fact.what,
                    "due_on": fact.due_on,
                }
            )
        case SendingLeft():
            sending = state.sending(fact.number)
            if sending is None or sending.state != "sent":
                return None
            said = {"sending_id": sending.sending_id or f"{named.claim_id}.{sending.number}", "route": sending.route}
            return AttachmentsSent.model_validate(
                {**common, **said, "meta": meta, "papers": len(sending.papers), "trace": sending.trace}
            )
        case _:
            return None


def _index(state: Papers) -> dict[str, Scalar]:
    return {
        "payer_id": state.named.payer_id if state.named else None,
        "by_hand": any(one.state == "by_hand" for one in state.sendings),
        "refused": any(one.state in ("refused", "failed") for one in state.sendings),
    }


PapersDecider: TypeAlias = Decider[Papers, PapersMessage, PapersFact]
PAPERS: PapersDecider = Decider(
    service="claims",
    kind="papers",
    initial=Papers(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.claim_id,
    record_key=lambda state: state.named.account_id if state.named else "unassigned",
    state_codec=TypeAdapter(Papers),
    message_codec=TypeAdapter(AnyPapersMessage),
    fact_codec=TypeAdapter(AnyPapersFact),
    effect_codec=TypeAdapter(Annotated[NamePaper | BuildSending | DeliverSending, Field(discriminator="type")]),
    index=_index,
)
