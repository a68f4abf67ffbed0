"""Events as the services would say them: each subject counts its own sequence, each event has its own id."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from shared.contracts import (
    AccountPlaced,
    AccountSettled,
    AccountWrittenOff,
    Adjustment,
    AdjustmentPosted,
    BalanceOverdue,
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRemitted,
    ClaimSubmitted,
    ContactLogged,
    CoverageInactive,
    CoverageVerified,
    CreditBalanceFound,
    DenialReason,
    Event,
    FilingDeadlineNear,
    HoldReason,
    Meta,
    PatientBalanceChanged,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    PlanBroken,
    PlanStarted,
    ProviderAdjustmentPosted,
    ReminderSent,
    RemittanceParked,
    RemittanceReceived,
    StatementSent,
    SubmittedLine,
)

E = TypeVar("E", bound=Event)
START = datetime(2026, 7, 1, 8, tzinfo=UTC)
SERVICE_DAY = date(2026, 6, 15)
DUE = date(2026, 8, 1)
SEALED = "sealed:c2VjcmV0LW9mLXRoZS1wYXRpZW50"


class Story:
    """What happens to one tenant's claims and accounts; `events` is all of it, in the order it happened."""

    def __init__(self, tenant: str = "lakeside") -> None:
        self.tenant = tenant
        self.events: list[Event] = []
        self._sequences: Counter[str] = Counter()
        self._minutes = 0

    def say(self, event: type[E], source: str, subject: str, key: str, **fields: Any) -> E:
        """One event, a minute after the one before."""
        self._sequences[subject] += 1
        self._minutes += 1
        id_ = uuid5(NAMESPACE_URL, f"{self.tenant}/{source}/{subject}/{self._sequences[subject]}")
        meta = Meta(
            id=id_,
            tenant=self.tenant,
            occurred_at=START + timedelta(minutes=self._minutes),
            source=source,
            subject=subject,
            key=key,
            sequence=self._sequences[subject],
            correlation=id_,
        )
        made = event(meta=meta, **fields)
        self.events.append(made)
        return made

    def claim(self, n: int, charge_cents: int = 100_00, payer: str = "60054") -> "ClaimStory":
        return ClaimStory(self, n, charge_cents, payer)

    def account(self, n: int) -> "AccountStory":
        return AccountStory(self, f"acct_{n:04}")

    def remittance(self, n: int, *, parked: bool = False, cents: int = 60_00, payer: str = "60054") -> None:
        """An 835 came in."""
        id_ = f"rem_{n:04}"
        fields: dict[str, Any] = {
            "remittance_id": id_,
            "payer_id": payer,
            "trace_number": f"TRN{n}",
            "payment_cents": cents,
            "claims": 1,
        }
        if parked:
            equation = f"payment {cents} is not claims paid {cents - 1} minus provider adjustments 0"
            self.say(RemittanceParked, "payments", f"remittance/{id_}", id_, equation=equation, **fields)
        else:
            self.say(RemittanceReceived, "payments", f"remittance/{id_}", id_, payment_date=SERVICE_DAY, **fields)

    def provider_adjustment(self, n: int, cents: int) -> None:
        id_ = f"rem_{n:04}"
        fields = {"remittance_id": id_, "code": "WO", "line": 1, "amount_cents": cents, "provider_id": "1234567893"}
        self.say(ProviderAdjustmentPosted, "payments", "provider/1234567893", "1234567893", **fields)


