"""What a rule does when its conditions hold: hold, set, tag, untag, add, remove, price.

An action that cannot be carried out raises `RuleFailedError`; the evaluator then undoes the rule and holds the claim.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from .content import MODIFIERS_MAX, POINTERS_MAX, ContentLine, DiagnosisCode
from .rules_conditions import condition
from .rules_fields import LISTS, NUMERIC, Field, Kind, fields
from .rules_operands import TEXT_MAX, Draft, Get, is_list, is_table, literal, operand, shown
from .rules_outcome import Did
from .rules_subject import RuleFailedError, Subject

SENTENCE_MAX = 300
LINES_MAX = 999
CENTS_MAX = 9_999_999_999
_MOST = {"line.modifiers": MODIFIERS_MAX, "line.diagnosis_pointers": POINTERS_MAX}
_LIST_MAX = 24
_ADDED_LINE = {"procedure", "modifiers", "charge_cents", "units"}

Act: TypeAlias = Callable[[Subject], bool]
"""Carries an action out; whether it changed anything."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `at` is the path it is about; `sentence` what a hold says; `derives` the target and source fields."""

    did: Did
    at: str
    act: Act
    sentence: str = ""
    derives: tuple[tuple[str, str], ...] = ()


ReadAction: TypeAlias = Callable[[Mapping[str, Any], str, Draft], Action | None]


def action(document: object, where: str, draft: Draft) -> Action | None:
    """Read one action; None and faults when it is none."""
    if not is_table(document):
        draft.fault(where, f"{shown(document)} is no action")
        return None
    named = [key for key in document if key in ACTIONS]
    if len(named) != 1:
        draft.fault(where, f"name exactly one of {', '.join(ACTIONS)}")
        return None
    read, words = ACTIONS[named[0]]
    if odd := set(document) - words - {named[0]}:
        draft.fault(where, f"unknown words: {', '.join(sorted(map(str, odd)))}")
        return None
    return read(document, f"{where}, {named[0]}", draft)


