"""Claims and files as billers see them: no sealed field leaves."""

from dataclasses import asdict
from typing import Any

from services.claims.core import Claim, ClaimFact
from services.claims.core.claim_deadlines import Running
from services.claims.core.claim_facts import ClaimAcknowledged, ClaimAmended, ClaimTaken
from services.claims.core.claim_state import open_deadlines
from services.claims.core.claim_status import dimensions
from services.claims.core.inquiry_codes import acknowledgement_words
from services.claims.core.intake_file import IntakeFile
from services.claims.core.submission import Submission
from shared.contracts.wire import type_of
from shared.decider import Entry

HIDDEN = (set(ClaimTaken.model_fields) | set(ClaimAmended.model_fields)) - {
    "type",
    "origin",
    "deadline_on",
    "command_id",
    "judged",
}
"""The content is shown beside the history, and the seals stay closed. What rules and tables did to it is history."""


def shown_claim(state: Claim) -> dict[str, Any]:
    """A claim's summary."""
    content = state.content
    return {
        "claim_id": state.claim_id,
        "account_id": state.account_id,
        "coverage_id": state.coverage_id,
        "status": state.status,
        "dimensions": asdict(dimensions(state)),
        "adjudication": _adjudicated(state),
        "deadlines": [_deadline(one) for one in open_deadlines(state)],
        "coverage": state.coverage,
        "patient_control_number": content.patient_control_number if content else None,
        "payer_id": content.payer_id if content else None,
        "charge_cents": content.charge_cents if content else None,
        "service_from": content.service_from if content else None,
        "service_to": content.service_to if content else None,
        "lines": len(content.lines) if content else 0,
        "frequency_code": content.frequency_code if content else None,
        "received_on": state.received_on,
        "origin": state.origin,
        "holds": [hold.model_dump() for hold in state.holds] if state.status == "held" else [],
        "tags": state.tags,
        "owner": state.owner or None,
        "notes": state.notes,
        "explained": [one.model_dump() for one in state.judged.explained] if state.judged else [],
        "next_payers": [one.model_dump(exclude={"type"}) for one in state.next_payers],
        "submission_id": state.submission_id,
        "transmitted_on": state.transmitted_on,
        "payer_claim_control_number": state.payer_claim_control_number,
        "filing_deadline_on": state.deadline_on,
    }


def _adjudicated(state: Claim) -> dict[str, Any] | None:
    """The payer's last decision: outcome, category, first step, the patient, and why."""
    last = state.remittances[-1] if state.remittances else None
    if last is None or last.adjudication is None:
        return None
    return {
        "remittance_id": last.remittance_id,
        "payment_date": last.payment_date,
        "paid_cents": last.paid_cents,
        "denied_cents": last.denied_cents,
        **last.adjudication.model_dump(),
    }


def _deadline(one: Running) -> dict[str, Any]:
    return one.model_dump(include={"kind", "level", "on", "rule", "explanation"})


def shown_fact(entry: Entry[ClaimFact]) -> dict[str, Any]:
    """A line of a claim's history: when, who, what."""
    fact = entry.fact
    hidden = HIDDEN if isinstance(fact, ClaimTaken | ClaimAmended) else {"sealed_text"}
    said = acknowledgement_words(fact.ack.category, fact.outcome) if isinstance(fact, ClaimAcknowledged) else None
    return {
        "at": entry.meta.occurred_at,
        "actor": entry.meta.actor,
        "event": type_of(entry.event) if entry.event is not None else None,
        **fact.model_dump(exclude=hidden),
        **({} if said is None else {"says": said}),
    }


def shown_file(state: IntakeFile, name: str | None = None) -> dict[str, Any]:
    """A file's progress; its name only where somebody opened it."""
    return {
        "file_id": state.file_id,
        "name": name,
        "status": state.status,
        "size": state.size,
        "source": state.source,
        "form": state.form,
        "claims_read": state.position,
        "claims_taken": state.taken,
        "claims_skipped": state.skipped,
        "findings_total": state.findings_total,
        "findings": [finding.model_dump() for finding in state.findings],
        "reason": state.reason.model_dump() if state.reason else None,
    }


def shown_result(place: int, state: Claim) -> dict[str, Any]:
    """What became of the claim at a place of a file; "refused" where none was made of it."""
    return {
        "place": place,
        "origin": state.origin or None,
        "claim_id": state.claim_id or None,
        "patient_control_number": state.content.patient_control_number if state.content else None,
        "status": state.status if state.claim_id else "refused",
        "holds": [hold.model_dump() for hold in state.holds] if state.status == "held" else [],
    }


def shown_submission(state: Submission) -> dict[str, Any]:
    """An outbound file: what is in it, and where it is on its way."""
    return {
        "submission_id": state.submission_id,
        "partner": state.partner,
        "claim_type": state.claim_type,
        "status": state.status,
        "claims": len(state.members),
        "charge_cents": sum(member.charge_cents for member in state.members),
        "interchange": state.interchange,
        "created_at": state.created_at,
        "delivered_at": state.delivered_at,
        "size": state.size,
        "failures": state.failures,
        "failure": state.failure.model_dump(exclude={"type"}) if state.failure else None,
        "acks": [ack.model_dump() for ack in state.acks],
    }
