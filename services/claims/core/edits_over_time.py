"""Edits over time: limits within so many days, and global periods, with what the patient had before on other claims."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from shared.dated_table import ANY, DatedTable, joined

from .content import ClaimContent, ContentLine
from .edits_base import Found, Looked, Reference, day_of, npi_of

CLAIMS_NAMED = 3


def global_days(looked: Looked) -> Iterator[Found]:
    """A visit within the days that a procedure's price covers, by the same provider (42 CFR 414.40)."""
    table, content = looked.reference.global_days, looked.content
    if table is None:
        return
    given = [(line.procedure, day_of(line, content), npi_of(line, content), "") for line in content.lines]
    given += [(one.procedure, one.on, one.npi, one.claim_id) for one in looked.past]
    for place, line in enumerate(content.lines):
        day = day_of(line, content)
        if day is None or not _is_visit(table, line, day) or not looked.reference.unrelated.isdisjoint(line.modifiers):
            continue
        npi = npi_of(line, content)
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


def frequency(looked: Looked) -> Iterator[Found]:
    """Limits over so many days, counted with earlier claims of the same person: the key's last part is the days."""
    table, content = looked.reference.limits, looked.content
    if table is None:
        return
    for place, line in enumerate(content.lines):
        day = day_of(line, content)
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
        (day_of(line, looked.content), line.units, "") for line in looked.content.lines if line.procedure == procedure
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
        day = day_of(line, content)
        if day is None or not line.procedure:
            continue
        if covered is not None and _is_visit(covered, line, day):
            return True
        keys = (joined(payer, line.procedure, "period") for payer in (content.payer_id, ANY))
        if limits is not None and any(limits.at(key, day) is not None for key in keys):
            return True
    return False


def counts_for_others(content: ClaimContent, reference: Reference) -> bool:
    """Whether a service of this claim may count against another claim of its patient."""
    if needs_past(content, reference):
        return True
    covered = reference.global_days
    return covered is not None and any(
        covered.at(line.procedure, day) is not None
        for line in content.lines
        if (day := day_of(line, content)) is not None and line.procedure
    )
