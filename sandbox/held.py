"""A claim as the payer side keeps it: what acknowledgements and remittances need, and no more."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import TypeAdapter

from shared.x12.claim837 import Claim837, Person, ServiceLine
from shared.x12.parties import Named


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One service line. `prior_cents` is what earlier payers paid and took off it, None when the claim says none."""

    control_number: str
    qualifier: str
    procedure: str
    modifiers: tuple[str, ...]
    charge_cents: int
    units: Decimal
    service_from: date | None
    service_to: date | None
    prior_cents: int | None


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """One claim. `attempt` counts earlier ones of its control number; `prior_cents` is None for a primary claim."""

    tenant: str
    control_number: str
    attempt: int
    payer_id: str
    payer_name: str
    submitter_id: str
    reference: str
    member_id: str
    patient: Named
    insured: Named
    billing_name: str
    billing_npi: str
    billing_tax_id: str
    rendering: Named | None
    charge_cents: int | None
    filing_code: str
    facility_code: str
    frequency_code: str
    responsibility: str
    encounter: bool
    replaces: str
    authorized: bool
    prior_cents: int | None
    lines: tuple[HeldLine, ...]

    @property
    def subject(self) -> str:
        """What the payer's decisions are a function of, beside the seed."""
        return f"claim/{self.payer_id}/{self.control_number}/{self.attempt}"

    @property
    def service_from(self) -> date | None:
        """The first day of service."""
        return min((one.service_from for one in self.lines if one.service_from), default=None)

    @property
    def service_to(self) -> date | None:
        """The last day of service."""
        return max((one.service_to for one in self.lines if one.service_to), default=None)


HELD: TypeAdapter[HeldClaim] = TypeAdapter(HeldClaim)


def hold(claim: Claim837, tenant: str, attempt: int, submitter_id: str) -> HeldClaim:
    """What to keep of a claim; an absent line charge counts as nothing."""
    subscriber, billing = claim.subscriber, claim.billing
    insured = _named(subscriber.person, subscriber.member_id)
    header = claim.header
    return HeldClaim(
        tenant=tenant,
        control_number=claim.patient_control_number,
        attempt=attempt,
        payer_id=claim.payer.id,
        payer_name=claim.payer.name,
        submitter_id=submitter_id,
        reference=header.reference if header else "",
        member_id=subscriber.member_id,
        patient=_named(claim.patient, subscriber.member_id) if claim.patient else insured,
        insured=insured,
        billing_name=billing.name,
        billing_npi=billing.npi,
        billing_tax_id=billing.tax_id,
        rendering=_provider(claim),
        charge_cents=claim.charge_cents,
        filing_code=subscriber.claim_filing_code,
        facility_code=claim.facility_code,
        frequency_code=claim.frequency_code,
        responsibility=subscriber.payer_responsibility,
        encounter=bool(header and header.transaction_type == "RP"),
        replaces=claim.payer_claim_control_number if claim.frequency_code in ("7", "8") else "",
        authorized=bool(claim.prior_authorization_number),
        prior_cents=_prior(claim),
        lines=tuple(_line(one) for one in claim.lines),
    )


def _named(person: Person, member_id: str) -> Named:
    return Named(
        person.last_name,
        person.first_name,
        person.middle_name,
        person.suffix,
        "MI" if member_id else "",
        member_id,
        person.entity_type or "1",
    )


def _provider(claim: Claim837) -> Named | None:
    one = claim.rendering
    if one is None or not one.npi:
        return None
    return Named(one.name, one.first_name, one.middle_name, one.suffix, "XX", one.npi, one.entity_type)


def _prior(claim: Claim837) -> int | None:
    """What earlier payers paid, and took off without leaving it to the patient; None when no payer came earlier."""
    paid = [one for one in claim.other_payers if one.paid_cents is not None]
    if claim.subscriber.payer_responsibility in ("", "P") or not paid:
        return None
    taken_off = (a.amount_cents or 0 for one in paid for a in one.adjustments if a.group != "PR")
    on_lines = (
        a.amount_cents or 0
        for line in claim.lines
        for one in line.adjudications
        for a in one.adjustments
        if a.group != "PR"
    )
    return sum(one.paid_cents or 0 for one in paid) + sum(taken_off) + sum(on_lines)


def _line(line: ServiceLine) -> HeldLine:
    return HeldLine(
        control_number=line.line_control_number,
        qualifier=line.procedure_qualifier or "HC",
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents or 0,
        units=line.units or Decimal(1),
        service_from=line.service_from,
        service_to=line.service_to,
        prior_cents=_line_prior(line),
    )


def _line_prior(line: ServiceLine) -> int | None:
    if not line.adjudications:
        return None
    taken_off = (a.amount_cents or 0 for one in line.adjudications for a in one.adjustments if a.group != "PR")
    return sum(one.paid_cents or 0 for one in line.adjudications) + sum(taken_off)
