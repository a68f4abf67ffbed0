"""Claims that match the corpus's remittances (835), so that posting them has something to post against.

    python -m samples.match --out DIRECTORY

A claim is made for every CLP: its control number, charge, patient and lines are those of the remittance; its dates,
birth dates and NPIs are invented as in the other samples. Its payer is `CORPUS835`, which the sandbox acknowledges and
never pays, because the payment is the sample itself.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from shared.x12.claim837 import (
    Address,
    Batch837,
    Claim837,
    Diagnosis,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
    write_837p,
)
from shared.x12.era835 import ClaimPayment, Remittance835, ServicePayment, read_835
from shared.x12.invented import ICD_10, choose, number, person, repaired_npi

START = date(2026, 7, 1)
PAYER_ID = "CORPUS835"
CORPUS = Path(__file__).parent / "corpus" / "835"
TENANTS = {"stupidedi": "northgate"}
"""Two repositories render the same examples: each rendering goes to a tenant of its own. The rest is lakeside's."""

_UNLISTED = "99499"
_CONTROL_NUMBER = re.compile("[A-Z0-9-]{1,20}")


@dataclass(frozen=True, slots=True)
class Match:
    """One remittance file and the claims made for it.

    `remittance` is the file as it is, unless control numbers had to be renumbered: one that another claim of the tenant
    has already, or one no claim may carry (over 20 characters). `renumbered` gives old and new ones.
    """

    name: str
    tenant: str
    claims: bytes
    remittance: bytes
    renumbered: tuple[tuple[str, str], ...]
    charges_cents: int


def match_all(folder: Path = CORPUS, start: date = START) -> list[Match]:
    """Every remittance file below `folder` with claims of the month before `start`."""
    taken: dict[str, set[str]] = {}
    found: list[Match] = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        tenant = TENANTS.get(path.parent.name, "lakeside")
        name = f"{path.parent.name}/{path.name}"
        found.append(match(name, path.read_bytes(), tenant, taken.setdefault(tenant, set()), start))
    return found


def match(name: str, content: bytes, tenant: str, taken: set[str], start: date = START) -> Match:
    """The claims of one remittance; `taken` holds the tenant's control numbers so far and grows by these."""
    remittances = [one for one in read_835([content]) if isinstance(one, Remittance835)]
    payments = [(remittance, payment) for remittance in remittances for payment in remittance.claims]
    numbers = [_free(payment.patient_control_number, taken) for _, payment in payments]
    claims = [
        replace(_claim(remittance, payment, index, start), patient_control_number=control)
        for index, ((remittance, payment), control) in enumerate(zip(payments, numbers, strict=True))
    ]
    old = [payment.patient_control_number for _, payment in payments]
    renumbered = tuple((before, after) for before, after in zip(old, numbers, strict=True) if before != after)
    charges = sum(claim.charge_cents or 0 for claim in claims)
    remittance = _renumber(content, numbers) if renumbered else content
    return Match(name, tenant, write_837p(_batch(name, claims, start)), remittance, renumbered, charges)


def _free(wanted: str, taken: set[str]) -> str:
    """The control number, or one made of it when it is taken or too long."""
    base = wanted if _CONTROL_NUMBER.fullmatch(wanted) else re.sub("[^A-Z0-9]", "", wanted)[:14]
    candidates = (base, *(f"{base}-{again}" for again in range(2, 1000)))
    control = next(one for one in candidates if one not in taken)
    taken.add(control)
    return control


def _renumber(content: bytes, numbers: Sequence[str]) -> bytes:
    """The file with its CLP01s replaced, one after the other."""
    following = iter(numbers)
    head = re.compile(rb"(?<![A-Za-z0-9 ])(CLP([^A-Za-z0-9]))[^*|]*?(?=\2)")
    return head.sub(lambda found: found[1] + next(following).encode(), content)


def _claim(remittance: Remittance835, payment: ClaimPayment, index: int, start: date) -> Claim837:
    day = start - timedelta(days=1 + number("day", payment.patient_control_number, index) % 28)
    patient = payment.patient
    who = person("match", payment.patient_control_number, index)
    return Claim837(
        patient_control_number=payment.patient_control_number,
        charge_cents=payment.charge_cents or 0,
        facility_code="11",
        frequency_code="1",
        provider_signature="Y",
        assignment="A",
        benefits_assigned="Y",
        release_of_information="Y",
        diagnoses=(Diagnosis("ABK", choose(ICD_10, "match", payment.patient_control_number, index)),),
        lines=tuple(_lines(payment, day)),
        billing=_billing(remittance.payee),
        subscriber=Subscriber(
            person=Person(
                (patient.last_name if patient else who.last_name).upper(),
                (patient.first_name if patient else who.first_name).upper(),
                birth_date=who.birth_date,
                sex=who.sex,
                address=Address(who.street.upper(), "", who.city.upper(), who.state, who.postal_code),
            ),
            member_id=(patient.id if patient else "").strip() or who.member_id,
            relationship="18",
            payer_responsibility="P",
            claim_filing_code="CI",
        ),
        payer=Payer(remittance.payer.name, PAYER_ID),
    )


def _lines(payment: ClaimPayment, day: date) -> Iterator[ServiceLine]:
    """The remittance's lines when they sum to its claim, else one line with the whole charge."""
    services = [one for one in payment.lines if one.charge_cents]
    if sum(one.charge_cents or 0 for one in services) != payment.charge_cents:
        services = [ServicePayment(charge_cents=payment.charge_cents)]
    for place, one in enumerate(services, 1):
        known = re.fullmatch("[A-Z0-9]{5}", one.procedure)
        yield ServiceLine(
            number=str(place),
            line_control_number=one.line_control_number or str(place),
            procedure_qualifier="HC",
            procedure=one.procedure if known else _UNLISTED,
            modifiers=one.modifiers,
            charge_cents=one.charge_cents,
            unit="UN",
            units=one.units or Decimal(1),
            diagnosis_pointers=(1,),
            service_from=day,
            service_to=day,
        )


def _billing(payee: Party) -> Party:
    address = Address("100 MAIN STREET", "", "LAKESIDE", "OH", "434401102")
    return Party(
        payee.name,
        npi=repaired_npi(payee.npi or payee.name),
        tax_id="341200003",
        tax_id_qualifier="EI",
        address=address,
    )


def _batch(name: str, claims: Sequence[Claim837], start: date) -> Batch837:
    control = number("match", name) % 999_999_999 + 1
    return Batch837(
        submitter=Party("SAMPLE MATCHES", "46", "RCMATCH", contact_name="BILLING", contact_phone="4195550100"),
        receiver=Party("SANDBOX CLEARINGHOUSE", "46", "SANDBOXCH"),
        interchange_control_number=control,
        group_control_number=control,
        at=datetime.combine(start - timedelta(days=1), time(18), UTC),
        claims=claims,
    )


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> None:
    """The command line: writes `TENANT/NAME.837` and `TENANT/NAME.835` for every remittance of the corpus."""
    parser = argparse.ArgumentParser(prog="python -m samples.match", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIRECTORY")
    parser.add_argument("--start", type=date.fromisoformat, default=START, help="the day the clock starts")
    options = parser.parse_args(arguments)
    for one in match_all(start=options.start):
        target = options.out / one.tenant / one.name.replace("/", "-")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.with_suffix(".837").write_bytes(one.claims)
        target.with_suffix(".835").write_bytes(one.remittance)
        say(f"{target.with_suffix('')} {len(one.renumbered)} renumbered")


if __name__ == "__main__":
    main()
