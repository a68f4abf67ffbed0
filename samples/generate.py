"""A day of professional claims from a seed: two practices, forty providers, eight payers, some seven hundred patients.

python -m samples.generate --out DIRECTORY [--claims 1000] [--seed 2026] [--start 2026-07-01]
"""

import argparse
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from shared.x12.claim837 import (
    Address,
    Batch837,
    Claim837,
    Diagnosis,
    Party,
    Payer,
    ServiceLine,
    Subscriber,
    write_837p,
)
from shared.x12.invented import ICD_10, PAYERS, SERVICES, VISITS, Invented, choose, npi, number, person, weighted
from shared.x12.invented_claims import invented_person

START = date(2026, 7, 1)
SEED = 2026
PROVIDERS = 40
_CLAIMS_PER_PATIENT = 1.43
_DAYS = 28
_TAXONOMIES = ("207Q00000X", "207R00000X", "208000000X", "363L00000X")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Payers with their weight, visits and services with prices in cents, and the practices of `generate.toml`."""

    payers: dict[str, dict[str, Any]]
    visits: dict[str, list[int]]
    services: dict[str, list[int]]
    tenants: list[dict[str, str]]

    @property
    def payer_weights(self) -> dict[str, int]:
        return {one: int(payer["weight"]) for one, payer in self.payers.items()}


@cache
def catalogue() -> Catalogue:
    """What the samples are made of."""
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return Catalogue(PAYERS, VISITS, SERVICES, read["tenants"])


def generate(claims: int = 1000, seed: int = SEED, start: date = START) -> dict[str, bytes]:
    """One 837P file per tenant, by tenant. Service dates lie in the four weeks before `start`."""
    return {
        tenant: write_837p(_batch(index, made, seed, start))
        for index, (tenant, made) in enumerate(generate_claims(claims, seed, start).items(), 1)
    }


def generate_claims(claims: int = 1000, seed: int = SEED, start: date = START) -> dict[str, list[Claim837]]:
    """The claims of the files, by tenant."""
    tenants = catalogue().tenants
    made: dict[str, list[Claim837]] = {one["name"]: [] for one in tenants}
    for index in range(claims):
        tenant = tenants[index % len(tenants)]
        made[tenant["name"]].append(_Draft(tenant, seed, start, index // len(tenants), claims // len(tenants)).claim())
    return made


def _batch(index: int, claims: list[Claim837], seed: int, start: date) -> Batch837:
    tenant = catalogue().tenants[index - 1]
    control = number("interchange", seed, tenant["name"], len(claims)) % 999_999_999 + 1
    return Batch837(
        submitter=Party(
            tenant["practice"], "46", f"RC{tenant['tax_id']}", contact_name="BILLING", contact_phone="4195550100"
        ),
        receiver=Party("SANDBOX CLEARINGHOUSE", "46", "SANDBOXCH"),
        interchange_control_number=control,
        group_control_number=control,
        at=datetime.combine(start - timedelta(days=1), time(18), UTC),
        claims=claims,
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """One claim in the making. `count` is how many claims the tenant gets, which sets how many patients share them."""

    tenant: dict[str, str]
    seed: int
    start: date
    index: int
    count: int

    def claim(self) -> Claim837:
        """A claim of one to six lines, all of one day."""
        patients = max(1, round(self.count / _CLAIMS_PER_PATIENT))
        visit, patient = divmod(self.index, patients)
        insured, dependent = self._people(patient)
        payer = catalogue().payers[weighted(catalogue().payer_weights, "payer", self._who(patient))]
        lines = self._lines(self._day(patient, visit))
        return Claim837(
            patient_control_number=self._control_number(),
            charge_cents=sum(line.charge_cents or 0 for line in lines),
            facility_code="11",
            frequency_code="1",
            provider_signature="Y",
            assignment="A",
            benefits_assigned="Y",
            release_of_information="Y",
            diagnoses=self._diagnoses(),
            lines=lines,
            billing=self._practice(),
            rendering=self._provider(),
            subscriber=self._subscriber(insured, payer, self_insured=dependent is None),
            patient=invented_person(dependent) if dependent else None,
            patient_relationship="19" if dependent else "",
            payer=Payer(payer["name"], payer["id"]),
        )

    def _who(self, patient: int) -> str:
        return f"{self.seed}/{self.tenant['name']}/{patient}"

    def _own(self) -> str:
        return f"{self.seed}/{self.tenant['name']}/claim/{self.index}"

    def _control_number(self) -> str:
        return f"{self.tenant['name'][:2].upper()}{self.index:05d}{number('control', self._own()) % 10**6:06d}"

    def _day(self, patient: int, visit: int) -> date:
        """Another day for every visit of a patient, for up to 28 of them."""
        return self.start - timedelta(days=1 + (number("day", self._who(patient)) + 9 * visit) % _DAYS)

    def _people(self, patient: int) -> tuple[Invented, Invented | None]:
        """The insured, and the child who is the patient of every eighth."""
        who = self._who(patient)
        child = number("dependent", who) % 8 == 0
        return person("insured", who), person("child", who, child=True) if child else None

    def _diagnoses(self) -> tuple[Diagnosis, ...]:
        wanted = 1 + number("diagnoses", self._own()) % 4
        codes = dict.fromkeys(choose(ICD_10, "diagnosis", self._own(), n) for n in range(wanted))
        return tuple(Diagnosis("ABF" if index else "ABK", code) for index, code in enumerate(codes))

    def _lines(self, day: date) -> tuple[ServiceLine, ...]:
        """A visit first; then services, each code once."""
        own, prices = self._own(), catalogue()
        visit = weighted({code: weight for code, (_, weight) in prices.visits.items()}, "visit", own)
        more = weighted({0: 30, 1: 25, 2: 20, 3: 12, 4: 8, 5: 5}, "lines", own)
        weights = {code: weight for code, (_, weight, _) in prices.services.items()}
        codes = dict.fromkeys(weighted(weights, "service", own, n) for n in range(more))
        lines = [self._line(1, visit, prices.visits[visit][0], 1, day)]
        for place, code in enumerate(codes, 2):
            cents, _, most_units = prices.services[code]
            lines.append(self._line(place, code, cents, 1 + number("units", own, code) % most_units, day))
        return tuple(lines)

    def _line(self, place: int, code: str, unit_cents: int, units: int, day: date) -> ServiceLine:
        return ServiceLine(
            number=str(place),
            line_control_number=f"{self.index:04d}{place:02d}",
            procedure_qualifier="HC",
            procedure=code,
            modifiers=("GP",) if code.startswith("971") else (),
            charge_cents=unit_cents * units,
            unit="UN",
            units=Decimal(units),
            diagnosis_pointers=(1,),
            service_from=day,
            service_to=day,
        )

    def _practice(self) -> Party:
        one = self.tenant
        return Party(
            name=one["practice"],
            npi=npi("practice", self.seed, one["name"]),
            tax_id=one["tax_id"],
            tax_id_qualifier="EI",
            taxonomy="261QP2300X",
            address=Address(one["street"], "", one["city"], one["state"], one["postal_code"]),
        )

    def _provider(self) -> Party:
        """One of the practice's half of the forty."""
        place = number("provider", self._own()) % (PROVIDERS // len(catalogue().tenants))
        who = person("provider", self.seed, self.tenant["name"], place)
        return Party(
            name=who.last_name.upper(),
            first_name=who.first_name.upper(),
            entity_type="1",
            npi=npi("provider", self.seed, self.tenant["name"], place),
            taxonomy=choose(_TAXONOMIES, "taxonomy", self.seed, self.tenant["name"], place),
        )

    def _subscriber(self, insured: Invented, payer: dict[str, Any], self_insured: bool) -> Subscriber:
        return Subscriber(
            person=invented_person(insured),
            member_id=insured.member_id,
            group_number=f"G{number('group', payer['id'], insured.member_id) % 900 + 100}",
            relationship="18" if self_insured else "",
            payer_responsibility="P",
            claim_filing_code=payer["filing_code"],
        )


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIRECTORY")
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--start", type=date.fromisoformat, default=START, help="the day the clock starts")
    options = parser.parse_args(arguments)
    for tenant, content in generate(options.claims, options.seed, options.start).items():
        target = options.out / tenant / f"generated-{options.start}.837"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        say(str(target))


if __name__ == "__main__":
    main()
