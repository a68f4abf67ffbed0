"""Edits that look a claim up in tables: codes by date, bundling pairs, unit limits, global days, credentialing.

The tables are the customer's own, loaded from the files it licenses or publishes; without a table its edit says
nothing. An edit names the field and what to do, never the value.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import NamedTuple, TypeAlias

from shared.contracts import HoldReason
from shared.dated_table import ANY, DatedTable, joined

from .content import ClaimContent, ContentLine
from .rules_outcome import NOTHING_SAID, Explained, Judged

SELF_PAY = "self-pay-restriction"
CLAIMS_NAMED = 3
Found: TypeAlias = tuple[str, str]
Standing: TypeAlias = Callable[[str, date, date], str]
"""How a diagnosis code, without point, stood between two days: one of the values of `shared.x12.codes.Standing`."""


class Restriction(NamedTuple):
    """Services the patient paid in full and wants kept from the plan; without procedures, all of the days."""

    first: date
    last: date
    procedures: frozenset[str] = frozenset()


class PastService(NamedTuple):
    """A service of the same person on another claim, `claim_id`. `procedure` was given on a day, by a provider."""

    procedure: str
    on: date
    units: Decimal
    npi: str
    claim_id: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The tables of a tenant, each None or empty until it is loaded. `fees` and `codes` go by the name of a list.

    Keys: `codes`, `mue` and `global_days` by procedure; `ptp` by column 1 and column 2; `limits` by payer, procedure
    and what is counted (`line`, `day`, `claim`); `credentialing` by NPI and payer; `fees` by payer, procedure and
    modifier; `bundles` by name and line; `drugs` by payer and procedure. `bypass` are the modifiers that lift a pair
    whose indicator is 1, `unrelated` those that lift a visit out of a global period.
    """

    codes: Mapping[str, DatedTable] = field(default_factory=dict[str, DatedTable])
    fees: Mapping[str, DatedTable] = field(default_factory=dict[str, DatedTable])
    ptp: DatedTable | None = None
    mue: DatedTable | None = None
    global_days: DatedTable | None = None
    limits: DatedTable | None = None
    credentialing: DatedTable | None = None
    bundles: DatedTable | None = None
    drugs: DatedTable | None = None
    standing: Standing | None = None
    bypass: frozenset[str] = frozenset()
    unrelated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Looked:
    """A claim before the edits, with what only the outside could find out."""

    content: ClaimContent
    reference: Reference
    restrictions: tuple[Restriction, ...] = ()
    past: tuple[PastService, ...] = ()


class Edit(NamedTuple):
    """One edit: where it comes from, and whether a person may overrule it."""

    id: str
    source: str
    check: Callable[[Looked], Iterator[Found]]
    waivable: bool = False
    needs: str = ""
    """The table without which it says nothing."""


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
        day = _day(line, looked.content)
        if day and line.procedure and all(table.at(line.procedure, day) is None for table in lists):
            yield (
                f"lines[{place}].procedure",
                "The code lists do not have this procedure on its day: take a code that is in use then.",
            )


def _day(line: ContentLine, content: ClaimContent) -> date | None:
    return line.service_from or content.service_from


def _npi(line: ContentLine, content: ClaimContent) -> str:
    provider = line.rendering or content.rendering or content.billing
    return provider.npi


def _pairs(looked: Looked) -> Iterator[Found]:
    """Column 2 is part of column 1 when one provider gives both to one patient on one day (NCCI policy manual)."""
    table, content = looked.reference.ptp, looked.content
    if table is None or len(content.lines) < 2:
        return
    together: dict[tuple[date | None, str], list[int]] = defaultdict(list)
    for place, line in enumerate(content.lines):
        together[_day(line, content), _npi(line, content)].append(place)
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
        day = _day(line, content)
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


def _global_days(looked: Looked) -> Iterator[Found]:
    """A visit within the days that a procedure's price covers, by the same provider (42 CFR 414.40)."""
    table, content = looked.reference.global_days, looked.content
    if table is None:
        return
    given = [(line.procedure, _day(line, content), _npi(line, content), "") for line in content.lines]
    given += [(one.procedure, one.on, one.npi, one.claim_id) for one in looked.past]
    for place, line in enumerate(content.lines):
        day = _day(line, content)
        if day is None or not _is_visit(table, line, day) or not looked.reference.unrelated.isdisjoint(line.modifiers):
            continue
        npi = _npi(line, content)
        covering = [
            claim_id for procedure, on, by, claim_id in given if npi == by and on and _covers(table, procedure, on, day)
        ]
        if covering:
            yield (
                f"lines[{place}].procedure",
                (
                    f"The visit lies in the global period of a procedure{_of_claims(covering)}: remove it, or give the "
                    "modifier that says why it is separate."
                ),
            )


