"""Which claims a remitted one may mean when no number tells: a score with its why, for a person who decides.

Nothing is ever posted by a score.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from services.payments.core.control_number import (
    Billed,
    ControlNumber,
    claim_of_payer_number,
    payer_number_of,
    plain_number,
)
from services.payments.core.remitted import RemittedClaim

SCORE_MIN = 30
"""Below this a claim is not worth a person's look: one weak likeness alone."""
SUGGESTIONS_MAX = 10
NAMED, CHARGED, SERVED, NUMBERED, ALIKE, DONE, BEARING = 25, 20, 15, 50, 30, 10, 40


class Person(NamedTuple):
    """A name as it is compared, in capitals: never stored, never shown."""

    last: str
    first: str


class Candidate(NamedTuple):
    """A claim with its number, and the guarantor where somebody could read who it is."""

    number: ControlNumber
    account_id: str
    claim: Billed
    guarantor: frozenset[str] = frozenset()  # the words of the name, in capitals


class Suggestion(NamedTuple):
    """A claim that may be meant; a higher score is a better likeness, 100 and more all but certain."""

    account_id: str
    claim_id: str
    patient_control_number: str
    score: int
    why: tuple[str, ...]


def suggest(remitted: RemittedClaim, patient: Person | None, candidates: Iterable[Candidate]) -> tuple[Suggestion, ...]:
    """The likeliest claims first, none twice, none without a reason worth a look."""
    made: dict[str, Suggestion] = {}
    for one in candidates:
        found = tuple(_likenesses(remitted, patient, one))
        score = sum(points for points, _ in found)
        if score >= SCORE_MIN and one.claim.claim_id not in made:
            made[one.claim.claim_id] = Suggestion(
                one.account_id,
                one.claim.claim_id,
                one.number.patient_control_number,
                score,
                tuple(why for _, why in found),
            )
    best = sorted(made.values(), key=lambda one: (-one.score, one.claim_id))
    return tuple(best[:SUGGESTIONS_MAX])


def _likenesses(remitted: RemittedClaim, patient: Person | None, one: Candidate) -> Iterator[tuple[int, str]]:
    known = claim_of_payer_number(one.number, payer_number_of(remitted))
    if known is not None and known.claim_id == one.claim.claim_id:
        yield NUMBERED, "an earlier remittance names this claim by the same payer claim control number (CLP07)"
    yield from _of_number(remitted, one)
    if abs(remitted.charge_cents) == one.claim.charge_cents:
        yield CHARGED, f"the charge is the same: {one.claim.charge_cents} cents"
    if one.claim.service_from is not None and one.claim.service_from in service_dates(remitted):
        yield SERVED, f"the service date is the same: {one.claim.service_from}"
    if {line.procedure for line in remitted.lines} & set(one.claim.procedures):
        yield DONE, "a procedure is the same"
    if patient is not None:
        yield from _of_person(patient, one.guarantor)


def _of_number(remitted: RemittedClaim, one: Candidate) -> Iterator[tuple[int, str]]:
    stated, ours = plain_number(remitted.patient_control_number), plain_number(one.number.patient_control_number)
    if remitted.patient_control_number == one.number.patient_control_number:
        yield BEARING, "it has this very patient control number (CLP01), and so has another claim"
    elif stated and stated == ours:
        yield ALIKE, "the patient control number (CLP01) is the same but for punctuation or zeros"
    elif min(len(stated), len(ours)) >= 6 and (stated.startswith(ours) or ours.startswith(stated)):
        yield ALIKE, "one patient control number (CLP01) is the beginning of the other"


def _of_person(patient: Person, guarantor: frozenset[str]) -> Iterator[tuple[int, str]]:
    if not patient.last or not frozenset(patient.last.split()) <= guarantor:
        return
    if patient.first in guarantor:
        yield NAMED, "patient and guarantor have the same name"
    else:
        yield DONE, "patient and guarantor have the same last name"


def service_dates(remitted: RemittedClaim) -> frozenset[date]:
    """Every day that the remitted claim or a line of it names."""
    days = (remitted.statement_from, *(line.service_date for line in remitted.lines))
    return frozenset(day for day in days if day is not None)
