"""Why an entry stands in the ledger, in words: what a person who asks "where does this come from" is told."""

from services.payments.core.account_facts import (
    ContractualAdjusted,
    LedgerFact,
    MovedToPatient,
    PatientShareCoordinated,
    RemittedFact,
)
from services.payments.core.other_share_facts import OtherPaymentApplied, OtherShareMoved, OtherShareReduced


def why(fact: LedgerFact) -> str:
    """The remittance, line and CAS of a payer's entry; of any other the step that made it."""
    if isinstance(fact, RemittedFact):
        return f"{_at(fact)}{_undoes(fact)}"
    if isinstance(fact, PatientShareCoordinated):
        return "payers together paid past the charge, or no longer do"
    if isinstance(fact, OtherShareMoved | OtherPaymentApplied | OtherShareReduced):
        return _of_party(fact)
    name = str(getattr(fact, "type", "account.entry"))
    return name.split(".")[1].replace("-", " ")


def _of_party(fact: OtherShareMoved | OtherPaymentApplied | OtherShareReduced) -> str:
    if isinstance(fact, OtherShareMoved):
        return f"share of other party {fact.party_id}"
    if isinstance(fact, OtherPaymentApplied):
        return f"payment {fact.payment_id} of other party {fact.party_id}"
    return f"reduction {fact.reduction_id} agreed with other party {fact.party_id}"


def _at(fact: RemittedFact) -> str:
    place = f"remittance {fact.place.remittance_id}, claim {fact.place.claim}"
    if isinstance(fact, ContractualAdjusted | MovedToPatient):
        line = f", line {fact.line}" if fact.line else ""
        return f"{place}{line}: CAS {fact.group} {fact.reason}"
    return f"{place}: CLP04"


def _undoes(fact: RemittedFact) -> str:
    if fact.reverses is None:
        return ""
    return f"; reverses remittance {fact.reverses.remittance_id}, claim {fact.reverses.claim}"
