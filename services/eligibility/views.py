"""What callers see of checks: no sealed field leaves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.eligibility.core import Check, CheckFact, Inquire, Outcome
from services.eligibility.core.check_facts import AttemptFailed, CheckAnswered, OtherCoverageSeen
from services.eligibility.core.check_messages import AwaitBatch
from services.eligibility.rejections import Advice
from shared.decider import Entry, Pending, Snapshot

WHY_UNKNOWN = {
    "unavailable": "The payer did not answer.",
    "rejected": "The payer refused the inquiry: see what to do about each rejection.",
    "unreadable": "The payer's answer could not be read.",
    "no_benefit_stated": "The payer's answer does not say whether coverage is in force.",
    "not_asked": "The payer was not asked.",
}
MORE = {
    "no_real_time_eligibility": "It takes no inquiries in real time: call it, or put the patient on the nightly list.",
    "no_batch_eligibility": "It takes no files of inquiries: ask in real time, or call it.",
    "unknown_payer": "The payer directory does not know it: check the payer's identifier, or add it to the directory.",
    "dates_exclude_service_date": "It calls the coverage active, for dates that leave out the service date: call it.",
    "contradictory": "It calls the same coverage active and inactive on the service date: call it.",
    "limited_scope": "It speaks of some kinds of service only, not of the plan as a whole: call it.",
}


def shown(check: Check) -> dict[str, Any]:
    """A check as lists show it."""
    outcome = check.outcome
    return {
        "account_id": check.account_id,
        "coverage_id": check.coverage_id,
        "payer_id": check.payer_id,
        "service_date": check.service_date,
        "attempts": check.attempts,
        "claims": [*check.told, *check.waiting],
        "status": "waiting" if outcome is None or check.is_open else outcome.status,
        "outcome": None if outcome is None else outcome.model_dump(),
    }


def shown_whole(check_id: str, snapshot: Snapshot[Check], advice: Advice) -> dict[str, Any]:
    """A check as its page shows it: coverage is never more than the payer said, and unknown has a why and a when."""
    check = snapshot.state
    return {
        "id": check_id,
        **shown(check),
        **coverage_of(check),
        "retry_at": retry_at(snapshot.effects),
        "rejections": [] if check.outcome is None else advice.about(check.outcome.rejections),
        "requests": [one.model_dump() for one in check.requests],
    }


def coverage_of(check: Check) -> dict[str, Any]:
    """`coverage` is active, inactive or unknown; while it is asked, the answer before is what is known."""
    outcome = check.outcome
    if outcome is None:
        return {"coverage": "unknown", "because": "The payer has not answered yet."}
    if outcome.status in {"active", "inactive"}:
        return {"coverage": outcome.status, "because": None}
    return {"coverage": "unknown", "because": why_unknown(outcome)}


def why_unknown(outcome: Outcome) -> str:
    more = MORE.get(outcome.cause or "")
    return f"{WHY_UNKNOWN[outcome.status]} {more}" if more else WHY_UNKNOWN[outcome.status]


def retry_at(effects: Mapping[UUID, Pending]) -> datetime | None:
    """When the payer is asked (again), or its file is given up, while that lies ahead."""
    asks = [one.next_attempt_at for one in effects.values() if isinstance(one.effect, Inquire | AwaitBatch)]
    return min(asks, default=None)


def shown_history(check_id: str, entries: Iterable[Entry[CheckFact]], advice: Advice) -> list[dict[str, Any]]:
    """Every answer and failed attempt of a check, oldest first, with the conversation that holds both sides of it."""
    shown_entries: list[dict[str, Any]] = []
    for entry in entries:
        fact, common = entry.fact, {"check_id": check_id, "at": entry.meta.occurred_at, "actor": entry.meta.actor}
        match fact:
            case CheckAnswered() | AttemptFailed():
                outcome = fact.outcome
                retry = fact.retry_at if isinstance(fact, AttemptFailed) else None
                shown_entries.append(
                    common
                    | {"what": "attempt_failed" if isinstance(fact, AttemptFailed) else "answered"}
                    | {"status": outcome.status, "retry_at": retry, "conversation": outcome.conversation}
                    | {"rejections": advice.about(outcome.rejections), "plan": outcome.plan}
                )
            case OtherCoverageSeen():
                payers = [one.model_dump() for one in fact.payers]
                shown_entries.append(common | {"what": "other_coverage", "payers": payers})
            case _:
                continue
    return shown_entries
