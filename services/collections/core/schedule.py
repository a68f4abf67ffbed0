"""What the policy asks for next, and when. One pure function of policy and account; nothing is stored twice."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple

from services.collections.core.policy import DunningPolicy, ReminderLevel
from services.collections.core.state import Account, Episode


class Action(IntEnum):
    """In the order in which they are taken when several fall on one day."""

    BREAK_PLAN = 1
    MARK_OVERDUE = 2
    WRITE_OFF = 3
    PLACE = 4
    REMIND = 5
    STATE = 6  # send a statement


class Step(NamedTuple):
    """One thing to do, and the first calendar day (UTC) on which it may be done."""

    on: date
    action: Action


def next_step(policy: DunningPolicy, account: Account) -> Step | None:
    """The earliest step, or None when nothing is owed or everything waits for an answer."""
    return min(unheld(account, agenda(policy, account)), default=None)


def unheld(account: Account, steps: Iterable[Step]) -> Iterator[Step]:
    """Steps that the compliance gate does not hold, and held ones on the day on which it may be asked again."""
    for step in steps:
        hold = account.hold(step.action.name.lower())
        if hold is None:
            yield step
        elif hold.until is not None:
            yield step._replace(on=max(step.on, hold.until.date()))


def due_at(policy: DunningPolicy, account: Account) -> datetime | None:
    """Midnight UTC of the next step's day.

    Always later than the last deadline that was worked off: the message of a deadline derives its id from it, so the
    same deadline must not come twice.
    """
    step = next_step(policy, account)
    if step is None:
        return None
    on = step.on if account.worked_on is None else max(step.on, account.worked_on + timedelta(1))
    return datetime.combine(on, time.min, UTC)


def agenda(policy: DunningPolicy, account: Account) -> Iterator[Step]:
    """Every step that is open now. What goes out waits while something is under way, or was just tried in vain."""
    episode = account.episode
    if episode is None:
        return
    yield from _silent_steps(policy, account, episode)
    if any(letter.episode == episode.number for letter in account.outgoing):
        return
    for step in _letters(policy, account, episode):
        yield step if episode.retry_on is None else step._replace(on=max(step.on, episode.retry_on))


def _silent_steps(policy: DunningPolicy, account: Account, episode: Episode) -> Iterator[Step]:
    if episode.placement is not None:
        yield Step(episode.placement.placed_on + timedelta(policy.write_off_after_days), Action.WRITE_OFF)
    elif episode.plan is not None:
        unpaid = episode.plan.first_unpaid(account.owed_cents)
        if unpaid is not None:
            yield Step(unpaid[0].due_on + timedelta(policy.plan_grace_days + 1), Action.BREAK_PLAN)
    elif episode.due_on is not None and not episode.overdue:
        yield Step(episode.due_on + timedelta(1 + episode.rested_days), Action.MARK_OVERDUE)


def _letters(policy: DunningPolicy, account: Account, episode: Episode) -> Iterator[Step]:
    if episode.placement is not None:
        return
    first_on, last_on = episode.first_statement_on, episode.last_letter_on
    if first_on is None or last_on is None:
        yield Step(episode.opened_on, Action.STATE)
        return
    has_grown = account.owed_cents > episode.stated_cents
    wait_days = policy.letter_gap_days if has_grown else policy.statement_every_days
    yield Step(last_on + timedelta(wait_days), Action.STATE)
    if episode.plan is not None:
        return
    levels = policy.reminders[episode.level :]
    if levels:
        planned_on = first_on + timedelta(levels[0].day + episode.rested_days)
        yield Step(max(planned_on, last_on + timedelta(policy.letter_gap_days)), Action.REMIND)
    else:
        yield Step(placement_on(policy, episode, first_on), Action.PLACE)


def placement_on(policy: DunningPolicy, episode: Episode, first_on: date) -> date:
    """When the account may be placed: never sooner after the final notice than the policy promised there.

    26 CFR 1.501(r)-6 wants 120 days from the first statement of each care before extraordinary collection actions.
    Placement alone is none, but an agency's next step may be, so the floor is kept here, for the newest charge too.
    """
    earliest = first_on + timedelta(policy.placement_after_days + episode.rested_days)
    if episode.newest_stated_on is not None:
        earliest = max(earliest, episode.newest_stated_on + timedelta(policy.placement_floor_days))
    if episode.final_notice_on is not None:
        earliest = max(earliest, episode.final_notice_on + timedelta(policy.final_notice_days))
    return earliest


def level_due(policy: DunningPolicy, episode: Episode, on: date) -> tuple[int, ReminderLevel, tuple[int, ...]]:
    """The highest reminder whose day has come: its level, what it is, and the lower levels it makes needless."""
    assert episode.first_statement_on is not None, "reminders count from the first statement"
    age_days = (on - episode.first_statement_on).days - episode.rested_days
    passed = [n for n, level in enumerate(policy.reminders, start=1) if n > episode.level and level.day <= age_days]
    assert passed, "a reminder was taken before its day"
    return passed[-1], policy.reminders[passed[-1] - 1], tuple(passed[:-1])
