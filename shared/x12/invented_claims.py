"""Claims about nobody: professional, institutional and dental, each a function of a seed and its number."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from shared.x12.claim837_views import Claim837, Diagnosis, Guide, Ndc, ServiceLine, Subscriber, Tooth
from shared.x12.invented import (
    DENTAL,
    ICD_10,
    PAYERS,
    SERVICES,
    VISITS,
    Invented,
    choose,
    npi,
    number,
    person,
    weighted,
)
from shared.x12.parties import Address, Party, Payer, Person
from shared.x12.writing import Raw

_PRACTICES = 3
_PROVIDERS = 40
_DAYS = 28
_MORE_LINES = {0: 30, 1: 25, 2: 20, 3: 12, 4: 8, 5: 5}
_TAXONOMIES: dict[Guide, str] = {"837P": "207Q00000X", "837I": "208M00000X", "837D": "1223G0001X"}
_BILLING: dict[Guide, tuple[str, str]] = {
    "837P": ("FAMILY MEDICINE", "261QP2300X"),
    "837I": ("GENERAL HOSPITAL", "282N00000X"),
    "837D": ("DENTAL ASSOCIATES", "1223G0001X"),
}
_TOWNS = ("LAKESIDE", "NORTHGATE", "MILTON")
_PAYER_WEIGHTS = {code: int(one["weight"]) for code, one in PAYERS.items()}
_VISIT_WEIGHTS = {code: weight for code, (_, weight) in VISITS.items()}
_SERVICE_WEIGHTS = {code: weight for code, (_, weight, _) in SERVICES.items()}
_DENTAL_WEIGHTS = {code: weight for code, (_, weight, _) in DENTAL.items()}
_OUTPATIENT: tuple[Raw, ...] = (("CL1", "3", "1", "01"),)


def invented_claim(guide: Guide, seed: int, index: int, start: date) -> Claim837:
    """Claim `index` of a seed. Its services lie in the four weeks before `start`; every eighth patient is a child."""
    return _Draft(guide, seed, index, start).claim()


def invented_person(who: Invented) -> Person:
    """An invented person in the capitals of claims."""
    address = Address(who.street.upper(), "", who.city.upper(), who.state, who.postal_code)
    return Person(who.last_name.upper(), who.first_name.upper(), "", "", who.birth_date, who.sex, address)


def invented_provider(taxonomy: str, *names: object) -> Party:
    """The person who gives the care, with an NPI."""
    who = person("provider", *names)
    return Party(
        name=who.last_name.upper(),
        first_name=who.first_name.upper(),
        entity_type="1",
        npi=npi("provider", *names),
        taxonomy=taxonomy,
    )


def invented_payer(*names: object) -> dict[str, Any]:
    """One of `PAYERS`, as often as its weight says."""
    return PAYERS[weighted(_PAYER_WEIGHTS, "payer", *names)]


def invented_subscriber(insured: Invented, payer: dict[str, Any], *, self_insured: bool) -> Subscriber:
    """The insured, in one of the payer's groups; the patient as well when `self_insured`."""
    return Subscriber(
        person=invented_person(insured),
        member_id=insured.member_id,
        group_number=f"G{number('group', payer['id'], insured.member_id) % 900 + 100}",
        relationship="18" if self_insured else "",
        payer_responsibility="P",
        claim_filing_code=payer["filing_code"],
    )


def invented_diagnoses(most: int, *names: object) -> tuple[Diagnosis, ...]:
    """One to `most` ICD-10-CM codes, each once, the principal one first."""
    codes = dict.fromkeys(choose(ICD_10, "diagnosis", *names, n) for n in range(most))
    return tuple(Diagnosis("ABF" if place else "ABK", code) for place, code in enumerate(codes))


class Service(NamedTuple):
    """What is done in a visit: a procedure code, the price of a unit in cents, and units."""

    procedure: str
    unit_cents: int
    units: int


def invented_services(*names: object) -> list[Service]:
    """A visit first; then up to five services, each code once."""
    visit = weighted(_VISIT_WEIGHTS, "visit", *names)
    more = weighted(_MORE_LINES, "lines", *names)
    codes = dict.fromkeys(weighted(_SERVICE_WEIGHTS, "service", *names, n) for n in range(more))
    given = [Service(visit, VISITS[visit][0], 1)]
    for code in codes:
        cents, _, most_units = SERVICES[code]
        given.append(Service(code, cents, 1 + number("units", *names, code) % most_units))
    return given


def invented_line(place: int, service: Service, day: date, control_number: str) -> ServiceLine:
    """Line `place` (from 1) of a professional claim for its principal diagnosis."""
    return ServiceLine(
        number=str(place),
        line_control_number=control_number,
        procedure_qualifier="HC",
        procedure=service.procedure,
        charge_cents=service.unit_cents * service.units,
        unit="UN",
        units=Decimal(service.units),
        diagnosis_pointers=(1,),
        service_from=day,
        service_to=day,
        ndc=_invented_drug(service),
    )


