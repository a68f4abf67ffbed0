"""A small practice from charge to write-off, under every fault; and what must be true of its books afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.collections.core import (
    AccountEffect,
    DunningPolicy,
    PlaceAccount,
    PlacementDelivered,
    PolicyBook,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    ReminderLevel,
    SendReminder,
    SendStatement,
    StatementDelivered,
    make_decider,
)
from services.payments.core.account import make_account
from services.payments.core.account_messages import PostPatientPayment, PostRemittedClaim
from services.payments.core.adjudication import Action, AdjustmentPolicy, AdjustmentRule
from services.payments.core.control_number import (
    CONTROL_NUMBER,
    ForwardRemittedClaim,
    RemittedClaimForwarded,
    RouteRemittedClaim,
)
from services.payments.core.ledger import Totals, totals_of
from services.payments.core.remitted import RemittedAdjustment, RemittedClaim
from shared.contracts import (
    AccountWrittenOff,
    ClaimSubmitted,
    Message,
    Meta,
    PatientBalanceChanged,
    PatientPaymentReceived,
    SubmittedLine,
)
from shared.decider import Due, Effect, Pending
from shared.inbox import join_routes, route
from shared.shell import ContentionError
from shared.store.port import Key
from shared.wire import commands_topic, events_topic, to_record
from shared.worker import Performer, answer_meta
from tests.shared.harness import HandClock
from tests.simulation.chaos import Chaos, CrashError, FaultyBus, RunningWall
from tests.simulation.service import Service

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
ROUNDS = 40
CALM_ROUNDS = 400
RULES = {
    "45": (AdjustmentRule(date.min, Action.CONTRACTUAL, Action.PATIENT),),
    "2": (AdjustmentRule(date.min, Action.DENIAL, Action.PATIENT),),
    "50": (AdjustmentRule(date.min, Action.DENIAL, Action.PATIENT),),
}
POLICY = PolicyBook(
    (
        DunningPolicy(
            name="simulated",
            tenant="*",
            valid_from=date.min,
            due_after_days=30,
            statement_every_days=30,
            letter_gap_days=7,
            retry_after_days=1,
            reminders=(ReminderLevel(day=30), ReminderLevel(day=60), ReminderLevel(day=90, final=True)),
            agency_id="agency",
            placement_floor_days=120,
            placement_after_days=120,
            final_notice_days=30,
            write_off_after_days=30,
            small_balance_cents=499,
            plan_grace_days=10,
            plan_installments_max=12,
            plan_installment_min_cents=1000,
            plan_first_due_within_days=31,
        ),
    )
)
ACCOUNT = make_account(AdjustmentPolicy(RULES))
COLLECTION = make_decider(POLICY)


class Script(NamedTuple):
    """What the outside world does: claims go out, payers answer, patients pay; all of it more than once."""

    submitted: list[ClaimSubmitted]
    remitted: list[RouteRemittedClaim]
    payments: list[PostPatientPayment]


class Book(NamedTuple):
    """What a run left behind, to be compared with the undisturbed run of the same script."""

    totals: dict[Key, Totals]
    collections: dict[Key, str]
    letters: dict[str, int]


class Billed(NamedTuple):
    """A claim that payers answer."""

    tenant: str
    account: str
    claim: str
    charge_cents: int


def write_script(rng: random.Random) -> Script:
    """One seed's outside world."""
    script = Script([], [], [])
    for a in range(rng.randint(1, 3)):
        tenant, account = rng.choice(("lakeside", "northgate")), f"acct_{a}"
        for c in range(rng.randint(1, 3)):
            billed = Billed(tenant, account, f"clm_{a}_{c}", rng.randrange(1_000, 50_000))
            script.submitted.append(_submitted(rng, billed))
            script.remitted.extend(_remittances(rng, billed))
        for p in range(rng.randrange(3)):
            payment = f"pay_{a}_{p}"
            script.payments.append(
                PostPatientPayment(
                    meta=_meta(rng, tenant, f"account/{account}", account, "payments"),
                    account_id=account,
                    payment_id=payment,
                    method="card",
                    paid_cents=rng.randrange(100, 9_000),
                    received_on=START.date(),
                )
            )
    return script


def _meta(rng: random.Random, tenant: str, subject: str, key: str, source: str, sequence: int = 0) -> Meta:
    message_id = UUID(int=rng.getrandbits(128), version=4)
    return Meta(
        id=message_id,
        tenant=tenant,
        occurred_at=START,
        source=source,
        subject=subject,
        key=key,
        sequence=sequence,
        correlation=message_id,
    )


