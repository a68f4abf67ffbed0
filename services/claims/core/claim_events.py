"""The public face of a claim's facts: small, pseudonymous events."""

from datetime import date
from typing import TypedDict

from shared.contracts import (
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRerouted,
    ClaimSubmitted,
    CoverageWorkFound,
    DeadlineNear,
    Event,
    FilingDeadlineNear,
    Meta,
    SubmittedLine,
)

from .claim_facts import (
    Adjudication,
    ClaimAcknowledged,
    ClaimAdjudicated,
    ClaimAmended,
    ClaimFact,
    ClaimStopped,
    ClaimTaken,
    ClaimTransmitted,
    DeadlineCalledOut,
    FileRefused,
)
from .claim_state import Claim
from .content import ClaimContent, ContentLine
from .rebilling import CoverageWorkNoted, PayerChanged


class Names(TypedDict):
    """What every event about a claim names."""

    account_id: str
    claim_id: str
    patient_control_number: str


def publish(state: Claim, fact: ClaimFact, meta: Meta) -> Event | None:  # noqa: C901, PLR0911 - one arm per event
    """The event of a fact, from the state after it; None for what is nobody else's business."""
    content = state.content
    if content is None:
        return None
    match fact:
        case ClaimTaken():
            return _received(state, content, meta)
        case ClaimAmended():
            return _received(state, content, meta) if fact.asks_again else None
        case ClaimStopped():
            charge = max(content.charge_cents or 0, 0)  # 0 where the claim states none, or a negative one
            return ClaimHeld(
                meta=meta, **_names(state), payer_id=content.payer_id, charge_cents=charge, reasons=fact.reasons
            )
        case PayerChanged():
            return _rerouted(state, fact, meta)
        case CoverageWorkNoted():
            return _coverage_work(state, content, fact, meta)
        case ClaimTransmitted():
            return _submitted(state, content, fact, meta)
        case ClaimAcknowledged():
            return _acknowledged(state, content, fact, meta)
        case FileRefused():
            return _rejected(state, content, fact.stage, fact.codes, meta)
        case ClaimAdjudicated():
            return _adjudicated(state, content, fact, meta)
        case DeadlineCalledOut():
            return _deadline_near(state, content, fact, meta)
        case _:
            return None


def _names(state: Claim) -> Names:
    number = state.content.patient_control_number if state.content else ""
    return {"account_id": state.account_id, "claim_id": state.claim_id, "patient_control_number": number}


def can_be_announced(content: ClaimContent) -> bool:
    """Whether a claim has the payer, dates, lines and charge without which nobody could check its coverage."""
    charge = content.charge_cents
    return bool(content.payer_id and content.service_from and charge is not None and charge >= 0)


def _received(state: Claim, content: ClaimContent, meta: Meta) -> ClaimReceived | None:
    """None for a claim that cannot be announced: it is held, and announced once it is mended."""
    charge, first, last = content.charge_cents, content.service_from, content.service_to
    if state.identity is None or charge is None or first is None or last is None or not can_be_announced(content):
        return None
    return ClaimReceived(
        meta=meta,
        **_names(state),
        coverage_id=state.coverage_id,
        payer_id=content.payer_id,
        service_from=first,
        service_to=last,
        charge_cents=charge,
        lines=len(content.lines),
        billing_npi=content.billing.npi,
        frequency_code=content.frequency_code,
        sealed_subscriber=state.identity.sealed_subscriber,
    )


def _rerouted(state: Claim, fact: PayerChanged, meta: Meta) -> ClaimRerouted:
    return ClaimRerouted(
        meta=meta,
        **_names(state),
        from_payer_id=fact.from_payer_id,
        payer_id=fact.to_payer_id,
        found=fact.found,
        after_denial=fact.after_denial,
        rule=fact.rule,
        because=fact.because,
    )


def _coverage_work(state: Claim, content: ClaimContent, fact: CoverageWorkNoted, meta: Meta) -> CoverageWorkFound:
    last = state.remittances[-1] if state.remittances else None
    charge = content.charge_cents or 0
    open_cents = (last.denied_cents or last.patient_responsibility_cents) if last else charge
    return CoverageWorkFound(
        meta=meta,
        **_names(state),
        payer_id=content.payer_id,
        kind=fact.kind,
        payers=fact.payers,
        open_cents=max(open_cents, 0),
        because=fact.because,
    )


def _submitted(state: Claim, content: ClaimContent, fact: ClaimTransmitted, meta: Meta) -> ClaimSubmitted:
    first, last = content.service_from, content.service_to
    assert state.identity is not None
    assert first is not None
    assert last is not None
    return ClaimSubmitted(
        meta=meta,
        **_names(state),
        payer_id=content.payer_id,
        billing_npi=content.billing.npi,
        charge_cents=content.charge_cents or 0,
        lines=tuple(_submitted_line(line, first) for line in content.lines),
        service_from=first,
        service_to=last,
        frequency_code=content.frequency_code,
        submission_id=fact.submission_id,
        submitted_on=fact.transmitted_on,
        sealed_guarantor=state.identity.sealed_guarantor,
        partner=state.partner,
        file_claims=fact.file_claims,
        file_charge_cents=fact.file_charge_cents,
        authorization_number=content.prior_authorization_number or None,
        follows_claim_id=_followed(state.origin),
        rendering_npi=_rendering(content),
        claim_type=content.claim_type,
        facility_code=content.facility_code,
        drg=content.institutional.drg if content.institutional is not None else "",
        touches=state.touches,
    )


