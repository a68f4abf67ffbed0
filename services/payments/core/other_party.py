"""A party that owes a part of an account and is neither insurer nor guarantor: employer, attorney, carrier, sponsor.

It says what the party owes, and what came of it; the account moves, pays and reduces by what is published here. A
letter of protection is terms with an end: until that day, or a settlement, the care it names is asked of the attorney
alone; on the day after it, what was not settled is the guarantor's again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.other_party_facts import (
    OtherPartyFact,
    PartyAnswered,
    PartyBilled,
    PartyEnded,
    PartyPaid,
    PartyPaymentReturned,
    ReductionAnswered,
    ReductionAsked,
    TermsSet,
)
from services.payments.core.other_party_messages import (
    AskOtherReduction,
    BillOtherParty,
    DecideOtherReduction,
    EndOtherParty,
    InvoiceLine,
    OtherPartyMessage,
    ReturnOtherPayment,
    SetOtherTerms,
    TakeOtherPayment,
)
from services.payments.core.other_party_policy import OtherPartyPolicy, OtherPartyRules
from services.payments.core.other_party_publish import publish_of
from services.payments.core.other_share import OtherTerms
from shared.contracts import Event, Meta
from shared.decider import Decider, Due, Scalar, named_by
from shared.replaced import replace

Standing: TypeAlias = Literal["", "active", "settled", "expired", "withdrawn"]
PAID_AHEAD_DAYS = 1
"""A payment is received by tomorrow: the client's day may be ahead of UTC."""


class Invoice(NamedTuple):
    """What was asked of the party on a day; it does not change."""

    number: int
    billed_on: date
    due_on: date
    lines: tuple[InvoiceLine, ...]

    @property
    def billed_cents(self) -> int:
        return sum(line.cents for line in self.lines)


class Money(NamedTuple):
    """One payment: what it was, and what of it went back."""

    cents: int
    method: str
    reference: str
    received_on: date
    returned_cents: int = 0


class Reduction(NamedTuple):
    """A reduction that a person asked for."""

    cents: int
    reason: str
    asked_by: str
    status: str = "waiting"
    reduced_cents: int = 0
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class OtherParty:
    """One party of one account."""

    party_id: str = ""
    account_id: str = ""
    standing: Standing = ""
    terms: OtherTerms | None = None
    protected_until: date | None = None
    sealed_contact: str = ""
    invoices: tuple[Invoice, ...] = ()
    payments: Mapping[str, Money] = field(default_factory=dict[str, Money])
    returns: tuple[str, ...] = ()
    reductions: Mapping[str, Reduction] = field(default_factory=dict[str, Reduction])
    answered: Mapping[str, str] = field(default_factory=dict[str, str])  # by command: why not; empty where it was done


OtherPartyDecider: TypeAlias = Decider[OtherParty, OtherPartyMessage, OtherPartyFact]


def decide(policy: OtherPartyPolicy, state: OtherParty, message: OtherPartyMessage) -> tuple[OtherPartyFact, ...]:  # noqa: PLR0911 - one case per message
    """What a message makes of the party. A refusal is a fact; said again, nothing more happens."""
    command_id = str(message.meta.id)
    if command_id in state.answered:
        return ()
    today = message.meta.occurred_at.date()
    rules = policy.on(message.meta.tenant, today)
    match message:
        case SetOtherTerms():
            return _set(rules, state, message, today)
        case EndOtherParty():
            return _end(state, message)
        case BillOtherParty():
            return _bill(rules, state, message, today)
        case TakeOtherPayment():
            return _take(state, message, today)
        case ReturnOtherPayment():
            return _return(state, message)
        case AskOtherReduction():
            return _ask(rules, state, message)
        case DecideOtherReduction():
            return _decide(state, message)
        case Due():
            ends = message.kind == "other_party" and message.due_at == due_at(state)
            reason = "the letter of protection ended"
            return (PartyEnded(how="expired", reason=reason, command_id=command_id),) if ends else ()
        case _:
            assert_never(message)


def _set(rules: OtherPartyRules, state: OtherParty, command: SetOtherTerms, today: date) -> tuple[OtherPartyFact, ...]:
    because = _why_not(rules, command, today)
    if because:
        return _refused(command.meta, because)
    said = TermsSet(
        party_id=command.party_id,
        account_id=state.account_id or command.account_id,
        terms=command.terms,
        protected_until=command.protected_until,
        sealed_contact=command.sealed_contact,
        reason=command.reason,
        command_id=str(command.meta.id),
    )
    return (said,)


