"""Papers for claims: a payer asks for them (277, X213), and takes what comes (275)."""

from datetime import datetime, timedelta

from sandbox.profiles import PayerProfile
from sandbox.state import Row
from shared.x12.claim_status import Status
from shared.x12.parties import Named, Payer, Person
from shared.x12.request277 import InformationRequest277

OPERATIVE_NOTE = "11504-8"
"""A LOINC code: which document is wanted."""


def request_of(row: Row, payer: PayerProfile, at: datetime) -> InformationRequest277:
    """What a payer asks about a claim it holds; its number is of its own making."""
    claim = row.claim
    return InformationRequest277(
        trace_number=f"R{row.payer_number}",
        statuses=(Status("R4", OPERATIVE_NOTE, code_list="LOI", effective=at.date()),),
        payer=Payer(payer.name[:60], payer.id, id_qualifier="PI"),
        receiver=Named(claim.submitter_id, id_qualifier="46", id=claim.submitter_id, entity_type="2"),
        provider=Named(claim.billing_name, id_qualifier="XX", id=claim.billing_npi, entity_type="2"),
        patient=Person(claim.patient.last_name, claim.patient.first_name),
        member_id=claim.member_id,
        patient_control_number=claim.control_number,
        payer_claim_control_number=row.payer_number,
        service_from=claim.service_from,
        service_to=claim.service_to,
        due_on=at.date() + timedelta(days=payer.profile.request_days),
    )


def came_name(tenant: str, control_number: str) -> str:
    """Under which name the state counts the papers of a claim."""
    return f"papers/{tenant}/{control_number}"