class ClaimStory:
    """One claim of the story. Every step returns it, so that a test reads as what happened."""

    def __init__(self, story: Story, n: int, charge_cents: int, payer: str) -> None:
        self.id, self.account_id, self.charge_cents = f"clm_{n:04}", f"acct_{n:04}", charge_cents
        self._story, self._payer = story, payer
        self._names = {"account_id": self.account_id, "claim_id": self.id, "patient_control_number": f"PCN{n:04}"}
        self._check = {
            "account_id": self.account_id,
            "claim_id": self.id,
            "coverage_id": f"cov_{n:04}",
            "payer_id": payer,
            "service_date": SERVICE_DAY,
        }

    def received(self) -> "ClaimStory":
        fields = {"coverage_id": self._check["coverage_id"], "billing_npi": "1234567893", "frequency_code": "1"}
        days = {"service_from": SERVICE_DAY, "service_to": SERVICE_DAY}
        return self._claims(ClaimReceived, lines=1, sealed_subscriber=SEALED, charged=True, **fields, **days)

    def held(self, message: str = "Correct the provider's NPI.") -> "ClaimStory":
        reason = HoldReason(rule="npi-check-digit", field="billing.npi", message=message)
        return self._claims(ClaimHeld, charged=True, reasons=(reason,))

    def submitted(self) -> "ClaimStory":
        line = SubmittedLine(
            line_control_number="1", procedure="99213", charge_cents=self.charge_cents, service_from=SERVICE_DAY
        )
        fields = {"billing_npi": "1234567893", "frequency_code": "1", "submission_id": "sub_1", "lines": (line,)}
        days = {"service_from": SERVICE_DAY, "service_to": SERVICE_DAY, "submitted_on": SERVICE_DAY}
        return self._claims(ClaimSubmitted, sealed_guarantor=SEALED, charged=True, **fields, **days)

    def accepted(self) -> "ClaimStory":
        return self._claims(ClaimAccepted, stage="payer", payer_claim_control_number="ICN1")

    def rejected(self) -> "ClaimStory":
        return self._claims(ClaimRejected, charged=True, stage="payer", codes=("A7:562",))

    def deadline_near(self) -> "ClaimStory":
        return self._claims(FilingDeadlineNear, charged=True, deadline_on=DUE, days_left=9)

    def paid(self, paid_cents: int = 60_00, patient_cents: int = 20_00) -> "ClaimStory":
        money = {"paid_cents": paid_cents, "patient_responsibility_cents": patient_cents}
        return self._claims(ClaimPaid, charged=True, remittance_id="rem_0001", **money)

    def denied(self, denied_cents: int) -> "ClaimStory":
        reason = DenialReason(group="CO", reason="197", amount_cents=denied_cents)
        return self._claims(
            ClaimDenied,
            charged=True,
            remittance_id="rem_0001",
            paid_cents=0,
            denied_cents=denied_cents,
            reasons=(reason,),
        )

    def verified(self) -> "ClaimStory":
        self._answered(CoverageVerified, copay_cents=25_00)
        return self

    def inactive(self) -> "ClaimStory":
        self._answered(CoverageInactive)
        return self

    def posted(self, paid_cents: int = 60_00, adjusted_cents: int = 20_00) -> "ClaimStory":
        """The payer's decision goes to the ledger."""
        self._ledger(
            ClaimRemitted,
            patient_control_number=self._names["patient_control_number"],
            payer_id=self._payer,
            status="1",
            charge_cents=self.charge_cents,
            paid_cents=paid_cents,
            patient_responsibility_cents=0,
            denied_cents=0,
            adjustments=(Adjustment(group="CO", reason="45", amount_cents=adjusted_cents),),
            payment_date=SERVICE_DAY,
        )
        self._ledger(PaymentPosted, paid_cents=paid_cents)
        return self._ledger(AdjustmentPosted, group="CO", reason="45", amount_cents=adjusted_cents)

    def reversed(self, cents: int = 60_00) -> "ClaimStory":
        return self._ledger(PaymentReversed, reversed_cents=cents)

    def _claims(self, event: type[Event], *, charged: bool = False, **fields: Any) -> "ClaimStory":
        money = {"charge_cents": self.charge_cents} if charged else {}
        everything = {**self._names, "payer_id": self._payer, **money, **fields}
        self._story.say(event, "claims", f"claim/{self.id}", self.account_id, **everything)
        return self

    def _answered(self, event: type[Event], **fields: Any) -> None:
        subject = f"check/{self.account_id}.{self._check['coverage_id']}.{SERVICE_DAY}"
        self._story.say(event, "eligibility", subject, self.account_id, **self._check, **fields)

    def _ledger(self, event: type[Event], **fields: Any) -> "ClaimStory":
        names = {"account_id": self.account_id, "claim_id": self.id, "remittance_id": "rem_0001"}
        self._story.say(event, "payments", f"account/{self.account_id}", self.account_id, **names, **fields)
        return self


