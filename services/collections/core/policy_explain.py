"""Why an account is where it is in its policy: which policy and why, what is next, and why not something else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.collections.core.policy import Considered, DunningPolicy, PolicyBook
from services.collections.core.policy_conditions import dollars, hear
from services.collections.core.policy_levels import following, title_of
from services.collections.core.schedule import (
    DEMANDS,
    agenda,
    ending_of,
    levels_ahead,
    money_awaited_until,
    next_step,
    planned_on,
    situation,
)
from services.collections.core.state import Account, Episode


@dataclass(frozen=True, slots=True)
class Told:
    """One level or ending: what it is called, where the account is with it, and the sentences that say why."""

    step: str
    standing: str  # sent, passed_over, next, later, not_met, ending
    on: date | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One account under its policy on a day."""

    policy: str
    considered: tuple[Considered, ...]
    next_action: str
    next_on: date | None
    waits_for: tuple[str, ...]
    steps: tuple[Told, ...]


def explain(book: PolicyBook, tenant: str, account: Account, on: date) -> Explanation | None:
    """What the policy does with an account; None when nothing is owed."""
    episode = account.episode
    if episode is None:
        return None
    policy = book.named(episode.policy)
    step = next_step(policy, account)
    return Explanation(
        policy=policy.name,
        considered=book.choose(tenant, episode.opened_on, situation(account, episode.opened_on)).considered,
        next_action="" if step is None else step.action.name.lower(),
        next_on=None if step is None else step.on,
        waits_for=tuple(waits(policy, account, on)),
        steps=(*_levels(policy, account, episode, on), *_ending(policy, account, episode)),
    )


def waits(policy: DunningPolicy, account: Account, on: date) -> Iterator[str]:
    """Everything that keeps the account from its next step, beside the calendar."""
    standing, episode = account.standing, account.episode
    if standing.exclusion is not None:
        excluded = standing.exclusion
        until = excluded.until or "further notice"
        yield f"excluded since {excluded.since_on} ({excluded.reason}), until {until}"
    if standing.review is not None and not standing.review.decided:
        yield f"a person decides: {standing.review.action}, asked on {standing.review.asked_on}"
    if episode is not None and episode.plan is not None:
        yield "a payment plan is kept"
    if episode is not None and episode.placement is not None:
        yield f"with agency {episode.placement.agency_id} since {episode.placement.placed_on}"
    for letter in account.outgoing:
        yield f"{letter.kind} is under way"
    yield from _money_awaited(policy, account, on)
    if policy.not_before(account.account_id) > on:
        yield f"its share of the policy's first days comes on {policy.not_before(account.account_id)}"
    for hold in account.holds:
        yield f"{hold.action} is held by {hold.rule} until {hold.until or 'something else is learned'}"


def _money_awaited(policy: DunningPolicy, account: Account, on: date) -> Iterator[str]:
    """Payments on their way, and a promise that rests dunning."""
    if money_awaited_until(policy, account) > on:
        for one in account.standing.pending:
            what = "waits to be placed" if one.unapplied else "is on its way"
            yield f"a payment of {dollars(one.cents)} {what} since {one.since_on}"
    promise = account.desk.promise
    if promise is not None and promise.rests and promise.follow_up_on > on:
        yield f"{dollars(promise.promised_cents)} is promised for {promise.promised_for}"


def is_warned(policy: DunningPolicy, account: Account, on: date) -> bool:
    """Whether a demand is due but waits for money on its way: what a person should look at before reminding."""
    if money_awaited_until(policy, account) <= on:
        return False
    return any(step.action in DEMANDS for step in agenda(policy, account))


def _levels(policy: DunningPolicy, account: Account, episode: Episode, on: date) -> Iterator[Told]:
    ahead = {one.number: one.on for one in levels_ahead(policy, account, episode)}
    next_on = min(ahead.values(), default=None)
    asked = situation(account, episode.opened_on)
    first_open = following(policy.reminders, episode.level) + 1
    for number, level in enumerate(policy.reminders, start=1):
        title, reasons = title_of(level, number), hear(level.when, asked).reasons(on)
        if number == episode.level:
            yield Told(title, "sent", None, reasons)
        elif number < first_open:
            yield Told(title, "passed_over", None, reasons)
        elif number in ahead:
            day = ahead[number]
            why = f"planned for {planned_on(policy, episode, level)}"
            yield Told(title, "next" if day == next_on else "later", day, (why, *reasons))
        elif episode.first_statement_on is None:
            yield Told(title, "later", None, ("days count from the first statement", *reasons))
        else:
            yield Told(title, "not_met", None, reasons)


def _ending(policy: DunningPolicy, account: Account, episode: Episode) -> Iterator[Told]:
    found = ending_of(policy, account, episode)
    asked = situation(account, episode.opened_on)
    for ending in policy.ways_out:
        is_it = found is not None and found[0] == ending
        reasons = hear(ending.when, asked).reasons(episode.opened_on)
        yield Told(ending.title, "ending" if is_it else "not_met", found[1] if is_it and found else None, reasons)
