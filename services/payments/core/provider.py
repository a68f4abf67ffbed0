"""A provider's ledger with its payers: adjustments of a remittance that belong to no claim (PLB).

An overpayment recovered from a check lowers the check, not a patient's account: payer cash is the sum of the claims'
payments less these, which is what the bank shows (835 TR3 section 1.10.2). Each amount is one balanced entry between
the payer's cash and the account that its code stands for. What does not end with itself is an open item until the
payer's own opposite amount nets it to nothing, or a person settles it with a reason. Sums do not depend on order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, PositiveInt, TypeAdapter

from services.payments.core.provider_code import UNKNOWN_CODE, Nets, ProviderAccount, ProviderCodeRule
from services.payments.core.remitted import digest_of
from shared.contracts import Cents, Contract, Event, Message, Meta, NonNegativeCents, ProviderAdjustmentPosted
from shared.decider import Decider, Fact, Scalar
from shared.replaced import replace


class NamedClaim(Contract):
    """The claim a reference stands for, as far as anybody here knows it."""

    patient_control_number: str
    claim_id: str = ""
    account_id: str = ""


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
    account: ProviderAccount = UNKNOWN_CODE.account
    nets: Nets = UNKNOWN_CODE.nets
    claim: NamedClaim | None = Field(default=None, description="Which claim the reference names.")


class SettleProviderItem(Message):
    """A person says what an open item was: unknown code, or an amount whose opposite will not come."""

    type: Literal["payments.settle-provider-item.v1"] = "payments.settle-provider-item.v1"
    provider_id: str
    item_id: str
    account: ProviderAccount
    reason: str = Field(min_length=3, max_length=500)


class ProviderAdjusted(Fact):
    """A balanced entry between an account of the provider's ledger and the payer's cash.

    `item_id` is the open item it belongs to; empty: the amount is final.
    """

    type: Literal["provider.adjusted.v1"] = "provider.adjusted.v1"
    provider_id: str
    remittance_id: str
    line: PositiveInt
    payer_id: str
    code: str
    reference: str
    payment_date: date
    digest: str
    debit: ProviderAccount
    credit: ProviderAccount
    cents: NonNegativeCents
    item_id: str = ""
    claim: NamedClaim | None = None

    @property
    def account(self) -> ProviderAccount:
        """The side that is not the payer's cash."""
        return self.credit if self.debit is ProviderAccount.PAYER_CASH else self.debit

    @property
    def amount_cents(self) -> int:
        """As PLB states it: positive reduces the payment."""
        return self.cents if self.credit is ProviderAccount.PAYER_CASH else -self.cents


class ProviderItemSettled(Fact):
    """A balanced entry that moves an open item to the account where a person says it belongs."""

    type: Literal["provider.item-settled.v1"] = "provider.item-settled.v1"
    provider_id: str
    item_id: str
    debit: ProviderAccount
    credit: ProviderAccount
    cents: NonNegativeCents
    account: ProviderAccount = Field(description="Where it belongs, as the person says.")
    reason: str
    by: str


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
class OpenItem:
    """What one payer still has to net with one account; positive: it was kept from payments."""

    item_id: str
    payer_id: str
    account: ProviderAccount
    reference: str
    codes: tuple[str, ...]
    cents: int
    since: date  # the earliest date of what is in it
    remittances: tuple[str, ...]
    claim: NamedClaim | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """What payers kept back from, or added to, this provider's payments, in cents.

    `balances` are debit balances by account. They add up to nothing, because every entry does.
    """

    provider_id: str = ""
    by_code: tuple[CodeTotal, ...] = ()
    balances: Mapping[ProviderAccount, int] = field(default_factory=dict[ProviderAccount, int])
    open: tuple[OpenItem, ...] = ()
    posted: Mapping[str, tuple[Line, ...]] = field(default_factory=dict[str, tuple[Line, ...]])  # by remittance
    settled: Mapping[str, ProviderAccount] = field(default_factory=dict[str, ProviderAccount])  # by a person, by item
    conflicts: tuple[str, ...] = ()

    @property
    def adjusted_cents(self) -> int:
        return sum(total.cents for total in self.by_code)


ProviderMessage: TypeAlias = PostProviderAdjustment | SettleProviderItem
ProviderLedgerFact: TypeAlias = ProviderAdjusted | ProviderItemSettled
ProviderFact: TypeAlias = ProviderLedgerFact | ProviderRepeatDiffered


def item_of(payer_id: str, rule: ProviderCodeRule, reference: str, place: str) -> str:
    """The open item that an amount belongs to; empty when it is final.

    Letters and spaces of a reference differ from payer to payer, so they are not told apart.
    """
    match rule.nets:
        case Nets.FINAL:
            return ""
        case Nets.BY_PAYER:
            return f"{payer_id}/{rule.account}"
        case Nets.BY_REFERENCE:
            return f"{payer_id}/{rule.account}/{plain_reference(reference)}"
        case Nets.BY_PERSON:
            return f"{payer_id}/{rule.account}/{place}"
        case _:
            assert_never(rule.nets)


def plain_reference(reference: str) -> str:
    """A reference in capitals without blanks."""
    return "".join(reference.split()).upper()


def decide(state: Provider, message: ProviderMessage) -> tuple[ProviderFact, ...]:
    match message:
        case PostProviderAdjustment():
            return _post(state, message)
        case SettleProviderItem():
            return _settle(state, message)
        case _:
            assert_never(message)


