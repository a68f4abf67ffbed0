"""The public face of another party's facts: what its account moves by, and others hear."""

from typing import assert_never

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
from shared.contracts import (
    Event,
    Meta,
    OtherPartyBilled,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
)


def publish_of(account_id: str, party_id: str, fact: OtherPartyFact, meta: Meta) -> Event | None:  # noqa: PLR0911 - one case per fact
    """The event made of a fact; what is only asked, or refused, stays private."""
    who = {"meta": meta, "account_id": account_id, "party_id": party_id}
    match fact:
        case TermsSet():
            said = {name: getattr(fact.terms, name) for name in type(fact.terms).model_fields}
            return OtherPartyTermsSet.model_validate({**who, **said, "protected_until": fact.protected_until})
        case PartyEnded():
            return OtherPartyEnded.model_validate({**who, "how": fact.how})
        case PartyBilled():
            billed_cents = sum(line.cents for line in fact.lines)
            said = {"invoice": fact.number, "billed_cents": billed_cents, "due_on": fact.due_on}
            return OtherPartyBilled.model_validate({**who, **said})
        case PartyPaid():
            names = ("payment_id", "method", "paid_cents", "received_on")
            return OtherPartyPaid.model_validate({**who, **{name: getattr(fact, name) for name in names}})
        case PartyPaymentReturned():
            names = ("payment_id", "return_id", "returned_cents", "cause")
            return OtherPartyPaymentReturned.model_validate({**who, **{name: getattr(fact, name) for name in names}})
        case ReductionAnswered():
            if fact.outcome != "agreed":
                return None
            said = {"reduction_id": fact.reduction_id, "reduced_cents": fact.reduced_cents}
            return OtherPartyReductionAgreed.model_validate({**who, **said})
        case ReductionAsked() | PartyAnswered():
            return None
        case _:
            assert_never(fact)
