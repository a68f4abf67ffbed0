"""The cash book's proof for one tenant: recomputed from the journal, and held against all that it must agree with.

Each deposit, card payment, refund, till and entered payment against its own entries; both sides of every match; what is
expected at the bank against what announced it; and what patients paid against the guarantors' ledger. One pass over
the journal; nothing is changed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.payments.core.agency_money import AgencyPayment, AgencyRemittance, net_id_of
from services.payments.core.card_payment import CardPayment, reversal_id_of
from services.payments.core.card_payment_facts import CardMoneyBackPosted
from services.payments.core.cash import CashAccount, CashFact, cash_balances
from services.payments.core.credit_case import CreditCase
from services.payments.core.deposit import Deposit
from services.payments.core.entered_payment import EnteredPayment, expected_id_of
from services.payments.core.expected import EXPLAINED_BY, Expected
from services.payments.core.ledger import Discrepancy
from services.payments.core.payout import Payout
from services.payments.core.refund import OWED_TO, Refund
from services.payments.core.remittance import REMITTANCE
from services.payments.core.till import CLOSINGS_KEPT, ShiftOpened, Till, TillBanked, bag_id_of
from services.payments.journal_check import PAGE, AnyDecider, compared, pages
from shared.store.port import Key, Store

DISCREPANCIES_SHOWN = 100
ISSUED = frozenset({"issued", "cleared"})
Match = tuple[str, str]


@dataclass(slots=True)
class CashProof:
    """What the cash book came to, and everything that is not as it must be.

    While effects are on their way (`at_rest` is false), one side may know what the other does not yet: that is not held
    against either.
    """

    entries: int = 0
    aggregates: int = 0
    at_rest: bool = True
    balances: Counter[CashAccount] = field(default_factory=Counter[CashAccount])
    shortfall_cents: int = 0  # disputed, and gone from the account before by a refund
    taken: dict[Match, int] = field(default_factory=dict[Match, int])  # by deposit and what it is, as deposits say
    asked: set[Match] = field(default_factory=set[Match])  # not confirmed yet
    given: dict[Match, int] = field(default_factory=dict[Match, int])  # the same, as what was expected says
    announced: dict[str, int] = field(default_factory=dict[str, int])
    expected: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    counts: Counter[str] = field(default_factory=Counter[str])  # of what the book shows, and their cents
    cents: Counter[str] = field(default_factory=Counter[str])
    discrepancies: list[Discrepancy] = field(default_factory=list[Discrepancy])
    discrepancies_found: int = 0

    @property
    def proved(self) -> bool:
        return not self.discrepancies_found and not sum(self.balances.values())

    def add(self, found: Sequence[Discrepancy]) -> None:
        """Keep the first ones in full, and count all."""
        self.discrepancies_found += len(found)
        self.discrepancies += found[: max(0, DISCREPANCIES_SHOWN - len(self.discrepancies))]


async def prove_cash(
    store: Store,
    deciders: Sequence[AnyDecider],
    tenant: str,
    received_cents: int | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> CashProof:
    """Recompute and compare. `received_cents` is what the guarantors' ledger has of patients; None: not compared.

    `told` hears how many aggregates were compared, a page at a time.
    """
    proof = CashProof()
    kinds: Mapping[str, AnyDecider] = {decider.kind: decider for decider in deciders}
    stored = {kind: await store.count(one, tenant, {}) for kind, one in kinds.items()}
    proof.at_rest = all([(await store.outlook(one)).next_effect_at is None for one in deciders])
    seen = Counter[str]()
    async for kind, page in pages(store, kinds, tenant):
        async for state, history in compared(proof.add, store, kinds[kind], page, judged):
            add_up(proof, state, history.facts)
        seen[kind] += len(page)
        proof.aggregates += len(page)
        told(proof.aggregates)
    for kind, count in stored.items():
        if count > seen[kind]:
            proof.add([Discrepancy("", "", f"{kind}s without a journal", count - seen[kind], 0)])
    proof.add(differences(proof, received_cents))
    proof.add(await _unlike_remittances(proof, store, tenant))
    return proof


def differences(proof: CashProof, received_cents: int | None) -> list[Discrepancy]:
    """What does not agree between aggregates of the book, and between it and the ledger."""
    return [*_sides_differ(proof), *_announced_otherwise(proof), *_unlike_the_ledger(proof, received_cents)]


def judged(state: Any, facts: Sequence[Any]) -> Iterator[Discrepancy]:
    """An aggregate's figures against what its entries come to, account by account."""
    sums = cash_balances(facts)
    name, stated = _stated(state)
    for account, cents in stated.items():
        if cents != sums.get(account, 0):
            yield Discrepancy(name, "", f"cash book: {account.value}", cents, sums.get(account, 0))
    if isinstance(state, Expected) and state.open_cents < 0:
        yield Discrepancy(name, "", "more came than was expected", state.cents - state.open_cents, state.cents)