def _of_claims(ids: Iterable[str]) -> str:
    """Which other claims it is about, as a part of a sentence; a few of them, and none for the claim itself."""
    named = [one for one in dict.fromkeys(ids) if one]
    return f" of claim {', '.join(named[:CLAIMS_NAMED])}" if named else ""


def _is_visit(table: DatedTable, line: ContentLine, day: date) -> bool:
    return (table.at(line.procedure, day) or "").endswith("/Y")


def _covers(table: DatedTable, procedure: str, on: date, day: date) -> bool:
    days, _, visit = (table.at(procedure, on) or "/Y").partition("/")
    return visit != "Y" and on <= day <= on + timedelta(days=int(days))


def _limits(looked: Looked) -> Iterator[Found]:
    """The payer's own limits on units, or else those of any payer."""
    table, content = looked.reference.limits, looked.content
    if table is None:
        return
    of_day: dict[tuple[str, date | None], Decimal] = defaultdict(Decimal)
    of_claim: dict[str, Decimal] = defaultdict(Decimal)
    for place, line in enumerate(content.lines):
        units, day = line.units or Decimal(0), _day(line, content)
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


def _frequency(looked: Looked) -> Iterator[Found]:
    """Limits over so many days, counted with earlier claims of the same person: the key's last part is the days."""
    table, content = looked.reference.limits, looked.content
    if table is None:
        return
    for place, line in enumerate(content.lines):
        day = _day(line, content)
        if day is None:
            continue
        for payer in (content.payer_id, ANY):
            found = table.at(joined(payer, line.procedure, "period"), day)
            if found is not None:
                units, days = found.split("/")
                counted, others = _counted(looked, line.procedure, day, int(days))
                if counted > Decimal(units):
                    earlier = f"the services{_of_claims(others)} included" if others else "earlier claims included"
                    yield (
                        f"lines[{place}].procedure",
                        (
                            f"The payer's limit within {days} days is passed, {earlier}: do not bill it, or release "
                            "the claim with the payer's approval."
                        ),
                    )
                break


def _counted(looked: Looked, procedure: str, day: date, days: int) -> tuple[Decimal, list[str]]:
    """The most units in any span of so many days that holds this day, and the other claims they are of.

    A span ends on this day, or on a later service of another claim: claims come in out of their order.
    """
    here = [
        (_day(line, looked.content), line.units, "") for line in looked.content.lines if line.procedure == procedure
    ]
    past = [one for one in looked.past if one.procedure == procedure]
    here += [(one.on, one.units, one.claim_id) for one in past]
    last = day + timedelta(days=days - 1)
    most: tuple[Decimal, list[str]] = (Decimal(0), [])
    for end in {day, *(one.on for one in past if day < one.on <= last)}:
        since = end - timedelta(days=days - 1)
        within = [(units or Decimal(0), claim_id) for on, units, claim_id in here if on and since <= on <= end]
        total = sum((units for units, _ in within), Decimal(0))
        if total > most[0]:
            most = total, [claim_id for _, claim_id in within if claim_id]
    return most


def needs_past(content: ClaimContent, reference: Reference) -> bool:
    """Whether a table asks about earlier services of this claim's patient: a limit over days, or a global period."""
    limits, covered = reference.limits, reference.global_days
    if limits is None and covered is None:
        return False
    for line in content.lines:
        day = _day(line, content)
        if day is None or not line.procedure:
            continue
        if covered is not None and _is_visit(covered, line, day):
            return True
        keys = (joined(payer, line.procedure, "period") for payer in (content.payer_id, ANY))
        if limits is not None and any(limits.at(key, day) is not None for key in keys):
            return True
    return False


def _credentialing(looked: Looked) -> Iterator[Found]:
    """Who gives a service must be under contract with the payer on its day."""
    table, content = looked.reference.credentialing, looked.content
    if table is None:
        return
    told: set[str] = set()
    for place, line in enumerate(content.lines):
        day, npi = _day(line, content), _npi(line, content)
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
        day = _day(line, looked.content)
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
    Edit(
        "global-days", "global surgery package, the customer's file", _global_days, waivable=True, needs="global_days"
    ),
    Edit("unit-limit", "the customer's limits by payer", _limits, waivable=True, needs="limits"),
    Edit("frequency-limit", "the customer's limits by payer", _frequency, waivable=True, needs="limits"),
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
