"""One claim or charge in full, and any balance down to its entries: what, when, by whom, because of what, and why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.payments.core.account_facts import AnyAccountFact, LedgerAccount, LedgerFact
from services.payments.core.account_lines import LineBook, line_books, shares_of
from services.payments.core.account_state import Account, Receivable
from services.payments.core.adjudication import Action
from services.payments.core.never_billed import Stops, stop_for
from services.payments.core.responsibility import SharePolicy
from services.payments.core.stopping import circumstances_of, with_learned
from services.payments.views import shown_entry, shown_item
from shared.decider import Entry


def shown_claim(
    account: Account, item_id: str, facts: Sequence[AnyAccountFact], stops: Stops, shares: SharePolicy
) -> dict[str, Any]:
    """A claim or charge: its columns, what the patient's share consists of, what may not be billed, and its lines."""
    item = with_learned(account, item_id)
    assert item is not None, "asked for an item that the account has"
    return {
        "item_id": item_id,
        **shown_item(item),
        "responsibility": shares_of(item, stopped_codes(stops, item), shares),
        "coordinated_cents": item.coordinated_cents,
        "stopped_cents": item.stopped_cents,
        "never_billed": shown_never_billed(stops, item),
        "standings": item.standings,
        "given_up": [one._asdict() for one in item.given_up],
        "patient_payments": [one._asdict() for one in item.patient_payments],
        "insured_corrections": [one._asdict() for one in item.corrections],
        "lines": [shown_line(one) for one in line_books(item_id, item, facts, shares)],
    }


def shown_never_billed(stops: Stops, item: Receivable) -> list[dict[str, Any]]:
    """Every amount of a standing decision that may not be billed to the patient, with the rule and its source."""
    shown: list[dict[str, Any]] = []
    for posting in item.postings:
        known = circumstances_of(item, posting)
        for part in posting.parts:
            stop = stop_for(stops, part.group, part.reason, known, posting.paid_on) if posting.paid_on else None
            if stop is not None and part.amount_cents:
                shown.append(
                    {
                        "remittance_id": posting.place.remittance_id,
                        "position": posting.place.claim,
                        "group": part.group,
                        "reason": part.reason,
                        "amount_cents": part.amount_cents,
                        "treated_as": part.action.value,
                        "rule": stop.rule,
                        "meaning": stop.meaning,
                        "source": stop.source,
                        "until_next_payer": stop.until_next_payer,
                    }
                )
    return shown


def stopped_codes(stops: Stops, item: Receivable) -> frozenset[tuple[int, int]]:
    """Stated shares that a rule stops, by posting and part."""
    return frozenset(
        (at, n)
        for at, posting in enumerate(item.postings)
        for n, part in enumerate(posting.parts)
        if part.action is Action.PATIENT
        and posting.paid_on is not None
        and stop_for(stops, part.group, part.reason, circumstances_of(item, posting), posting.paid_on) is not None
    )


def shown_line(book: LineBook) -> dict[str, Any]:
    billed = book.billed
    return {
        "line": book.line,
        "line_control_number": billed.line_control_number if billed else None,
        "procedure": billed.procedure if billed else None,
        "modifiers": billed.modifiers if billed else (),
        "charge_cents": book.charge_cents,
        "paid_cents": book.paid_cents,
        "adjusted_cents": book.adjusted_cents,
        "patient_cents": book.patient_cents,
        "patient_paid_cents": book.patient_paid_cents,
        "denied_cents": book.denied_cents,
        "insurance_cents": book.insurance_cents,
        "responsibility": book.shares,
    }


def shown_entries(
    entries: Iterable[Entry[AnyAccountFact]],
    item_id: str | None = None,
    line: int | None = None,
    ledger_account: LedgerAccount | None = None,
) -> dict[str, Any]:
    """The entries that make a balance, oldest first, each with what it adds to it and what it comes to."""
    shown: list[Mapping[str, Any]] = []
    balance_cents = 0
    for entry in entries:
        fact = entry.fact
        if not isinstance(fact, LedgerFact) or not _meant(fact, item_id, line, ledger_account):
            continue
        adds_cents = fact.effect_on(ledger_account) if ledger_account is not None else 0
        balance_cents += adds_cents
        more = {} if ledger_account is None else {"adds_cents": adds_cents, "balance_cents": balance_cents}
        shown.append({**shown_entry(entry), "why": why_of(fact), **more})
    return {
        "ledger_account": ledger_account,
        "balance_cents": None if ledger_account is None else balance_cents,
        "entries": shown,
    }


def _meant(fact: LedgerFact, item_id: str | None, line: int | None, account: LedgerAccount | None) -> bool:
    return (
        (item_id is None or fact.item_id == item_id)
        and (line is None or getattr(fact, "line", 0) == line)
        and (account is None or bool(fact.effect_on(account)))
    )


def why_of(fact: LedgerFact) -> str:
    """A person's reason, a rule, or the code of a remittance; else what kind of entry it is."""
    said = (getattr(fact, name, "") for name in ("note", "rule"))
    place, group = getattr(fact, "place", None), getattr(fact, "group", "")
    reason = str(getattr(fact, "reason", ""))
    if place is not None:
        code = f"{group}-{reason}, " if group else ""
        undone = " taken back" if getattr(fact, "reverses", None) is not None else ""
        return f"{code}remittance {place.remittance_id}, claim {place.claim}{undone}"
    return next((text for text in said if text), reason) or str(fact.model_dump()["type"]).split(".")[1]
