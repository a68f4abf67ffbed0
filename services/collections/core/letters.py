"""Statements, reminders and placements: asking for them, and what their answers mean."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from services.collections.core.facts import (
    CollectionFact,
    ContactMade,
    DeliveryFailed,
    DeliveryWithdrawn,
    PlacementMade,
    PlacementPrepared,
    PlacementRecalled,
    RecallSent,
    ReminderPrepared,
    ReminderWentOut,
    StatementPrepared,
    StatementWentOut,
)
from services.collections.core.identity import name
from services.collections.core.messages import (
    AccountEffect,
    Channel,
    Delivery,
    LetterKind,
    PlaceAccount,
    PlacementDelivered,
    Purpose,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    SendReminder,
    SendStatement,
    StatementDelivered,
)
from services.collections.core.policy import DunningPolicy
from services.collections.core.schedule import level_due
from services.collections.core.state import Account, Episode, Letter

Items: TypeAlias = tuple[CollectionFact | AccountEffect, ...]


class Today(NamedTuple):
    """Under which policy, for whom and on which day (UTC) something is decided."""

    policy: DunningPolicy
    tenant: str
    on: date


def day_of(at: datetime) -> date:
    """The calendar day of a moment, UTC."""
    return at.astimezone(UTC).date()


def prepare_statement(today: Today, account: Account, episode: Episode) -> Items:
    """Ask for the next statement. While a plan is kept it asks for the next installment only."""
    number = account.statements + 1
    statement_id = name("stm", today.tenant, account.account_id, number)
    due_on, amount_due_cents = today.on + timedelta(today.policy.due_after_days), account.owed_cents
    unpaid = episode.plan.first_unpaid(account.owed_cents) if episode.plan is not None else None
    if unpaid is not None:
        due_on, amount_due_cents = max(unpaid[0].due_on, today.on), min(unpaid[1], account.owed_cents)
    prepared = StatementPrepared(
        account_id=account.account_id,
        statement_id=statement_id,
        episode=episode.number,
        number=number,
        balance_cents=account.owed_cents,
        due_on=due_on,
    )
    send = SendStatement(
        account_id=account.account_id,
        statement_id=statement_id,
        number=number,
        balance_cents=account.owed_cents,
        amount_due_cents=amount_due_cents,
        dated_on=today.on,
        due_on=due_on,
        sealed_guarantor=account.sealed_guarantor,
    )
    return (prepared, send)


def prepare_reminder(today: Today, account: Account, episode: Episode) -> Items:
    """Ask for the highest reminder whose day has come; lower ones that were never sent are skipped."""
    assert episode.due_on is not None, "a reminder needs the due date of a statement"
    level, reminder, skipped = level_due(today.policy, episode, today.on)
    reminder_id = name("rem", today.tenant, account.account_id, episode.number, level)
    days_overdue = max(0, (today.on - episode.due_on).days)
    prepared = ReminderPrepared(
        account_id=account.account_id,
        reminder_id=reminder_id,
        episode=episode.number,
        level=level,
        final=reminder.final,
        skipped=skipped,
        balance_cents=account.owed_cents,
        days_overdue=days_overdue,
    )
    send = SendReminder(
        account_id=account.account_id,
        reminder_id=reminder_id,
        level=level,
        final=reminder.final,
        balance_cents=account.owed_cents,
        dated_on=today.on,
        due_on=episode.due_on,
        days_overdue=days_overdue,
        sealed_guarantor=account.sealed_guarantor,
    )
    return (prepared, send)


def prepare_placement(today: Today, account: Account, episode: Episode) -> Items:
    """Ask for the placement with the policy's agency."""
    assert episode.first_statement_on is not None, "nothing is placed that was never stated"
    assert episode.due_on is not None, "nothing is placed that was never due"
    placement_id = name("plc", today.tenant, account.account_id, episode.number)
    prepared = PlacementPrepared(
        account_id=account.account_id,
        placement_id=placement_id,
        episode=episode.number,
        agency_id=today.policy.agency_id,
        balance_cents=account.owed_cents,
    )
    place = PlaceAccount(
        account_id=account.account_id,
        placement_id=placement_id,
        agency_id=today.policy.agency_id,
        balance_cents=account.owed_cents,
        claims=account.claims,
        first_statement_on=episode.first_statement_on,
        due_on=episode.due_on,
        placed_on=today.on,
        sealed_guarantor=account.sealed_guarantor,
    )
    return (prepared, place)


