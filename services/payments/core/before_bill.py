"""What is asked before a guarantor is billed: what is held, what is suppressed, and what goes to collections.

A claim or charge that waits is owed, and stays in the ledger; it is only not in the balance that collections hears of.
A person's word comes first; then, until it was billed once, the client's rules in this order: assistance, another claim
of the visit at its payer, a part of the claim that is contested, money of the account that waits elsewhere, its age,
and whether it is worth a bill alone. The first that holds it says why, by which version, and until when.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from services.payments.core.account_facts import AnyAccountFact
from services.payments.core.account_messages import SayBill
from services.payments.core.account_shape import Account, Receivable
from services.payments.core.bill_facts import (
    ApplicationHeard,
    BillDecided,
    BillOutcome,
    BillStanding,
    BillWordRefused,
    BillWordSaid,
)
from services.payments.core.bill_policy import BillPolicy, BillRules
from shared.contracts import AssistanceDenied, AssistanceEnded, AssistanceGranted, AssistanceRequested, Meta


class Wait(NamedTuple):
    """Why a bill waits; without a day until somebody or something ends it."""

    rule: str
    until: date | None = None


def decide_bills(policy: BillPolicy, meta: Meta, state: Account) -> Iterator[AnyAccountFact]:
    """What is said anew about each claim and charge; nothing where it was said before."""
    today = meta.occurred_at.date()
    asked: list[tuple[str, BillStanding]] = []
    for item_id, item in state.receivables.items():
        if item.patient_cents <= 0:
            if item.bill is not None:
                yield _decided(state, item_id, item, item.bill._replace(outcome="nothing_owed", rule="", until=None))
            continue
        rules = policy.on(meta.tenant, item.practice, today)
        if item.bill is None and rules.asks_nothing and not state.bill_words:
            continue
        asked.append((item_id, _standing(rules, state, item_id, item, today)))
    for item_id, standing in _worth_a_bill(policy, meta, state, asked):
        if standing != state.receivables[item_id].bill:
            yield _decided(state, item_id, state.receivables[item_id], standing)


def _standing(rules: BillRules, state: Account, item_id: str, item: Receivable, today: date) -> BillStanding:
    before = item.bill
    since = before.since if before is not None else today
    for said in (state.bill_words.get(item_id), state.bill_words.get("")):
        if said is not None and (said.until is None or said.until > today):
            outcome: BillOutcome = "suppressed" if said.word == "suppress" else "held"
            return BillStanding(outcome, f"person: {said.reason}", rules.version, since, said.until)
    if before is not None and before.outcome == "billed":
        return before
    for rule in _RULES:
        wait = rule(rules, state, item, since)
        if wait is not None and (wait.until is None or wait.until > today):
            return BillStanding("held", wait.rule, rules.version, since, wait.until)
    return BillStanding("billed", "", rules.version, since)


def _after(name: str, since: date, days: int, *, holds: bool) -> Wait | None:
    return Wait(name, since + timedelta(days)) if days and holds else None


def _assistance(rules: BillRules, state: Account, item: Receivable, since: date) -> Wait | None:
    """An open application is waited for; care without an insurer is screened for presumptive assistance."""
    is_open = any(one for _, one in state.applications.values())
    screened = bool(state.applications or state.grants_heard)
    return _after("application", since, rules.application_days, holds=is_open) or _after(
        "screening", since, rules.screening_days, holds=not item.payer_id and not screened
    )


def _claim_pending(rules: BillRules, state: Account, item: Receivable, since: date) -> Wait | None:
    """Another claim of the same day of service is at its payer, and may change what the visit comes to."""
    pending = any(
        one is not item and one.service_date == item.service_date and one.insurance_cents > 0 and not one.denied_cents
        for one in state.receivables.values()
    )
    return _after("claim pending", since, rules.claim_pending_days, holds=pending)


def _contested(rules: BillRules, _: Account, item: Receivable, since: date) -> Wait | None:
    return _after("contested", since, rules.contested_days, holds=item.denied_cents > 0)


def _credit_elsewhere(rules: BillRules, state: Account, _: Receivable, since: date) -> Wait | None:
    """Money of the guarantor that a person keeps, or that waits for a visit's claim: it is placed first."""
    return _after("credit elsewhere", since, rules.credit_days, holds=state.unapplied_cents > 0)


