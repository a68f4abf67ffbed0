"""How the facts about other parties change an account. No rules here."""

from typing import assert_never

from services.payments.core.account_shape import Account, Receivable
from services.payments.core.entries import LedgerAccount
from services.payments.core.other_share import OtherShare, OtherTaken, with_part
from services.payments.core.other_share_facts import (
    AnyOtherFact,
    OtherPaymentApplied,
    OtherPaymentReturned,
    OtherPaymentTaken,
    OtherReductionTaken,
    OtherShareMoved,
    OtherShareReduced,
    OtherTermsNoted,
)
from shared.replaced import replace

OWED = LedgerAccount.OTHER_RECEIVABLE


def as_others_said(state: Account, fact: AnyOtherFact) -> Account:
    """The account after one of them; its entry is booked already."""
    match fact:
        case OtherTermsNoted():
            return _noted(state, fact)
        case OtherReductionTaken():
            return replace(state, other_done=(*state.other_done, fact.reduction_id))
        case OtherPaymentTaken():
            taken = OtherTaken(fact.payment_id, fact.party_id, fact.cents, fact.cents)
            return replace(state, other_money=(*state.other_money, taken))
        case OtherPaymentReturned():
            state = _with_money(state, fact.payment_id, -fact.cents, returned_cents=fact.cents)
            return replace(state, other_done=(*state.other_done, fact.return_id))
        case OtherPaymentApplied():
            cents = -fact.effect_on(OWED)
            return _with_money(_with_share(state, fact, cents), fact.payment_id, -cents)
        case OtherShareMoved() | OtherShareReduced():
            return _with_share(state, fact, -fact.effect_on(OWED))
        case _:
            assert_never(fact)


def _noted(state: Account, fact: OtherTermsNoted) -> Account:
    others = {party_id: terms for party_id, terms in state.others.items() if party_id != fact.party_id}
    liable = state.others_liable
    if fact.terms is not None:
        others[fact.party_id] = fact.terms
        liable = {**liable, fact.party_id: fact.terms.guarantor_liable}
    heard = {**state.others_heard, fact.party_id: fact.sequence}
    return replace(state, others=others, others_heard=heard, others_liable=liable)


def _with_money(state: Account, payment_id: str, cents: int, returned_cents: int = 0) -> Account:
    money = tuple(
        one._replace(unapplied_cents=one.unapplied_cents + cents, returned_cents=one.returned_cents + returned_cents)
        if one.payment_id == payment_id
        else one
        for one in state.other_money
    )
    return replace(state, other_money=money)


def _with_share(state: Account, fact: OtherShareMoved | OtherPaymentApplied | OtherShareReduced, cents: int) -> Account:
    item = state.receivables[fact.item_id]
    share = share_of(item, fact.party_id)
    match fact:
        case OtherShareMoved():
            share = share._replace(moved_cents=share.moved_cents - cents)
        case OtherPaymentApplied():
            share = share._replace(paid=with_part(share.paid, fact.payment_id, cents))
        case OtherShareReduced():
            share = share._replace(reduced=with_part(share.reduced, fact.reduction_id, cents))
        case _:
            assert_never(fact)
    rest = tuple(one for one in item.others if one.party_id != fact.party_id)
    others = (*rest, share) if share != OtherShare(fact.party_id) else rest
    return replace(state, receivables={**state.receivables, fact.item_id: replace(item, others=others)})


def share_of(item: Receivable, party_id: str) -> OtherShare:
    """A party's part of a claim or charge; an empty one where it has none."""
    return next((one for one in item.others if one.party_id == party_id), OtherShare(party_id))
