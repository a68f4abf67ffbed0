"""Rules as data: read once into functions, then run over claims. Pure, and bounded whatever a rule says.

Rules run in the order of their priority, then of their ids. What one changes, those after it see; and because a later
rule may change what an earlier one asked about, all of them run again until none changes anything, at most
`PASSES_MAX` times. The holds are those of the last run, so judging the result again says the same. Rules that never
come to rest hold the claim, as does a rule that fails: it is undone, and its sentence says why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, cast

from shared.contracts import HoldReason

from .content import ClaimContent
from .rules_actions import Action
from .rules_fields import Field
from .rules_operands import Test
from .rules_outcome import NOTHING_SAID, Explained, Judged
from .rules_subject import Prices, RuleFailedError, Subject, no_prices

PASSES_MAX = 5
HOLDS_MAX = 20
"""Of one rule for one claim: a claim of a thousand lines is not told the same thing a thousand times."""
UNSETTLED = "rules-unsettled"
_TYPE_NAMES = {"P": "professional", "I": "institutional", "D": "dental"}
CLAIM_TYPES = frozenset(_TYPE_NAMES.values())


@dataclass(frozen=True, slots=True)
class Branch:
    """One `if` or `else` of a rule: what it asks (None asks nothing), what it does, and what it reads."""

    test: Test | None
    actions: tuple[Action, ...]
    reads: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it runs. Empty `payers` and `claim_types` are all of them; `valid_to` is the last day."""

    id: str
    version: int
    title: str
    source: str
    owner: str
    valid_from: date
    branches: tuple[Branch, ...]
    valid_to: date | None = None
    priority: int = 500
    waivable: bool = False
    payers: frozenset[str] = frozenset()
    claim_types: frozenset[str] = frozenset()
    each_line: bool = False

    def concerns(self, payer_id: str, claim_type: str, day: date) -> bool:
        """Whether the rule is in force for such a claim on a day."""
        return (
            self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
            and (not self.payers or payer_id in self.payers)
            and (not self.claim_types or claim_type in self.claim_types)
        )


class RuleSet:
    """Rules in the order they run. Which of them concern a kind of claim on a day is found once."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.priority, rule.id, rule.version)))
        self.for_claims = lru_cache(maxsize=1024)(self._for_claims)

    def _for_claims(self, payer_id: str, claim_type: str, day: date) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.concerns(payer_id, claim_type, day))


class Outcome(NamedTuple):
    """The claim as the rules left it, and what they say of it."""

    content: ClaimContent
    judged: Judged


def claim_type(content: ClaimContent) -> str:
    """What a rule's `claim_types` may name: which of the three guides the claim follows."""
    return _TYPE_NAMES[content.claim_type]


def evaluate(
    rules: RuleSet, content: ClaimContent, received_on: date, day: date | None = None, prices: Prices = no_prices
) -> Outcome:
    """Run the rules in force on `day`: the first day of service where it is not given, or else the day of receipt."""
    day = day or content.service_from or received_on
    concerned = rules.for_claims(content.payer_id, claim_type(content), day)
    if not concerned:
        return Outcome(content, NOTHING_SAID)
    return _run(concerned, Subject(content, received_on, prices))


def _run(rules: Sequence[Rule], subject: Subject) -> Outcome:
    changes: list[Explained] = []
    said = _Said()
    for _ in range(PASSES_MAX):
        said = _Said()
        for rule in rules:
            _carry_out(rule, subject, said)
        changes += said.changes
        if not said.changes:
            return _outcome(subject, changes, said)
    said.unsettled()
    return _outcome(subject, changes, said)


def _outcome(subject: Subject, changes: list[Explained], said: "_Said") -> Outcome:
    if not (changes or said.holds):
        return Outcome(subject.content, NOTHING_SAID)
    judged = Judged(
        holds=tuple(said.holds),
        waivable=tuple(sorted(said.waivable)),
        tags=subject.tags,
        explained=(*dict.fromkeys(changes), *said.reasons),
    )
    return Outcome(subject.content, judged)


class _Said:
    """What one run of all rules said."""

    def __init__(self) -> None:
        self.holds: list[HoldReason] = []
        self.waivable: set[str] = set()
        self.reasons: list[Explained] = []
        self.changes: list[Explained] = []

    def unsettled(self) -> None:
        """The rules undo each other's work: nobody can say what the claim should be."""
        rules = ", ".join(dict.fromkeys(one.rule for one in self.changes))
        message = f"These rules keep changing what the others set, so the claim waits: {rules}. Correct the rules."
        self.holds.append(HoldReason(rule=UNSETTLED, field="claim", message=message))
        self.reasons.append(Explained(rule=UNSETTLED, source="the rules themselves", did="failed", at="claim"))


def _carry_out(rule: Rule, subject: Subject, said: _Said) -> None:
    """Run one rule; when it fails, as if it had never run, but the claim is held."""
    if _says_nothing(rule, subject):
        return
    content, tags = subject.content, subject.tags
    here = len(said.holds), len(said.reasons), len(said.changes)
    try:
        if rule.each_line:
            _over_lines(rule, subject, said)
        else:
            _first_that_holds(rule, subject, said)
    except (RuleFailedError, ArithmeticError) as error:
        subject.content, subject.tags = content, tags
        del said.holds[here[0] :], said.reasons[here[1] :], said.changes[here[2] :]
        _failed(
            rule, subject, said, str(error) if isinstance(error, RuleFailedError) else "its arithmetic has no result"
        )
    finally:
        subject.line = subject.place = None


