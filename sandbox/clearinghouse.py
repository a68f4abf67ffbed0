"""The clearinghouse at work: takes 837 files, lets payers answer when their day has come, hands their files back.

Everything is done for the time it was due, not for the time it is noticed, so a clock that jumps changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, TypeVar

from sandbox.acknowledgements import (
    CLEARINGHOUSE,
    DUPLICATE_INTERCHANGE,
    NO_ORIGINAL,
    Received,
    claim_acknowledgements,
    clearinghouse_status,
    group_acknowledgements,
    interchange_note,
    payer_status,
    read_envelopes,
    rejects,
    unreadable_note,
)
from sandbox.adjudication import Decision, adjudicate, negated, readjudicate, refuse, will_reverse
from sandbox.bank import Bank
from sandbox.chance import Chance
from sandbox.claim_status import answers, wants_records
from sandbox.exchange import Exchange
from sandbox.held import HeldClaim, hold
from sandbox.papers import came_name, request_of
from sandbox.profiles import PayerProfile, Payers
from sandbox.remittance import Entry, PayDay, remit
from sandbox.state import Row, Stage, State, next_weekday
from shared.x12.acks import Ta1, write_277ca, write_999, write_ta1
from shared.x12.attachment275 import Set275, cut_documents, read_275
from shared.x12.claim837 import Claim837, read_837
from shared.x12.era835 import Remittance835, write_835
from shared.x12.findings import X12Error
from shared.x12.parties import Named
from shared.x12.request277 import write_277_requests
from shared.x12.status import StatusInquiry276, read_276, write_277

Key = TypeVar("Key", bound=tuple[Any, ...])
SENDER = CLEARINGHOUSE.id
_OPENING = time(6)
_CORRECTED_AFTER = timedelta(days=30)
_REPLACED_TOO_EARLY = "OA-18"


class Clearinghouse:
    """One clearinghouse with its payers; `tick` does what there is to do."""

    def __init__(self, state: State, exchange: Exchange, payers: Payers, seed: int) -> None:
        self._state, self._exchange, self._payers, self._seed = state, exchange, payers, seed
        self.bank = Bank(state, seed)

    def start(self) -> None:
        """Finish what a crash interrupted."""
        self._exchange.finish_moves()
        self._exchange.deliver()

    def tick(self, now: datetime) -> int:
        """Take files, answer and pay what is due, write files; gives the number of files written."""
        for tenant, path in self._exchange.waiting():
            with self._state.transaction():
                intake = self._state.add_intake(tenant, path.name)
                if path.suffix == ".276":
                    self._answer_inquiries(tenant, path.stem, path.read_bytes(), now)
                elif path.suffix == ".275":
                    self._take_papers(tenant, path.read_bytes(), now)
                else:
                    self._take(tenant, intake, path.read_bytes(), now)
            self._exchange.move_taken(intake, tenant, path)
        self._answer(now)
        self._pay(now)
        with self._state.transaction():
            self.bank.tell(now)
        return self._exchange.deliver()

    # Files in

    def _take(self, tenant: str, intake: int, content: bytes, now: datetime) -> None:
        """Acknowledge a file's interchanges and hold the claims of those that are good."""
        try:
            envelopes = read_envelopes(content)
            claims = [one for one in read_837([content]) if isinstance(one, Claim837)]
        except X12Error:
            self._note(tenant, "UNKNOWN", unreadable_note(now), now)
            return
        good = {one.interchange.control_number: one for one in envelopes if self._acknowledge(tenant, one, claims, now)}
        held: list[HeldClaim] = []
        for claim in claims:
            received = good.get(claim.header.interchange_control_number if claim.header else "")
            if received:
                sender = received.interchange.sender_id
                held.append(self._hold(claim, tenant, intake, sender, now))
        for submitter, own in groupby(held, key=lambda one: one.submitter_id):
            answered = [(one, clearinghouse_status(one), "") for one in own]
            self._write_277ca(tenant, submitter, answered, CLEARINGHOUSE, now)

    def _take_papers(self, tenant: str, content: bytes, now: datetime) -> None:
        """Acknowledge a file of papers, and note the claims whose papers came whole."""
        try:
            envelopes = read_envelopes(cut_documents(content)[0])
            sets = [one for one in read_275(content) if isinstance(one, Set275)]
        except X12Error:
            self._note(tenant, "UNKNOWN", unreadable_note(now), now)
            return
        for one in envelopes:
            one.faults.extend("documents" for each in sets if each.findings)
        good = [self._acknowledge(tenant, one, (), now) for one in envelopes]
        if all(good):
            for each in sets:
                self._state.count_try(came_name(tenant, each.patient_control_number))

    def _acknowledge(self, tenant: str, received: Received, claims: Sequence[Claim837], now: datetime) -> bool:
        """TA1 for a bad interchange, 999 for any other; True when its claims are to be held."""
        interchange = received.interchange
        note = received.notes[0] if received.notes else ""
        if not note and not self._state.add_interchange(tenant, interchange.sender_id, interchange.control_number):
            note = DUPLICATE_INTERCHANGE
        if note:
            self._note(tenant, interchange.sender_id, interchange_note(interchange, note), now)
            return False
        rejected = bool(received.faults) or self._file_rejected(interchange.control_number, claims)
        acks = list(group_acknowledgements(received, rejected))
        if acks:
            control = self._state.next_file_id()
            content = write_999(acks, SENDER, interchange.sender_id, control, now)
            self._state.add_file(tenant, "acks", f"{interchange.control_number}-{control:06d}.999", "999", content)
        return not rejected

    def _file_rejected(self, control_number: str, claims: Sequence[Claim837]) -> bool:
        """Whether a whole file is refused by chance: the share of its first claim's payer, none by default."""
        if not claims:
            return False
        profile = self._payers.find(claims[0].payer.id).profile
        return Chance(self._seed, f"file/{control_number}").happens("rejected", profile.file_rejected_percent)

    def _note(self, tenant: str, receiver: str, note: Ta1, now: datetime) -> None:
        control = self._state.next_file_id()
        content = write_ta1(note, SENDER, receiver, control, now)
        self._state.add_file(tenant, "acks", f"{note.interchange_control_number}-{control:06d}.ta1", "ta1", content)

    def _hold(self, claim: Claim837, tenant: str, intake: int, sender: str, now: datetime) -> HeldClaim:
        held = hold(claim, tenant, self._state.attempts(tenant, claim.patient_control_number), sender)
        profile = self._payers.find(held.payer_id).profile
        stage: Stage = "rejected" if rejects(clearinghouse_status(held)) else "received"
        number = Chance(self._seed, f"{tenant}/{held.subject}").number("payer number") % 10**9
        answer_at = max(now, _opening(now.date() + timedelta(days=profile.acknowledge_days)))
        self._state.add_claim(held, intake, f"{now:%Y%j}{number:09d}", stage, now, answer_at)
        return held

    # 277 to a file of inquiries

    def _answer_inquiries(self, tenant: str, name: str, content: bytes, now: datetime) -> None:
        try:
            asked = [one for one in read_276([content]) if isinstance(one, StatusInquiry276)]
        except X12Error:
            self._note(tenant, "UNKNOWN", unreadable_note(now), now)
            return
        if asked:
            control = self._state.next_file_id()
            answer = self.answer_276(tenant, asked, control, now)
            self._state.add_file(tenant, "acks", f"{name}-{control:06d}.277", "277", answer)

    def answer_276(self, tenant: str, asked: Sequence[StatusInquiry276], control: int, now: datetime) -> bytes:
        """The 277 to inquiries of one tenant, from what is held now."""

        def look(one: StatusInquiry276) -> Row | None:
            found = self._state.by_control_number(tenant, one.patient_control_number)
            if found is None and one.payer_claim_control_number:
                found = self._state.by_payer_number(tenant, one.payer_claim_control_number)
            return found

        told = answers(asked, look, self._payers, self._seed, self._papers_came)
        return write_277(told, control, now, SENDER, asked[0].sender_id)

    def _papers_came(self, row: Row) -> bool:
        return self._state.tried(came_name(row.claim.tenant, row.claim.control_number))

    def _ask_for_papers(self, tenant: str, payer: PayerProfile, rows: Sequence[Row], at: datetime) -> None:
        """A 277 (X213) about the claims that the payer wants papers for, where it asks by itself."""
        wanting = (
            [one for one in rows if wants_records(one, payer, self._seed)] if payer.profile.requests_papers else []
        )
        if wanting:
            control = self._state.next_file_id()
            requests = [request_of(one, payer, at) for one in wanting]
            content = write_277_requests(requests, control, at, SENDER, wanting[0].claim.submitter_id)
            self._state.add_file(tenant, "acks", f"{payer.id}-{at:%Y%m%d}-{control:06d}.277", "277", content)

    # 277CA of the payers

    def _answer(self, now: datetime) -> None:
        """One file per taken file, payer and day."""
        while due := self._state.next_due_at(("answer_at",), now):
            rows = self._state.due("answer_at", due)
            for (tenant, _, payer_id), group in _grouped(
                rows, lambda row: (row.claim.tenant, row.intake, row.claim.payer_id)
            ):
                with self._state.transaction():
                    self._answer_group(tenant, self._payers.find(payer_id, group[0].claim.payer_name), group, due)

    def _answer_group(self, tenant: str, payer: PayerProfile, rows: Sequence[Row], due: datetime) -> None:
        answered: list[tuple[HeldClaim, tuple[str, str, str], str]] = []
        taken: list[Row] = []
        for row in rows:
            status = self._payer_status(row.claim, payer)
            refused = rejects(status)
            answered.append((row.claim, status, "" if refused else row.payer_number))
            if refused:
                self._state.answered(row.id, "rejected", None)
            elif payer.profile.remits:
                taken.append(row)
                self._state.answered(row.id, "accepted", self._pay_at(row, payer))
            else:
                self._state.answered(row.id, "unremitted", None)
        source = Named(payer.name[:60], id_qualifier="PI", id=payer.id, entity_type="2")
        for submitter, own in groupby(answered, key=lambda one: one[0].submitter_id):
            self._write_277ca(tenant, submitter, own, source, due)
        self._ask_for_papers(tenant, payer, taken, due)

    def _payer_status(self, claim: HeldClaim, payer: PayerProfile) -> tuple[str, str, str]:
        if claim.frequency_code in ("7", "8") and not self._state.by_payer_number(claim.tenant, claim.replaces):
            return NO_ORIGINAL
        return payer_status(claim, payer, self._seed)

    def _pay_at(self, row: Row, payer: PayerProfile) -> datetime:
        """The payer's first payment day after the claim's own number of days."""
        profile = payer.profile
        days = Chance(self._seed, row.claim.subject).between("days", profile.pay_days_min, profile.pay_days_max)
        return _opening(next_weekday(row.received_at.date() + timedelta(days=days), profile.pay_weekday))

    def _write_277ca(
        self,
        tenant: str,
        submitter: str,
        answered: Iterable[tuple[HeldClaim, tuple[str, str, str], str]],
        source: Named,
        at: datetime,
    ) -> None:
        control = self._state.next_file_id()
        entries = claim_acknowledgements(answered, source, at.date())
        content = write_277ca(entries, SENDER, submitter, control, at)
        self._state.add_file(tenant, "acks", f"{source.id}-{at:%Y%m%d}-{control:06d}.277ca", "277ca", content)

    # 835

    def _pay(self, now: datetime) -> None:
        """One file per tenant, payer and payment day, day after day. Corrections come before what may replace them."""
        while due := self._state.next_due_at(("correct_at", "pay_at"), now):
            rows = [*self._state.due("correct_at", due), *self._state.due("pay_at", due)]
            for (tenant, payer_id), group in _grouped(rows, lambda row: (row.claim.tenant, row.claim.payer_id)):
                with self._state.transaction():
                    self._pay_group(tenant, self._payers.find(payer_id, group[0].claim.payer_name), group, due)

    def _pay_group(self, tenant: str, payer: PayerProfile, rows: Sequence[Row], due: datetime) -> None:
        by_payee: dict[str, list[Entry]] = {}
        for row in rows:
            by_payee.setdefault(row.claim.billing_npi, []).extend(self._entries(row, payer, due))
        remittances = [
            self._remit(PayDay(self._seed, tenant, payer, payee, due.date()), entries)
            for payee, entries in sorted(by_payee.items())
            if entries
        ]
        if remittances:
            control = self._state.next_file_id()
            content = write_835(remittances, control, control, due, SENDER, rows[0].claim.submitter_id)
            self._state.add_file(tenant, "eras", f"{payer.id}-{due:%Y%m%d}-{control:06d}.835", "835", content)
            for remittance in remittances:
                self.bank.expect(tenant, remittance)

    def _remit(self, day: PayDay, entries: Sequence[Entry]) -> Remittance835:
        place = day.tenant, day.payer.id, day.payee_npi
        remittance, carried = remit(day, entries, self._state.balance_cents(*place))
        self._state.set_balance(*place, carried)
        return remittance

    def _entries(self, row: Row, payer: PayerProfile, due: datetime) -> list[Entry]:
        """What a claim adds to the remittance, and what is remembered of it."""
        if row.decision is not None:
            return self._correct(row, payer)
        if row.claim.frequency_code in ("7", "8"):
            return self._replace(row, payer)
        decision = adjudicate(row.claim, payer, self._seed)
        correct_at = None
        if will_reverse(row.claim, decision, payer, self._seed):
            correct_at = _opening(next_weekday(due.date() + _CORRECTED_AFTER, payer.profile.pay_weekday))
        self._state.remitted(row.id, "remitted", decision, correct_at)
        return [_entry(row, decision)]

    def _correct(self, row: Row, payer: PayerProfile) -> list[Entry]:
        """Reversal and correction, in one remittance (X12 RFI 791)."""
        assert row.decision is not None, "only a remitted claim is corrected"
        corrected = readjudicate(row.claim, payer, self._seed)
        self._state.remitted(row.id, "remitted", corrected, None)
        return [_entry(row, negated(row.decision)), _entry(row, corrected, again=True)]

    def _replace(self, row: Row, payer: PayerProfile) -> list[Entry]:
        """A replacement (7) or void (8) reverses its original. Sent before that was decided, it is a duplicate."""
        original = self._state.by_payer_number(row.claim.tenant, row.claim.replaces)
        if original is None or original.decision is None:
            refused = refuse(row.claim, _REPLACED_TOO_EARLY)
            self._state.remitted(row.id, "remitted", refused, None)
            return [_entry(row, refused)]
        self._state.remitted(original.id, "replaced", None, None)
        reversal = _entry(original, negated(original.decision))
        if row.claim.frequency_code == "8":
            self._state.remitted(row.id, "replaced", None, None)
            return [reversal]
        decision = adjudicate(row.claim, payer, self._seed)
        self._state.remitted(row.id, "remitted", decision, None)
        return [reversal, _entry(row, decision)]


def settled(state: State, exchange: Exchange, now: datetime) -> bool:
    """Whether nothing waits to be taken, written or done by now. A taken file is moved after what it causes is kept."""
    return not any(exchange.waiting()) and not state.busy(now)


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> Iterator[tuple[Key, list[Row]]]:
    """Rows by key, those of a key in their order."""
    for one, group in groupby(sorted(rows, key=key), key=key):
        yield one, list(group)


def _entry(row: Row, decision: Decision, again: bool = False) -> Entry:
    """`again`: a corrected claim has a payer control number of its own."""
    number = f"{row.payer_number}C" if again else row.payer_number
    return Entry(row.claim, decision, number, row.received_at.date())


def _opening(day: date) -> datetime:
    """The hour payers act at."""
    return datetime.combine(day, _OPENING, UTC)