def _rendering(content: ClaimContent) -> str:
    """The claim's provider, or the first one that a line names."""
    named = (content.rendering, *(line.rendering for line in content.lines))
    return next((one.npi for one in named if one is not None and one.npi), "")


def _followed(origin: str) -> str | None:
    """The claim whose next payer this one is for, by where it came from."""
    kind, _, rest = origin.partition("/")
    claim_id, _, why = rest.rpartition("/")
    return claim_id if (kind, why) == ("claim", "next-payer") else None


def _submitted_line(line: ContentLine, of_claim: date) -> SubmittedLine:
    """A line of an institutional or dental claim may leave its day to the claim, and its procedure out."""
    return SubmittedLine(
        line_control_number=line.line_control_number,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents or 0,
        service_from=line.service_from or of_claim,
        units=None if line.units is None else f"{line.units:f}",
        place_of_service=line.place_of_service,
        revenue_code=line.revenue_code,
        rendering_npi=line.rendering.npi if line.rendering is not None else "",
    )


def _acknowledged(state: Claim, content: ClaimContent, fact: ClaimAcknowledged, meta: Meta) -> Event | None:
    match fact.outcome:
        case "accepted" | "forwarded":
            return ClaimAccepted(
                meta=meta,
                **_names(state),
                payer_id=content.payer_id,
                stage="payer" if fact.outcome == "accepted" else "clearinghouse",
                payer_claim_control_number=fact.ack.payer_claim_control_number,
            )
        case "rejected":
            return _rejected(state, content, "payer", fact.ack.codes, meta)
        case _:
            return None


def _rejected(state: Claim, content: ClaimContent, stage: str, codes: tuple[str, ...], meta: Meta) -> ClaimRejected:
    return ClaimRejected.model_validate(
        {
            "meta": meta,
            **_names(state),
            "payer_id": content.payer_id,
            "charge_cents": content.charge_cents or 0,
            "stage": stage,
            "codes": codes,
        }
    )


def _adjudicated(state: Claim, content: ClaimContent, fact: ClaimAdjudicated, meta: Meta) -> Event | None:
    remitted = fact.remitted
    match fact.outcome:
        case "paid":
            return ClaimPaid(
                meta=meta,
                **_names(state),
                payer_id=content.payer_id,
                remittance_id=remitted.remittance_id,
                charge_cents=content.charge_cents or 0,
                paid_cents=remitted.paid_cents,
                patient_responsibility_cents=remitted.patient_responsibility_cents,
                touches=state.touches,
                **_said_of_payment(remitted.adjudication),
            )
        case "denied":
            return ClaimDenied(
                meta=meta,
                **_names(state),
                payer_id=content.payer_id,
                remittance_id=remitted.remittance_id,
                charge_cents=content.charge_cents or 0,
                paid_cents=remitted.paid_cents,
                denied_cents=remitted.denied_cents,
                reasons=remitted.reasons,
                touches=state.touches,
                **_said_of_denial(remitted.adjudication),
                work_until=min((one.on for one in fact.deadlines), default=None),
            )
        case "rejected":
            codes = tuple(remitted.adjudication.deciding if remitted.adjudication else ())
            remarks = tuple(remitted.adjudication.remark_codes if remitted.adjudication else ())
            return _rejected(state, content, "payer", (*codes, *remarks), meta)
        case _:
            return None


class SaidOfPayment(TypedDict, total=False):
    """What the classifier says of any decision."""

    outcome: str
    category: str
    next_action: str
    patient_may_be_billed: bool | None


class SaidOfDenial(SaidOfPayment, total=False):
    """What it says of a denial."""

    root_cause: str
    why: str


def _said_of_payment(kept: Adjudication | None) -> SaidOfPayment:
    if kept is None:
        return {}
    return {
        "outcome": kept.outcome,
        "category": kept.category,
        "next_action": kept.next_action,
        "patient_may_be_billed": kept.patient_may_be_billed,
    }


def _said_of_denial(kept: Adjudication | None) -> SaidOfDenial:
    if kept is None:
        return {}
    return {**_said_of_payment(kept), "root_cause": kept.root_cause, "why": kept.why}


def _deadline_near(state: Claim, content: ClaimContent, fact: DeadlineCalledOut, meta: Meta) -> Event:
    if fact.kind != "timely_filing":
        return DeadlineNear(
            meta=meta,
            **_names(state),
            payer_id=content.payer_id,
            kind=fact.kind,
            level=fact.level,
            deadline_on=fact.deadline_on,
            days_left=fact.days_left,
            denied_cents=state.remittances[-1].denied_cents if state.remittances else 0,
            rule=fact.rule,
        )
    return FilingDeadlineNear(
        meta=meta,
        **_names(state),
        payer_id=content.payer_id,
        charge_cents=max(content.charge_cents or 0, 0),
        deadline_on=fact.deadline_on,
        days_left=fact.days_left,
    )
