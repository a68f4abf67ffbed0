"""In which queue an account is, in which band, and why: a pure function of the account and the dated order of work.

A *cause* brings an account before a person: something they must answer or do. What is owed, how far dunning has come
and the propensity to pay only add points. Without a cause there is nothing to do by hand, and it is in no queue.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from services.collections.core.asking import SPOKEN
from services.collections.core.person_evolve import BLOCKED
from services.collections.core.policy_conditions import dollars
from services.collections.core.state import Account
from services.collections.core.work_policy import CauseName, Stage, WorkBook, WorkPolicy, points_at
from services.collections.core.work_state import NOT_KEPT
from shared.decider import Scalar

BREACH = "breach"
UNDELIVERED = frozenset({"statement", "reminder", "placement", "recall", "notice"})
"""How work begins that a failed delivery left."""


PLANS: Mapping[str, str] = {
    "plan: approve": "terms of a plan or settlement wait for a second person",
    "autopay: no answer": "nobody knows what became of a charge",
}
"""What a plan wants of a person, in a sentence; what is not here says that the plan is not charged any more."""


class Reason(NamedTuple):
    """One thing that counts, what it is worth, and a sentence that says it."""

    name: str
    points: int
    why: str


class Rank(NamedTuple):
    """Where an account is in the collectors' work. `as_of`: the day of the newest that is known of it."""

    queue: str
    band: int
    points: int
    cause: CauseName
    reasons: tuple[Reason, ...]
    version: str
    as_of: date


def rank(book: WorkBook, account: Account) -> Rank | None:
    """Where the account is; None when there is nothing for a person to do."""
    causes = dict(causes_of(account))
    is_overdue = account.episode is not None and account.episode.overdue
    if not causes and not is_overdue:
        return None
    on = newest_day(account)
    if _waits(account, on):
        return None
    policy = book.on(account.desk.tenant, on)
    if is_overdue and _is_open_to_work(account) and account.owed_cents >= policy.high_balance_cents:
        causes["high_balance"] = f"{dollars(account.owed_cents)} is overdue"
    found = [one for one in policy.causes if one.name in causes]
    if not found:
        return None
    reasons = (
        *(Reason(one.name, one.points, causes[one.name]) for one in found),
        *_weights(policy, account, on),
    )
    points = sum(one.points for one in reasons)
    return Rank(found[0].queue, policy.band(points), points, found[0].name, reasons, policy.name, on)


def newest_day(account: Account) -> date:
    """The newest day of which something is known: what is asked about time is asked as of then."""
    days = [account.worked_on, account.desk.changed_on, account.desk.came_back_on, account.standing.last_payment_on]
    if account.contacts:
        days.append(account.contacts[-1].contacted_at.date())
    if account.episode is not None:
        days.append(account.episode.opened_on)
    return max((day for day in days if day is not None), default=date.min)


def causes_of(account: Account) -> Iterator[tuple[CauseName, str]]:
    """Everything that waits for a person, and a sentence for each."""
    for complaint in account.desk.open_complaints:
        yield "complaint", f"a complaint ({complaint.kind}) of {complaint.received_on} has no answer"
    for dispute in account.debt.open_disputes:
        yield "dispute", f"a dispute ({dispute.kind}) of {dispute.received_on} is open"
    yield from _work(account)
    plan_work = account.plan_work
    if plan_work is not None:
        yield "plan_work", PLANS.get(plan_work, f"the plan is not charged any more: {plan_work}")
    if not _is_open_to_work(account):
        return
    past = account.desk.last_promise
    if (
        past is not None
        and past.outcome in NOT_KEPT
        and account.desk.broken
        and not _spoken_since(account, past.ended_on)
    ):
        how = "only in part" if past.outcome == "partly" else "not"
        yield "broken_promise", f"{dollars(past.promised_cents)} promised for {past.promised_for} was {how} paid"
    if account.desk.came_back_on is not None:
        yield "call_back", f"its day came on {account.desk.came_back_on}"
    for task in account.call_tasks:
        yield "call_asked", f"a call is asked for since {task.asked_on}"
    if account.standing.failed_payment:
        yield "failed_payment", f"the last payment failed: {account.standing.failed_payment}"


def _work(account: Account) -> Iterator[tuple[CauseName, str]]:
    """What the account's own work says."""
    work = account.work
    if work is None:
        return
    kind = work.split(":", 1)[0]
    if kind == BREACH:
        yield "breach", f"a contact was made against the gate: {work.removeprefix('breach: ')}"
    elif kind == "review":
        yield "review", f"a person decides: {work.removeprefix('review: ')}"
    elif kind in UNDELIVERED:
        yield "undelivered", f"{work.replace(': ', ' could not go out: ')}"
    elif work.startswith(BLOCKED):
        yield "held", f"the gate holds {work.removeprefix(BLOCKED)}, and time alone does not help"
    else:
        yield "other_work", work


def _waits(account: Account, on: date) -> bool:
    """Put off by a collector, and nothing that cannot wait."""
    until = account.desk.put_off_until
    return until is not None and on < until and not account.desk.open_complaints


def _is_open_to_work(account: Account) -> bool:
    """Whether asking for money is ours to do: owed, no plan kept, not at an agency, not excluded, nothing promised."""
    episode = account.episode
    if episode is None or episode.plan is not None or episode.placement is not None:
        return False
    return account.standing.exclusion is None and account.desk.promise is None and account.owed_cents > 0


def _spoken_since(account: Account, on: date) -> bool:
    return any(one.outcome in SPOKEN and one.contacted_at.date() >= on for one in reversed(account.contacts))


def _weights(policy: WorkPolicy, account: Account, on: date) -> Iterator[Reason]:
    owed_points = points_at(policy.balance_points, max(0, account.owed_cents))
    if owed_points:
        yield Reason("balance", owed_points, f"{dollars(account.owed_cents)} is owed")
    stage = stage_of(account)
    if stage is not None and policy.stage_points.get(stage):
        yield Reason(stage, policy.stage_points[stage], STAGES[stage])
    score = account.standing.score
    if score is not None and on <= score.scored_on + timedelta(policy.score_within_days):
        score_points = points_at(policy.score_points, score.value)
        if score_points:
            yield Reason("propensity", score_points, f"a propensity to pay of {score.value}, of {score.scored_on}")


STAGES: Mapping[Stage, str] = {
    "overdue": "the due date has passed",
    "reminded": "a reminder has gone out",
    "final": "the final notice has gone out",
}


def stage_of(account: Account) -> Stage | None:
    """How far dunning has come."""
    episode = account.episode
    if episode is None:
        return None
    if episode.final_notice_on is not None:
        return "final"
    return "reminded" if episode.level else "overdue" if episode.overdue else None


def work_index(book: WorkBook, account: Account) -> Mapping[str, Scalar]:
    """What collectors' lists select by."""
    desk = account.desk
    owner, touched = desk.owner, None if desk.changed_on is None else f"{desk.changed_on:%Y-%m}"
    found = rank(book, account) if book else None
    if found is None:
        return {"owned": bool(owner), "touched": touched}
    return {
        "owned": bool(owner),
        "touched": touched,
        "band": found.band,
        "queue_band": f"{found.queue}:{found.band}",
        "owner_band": f"{owner}:{found.band}" if owner else None,
        "free_band": None if owner else found.band,
        "free_queue_band": None if owner else f"{found.queue}:{found.band}",
    }
