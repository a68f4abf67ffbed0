"""What parties that are neither insurer nor guarantor owe of an account: moved, paid, reduced, and given back.

A party takes what is open of the guarantor's share, claim by claim, oldest service first, up to its terms; it never
displaces what was paid, given up or granted before. Where its terms end, what it has not settled is the guarantor's
again, if the guarantor is liable at all. The step looks at the state alone.
"""

from collections.abc import Iterator

from services.payments.core.account_facts import AnyAccountFact, PatientPaymentReleased, sides
from services.payments.core.account_messages import OtherPartysWord
from services.payments.core.account_state import Account, Receivable, fold
from services.payments.core.entries import LedgerAccount
from services.payments.core.other_share import OtherShare, OtherTerms
from services.payments.core.other_share_facts import (
    OtherPaymentApplied,
    OtherPaymentReturned,
    OtherPaymentTaken,
    OtherReductionTaken,
    OtherShareMoved,
    OtherShareReduced,
    OtherTermsNoted,
)
from services.payments.core.other_share_state import share_of
from services.payments.core.settling import newest_paid
from shared.contracts import (
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
)

OWED, PATIENT = LedgerAccount.OTHER_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE
CASH, CREDIT = LedgerAccount.OTHER_CASH, LedgerAccount.OTHER_CREDIT


def hear_other(state: Account, event: OtherPartysWord) -> tuple[AnyAccountFact, ...]:
    """What is known of a party, its money, or a reduction. Said again, nothing more happens."""
    match event:
        case OtherPartyTermsSet() | OtherPartyEnded():
            return _hear_terms(state, event)
        case OtherPartyPaid():
            return _take(state, event)
        case OtherPartyPaymentReturned():
            return tuple(_return(state, event))
        case OtherPartyReductionAgreed():
            return _reduce(state, event)


def _hear_terms(state: Account, event: OtherPartyTermsSet | OtherPartyEnded) -> tuple[AnyAccountFact, ...]:
    """The newest word about a party counts."""
    if event.meta.sequence <= state.others_heard.get(event.party_id, -1):
        return ()
    terms = None
    if isinstance(event, OtherPartyTermsSet):
        terms = OtherTerms(
            kind=event.kind,
            percent=event.percent,
            limit_cents=event.limit_cents,
            covers_from=event.covers_from,
            covers_until=event.covers_until,
            claims=event.claims,
            order=event.order,
            guarantor_liable=event.guarantor_liable,
        )
    noted = OtherTermsNoted(
        account_id=state.account_id, party_id=event.party_id, sequence=event.meta.sequence, terms=terms
    )
    return (noted,)


def _take(state: Account, event: OtherPartyPaid) -> tuple[AnyAccountFact, ...]:
    if any(one.payment_id == event.payment_id for one in state.other_money):
        return ()
    taken = OtherPaymentTaken(
        account_id=event.account_id,
        item_id="",
        party_id=event.party_id,
        payment_id=event.payment_id,
        method=event.method,
        received_on=event.received_on,
        **sides(CASH, CREDIT, event.paid_cents),
    )
    return (taken,)


def _return(state: Account, event: OtherPartyPaymentReturned) -> Iterator[AnyAccountFact]:
    """Out of what is not applied first, then out of what it paid, the newest service first."""
    money = next((one for one in state.other_money if one.payment_id == event.payment_id), None)
    if money is None or event.return_id in state.other_done:
        return
    cents = min(event.returned_cents, money.paid_cents - money.returned_cents)
    lacking_cents = cents - money.unapplied_cents
    for item_id in sorted(state.receivables, key=lambda one: (state.receivables[one].service_date, one), reverse=True):
        share = share_of(state.receivables[item_id], money.party_id)
        there_cents = sum(one.cents for one in share.paid if one.source == money.payment_id)
        freed_cents = min(max(0, lacking_cents), there_cents)
        lacking_cents -= freed_cents
        if freed_cents:
            yield _applied(state, item_id, money.party_id, money.payment_id, -freed_cents)
    if cents:
        yield OtherPaymentReturned(
            account_id=state.account_id,
            item_id="",
            party_id=money.party_id,
            payment_id=money.payment_id,
            return_id=event.return_id,
            cause=event.cause,
            **sides(CREDIT, CASH, cents),
        )


def _reduce(state: Account, event: OtherPartyReductionAgreed) -> tuple[AnyAccountFact, ...]:
    """Off what is open of the party's share, oldest service first; what was paid meanwhile is not reduced."""
    if event.reduction_id in state.other_done:
        return ()
    left_cents = event.reduced_cents
    entries: list[AnyAccountFact] = []
    for item_id, item in _by_age(state):
        cents = min(left_cents, max(0, share_of(item, event.party_id).open_cents))
        left_cents -= cents
        if cents:
            entries.append(_reduced(state, item_id, event.party_id, event.reduction_id, cents))
    taken = OtherReductionTaken(
        account_id=state.account_id,
        party_id=event.party_id,
        reduction_id=event.reduction_id,
        asked_cents=event.reduced_cents,
        posted_cents=event.reduced_cents - left_cents,
    )
    return taken, *entries


