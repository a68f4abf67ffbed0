"""A refund: asked for, approved by a second person above a limit, issued, and cleared or voided.

Its money leaves the account's ledger when it is issued and not before, and the account decides whether there is enough:
never more than was paid and is available. It goes to where it came from: a card payment back to the card, a payer's
overpayment to that payer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.cash import CashAccount, cash_sides
from services.payments.core.refund_facts import (
    RefundAsked,
    RefundCleared,
    RefundDecided,
    RefundIssuedFact,
    RefundMoneyTaken,
    RefundNewsHeld,
    RefundRefused,
    RefundRepeatDiffered,
    RefundVoidedFact,
    RefundVoiding,
)
from services.payments.core.refund_messages import (
    AskRefund,
    DecideRefund,
    MoneyRestored,
    MoneyTaken,
    Party,
    RefundMethod,
    RefundNews,
    RefundSent,
    RestoreRefund,
    SendRefund,
    TakeMoney,
    VoidRefund,
)
from services.payments.core.refund_policy import RefundPolicy
from services.payments.core.remitted import digest_of
from shared.contracts import Event, Meta, RefundIssued, RefundVoided
from shared.decider import Decider, Effect, Scalar
from shared.replaced import replace

Status: TypeAlias = Literal[
    "unseen", "asked", "approved", "rejected", "issuing", "refused", "issued", "cleared", "voiding", "voided"
]


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of a client."""

    refund_id: str = ""
    account_id: str = ""
    party: Party = "patient"
    method: RefundMethod = "check"
    cents: int = 0
    payment_id: str = ""
    claim_id: str = ""
    processor_id: str = ""
    processor_refund_id: str = ""
    reason: str = ""
    asked_by: str = ""
    decided_by: str = ""
    asked_on: date = date.min
    issued_on: date | None = None
    needs_second: bool = False
    status: Status = "unseen"
    failure: str = ""
    digest: str = ""
    conflicts: tuple[str, ...] = ()
    early: tuple[RefundNews, ...] = ()  # the processor's answer came before ours


RefundMessage: TypeAlias = AskRefund | DecideRefund | RefundNews | VoidRefund | MoneyTaken | RefundSent | MoneyRestored
RefundEffect: TypeAlias = TakeMoney | SendRefund | RestoreRefund


RefundFact: TypeAlias = (
    RefundAsked
    | RefundDecided
    | RefundRefused
    | RefundMoneyTaken
    | RefundIssuedFact
    | RefundCleared
    | RefundVoiding
    | RefundVoidedFact
    | RefundRepeatDiffered
    | RefundNewsHeld
)
RefundDecider: TypeAlias = Decider[Refund, RefundMessage, RefundFact]
Decision: TypeAlias = tuple[RefundFact | Effect, ...]

PAID_FROM: Mapping[RefundMethod, CashAccount] = {
    "card": CashAccount.PROCESSOR,
    "ach": CashAccount.PROCESSOR,
    "check": CashAccount.BANK,
    "cash": CashAccount.DRAWER,
    "offset": CashAccount.PAYER_MONEY,
}
"""Where the money leaves. An offset leaves nowhere: the payer keeps it of its next check."""
OWED_TO: Mapping[Party, CashAccount] = {"patient": CashAccount.PATIENT_MONEY, "payer": CashAccount.PAYER_MONEY}


def decide(policy: RefundPolicy, state: Refund, message: RefundMessage) -> Decision:  # noqa: PLR0911 - a table
    match message:
        case AskRefund():
            return _ask(policy, state, message)
        case DecideRefund():
            return _decide(state, message)
        case MoneyTaken():
            return _taken(state, message)
        case RefundSent():
            return _sent(state, message)
        case RefundNews():
            return _news(state, message)
        case VoidRefund():
            return _void(state, message.reason) if state.status == "issued" else ()
        case MoneyRestored():
            return (RefundVoidedFact(),) if state.status == "voiding" else ()
        case _:
            assert_never(message)


def _ask(policy: RefundPolicy, state: Refund, command: AskRefund) -> Decision:
    digest = digest_of(command)
    if state.refund_id:
        differs = digest != state.digest and digest not in state.conflicts
        return (RefundRepeatDiffered(digest=digest),) if differs else ()
    limits = policy.on(command.meta.tenant, command.meta.occurred_at.date())
    asked = RefundAsked(
        refund_id=command.refund_id,
        account_id=command.account_id,
        party=command.party,
        method=command.method,
        cents=command.refunded_cents,
        payment_id=command.payment_id,
        claim_id=command.claim_id,
        processor_id=command.processor_id,
        reason=command.reason,
        asked_by=command.meta.actor,
        asked_on=command.meta.occurred_at.date(),
        needs_second=command.refunded_cents > limits.one_person_up_to_cents,
        digest=digest,
    )
    if command.refunded_cents > limits.at_most_cents:
        reason = f"{command.refunded_cents} cents are above the {limits.at_most_cents} that are refunded here at all"
        return asked, RefundRefused(reason=reason)
    return (asked,) if asked.needs_second else (asked, _take_of(asked))


