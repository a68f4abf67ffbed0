"""Collectors' work as they see it: no sealed field leaves."""

from collections.abc import Sequence
from typing import Any

from services.collections.core import Account, CollectionFact
from services.collections.core.facts import PlacementMade, PlacementRecalled, PlanAgreed, PlanFulfilled, PlanMissed
from services.collections.core.next_action import NextAction, Way
from services.collections.core.person_facts import WishJudged
from services.collections.core.statement_book import Book
from services.collections.core.work_policy import WorkBook
from services.collections.core.work_rank import Rank, rank
from services.collections.core.work_state import Desk, PastPromise, Promise
from services.collections.person_views import shown_decision
from services.collections.views import shown_account
from shared.decider import Entry


def shown_item(book: WorkBook, account: Account) -> dict[str, Any]:
    """One line of a collectors' list; without a rank where nothing waits for a person."""
    found = rank(book, account)
    shown = shown_account(account)
    return {
        **{name: shown[name] for name in ("account_id", "status", "owed_cents", "due_on", "reminder_level")},
        **(shown_rank(found) if found is not None else {}),
        "work": shown_desk(account.desk),
    }


def shown_rank(found: Rank) -> dict[str, Any]:
    return {
        "queue": found.queue,
        "band": found.band,
        "points": found.points,
        "cause": found.cause,
        "reasons": [{"name": one.name, "points": one.points, "why": one.why} for one in found.reasons],
        "ranked_by": found.version,
        "as_of": found.as_of,
    }


def shown_desk(desk: Desk) -> dict[str, Any]:
    return {
        "version": desk.version,
        "owner": desk.owner or None,
        "owned_since": desk.owned_since,
        "put_off_until": desk.put_off_until,
        "call_back_on": desk.call_back_on,
        "promise": None if desk.promise is None else shown_promise(desk.promise),
        "broken_promises": desk.broken,
        "open_complaints": len(desk.open_complaints),
    }


def shown_promise(promise: Promise) -> dict[str, Any]:
    return {
        "promise_id": promise.promise_id,
        "promised_cents": promise.promised_cents,
        "promised_for": promise.promised_for,
        "follow_up_on": promise.follow_up_on,
        "rests_dunning": promise.rests,
        "paid_cents": promise.paid_cents,
        "made_at": promise.made_at,
        "made_by": promise.made_by,
    }


def shown_past_promise(promise: PastPromise) -> dict[str, Any]:
    return {
        "promise_id": promise.promise_id,
        "promised_cents": promise.promised_cents,
        "promised_for": promise.promised_for,
        "made_by": promise.made_by,
        "outcome": promise.outcome,
        "paid_cents": promise.paid_cents,
        "ended_on": promise.ended_on,
    }


def shown_next(proposal: NextAction) -> dict[str, Any]:
    return {
        "action": proposal.action,
        "why": proposal.why,
        "way": None if proposal.way is None else shown_way(proposal.way),
        "ways": [shown_way(way) for way in proposal.ways],
        "next_at": proposal.next_at,
    }


def shown_way(way: Way) -> dict[str, Any]:
    return {
        "channel": way.channel,
        "reach_id": way.reach_id,
        "kind": way.kind,
        "allowed": way.allowed,
        "next_at": way.next_at,
        "because": [{"rule": rule, "reason": reason, "source": source} for rule, reason, source in way.because],
        "worked_before": way.worked_before,
    }


def shown_contacts(account: Account, history: Sequence[Entry[CollectionFact]]) -> list[dict[str, Any]]:
    """The contacts, newest first, each with the gate's answer that it stands on."""
    facts = (entry.fact for entry in history)
    decisions = {fact.decision_id: fact for fact in facts if isinstance(fact, WishJudged)}
    shown = list[dict[str, Any]]()
    for contact in reversed(account.contacts):
        decision = decisions.get(contact.decision_id)
        shown.append(
            {
                "contact_id": contact.contact_id,
                "channel": contact.channel,
                "direction": contact.direction,
                "purpose": contact.purpose,
                "outcome": contact.outcome,
                "contacted_at": contact.contacted_at,
                "reach_id": contact.reach_id,
                "party": contact.party,
                "next_action_on": contact.next_action_on,
                "decision": None if decision is None else shown_decision(decision),
            }
        )
    return shown


def shown_debts(book: Book) -> dict[str, Any]:
    """The balance bill by bill, as the ledger has it, and what payers still decide, which is not owed.

    `debts` is empty where no bills were told: then only the whole balance is known.
    """
    debts = [
        {
            "bill_id": bill.bill_id,
            "kind": bill.kind,
            "service_date": bill.service_date,
            "charge_cents": bill.charge_cents,
            "insurance_paid_cents": bill.insurance_paid_cents,
            "adjusted_cents": bill.adjusted_cents,
            "patient_paid_cents": bill.patient_paid_cents,
            "given_up_cents": bill.given_up_cents,
            "open_at_payer_cents": bill.open_at_payer_cents,
            "owed_cents": bill.owed_cents,
            "held_cents": bill.held_cents,
            "owed_since": book.owed_since.get(bill.bill_id),
        }
        for bill in book.bills
    ]
    pending = [
        {"claim_id": name, "service_date": claim.service_date, "open_cents": claim.open_cents}
        for name, claim in sorted(book.claims.items())
        if claim.open_cents
    ]
    return {"debts": debts, "insurance_pending": pending, "unapplied_cents": book.unapplied_cents}


def shown_plans(history: Sequence[Entry[CollectionFact]]) -> list[dict[str, Any]]:
    """The plans there were, oldest first, and how each ended; `ended` is null while it is kept."""
    plans = dict[str, dict[str, Any]]()
    for entry in history:
        on = entry.meta.occurred_at.date()
        match entry.fact:
            case PlanAgreed() as fact:
                plans[fact.plan_id] = {
                    "plan_id": fact.plan_id,
                    "agreed_on": on,
                    "total_cents": fact.total_cents,
                    "installments": len(fact.installments),
                    "ended": None,
                    "ended_on": None,
                }
            case PlanFulfilled() | PlanMissed() as fact if fact.plan_id in plans:
                plans[fact.plan_id] |= {
                    "ended": "kept" if isinstance(fact, PlanFulfilled) else "broken",
                    "ended_on": on,
                }
            case _:
                pass
    return list(plans.values())


def shown_placements(history: Sequence[Entry[CollectionFact]]) -> list[dict[str, Any]]:
    """With which agency it was, since when, and until when; `recalled_on` is null while it is there."""
    placements = dict[str, dict[str, Any]]()
    for entry in history:
        match entry.fact:
            case PlacementMade() as fact:
                placements[fact.placement_id] = {
                    "placement_id": fact.placement_id,
                    "agency_id": fact.agency_id,
                    "placed_cents": fact.placed_cents,
                    "placed_on": fact.placed_on,
                    "recalled_on": None,
                }
            case PlacementRecalled() as fact if fact.placement_id in placements:
                placements[fact.placement_id]["recalled_on"] = entry.meta.occurred_at.date()
            case _:
                pass
    return list(placements.values())


def shown_notes(desk: Desk) -> list[dict[str, Any]]:
    return [{"note_id": one.note_id, "topic": one.topic, "at": one.at, "by": one.by} for one in reversed(desk.notes)]


def shown_complaints(desk: Desk) -> list[dict[str, Any]]:
    return [
        {
            "complaint_id": one.complaint_id,
            "kind": one.kind,
            "channel": one.channel,
            "received_on": one.received_on,
            "outcome": one.outcome or None,
            "answered_on": one.answered_on,
        }
        for one in reversed(desk.complaints)
    ]
