"""The steps of a dunning policy, and what makes a row of them impossible: loops, gaps, steps that nobody reaches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict

from services.collections.core.policy_conditions import ANYTHING, Condition, contradictions

LevelChannel: TypeAlias = Literal["letter", "email", "text", "phone", "portal"]
EndingAction: TypeAlias = Literal["placement", "legal_review", "write_off", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLevel:
    """One reminder, how many days after the first statement, or before (negative) or after the due date printed on it.

    `channels` are tried in their order, the next one where the one before cannot be used. `wait_days` is the least
    number of days after the contact before it, where that is more than the policy's gap. `when` must hold on the day it
    goes out, else it is passed over. `then` names the level or ending that follows it, where that is not the next one.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    day: int
    final: bool = False
    name: str = ""
    counts_from: Literal["statement", "due"] = "statement"
    channels: tuple[LevelChannel, ...] = ("letter",)
    template: str = ""
    wait_days: int = 0
    when: Condition = ANYTHING
    then: str = ""

    def days_after_statement(self, due_after_days: int) -> int:
        """The day it is planned for, where the statement's due date is the policy's."""
        return self.day + (due_after_days if self.counts_from == "due" else 0)

    @property
    def text(self) -> str:
        """The name of its template."""
        return self.template or ("final_notice" if self.final else "reminder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an account leaves the policy after its levels: the first ending whose condition holds, on its day.

    `day` counts from the first statement. `legal_review` and `person` ask a person, who places the account, gives the
    balance up, or lets the policy go on.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    action: EndingAction
    day: int
    name: str = ""
    agency_id: str = ""  # of a placement; empty: the policy's
    when: Condition = ANYTHING

    @property
    def title(self) -> str:
        return self.name or self.action


def title_of(level: ReminderLevel, number: int) -> str:
    """What a level is called: its name, or its number from 1."""
    return level.name or f"level {number}"


def following(levels: Sequence[ReminderLevel], reached: int) -> int:
    """Where the levels go on after the one reached (0: none): an index, past the end where an ending follows."""
    if reached == 0:
        return 0
    then = levels[reached - 1].then
    if not then:
        return reached
    return next((index for index, level in enumerate(levels) if level.name == then), len(levels))


def level_faults(
    levels: Sequence[ReminderLevel], endings: Sequence[Ending], *, letter_gap_days: int, due_after_days: int
) -> Iterator[str]:
    """Everything that is wrong with the steps of a policy: where, what, and what to do."""
    yield from _name_faults(levels, endings)
    for number, level in enumerate(levels, start=1):
        yield from (f"reminders: {title_of(level, number)}: {fault}" for fault in _own_faults(level, letter_gap_days))
    for ending in endings:
        yield from (f"endings: {ending.title}: when: {fault}" for fault in contradictions(ending.when))
        if ending.day < 1:
            yield f"endings: {ending.title}: day {ending.day} is not after the first statement; give 1 or more"
        if ending.agency_id and ending.action != "placement":
            yield f"endings: {ending.title}: only a placement has an agency; take agency_id out"
    yield from _order_faults(levels, letter_gap_days, due_after_days)
    yield from _way_faults(levels, endings, due_after_days)


def _name_faults(levels: Sequence[ReminderLevel], endings: Sequence[Ending]) -> Iterator[str]:
    names = [level.name for level in levels if level.name] + [ending.title for ending in endings]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"reminders: {name}: a name that is used twice; give each step its own"


def _own_faults(level: ReminderLevel, letter_gap_days: int) -> Iterator[str]:
    if not level.channels or len(set(level.channels)) != len(level.channels):
        yield "channels: name at least one, and each once"
    if level.counts_from == "statement" and level.day < 0:
        yield "day: before the statement nothing is owed yet; count from the due date, or give a later day"
    if level.wait_days and level.wait_days < letter_gap_days:
        yield f"wait_days: less than letter_gap_days ({letter_gap_days}), which holds anyway; raise it or take it out"
    yield from (f"when: {fault}" for fault in contradictions(level.when))


def _order_faults(levels: Sequence[ReminderLevel], letter_gap_days: int, due_after_days: int) -> Iterator[str]:
    """Days must rise; those that always go out leave each other their time."""
    days = [level.days_after_statement(due_after_days) for level in levels]
    if any(later < earlier for earlier, later in pairwise(days)) or any(day < letter_gap_days for day in days):
        yield "reminders: letter_gap_days or more after the letter before, the first after the statement"
        return
    always = [(0, 0), *((day, n) for n, day in enumerate(days, start=1) if levels[n - 1].when.is_empty)]
    for (earlier, _), (later, number) in pairwise(always):
        level = levels[number - 1]
        wait_days = max(letter_gap_days, level.wait_days)
        if later - earlier < wait_days:
            yield (
                f"reminders: {title_of(level, number)}: day {later} is less than {wait_days} days after the one before "
                f"(day {earlier}): letter_gap_days or more after the letter before, the first after the statement"
            )


def _way_faults(levels: Sequence[ReminderLevel], endings: Sequence[Ending], due_after_days: int) -> Iterator[str]:
    """Follow every way an account can take."""
    titles = [*(level.name for level in levels), *(ending.title for ending in endings)]
    for number, level in enumerate(levels, start=1):
        where = f"reminders: {title_of(level, number)}: then"
        if level.then and level.then not in titles:
            known = ", ".join(title for title in titles if title) or "none has a name"
            yield f"{where}: there is no step {level.then!r}; there are: {known}"
        elif level.then and titles.index(level.then) < number:
            yield f"{where}: {level.then!r} comes before it, a loop; name a later step"
        elif level.final and number < len(levels) and (not level.then or titles.index(level.then) < len(levels)):
            yield f"reminders: {title_of(level, number)}: only the last is the final notice; name an ending in then"
    if endings and not endings[-1].when.is_empty:
        gap = "a gap: whom it is not for stays open for ever; end with one without a condition"
        yield f"endings: {endings[-1].title}: {gap}"
    for ending in endings:
        if levels and ending.day < levels[-1].days_after_statement(due_after_days):
            yield f"endings: {ending.title}: day {ending.day} is before the last reminder; give a later day"
    reached = _reached(levels, endings)
    for index, title in enumerate(titles):
        if index not in reached:
            told = title_of(levels[index], index + 1) if index < len(levels) else title
            yield f"reminders: {told}: nobody gets there; change then or the conditions before it, or take it out"


def _reached(levels: Sequence[ReminderLevel], endings: Sequence[Ending]) -> frozenset[int]:
    """Which steps some account can reach: indexes of levels, then of endings."""
    steps: list[ReminderLevel | Ending] = [*levels, *endings]
    reached, ahead = set[int](), [0]
    while ahead:
        index = ahead.pop()
        if index >= len(steps) or index in reached:
            continue
        reached.add(index)
        step = steps[index]
        then = step.then if isinstance(step, ReminderLevel) else ""
        names = [*(level.name for level in levels), *(ending.title for ending in endings)]
        if then in names:
            ahead.append(names.index(then))
        if not step.when.is_empty or (isinstance(step, ReminderLevel) and not then):
            ahead.append(index + 1)
    return frozenset(reached)