class AccountStory:
    """One guarantor's balance."""

    def __init__(self, story: Story, id_: str) -> None:
        self.id, self._story = id_, story

    def owes(self, cents: int) -> "AccountStory":
        return self._ledger(PatientBalanceChanged, balance_cents=cents, claims=1, sealed_guarantor=SEALED)

    def pays(self, cents: int) -> "AccountStory":
        money = {"paid_cents": cents, "applied_cents": cents, "unapplied_cents": 0}
        return self._ledger(PatientPaymentReceived, payment_id="pay_1", method="card", **money)

    def credit(self, cents: int) -> "AccountStory":
        return self._ledger(CreditBalanceFound, credit_cents=cents)

    def statement(self, number: int, cents: int) -> "AccountStory":
        fields = {"statement_id": f"stm_{number}", "number": number, "sent_on": SERVICE_DAY, "due_on": DUE}
        self._dunning(StatementSent, balance_cents=cents, **fields)
        return self.contact("statement")

    def contact(self, purpose: str) -> "AccountStory":
        fields = {"contact_id": "con_1", "channel": "letter", "outcome": "sent", "contacted_at": START}
        return self._dunning(ContactLogged, purpose=purpose, **fields)

    def overdue(self, cents: int) -> "AccountStory":
        return self._dunning(BalanceOverdue, balance_cents=cents, due_on=DUE, days_overdue=1)

    def reminded(self, cents: int) -> "AccountStory":
        return self._dunning(ReminderSent, level=1, balance_cents=cents, days_overdue=15)

    def plan(self, cents: int) -> "AccountStory":
        return self._dunning(PlanStarted, plan_id="plan_1", total_cents=cents, installments=4, first_due_on=DUE)

    def broke_plan(self, cents: int) -> "AccountStory":
        return self._dunning(PlanBroken, plan_id="plan_1", missed_cents=5_00, balance_cents=cents)

    def placed(self, cents: int) -> "AccountStory":
        return self._dunning(AccountPlaced, agency_id="northstar", placement_id="plc_1", placed_cents=cents)

    def written_off(self, cents: int) -> "AccountStory":
        return self._dunning(AccountWrittenOff, write_off_id="wo_1", written_off_cents=cents, reason="bad_debt")

    def settled(self) -> "AccountStory":
        return self._dunning(AccountSettled)

    def _ledger(self, event: type[Event], **fields: Any) -> "AccountStory":
        self._story.say(event, "payments", f"account/{self.id}", self.id, account_id=self.id, **fields)
        return self

    def _dunning(self, event: type[Event], **fields: Any) -> "AccountStory":
        self._story.say(event, "collections", f"collection/{self.id}", self.id, account_id=self.id, **fields)
        return self


def whole_story(tenant: str = "lakeside") -> Story:
    """A claim in every status, and an account at every stage."""
    story = Story(tenant)
    story.claim(1, 100_00).received().verified()
    story.claim(2, 210_00).received().held().inactive()
    story.claim(3, 320_00).received().verified().submitted()
    story.claim(4, 430_00).received().submitted().accepted()
    story.claim(5, 540_00, "87726").received().submitted().rejected().deadline_near()
    story.claim(6, 650_00).received().submitted().accepted().posted(0, 0).denied(650_00)
    story.remittance(1, cents=1_260_00)
    for n in range(7, 13):
        story.claim(n, 300_00).received().verified().submitted().accepted().posted(210_00, 40_00).paid(210_00, 50_00)
        story.account(n).owes(50_00).statement(1, 50_00)
    story.remittance(2, parked=True, cents=99_00)
    story.provider_adjustment(1, 12_34)
    story.account(8).overdue(50_00).reminded(50_00)
    story.account(9).overdue(50_00).plan(50_00)
    story.account(10).overdue(50_00).placed(50_00)
    story.account(11).overdue(50_00).placed(50_00).written_off(50_00).owes(0)
    story.account(12).pays(50_00).owes(0).settled().credit(7_50)
    return story


def of_types(events: Iterable[Event], *types: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, types)]