# One branch for each kind of aggregate: a table.
def _stated(state: Any) -> tuple[str, Mapping[CashAccount, int]]:  # noqa: C901, PLR0911
    """What an aggregate says of itself, as debit balances."""
    match state:
        case Deposit():
            confirmed = Counter[CashAccount]()
            for part in state.parts:
                if part.confirmed:
                    confirmed[EXPLAINED_BY[part.kind]] -= part.cents
            own = {CashAccount.BANK: state.cents, CashAccount.UNAPPLIED_CASH: -state.unapplied_cents}
            return state.deposit_id, {**confirmed, **own, CashAccount.SET_ASIDE: -state.set_aside_cents}
        case CardPayment():
            kept_cents = state.received_cents - sum(one.cents for one in state.disputes if one.status != "won")
            fees = {CashAccount.PROCESSOR_FEES: state.fee_cents}
            return state.intent_id, {CashAccount.PATIENT_MONEY: -kept_cents, **fees}
        case Refund():
            return state.refund_id, {OWED_TO[state.party]: state.cents if state.status in ISSUED else 0}
        case EnteredPayment():
            back_cents = sum(one.cents for one in state.returns)
            in_hand = {CashAccount.UNDEPOSITED: state.cents, CashAccount.BANK: -back_cents}
            return state.payment_id, {**in_hand, CashAccount.PATIENT_MONEY: back_cents - state.cents}
        case AgencyRemittance():
            kept = {CashAccount.UNDEPOSITED: state.net_cents, CashAccount.AGENCY_FEES: state.fee_cents}
            return state.remittance_id, {**kept, CashAccount.AGENCY_MONEY: -state.net_cents - state.fee_cents}
        case AgencyPayment():
            sides = {CashAccount.AGENCY_MONEY: state.cents, CashAccount.PATIENT_MONEY: -state.cents}
            return state.payment_id, sides
        case Till() if len(state.closings) < CLOSINGS_KEPT:
            over_cents = sum(one.over_short_cents for one in state.closings)
            return state.till_id, {CashAccount.OVER_SHORT: -over_cents}
        case Expected():
            return state.expected_id, {}
        case _:
            return "", {}


def shown_of(state: Any) -> Iterator[tuple[str, int]]:
    """What an aggregate adds to the book's summary: under which name, and how many cents; nothing adds nothing."""
    match state:
        case Deposit():
            yield "deposits_reassociated", sum(part.cents for part in state.parts if part.kind == "remittance")
            yield "deposits_without_remittance", state.unapplied_cents
        case Expected() if state.kind == "remittance":
            yield "remittances_without_deposit", state.open_cents
        case CardPayment():
            yield "card_payments", state.received_cents
            yield "card_payments_disputed", sum(one.cents for one in state.disputes if one.status != "won")
        case EnteredPayment():
            yield "payments_entered", state.cents
        case AgencyPayment():
            yield "payments_at_agencies", state.cents
        case AgencyRemittance():
            yield "agency_fees", state.fee_cents
        case Refund() if state.status in ISSUED:
            yield "refunds", state.cents
        case Till():
            yield from (("shifts_closed", one.taken_cents) for one in state.closings)
        case CreditCase():
            yield "credits_open", state.cents
        case _:
            return


