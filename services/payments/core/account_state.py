"""How each fact changes an account. No rules here, so history always replays."""

from collections.abc import Iterable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TypeAlias, assert_never

from services.payments.core.account_facts import (
    AnyAccountFact,
    BalanceChanged,
    ChargeCorrected,
    ChargePosted,
    ClaimAdjudicated,
    ClaimFollowed,
    ClaimResubmitted,
    ContractualAdjusted,
    CreditChanged,
    DenialGivenUp,
    LedgerAccount,
    LedgerFact,
    MovedToPatient,
    PatientPaymentApplied,
    PatientPaymentReleased,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
    PatientShareCoordinated,
    PatientShareStopped,
    PayerPaymentPosted,
    PayerRefunded,
    PayerRefundRestored,
    PrepaymentFreed,
    RemittedClaimHeld,
    RepeatDiffered,
    ReversalRefused,
    SelfPayChargePosted,
    WriteOffTaken,
)
from services.payments.core.account_shape import Account as Account
from services.payments.core.account_shape import AskedWriteOff as AskedWriteOff
from services.payments.core.account_shape import Follower as Follower
from services.payments.core.account_shape import GivenUp as GivenUp
from services.payments.core.account_shape import Held as Held
from services.payments.core.account_shape import Posting as Posting
from services.payments.core.account_shape import Receivable as Receivable
from services.payments.core.account_shape import Reversal as Reversal
from services.payments.core.account_shape import Share as Share
from services.payments.core.account_shape import Stopped as Stopped
from services.payments.core.account_shape import Taken as Taken
from services.payments.core.bill_facts import AnyBillFact
from services.payments.core.bill_state import as_bills_said
from services.payments.core.other_share_facts import AnyOtherFact
from services.payments.core.other_share_state import as_others_said
from services.payments.core.person_state import GivingUp, as_given_up, as_said
from services.payments.core.remitted import RemittedClaim
from shared.replaced import replace

_COLUMNS: Mapping[LedgerAccount, tuple[str, int]] = MappingProxyType(
    {
        LedgerAccount.REVENUE: ("charge_cents", -1),
        LedgerAccount.PAYER_CASH: ("paid_cents", 1),
        LedgerAccount.CONTRACTUAL_ADJUSTMENT: ("adjusted_cents", 1),
        LedgerAccount.UNAPPLIED_CREDIT: ("patient_paid_cents", 1),
        LedgerAccount.BAD_DEBT: ("written_off_cents", 1),
        LedgerAccount.DENIAL_WRITE_OFF: ("denials_written_off_cents", 1),
        LedgerAccount.INSURANCE_RECEIVABLE: ("insurance_cents", 1),
        LedgerAccount.PATIENT_RECEIVABLE: ("patient_cents", 1),
        LedgerAccount.OTHER_RECEIVABLE: ("other_cents", 1),
        LedgerAccount.OTHER_CREDIT: ("other_paid_cents", 1),
        LedgerAccount.AGREED_REDUCTION: ("reduced_cents", 1),
    }
)
"""Where a receivable keeps each ledger account, and the sign that makes it a debit balance."""


def fold(state: Account, facts: Iterable[AnyAccountFact]) -> Account:
    """The state after these facts."""
    return reduce(evolve, facts, state)


def evolve(state: Account, fact: AnyAccountFact) -> Account:
    """Apply one fact: first its entry, then what it says besides."""
    state = owner(state, fact.account_id)
    if isinstance(fact, ChargePosted | SelfPayChargePosted):
        state = _opened(state, fact)
    if isinstance(fact, LedgerFact):
        state = _booked(state, fact)
    return _noted(state, fact)


def owner(state: Account, account_id: str) -> Account:
    """The state that knows whose account it is; the first message says it."""
    return state if state.account_id else replace(state, account_id=account_id)


def _booked(state: Account, entry: LedgerFact) -> Account:
    """The entry's debit and credit, in the receivable and in the account's totals."""
    state = replace(
        state,
        patient_cents=state.patient_cents + entry.effect_on(LedgerAccount.PATIENT_RECEIVABLE),
        unapplied_cents=state.unapplied_cents - entry.effect_on(LedgerAccount.UNAPPLIED_CREDIT),
        received_cents=state.received_cents + entry.effect_on(LedgerAccount.PATIENT_CASH),
    )
    if not entry.item_id:
        return state
    item = state.receivables[entry.item_id]
    changed: dict[str, int] = {}
    for side, account in ((1, entry.debit), (-1, entry.credit)):
        column, sign = _COLUMNS[account]
        changed[column] = getattr(item, column) + side * sign * entry.cents
    return _with(state, entry.item_id, replace(item, **changed))


