"""What is wrong with a version of a contract before anybody uses it: each fault with its place and what to do."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from services.payments.core.contract_terms import (
    CHARGE,
    CaseTerm,
    ChooseTerm,
    ModifierRule,
    PerDiemTerm,
    Reduction,
    ScheduleTerm,
    Select,
    Term,
    VersionBody,
)

NESTED_MAX = 3
"""So often terms may refer to terms: a person has to follow it, and a price is worked out in no time."""


class Fault(NamedTuple):
    """Where in the version, and what is wrong there."""

    at: str
    says: str


def faults_of(body: VersionBody) -> tuple[Fault, ...]:
    """Everything that is wrong; an empty result is a version that can be activated."""
    return (
        *_days(body),
        *_ids(body),
        *_references(body),
        *_loops(body),
        *_levels(body),
        *_unreachable(body),
        *(fault for term in body.terms for fault in _term(term)),
        *_modifiers(body.modifiers),
        *_reductions(body.reductions),
    )


def schedules_of(body: VersionBody) -> frozenset[str]:
    """The fee schedules that the version prices by."""
    return frozenset(term.schedule for term in body.terms if isinstance(term, ScheduleTerm))


def is_bill_level(body: VersionBody, term: Term) -> bool:
    """Whether the term prices its services of a bill together. For a version without faults."""
    if isinstance(term, ChooseTerm):
        return any(is_bill_level(body, body.term(one)) for one in term.of if one != CHARGE)
    return isinstance(term, CaseTerm | PerDiemTerm)


def gaps(versions: Sequence[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    """First and last day of each hole between versions in force: services of these days have no contract."""
    in_order = sorted(versions)
    found: list[tuple[date, date]] = []
    for (_, last), (first, _) in pairwise(in_order):
        if last < date.max and first > last + timedelta(1):
            found.append((last + timedelta(1), first - timedelta(1)))
    return tuple(found)


def _days(body: VersionBody) -> Iterator[Fault]:
    if body.valid_to is not None and body.valid_to < body.valid_from:
        yield Fault("valid_to", f"{body.valid_to} lies before valid_from, {body.valid_from}")


def _ids(body: VersionBody) -> Iterator[Fault]:
    seen: set[str] = set()
    for term in body.terms:
        if term.id in seen:
            yield Fault(f"terms.{term.id}", "two terms have this id: give each its own")
        if term.id == CHARGE:
            yield Fault(f"terms.{term.id}", "this id means what was billed: choose another")
        seen.add(term.id)
    reductions = [one.id for one in body.reductions]
    for one in sorted({one for one in reductions if reductions.count(one) > 1}):
        yield Fault(f"reductions.{one}", "two reductions have this id: give each its own")


def _references(body: VersionBody) -> Iterator[Fault]:
    known = {term.id for term in body.terms}
    named: set[str] = set()
    for term in body.terms:
        for one in term.of if isinstance(term, ChooseTerm) else ():
            named.add(one)
            if one not in known and one != CHARGE:
                yield Fault(f"terms.{term.id}.of", f"there is no term {one} in this version")
    for term in body.terms:
        if term.part and term.id not in named:
            yield Fault(f"terms.{term.id}", "it is a part, and no term names it: no service is ever priced by it")


def _loops(body: VersionBody) -> Iterator[Fault]:
    """Terms that refer to themselves, over however many others, and chains that nobody could follow."""
    members = {term.id: term.of for term in body.terms if isinstance(term, ChooseTerm)}
    depth: dict[str, int] = {}
    faults: list[Fault] = []

    def visit(path: tuple[str, ...]) -> int:
        at = path[-1]
        if at not in depth:
            depth[at] = 0  # of a term that is being looked at: a circle comes back to it
            for one in members.get(at, ()):
                if one in path:
                    circle = " -> ".join((*path[path.index(one) :], one))
                    faults.append(Fault(f"terms.{one}", f"it refers to itself: {circle}"))
                elif one in members:
                    depth[at] = max(depth[at], visit((*path, one)) + 1)
            if depth[at] == NESTED_MAX:
                faults.append(Fault(f"terms.{at}.of", f"terms refer to terms {NESTED_MAX + 1} times in a row"))
        return depth[at]

    for start in members:
        visit((start,))
    yield from faults


def _levels(body: VersionBody) -> Iterator[Fault]:
    """A rate of a whole bill and a fee of one line cannot be held against each other."""
    if any(_loops(body)) or any(_references(body)):
        return
    for term in body.terms:
        if isinstance(term, ChooseTerm):
            levels = {is_bill_level(body, body.term(one)) for one in term.of if one != CHARGE}
            if len(levels) > 1:
                yield Fault(f"terms.{term.id}.of", "it compares a rate of the whole bill with a fee of one line")
            if not levels:
                yield Fault(f"terms.{term.id}.of", "it compares the charge with itself")


def _unreachable(body: VersionBody) -> Iterator[Fault]:
    """The first term that fits decides, so nothing behind one that fits everything is ever used."""
    before = ""
    for term in body.terms:
        if term.part:
            continue
        if before:
            yield Fault(f"terms.{term.id}", f"never reached: {before}, before it, fits every service")
        elif term.select.is_everything:
            before = term.id


def _term(term: Term) -> Iterator[Fault]:
    at = f"terms.{term.id}"
    yield from _select(at, term.select)
    if isinstance(term, CaseTerm):
        given = (term.rate_cents is not None, bool(term.rates), term.base_cents is not None or bool(term.weights))
        if sum(given) != 1:
            yield Fault(at, "give rate_cents, or rates by DRG, or base_cents with weights, and one of them only")
        elif given[2] and (term.base_cents is None or not term.weights):
            yield Fault(at, "base_cents and weights go together")
    if isinstance(term, PerDiemTerm):
        days = [one.from_day for one in term.rates]
        if days[0] != 1 or sorted(set(days)) != days:
            yield Fault(f"{at}.rates", "the first rate begins with day 1, and each following one later than the last")
        yield from _patterns(f"{at}.day_revenue_codes", term.day_revenue_codes)


def _select(at: str, select: Select) -> Iterator[Fault]:
    for name in ("procedures", "not_procedures", "revenue_codes", "drgs"):
        yield from _patterns(f"{at}.select.{name}", getattr(select, name))
    if both := sorted(set(select.modifiers) & set(select.not_modifiers)):
        yield Fault(f"{at}.select", f"modifier {both[0]} is wanted and not wanted")


def _patterns(at: str, patterns: Sequence[str]) -> Iterator[Fault]:
    for one in patterns:
        first, dash, last = one.partition("-")
        if dash and (len(first) != len(last) or first > last):
            yield Fault(at, f"{one} is no range: two codes of one length are wanted, the lower first")


def _modifiers(rules: Sequence[ModifierRule]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, rule in enumerate(rules, 1):
        for one in rule.modifiers:
            if one in seen:
                yield Fault(f"modifiers.{number}", f"modifier {one} has two rules: which one counts is not said")
            seen.add(one)


def _reductions(reductions: Sequence[Reduction]) -> Iterator[Fault]:
    for one in reductions:
        at = f"reductions.{one.id}"
        yield from _select(at, one.select)
        if one.select.is_everything:
            yield Fault(at, "say which procedures are ranked with each other")
        if any(later > earlier for earlier, later in pairwise(one.percents)):
            yield Fault(f"{at}.percents", "a later rank is paid more than an earlier one")
