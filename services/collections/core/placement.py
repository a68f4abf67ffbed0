"""A placement with an agency: what the agency is told, what it answers, collects and earns, and how it ends.

Each record for the agency is made once and written into one file. Each line of the agency's files is answered once:
taken, or refused with why; the same line again is answered alike, and moves nothing.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.collections.core.agency_policy import Agency, AgencyBook, Work
from services.collections.core.identity import name
from services.collections.core.placement_facts import (
    AgencyPaymentTaken,
    AgencyReported,
    AnyPlacementFact,
    BalanceMoved,
    HoldPassed,
    LineAnswered,
    PaymentBooked,
    PlacementAcked,
    PlacementCancelled,
    PlacementEnded,
    PlacementOpened,
    RecordMade,
    RecordsLeft,
)
from services.collections.core.placement_messages import (
    AgencyAcked,
    AgencyLine,
    AgencyPaid,
    AgencyUpdated,
    EndPlacement,
    News,
    OpenPlacement,
    PlacementDone,
    QueueRecord,
    RecordKind,
    RecordsDropped,
    RecordsFiled,
    TellAccountOfAgency,
    TellPlacement,
)
from services.collections.core.placement_state import PlacedAccount, evolve
from shared.contracts import AgencyPaymentReported, Event, Meta
from shared.decider import Decider, Due, Effect, Scalar, named_by

PlacementCommand: TypeAlias = (
    OpenPlacement
    | EndPlacement
    | TellPlacement
    | RecordsFiled
    | RecordsDropped
    | AgencyAcked
    | AgencyUpdated
    | AgencyPaid
    | PlacementDone
    | Due
)
PlacementEffect: TypeAlias = QueueRecord | TellAccountOfAgency
Decision: TypeAlias = tuple[AnyPlacementFact | Effect, ...]
PlacementDecider: TypeAlias = Decider[PlacedAccount, PlacementCommand, AnyPlacementFact]
NEWS: Mapping[str, News] = {
    "disputed": "disputed",
    "deceased": "deceased",
    "bankruptcy": "bankruptcy",
    "attorney": "attorney",
}


# One branch for each message: the table itself, not logic to take apart.
def decide(book: AgencyBook, state: PlacedAccount, message: PlacementCommand) -> Decision:  # noqa: C901, PLR0911
    match message:
        case OpenPlacement():
            return _open(state, message)
        case EndPlacement():
            return _end(state, message)
        case TellPlacement():
            return _tell(state, message)
        case RecordsFiled():
            return _filed(state, message)
        case RecordsDropped():
            return _dropped(state, message)
        case AgencyAcked():
            return _answered(state, message, _acked(state, message))
        case AgencyUpdated():
            return _answered(state, message, _updated(state, message))
        case AgencyPaid():
            terms = book.named(message.meta.tenant, state.terms)
            return _answered(state, message, _paid(terms, state, message))
        case Due():
            return _hold_over(state, message)
        case PlacementDone():
            return ()
        case _:
            assert_never(message)


def _open(state: PlacedAccount, command: OpenPlacement) -> Decision:
    if state.placement_id:
        return ()
    opened = PlacementOpened(
        **{field: getattr(command, field) for field in PlacementOpened.model_fields if field != "type"}
    )
    return opened, *_record(evolve(state, opened), "placement", command.placed_on, command.placed_cents)


def _record(state: PlacedAccount, kind: RecordKind, on: date, cents: int, reference: str = "") -> Decision:
    """A record with the balance after it."""
    number = len(state.records) + 1
    made = RecordMade(
        placement_id=state.placement_id,
        number=number,
        kind=kind,
        on=on,
        cents=cents,
        balance_cents=state.balance_cents,
        reference=reference,
    )
    queue = QueueRecord(placement_id=state.placement_id, agency_id=state.agency_id, number=number, kind=kind)
    return made, queue


def _end(state: PlacedAccount, command: EndPlacement) -> Decision:
    """Whether the agency has heard of it or not: who writes the files knows, and lets both records out where not."""
    if not state.is_live:
        return ()
    ended = PlacementEnded(placement_id=state.placement_id, how=command.how, ended_on=command.ended_on)
    kind: RecordKind = "closure" if command.how == "paid" else "recall"
    return ended, *_record(state, kind, command.ended_on, command.balance_cents)


def _tell(state: PlacedAccount, command: TellPlacement) -> Decision:
    """What the agency collected itself it knows; of everything else it is told once, while it has the account."""
    if command.what == "payment":
        own = next((one for one in state.payments if one.payment_id == command.reference), None)
        if own is not None:
            return () if own.booked else (PaymentBooked(placement_id=state.placement_id, payment_id=own.payment_id),)
    known = any((one.what, one.reference) == (command.what, command.reference) for one in state.moved)
    if not state.placement_id or known or not command.cents:
        return ()
    moved = BalanceMoved(
        placement_id=state.placement_id, what=command.what, reference=command.reference, cents=command.cents
    )
    if not state.is_live:
        return (moved,)
    return moved, *_record(evolve(state, moved), command.what, command.on, command.cents, command.reference)


def _filed(state: PlacedAccount, command: RecordsFiled) -> Decision:
    """Each record is in one file: the first that says so."""
    waiting = {one.number for one in state.records if not one.file}
    numbers = tuple(one for one in command.numbers if one in waiting)
    unwritable = tuple(one for one in command.unwritable if one in waiting)
    if not numbers and not unwritable:
        return ()
    left = RecordsLeft(placement_id=state.placement_id, numbers=numbers, file=command.file, unwritable=unwritable)
    return (left,)


def _dropped(state: PlacedAccount, command: RecordsDropped) -> Decision:
    waiting = tuple(one.number for one in state.records if not one.file and one.number in command.numbers)
    return (PlacementCancelled(placement_id=state.placement_id, numbers=waiting),) if waiting else ()


def _answered(state: PlacedAccount, line: AgencyLine, made: Decision | str) -> Decision:
    """A line is answered once. `made` is what follows from it, or why it is refused."""
    if not state.placement_id or state.answer(line.file_id, line.line) is not None:
        return ()
    because = made if isinstance(made, str) else ""
    answered = LineAnswered(placement_id=state.placement_id, file_id=line.file_id, line=line.line, because=because)
    return (answered,) if isinstance(made, str) else (answered, *made)


def _not_theirs(state: PlacedAccount, line: AgencyLine) -> str:
    if line.agency_id != state.agency_id:
        return "the account is placed with another agency"
    return "it was taken back before this agency heard of it" if state.status == "cancelled" else ""


def _acked(state: PlacedAccount, line: AgencyAcked) -> Decision | str:
    if why := _not_theirs(state, line):
        return why
    if state.status == "waiting":
        return "nothing of this account has been sent yet"
    if line.accepted and not line.agency_number:
        return "an account that was accepted has a number at the agency"
    if state.status == "refused" and line.accepted:
        return "the agency refused it before: place it again"
    same = line.accepted and state.agency_number == line.agency_number
    acked = PlacementAcked(
        placement_id=state.placement_id, accepted=line.accepted, agency_number=line.agency_number, code=line.code
    )
    if line.accepted or not state.is_live:
        return () if same else (acked,)
    return acked, _news(state, "refused")


def _updated(state: PlacedAccount, line: AgencyUpdated) -> Decision | str:
    if why := _not_theirs(state, line):
        return why
    if not state.is_live:
        return f"the agency has it no more: it was {state.status}"
    reported = AgencyReported(
        placement_id=state.placement_id,
        code=line.code,
        meaning=line.meaning,
        on=line.on,
        promised_on=line.promised_on,
        promised_cents=line.promised_cents,
        work=_work_of(state, line),
    )
    made: list[AnyPlacementFact | Effect] = [reported]
    if line.meaning == "uncollectible":
        made.append(PlacementEnded(placement_id=state.placement_id, how="returned", ended_on=line.on))
        made.append(_news(state, "returned"))
    elif (news := NEWS.get(line.meaning or "")) is not None:
        made.append(_news(state, news))
    if line.reaches:
        made.append(_news(state, "contact_data").model_copy(update={"reaches": line.reaches}))
    return tuple(made)


def _work_of(state: PlacedAccount, line: AgencyUpdated) -> str:
    """What a person has to look at. A hospital answers for what its agency does (26 CFR 1.501(r)-6(c)(10))."""
    if line.meaning is None:
        return f"the agency reports {line.code}: say in its contract what that means"
    if line.meaning == "paid" and state.balance_cents > 0:
        return "the agency reports it paid, and its payments do not come to the balance"
    if line.meaning == "legal":
        return "the agency reports legal action: ask it on whose leave"
    return ""


def _paid(terms: Agency | None, state: PlacedAccount, line: AgencyPaid) -> Decision | str:
    why = _not_theirs(state, line) or _not_payable(terms, state, line)
    if why:
        return why
    known = state.payment(line.reference)
    if known is not None:
        same = (known.paid, known.cents, known.received_on) == (line.paid, line.cents, line.received_on)
        return "the same payment was accounted for before" if same else "this payment came before with other content"
    direct = line.paid == "direct"
    fact = AgencyPaymentTaken(
        placement_id=state.placement_id,
        file_id=line.file_id,
        line=line.line,
        reference=line.reference,
        payment_id=line.reference if direct else payment_id_of(line.meta.tenant, state.placement_id, line.reference),
        paid=line.paid,
        cents=line.cents,
        fee_cents=fee_of(terms, state, line),
        said_fee_cents=line.fee_cents,
        received_on=line.received_on,
    )
    return (fact,)


def _not_payable(terms: Agency | None, state: PlacedAccount, line: AgencyPaid) -> str:
    if line.cents <= 0:
        return "a payment is more than nothing: what the agency takes back is entered by a person"
    if state.status in {"waiting", "refused"}:
        return "the agency does not have this account"
    if line.paid == "direct":
        told = any(
            (one.what, one.reference, one.cents) == ("payment", line.reference, line.cents) for one in state.moved
        )
        return "" if told else "the agency was told of no such direct payment"
    grace = timedelta(terms.pays_after_recall_days if terms is not None else 0)
    if state.ended_on is not None and line.received_on > state.ended_on + grace:
        return f"it was {state.status} on {state.ended_on}, and this was paid after that: ask the agency to pay it back"
    return ""


def fee_of(terms: Agency | None, state: PlacedAccount, line: AgencyPaid) -> int:
    """What the contract of the placement gives for a payment."""
    age_days = (state.placed_on - state.first_statement_on).days
    work = Work(paid=line.paid, placement=state.number, legal=state.legal, age_days=age_days)
    return 0 if terms is None else terms.fee_cents(line.cents, work)


def payment_id_of(tenant: str, placement_id: str, reference: str) -> str:
    """Under which name payments posts what an agency collected; the agency's own name may be anything."""
    return name("pay_ag", tenant, placement_id, reference)


