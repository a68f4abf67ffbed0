"""What the answers to letters, placements and recalls mean: what went out is a contact, what did not is tried again."""

from datetime import date

from services.collections.core.facts import (
    CollectionFact,
    ContactMade,
    DeliveryFailed,
    DeliveryWithdrawn,
    PlacementMade,
    RecallSent,
    ReminderWentOut,
    StatementWentOut,
)
from services.collections.core.letters import Items, day_of, recall
from services.collections.core.messages import (
    ContactPurpose,
    Delivery,
    PlacementDelivered,
    RecallDelivered,
    ReminderDelivered,
    StatementDelivered,
)
from services.collections.core.person_facts import PlaceLearned, ReachChanged, ValidationNoticeSent
from services.collections.core.state import Account, Letter


def statement_answered(account: Account, answer: StatementDelivered, retry_on: date) -> Items:
    """The statement went out: the episode's clock starts with the first one."""
    letter = account.letter(answer.statement_id, "statement")
    if letter is None or answer.outcome != "delivered":
        return undelivered(letter, answer, retry_on)
    assert letter.due_on is not None, "a statement names its due date"
    went_out = StatementWentOut(
        account_id=answer.account_id,
        statement_id=letter.id,
        episode=letter.episode,
        number=letter.number,
        balance_cents=letter.balance_cents,
        sent_on=day_of(answer.meta.occurred_at),
        due_on=letter.due_on,
        pay_request_id=answer.pay_request_id,
        pay_until=answer.pay_until,
        replaces=answer.replaces,
    )
    return (went_out, _contact(letter, answer, "statement"), *place_learned(account, answer))


def reminder_answered(account: Account, answer: ReminderDelivered, retry_on: date) -> Items:
    """The reminder went out."""
    letter = account.letter(answer.reminder_id, "reminder")
    if letter is None or answer.outcome != "delivered":
        return undelivered(letter, answer, retry_on)
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
    contact = _contact(letter, answer, "final_notice" if letter.final else "reminder")
    return (went_out, contact, *_noticed(letter, answer), *place_learned(account, answer))


def _noticed(letter: Letter, answer: Delivery) -> tuple[CollectionFact, ...]:
    if letter.notice_ends_on is None:
        return ()
    sent = ValidationNoticeSent(
        account_id=answer.account_id,
        letter_id=letter.id,
        episode=letter.episode,
        sent_on=day_of(answer.meta.occurred_at),
        ends_on=letter.notice_ends_on,
    )
    return (sent,)


def place_learned(account: Account, answer: Delivery) -> tuple[CollectionFact, ...]:
    """Where they live, if the one who opened the seal saw something new."""
    place, known = answer.place, account.person
    if place is None or (place.state, place.zones, place.has_phone) == (known.state, known.zones, known.has_phone):
        return ()
    learned = PlaceLearned(
        account_id=answer.account_id, state=place.state, zones=place.zones, has_phone=place.has_phone
    )
    return (learned,)


def placement_answered(account: Account, answer: PlacementDelivered, retry_on: date) -> Items:
    """The agency has it; when the balance was settled meanwhile, it is taken back at once."""
    letter = account.letter(answer.placement_id, "placement")
    if letter is None or answer.outcome != "delivered":
        return undelivered(letter, answer, retry_on)
    placed_on = day_of(answer.meta.occurred_at)
    made = PlacementMade(
        account_id=answer.account_id,
        placement_id=letter.id,
        episode=letter.episode,
        agency_id=letter.agency_id,
        placed_cents=letter.balance_cents,
        placed_on=placed_on,
    )
    contact = _contact(letter, answer, "placement")
    if account.episode is not None and account.episode.number == letter.episode:
        return (made, contact)
    return (made, contact, *recall(account, letter.id, letter.agency_id, placed_on))


def recall_answered(account: Account, answer: RecallDelivered, retry_on: date) -> Items:
    """The agency was told to stop."""
    letter = account.letter(answer.placement_id, "recall")
    if letter is None or answer.outcome != "delivered":
        return undelivered(letter, answer, retry_on)
    return (RecallSent(account_id=answer.account_id, placement_id=letter.id),)


def undelivered(letter: Letter | None, answer: Delivery, retry_on: date) -> Items:
    """An address that the other side does not know is not tried again; the next try goes another way, at once."""
    if letter is None:
        return ()
    if answer.outcome == "withdrawn":
        return (DeliveryWithdrawn(account_id=answer.account_id, letter_id=letter.id, kind=letter.kind),)
    assert answer.reason is not None, "what failed says why"
    elsewhere = answer.reason == "address_refused"
    failed = DeliveryFailed(
        account_id=answer.account_id,
        letter_id=letter.id,
        kind=letter.kind,
        episode=letter.episode,
        reason=answer.reason,
        retry_on=day_of(answer.meta.occurred_at) if elsewhere else retry_on,
    )
    if not elsewhere:
        return (failed,)
    dead = ReachChanged(
        account_id=answer.account_id,
        reach_id=letter.reach_id,
        change="wrong",
        at=answer.meta.occurred_at,
        why="bounced",
    )
    return (failed, dead)


def _contact(letter: Letter, answer: Delivery, purpose: ContactPurpose) -> ContactMade:
    return ContactMade(
        account_id=answer.account_id,
        contact_id=letter.id,
        channel=letter.channel,
        purpose=purpose,
        outcome="sent",
        contacted_at=answer.meta.occurred_at,
        reach_id=letter.reach_id,
        party="professional" if letter.channel == "agency" else "consumer",
        decision_id=letter.decision_id,
    )
