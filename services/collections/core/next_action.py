"""What a collector does next about an account: by which way the gate allows it now, and when else and why not.

Pure: the account, the gate's rules, the order of work and the moment are all that is heard. Nothing is kept: before a
contact the gate is asked again, and that answer is.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.collections.core.asking import (
    SPOKEN,
    Asker,
    Plea,
    contact_wish,
    judge_wish,
    reaches_of,
)
from services.collections.core.gate import Purpose, Verdict
from services.collections.core.messages import Channel
from services.collections.core.person import Reach
from services.collections.core.state import Account
from services.collections.core.work_policy import CauseName, WorkPolicy
from services.collections.core.work_rank import Rank

TRIES_MAX = 6
DECIDES: Mapping[CauseName, str] = {
    "complaint": "answer_complaint",
    "dispute": "answer_dispute",
    "breach": "look_into_breach",
    "review": "decide_review",
    "undelivered": "find_address",
    "held": "learn_what_is_missing",
    "plan_work": "look_at_plan",
    "other_work": "look_at_work",
}
"""What is done at the desk, before anybody is contacted for money."""


class Way(NamedTuple):
    """One way to reach the person, as the gate answers about it.

    `next_at`: the first moment at which it is allowed, now at the earliest; None where time alone never helps.
    `because`: the rules that forbid it now, each with its reason and source.
    """

    channel: Channel
    reach_id: str
    kind: str
    allowed: bool
    next_at: datetime | None
    because: tuple[tuple[str, str, str], ...]
    worked_before: bool


class NextAction(NamedTuple):
    """The proposal. `way` is the best way that is allowed now; None where there is none, or nothing to ask for."""

    action: str
    why: str
    way: Way | None
    ways: tuple[Way, ...]
    next_at: datetime | None


def next_action(asker: Asker, policy: WorkPolicy, account: Account, rank: Rank | None) -> NextAction:
    """What to do now. Work at the desk comes first; then a contact, by the best way that the gate allows."""
    ways = tuple(sorted(ways_of(asker, policy, account), key=lambda way: _preference(policy, way)))
    free = next((way for way in ways if way.allowed), None)
    next_at = min((way.next_at for way in ways if way.next_at is not None), default=None)
    cause = None if rank is None else rank.cause
    why = "" if rank is None else rank.reasons[0].why
    if cause is not None and cause in DECIDES:
        return NextAction(DECIDES[cause], why, None, ways, next_at)
    if account.owed_cents <= 0:
        return NextAction("nothing", "nothing is owed", None, ways, None)
    promise = account.desk.promise
    if promise is not None:
        told = f"a promise for {promise.promised_for} is open until {promise.follow_up_on}"
        return NextAction("wait", told, None, ways, next_at)
    if free is not None:
        return NextAction("contact", why or "a balance is open", free, ways, next_at)
    if next_at is not None:
        return NextAction(
            "wait", f"no contact is allowed before {next_at.isoformat(timespec='minutes')}", None, ways, next_at
        )
    return NextAction("nothing", "no contact is allowed, and time alone does not help", None, ways, None)


def ways_of(asker: Asker, policy: WorkPolicy, account: Account) -> Iterator[Way]:
    """Every way that is known, and what the gate says of it at the moment."""
    for channel in policy.channel_order:
        for reach in reaches_of(account, channel):
            yield _way(asker, account, channel, reach)


def _way(asker: Asker, account: Account, channel: Channel, reach: Reach) -> Way:
    plea = Plea(action="contact", channels=(channel,), purpose=Purpose.COLLECTION)
    first = _judged(asker, account, plea, channel, reach, asker.at)
    next_at, verdict = asker.at, first
    for _ in range(TRIES_MAX):
        if verdict.allowed or verdict.earliest is None or verdict.earliest <= next_at:
            break
        next_at = verdict.earliest
        verdict = _judged(asker, account, plea, channel, reach, next_at)
    return Way(
        channel=channel,
        reach_id=reach.id,
        kind=reach.kind,
        allowed=first.allowed,
        next_at=next_at if verdict.allowed else None,
        because=tuple((one.rule, one.reason, one.source) for one in first.blocks),
        worked_before=any(one.reach_id == reach.id and one.outcome in SPOKEN for one in account.contacts),
    )


def _judged(asker: Asker, account: Account, plea: Plea, channel: Channel, reach: Reach, at: datetime) -> Verdict:
    return judge_wish(asker, account, contact_wish(plea, channel, reach, at), "contact")[1]


def _preference(policy: WorkPolicy, way: Way) -> tuple[bool, bool, int]:
    """What is allowed first, then what has worked before, then the house's order."""
    return not way.allowed, not way.worked_before, policy.channel_order.index(way.channel)