def share_out(state: Account) -> Iterator[AnyAccountFact]:
    """Bring each party's part of each claim to what its terms say, then let its money pay it."""
    if not state.others_heard:
        return
    for party_id in _in_order(state):
        left_cents = _limit(state.others.get(party_id))
        for item_id, _ in _by_age(state):
            made = tuple(_brought(state, item_id, party_id, left_cents))
            state = fold(state, made)
            left_cents -= share_of(state.receivables[item_id], party_id).moved_cents
            yield from made
        paid = tuple(_applied_money(state, party_id))
        state = fold(state, paid)
        yield from paid


def _in_order(state: Account) -> list[str]:
    """Parties whose terms ended give back before others take."""
    ranked = {party_id: (terms.order, party_id) for party_id, terms in state.others.items()}
    return sorted(state.others_heard, key=lambda one: ranked.get(one, (-1, one)))


NO_LIMIT_CENTS = 10**15


def _limit(terms: OtherTerms | None) -> int:
    return NO_LIMIT_CENTS if terms is None or terms.limit_cents is None else terms.limit_cents


def _brought(state: Account, item_id: str, party_id: str, left_cents: int) -> Iterator[AnyAccountFact]:
    item = state.receivables[item_id]
    share = share_of(item, party_id)
    allowed_cents = max(0, min(left_cents, _allowed(state, item_id, item, share)))
    if share.moved_cents > allowed_cents:
        yield from _given_back(state, item_id, share, share.moved_cents - allowed_cents)
        return
    wanted_cents = allowed_cents - share.moved_cents
    terms = state.others.get(party_id)
    if terms is None:
        return
    if not terms.guarantor_liable:
        for payment_id, cents in newest_paid(item, wanted_cents - max(0, item.patient_cents)):
            yield PatientPaymentReleased(
                account_id=state.account_id,
                item_id=item_id,
                payment_id=payment_id,
                **sides(PATIENT, LedgerAccount.UNAPPLIED_CREDIT, cents),
            )
        wanted_cents = min(wanted_cents, max(0, item.patient_cents) + item.patient_paid_cents)
    else:
        wanted_cents = min(wanted_cents, max(0, item.patient_cents))
    if wanted_cents:
        yield _moved(state, item_id, party_id, wanted_cents)


def _allowed(state: Account, item_id: str, item: Receivable, share: OtherShare) -> int:
    """What a party's part may come to: of terms that ended, what was settled, or all of it where nobody else is liable.

    Never more than the guarantor's share as payers state it, less what other parties have of it.
    """
    others_cents = sum(one.moved_cents for one in item.others if one.party_id != share.party_id)
    stated_cents = max(0, item.moved_to_patient_cents - item.coordinated_cents - item.stopped_cents)
    terms = state.others.get(share.party_id)
    if terms is None or not terms.covers(item_id, item.service_date):
        liable = state.others_liable.get(share.party_id, True) or terms is not None
        kept_cents = share.settled_cents if liable else share.moved_cents
        return min(kept_cents, stated_cents - others_cents)
    return min(-(-stated_cents * terms.percent // 100), stated_cents - others_cents)


def _given_back(state: Account, item_id: str, share: OtherShare, cents: int) -> Iterator[AnyAccountFact]:
    """What is open first; then the newest reductions fall, and the newest payments are free again."""
    lacking_cents = cents - max(0, share.open_cents)
    for reduction_id, reduced_cents in reversed(share.reduced):
        taken_cents = min(max(0, lacking_cents), reduced_cents)
        lacking_cents -= taken_cents
        if taken_cents:
            yield _reduced(state, item_id, share.party_id, reduction_id, -taken_cents)
    for payment_id, paid_cents in reversed(share.paid):
        taken_cents = min(max(0, lacking_cents), paid_cents)
        lacking_cents -= taken_cents
        if taken_cents:
            yield _applied(state, item_id, share.party_id, payment_id, -taken_cents)
    yield _moved(state, item_id, share.party_id, -cents)


def _applied_money(state: Account, party_id: str) -> Iterator[AnyAccountFact]:
    """A party's money that is not applied pays what is open of its share, oldest first."""
    open_ = {item_id: max(0, share_of(item, party_id).open_cents) for item_id, item in _by_age(state)}
    for money in state.other_money:
        left_cents = money.unapplied_cents if money.party_id == party_id else 0
        for item_id, open_cents in open_.items():
            cents = min(left_cents, open_cents)
            left_cents, open_[item_id] = left_cents - cents, open_cents - cents
            if cents:
                yield _applied(state, item_id, party_id, money.payment_id, cents)


def _by_age(state: Account) -> list[tuple[str, Receivable]]:
    return sorted(state.receivables.items(), key=lambda one: (one[1].service_date, one[0]))


def _moved(state: Account, item_id: str, party_id: str, cents: int) -> OtherShareMoved:
    return OtherShareMoved(
        account_id=state.account_id, item_id=item_id, party_id=party_id, **sides(OWED, PATIENT, cents)
    )


def _applied(state: Account, item_id: str, party_id: str, payment_id: str, cents: int) -> OtherPaymentApplied:
    return OtherPaymentApplied(
        account_id=state.account_id,
        item_id=item_id,
        party_id=party_id,
        payment_id=payment_id,
        **sides(CREDIT, OWED, cents),
    )


def _reduced(state: Account, item_id: str, party_id: str, reduction_id: str, cents: int) -> OtherShareReduced:
    return OtherShareReduced(
        account_id=state.account_id,
        item_id=item_id,
        party_id=party_id,
        reduction_id=reduction_id,
        **sides(LedgerAccount.AGREED_REDUCTION, OWED, cents),
    )