def _invented_drug(service: Service) -> Ndc | None:
    """A drug billed by a J code is named by its NDC too (42 CFR 447.520 asks it of Medicaid claims)."""
    if not service.procedure.startswith("J"):
        return None
    return Ndc(f"{number('ndc', service.procedure) % 10**11:011}", Decimal(service.units), "ML")


@dataclass(frozen=True, slots=True)
class _Draft:
    guide: Guide
    seed: int
    index: int
    start: date

    @property
    def _own(self) -> str:
        return f"{self.guide}/{self.seed}/{self.index}"

    def claim(self) -> Claim837:
        insured = person("insured", self._own, on=self.start)
        child = number("dependent", self._own) % 8 == 0
        patient = person("child", self._own, child=True, on=self.start) if child else None
        payer = invented_payer(self._own)
        day = self.start - timedelta(days=1 + number("day", self._own) % _DAYS)
        lines = self._lines(day)
        return Claim837(
            patient_control_number=f"{self.guide[-1]}{self.index:08d}{number('control', self._own) % 10**6:06d}",
            charge_cents=sum(line.charge_cents or 0 for line in lines),
            frequency_code="1",
            assignment="A",
            benefits_assigned="Y",
            release_of_information="Y",
            diagnoses=self._diagnoses(),
            lines=lines,
            billing=self._practice(),
            subscriber=invented_subscriber(insured, payer, self_insured=patient is None),
            patient=invented_person(patient) if patient else None,
            patient_relationship="19" if patient else "",
            payer=Payer(payer["name"], payer["id"]),
            **self._of_guide(day),
        )

    def _of_guide(self, day: date) -> dict[str, Any]:
        """What one guide asks for and the others do not."""
        if self.guide == "837I":
            return {
                "facility_code": "13",
                "facility_qualifier": "A",
                "attending": self._provider(),
                "statement_from": day,
                "statement_to": day,
                "extras": _OUTPATIENT,
            }
        return {"facility_code": "11", "provider_signature": "Y", "rendering": self._provider()}

    def _diagnoses(self) -> tuple[Diagnosis, ...]:
        return () if self.guide == "837D" else invented_diagnoses(1 + number(self._own, "dx") % 4, self._own)

    def _lines(self, day: date) -> tuple[ServiceLine, ...]:
        if self.guide == "837D":
            more = weighted(_MORE_LINES, "lines", self._own)
            codes = dict.fromkeys(weighted(_DENTAL_WEIGHTS, "service", self._own, n) for n in range(more + 1))
            return tuple(self._dental(place, code, day) for place, code in enumerate(codes, 1))
        return tuple(self._line(place, one, day) for place, one in enumerate(invented_services(self._own), 1))

    def _line(self, place: int, service: Service, day: date) -> ServiceLine:
        line = invented_line(place, service, day, f"{self.index}-{place:02d}")
        if self.guide == "837I":
            return replace(line, diagnosis_pointers=(), revenue_code=_revenue_code(service.procedure))
        return line

    def _dental(self, place: int, code: str, day: date) -> ServiceLine:
        cents, _, on_a_tooth = DENTAL[code]
        return ServiceLine(
            number=str(place),
            line_control_number=f"{self.index}-{place:02d}",
            procedure_qualifier="AD",
            procedure=code,
            charge_cents=cents,
            units=Decimal(1),
            teeth=(Tooth(str(1 + number("tooth", self._own, place) % 32)),) if on_a_tooth else (),
            service_from=day,
            service_to=day,
        )

    def _practice(self) -> Party:
        place = number("practice", self._own) % _PRACTICES
        kind, taxonomy = _BILLING[self.guide]
        town = _TOWNS[place]
        return Party(
            name=f"{town} {kind}",
            npi=npi("practice", self.guide, self.seed, place),
            tax_id=f"{number('tax', self.guide, self.seed, place) % 10**9:09d}",
            tax_id_qualifier="EI",
            taxonomy=taxonomy,
            address=Address(f"{100 + place} MARKET STREET", "", town, "OH", "434401102"),
        )

    def _provider(self) -> Party:
        place = number("provider", self._own) % _PROVIDERS
        return invented_provider(_TAXONOMIES[self.guide], self.seed, place)


def _revenue_code(procedure: str) -> str:
    """Laboratory, radiology, drugs, else clinic: the first two digits of a procedure tell."""
    match procedure[:1]:
        case "8" | "3":
            return "0300"
        case "7":
            return "0320"
        case "J":
            return "0636"
        case _:
            return "0510"
