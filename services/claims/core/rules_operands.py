"""The values a condition compares: fields, sums and counts over lines, days between dates, arithmetic.

Each is read once from its document into a function; what is wrong with the document is collected, not raised, so that
its author sees every fault at once.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, TypeGuard, cast

from .rules_fields import LISTS, NUMERIC, Field, Kind, fields
from .rules_subject import RuleFailedError, Subject

Get: TypeAlias = Callable[[Subject], Any]
Test: TypeAlias = Callable[[Subject], bool]
NODES_MAX = 500
DEPTH_MAX = 12
LIST_MAX = 5_000
TEXT_MAX = 80


@dataclass(frozen=True, slots=True)
class Operand:
    """A value of a known kind; `get` gives None where it is absent."""

    kind: Kind
    get: Get


@dataclass(slots=True)
class Draft:
    """A document being read: its faults, what it reads, and which lines are at hand where the reader is."""

    faults: list[str] = field(default_factory=list[str])
    reads: dict[str, Field] = field(default_factory=dict[str, Field])
    nodes: int = 0
    depth: int = 0
    line_bound: bool = False
    other_bound: bool = False
    inside_quantifier: bool = False

    def fault(self, where: str, text: str) -> None:
        self.faults.append(f"{where}: {text}")

    @contextmanager
    def node(self, where: str) -> Generator[bool]:
        """Count a part of the document; False when it is too much of a document to go on."""
        self.nodes, self.depth = self.nodes + 1, self.depth + 1
        try:
            if self.depth > DEPTH_MAX:
                self.fault(where, f"conditions lie more than {DEPTH_MAX} deep")
            elif self.nodes == NODES_MAX + 1:
                self.fault(where, f"a rule has at most {NODES_MAX} conditions and operands: split it")
            yield self.depth <= DEPTH_MAX and self.nodes <= NODES_MAX
        finally:
            self.depth -= 1

    @contextmanager
    def lines(self, *, other: bool = False) -> Generator[None]:
        """Inside a quantifier, where each line is at hand in turn."""
        before = self.line_bound, self.other_bound, self.inside_quantifier
        self.line_bound, self.other_bound = (self.line_bound, True) if other else (True, False)
        self.inside_quantifier = True
        try:
            yield
        finally:
            self.line_bound, self.other_bound, self.inside_quantifier = before

    def field(self, path: object, where: str) -> Field | None:
        """The field of a path, noted as read."""
        found = fields().get(path) if isinstance(path, str) else None
        if found is None:
            self.fault(where, f"there is no field {shown(path)}{_near(path)}")
            return None
        if path_root(found) == "line" and not self.line_bound:
            self.fault(where, f'{found.path} needs each = "line" or any_line, every_line, no_line around it')
            return None
        if path_root(found) == "other" and not self.other_bound:
            self.fault(where, f"{found.path} needs any_other_line around it")
            return None
        if not self.inside_quantifier:
            self.reads[found.path] = found
        return found


def path_root(found: Field) -> str:
    """`line`, `other` or "" for the claim."""
    return found.path.partition(".")[0] if found.of_line else ""


def is_table(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether the author wrote a table, of words as names."""
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in cast("Mapping[object, object]", value))


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether the author wrote a list."""
    return isinstance(value, list | tuple)


def shown(value: object) -> str:
    """What an author wrote, short enough for a fault."""
    return repr(value)[:60]


def _near(path: object) -> str:
    last = path.rpartition(".")[2] if isinstance(path, str) else ""
    near = [known for known in fields() if last and known.rpartition(".")[2] == last][:3]
    return f": did you mean {', '.join(near)}?" if near else ""


def literal(kind: Kind, raw: object, where: str, draft: Draft) -> Any:
    """A value as written, of the given kind; None and a fault when it is none. Of a list's kind, one of its values."""
    match kind:
        case "text" | "texts" if isinstance(raw, str) and len(raw) <= TEXT_MAX:
            return raw
        case "flag" if isinstance(raw, bool):
            return raw
        case "cents" if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        case "number" | "numbers" if isinstance(raw, int | float | str) and not isinstance(raw, bool):
            return _number(raw, where, draft)
        case "date" if isinstance(raw, str | date):
            return _date(raw, where, draft)
        case _:
            wanted = {"cents": "whole cents", "flag": "true or false", "texts": "text", "numbers": "number"}
            draft.fault(where, f"{shown(raw)} is no {wanted.get(kind, kind)}")
            return None


def _number(raw: float | str, where: str, draft: Draft) -> Decimal | None:
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > Decimal(10) ** 15:
        draft.fault(where, f"{shown(raw)} is no number that a claim could hold")
        return None
    return number


def _date(raw: str | date, where: str, draft: Draft) -> date | None:
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(raw)
    except ValueError:
        draft.fault(where, f"{shown(raw)} is no date: write it as 2026-01-31")
        return None


def operand(document: Mapping[str, Any], where: str, draft: Draft, condition: "ReadCondition") -> Operand | None:
    """Read the operand of a document: exactly one of the keys of `OPERANDS`."""
    named = [key for key in document if key in OPERANDS]
    if len(named) != 1:
        draft.fault(where, f"name exactly one of {', '.join(OPERANDS)}")
        return None
    with draft.node(where) as goes_on:
        return OPERANDS[named[0]](document, where, draft, condition) if goes_on else None


def _field(document: Mapping[str, Any], where: str, draft: Draft, _: "ReadCondition") -> Operand | None:
    found = draft.field(document["field"], where)
    return Operand(found.kind, found.get) if found else None


