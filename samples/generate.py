"""A day of professional claims from a seed: two practices, forty providers, eight payers, some seven hundred patients.

python -m samples.generate --out DIRECTORY [--claims 1000] [--seed 2026] [--start 2026-07-01]
"""

import argparse
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from shared.x12.claim837 import Address, Batch837, Claim837, Party, Payer, ServiceLine, write_837p
from shared.x12.invented import Invented, choose, npi, number, person
from shared.x12.invented_claims import (
    Service,
    invented_diagnoses,
    invented_line,
    invented_payer,
    invented_person,
    invented_provider,
    invented_services,
    invented_subscriber,
)

START = date(2026, 7, 1)
SEED = 2026
PROVIDERS = 40
_CLAIMS_PER_PATIENT = 1.43
_DAYS = 28
_TAXONOMIES = ("207Q00000X", "207R00000X", "208000000X", "363L00000X")


@cache
def tenants() -> list[dict[str, str]]:
    """The practices of `generate.toml`."""
    read: dict[str, list[dict[str, str]]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return read["tenants"]


def generate(claims: int = 1000, seed: int = SEED, start: date = START) -> dict[str, bytes]:
    """One 837P file per tenant, by tenant. Service dates lie in the four weeks before `start`."""
    return {
        tenant: write_837p(_batch(index, made, seed, start))
        for index, (tenant, made) in enumerate(generate_claims(claims, seed, start).items(), 1)
    }


def generate_claims(claims: int = 1000, seed: int = SEED, start: date = START) -> dict[str, list[Claim837]]:
    """The claims of the files, by tenant."""
    practices = tenants()
    made: dict[str, list[Claim837]] = {one["name"]: [] for one in practices}
    for index in range(claims):
        tenant, place = practices[index % len(practices)], index // len(practices)
        made[tenant["name"]].append(_Draft(tenant, seed, start, place, claims // len(practices)).claim())
    return made


def _batch(index: int, claims: list[Claim837], seed: int, start: date) -> Batch837:
    tenant = tenants()[index - 1]
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
        payer = invented_payer(self._who(patient))
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
            diagnoses=invented_diagnoses(1 + number("diagnoses", self._own()) % 4, self._own()),
            lines=lines,
            billing=self._practice(),
            rendering=self._provider(),
            subscriber=invented_subscriber(insured, payer, self_insured=dependent is None),
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

    def _lines(self, day: date) -> tuple[ServiceLine, ...]:
        """A visit first; then services, each code once."""
        services = enumerate(invented_services(self._own()), 1)
        return tuple(self._line(place, service, day) for place, service in services)

    def _line(self, place: int, service: Service, day: date) -> ServiceLine:
        line = invented_line(place, service, day, f"{self.index:04d}{place:02d}")
        return replace(line, modifiers=("GP",)) if service.procedure.startswith("971") else line

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
        place = number("provider", self._own()) % (PROVIDERS // len(tenants()))
        names = self.seed, self.tenant["name"], place
        return invented_provider(choose(_TAXONOMIES, "taxonomy", *names), *names)


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