def _take_of(asked: RefundAsked | Refund) -> TakeMoney:
    return TakeMoney(
        account_id=asked.account_id,
        party=asked.party,
        payment_id=asked.payment_id,
        claim_id=asked.claim_id,
        cents=asked.cents,
    )


def _decide(state: Refund, command: DecideRefund) -> Decision:
    """Never by the one who asked: four eyes are two people."""
    if state.status != "asked" or not state.needs_second:
        return ()
    if command.approved and command.meta.actor == state.asked_by:
        return ()
    decided = RefundDecided(approved=command.approved, decided_by=command.meta.actor, reason=command.reason)
    return (decided, _take_of(state)) if command.approved else (decided,)


def _taken(state: Refund, answer: MoneyTaken) -> Decision:
    if state.status not in {"asked", "approved"}:
        return ()
    if not answer.taken:
        reason = f"{state.cents} cents are more than the {answer.available_cents} that are available to be refunded"
        return (RefundRefused(reason=reason),)
    if state.method in {"card", "ach"}:
        return RefundMoneyTaken(), SendRefund(processor_id=state.processor_id, cents=state.cents)
    return RefundMoneyTaken(), _issued(state, answer.meta, "")


def _issued(state: Refund, meta: Meta, processor_refund_id: str) -> RefundIssuedFact:
    return RefundIssuedFact(
        processor_refund_id=processor_refund_id,
        issued_on=meta.occurred_at.date(),
        **cash_sides(OWED_TO[state.party], PAID_FROM[state.method], state.cents),
    )


def _sent(state: Refund, answer: RefundSent) -> Decision:
    if state.status != "issuing":
        return ()
    if not answer.sent:
        refused = RefundRefused(reason=f"the processor will not refund it: {answer.code}")
        return refused, RestoreRefund(account_id=state.account_id)
    issued = _issued(state, answer.meta, answer.processor_refund_id)
    after = evolve(state, issued)
    return (issued, *(item for news in state.early[:1] for item in _news(after, news)))


def _news(state: Refund, news: RefundNews) -> Decision:
    if state.status == "issuing":
        return () if state.early else (RefundNewsHeld(news=news),)
    if news.outcome == "cleared":
        return (RefundCleared(),) if state.status == "issued" else ()
    if state.status not in {"issued", "cleared"}:
        return ()
    return _void(state, f"it came back: {news.code or 'no reason given'}")


def _void(state: Refund, reason: str) -> Decision:
    """What was refunded is a credit again."""
    voiding = RefundVoiding(reason=reason, **cash_sides(PAID_FROM[state.method], OWED_TO[state.party], state.cents))
    return voiding, RestoreRefund(account_id=state.account_id)


def evolve(state: Refund, fact: RefundFact) -> Refund:  # noqa: C901, PLR0911 - a table
    match fact:
        case RefundAsked():
            return replace(
                state,
                refund_id=fact.refund_id,
                account_id=fact.account_id,
                party=fact.party,
                method=fact.method,
                cents=fact.cents,
                payment_id=fact.payment_id,
                claim_id=fact.claim_id,
                processor_id=fact.processor_id,
                reason=fact.reason,
                asked_by=fact.asked_by,
                asked_on=fact.asked_on,
                needs_second=fact.needs_second,
                digest=fact.digest,
                status="asked",
            )
        case RefundDecided():
            return replace(state, status="approved" if fact.approved else "rejected", decided_by=fact.decided_by)
        case RefundRefused():
            return replace(state, status="refused", failure=fact.reason)
        case RefundMoneyTaken():
            return replace(state, status="issuing")
        case RefundIssuedFact():
            return replace(
                state, status="issued", issued_on=fact.issued_on, processor_refund_id=fact.processor_refund_id
            )
        case RefundCleared():
            return replace(state, status="cleared")
        case RefundVoiding():
            return replace(state, status="voiding", failure=fact.reason)
        case RefundVoidedFact():
            return replace(state, status="voided")
        case RefundRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case RefundNewsHeld():
            return replace(state, early=(*state.early, fact.news))
        case _:
            assert_never(fact)


def publish(state: Refund, fact: RefundFact, meta: Meta) -> Event | None:
    match fact:
        case RefundIssuedFact():
            return RefundIssued(
                meta=meta,
                account_id=state.account_id,
                refund_id=state.refund_id,
                party=state.party,
                method=state.method,
                refunded_cents=state.cents,
                claim_id=state.claim_id or None,
                payment_id=state.payment_id or None,
            )
        case RefundVoidedFact():
            return RefundVoided(
                meta=meta, account_id=state.account_id, refund_id=state.refund_id, refunded_cents=state.cents
            )
        case _:
            return None


def _index(state: Refund) -> Mapping[str, Scalar]:
    return {
        "status": state.status,
        "account_id": state.account_id,
        "waits": state.status == "asked" and state.needs_second,
    }


def make_refund(policy: RefundPolicy) -> RefundDecider:
    """The decider under a policy of limits."""
    return Decider(
        service="payments",
        kind="refund",
        initial=Refund(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda message: message.refund_id,
        record_key=lambda state: state.account_id or state.refund_id,
        state_codec=TypeAdapter(Refund),
        message_codec=TypeAdapter(Annotated[RefundMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[RefundFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[RefundEffect, Field(discriminator="type")]),
        index=_index,
    )