def _opened(state: Account, fact: ChargePosted | SelfPayChargePosted) -> Account:
    item = Receivable(fact.service_date)
    if isinstance(fact, ChargePosted):
        item = replace(
            item,
            patient_control_number=fact.patient_control_number,
            payer_id=fact.payer_id,
            lines=fact.lines,
            standings=fact.standings,
            practice=fact.billing_npi,
            next_payers=sum(1 for one in state.followers if state.root_of(one) == fact.item_id),
        )
    else:
        item = replace(item, digest=fact.digest)
    return replace(_with(state, fact.item_id, item), sealed_guarantor=fact.sealed_guarantor)


_Billing: TypeAlias = (
    ChargePosted
    | ChargeCorrected
    | ClaimResubmitted
    | ClaimFollowed
    | SelfPayChargePosted
    | MovedToPatient
    | PatientShareCoordinated
    | PatientShareStopped
)
_Payment: TypeAlias = PatientPaymentTaken | PatientPaymentApplied | PatientPaymentReleased | PrepaymentFreed
_MoneyBack: TypeAlias = (
    PatientPaymentReversed | PatientPaymentRestored | PayerRefunded | PayerRefundRestored | ReversalRefused
)


_Told: TypeAlias = (
    RemittedClaimHeld
    | ClaimAdjudicated
    | WriteOffTaken
    | DenialGivenUp
    | CreditChanged
    | BalanceChanged
    | RepeatDiffered
    | PayerPaymentPosted
    | ContractualAdjusted
)


def _noted(state: Account, fact: AnyAccountFact) -> Account:
    """What a fact says besides its entry."""
    if isinstance(fact, _Told):
        noted = _told(state, fact)
    elif isinstance(fact, _Billing):
        noted = _billed(state, fact)
    elif isinstance(fact, _Payment):
        noted = _paid(state, fact)
    elif isinstance(fact, _MoneyBack):
        noted = _money_back(state, fact)
    elif isinstance(fact, AnyOtherFact):
        noted = as_others_said(state, fact)
    elif isinstance(fact, AnyBillFact):
        noted = as_bills_said(state, fact)
    elif isinstance(fact, GivingUp):
        noted = _with(state, fact.item_id, as_given_up(state.receivables[fact.item_id], fact))
    else:
        noted = as_said(state, fact)
    return noted


# One branch for each of them: the table itself, not logic to take apart.
def _told(state: Account, fact: _Told) -> Account:  # noqa: PLR0911
    match fact:
        case PayerPaymentPosted() | ContractualAdjusted():
            return state
        case ClaimAdjudicated():
            return _adjudicated(state, fact)
        case RemittedClaimHeld():
            return replace(state, held=(*state.held, Held(fact.item_id, fact.waits_for, fact.remitted)))
        case WriteOffTaken() | DenialGivenUp():
            taken = Taken(fact.write_off_id, f"{fact.write_off_id}/{fact.asked_cents}")
            return replace(state, write_offs=(*state.write_offs, taken))
        case CreditChanged():
            return _credited(state, fact)
        case BalanceChanged():
            return replace(state, balance_cents=fact.balance_cents)
        case RepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def _billed(state: Account, fact: _Billing) -> Account:
    match fact:
        case ChargePosted() | ChargeCorrected() | ClaimResubmitted():
            item = state.receivables[fact.item_id]
            return _with(state, fact.item_id, replace(item, sequence=fact.sequence, lines=fact.lines or item.lines))
        case ClaimFollowed():
            return _followed(state, fact)
        case SelfPayChargePosted():
            return _moved(state, fact.item_id, fact.cents)
        case MovedToPatient():
            return _moved(state, fact.item_id, fact.effect_on(LedgerAccount.PATIENT_RECEIVABLE))
        case PatientShareCoordinated():
            item = state.receivables[fact.item_id]
            back = item.coordinated_cents + fact.effect_on(LedgerAccount.INSURANCE_RECEIVABLE)
            return _with(state, fact.item_id, replace(item, coordinated_cents=back))
        case PatientShareStopped():
            return _stopped(state, fact)
        case _:
            assert_never(fact)


def _paid(state: Account, fact: _Payment) -> Account:
    match fact:
        case PatientPaymentTaken():
            waits = {fact.payment_id: fact.reserved_for} if fact.reserved_for else {}
            return replace(
                state,
                payments=(*state.payments, Taken(fact.payment_id, fact.digest)),
                credits=add_share(state.credits, fact.payment_id, fact.cents),
                reserved={**state.reserved, **waits},
            )
        case PatientPaymentApplied():
            return _applied(state, fact.item_id, fact.payment_id, fact.cents)
        case PatientPaymentReleased():
            state = _applied(state, fact.item_id, fact.payment_id, -fact.cents)
            return replace(state, kept=(*state.kept, fact.payment_id)) if fact.kept else state
        case PrepaymentFreed():
            return replace(state, reserved={k: v for k, v in state.reserved.items() if k != fact.payment_id})
        case _:
            assert_never(fact)