def recall(account: Account, placement_id: str, agency_id: str, on: date) -> Items:
    """Take an account back from the agency: it must stop at once, so it is told."""
    balance_cents = max(0, account.owed_cents)
    recalled = PlacementRecalled(
        account_id=account.account_id, placement_id=placement_id, agency_id=agency_id, balance_cents=balance_cents
    )
    tell = RecallAccount(
        account_id=account.account_id,
        placement_id=placement_id,
        agency_id=agency_id,
        balance_cents=balance_cents,
        recalled_on=on,
    )
    return (recalled, tell)


def statement_answered(account: Account, answer: StatementDelivered, retry_on: date) -> Items:
    """The statement went out: the episode's clock starts with the first one."""
    letter = account.letter(answer.statement_id, "statement")
    if letter is None or answer.outcome != "delivered":
        return _undelivered(letter, answer, retry_on)
    assert letter.due_on is not None, "a statement names its due date"
    went_out = StatementWentOut(
        account_id=answer.account_id,
        statement_id=letter.id,
        episode=letter.episode,
        number=letter.number,
        balance_cents=letter.balance_cents,
        sent_on=day_of(answer.meta.occurred_at),
        due_on=letter.due_on,
    )
    return (went_out, _contact(letter, answer, "letter", "statement"))


def reminder_answered(account: Account, answer: ReminderDelivered, retry_on: date) -> Items:
    """The reminder went out."""
    letter = account.letter(answer.reminder_id, "reminder")
    if letter is None or answer.outcome != "delivered":
        return _undelivered(letter, answer, retry_on)
    went_out = ReminderWentOut(
        account_id=answer.account_id,
        reminder_id=letter.id,
        episode=letter.episode,
        level=letter.number,
        final=letter.final,
        balance_cents=letter.balance_cents,
        days_overdue=letter.days_overdue,
        sent_on=day_of(answer.meta.occurred_at),
    )
    return (went_out, _contact(letter, answer, "letter", "final_notice" if letter.final else "reminder"))


def placement_answered(account: Account, answer: PlacementDelivered, retry_on: date) -> Items:
    """The agency has it; when the balance was settled meanwhile, it is taken back at once."""
    letter = account.letter(answer.placement_id, "placement")
    if letter is None or answer.outcome != "delivered":
        return _undelivered(letter, answer, retry_on)
    placed_on = day_of(answer.meta.occurred_at)
    made = PlacementMade(
        account_id=answer.account_id,
        placement_id=letter.id,
        episode=letter.episode,
        agency_id=letter.agency_id,
        placed_cents=letter.balance_cents,
        placed_on=placed_on,
    )
    contact = _contact(letter, answer, "agency", "placement")
    if account.episode is not None and account.episode.number == letter.episode:
        return (made, contact)
    return (made, contact, *recall(account, letter.id, letter.agency_id, placed_on))


def recall_answered(account: Account, answer: RecallDelivered, retry_on: date) -> Items:
    """The agency was told to stop."""
    letter = account.letter(answer.placement_id, "recall")
    if letter is None or answer.outcome != "delivered":
        return _undelivered(letter, answer, retry_on)
    return (RecallSent(account_id=answer.account_id, placement_id=letter.id),)


def still_wanted(account: Account, letter_id: str, kind: LetterKind) -> bool:
    """Whether what was asked for should still go out.

    Its episode is open, what it says is still owed to the cent, and no plan makes it improper. What is not wanted is
    withdrawn, and the schedule asks again if something is still to be said.
    """
    letter, episode = account.letter(letter_id, kind), account.episode
    if letter is None or kind == "recall":
        return letter is not None
    if episode is None or episode.number != letter.episode or letter.balance_cents != account.owed_cents:
        return False
    return kind == "statement" or episode.plan is None


def _undelivered(letter: Letter | None, answer: Delivery, retry_on: date) -> Items:
    if letter is None:
        return ()
    if answer.outcome == "withdrawn":
        return (DeliveryWithdrawn(account_id=answer.account_id, letter_id=letter.id, kind=letter.kind),)
    assert answer.reason is not None, "what failed says why"
    failed = DeliveryFailed(
        account_id=answer.account_id,
        letter_id=letter.id,
        kind=letter.kind,
        episode=letter.episode,
        reason=answer.reason,
        retry_on=retry_on,
    )
    return (failed,)


def _contact(letter: Letter, answer: Delivery, channel: Channel, purpose: Purpose) -> ContactMade:
    return ContactMade(
        account_id=answer.account_id,
        contact_id=letter.id,
        channel=channel,
        purpose=purpose,
        outcome="sent",
        contacted_at=answer.meta.occurred_at,
    )
