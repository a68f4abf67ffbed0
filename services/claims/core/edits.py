"""Edits that look a claim up in tables: codes by date, bundling pairs, unit limits, global days, credentialing.

The tables are the customer's own, loaded from the files it licenses or publishes; without a table its edit says
nothing. An edit names the field and what to do, never the value.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import permutations

from shared.contracts import HoldReason
from shared.dated_table import ANY, DatedTable, joined

from .content import ClaimContent, ContentLine
from .edits_base import Edit, Found, Looked, Reference, Restriction, day_of, npi_of
from .edits_over_time import frequency, global_days
from .rules_outcome import NOTHING_SAID, Explained, Judged

SELF_PAY = "self-pay-restriction"


def edits_of(reference: Reference) -> tuple[Edit, ...]:
    """The edits that have a table to look into."""
    return tuple(one for one in EDITS if getattr(reference, one.needs))


def edit(looked: Looked, edits: Sequence[Edit]) -> Judged:
    """Everything that these edits have against a claim."""
    holds: list[HoldReason] = []
    explained: list[Explained] = []
    for one in (RESTRICTED, *edits) if looked.restrictions else edits:
        for where, message in one.check(looked):
            holds.append(HoldReason(rule=one.id, field=where, message=message))
            explained.append(Explained(rule=one.id, source=one.source, did="hold", at=where))
    if not holds:
        return NOTHING_SAID
    waivable = {hold.rule for hold in holds} & WAIVABLE_EDITS
    return Judged(holds=tuple(holds), waivable=tuple(sorted(waivable)), explained=tuple(explained))


_DIAGNOSIS = {
    "unknown": "This is no ICD-10-CM code of the date of service: look it up again.",
    "not_then": "This code was not in use on the date of service: take the code of that date (it changes 1 October).",
    "incomplete": "This is the heading of longer codes and cannot be billed: add the characters it lacks.",
}
_ICD_10 = frozenset({"ABK", "ABF", "ABJ", "APR", "ABN"})


def _diagnoses(looked: Looked) -> Iterator[Found]:
    content, standing = looked.content, looked.reference.standing
    first, last = content.service_from, content.service_to
    if standing is None or first is None or last is None:
        return
    day = last if content.claim_type == "I" else first  # of a stay, the discharge decides
    for place, diagnosis in enumerate(content.diagnoses):
        if diagnosis.qualifier in _ICD_10 and diagnosis.code:
            message = _DIAGNOSIS.get(standing(diagnosis.code, day, last))
            if message:
                yield f"diagnoses[{place}]", message


def _procedures(looked: Looked) -> Iterator[Found]:
    lists = looked.reference.codes.values()
    if not lists:
        return
    for place, line in enumerate(looked.content.lines):
        day = day_of(line, looked.content)
        if day and line.procedure and all(table.at(line.procedure, day) is None for table in lists):
            yield (
                f"lines[{place}].procedure",
                "The code lists do not have this procedure on its day: take a code that is in use then.",
            )


def _pairs(looked: Looked) -> Iterator[Found]:
    """Column 2 is part of column 1 when one provider gives both to one patient on one day (NCCI policy manual)."""
    table, content = looked.reference.ptp, looked.content
    if table is None or len(content.lines) < 2:
        return
    together: dict[tuple[date | None, str], list[int]] = defaultdict(list)
    for place, line in enumerate(content.lines):
        together[day_of(line, content), npi_of(line, content)].append(place)
    for (day, _), places in together.items():
        for one, two in permutations(places, 2) if day else ():
            first, second = content.lines[one], content.lines[two]
            indicator = table.at(joined(first.procedure, second.procedure), day) if day else None
            if message := _pair_fault(indicator, first, second, looked.reference.bypass):
                yield f"lines[{two}].procedure", f"{message} (with line {one + 1})"


def _pair_fault(indicator: str | None, first: ContentLine, second: ContentLine, bypass: frozenset[str]) -> str | None:
    match indicator:
        case "0":
            return "This procedure is part of another one of the day and is never paid beside it: remove the line"
        case "1" if bypass.isdisjoint((*first.modifiers, *second.modifiers)):
            return (
                "This procedure is part of another one of the day: remove the line, or, where the record shows a "
                "distinct service, give the modifier that says so"
            )
        case _:
            return None


def _mue(looked: Looked, wanted: str) -> Iterator[tuple[int, int, Decimal]]:
    """Lines over their limit under one adjudication indicator (MAI): place, limit, units counted."""
    table, content = looked.reference.mue, looked.content
    if table is None:
        return
    of_day: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for place, line in enumerate(content.lines):
        day = day_of(line, content)
        found = table.at(line.procedure, day) if day and line.units is not None else None
        if found is None or day is None or line.units is None:
            continue
        limit, indicator = found.split("/")
        if indicator != wanted:
            continue
        before = of_day[line.procedure, day]
        of_day[line.procedure, day] = counted = line.units if wanted == "1" else before + line.units
        if counted > int(limit) and (wanted == "1" or before <= int(limit)):
            yield place, int(limit), counted


def _mue_line(looked: Looked) -> Iterator[Found]:
    for place, _, _ in _mue(looked, "1"):
        yield (
            f"lines[{place}].units",
            "More units than the procedure allows on one line: correct the units, or split the line by modifier.",
        )


def _mue_policy(looked: Looked) -> Iterator[Found]:
    for place, _, _ in _mue(looked, "2"):
        yield (
            f"lines[{place}].units",
            "More units on one day than policy allows, whatever the record shows: correct the units.",
        )


def _mue_clinical(looked: Looked) -> Iterator[Found]:
    for place, _, _ in _mue(looked, "3"):
        yield (
            f"lines[{place}].units",
            "More units on one day than is usual: correct them, or release the claim if the record supports them.",
        )


def _limits(looked: Looked) -> Iterator[Found]:
    """The payer's own limits on units, or else those of any payer."""
    table, content = looked.reference.limits, looked.content
    if table is None:
        return
    of_day: dict[tuple[str, date | None], Decimal] = defaultdict(Decimal)
    of_claim: dict[str, Decimal] = defaultdict(Decimal)
    for place, line in enumerate(content.lines):
        units, day = line.units or Decimal(0), day_of(line, content)
        of_day[line.procedure, day] += units
        of_claim[line.procedure] += units
        counts = {"line": units, "day": of_day[line.procedure, day], "claim": of_claim[line.procedure]}
        for per, counted in counts.items():
            limit = _limit(table, content.payer_id, line.procedure, per, day)
            if limit is not None and counted > limit:
                yield f"lines[{place}].units", f"The payer's limit of units a {per} is passed: correct the units."
                break