def _minimum_age(rules: BillRules, _: Account, __: Receivable, since: date) -> Wait | None:
    return _after("minimum age", since, rules.minimum_age_days, holds=True)


_RULES: Sequence[Callable[[BillRules, Account, Receivable, date], Wait | None]] = (
    _assistance,
    _claim_pending,
    _contested,
    _credit_elsewhere,
    _minimum_age,
)


def _worth_a_bill(
    policy: BillPolicy, meta: Meta, state: Account, asked: Sequence[tuple[str, BillStanding]]
) -> Iterator[tuple[str, BillStanding]]:
    """What is due together is too small to be billed alone, unless some of it was billed before."""
    today = meta.occurred_at.date()
    due = {item_id: state.receivables[item_id] for item_id, one in asked if one.outcome == "billed"}
    due_cents = sum(item.patient_cents for item in due.values())
    went_out = any(item.bill is not None and item.bill.outcome == "billed" for item in due.values())
    for item_id, standing in asked:
        item = state.receivables[item_id]
        rules = policy.on(meta.tenant, item.practice, today)
        until = standing.since + timedelta(rules.small_days) if rules.small_days else None
        small = item_id in due and not went_out and due_cents < rules.small_cents and (until is None or until > today)
        yield item_id, standing._replace(outcome="held", rule="small balance", until=until) if small else standing


def _decided(state: Account, item_id: str, item: Receivable, standing: BillStanding) -> BillDecided:
    return BillDecided(
        account_id=state.account_id,
        item_id=item_id,
        outcome=standing.outcome,
        rule=standing.rule,
        version=standing.version,
        since=standing.since,
        until=standing.until,
        owed_cents=item.patient_cents,
    )


def bills_due_at(state: Account) -> datetime | None:
    """When the next bill has waited long enough: the beginning of that day, UTC."""
    days = (item.bill.until for item in state.receivables.values() if item.bill is not None and item.bill.waits)
    first = min((day for day in days if day is not None), default=None)
    return None if first is None else datetime.combine(first, time(), UTC)


def say_bill(policy: BillPolicy, state: Account, command: SayBill) -> tuple[AnyAccountFact, ...]:
    """A person holds, suppresses, or lets go. Refused with the reason where it cannot be."""
    command_id = str(command.meta.id)
    if command_id in state.answered:
        return ()
    item = state.receivables.get(command.item_id)
    practice = item.practice if item is not None else ""
    rules = policy.on(command.meta.tenant, practice, command.meta.occurred_at.date())
    because = _why_not(rules, state, command)
    if because:
        return (BillWordRefused(account_id=state.account_id, command_id=command_id, because=because),)
    said = BillWordSaid(
        account_id=state.account_id,
        item_id=command.item_id,
        word=command.word,
        reason=command.reason,
        until=command.until,
        note=command.note,
        command_id=command_id,
    )
    return (said,)


def _why_not(rules: BillRules, state: Account, command: SayBill) -> str:
    if command.item_id and command.item_id not in state.receivables:
        return "the account has no such claim or charge"
    if command.word == "bill":
        return "" if command.item_id in state.bill_words else "nobody holds or suppresses this bill"
    known = rules.hold_reasons if command.word == "hold" else rules.suppress_reasons
    if command.reason not in known:
        return f"no such reason is in force: {', '.join(known)}"
    if command.until is not None and command.until <= command.meta.occurred_at.date():
        return "it ends after today, or on no day"
    return ""


def hear_application(
    state: Account, event: AssistanceRequested | AssistanceGranted | AssistanceDenied | AssistanceEnded
) -> tuple[AnyAccountFact, ...]:
    """Whether an application is open; the newest word about it counts."""
    sequence, _ = state.applications.get(event.application_id, (-1, False))
    if event.meta.sequence <= sequence:
        return ()
    heard = ApplicationHeard(
        account_id=state.account_id,
        application_id=event.application_id,
        sequence=event.meta.sequence,
        open=isinstance(event, AssistanceRequested),
    )
    return (heard,)
