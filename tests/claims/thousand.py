"""A thousand claims with thirty planted faults of fifteen kinds, and the rules and tables that find them.

Each fault is planted in two claims; which rule should stop them is written here, beside the fault. Procedure codes of
faults and tables are invented.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from samples.generate import generate_claims
from shared.x12.claim837 import Batch837, Claim837, Diagnosis, Party, write_837p

START = date(2026, 7, 1)
CLAIMS = 1000
TENANT = "lakeside"
INACTIVE, AUTHORIZED = "coverage-inactive", "authorization-required"
PTP = "column1,column2,modifier_indicator,valid_from,valid_to\nZ0001,Z0002,1,2026-01-01,\nZ0003,Z0004,0,2026-01-01,\n"
MUE = "code,units,mai,valid_from,valid_to\nZ0005,3,2,2026-01-01,\n"
RESTRICTED = date(2026, 6, 15)


def first_line(claim: Claim837, **changes: Any) -> Claim837:
    """The claim with its first line changed, and its charge following."""
    lines = (replace(claim.lines[0], **changes), *claim.lines[1:])
    return replace(claim, lines=lines, charge_cents=sum(line.charge_cents or 0 for line in lines))


def with_pair(claim: Claim837, one: str, two: str) -> Claim837:
    """The claim with a second line of the same day beside its first."""
    first = replace(claim.lines[0], procedure=one)
    second = replace(first, number="2", line_control_number=f"{first.line_control_number}X", procedure=two)
    return replace(claim, lines=(first, second), charge_cents=2 * (first.charge_cents or 0))


def dated(claim: Claim837, day: date) -> Claim837:
    lines = tuple(replace(line, service_from=day, service_to=day) for line in claim.lines)
    return replace(claim, lines=lines)


def npi_broken(claim: Claim837) -> Claim837:
    return replace(claim, rendering=replace(claim.rendering or claim.billing, npi="1234567890"))


def drug_unnamed(claim: Claim837) -> Claim837:
    medicaid = replace(claim.subscriber, claim_filing_code="MC")
    return first_line(replace(claim, subscriber=medicaid), procedure="J9998", ndc=None)


def kept_from_plan(claim: Claim837) -> Claim837:
    """The two patients who kept a day from their plan have member ids of their own."""
    member = replace(claim.subscriber, member_id=f"KEPT{claim.lines[0].line_control_number}")
    return dated(replace(claim, subscriber=member), RESTRICTED)


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: the rule that stops it, and how it is planted."""

    rule: str
    plant: Callable[[Claim837], Claim837]


def same(claim: Claim837) -> Claim837:
    """Nothing is wrong with the claim itself: the payer's answer about its coverage will be."""
    return claim


FAULTS: tuple[Fault, ...] = (
    Fault("npi-check-digit", npi_broken),
    Fault("billing-tax-id", lambda claim: replace(claim, billing=replace(claim.billing, tax_id=""))),
    Fault("charge-sum", lambda claim: replace(claim, charge_cents=(claim.charge_cents or 0) + 1)),
    Fault("pointer-range", lambda claim: first_line(claim, diagnosis_pointers=(9,))),
    Fault("modifiers", lambda claim: first_line(claim, modifiers=("2-",))),
    Fault("timely-filing", lambda claim: dated(claim, START - timedelta(days=800))),
    Fault("diagnosis-valid", lambda claim: replace(claim, diagnoses=(Diagnosis("ABK", "J06"), *claim.diagnoses[1:]))),
    Fault("ncci-pair", lambda claim: with_pair(claim, "Z0001", "Z0002")),
    Fault("mue-day-policy", lambda claim: first_line(claim, procedure="Z0005", units=Decimal(4))),
    Fault("drug-needs-ndc", drug_unnamed),
    Fault("large-unit-price", lambda claim: first_line(claim, charge_cents=60_000_00, units=Decimal(2))),
    Fault("self-pay-restriction", kept_from_plan),
    Fault("units", lambda claim: first_line(claim, units=Decimal(0))),
    Fault(INACTIVE, same),
    Fault(AUTHORIZED, same),
)
LARGE: dict[str, Any] = {
    "id": "large-unit-price",
    "title": "No service costs over 10,000 dollars a unit",
    "source": "the practice's charge master",
    "owner": "revenue integrity",
    "valid_from": "2026-01-01",
    "each": "line",
    "branch": [
        {
            "when": {"divide": [{"field": "line.charge_cents"}, {"field": "line.units"}], "above": 10_000_00},
            "then": [{"hold": "The charge for one unit is over 10,000 dollars: check charge and units.", "at": "line"}],
        }
    ],
}
"""A rule of the tenant's own. On a line of no units it would divide by zero, so it asks only where there are some."""
LARGE["branch"][0]["when"] = {"all": [{"field": "line.units", "above": 0}, LARGE["branch"][0]["when"]]}


def planted() -> tuple[list[Claim837], Mapping[str, str]]:
    """A thousand claims, and the rule that should stop each faulty one by its patient control number.

    Every thirty-third claim is faulty, so that faults lie among good claims from the first to the last.
    """
    claims = generate_claims(CLAIMS * 2, start=START)[TENANT]
    expected: dict[str, str] = {}
    for number in range(2 * len(FAULTS)):
        place, fault = 7 + 33 * number, FAULTS[number // 2]
        claims[place] = fault.plant(claims[place])
        expected[claims[place].patient_control_number] = fault.rule
    return claims, expected


def file_of(claims: list[Claim837]) -> bytes:
    return write_837p(
        Batch837(
            submitter=Party("LAKESIDE", "46", "RC1", contact_name="BILLING", contact_phone="4195550100"),
            receiver=Party("SANDBOX CLEARINGHOUSE", "46", "SANDBOXCH"),
            interchange_control_number=1,
            group_control_number=1,
            at=datetime(2026, 6, 30, 18, tzinfo=UTC),
            claims=claims,
        )
    )


def restrictions(claims: list[Claim837], expected: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the two patients asked for."""
    kept = [one for one in claims if expected.get(one.patient_control_number) == "self-pay-restriction"]
    return [
        {
            "payer_id": one.payer.id,
            "member_id": one.subscriber.member_id,
            "first": RESTRICTED.isoformat(),
            "last": RESTRICTED.isoformat(),
            "reason": "paid in full at the desk",
        }
        for one in kept
    ]