def _why_not(rules: OtherPartyRules, command: SetOtherTerms, today: date) -> str:
    """Why terms cannot be set; empty when they can."""
    terms, until = command.terms, command.protected_until
    if not 1 <= terms.percent <= 100:
        return "the percentage is from 1 to 100"
    if terms.covers_until < terms.covers_from:
        return "the last day of service is before the first"
    if terms.guarantor_liable and terms.kind in rules.guarantor_never_liable:
        return "of this kind of party nothing may come back to the guarantor: say guarantor_liable false"
    return "" if until is None else _why_not_protected(rules, terms, until, today)


def _why_not_protected(rules: OtherPartyRules, terms: OtherTerms, until: date, today: date) -> str:
    if terms.percent != 100 or terms.limit_cents is not None:
        return "a letter of protection holds for all of the care that it names: 100 percent, without a limit"
    if not today <= until <= today + timedelta(rules.protection_most_days):
        return f"a letter of protection ends between today and {rules.protection_most_days} days from now"
    return ""


def _end(state: OtherParty, command: EndOtherParty) -> tuple[OtherPartyFact, ...]:
    ended = PartyEnded(how=command.how, reason=command.reason, command_id=str(command.meta.id))
    return (ended,) if state.standing == "active" else ()


def _bill(
    rules: OtherPartyRules, state: OtherParty, command: BillOtherParty, today: date
) -> tuple[OtherPartyFact, ...]:
    if state.standing != "active":
        return _refused(command.meta, "the party owes nothing any more")
    billed = PartyBilled(
        number=len(state.invoices) + 1,
        billed_on=today,
        due_on=today + timedelta(rules.invoice_due_days),
        lines=command.lines,
        command_id=str(command.meta.id),
    )
    return (billed,)


def _take(state: OtherParty, command: TakeOtherPayment, today: date) -> tuple[OtherPartyFact, ...]:
    """Money is taken whatever the party's standing: what nothing can take of it stays its credit."""
    if not state.standing or command.payment_id in state.payments:
        return ()
    if command.received_on > today + timedelta(PAID_AHEAD_DAYS):
        return _refused(command.meta, "it cannot have been received later than today")
    again = any(
        one.reference and (one.reference, one.cents) == (command.reference, command.paid_cents)
        for one in state.payments.values()
    )
    if again:
        return _refused(command.meta, "a payment of this party with this reference and amount is posted")
    paid = PartyPaid(
        payment_id=command.payment_id,
        method=command.method,
        reference=command.reference,
        paid_cents=command.paid_cents,
        received_on=command.received_on,
    )
    return (paid,)


def _return(state: OtherParty, command: ReturnOtherPayment) -> tuple[OtherPartyFact, ...]:
    money = state.payments.get(command.payment_id)
    if command.return_id in state.returns:
        return ()
    if money is None:
        return _refused(command.meta, "the party has no such payment")
    there_cents = money.cents - money.returned_cents
    if command.cause == "refund":
        there_cents = min(there_cents, command.free_cents)
    if command.returned_cents > there_cents:
        return _refused(command.meta, f"only {there_cents} cents of this payment can go back")
    returned = PartyPaymentReturned(
        return_id=command.return_id,
        payment_id=command.payment_id,
        returned_cents=command.returned_cents,
        cause=command.cause,
        reason=command.reason,
    )
    return (returned,)


def _ask(rules: OtherPartyRules, state: OtherParty, command: AskOtherReduction) -> tuple[OtherPartyFact, ...]:
    if command.reduction_id in state.reductions or not state.standing:
        return ()
    if command.reduced_cents > command.open_cents:
        return _refused(command.meta, f"only {command.open_cents} cents of its share are open")
    asked = ReductionAsked(
        reduction_id=command.reduction_id,
        asked_cents=command.reduced_cents,
        reason=command.reason,
        asked_by=command.meta.actor,
    )
    alone = command.reduced_cents <= rules.reduction_alone_cents
    answer = ReductionAnswered(
        reduction_id=command.reduction_id,
        outcome="agreed" if alone else "waiting",
        reduced_cents=command.reduced_cents if alone else 0,
    )
    return asked, answer