def _size(document: Mapping[str, Any], where: str, draft: Draft, _: "ReadCondition") -> Operand | None:
    found = draft.field(document["size"], where)
    if found is None:
        return None
    if found.kind not in LISTS:
        draft.fault(where, f"size counts the values of a list, and {found.path} is a {found.kind}")
        return None
    get = found.get
    return Operand("number", lambda subject: len(get(subject) or ()))


def _days(document: Mapping[str, Any], where: str, draft: Draft, _: "ReadCondition") -> Operand | None:
    ends = document["days"]
    if not is_table(ends) or set(ends) != {"from", "to"}:
        draft.fault(where, 'write days = { from = "a date field", to = "another" }')
        return None
    begin, end = (draft.field(ends[name], f"{where}, days {name}") for name in ("from", "to"))
    if begin is None or end is None:
        return None
    if begin.kind != "date" or end.kind != "date":
        draft.fault(where, "days lie between two date fields")
        return None
    first, last = begin.get, end.get

    def days(subject: Subject) -> int | None:
        a, b = first(subject), last(subject)
        return None if a is None or b is None else (b - a).days

    return Operand("number", days)


def _sum(document: Mapping[str, Any], where: str, draft: Draft, condition: "ReadCondition") -> Operand | None:
    with draft.lines():
        found = draft.field(f"line.{document['sum']}", where)
        only = condition(document["where"], f"{where}, where", draft) if "where" in document else None
    if found is None:
        return None
    if found.kind not in NUMERIC:
        draft.fault(where, f"{found.path} is a {found.kind}, and only amounts and numbers are summed")
        return None
    get = found.get

    def total(subject: Subject) -> Any:
        """None when a line lacks the value: an unknown part makes the sum unknown."""
        values = [get(subject) for _ in each_line(subject) if only is None or only(subject)]
        return None if None in values else sum(values)

    return Operand(found.kind, total)


def _count(document: Mapping[str, Any], where: str, draft: Draft, condition: "ReadCondition") -> Operand | None:
    wanted = document["count"]
    if wanted == "lines":
        return Operand("number", lambda subject: len(subject.content.lines))
    with draft.lines():
        only = condition(wanted, f"{where}, count", draft)
    if only is None:
        return None
    return Operand("number", lambda subject: sum(only(subject) for _ in each_line(subject)))


def each_line(subject: Subject) -> Iterator[None]:
    """Put each line at hand in turn."""
    before = subject.line
    try:
        subject.spend(len(subject.content.lines))
        for line in subject.content.lines:
            subject.line = line
            yield
    finally:
        subject.line = before


def some_line(subject: Subject, test: Test, *, wanted: bool = True) -> bool:
    """Whether the test comes out as wanted for any line."""
    before = subject.line
    try:
        subject.spend(len(subject.content.lines))
        for line in subject.content.lines:
            subject.line = line
            if test(subject) is wanted:
                return True
        return False
    finally:
        subject.line = before


def _arithmetic(name: str, fold: Callable[[Any, Any], Any]) -> "ReadOperand":
    def read(document: Mapping[str, Any], where: str, draft: Draft, condition: "ReadCondition") -> Operand | None:
        given = document[name]
        if not is_list(given) or not 2 <= len(given) <= 10:
            draft.fault(where, f"{name} takes a list of 2 to 10 values")
            return None
        parts = [side(one, None, f"{where}, {name} {n}", draft, condition) for n, one in enumerate(given, 1)]
        known = [part for part in parts if part is not None]
        if len(known) != len(parts):
            return None
        if odd := next((part.kind for part in known if part.kind not in NUMERIC), None):
            draft.fault(where, f"{name} takes amounts and numbers, not a {odd}")
            return None
        gets = [part.get for part in known]
        kept = name in ("plus", "minus") and all(part.kind == "cents" for part in known)
        return Operand("cents" if kept else "number", _folded(gets, fold))

    return read


def _folded(gets: Sequence[Get], fold: Callable[[Any, Any], Any]) -> Get:
    def get(subject: Subject) -> Any:
        values = [one(subject) for one in gets]
        if None in values:
            return None
        result = values[0]
        for value in values[1:]:
            result = fold(result, value)
        return result

    return get


def _divided(a: Any, b: Any) -> Decimal:
    if b == 0:
        raise RuleFailedError("it divides by zero")
    return Decimal(a) / Decimal(b)


def side(raw: object, kind: Kind | None, where: str, draft: Draft, condition: "ReadCondition") -> Operand | None:
    """An operand, or a literal of the given kind; without a kind, a number or whole amount."""
    if is_table(raw):
        return operand(raw, where, draft, condition)
    value = literal(kind or ("cents" if isinstance(raw, int) else "number"), raw, where, draft)
    return None if value is None else Operand(kind or ("cents" if isinstance(raw, int) else "number"), lambda _: value)


ReadCondition: TypeAlias = Callable[[object, str, Draft], Test | None]
ReadOperand: TypeAlias = Callable[[Mapping[str, Any], str, Draft, ReadCondition], Operand | None]

OPERANDS: Mapping[str, ReadOperand] = {
    "field": _field,
    "size": _size,
    "days": _days,
    "sum": _sum,
    "count": _count,
    "plus": _arithmetic("plus", lambda a, b: a + b),
    "minus": _arithmetic("minus", lambda a, b: a - b),
    "times": _arithmetic("times", lambda a, b: a * b),
    "divide": _arithmetic("divide", _divided),
}
