"""What the policy asks for next, and when. One pure function of policy and account; nothing is stored twice."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple

from services.collections.core.plan_days import plan_days, tell_on
from services.collections.core.policy import DunningPolicy, Ending, ReminderLevel
from services.collections.core.policy_charges import LateCharge
from services.collections.core.policy_conditions import Situation, hear
from services.collections.core.policy_levels import following
from services.collections.core.policy_standing import Standing
from services.collections.core.state import Account, Episode


class Action(IntEnum):
    """In the order in which they are taken when several fall on one day."""

    FOLLOW_UP = -1  # what became of a promise to pay
    COME_BACK = 0  # a collector's day has come
    RESUME = 1  # an exclusion ends
    PLAN_CHASE = 2  # ask a person what became of a charge
    PLAN_CHARGE = 3  # take an installment
    PLAN_MISS = 4
    BREAK_PLAN = 5
    PLAN_TELL = 6  # say that a plan is broken
    PLAN_REMIND = 7  # of an installment that is coming
    MARK_OVERDUE = 8
    CHARGE = 9  # interest or a late fee
    WRITE_OFF = 10
    REVIEW = 11  # ask a person what becomes of the account
    PLACE = 12
    REMIND = 13
    STATE = 14  # send a statement


DEMANDS = frozenset({Action.CHARGE, Action.REVIEW, Action.PLACE, Action.REMIND})
"""What waits while money of the guarantor is on its way."""
ENDS = {
    "placement": Action.PLACE,
    "legal_review": Action.REVIEW,
    "person": Action.REVIEW,
    "write_off": Action.WRITE_OFF,
}
"""The step of each ending."""


class Step(NamedTuple):
    """One thing to do, and the first calendar day (UTC) on which it may be done."""

    on: date
    action: Action


def next_step(policy: DunningPolicy | None, account: Account) -> Step | None:
    """The earliest step, or None when nothing is owed or everything waits for an answer.

    `policy` is the open episode's; None when no balance is open.
    """
    dunning = () if policy is None else unheld(account, agenda(policy, account))
    return min((*collectors_steps(policy, account), *dunning), default=None)


def collectors_steps(policy: DunningPolicy | None, account: Account) -> Iterator[Step]:
    """The day of a promise, when money on its way has had its time too, and the day for which work was put off."""
    desk = account.desk
    if desk.promise is not None:
        yield Step(max(desk.promise.follow_up_on, _cleared_on(policy, account)), Action.FOLLOW_UP)
    days = [day for day in (desk.put_off_until, desk.call_back_on) if day is not None]
    if days and account.episode is not None:
        yield Step(min(days), Action.COME_BACK)


def unheld(account: Account, steps: Iterable[Step]) -> Iterator[Step]:
    """Steps that the compliance gate does not hold, and held ones on the day on which it may be asked again."""
    for step in steps:
        hold = account.hold(step.action.name.lower())
        if hold is None:
            yield step
        elif hold.until is not None:
            yield step._replace(on=max(step.on, hold.until.date()))


def due_at(policy: DunningPolicy | None, account: Account) -> datetime | None:
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
    """Every step that is open now. What goes out waits while something is under way, or was just tried in vain.

    What demands money waits for money that is on its way, as long as the policy says; so does a repeated statement.
    """
    episode, exclusion = account.episode, account.standing.exclusion
    if episode is None:
        return
    if exclusion is not None:
        if exclusion.until is not None:
            yield Step(exclusion.until, Action.RESUME)
        return
    cleared_on = money_awaited_until(policy, account)
    for step in _silent_steps(policy, account, episode):
        yield _later(step, cleared_on) if step.action in DEMANDS else step
    if any(letter.episode == episode.number for letter in account.outgoing):
        return
    earliest_on = max(episode.retry_on or date.min, policy.not_before(account.account_id))
    if episode.first_statement_on is not None:
        earliest_on = max(earliest_on, cleared_on)
    for step in _letters(policy, account, episode):
        if step.action is Action.PLACE and tell_on(account) is not None:
            continue  # they hear first that the plan is broken
        floor_on = account.plans.not_placed_before if step.action is Action.PLACE else None
        yield _later(step, max(earliest_on, floor_on or date.min))


def situation(account: Account, opened_on: date) -> Situation:
    """What the conditions of a policy are asked about."""
    standing = account.standing
    return Situation(
        owed_cents=account.owed_cents,
        unpaid=account.claims,
        opened_on=opened_on,
        segment=standing.segment,
        practice=standing.practice,
        tags=frozenset(standing.tags),
        score=standing.score,
        last_payment_on=standing.last_payment_on,
        failed_payment=standing.failed_payment,
    )


def money_awaited_until(policy: DunningPolicy, account: Account) -> date:
    """Until when nothing is demanded: money is on its way, waits to be placed by a person, or was promised."""
    promise, cleared_on = account.desk.promise, _cleared_on(policy, account)
    return cleared_on if promise is None or not promise.rests else max(cleared_on, promise.follow_up_on)


def _cleared_on(policy: DunningPolicy | None, account: Account) -> date:
    if policy is None or not account.standing.pending:
        return date.min
    wait = timedelta(policy.pending_payment_wait_days)
    return max(one.since_on + wait for one in account.standing.pending)


class LevelAhead(NamedTuple):
    """A level that may still go out, its number from 1, and the first day on which it may."""

    number: int
    level: ReminderLevel
    on: date


def levels_ahead(policy: DunningPolicy, account: Account, episode: Episode) -> Iterator[LevelAhead]:
    """The levels that still may come, in order; one whose condition cannot hold any more is passed over."""
    if episode.first_statement_on is None or episode.last_letter_on is None:
        return
    asked = situation(account, episode.opened_on)
    for index in range(following(policy.reminders, episode.level), len(policy.reminders)):
        level = policy.reminders[index]
        window = hear(level.when, asked).window
        if window is None:
            continue
        rests_until = episode.last_letter_on + timedelta(max(policy.letter_gap_days, level.wait_days))
        on = max(planned_on(policy, episode, level), rests_until, window.begins)
        if on <= window.ends:
            yield LevelAhead(index + 1, level, on)


def planned_on(policy: DunningPolicy, episode: Episode, level: ReminderLevel) -> date:
    """The day of a level by the calendar alone. The due date is the one that the first statement printed."""
    assert episode.first_statement_on is not None, "reminders count from the first statement"
    due_on = episode.due_on or episode.first_statement_on + timedelta(policy.due_after_days)
    counts_from = due_on if level.counts_from == "due" else episode.first_statement_on
    return counts_from + timedelta(level.day + episode.rested_days)


def ending_of(policy: DunningPolicy, account: Account, episode: Episode) -> tuple[Ending, date] | None:
    """How the account leaves the policy as things stand, and when; None before the first statement.

    The last level may name its ending; else the first one whose condition can hold is taken.
    """
    first_on = episode.first_statement_on
    if first_on is None:
        return None
    then = policy.reminders[episode.level - 1].then if episode.level else ""
    asked = situation(account, episode.opened_on)
    for ending in policy.ways_out:
        planned = ending_on(policy, episode, first_on, ending)
        if then and ending.title == then:
            return ending, planned
        window = hear(ending.when, asked).window
        if not _is_named(policy, then) and window is not None and max(planned, window.begins) <= window.ends:
            return ending, max(planned, window.begins)
    return None


def ending_on(policy: DunningPolicy, episode: Episode, first_on: date, ending: Ending) -> date:
    """When the account may leave: never sooner after the final notice than the policy promised there.

    26 CFR 1.501(r)-6 wants 120 days from the first statement of each care before extraordinary collection actions.
    Placement alone is none, but an agency's next step may be, so the floor is kept here, for the newest charge too.
    """
    earliest = first_on + timedelta(ending.day + episode.rested_days)
    if ending.action not in {"placement", "legal_review"}:
        return earliest
    if episode.newest_stated_on is not None:
        earliest = max(earliest, episode.newest_stated_on + timedelta(policy.placement_floor_days))
    if episode.final_notice_on is not None:
        earliest = max(earliest, episode.final_notice_on + timedelta(policy.final_notice_days))
    return earliest


def agency_of(policy: DunningPolicy, account: Account, episode: Episode) -> str:
    """With whom the account is placed: the ending's own agency, else the policy's."""
    found = ending_of(policy, account, episode)
    return (found[0].agency_id if found is not None else "") or policy.agency_id


def level_due(
    policy: DunningPolicy, account: Account, episode: Episode, on: date
) -> tuple[int, ReminderLevel, tuple[int, ...]]:
    """The highest reminder whose day has come: its level, what it is, and the lower levels it makes needless."""
    passed = [ahead for ahead in levels_ahead(policy, account, episode) if ahead.on <= on]
    assert passed, "a reminder was taken before its day"
    number = passed[-1].number
    return number, passed[-1].level, tuple(range(episode.level + 1, number))


def _silent_steps(policy: DunningPolicy, account: Account, episode: Episode) -> Iterator[Step]:
    told_on = tell_on(account)
    if told_on is not None and episode.plan is None and episode.placement is None:
        yield Step(told_on, Action.PLAN_TELL)
    if episode.placement is not None:
        yield Step(episode.placement.placed_on + timedelta(policy.write_off_after_days), Action.WRITE_OFF)
    elif episode.plan is not None:
        for action, on in plan_days(episode.plan, account.owed_cents, policy.plan_grace_days):
            yield Step(on, Action[action])
    elif episode.due_on is not None and not episode.overdue:
        yield Step(episode.due_on + timedelta(1 + episode.rested_days), Action.MARK_OVERDUE)
    elif episode.due_on is not None:
        yield from (Step(on, Action.CHARGE) for on in charge_days(policy, account, episode.due_on).values())


def charge_days(policy: DunningPolicy, account: Account, due_on: date) -> dict[str, date]:
    """When each late charge of the policy is looked at next, by its name."""
    days = dict[str, date]()
    for charge in policy.late_charges:
        last = account.standing.charge(charge.name)
        first_days = charge.every_days if charge.kind == "interest" else 1
        begins = charged_from(account.standing, charge, due_on) + timedelta(first_days)
        days[charge.name] = begins if last is None else last.on + timedelta(charge.every_days)
    return days


def charged_from(standing: Standing, charge: LateCharge, due_on: date) -> date:
    """Since when a late charge that was not looked at yet counts."""
    return max(due_on + timedelta(charge.after_overdue_days), standing.charges_from or date.min)


def _letters(policy: DunningPolicy, account: Account, episode: Episode) -> Iterator[Step]:
    if episode.placement is not None:
        return
    first_on, last_on = episode.first_statement_on, episode.last_letter_on
    if first_on is None or last_on is None:
        yield Step(episode.opened_on, Action.STATE)
        return
    review = account.standing.review if episode.plan is None else None
    if review is not None:
        if review.decided == "place":
            yield Step(ending_on(policy, episode, first_on, _placing(policy)), Action.PLACE)
        elif review.until is not None:
            yield Step(review.until, Action.REVIEW)
        return
    has_grown = account.says_something_new(account.owed_cents)
    wait_days = policy.letter_gap_days if has_grown else policy.statement_every_days
    yield Step(last_on + timedelta(wait_days), Action.STATE)
    if episode.plan is not None:
        return
    reminder_on = min((ahead.on for ahead in levels_ahead(policy, account, episode)), default=None)
    if reminder_on is not None:
        yield Step(reminder_on, Action.REMIND)
        return
    ending = ending_of(policy, account, episode)
    assert ending is not None, "a policy has an ending for everybody"
    yield Step(ending[1], ENDS[ending[0].action])


def _placing(policy: DunningPolicy) -> Ending:
    """The placement that a person decided on: its day has come, its floors hold."""
    return Ending(action="placement", day=policy.placement_floor_days)


def _is_named(policy: DunningPolicy, then: str) -> bool:
    return bool(then) and any(ending.title == then for ending in policy.ways_out)


def _later(step: Step, on: date) -> Step:
    return step if step.on >= on else step._replace(on=on)
