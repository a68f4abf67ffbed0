"""What underpayments look like over HTTP, and what they come to by payer."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.payments.contract_views import shown_case
from services.payments.core.underpayment import WORKED_ON, Underpayment, UnderpaymentFact
from services.payments.core.underpayment_facts import (
    CaseNoted,
    CorrespondenceNoted,
    UnderpaymentAccepted,
    UnderpaymentAssigned,
    UnderpaymentDeadlineCame,
    UnderpaymentDisputed,
    UnderpaymentReopened,
    UnderpaymentWriteOffAsked,
    UnderpaymentWriteOffDecided,
)
from shared.decider import Entry


def age_days(state: Underpayment, today: date) -> int:
    """Since the payer's first decision."""
    first = state.case.first_decided_on if state.case else None
    return (today - (first or state.found_on)).days


def shown_underpayment(state: Underpayment, today: date) -> dict[str, Any]:
    """One work item with its figures; its lines are in `shown_in_full`."""
    case = state.case
    assert case is not None, "an underpayment is shown when there is one"
    return {
        "underpayment_id": state.underpayment_id,
        "status": state.status,
        "account_id": state.account_id,
        "claim_id": state.claim_id,
        "payer_id": case.payer_id,
        "payer_claim_control_number": case.payer_claim_control_number,
        "contract_id": case.contract_id,
        "contract_version": case.version,
        "expected_cents": case.expected_cents,
        "allowed_cents": case.allowed_cents,
        "short_cents": case.short_cents,
        "over_cents": case.over_cents,
        "recovered_cents": case.recovered_cents,
        "found_on": state.found_on.isoformat(),
        "age_days": age_days(state, today),
        "dispute_by": case.dispute_by.isoformat() if case.dispute_by else None,
        "warned": state.warned,
        "disputed_on": state.disputed_on.isoformat() if state.disputed_on else None,
        "reference": state.reference,
        "owner": state.owner,
        "waits_for_second": state.status == "write_off_asked",
    }


def shown_in_full(state: Underpayment, history: Sequence[Entry[UnderpaymentFact]], today: date) -> dict[str, Any]:
    """With every line, its explanation, and what was done about it."""
    assert state.case is not None
    return shown_underpayment(state, today) | {"case": shown_case(state.case), "history": list(told(history))}


def told(history: Iterable[Entry[UnderpaymentFact]]) -> Iterable[dict[str, Any]]:
    """What happened, in words, with who and when."""
    for entry in history:
        said = _said(entry.fact)
        if said is not None:
            what, text, cents = said
            yield {
                "on": entry.meta.occurred_at.date().isoformat(),
                "by": entry.meta.actor,
                "what": what,
                "text": text,
                "cents": cents,
            }


# One branch for each fact: the table itself, not logic to take apart.
def _said(fact: UnderpaymentFact) -> tuple[str, str, int | None] | None:  # noqa: PLR0911
    match fact:
        case CaseNoted():
            case = fact.case
            what = {"underpaid": "found short", "overpaid": "found too much"}.get(case.outcome, "judged anew")
            cents = case.short_cents or case.over_cents
            return what, f"by contract {case.contract_id}, version {case.version}: {case.outcome}", cents
        case UnderpaymentDisputed():
            text = f"{fact.channel} on {fact.disputed_on}, reference {fact.reference or 'none'}: {fact.reason}"
            return "disputed", text, fact.cents
        case CorrespondenceNoted():
            way = "to the payer" if fact.direction == "to_payer" else "from the payer"
            text = f"{fact.channel} {way} on {fact.on}, reference {fact.reference or 'none'}: {fact.summary}"
            return "correspondence", text, None
        case UnderpaymentAccepted():
            return "accepted", fact.reason, fact.cents
        case UnderpaymentWriteOffAsked():
            waits = "; waits for a second person" if fact.needs_second else ""
            return "written off" if not waits else "write-off asked for", fact.reason + waits, fact.cents
        case UnderpaymentWriteOffDecided():
            return "write-off approved" if fact.approved else "write-off rejected", fact.reason, None
        case UnderpaymentReopened():
            return "reopened", fact.reason, None
        case UnderpaymentAssigned():
            return "assigned", fact.owner, None
        case UnderpaymentDeadlineCame():
            text = f"the last day for a dispute, {fact.dispute_by}, is {fact.which}"
            return "deadline", text, None
        case _:
            return None


def summed(states: Iterable[Underpayment], today: date) -> list[dict[str, Any]]:
    """By payer: what is missing, what is disputed, recovered and given up, and how old the oldest is."""
    payers: dict[str, dict[str, Any]] = {}
    for state in states:
        case = state.case
        if case is None or state.status == "superseded":
            continue
        row = payers.setdefault(case.payer_id, _empty(case.payer_id))
        row["statuses"][state.status] = row["statuses"].get(state.status, 0) + 1
        row["recovered_cents"] += case.recovered_cents
        if state.status in WORKED_ON:
            row["open"] += 1
            row["open_cents"] += case.short_cents
            row["disputed_cents"] += case.short_cents if state.disposition == "disputed" else 0
            row["past_deadline"] += state.warned == "over"
            row["oldest_days"] = max(row["oldest_days"], age_days(state, today))
        elif state.status in {"accepted", "written_off"}:
            row["given_up_cents"] += case.short_cents
        row["over_cents"] += case.over_cents
    return sorted(payers.values(), key=lambda row: (-row["open_cents"], row["payer_id"]))


def _empty(payer_id: str) -> dict[str, Any]:
    names = (
        "open",
        "open_cents",
        "disputed_cents",
        "recovered_cents",
        "given_up_cents",
        "over_cents",
        "past_deadline",
        "oldest_days",
    )
    return {"payer_id": payer_id, **dict.fromkeys(names, 0), "statuses": {}}
