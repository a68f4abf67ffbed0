"""Promises, disputes and complaints: each event in one sentence of our own."""

from services.console.core.said import Said, words
from shared.contracts import (
    ComplaintAnswered,
    ComplaintReceived,
    DebtDisputed,
    DebtDisputeResolved,
    PromiseToPayEnded,
    PromiseToPayMade,
)

PROMISES = {
    "kept": "Promise to pay kept",
    "partly": "Promise to pay kept in part only",
    "broken": "Promise to pay broken",
    "moot": "Promise to pay settled otherwise",
    "withdrawn": "Promise to pay taken back",
    "mistake": "Promise to pay was entered by mistake",
    "replaced": "Promise to pay replaced by another",
}


@words.register
def _(event: PromiseToPayMade) -> Said:
    rests = "; reminders rest" if event.rests_dunning else ""
    return Said(f"Promise to pay until {event.promised_for}{rests}", event.promised_cents)


@words.register
def _(event: PromiseToPayEnded) -> Said:
    return Said(PROMISES[event.outcome], event.paid_cents or None)


@words.register
def _(event: DebtDisputed) -> Said:
    how = "in writing" if event.written else "by word of mouth"
    return Said(f"Disputed {how}: {event.kind.replace('_', ' ')}", event.disputed_cents)


@words.register
def _(event: DebtDisputeResolved) -> Said:
    return Said(f"Dispute answered: {event.outcome.replace('_', ' ')}")


@words.register
def _(event: ComplaintReceived) -> Said:
    return Said(f"Complaint received: {event.kind.replace('_', ' ')}")


@words.register
def _(event: ComplaintAnswered) -> Said:
    return Said(f"Complaint answered: {event.outcome.replace('_', ' ')}")
