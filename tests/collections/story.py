"""Given, when, then for one collections account: what it is told, day by day, and what it says."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Self
from uuid import UUID, uuid5

from services.collections.compliance import rule_shelf
from services.collections.core import (
    Account,
    AccountMessage,
    CollectionFact,
    DunningPolicy,
    LogContact,
    PlaceAccount,
    PlacementDelivered,
    PolicyBook,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    ReminderLevel,
    SendReminder,
    SendStatement,
    StartPlan,
    StatementDelivered,
    make_decider,
)
from services.collections.core.dispute_messages import NoticeDelivered, SendNotice
from services.collections.core.messages import FailureReason
from shared.contracts import Event, Meta, PatientBalanceChanged, PatientPaymentReceived
from shared.decider import Decider, Due, Effect, Pending, Snapshot

NAMESPACE = UUID(int=7)
SHELF = rule_shelf()
DAY_0 = date(2026, 7, 1)
ACCOUNT = "acct_1"
TENANT = "lakeside"

POLICY = DunningPolicy(
    name="*/2026-01-01",
    tenant="*",
    valid_from=date(2026, 1, 1),
    due_after_days=30,
    statement_every_days=30,
    letter_gap_days=7,
    retry_after_days=14,
    reminders=(ReminderLevel(day=30), ReminderLevel(day=60), ReminderLevel(day=90, final=True)),
    agency_id="agency_1",
    placement_floor_days=120,
    placement_after_days=120,
    final_notice_days=30,
    write_off_after_days=30,
    small_balance_cents=499,
    plan_grace_days=10,
    plan_installments_max=12,
    plan_installment_min_cents=25_00,
    plan_first_due_within_days=45,
    pending_payment_wait_days=10,
    promise_grace_days=3,
    promise_ahead_days_max=31,
    promises_rest_until_broken=2,
)


def at(day: int, hour: int = 12) -> datetime:
    """Noon of a day of the story, unless another hour is asked for."""
    return datetime.combine(DAY_0 + timedelta(day), time(hour), UTC)


def on(day: int) -> date:
    return DAY_0 + timedelta(day)


def meta(name: str, day: int, *, sequence: int = 0, tenant: str = TENANT, actor: str = "system") -> Meta:
    message_id = uuid5(NAMESPACE, f"{tenant}/{name}")
    return Meta(
        id=message_id,
        tenant=tenant,
        occurred_at=at(day),
        source="payments" if sequence else "collections",
        subject=f"account/{ACCOUNT}",
        key=ACCOUNT,
        sequence=sequence,
        correlation=message_id,
        actor=actor,
    )


def balance(
    day: int,
    cents: int,
    sequence: int,
    *,
    tenant: str = TENANT,
    guarantor: str | None = "sealed:guarantor",
    account_id: str = ACCOUNT,
) -> PatientBalanceChanged:
    return PatientBalanceChanged(
        meta=meta(f"balance/{sequence}/{cents}", day, sequence=sequence, tenant=tenant),
        account_id=account_id,
        balance_cents=cents,
        claims=1 if cents > 0 else 0,
        sealed_guarantor=guarantor,
    )


def payment(day: int, payment_id: str, cents: int, sequence: int = 1) -> PatientPaymentReceived:
    return PatientPaymentReceived(
        meta=meta(f"payment/{payment_id}", day, sequence=sequence),
        account_id=ACCOUNT,
        payment_id=payment_id,
        method="card",
        paid_cents=cents,
        applied_cents=cents,
        unapplied_cents=0,
    )


def start_plan(
    day: int,
    first_due: int,
    plan_id: str = "plan_1",
    *,
    installments: int | None = None,
    installment_cents: int | None = None,
) -> StartPlan:
    return StartPlan(
        meta=meta(f"plan/{plan_id}/{first_due}/{installments}/{installment_cents}", day, actor="collector_1"),
        account_id=ACCOUNT,
        plan_id=plan_id,
        first_due_on=on(first_due),
        installments=installments,
        installment_cents=installment_cents,
    )


def phone_call(day: int, contact_id: str, outcome: Literal["reached", "no_answer"] = "reached") -> LogContact:
    return LogContact(
        meta=meta(f"contact/{contact_id}", day, actor="collector_1"),
        account_id=ACCOUNT,
        contact_id=contact_id,
        channel="phone",
        purpose="reminder",
        outcome=outcome,
        contacted_at=at(day, 10),
    )


def due(due_at: datetime, day: int, tenant: str = TENANT) -> Due:
    """The sweep's message, as `shared.sweep` makes it; `day` is when it was sent."""
    return Due(meta=meta(f"due/{due_at}", day, tenant=tenant), aggregate_id=ACCOUNT, kind="collection", due_at=due_at)