def add_up(proof: CashProof, state: Any, facts: Sequence[Any]) -> None:
    """One more aggregate, with its facts, in the sums of the book."""
    for name, cents in shown_of(state):
        proof.counts[name] += cents != 0
        proof.cents[name] += cents
    for fact in facts:
        if isinstance(fact, CashFact):
            proof.entries += 1
            proof.balances[fact.debit] += fact.cents
            proof.balances[fact.credit] -= fact.cents
    match state:
        case Deposit():
            for part in state.parts:
                place = state.deposit_id, part.expected_id
                proof.taken[place] = part.cents
                if not part.confirmed:
                    proof.asked.add(place)
        case Expected():
            proof.expected[state.expected_id] = state.kind, state.cents
            proof.given |= {(part.deposit_id, state.expected_id): part.cents for part in state.parts}
        case CardPayment():
            proof.shortfall_cents += _shortfall_cents(state, facts)
        case _:
            proof.announced |= dict(_announced(state, facts))


def _announced(state: Any, facts: Sequence[Any]) -> Iterator[tuple[str, int]]:
    """What the bank side must wait for because of this one."""
    match state:
        case Payout() if not state.odd and state.cents > 0:
            yield state.payout_id, state.cents
        case EnteredPayment() if state.cents:
            yield expected_id_of(state.payment_id), state.cents
        case AgencyRemittance() if state.net_cents > 0:
            yield net_id_of(state.remittance_id), state.net_cents
        case Till():
            shift = 0
            for fact in facts:
                if isinstance(fact, ShiftOpened):
                    shift = fact.shift
                elif isinstance(fact, TillBanked):
                    yield bag_id_of(state.till_id, shift), fact.cents
        case _:
            return


def _shortfall_cents(state: CardPayment, facts: Sequence[Any]) -> int:
    """What was disputed and the account did not have any more."""
    booked: dict[str, int] = {}
    for fact in facts:
        if isinstance(fact, CardMoneyBackPosted):
            booked.setdefault(fact.reversal_id, fact.reversed_cents)
    lost = [one for one in state.disputes if one.status != "won" and reversal_id_of(one.dispute_id) in booked]
    return sum(one.cents - booked[reversal_id_of(one.dispute_id)] for one in lost)


def _sides_differ(proof: CashProof) -> Iterator[Discrepancy]:
    """Every match is told by the deposit and by what was expected, with the same amount."""
    for place in sorted(proof.taken.keys() | proof.given.keys()):
        took, gave = proof.taken.get(place, 0), proof.given.get(place, 0)
        open_ = place in proof.asked or not proof.at_rest
        if took != gave and not (open_ and 0 in {took, gave}):
            yield Discrepancy(place[0], place[1], "a match of which one side knows another amount", took, gave)


def _announced_otherwise(proof: CashProof) -> Iterator[Discrepancy]:
    """Payouts, bags and entered payments are expected with what they are, each once."""
    expected = {name: cents for name, (kind, cents) in proof.expected.items() if kind != "remittance"}
    for name in sorted(proof.announced.keys() | expected.keys()):
        wanted, found = proof.announced.get(name, 0), expected.get(name, 0)
        if wanted != found and not (not proof.at_rest and 0 in {wanted, found}):
            yield Discrepancy(name, "", "expected at the bank", found, wanted)


def _unlike_the_ledger(proof: CashProof, received_cents: int | None) -> Iterator[Discrepancy]:
    """What patients paid, by the cash book and by the guarantors' ledger."""
    if received_cents is None or not proof.at_rest:
        return
    booked_cents = proof.shortfall_cents - proof.balances[CashAccount.PATIENT_MONEY]
    if booked_cents != received_cents:
        yield Discrepancy("", "", "patients' money: cash book against ledger", booked_cents, received_cents)


async def _unlike_remittances(proof: CashProof, store: Store, tenant: str) -> list[Discrepancy]:
    """What a remittance says that it pays is what is expected of it. One that is only told of elsewhere is passed."""
    found: list[Discrepancy] = []
    names = sorted(name for name, (kind, _) in proof.expected.items() if kind == "remittance")
    for start in range(0, len(names), PAGE):
        keys = [Key(tenant, name) for name in names[start : start + PAGE]]
        for key, row in (await store.load(REMITTANCE, keys)).items():
            header, cents = row.snapshot.state.header, proof.expected[key.id][1]
            if header is not None and header.payment_cents != cents:
                found.append(Discrepancy(key.id, "", "expected at the bank", cents, header.payment_cents))
    return found