def _decide(state: OtherParty, command: DecideOtherReduction) -> tuple[OtherPartyFact, ...]:
    """Another person's word. Nobody approves what they asked for; what was paid meanwhile is not reduced."""
    asked = state.reductions.get(command.reduction_id)
    if asked is None or asked.status != "waiting":
        return ()
    if asked.asked_by == command.meta.actor:
        return _refused(command.meta, "another person than the one who asked decides")
    if command.approved and asked.cents > command.open_cents:
        return _refused(command.meta, f"only {command.open_cents} cents of its share are open")
    answer = ReductionAnswered(
        reduction_id=command.reduction_id,
        outcome="agreed" if command.approved else "declined",
        reduced_cents=asked.cents if command.approved else 0,
        decided_by=command.meta.actor,
        reason=command.reason,
    )
    return (answer,)


def _refused(meta: Meta, because: str) -> tuple[OtherPartyFact, ...]:
    return (PartyAnswered(command_id=str(meta.id), because=because),)


def evolve(state: OtherParty, fact: OtherPartyFact) -> OtherParty:  # noqa: PLR0911 - one case per fact
    """Apply one fact. No rules here."""
    match fact:
        case TermsSet():
            return replace(
                state,
                party_id=fact.party_id,
                account_id=fact.account_id,
                standing="active",
                terms=fact.terms,
                protected_until=fact.protected_until,
                sealed_contact=fact.sealed_contact,
                answered={**state.answered, fact.command_id: ""},
            )
        case PartyEnded():
            return replace(state, standing=fact.how, answered={**state.answered, fact.command_id: ""})
        case PartyBilled():
            invoice = Invoice(fact.number, fact.billed_on, fact.due_on, fact.lines)
            answered = {**state.answered, fact.command_id: ""}
            return replace(state, invoices=(*state.invoices, invoice), answered=answered)
        case PartyPaid():
            money = Money(fact.paid_cents, fact.method, fact.reference, fact.received_on)
            return replace(state, payments={**state.payments, fact.payment_id: money})
        case PartyPaymentReturned():
            money = state.payments[fact.payment_id]
            money = money._replace(returned_cents=money.returned_cents + fact.returned_cents)
            payments = {**state.payments, fact.payment_id: money}
            return replace(state, payments=payments, returns=(*state.returns, fact.return_id))
        case ReductionAsked() | ReductionAnswered():
            return _with_reduction(state, fact)
        case PartyAnswered():
            return replace(state, answered={**state.answered, fact.command_id: fact.because})
        case _:
            assert_never(fact)


def _with_reduction(state: OtherParty, fact: ReductionAsked | ReductionAnswered) -> OtherParty:
    if isinstance(fact, ReductionAsked):
        reduction = Reduction(fact.asked_cents, fact.reason, fact.asked_by)
    else:
        reduction = state.reductions[fact.reduction_id]._replace(
            status=fact.outcome, reduced_cents=fact.reduced_cents, decided_by=fact.decided_by
        )
    return replace(state, reductions={**state.reductions, fact.reduction_id: reduction})


def due_at(state: OtherParty) -> datetime | None:
    """When a letter of protection is over: the day after it, UTC."""
    if state.standing != "active" or state.protected_until is None:
        return None
    return datetime.combine(state.protected_until + timedelta(1), time(), UTC)


def publish(state: OtherParty, fact: OtherPartyFact, meta: Meta) -> Event | None:
    """What the account and others hear."""
    return publish_of(state.account_id, state.party_id, fact, meta)


def _index(state: OtherParty) -> Mapping[str, Scalar]:
    return {
        "account_id": state.account_id,
        "standing": state.standing,
        "waits": any(one.status == "waiting" for one in state.reductions.values()),
    }


def make_other_party(policy: OtherPartyPolicy) -> OtherPartyDecider:
    """The decider under a client's figures."""
    return Decider(
        service="payments",
        kind="other_party",
        initial=OtherParty(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("party_id"),
        record_key=lambda state: state.account_id,
        state_codec=TypeAdapter(OtherParty),
        message_codec=TypeAdapter(Annotated[OtherPartyMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[OtherPartyFact, Field(discriminator="type")]),
        index=_index,
        due=due_at,
    )
