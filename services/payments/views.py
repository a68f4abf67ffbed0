"""What the API shows: figures, codes and pseudonymous ids. No sealed field leaves."""

from dataclasses import asdict
from typing import Any

from services.payments.core.account_facts import AnyAccountFact, LedgerFact
from services.payments.core.account_state import Account, Receivable
from services.payments.core.inbound_file import InboundFile
from services.payments.core.ledger import totals_of
from services.payments.core.provider import (
    OpenItem,
    Provider,
    ProviderAdjusted,
    ProviderFact,
    ProviderItemSettled,
)
from services.payments.core.provider_code import ProviderAccount
from services.payments.core.remittance import Remittance
from services.payments.core.why import why
from services.payments.proof import Proof
from shared.decider import Entry


def shown_account(account: Account) -> dict[str, Any]:
    """The account's balance and totals, with every claim and charge."""
    return {
        **shown_balance(account),
        "totals": asdict(totals_of(account)),
        "items": {item_id: shown_item(item) for item_id, item in account.receivables.items()},
        "unapplied": [one._asdict() for one in account.credits],
        "held": [
            {"claim_id": one.item_id, "waits_for": one.waits_for, "remittance_id": one.remitted.remittance_id}
            for one in account.held
        ],
        "write_offs": [
            {"write_off_id": name, **{field: value for field, value in asked._asdict().items() if field != "digest"}}
            for name, asked in account.asked_write_offs.items()
        ],
    }


def shown_balance(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "balance_cents": account.owed_cents,
        "unapplied_cents": account.unapplied_cents,
        "held": len(account.held),
    }


def shown_item(item: Receivable) -> dict[str, Any]:
    """One claim or self-pay charge; the charge is paid, adjusted, given up or outstanding, and nothing else."""
    return {
        "service_date": item.service_date,
        "patient_control_number": item.patient_control_number,
        "payer_id": item.payer_id,
        "charge_cents": item.charge_cents,
        "paid_cents": item.paid_cents,
        "adjusted_cents": item.adjusted_cents,
        "patient_paid_cents": item.patient_paid_cents,
        "written_off_cents": item.written_off_cents,
        "denials_written_off_cents": item.denials_written_off_cents,
        "insurance_cents": item.insurance_cents,
        "patient_cents": item.patient_cents,
        "other_parties_cents": item.other_cents,
        "other_parties_paid_cents": item.other_paid_cents,
        "agreed_reduction_cents": item.reduced_cents,
        "denied_cents": item.denied_cents,
        "remittances": [one.place.remittance_id for one in item.postings],
    }


def shown_entry(entry: Entry[AnyAccountFact]) -> dict[str, Any]:
    """A ledger entry with its cause and its poster."""
    fact = entry.fact
    assert isinstance(fact, LedgerFact), "only ledger entries are shown"
    return {
        "id": entry.meta.id,
        "at": entry.meta.occurred_at,
        "cause": entry.meta.causation,
        "posted_by": entry.meta.actor,
        "why": why(fact),
        **fact.model_dump(mode="json", exclude={"account_id", "sealed_guarantor", "digest"}),
    }


def shown_remittance(remittance: Remittance) -> dict[str, Any]:
    header = remittance.header
    return {
        "remittance_id": remittance.remittance_id,
        "status": remittance.status,
        **({} if header is None else header.model_dump(mode="json", exclude={"content_hash"})),
        "imbalance": remittance.imbalance or None,
        "releasable": remittance.status == "parked" and remittance.postable,
        "claims_distributed": remittance.distributed,
        "came_again_with_other_content": remittance.differs,
        "decided_by": remittance.decided_by or None,
        "reason": remittance.reason or None,
    }


def shown_provider(provider: Provider) -> dict[str, Any]:
    return {
        "provider_id": provider.provider_id,
        "adjusted_cents": provider.adjusted_cents,
        "by_code": [one._asdict() for one in provider.by_code],
        "balances": {account.value: cents for account, cents in provider.balances.items()},
        "open": [shown_open_item(item) for item in provider.open],
        "remittances": len(provider.posted),
    }


def shown_open_item(item: OpenItem) -> dict[str, Any]:
    """What still has to net to nothing, in words for whoever follows it up."""
    claim = item.claim
    return {
        "item_id": item.item_id,
        "payer_id": item.payer_id,
        "account": item.account.value,
        "codes": item.codes,
        "reference": item.reference,
        "open_cents": item.cents,
        "since": item.since,
        "remittances": item.remittances,
        "claim": None if claim is None else claim.model_dump(mode="json"),
        "what": what_is_open(item),
    }


def what_is_open(item: OpenItem) -> str:
    """Why an item is open: positive was kept from a payment, negative was added to one."""
    kept = item.cents > 0
    match item.account:
        case ProviderAccount.OVERPAYMENT_RECOVERY if kept:
            return "kept from a payment; no reversal of the claim has given it back"
        case ProviderAccount.OVERPAYMENT_RECOVERY:
            return "taken back on the claim; the payer has not kept it from a payment yet"
        case ProviderAccount.FORWARDING_BALANCE if kept:
            return "more was kept than had been carried forward"
        case ProviderAccount.FORWARDING_BALANCE:
            return "carried forward; a later payment will be lower"
        case ProviderAccount.UNEXPLAINED:
            return "a code without a rule: say what it is"
        case _:
            return "worked off beyond what was paid ahead" if kept else "paid ahead; later claims work it off"


def shown_provider_entry(entry: Entry[ProviderFact]) -> dict[str, Any]:
    """An entry of a provider's ledger with its cause, its poster and its reason."""
    fact = entry.fact
    said = fact.model_dump(mode="json", exclude={"provider_id", "digest", "by"})
    reason = fact.reason if isinstance(fact, ProviderItemSettled) else ""
    if isinstance(fact, ProviderAdjusted):
        reason = f"PLB {fact.code} of remittance {fact.remittance_id}, adjustment {fact.line}"
    return {
        "id": entry.meta.id,
        "at": entry.meta.occurred_at,
        "cause": entry.meta.causation,
        "posted_by": entry.meta.actor,
        **said,
        "reason": reason,
    }


def shown_file(file: InboundFile) -> dict[str, Any]:
    return asdict(file)


def shown_proof(proof: Proof) -> dict[str, Any]:
    """The book's columns and whether everything ties out, to the cent."""
    totals = proof.totals
    return {
        "proved": proof.proved,
        "accounts": proof.accounts,
        "entries": proof.entries,
        "closings": proof.closings,
        "debits_cents": proof.debits_cents,
        "credits_cents": proof.credits_cents,
        "totals": {**asdict(totals), "outstanding_cents": totals.outstanding_cents},
        "ledger_accounts": {account.value: cents for account, cents in sorted(proof.balances.items())},
        "provider_adjustments_cents": proof.provider_adjustments_cents,
        "provider_accounts": {account.value: cents for account, cents in sorted(proof.provider_balances.items())},
        "providers": proof.providers,
        "payer_cash_cents": proof.payer_cash_cents,
        "remittances": proof.remittances,
        "remitted_cents": proof.remitted_cents,
        "waiting_cents": proof.waiting_cents,
        "at_rest": proof.at_rest,
        "discrepancies_found": proof.discrepancies_found,
        "discrepancies": [one._asdict() for one in proof.discrepancies],
    }