def _money_back(state: Account, fact: _MoneyBack) -> Account:
    match fact:
        case PatientPaymentReversed():
            state = replace(state, credits=add_share(state.credits, fact.payment_id, -fact.cents))
            made = Reversal(fact.digest, fact.payment_id, fact.cents, "made")
        case PatientPaymentRestored():
            state = replace(state, credits=add_share(state.credits, fact.payment_id, fact.cents))
            made = state.reversals[fact.reversal_id]._replace(status="restored")
        case PayerRefunded():
            made = Reversal(fact.digest, fact.item_id, fact.cents, "made")
        case PayerRefundRestored():
            made = state.reversals[fact.reversal_id]._replace(status="restored")
        case ReversalRefused():
            made = Reversal(fact.digest, "", fact.asked_cents, "refused", fact.available_cents)
        case _:
            assert_never(fact)
    return replace(state, reversals={**state.reversals, fact.reversal_id: made})


def _followed(state: Account, fact: ClaimFollowed) -> Account:
    """What was held for the follower is the first claim's."""
    follower = Follower(fact.follows_claim_id, fact.patient_control_number)
    state = replace(state, followers={**state.followers, fact.claim_id: follower})
    root = state.root_of(fact.claim_id)
    held = tuple(one._replace(item_id=state.root_of(one.item_id)) for one in state.held)
    state = replace(state, held=held)
    item = state.receivables.get(root)
    return state if item is None else _with(state, root, replace(item, next_payers=item.next_payers + 1))


def _adjudicated(state: Account, fact: ClaimAdjudicated) -> Account:
    remitted = fact.remitted
    item = state.receivables[fact.item_id]
    posting = Posting(
        place=remitted.place,
        digest=fact.digest,
        payer_id=remitted.payer_id,
        payer_claim_control_number=remitted.payer_claim_control_number,
        charge_cents=remitted.charge_cents,
        paid_cents=remitted.paid_cents,
        parts=() if fact.reverses else fact.parts,
        open=remitted.can_be_reversed,
        status=remitted.status,
        filing_code=remitted.filing_code,
        remark_codes=() if fact.reverses else _every_remark(remitted),
        paid_on=remitted.payment_date,
    )
    postings = (*(_closed(one) if one.place == fact.reverses else one for one in item.postings), posting)
    item = replace(item, postings=postings, denied_cents=item.denied_cents + fact.denied_cents)
    held = tuple(one for one in state.held if one.remitted.place != remitted.place)
    return replace(_with(state, fact.item_id, item), held=held)


def _every_remark(remitted: RemittedClaim) -> tuple[str, ...]:
    return tuple(sorted({*remitted.remark_codes, *(code for line in remitted.lines for code in line.remark_codes)}))


def _closed(posting: Posting) -> Posting:
    return replace(posting, open=False, parts=(), remark_codes=())


def _stopped(state: Account, fact: PatientShareStopped) -> Account:
    item, cents = state.receivables[fact.item_id], fact.effect_on(LedgerAccount.INSURANCE_RECEIVABLE)
    sums = {one.rule: one.cents for one in item.stopped}
    sums[fact.rule] = sums.get(fact.rule, 0) + cents
    stopped = tuple(Stopped(rule, held) for rule, held in sums.items() if held)
    return _with(state, fact.item_id, replace(item, stopped=stopped))


def _moved(state: Account, item_id: str, cents: int) -> Account:
    item = state.receivables[item_id]
    return _with(state, item_id, replace(item, moved_to_patient_cents=item.moved_to_patient_cents + cents))


def _applied(state: Account, item_id: str, payment_id: str, cents: int) -> Account:
    item = state.receivables[item_id]
    item = replace(item, patient_payments=add_share(item.patient_payments, payment_id, cents))
    credits_ = in_order(state, add_share(state.credits, payment_id, -cents))
    is_used_up = all(one.payment_id != payment_id for one in credits_)
    kept = tuple(one for one in state.kept if one != payment_id) if is_used_up else state.kept
    return replace(_with(state, item_id, item), credits=credits_, kept=kept)


def in_order(state: Account, shares: tuple[Share, ...]) -> tuple[Share, ...]:
    """Shares as their payments came, so that money which was used and is free again is as old as it was."""
    if len(shares) < 2:
        return shares
    came = {one.id: n for n, one in enumerate(state.payments)}
    return tuple(sorted(shares, key=lambda one: came.get(one.payment_id, len(came))))


def _credited(state: Account, fact: CreditChanged) -> Account:
    if not fact.item_id:
        return replace(state, credit_cents=fact.credit_cents)
    return _with(state, fact.item_id, replace(state.receivables[fact.item_id], credit_cents=fact.credit_cents))


def _with(state: Account, item_id: str, item: Receivable) -> Account:
    return replace(state, receivables={**state.receivables, item_id: item})


def add_share(shares: tuple[Share, ...], payment_id: str, cents: int) -> tuple[Share, ...]:
    """The shares with this payment's changed by so many cents; one that comes to nothing is left out."""
    if all(one.payment_id != payment_id for one in shares):
        shares = (*shares, Share(payment_id, 0))
    changed = (one._replace(cents=one.cents + cents) if one.payment_id == payment_id else one for one in shares)
    return tuple(one for one in changed if one.cents)
