"""Faults to put into generated files on purpose, each with the code of the finding that should name it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.x12.ack999 import Ack999
from shared.x12.claim837_views import Claim837, Diagnosis
from shared.x12.era835_views import ClaimPayment, Remittance835
from shared.x12.invented import check_digit
from shared.x12.parties import Party

ALL = ("837P", "837I", "837D", "835", "270", "271", "276", "277", "277CA", "278", "999")
CLAIMS = ("837P", "837I", "837D")
LEVELLED = tuple(kind for kind in ALL if kind not in ("835", "999"))
# A 278 has no loop table: only its envelope and levels are checked.
TABLED = tuple(kind for kind in ALL if kind != "278")
Lines = list[bytes]


@dataclass(frozen=True, slots=True)
class Defect:
    """`kinds` are the files it can be put into, `code` the finding it should cause."""

    name: str
    code: str
    kinds: tuple[str, ...]
    in_words: str


DEFECTS = {
    one.name: one
    for one in (
        Defect("line-sum", "SNIP3:line-sum", CLAIMS, "CLM02 is a cent more than the lines"),
        Defect("npi", "SNIP5:npi", CLAIMS, "the provider's NPI has a wrong check digit"),
        Defect("taxonomy", "SNIP5:taxonomy", CLAIMS, "the provider's taxonomy code is too short"),
        Defect("frequency", "SNIP4:frequency", CLAIMS, "a replacement without the payer's control number"),
        Defect("dates", "SNIP4:dates", CLAIMS, "the first line ends before it begins"),
        Defect("birth", "SNIP4:birth", CLAIMS, "the patient is born after the service"),
        Defect("procedure", "SNIP5:procedure", CLAIMS, "a procedure code of four characters"),
        Defect("no-lines", "SNIP2:lines", CLAIMS, "a claim without service lines"),
        Defect("line-control", "SNIP4:line-control", CLAIMS, "a line control number used twice"),
        Defect("diagnosis", "SNIP5:diagnosis", ("837P", "837I"), "a code that has not the form of ICD-10-CM"),
        Defect("short-diagnosis", "SNIP5:diagnosis-incomplete", ("837P", "837I"), "the heading of longer codes"),
        Defect("old-diagnosis", "SNIP5:diagnosis-date", ("837P", "837I"), "a code that went in October 2019"),
        Defect("pointer", "SNIP4:pointer", ("837P",), "a line points to a diagnosis that is not there"),
        Defect("place", "SNIP5:place", ("837P", "837D"), "a place of service of one digit"),
        Defect("line-balance", "SNIP3:line-balance", ("835",), "a line pays a cent too much"),
        Defect("claim-balance", "SNIP3:claim-balance", ("835",), "a claim pays a cent too much"),
        Defect("payment-balance", "SNIP3:payment-balance", ("835",), "BPR02 is a cent more than was paid"),
        Defect("absent-payment", "IK403:1", ("835",), "CLP04 is absent"),
        Defect("stopped-reason", "SNIP5:adjustment-reason-date", ("835",), "a reason code that stopped in 2008"),
        Defect("ack-count", "SNIP4:ack-count", ("999",), "AK904 counts one accepted set too many"),
        Defect("ack-verdict", "SNIP4:ack-verdict", ("999",), "AK901 accepts a group although a set was rejected"),
        Defect("hl-number", "SNIP4:hl-number", LEVELLED, "HL01 repeats an earlier number"),
        Defect("hl-parent", "SNIP4:hl-parent", LEVELLED, "HL02 names a level that is not there"),
        Defect("unknown-segment", "IK304:1", TABLED, "a segment no guide has"),
        Defect("se-count", "IK502:4", ALL, "SE01 is one too many"),
        Defect("se-number", "IK502:3", ALL, "SE02 is not ST02"),
        Defect("no-se", "IK502:2", ALL, "a transaction set without SE"),
        Defect("repeated-set", "IK502:23", ALL, "a transaction set comes twice"),
        Defect("ge-count", "AK905:5", ALL, "GE01 is one too many"),
        Defect("ge-number", "AK905:4", ALL, "GE02 is not GS06"),
        Defect("iea-count", "TA105:021", ALL, "IEA01 is one too many"),
        Defect("iea-number", "TA105:001", ALL, "IEA02 is not ISA13"),
        Defect("no-iea", "TA105:023", ALL, "the interchange ends without IEA"),
        Defect("isa-length", "TEXT:isa-length", ALL, "ISA is not padded"),
    )
}
"""Every defect by name."""


def defects_of(kind: str) -> list[str]:
    """The names of the defects a kind of file can have."""
    return [one.name for one in DEFECTS.values() if kind in one.kinds]


# In a claim


def break_claim(claim: Claim837, wanted: frozenset[str]) -> Claim837:
    """The claim with the wanted defects in it; names that are no defects of claims do nothing."""
    for name, spoil in _OF_CLAIMS.items():
        if name in wanted:
            claim = spoil(claim)
    return claim


def _wrong_npi(party: Party | None) -> Party | None:
    if party is None:
        return None
    return replace(party, npi=party.npi[:9] + str((int(check_digit(party.npi[:9])) + 1) % 10))


def _short_taxonomy(party: Party | None) -> Party | None:
    return replace(party, taxonomy=party.taxonomy[:9]) if party else None


def _spoil_provider(spoil: Callable[[Party | None], Party | None]) -> Callable[[Claim837], Claim837]:
    return lambda claim: replace(claim, rendering=spoil(claim.rendering), attending=spoil(claim.attending))


def _backwards(claim: Claim837) -> Claim837:
    first, *others = claim.lines
    before = first.service_from - timedelta(days=1) if first.service_from else None
    return replace(claim, lines=(replace(first, service_to=before), *others))


def _unborn(claim: Claim837) -> Claim837:
    day = claim.lines[0].service_from
    born = day + timedelta(days=1) if day else None
    if claim.patient:
        return replace(claim, patient=replace(claim.patient, birth_date=born))
    person = replace(claim.subscriber.person, birth_date=born)
    return replace(claim, subscriber=replace(claim.subscriber, person=person))


def _wrong_procedure(claim: Claim837) -> Claim837:
    first, *others = claim.lines
    return replace(claim, lines=(replace(first, procedure=first.procedure[:4]), *others))


def _repeat_line(claim: Claim837) -> Claim837:
    first = claim.lines[0]
    again = replace(first, number=str(len(claim.lines) + 1))
    charge = (claim.charge_cents or 0) + (first.charge_cents or 0)
    return replace(claim, lines=(*claim.lines, again), charge_cents=charge)


def _wrong_diagnosis(claim: Claim837) -> Claim837:
    codes = tuple(replace(one, code=f"1{one.code}") for one in claim.diagnoses)
    return replace(claim, diagnoses=codes)


def _also(code: str) -> Callable[[Claim837], Claim837]:
    """Adds a diagnosis."""
    return lambda claim: replace(claim, diagnoses=(*claim.diagnoses, Diagnosis("ABF", code)))


def _wrong_pointer(claim: Claim837) -> Claim837:
    first, *others = claim.lines
    return replace(claim, lines=(replace(first, diagnosis_pointers=(12,)), *others))


# `no-lines` comes last: the others want lines.
_OF_CLAIMS: Mapping[str, Callable[[Claim837], Claim837]] = {
    "line-control": _repeat_line,
    "line-sum": lambda claim: replace(claim, charge_cents=(claim.charge_cents or 0) + 1),
    "npi": _spoil_provider(_wrong_npi),
    "taxonomy": _spoil_provider(_short_taxonomy),
    "frequency": lambda claim: replace(claim, frequency_code="7"),
    "dates": _backwards,
    "birth": _unborn,
    "procedure": _wrong_procedure,
    "diagnosis": _wrong_diagnosis,
    "short-diagnosis": _also("E11"),
    "old-diagnosis": _also("H8141"),
    "pointer": _wrong_pointer,
    "place": lambda claim: replace(claim, facility_code=claim.facility_code[:1]),
    "no-lines": lambda claim: replace(claim, lines=()),
}


# In a remittance


def break_remittance(remittance: Remittance835, wanted: frozenset[str], broken: Callable[[int], bool]) -> Remittance835:
    """The remittance with the wanted defects in the claims that `broken` names by their place.

    Only what is wanted goes wrong: a claim that pays a cent more is paid for, with what follows from it.
    """
    claims = tuple(_break_payment(one, wanted) if broken(place) else one for place, one in enumerate(remittance.claims))
    more = sum(one.paid_cents or 0 for one in claims) - sum(one.paid_cents or 0 for one in remittance.claims)
    if "absent-payment" in wanted:
        more = 0
    if "payment-balance" in wanted:
        more += 1
    return replace(remittance, claims=claims, payment_cents=(remittance.payment_cents or 0) + more)


def _break_payment(claim: ClaimPayment, wanted: frozenset[str]) -> ClaimPayment:
    if "stopped-reason" in wanted and claim.lines:
        first, *others = claim.lines
        reasons = tuple(replace(one, reason="A2") for one in first.adjustments)
        claim = replace(claim, lines=(replace(first, adjustments=reasons), *others))
    if "line-balance" in wanted and claim.lines:
        first, *others = claim.lines
        claim = replace(claim, lines=(replace(first, paid_cents=(first.paid_cents or 0) + 1), *others))
    if "claim-balance" in wanted:
        claim = replace(claim, paid_cents=(claim.paid_cents or 0) + 1)
    if "absent-payment" in wanted:
        claim = replace(claim, paid_cents=None)
    return claim


# In an acknowledgement


def break_acknowledgement(ack: Ack999, wanted: frozenset[str]) -> Ack999:
    """The acknowledgement with the wanted defects; for `ack-verdict` its first set is rejected."""
    if "ack-count" in wanted:
        ack = replace(ack, accepted=(ack.accepted or 0) + 1)
    if "ack-verdict" in wanted:
        first, *others = ack.transactions
        lost = first.status != "R"
        rejected = replace(first, status="R", codes=("5",))
        ack = replace(ack, status="A", accepted=(ack.accepted or 0) - lost, transactions=(rejected, *others))
    return ack


# In the lines of a written transaction set, ST to SE


def break_set(lines: Lines, wanted: frozenset[str]) -> Lines:
    """The lines with the wanted defects; each is a segment without its terminator."""
    for name, spoil in _OF_SETS.items():
        if name in wanted:
            lines = spoil(lines)
    return lines


def _second_level(element: int, text: bytes) -> Callable[[Lines], Lines]:
    def spoil(lines: Lines) -> Lines:
        levels = [index for index, line in enumerate(lines) if line.startswith(b"HL*")]
        if len(levels) < 2:
            return lines
        return [set_element(line, element, text) if index == levels[1] else line for index, line in enumerate(lines)]

    return spoil


def _counted_up(line: bytes, element: int) -> bytes:
    return set_element(line, element, str(int(line.split(b"*")[element]) + 1).encode())


def set_element(line: bytes, element: int, text: bytes) -> bytes:
    """The segment with another text in an element."""
    parts = line.split(b"*")
    parts[element] = text
    return b"*".join(parts)


_OF_SETS: Mapping[str, Callable[[Lines], Lines]] = {
    "hl-number": _second_level(1, b"1"),
    "hl-parent": _second_level(2, b"900000"),
    "unknown-segment": lambda lines: [*lines[:-1], b"ZZZ*1", _counted_up(lines[-1], 1)],
    "se-count": lambda lines: [*lines[:-1], _counted_up(lines[-1], 1)],
    "se-number": lambda lines: [*lines[:-1], set_element(lines[-1], 2, b"999999")],
    "no-se": lambda lines: lines[:-1],
}


# In the envelope


def break_header(isa: bytes, wanted: frozenset[str]) -> bytes:
    """ISA with the wanted defects."""
    return isa.replace(b"   *", b"*", 1) if "isa-length" in wanted else isa


def break_trailer(ge: bytes, iea: bytes, wanted: frozenset[str]) -> Iterator[bytes]:
    """GE and IEA with the wanted defects."""
    if "ge-count" in wanted:
        ge = _counted_up(ge, 1)
    if "ge-number" in wanted:
        ge = _counted_up(ge, 2)
    if "iea-count" in wanted:
        iea = _counted_up(iea, 1)
    if "iea-number" in wanted:
        iea = set_element(iea, 2, b"999999999")
    yield ge
    if "no-iea" not in wanted:
        yield iea
