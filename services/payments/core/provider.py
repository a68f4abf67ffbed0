"""A provider's ledger with its payers: adjustments of a remittance that belong to no claim (PLB).

An overpayment recovered from a check lowers the check, not a patient's account: payer cash is the sum of the claims'
payments less these, which is what the bank shows (835 TR3 section 1.10.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, PositiveInt, TypeAdapter

from services.payments.core.account_facts import LedgerAccount, sides
from services.payments.core.remitted import digest_of
from shared.contracts import Cents, Event, Message, Meta, NonNegativeCents, ProviderAdjustmentPosted
from shared.decider import Decider, Fact, Scalar
from shared.replaced import replace


class PostProviderAdjustment(Message):
    """One amount of a PLB segment; positive lowers the payment. `line` counts them in the remittance, from 1."""

    type: Literal["payments.post-provider-adjustment.v1"] = "payments.post-provider-adjustment.v1"
    provider_id: str
    remittance_id: str
    line: PositiveInt
    payer_id: str
    code: str
    reference: str = ""
    amount_cents: Cents
    payment_date: date


class ProviderAdjusted(Fact):
    """A balanced entry between provider adjustments and the payers' cash."""

    type: Literal["provider.adjusted.v1"] = "provider.adjusted.v1"
    provider_id: str
    remittance_id: str
    line: PositiveInt
    payer_id: str
    code: str
    reference: str
    payment_date: date
    digest: str
    debit: LedgerAccount
    credit: LedgerAccount
    cents: NonNegativeCents

    @property
    def amount_cents(self) -> int:
        """As PLB states it: positive reduces the payment."""
        return self.cents if self.debit is LedgerAccount.PROVIDER_ADJUSTMENT else -self.cents


class ProviderRepeatDiffered(Fact):
    """The same line of a remittance came with other content; the first one stands."""

    type: Literal["provider.repeat-differed.v1"] = "provider.repeat-differed.v1"
    provider_id: str
    remittance_id: str
    line: PositiveInt
    digest: str


class CodeTotal(NamedTuple):
    """What one PLB reason code came to so far."""

    code: str
    cents: int


class Line(NamedTuple):
    """A posted line of a remittance and the fingerprint of what it said."""

    line: int
    digest: str


@dataclass(frozen=True, slots=True)
class Provider:
    """What payers kept back from, or added to, this provider's payments, by PLB reason code, in cents."""

    provider_id: str = ""
    by_code: tuple[CodeTotal, ...] = ()
    posted: Mapping[str, tuple[Line, ...]] = field(default_factory=dict[str, tuple[Line, ...]])  # by remittance
    conflicts: tuple[str, ...] = ()

    @property
    def adjusted_cents(self) -> int:
        return sum(total.cents for total in self.by_code)


ProviderFact: TypeAlias = ProviderAdjusted | ProviderRepeatDiffered


def decide(state: Provider, command: PostProviderAdjustment) -> tuple[ProviderFact, ...]:
    digest = digest_of(command)
    lines = state.posted.get(command.remittance_id, ())
    known = next((posted.digest for posted in lines if posted.line == command.line), None)
    if known is None:
        return (_adjusted(command, digest),)
    if known == digest or digest in state.conflicts:
        return ()
    return (
        ProviderRepeatDiffered(
            provider_id=command.provider_id, remittance_id=command.remittance_id, line=command.line, digest=digest
        ),
    )


def _adjusted(command: PostProviderAdjustment, digest: str) -> ProviderAdjusted:
    return ProviderAdjusted(
        provider_id=command.provider_id,
        remittance_id=command.remittance_id,
        line=command.line,
        payer_id=command.payer_id,
        code=command.code,
        reference=command.reference,
        payment_date=command.payment_date,
        digest=digest,
        **sides(LedgerAccount.PROVIDER_ADJUSTMENT, LedgerAccount.PAYER_CASH, command.amount_cents),
    )


def evolve(state: Provider, fact: ProviderFact) -> Provider:
    match fact:
        case ProviderAdjusted():
            lines = (*state.posted.get(fact.remittance_id, ()), Line(fact.line, fact.digest))
            return replace(
                state,
                provider_id=fact.provider_id,
                by_code=_totalled(state.by_code, fact),
                posted={**state.posted, fact.remittance_id: lines},
            )
        case ProviderRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def _totalled(totals: tuple[CodeTotal, ...], fact: ProviderAdjusted) -> tuple[CodeTotal, ...]:
    before = sum(total.cents for total in totals if total.code == fact.code)
    others = tuple(total for total in totals if total.code != fact.code)
    return (*others, CodeTotal(fact.code, before + fact.amount_cents))


def publish(_: Provider, fact: ProviderFact, meta: Meta) -> Event | None:
    if isinstance(fact, ProviderRepeatDiffered):
        return None
    return ProviderAdjustmentPosted(
        meta=meta,
        provider_id=fact.provider_id,
        remittance_id=fact.remittance_id,
        code=fact.code,
        line=fact.line,
        amount_cents=fact.amount_cents,
    )


def _index(state: Provider) -> Mapping[str, Scalar]:
    return {"differs": bool(state.conflicts)}


PROVIDER: Decider[Provider, PostProviderAdjustment, ProviderFact] = Decider(
    service="payments",
    kind="provider",
    initial=Provider(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.provider_id,
    record_key=lambda state: state.provider_id,
    state_codec=TypeAdapter(Provider),
    message_codec=TypeAdapter(PostProviderAdjustment),
    fact_codec=TypeAdapter(Annotated[ProviderFact, Field(discriminator="type")]),
    index=_index,
)