def answer(
    pending: Pending,
    day: int,
    outcome: Literal["delivered", "failed", "withdrawn"] = "delivered",
    reason: FailureReason | None = None,
) -> AccountMessage:
    """What the worker says of one effect."""
    envelope = pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, "answer"),
            "occurred_at": max(at(day), pending.cause.occurred_at),
            "causation": pending.id,
        }
    )
    common: dict[str, Any] = {"meta": envelope, "account_id": ACCOUNT, "outcome": outcome, "reason": reason}
    match pending.effect:
        case SendStatement(statement_id=id):
            return StatementDelivered(**common, statement_id=id)
        case SendReminder(reminder_id=id):
            return ReminderDelivered(**common, reminder_id=id)
        case PlaceAccount(placement_id=id):
            return PlacementDelivered(**common, placement_id=id)
        case SendNotice(notice_id=id):
            return NoticeDelivered(**common, notice_id=id)
        case RecallAccount(placement_id=id):
            return RecallDelivered(**common, placement_id=id)
        case other:
            msg = f"no answer to {type(other).__name__}"
            raise AssertionError(msg)


class Story:
    """An account and the days it lives through. Every step returns the story, so that a test reads as sentences."""

    def __init__(self, *policies: DunningPolicy, tenant: str = TENANT) -> None:
        self.decider: Decider[Account, AccountMessage, CollectionFact] = make_decider(
            PolicyBook(policies or (POLICY,)), SHELF
        )
        self.snapshot: Snapshot[Account] = Snapshot(self.decider.initial)
        self.tenant = tenant
        self.today = 0
        self.sequence = 0
        self.facts: list[CollectionFact] = []
        self.events: list[Event] = []
        self.effects: list[Effect] = []

    @property
    def account(self) -> Account:
        return self.snapshot.state

    def tell(self, *messages: AccountMessage) -> Self:
        """Messages as they come."""
        decided = self.decider.run(self.snapshot, messages)
        self.snapshot = decided.snapshot
        self.facts.extend(decided.facts)
        self.events.extend(decided.events)
        self.effects.extend(decided.effects)
        return self

    def owes(self, cents: int, *, guarantor: str | None = "sealed:guarantor") -> Self:
        """Payments says what is owed now."""
        self.sequence += 1
        return self.tell(balance(self.today, cents, self.sequence, tenant=self.tenant, guarantor=guarantor))

    def pays(self, payment_id: str, cents: int, *, leaving: int) -> Self:
        """The guarantor pays; payments says so, and what is left."""
        self.sequence += 1
        return self.tell(payment(self.today, payment_id, cents, self.sequence)).owes(leaving)

    def delivers(
        self,
        outcome: Literal["delivered", "failed", "withdrawn"] = "delivered",
        reason: FailureReason | None = None,
    ) -> Self:
        """The worker answers everything that is under way."""
        return self.tell(*(answer(p, self.today, outcome, reason) for p in self.snapshot.effects.values()))

    def sweeps(self) -> Self:
        """The sweep sends what is due now, once."""
        due_at = self.decider.due(self.account)
        return self if due_at is None or due_at > at(self.today) else self.tell(due(due_at, self.today, self.tenant))

    def jumps_to(self, day: int) -> Self:
        """The clock moves; nothing else happens."""
        assert day >= self.today, "time goes forward"
        self.today = day
        return self

    def lives_to(self, day: int) -> Self:
        """Every day is swept, and what goes out is delivered on the same day."""
        while True:
            self.sweeps().delivers()
            if self.today == day:
                return self
            self.jumps_to(self.today + 1)

    def told(self) -> list[str]:
        """The public events so far, by type and day, without the contact log."""
        return [f"{said_on(e)} {e.type.rsplit('.', 1)[0]}" for e in self.events if e.type != "contact.logged.v1"]  # type: ignore[attr-defined]

    def forgets(self) -> Self:
        """Look only at what comes from now on."""
        self.facts, self.events, self.effects = [], [], []
        return self


def said_on(event: Event) -> int:
    """The story's day of an event."""
    return (event.meta.occurred_at.date() - DAY_0).days