def _hold_over(state: PlacedAccount, due: Due) -> Decision:
    if not state.is_live or state.hold_passed or due.due_at != _due(state):
        return ()
    return HoldPassed(placement_id=state.placement_id), _news(state, "expired")


def _news(state: PlacedAccount, news: News) -> TellAccountOfAgency:
    return TellAccountOfAgency(
        account_id=state.account_id, placement_id=state.placement_id, agency_id=state.agency_id, news=news
    )


def publish(state: PlacedAccount, fact: AnyPlacementFact, meta: Meta) -> Event | None:
    """What a guarantor paid the agency; its fees for direct payments are in the remittance's sums."""
    if not isinstance(fact, AgencyPaymentTaken) or fact.paid == "direct":
        return None
    return AgencyPaymentReported(
        meta=meta,
        account_id=state.account_id,
        agency_id=state.agency_id,
        placement_id=state.placement_id,
        remittance_id=fact.file_id,
        payment_id=fact.payment_id,
        paid_cents=fact.cents,
        fee_cents=fact.fee_cents,
        received_on=fact.received_on,
    )


def _due(state: PlacedAccount) -> datetime | None:
    if state.held_until is None or state.hold_passed or not state.is_live:
        return None
    return datetime.combine(state.held_until, time.min, UTC)


def _index(state: PlacedAccount) -> Mapping[str, Scalar]:
    return {
        "status": state.status,
        "agency_id": state.agency_id,
        "account_id": state.account_id,
        "agency_number": f"{state.agency_id}/{state.agency_number}" if state.agency_number else None,
        "is_live": state.is_live,
        "needs_work": bool(state.work),
    }


def make_placement(book: AgencyBook) -> PlacementDecider:
    """The decider under the clients' contracts."""
    return Decider(
        service="collections",
        kind="placement",
        initial=PlacedAccount(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("placement_id"),
        record_key=lambda state: state.account_id or state.placement_id,
        state_codec=TypeAdapter(PlacedAccount),
        message_codec=TypeAdapter(Annotated[PlacementCommand, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[AnyPlacementFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[PlacementEffect, Field(discriminator="type")]),
        index=_index,
        due=_due,
    )
