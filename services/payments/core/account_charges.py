"""Charges of an account: a claim once, a correction by its difference, self-pay, interest and fees."""

from services.payments.core.account_facts import (
    AnyAccountFact,
    ChargeCorrected,
    ChargePosted,
    ClaimFollowed,
    ClaimResubmitted,
    LedgerAccount,
    RepeatDiffered,
    RepeatKind,
    SelfPayChargePosted,
    sides,
)
from services.payments.core.account_messages import PostSelfPayCharge
from services.payments.core.account_state import Account
from services.payments.core.line_matching import BilledLine
from services.payments.core.remitted import digest_of
from shared.contracts import ClaimSubmitted, LateChargeRaised

INSURANCE, PATIENT, REVENUE = (
    LedgerAccount.INSURANCE_RECEIVABLE,
    LedgerAccount.PATIENT_RECEIVABLE,
    LedgerAccount.REVENUE,
)
VOID = "8"


def submit(state: Account, event: ClaimSubmitted) -> tuple[AnyAccountFact, ...]:
    """Charge a claim once: a resubmission charges nothing, a replacement (7) only the difference.

    A void (8) changes nothing yet: the payer's reversal says that it was accepted.
    """
    item, sequence = state.receivables.get(event.claim_id), event.meta.sequence
    if item is None and event.follows_claim_id is not None:
        return _follow(state, event)
    if item is None:
        return (_first_charge(event),)
    if sequence <= item.sequence:
        return ()
    change_cents = 0 if event.frequency_code == VOID else event.charge_cents - item.charge_cents
    if not change_cents:
        return (
            ClaimResubmitted(
                account_id=event.account_id,
                item_id=event.claim_id,
                sequence=sequence,
                frequency_code=event.frequency_code,
                lines=_lines_of(event),
            ),
        )
    return (
        ChargeCorrected(
            account_id=event.account_id,
            item_id=event.claim_id,
            sequence=sequence,
            frequency_code=event.frequency_code,
            lines=_lines_of(event),
            **sides(INSURANCE, REVENUE, change_cents),
        ),
    )


def root(state: Account, event: ClaimSubmitted) -> str:
    if event.claim_id in state.receivables or event.follows_claim_id is None:
        return event.claim_id
    return state.root_of(event.follows_claim_id)


def _follow(state: Account, event: ClaimSubmitted) -> tuple[AnyAccountFact, ...]:
    """The same services for the next payer: charged once, with the first claim, and decided on it."""
    if event.claim_id in state.followers or event.follows_claim_id is None:
        return ()
    if state.root_of(event.follows_claim_id) == event.claim_id:
        return ()
    return (
        ClaimFollowed(
            account_id=event.account_id,
            claim_id=event.claim_id,
            follows_claim_id=event.follows_claim_id,
            patient_control_number=event.patient_control_number,
            payer_id=event.payer_id,
        ),
    )


def _first_charge(event: ClaimSubmitted) -> ChargePosted:
    return ChargePosted(
        account_id=event.account_id,
        item_id=event.claim_id,
        patient_control_number=event.patient_control_number,
        payer_id=event.payer_id,
        service_date=event.service_from,
        sequence=event.meta.sequence,
        frequency_code=event.frequency_code,
        sealed_guarantor=event.sealed_guarantor,
        billing_npi=event.billing_npi,
        rendering_npi=event.rendering_npi,
        lines=_lines_of(event),
        **sides(INSURANCE, REVENUE, event.charge_cents),
    )


def _lines_of(event: ClaimSubmitted) -> tuple[BilledLine, ...]:
    return tuple(
        BilledLine(one.line_control_number, one.procedure, one.modifiers, one.charge_cents, one.service_from)
        for one in event.lines
    )


def charge_of(event: LateChargeRaised) -> PostSelfPayCharge:
    """Interest or a fee as a charge of its own: it stays due when the balance it came from is paid."""
    return PostSelfPayCharge(
        meta=event.meta,
        account_id=event.account_id,
        charge_id=event.charge_id,
        charge_cents=event.charge_cents,
        description_code=f"late-{event.kind}",
        service_date=event.raised_on,
        sealed_guarantor=event.sealed_guarantor,
    )


def charge(state: Account, command: PostSelfPayCharge) -> tuple[AnyAccountFact, ...]:
    digest = digest_of(command, "sealed_guarantor")
    known = state.receivables.get(command.charge_id)
    if known is not None:
        return repeated(state, "charge", command.charge_id, known.digest, digest)
    return (
        SelfPayChargePosted(
            account_id=command.account_id,
            item_id=command.charge_id,
            description_code=command.description_code,
            service_date=command.service_date,
            digest=digest,
            sealed_guarantor=command.sealed_guarantor,
            **sides(PATIENT, REVENUE, command.charge_cents),
        ),
    )


def repeated(state: Account, kind: RepeatKind, reference: str, known: str, digest: str) -> tuple[AnyAccountFact, ...]:
    """Nothing for the same again; a fact, once, when it says something else."""
    if known == digest or digest in state.conflicts:
        return ()
    return (RepeatDiffered(account_id=state.account_id, kind=kind, reference=reference, digest=digest),)