def _hold(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    sentence, at = document["hold"], document.get("at", "line" if draft.line_bound else "claim")
    if not isinstance(sentence, str) or not 10 <= len(sentence) <= SENTENCE_MAX:
        draft.fault(where, f"say in 10 to {SENTENCE_MAX} characters what is wrong and what to do")
        return None
    if at not in ("claim", "line", "lines") and not any(path == at or path.startswith(f"{at}.") for path in fields()):
        draft.fault(where, f"at names no field: {shown(at)}")
        return None
    return Action("hold", at, lambda _: True, sentence)


def _tag(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    tag = document["tag"]
    if not _is_tag(tag):
        draft.fault(where, "a tag is 1 to 40 characters")
        return None

    def act(subject: Subject) -> bool:
        if tag in subject.tags:
            return False
        subject.tags = (*subject.tags, tag)
        return True

    return Action("tag", "tags", act)


def _untag(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    tag = document["untag"]
    if not _is_tag(tag):
        draft.fault(where, "a tag is 1 to 40 characters")
        return None

    def act(subject: Subject) -> bool:
        before = subject.tags
        subject.tags = tuple(one for one in before if one != tag)
        return subject.tags != before

    return Action("untag", "tags", act)


def _is_tag(tag: object) -> bool:
    return isinstance(tag, str) and 1 <= len(tag) <= 40


def _target(path: object, where: str, draft: Draft, *, lists: bool) -> Field | None:
    """A field that may be changed here: a list for add and remove, else one value."""
    target = fields().get(path) if isinstance(path, str) else None
    if target is None or not target.settable:
        draft.fault(where, f"{shown(path)} is no field that a rule may change")
        return None
    if (target.kind in LISTS) is not lists:
        draft.fault(where, f"{target.path} is a {target.kind}: {'set it' if lists else 'add to it or remove from it'}")
        return None
    if target.of_line and not draft.line_bound:
        draft.fault(where, f'{target.path} needs each = "line"')
        return None
    return target


def _set(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    target = _target(document["set"], where, draft, lists=False)
    if target is None or "to" not in document:
        if target is not None:
            draft.fault(where, "say what to set it to")
        return None
    before = set(draft.reads)
    get = _source(document["to"], target.kind, f"{where}, to", draft)
    if get is None:
        return None
    sources = _paths_in(document["to"]) | (set(draft.reads) - before)
    write, kind = _writer(target), target.kind

    def act(subject: Subject) -> bool:
        value = get(subject)
        if value is None:
            raise RuleFailedError(f"{target.path} would be set from something that the claim does not say")
        return write(subject, _whole(value) if kind == "cents" else value)

    return Action("set", target.path, act, derives=tuple((target.path, source) for source in sorted(sources)))


def _paths_in(document: object) -> set[str]:
    """Every field a value is made from, however deep."""
    if is_table(document):
        found = {str(document["field"])} if isinstance(document.get("field"), str) else set[str]()
        if isinstance(document.get("sum"), str):
            found.add(f"line.{document['sum']}")
        return found.union(*(_paths_in(one) for one in document.values())) if document else found
    if is_list(document):
        return set[str]().union(*(_paths_in(one) for one in document))
    return set()


def _source(raw: object, kind: Kind, where: str, draft: Draft) -> Get | None:
    if not is_table(raw):
        value = literal(kind, raw, where, draft)
        return None if value is None else lambda _: value
    found = operand(raw, where, draft, condition)
    if found is not None and found.kind != kind and not {found.kind, kind} <= NUMERIC:
        draft.fault(where, f"a {kind} cannot be set to a {found.kind}")
        return None
    return found.get if found else None


def _whole(value: Any) -> int:
    """Cents, half a cent up; an amount that no claim could carry is a failure."""
    cents = int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))
    if abs(cents) > CENTS_MAX:
        raise RuleFailedError("the amount has more than ten digits")
    return cents


def _writer(target: Field) -> Callable[[Subject, Any], bool]:
    """Puts a value where the path says; whether it was another one before."""
    *within, name = target.path.split(".")
    of_line = bool(within) and within[0] == "line"
    inner = within[1:] if of_line else within

    def write(subject: Subject, value: Any) -> bool:
        root: Any = subject.line if of_line else subject.content
        holder = getattr(root, inner[0]) if inner else root
        if holder is None:
            raise RuleFailedError(f"{target.path} cannot be set: the claim has no {inner[0]}")
        if getattr(holder, name) == value:
            return False
        changed = holder.model_copy(update={name: value})
        changed = root.model_copy(update={inner[0]: changed}) if inner else changed
        if of_line:
            _put_line(subject, changed)
        else:
            subject.content = changed
        return True

    return write


def _put_line(subject: Subject, line: ContentLine) -> None:
    """Change the line at hand; the claim's charge follows by the difference, so that a wrong sum stays wrong."""
    more = (line.charge_cents or 0) - (subject.line.charge_cents or 0)
    subject.put_line(line)
    _charge_more(subject, more)


def _charge_more(subject: Subject, more: int) -> None:
    total = subject.content.charge_cents
    if more and total is not None:
        subject.content = subject.content.model_copy(update={"charge_cents": total + more})


def _add(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    if document["add"] == "diagnoses":
        return _add_diagnosis(document, where, draft)
    target = _target(document["add"], where, draft, lists=True)
    value = literal(target.kind, document.get("value"), where, draft) if target else None
    if target is None or value is None:
        return None
    write, get, most = _writer(target), target.get, _MOST.get(target.path, _LIST_MAX)
    kept = int(value) if target.kind == "numbers" else value

    def act(subject: Subject) -> bool:
        values = get(subject) or ()
        if kept in values:
            return False
        if len(values) >= most:
            raise RuleFailedError(f"{target.path} is full: it holds at most {most}")
        return write(subject, (*values, kept))

    return Action("add", target.path, act)


def _add_diagnosis(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    code = literal("text", document.get("value"), where, draft)
    if code is None:
        return None
    added = DiagnosisCode(qualifier="ABF", code=code.replace(".", ""))

    def act(subject: Subject) -> bool:
        known = subject.content.diagnoses
        if any(one.code == added.code for one in known):
            return False
        if len(known) > _LIST_MAX:
            raise RuleFailedError(f"the claim has {len(known)} diagnoses already")
        subject.content = subject.content.model_copy(update={"diagnoses": (*known, added)})
        return True

    return Action("add", "diagnoses", act)


def _remove(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    if document["remove"] == "line":
        return _remove_line(where, draft)
    target = _target(document["remove"], where, draft, lists=True)
    value = literal(target.kind, document.get("value"), where, draft) if target else None
    if target is None or value is None:
        return None
    write, get = _writer(target), target.get
    return Action(
        "remove",
        target.path,
        lambda subject: write(subject, tuple(one for one in get(subject) or () if one != value)),
    )


def _remove_line(where: str, draft: Draft) -> Action | None:
    if not draft.line_bound:
        draft.fault(where, 'remove = "line" needs each = "line"')
        return None

    def act(subject: Subject) -> bool:
        assert subject.place is not None
        lines = subject.content.lines
        if len(lines) == 1:
            raise RuleFailedError("it would remove the claim's last line")
        kept = (*lines[: subject.place], *lines[subject.place + 1 :])
        subject.content = subject.content.model_copy(update={"lines": kept})
        _charge_more(subject, -(subject.line.charge_cents or 0))
        subject.line = None
        return True

    return Action("remove", "line", act)


def _add_line(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    given = document["add_line"]
    if not is_table(given) or set(given) - _ADDED_LINE or "procedure" not in given:
        draft.fault(where, f"give procedure and, if need be, {', '.join(sorted(_ADDED_LINE - {'procedure'}))}")
        return None
    procedure = literal("text", given["procedure"], where, draft)
    charge = literal("cents", given.get("charge_cents", 0), where, draft)
    units = literal("number", given.get("units", 1), where, draft)
    listed = given.get("modifiers", ())
    modifiers = tuple(literal("text", one, where, draft) for one in (listed if is_list(listed) else (None,)))
    if procedure is None or charge is None or units is None or None in modifiers:
        return None
    update = {
        "procedure_qualifier": "HC",
        "procedure": procedure,
        "modifiers": modifiers,
        "charge_cents": charge,
        "unit": "UN",
        "units": units,
        "drug": None,
        "prior_decisions": (),
    }
    return Action("add", "lines", lambda subject: _append_line(subject, update))


def _append_line(subject: Subject, update: Mapping[str, Any]) -> bool:
    """A new line after the last: dates, place and pointers are those of the line at hand, or of the first."""
    lines = subject.content.lines
    if not lines:
        raise RuleFailedError("a line can only be added to a claim that has one: its dates are taken from it")
    if len(lines) >= LINES_MAX:
        raise RuleFailedError(f"the claim has {LINES_MAX} lines already")
    numbers = {line.line_control_number for line in lines}
    fresh = next(f"R{n}" for n in range(1, LINES_MAX + 2) if f"R{n}" not in numbers)
    basis: ContentLine = subject.line or lines[0]
    added = basis.model_copy(update={**update, "number": str(len(lines) + 1), "line_control_number": fresh})
    subject.content = subject.content.model_copy(update={"lines": (*lines, added)})
    _charge_more(subject, added.charge_cents or 0)
    return True


def _price(document: Mapping[str, Any], where: str, draft: Draft) -> Action | None:
    schedule = document["price"]
    if not isinstance(schedule, str) or not 1 <= len(schedule) <= TEXT_MAX:
        draft.fault(where, "name a fee schedule")
        return None
    if not draft.line_bound:
        draft.fault(where, 'price needs each = "line"')
        return None

    def act(subject: Subject) -> bool:
        line: ContentLine = subject.line
        price = subject.prices(schedule, line, subject.content)
        if price is None:
            raise RuleFailedError(f"the fee schedule {schedule} has no price for this line on its day")
        if line.units is None:
            raise RuleFailedError("a line without units has no price")
        charge = _whole(price * line.units)
        if charge == line.charge_cents:
            return False
        _put_line(subject, line.model_copy(update={"charge_cents": charge}))
        return True

    return Action("price", "line.charge_cents", act)


ACTIONS: Mapping[str, tuple[ReadAction, frozenset[str]]] = {
    "hold": (_hold, frozenset({"at"})),
    "set": (_set, frozenset({"to"})),
    "tag": (_tag, frozenset()),
    "untag": (_untag, frozenset()),
    "add": (_add, frozenset({"value"})),
    "remove": (_remove, frozenset({"value"})),
    "add_line": (_add_line, frozenset()),
    "price": (_price, frozenset()),
}