def _post(state: Provider, command: PostProviderAdjustment) -> tuple[ProviderFact, ...]:
    """Post a line once. How it was classified, and which claim was found, is not what the payer said."""
    digest = digest_of(command, "account", "nets", "claim")
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
    rule = ProviderCodeRule(command.payment_date, command.account, command.nets)
    debit, credit = command.account, ProviderAccount.PAYER_CASH
    if command.amount_cents < 0:
        debit, credit = credit, debit
    return ProviderAdjusted(
        provider_id=command.provider_id,
        remittance_id=command.remittance_id,
        line=command.line,
        payer_id=command.payer_id,
        code=command.code,
        reference=command.reference,
        payment_date=command.payment_date,
        digest=digest,
        debit=debit,
        credit=credit,
        cents=abs(command.amount_cents),
        item_id=item_of(command.payer_id, rule, command.reference, f"{command.remittance_id}/{command.line}"),
        claim=command.claim,
    )


def _settle(state: Provider, command: SettleProviderItem) -> tuple[ProviderFact, ...]:
    """Move all that is open to the account the person names; nothing when it is not open, or no move at all."""
    item = next((one for one in state.open if one.item_id == command.item_id), None)
    if item is None or command.account in {item.account, ProviderAccount.PAYER_CASH, ProviderAccount.UNEXPLAINED}:
        return ()
    debit: ProviderAccount = command.account
    credit = item.account
    if item.cents < 0:
        debit, credit = credit, debit
    return (
        ProviderItemSettled(
            provider_id=command.provider_id,
            item_id=item.item_id,
            debit=debit,
            credit=credit,
            cents=abs(item.cents),
            account=command.account,
            reason=command.reason,
            by=command.meta.actor,
        ),
    )


def evolve(state: Provider, fact: ProviderFact) -> Provider:
    match fact:
        case ProviderAdjusted():
            lines = (*state.posted.get(fact.remittance_id, ()), Line(fact.line, fact.digest))
            return replace(
                state,
                provider_id=fact.provider_id,
                by_code=_totalled(state.by_code, fact),
                balances=booked(state.balances, fact),
                open=_netted(state.open, fact),
                posted={**state.posted, fact.remittance_id: lines},
            )
        case ProviderItemSettled():
            kept = tuple(one for one in state.open if one.item_id != fact.item_id)
            settled = {**state.settled, fact.item_id: fact.account}
            return replace(state, balances=booked(state.balances, fact), open=kept, settled=settled)
        case ProviderRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def booked(balances: Mapping[ProviderAccount, int], entry: ProviderLedgerFact) -> Mapping[ProviderAccount, int]:
    """The debit balances after one more entry; an account that comes to nothing is left out."""
    changed = dict(balances)
    for account, cents in ((entry.debit, entry.cents), (entry.credit, -entry.cents)):
        changed[account] = changed.get(account, 0) + cents
    return {account: cents for account, cents in sorted(changed.items()) if cents}


def _netted(items: tuple[OpenItem, ...], fact: ProviderAdjusted) -> tuple[OpenItem, ...]:
    """The open items with this amount in its own; one that nets to nothing is closed."""
    if not fact.item_id or not fact.cents:
        return items
    before = next((one for one in items if one.item_id == fact.item_id), None)
    others = tuple(one for one in items if one.item_id != fact.item_id)
    item = _opened(fact) if before is None else _grown(before, fact)
    return (*others, item) if item.cents else others


def _opened(fact: ProviderAdjusted) -> OpenItem:
    return OpenItem(
        item_id=fact.item_id,
        payer_id=fact.payer_id,
        account=fact.account,
        reference=fact.reference,
        codes=(fact.code,),
        cents=fact.amount_cents,
        since=fact.payment_date,
        remittances=(fact.remittance_id,),
        claim=fact.claim,
    )


def _grown(item: OpenItem, fact: ProviderAdjusted) -> OpenItem:
    return replace(
        item,
        codes=tuple(sorted({*item.codes, fact.code})),
        cents=item.cents + fact.amount_cents,
        since=min(item.since, fact.payment_date),
        remittances=tuple(sorted({*item.remittances, fact.remittance_id})),
        claim=item.claim or fact.claim,
    )


def _totalled(totals: tuple[CodeTotal, ...], fact: ProviderAdjusted) -> tuple[CodeTotal, ...]:
    before = sum(total.cents for total in totals if total.code == fact.code)
    others = tuple(total for total in totals if total.code != fact.code)
    return (*others, CodeTotal(fact.code, before + fact.amount_cents))


def publish(_: Provider, fact: ProviderFact, meta: Meta) -> Event | None:
    """The payer's adjustments are told; how a person files them here is the house's own matter."""
    if not isinstance(fact, ProviderAdjusted):
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
    return {
        "differs": bool(state.conflicts),
        "open": bool(state.open),
        "unknown": any(one.account is ProviderAccount.UNEXPLAINED for one in state.open),
    }


PROVIDER: Decider[Provider, ProviderMessage, ProviderFact] = Decider(
    service="payments",
    kind="provider",
    initial=Provider(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.provider_id,
    record_key=lambda state: state.provider_id,
    state_codec=TypeAdapter(Provider),
    message_codec=TypeAdapter(Annotated[ProviderMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[ProviderFact, Field(discriminator="type")]),
    index=_index,
)