def _says_nothing(rule: Rule, subject: Subject) -> bool:
    """Whether no branch holds: the way most rules go, so it is the short one. What fails is not silent."""
    tests = [branch.test for branch in rule.branches]
    try:
        if not rule.each_line:
            return all(test is not None and not test(subject) for test in tests)
        subject.spend(len(subject.content.lines))
        for place, line in enumerate(subject.content.lines):
            subject.place, subject.line = place, line
            for test in tests:
                if test is None or test(subject):
                    return False
    except (RuleFailedError, ArithmeticError):
        return False
    else:
        return True
    finally:
        subject.line = subject.place = None


def _failed(rule: Rule, subject: Subject, said: _Said, why: str) -> None:
    at = "claim" if subject.place is None else f"lines[{subject.place}]"
    message = f"The rule “{rule.title}” could not be carried out: {why}. Mend the claim or the rule."
    said.holds.append(HoldReason(rule=rule.id, field=at, message=message))
    said.reasons.append(Explained(rule=rule.id, version=rule.version, source=rule.source, did="failed", at=at))
    if rule.waivable:
        said.waivable.add(rule.id)


def _over_lines(rule: Rule, subject: Subject, said: _Said) -> None:
    place = 0
    count = len(subject.content.lines)  # a line that the rule adds is not looked at in this run
    subject.spend(count)
    for _ in range(count):
        subject.place, subject.line = place, subject.content.lines[place]
        _first_that_holds(rule, subject, said)
        place += subject.line is not None  # the rule may have removed it


def _first_that_holds(rule: Rule, subject: Subject, said: _Said) -> None:
    for branch in rule.branches:
        if branch.test is None or branch.test(subject):
            for action in branch.actions:
                if rule.each_line and subject.line is None:
                    raise RuleFailedError("it removes a line and then goes on with it")
                _do(rule, branch, action, subject, said)
            return


def _do(rule: Rule, branch: Branch, action: Action, subject: Subject, said: _Said) -> None:
    values = _values(branch.reads, subject) if action.did == "hold" or branch.reads else ()
    at = _place(action.at, subject)
    if not action.act(subject):
        return
    explained = Explained(rule=rule.id, version=rule.version, source=rule.source, did=action.did, at=at, values=values)
    if action.did != "hold":
        said.changes.append(explained)
        return
    if sum(hold.rule == rule.id for hold in said.holds) < HOLDS_MAX:
        said.holds.append(HoldReason(rule=rule.id, field=at, message=action.sentence))
        said.reasons.append(explained)
        if rule.waivable:
            said.waivable.add(rule.id)


def _place(path: str, subject: Subject) -> str:
    if subject.place is None:
        return path
    first, _, rest = path.partition(".")
    return f"lines[{subject.place}]{'.' if rest else ''}{rest}" if first == "line" else path


def _values(reads: Sequence[Field], subject: Subject) -> tuple[tuple[str, str], ...]:
    return tuple((_place(field.path, subject), _shown(field, field.get(subject))) for field in reads)


def _shown(field: Field, value: Any) -> str:
    if value is None or value in ("", ()):
        return "absent"
    if not field.shown:
        return "present"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in cast("Sequence[Any]", value))
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def with_version(rule: Rule, version: int, valid_from: date | None = None, valid_to: date | None = None) -> Rule:
    """The rule as an activation puts it into force: not before its own first day, nor after its own last."""
    first = max(rule.valid_from, valid_from or rule.valid_from)
    ends = [day for day in (rule.valid_to, valid_to) if day is not None]
    return replace(rule, version=version, valid_from=first, valid_to=min(ends, default=None))


def circles(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Rules that would go on for ever: each a sentence naming the fields that are set from each other, and by whom."""
    edges: dict[str, set[str]] = {}
    setters: dict[str, set[str]] = {}
    for rule in rules:
        for target, source in (pair for b in rule.branches for action in b.actions for pair in action.derives):
            edges.setdefault(target, set()).add(source)
            setters.setdefault(target, set()).add(rule.id)
    found = {tuple(sorted(circle)) for start in edges if (circle := _circle(edges, start))}
    return tuple(
        f"{' and '.join(circle)} would be set from each other without end "
        f"(by {', '.join(sorted({rule for one in circle for rule in setters[one]}))})"
        for circle in sorted(found)
    )


def _circle(edges: Mapping[str, set[str]], start: str) -> set[str]:
    """The fields on a way from `start` back to itself; empty when there is none."""
    reached: set[str] = set()
    ahead = set(edges.get(start, ()))
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead |= edges.get(one, set())
    if start not in reached:
        return set()
    return {one for one in (*reached, start) if one in edges and _leads_to(edges, one, start)}


def _leads_to(edges: Mapping[str, set[str]], first: str, last: str) -> bool:
    ahead, seen = {first}, set[str]()
    while ahead:
        one = ahead.pop()
        if last in edges.get(one, set()):
            return True
        seen.add(one)
        ahead |= edges.get(one, set()) - seen
    return False
