"""Which billed line a remitted line answers: by the number the payer echoes, then by procedure, modifiers and charge.

A billed line is used once. What fits none, or several in ways that cannot be told apart by their content, is the
claim's (line 0): its money counts for the claim, and no line is guessed.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from services.payments.core.remitted import RemittedLine

WHOLE_CLAIM = 0
"""The line of an amount that stands for the claim as a whole."""


class BilledLine(NamedTuple):
    """A service line as the claim went out with it."""

    line_control_number: str
    procedure: str
    modifiers: tuple[str, ...]
    charge_cents: int
    service_date: date


Fits: TypeAlias = Callable[[BilledLine, RemittedLine], bool]


def match_lines(billed: Sequence[BilledLine], remitted: Sequence[RemittedLine]) -> tuple[int, ...]:
    """For each remitted line the number of its billed line, from 1; 0 where none can be told."""
    found: dict[int, int] = {}
    for fits, only_one in _RULES:
        for at, line in enumerate(remitted):
            if at in found:
                continue
            used = set(found.values())
            fitting = [n for n, one in enumerate(billed, 1) if n not in used and fits(one, line)]
            if len(fitting) == 1 or (fitting and not only_one):
                found[at] = fitting[0]
    return tuple(found.get(at, WHOLE_CLAIM) for at in range(len(remitted)))


def _echo(billed: BilledLine, line: RemittedLine) -> bool:
    """REF*6R as it was sent, and at least one thing more that agrees: payers have echoed numbers of other lines."""
    echoed = bool(line.line_control_number) and line.line_control_number == billed.line_control_number
    return echoed and (_procedure(billed, line) or _charge(billed, line))


def _everything(billed: BilledLine, line: RemittedLine) -> bool:
    return _without_date(billed, line) and line.service_date == billed.service_date


def _without_date(billed: BilledLine, line: RemittedLine) -> bool:
    modifiers = {frozenset(line.modifiers), frozenset(line.original_modifiers)}
    return _not_another_day(billed, line) and _same_service(billed, line) and frozenset(billed.modifiers) in modifiers


def _without_modifiers(billed: BilledLine, line: RemittedLine) -> bool:
    """A payer may drop a modifier, or add one of its own."""
    return _not_another_day(billed, line) and _same_service(billed, line)


def _procedure_alone(billed: BilledLine, line: RemittedLine) -> bool:
    """A payer that states another charge for the line; only where no other line could be meant."""
    return _not_another_day(billed, line) and _procedure(billed, line)


def _same_service(billed: BilledLine, line: RemittedLine) -> bool:
    return _procedure(billed, line) and _charge(billed, line)


def _procedure(billed: BilledLine, line: RemittedLine) -> bool:
    """The code that was paid (SVC01), or the one that was billed when another was paid (SVC06)."""
    return bool(billed.procedure) and billed.procedure in (line.procedure, line.original_procedure)


def _charge(billed: BilledLine, line: RemittedLine) -> bool:
    """A reversal states the charge negated."""
    return abs(line.charge_cents) == billed.charge_cents


def _not_another_day(billed: BilledLine, line: RemittedLine) -> bool:
    return line.service_date in (None, billed.service_date)


_RULES: tuple[tuple[Fits, bool], ...] = (
    (_echo, False),
    (_everything, False),
    (_without_date, False),
    (_without_modifiers, False),
    (_procedure_alone, True),
)
"""From the surest to the weakest; True: only where exactly one billed line fits."""