def _submitted(rng: random.Random, billed: Billed) -> ClaimSubmitted:
    tenant, account, claim, charge = billed
    day = START.date()
    return ClaimSubmitted(
        meta=_meta(rng, tenant, f"claim/{claim}", account, "claims", 2),
        account_id=account,
        claim_id=claim,
        patient_control_number=f"PCN{claim}",
        payer_id="60054",
        billing_npi="1234567893",
        charge_cents=charge,
        lines=(SubmittedLine(line_control_number="1", procedure="99213", charge_cents=charge, service_from=day),),
        service_from=day,
        service_to=day,
        frequency_code="1",
        submission_id="sub_1",
        submitted_on=day,
        sealed_guarantor="sealed:AAAA",
    )


def _remittances(rng: random.Random, billed: Billed) -> Iterator[RouteRemittedClaim]:
    """Paid, denied or nothing yet; sometimes taken back and paid anew."""
    fate = rng.choice(("paid", "paid", "denied", "corrected", "silent"))
    if fate == "silent":
        return
    patient, contract = rng.randrange(billed.charge_cents // 2), rng.randrange(billed.charge_cents // 3)
    shares = {"50": billed.charge_cents} if fate == "denied" else {"45": contract, "2": patient}
    yield _remitted(rng, billed, 1, "1", shares)
    if fate == "corrected":
        yield _remitted(rng, billed, 2, "22", shares)
        yield _remitted(rng, billed, 3, "1", {"45": contract})


def _remitted(
    rng: random.Random, billed: Billed, number: int, status: str, shares: dict[str, int]
) -> RouteRemittedClaim:
    """One decision; status 22 takes a former one back, with every amount negated."""
    sign = -1 if status == "22" else 1
    adjustments = tuple(
        RemittedAdjustment(group="PR" if reason == "2" else "CO", reason=reason, amount_cents=sign * cents)
        for reason, cents in shares.items()
        if cents
    )
    remitted = RemittedClaim(
        remittance_id=f"rem_{billed.claim}_{number}",
        position=1,
        payer_id="60054",
        payment_date=START.date(),
        patient_control_number=f"PCN{billed.claim}",
        payer_claim_control_number=f"ICN{billed.claim}",
        status=status,
        charge_cents=sign * billed.charge_cents,
        paid_cents=sign * (billed.charge_cents - sum(shares.values())),
        patient_responsibility_cents=sign * shares.get("2", 0),
        adjustments=adjustments,
    )
    meta = _meta(rng, billed.tenant, f"control_number/PCN{billed.claim}", billed.account, "payments")
    return RouteRemittedClaim(meta=meta, remitted=remitted)


class World:
    """The services, the topics between them, and the outside."""

    def __init__(self, seed: int, *, calm: bool) -> None:
        self.rng = random.Random(seed)
        self.script = write_script(self.rng)
        self.chaos = Chaos(random.Random(seed + 1), 0.0 if calm else 0.015)
        self.bus, self.clock, self.wall = FaultyBus(self.chaos), HandClock(START), RunningWall(START)
        self.letters: Counter[str] = Counter()
        self.payments = self._service(
            "payments",
            (ACCOUNT, CONTROL_NUMBER),
            join_routes(
                route(ACCOUNT, ClaimSubmitted, AccountWrittenOff),
                route(CONTROL_NUMBER, ClaimSubmitted, RouteRemittedClaim),
            ),
            {events_topic("claims"), events_topic("collections"), commands_topic("payments")},
        )
        self.collections = self._service(
            "collections",
            (COLLECTION,),
            join_routes(route(COLLECTION, PatientBalanceChanged, PatientPaymentReceived), route(COLLECTION, Due)),
            {events_topic("payments"), commands_topic("collections")},
        )
        self.payments.performers[CONTROL_NUMBER.kind] = {ForwardRemittedClaim: self._forward}
        mailed: tuple[type[Effect], ...] = (SendStatement, SendReminder, PlaceAccount, RecallAccount)
        letters: dict[type[Effect], Performer] = dict.fromkeys(mailed, self._mail)
        self.collections.performers[COLLECTION.kind] = letters

    def _service(self, name: str, deciders: Any, routes: Any, topics: set[str]) -> Service:
        return Service(name, deciders, routes, frozenset(topics), self.bus, self.chaos, self.clock, self.wall)

    @property
    def services(self) -> tuple[Service, ...]:
        return (self.payments, self.collections)

    async def run(self) -> Book:
        """The whole story: news pours in, then the clock moves through 220 days, settling after each step."""
        await self._pour_in()
        await self._settle()
        for _ in range(44):
            self.clock.time += timedelta(days=5)
            await self._settle()
        return await self._book()

    async def _pour_in(self) -> None:
        """Everything at least once, in any order across accounts and topics; patients pay through the API."""
        records = [to_record(events_topic("claims"), m) for m in self.script.submitted]
        records += [to_record(commands_topic("payments"), m) for m in self.script.remitted]
        records += self.rng.choices(records, k=len(records) // 2)
        self.rng.shuffle(records)
        self.bus.records.extend(records)
        lives = [service.live(ROUNDS) for service in self.services for _ in range(2)]
        await asyncio.gather(*lives, *(self._pay(payment) for payment in self.script.payments))

    async def _pay(self, payment: PostPatientPayment) -> None:
        """A client repeats its request until it is answered."""
        for _ in range(50):
            try:
                await self.payments.shell.transact_one(ACCOUNT, payment)
            except (CrashError, ContentionError):
                await asyncio.sleep(0)
            else:
                return
        raise AssertionError("a payment was never answered")

    async def _settle(self) -> None:
        for _ in range(CALM_ROUNDS):
            if all([await service.settled() for service in self.services]):
                return
            self.wall.now += timedelta(seconds=30)
            await asyncio.gather(*(service.live(3) for service in self.services for _ in range(2)))
        raise AssertionError("the services never came to rest")

    async def _forward(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, ForwardRemittedClaim)
        meta = pending.cause.model_copy(update={"id": pending.id, "causation": pending.id})
        post = PostRemittedClaim(
            meta=meta, account_id=effect.account_id, claim_id=effect.claim_id, remitted=effect.remitted
        )
        await self.payments.shell.transact(ACCOUNT, [post])
        await self.chaos.step()
        number = effect.remitted.patient_control_number
        return RemittedClaimForwarded(meta=answer_meta(key, pending, self.clock), patient_control_number=number)

    async def _mail(self, key: Key, pending: Pending) -> Message:
        """The mail house: a letter with the same id is the same letter, however often it is handed over."""
        effect = pending.effect
        assert isinstance(effect, SendStatement | SendReminder | PlaceAccount | RecallAccount)
        meta = answer_meta(key, pending, self.clock)
        await self.chaos.step()
        self.letters[_letter_id(effect)] += 1
        await self.chaos.step()
        account = effect.account_id
        match effect:
            case SendStatement():
                return StatementDelivered(
                    meta=meta, account_id=account, outcome="delivered", statement_id=effect.statement_id
                )
            case SendReminder():
                return ReminderDelivered(
                    meta=meta, account_id=account, outcome="delivered", reminder_id=effect.reminder_id
                )
            case PlaceAccount():
                return PlacementDelivered(
                    meta=meta, account_id=account, outcome="delivered", placement_id=effect.placement_id
                )
            case RecallAccount():
                return RecallDelivered(
                    meta=meta, account_id=account, outcome="delivered", placement_id=effect.placement_id
                )

    async def _book(self) -> Book:
        self.chaos.crash_chance = 0.0
        totals = {key: totals_of(state) async for key, state in self.payments.store.scan(ACCOUNT)}
        collections = {
            key: f"{state.balance_cents}/{ended(state.status)}"
            async for key, state in self.collections.store.scan(COLLECTION)
            if state.balance_cents
            or ended(state.status) != "nothing owed"  # it may never have heard of such an account
        }
        return Book(totals, collections, dict.fromkeys(self.letters, 1))


def ended(status: str) -> str:
    """Where an account came to rest: `settled`, `clear` and `written_off` all owe nothing.

    Whether a balance was open for a moment before it was paid, and whether a small one was written off at once or at
    its deadline, depends on the order of the news, and rightly so; what was written off, the ledger's totals compare.
    """
    return "nothing owed" if status in {"settled", "clear", "written_off"} else status


def _letter_id(effect: AccountEffect) -> str:
    match effect:
        case SendStatement():
            return effect.statement_id
        case SendReminder():
            return effect.reminder_id
        case PlaceAccount():
            return effect.placement_id
        case RecallAccount():
            return f"recall/{effect.placement_id}"