def _limit(table: DatedTable, payer: str, procedure: str, per: str, day: date | None) -> Decimal | None:
    if day is None:
        return None
    found = table.at(joined(payer, procedure, per), day) or table.at(joined(ANY, procedure, per), day)
    return Decimal(found) if found else None


def _credentialing(looked: Looked) -> Iterator[Found]:
    """Who gives a service must be under contract with the payer on its day."""
    table, content = looked.reference.credentialing, looked.content
    if table is None:
        return
    told: set[str] = set()
    for place, line in enumerate(content.lines):
        day, npi = day_of(line, content), npi_of(line, content)
        if day is None or not npi or npi in told:
            continue
        status = table.at(joined(npi, content.payer_id), day) or table.at(joined(npi, ANY), day)
        if status != "active":
            told.add(npi)
            at = f"lines[{place}].rendering" if line.rendering else "rendering" if content.rendering else "billing"
            how = "is not credentialed" if status is None else f"is {status}"
            yield (
                f"{at}.npi",
                (
                    f"The provider {how} with this payer on the date of service: finish the enrollment, or bill by a "
                    "provider who is."
                ),
            )


def _restriction(looked: Looked) -> Iterator[Found]:
    """What the patient paid in full and restricted must not go to the plan (45 CFR 164.522(a)(1)(vi)).

    A void takes back what the plan was told already: it goes.
    """
    if looked.content.frequency_code == "8":
        return
    for place, line in enumerate(looked.content.lines):
        day = day_of(line, looked.content)
        if day and any(
            one.first <= day <= one.last and (not one.procedures or line.procedure in one.procedures)
            for one in looked.restrictions
        ):
            yield (
                f"lines[{place}]",
                "The patient paid this service in full and asked that the plan not be told: take it off the claim.",
            )


RESTRICTED = Edit(SELF_PAY, "45 CFR 164.522(a)(1)(vi)", _restriction)
EDITS: tuple[Edit, ...] = (
    Edit("diagnosis-valid", "ICD-10-CM by date of service (45 CFR 162.1002(c))", _diagnoses, needs="standing"),
    Edit("procedure-valid", "the customer's code lists", _procedures, waivable=True, needs="codes"),
    Edit("ncci-pair", "NCCI procedure-to-procedure edits, the customer's file", _pairs, waivable=True, needs="ptp"),
    Edit("mue-line", "NCCI medically unlikely edits, MAI 1", _mue_line, waivable=True, needs="mue"),
    Edit("mue-day-policy", "NCCI medically unlikely edits, MAI 2", _mue_policy, needs="mue"),
    Edit("mue-day-clinical", "NCCI medically unlikely edits, MAI 3", _mue_clinical, waivable=True, needs="mue"),
    Edit("global-days", "global surgery package, the customer's file", global_days, waivable=True, needs="global_days"),
    Edit("unit-limit", "the customer's limits by payer", _limits, waivable=True, needs="limits"),
    Edit("frequency-limit", "the customer's limits by payer", frequency, waivable=True, needs="limits"),
    Edit(
        "credentialing",
        "the customer's contract and credentialing spans",
        _credentialing,
        waivable=True,
        needs="credentialing",
    ),
)


def restricted(content: ClaimContent, restrictions: tuple[Restriction, ...]) -> tuple[HoldReason, ...]:
    """Why a claim that is here already is kept from the plan, line by line."""
    found = _restriction(Looked(content, Reference(), restrictions))
    return tuple(HoldReason(rule=SELF_PAY, field=where, message=message) for where, message in found)


EDIT_IDS = frozenset(one.id for one in (RESTRICTED, *EDITS))
WAIVABLE_EDITS = frozenset(one.id for one in EDITS if one.waivable)
