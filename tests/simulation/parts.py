"""The four services composed as in production, on payers, a partner's folder and a mail house that are simulated.

Deciders, routes, the batcher and what a file does to its claims are the real ones. Only texts are not written or read:
what a performer would have read in an answer is data here.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from services.claims.batcher import Batcher
from services.claims.charge_mappings import charge_mappings
from services.claims.core import INTAKE_FILE, SUBMISSION, Claim, make_claim_decider
from services.claims.core.intake_file import ReadFile
from services.claims.core.submission import BuildSubmission, DeliverSubmission, ReportDelivered, Submission, TellClaims
from services.claims.core.watch import make_watch
from services.claims.core.watch_file import make_file_watch
from services.claims.core.watch_messages import AskStatus, ClaimStatus
from services.claims.core.watch_messages import InquiryAnswered as StatusAnswered
from services.claims.file_performer import FileReader
from services.claims.forms import Readers
from services.claims.handlers import TOPICS as CLAIMS_TOPICS
from services.claims.handlers import routes as claims_routes
from services.claims.handlers import watch_routes
from services.claims.hl7_senders import hl7_senders
from services.claims.parts import make_parts
from services.claims.pickup import ClaimFiles, Pickup
from services.claims.policies import quota_book
from services.claims.quotas import Quotas
from services.claims.routing import routing_table
from services.claims.submission_performer import Joined, SubmissionPerformer
from services.claims.watch_rules import watch_book
from services.collections.assistance import assistance_policy
from services.collections.assistance_performers import AssistancePerformers
from services.collections.compliance import rule_shelf
from services.collections.core import (
    AccountEffect,
    PlaceAccount,
    PlacementDelivered,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    SendReminder,
    SendStatement,
    StatementDelivered,
    make_decider,
)
from services.collections.core.assistance import make_assistance
from services.collections.core.dispute_messages import NoticeDelivered, SendNotice
from services.collections.handlers import TOPICS as COLLECTIONS_TOPICS
from services.collections.handlers import routes as collections_routes
from services.collections.policies import policy_book
from services.collections.work_policies import work_book
from services.eligibility.core import Inquire, InquiryAnswered, InquiryPolicy, check_decider
from services.eligibility.handlers import TOPICS as ELIGIBILITY_TOPICS
from services.eligibility.handlers import routes as eligibility_routes
from services.eligibility.policies import inquiry_policy
from services.payments.core.account import AccountDecider, make_account
from services.payments.core.account_messages import PostRemittedClaim
from services.payments.core.control_number import CONTROL_NUMBER, RouteRemittedClaim
from services.payments.core.inbound_file import INBOUND_FILE
from services.payments.core.provider import PROVIDER
from services.payments.core.remittance import REMITTANCE, RemittanceDistributed
from services.payments.handlers import TOPICS as PAYMENTS_TOPICS
from services.payments.handlers import routes as payments_routes
from services.payments.performers import Performers
from services.payments.pickup import EraPickup
from services.payments.policy import load_adjustments, load_provider_codes
from services.payments.vault import RemittanceVault
from shared.contracts import Message
from shared.decider import Decider, Due, Effect, Pending
from shared.grouped import Grouped
from shared.inbox import join_routes, route
from shared.runtime import Loop, Runtime, Spec
from shared.store.port import Key
from shared.worker import Performer, answer_meta
from tests.claims.makers import POLICY
from tests.simulation.cash import CASH_DECIDERS, CASH_ROUTES, SimulatedProcessor, cash_performers
from tests.simulation.chaos import START, AwayError, Chaos
from tests.simulation.folders import Disk, SeenPath
from tests.simulation.script import Script
from tests.simulation.stores import SeenStore

INQUIRY: InquiryPolicy = inquiry_policy(START.date())
CLAIM = make_claim_decider(POLICY)
SHIPPED = watch_book()
IMPATIENT = replace(SHIPPED, inquiries=tuple(replace(one, first_after_days=2) for one in SHIPPED.inquiries))
"""Payers are asked soon: in the few moments that a story has, most are decided before the shipped figures would."""
WATCH, FILE_WATCH = make_watch(IMPATIENT), make_file_watch(IMPATIENT)
CHECK = check_decider(replace(INQUIRY, waits=INQUIRY.waits[:2]))
ACCOUNT = make_account(load_adjustments())
COLLECTION = make_decider(policy_book(), rule_shelf(), work_book())
PROGRAMS = assistance_policy(production=False)
ASSISTANCE = make_assistance(PROGRAMS)
PROVIDER_CODES = load_provider_codes()
ROUTING = routing_table()
QUOTAS = Quotas(quota_book())
READERS = Readers(charge_mappings(), hl7_senders())
SETTLE_SECONDS = 1.0


class Bug(NamedTuple):
    """An aggregate whose rules raise until the bug is mended."""

    kind: str
    id: str


class BugError(Exception):
    """A simulated bug in the rules."""


class Outside:
    """Payers, the partner's folder and the mail house: each may be slow or away, and is asked more than once."""

    def __init__(self, chaos: Chaos, script: Script) -> None:
        self.chaos, self.script = chaos, script
        self.bugs: set[Bug] = set()
        self.files: dict[Key, Submission] = {}
        self.drop, self.exchange = Disk(chaos), Disk(chaos, depth=3)
        self.letters: Counter[str] = Counter()

    async def busy(self) -> None:
        """The outside takes its time, longer than a lease now and then, or does not answer at all."""
        if self.chaos.chance(0.08) and self.chaos.fault("slow payer"):
            await asyncio.sleep(self.chaos.rng.uniform(1, 100))
        if self.chaos.chance(0.15) and self.chaos.fault("payer away"):
            raise AwayError

    def with_bugs(self, decider: Decider[Any, Any, Any]) -> Decider[Any, Any, Any]:
        """The decider, raising for aggregates that have a bug."""

        def decide(state: Any, message: Any) -> Any:
            if self.bugs and Bug(decider.kind, decider.aggregate_id(message)) in self.bugs:
                raise BugError
            return decider.decide(state, message)

        return replace(decider, decide=decide)


class Eligibility:
    """Asks payers about coverage."""

    def __init__(self, outside: Outside) -> None:
        self._outside, self.check = outside, outside.with_bugs(CHECK)

    def spec(self) -> Spec:
        return Spec(
            name="eligibility",
            deciders=(self.check,),
            routes=eligibility_routes(self.check),
            performers=lambda runtime: {self.check.kind: {Inquire: _Inquirer(self._outside, runtime).inquire}},
            topics=ELIGIBILITY_TOPICS,
        )


class _Inquirer:
    def __init__(self, outside: Outside, runtime: Runtime) -> None:
        self._outside, self._runtime = outside, runtime

    async def inquire(self, key: Key, pending: Pending) -> Message:
        """A payer says the same to the same attempt, whoever asks and however often."""
        assert isinstance(pending.effect, Inquire)
        await self._outside.busy()
        answers = self._outside.script.coverage[key.id.split(".", 1)[1].rsplit(".", 1)[0]]
        outcome = answers[min(pending.effect.attempt, len(answers)) - 1]
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryAnswered(meta=meta, check_id=key.id, outcome=outcome)


class Claims:
    """Takes claims in, files them and reads what came back."""

    def __init__(self, outside: Outside) -> None:
        self._outside, self.claim = outside, outside.with_bugs(CLAIM)

    def spec(self) -> Spec:
        return Spec(
            name="claims",
            deciders=(self.claim, SUBMISSION, INTAKE_FILE, WATCH, FILE_WATCH),
            routes=join_routes(claims_routes(self.claim), watch_routes(WATCH, FILE_WATCH)),
            performers=self._performers,
            loops=self._loops,
            topics=CLAIMS_TOPICS,
        )

    def _performers(self, runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        files = _Files(self._outside, runtime, self.claim)
        parts = make_parts(runtime, self.claim, ROUTING)
        reader = FileReader(runtime, self.claim, parts.intake, parts.vault, QUOTAS, READERS)
        return {
            INTAKE_FILE.kind: {ReadFile: reader.read},
            WATCH.kind: {AskStatus: _Teller(self._outside, runtime).tell},
            SUBMISSION.kind: {BuildSubmission: files.build, DeliverSubmission: files.deliver, TellClaims: files.tell},
        }

    def _loops(self, runtime: Runtime) -> Sequence[Loop]:
        parts, seen = make_parts(runtime, self.claim, ROUTING), cast("SeenStore", runtime.store)
        folder = cast("Path", SeenPath(self._outside.drop, seen.life))
        filing = ClaimFiles(QUOTAS)
        pickup = Pickup("intake", runtime, folder, filing, parts.vault, parts.tenants, settle_seconds=SETTLE_SECONDS)
        return pickup, Batcher(runtime, self.claim, ROUTING, parts.tenants)


class _Teller:
    def __init__(self, outside: Outside, runtime: Runtime) -> None:
        self._outside, self._runtime = outside, runtime

    async def tell(self, key: Key, pending: Pending) -> Message:
        """A payer that is asked about a claim says that it is in process, to every question."""
        assert isinstance(pending.effect, AskStatus)
        await self._outside.busy()
        number = pending.effect.number
        status = ClaimStatus(source=f"{key}/{number}", kind="pending", category="P1", codes=("P1:20",))
        meta = answer_meta(key, pending, self._runtime.clock)
        return StatusAnswered(meta=meta, claim_id=key.id, number=number, status=status)


class _NoVault:
    async def put(self, *_: Any) -> None:
        """Files are kept nowhere: a file is its members."""


class _Files(SubmissionPerformer):
    """The real performer, which writes no X12 and hands files to the simulated partner."""

    def __init__(self, outside: Outside, runtime: Runtime, claim: Decider[Any, Any, Any]) -> None:
        super().__init__(runtime, claim, ROUTING, cast("Any", _NoVault()), Path())
        self._outside = outside

    async def _open(self, key: Key, pending: Pending, state: Claim) -> Joined | None:
        return Joined(state, cast("Any", None), cast("Any", None))

    async def _write(
        self, key: Key, pending: Pending, state: Submission, joined: Sequence[Joined]
    ) -> tuple[list[Joined], bytes]:
        await self._outside.busy()
        return list(joined), ",".join(one.state.claim_id for one in joined).encode()

    async def deliver(self, key: Key, pending: Pending) -> ReportDelivered:
        state = await self._submission(key)
        content = ",".join(member.claim_id for member in state.members).encode()
        assert hashlib.sha256(content).hexdigest() == state.sha256, f"{key}: not the file that was built"
        await self._outside.busy()
        lies_there = self._outside.files.setdefault(key, state)
        assert lies_there.members == state.members, f"{key}: one file, two contents"
        return ReportDelivered(meta=answer_meta(key, pending, self._runtime.clock), submission_id=key.id)


class Payments:
    """Posts what payers and patients pay."""

    def __init__(self, outside: Outside) -> None:
        self._outside, self.account = outside, outside.with_bugs(ACCOUNT)
        self.processor = SimulatedProcessor(outside.busy)
        self._remitted = {
            d.claim.remittance_id: d.claim for b in outside.script.billed for d in b.remitted if not d.era
        }

    def spec(self) -> Spec:
        return Spec(
            name="payments",
            deciders=(self.account, CONTROL_NUMBER, REMITTANCE, PROVIDER, INBOUND_FILE, *CASH_DECIDERS),
            routes=join_routes(payments_routes(self.account), CASH_ROUTES),
            performers=self._performers,
            loops=self._loops,
            topics=PAYMENTS_TOPICS,
        )

    def _loops(self, runtime: Runtime) -> Sequence[Loop]:
        seen = cast("SeenStore", runtime.store)
        exchange = cast("Path", SeenPath(self._outside.exchange, seen.life))
        return (EraPickup(runtime, exchange, _vault(runtime)),)

    def _performers(self, runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        posting = _Poster(self, runtime, self.account, _vault(runtime)).by_kind()
        return {**posting, **cash_performers(runtime, self.account, self.processor)}

    def route(self, key: Key, pending: Pending) -> RouteRemittedClaim | None:
        """The one claim of a remittance; None when a file has it."""
        if key.id not in self._remitted:
            return None
        meta = pending.cause.model_copy(update={"id": pending.id, "causation": pending.id, "sequence": 0})
        return RouteRemittedClaim(meta=meta, remitted=self._remitted[key.id])


def _vault(runtime: Runtime) -> RemittanceVault:
    return RemittanceVault(runtime.store, runtime.sealer)


class _Alone:
    """Hands over one by one what comes at the same time."""

    def __init__(self, hand_over: Callable[[Sequence[PostRemittedClaim]], Awaitable[None]]) -> None:
        self._hand_over = hand_over

    async def add(self, item: PostRemittedClaim) -> None:
        await self._hand_over((item,))


class _Poster(Performers):
    """The real performers, but for remittances that are data."""

    def __init__(self, payments: Payments, runtime: Runtime, account: AccountDecider, vault: RemittanceVault) -> None:
        super().__init__(runtime, account, vault, PROVIDER_CODES)
        self._payments = payments
        # A group's caller waits for a task of its own, which a simulated death would leave waiting for ever.
        self._posting = cast("Grouped[PostRemittedClaim]", _Alone(self._post))

    async def distribute(self, key: Key, pending: Pending) -> Message:
        route = self._payments.route(key, pending)
        if route is None:
            return await super().distribute(key, pending)
        await self._runtime.shell.transact(CONTROL_NUMBER, [route])
        meta = answer_meta(key, pending, self._runtime.clock)
        return RemittanceDistributed(meta=meta, remittance_id=key.id, upto=1, done=True)


class Collections:
    """Asks patients for their share."""

    def __init__(self, outside: Outside) -> None:
        self._outside, self.collection = outside, outside.with_bugs(COLLECTION)
        self.assistance = outside.with_bugs(ASSISTANCE)

    def spec(self) -> Spec:
        mailed = (SendStatement, SendReminder, PlaceAccount, RecallAccount, SendNotice)

        def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
            telling = AssistancePerformers(runtime, self.assistance, self.collection, PROGRAMS)
            return {
                self.collection.kind: dict.fromkeys(mailed, _MailHouse(self._outside, runtime).mail),
                self.assistance.kind: telling.performers(),
            }

        return Spec(
            name="collections",
            deciders=(self.collection, self.assistance),
            routes=join_routes(collections_routes(self.collection), route(self.assistance, Due)),
            performers=performers,
            topics=COLLECTIONS_TOPICS,
        )


class _MailHouse:
    def __init__(self, outside: Outside, runtime: Runtime) -> None:
        self._outside, self._runtime = outside, runtime

    async def mail(self, key: Key, pending: Pending) -> Message:
        """A letter with the same id is the same letter, however often it is handed over."""
        effect = cast("AccountEffect | SendNotice", pending.effect)
        meta = answer_meta(key, pending, self._runtime.clock)
        await self._outside.busy()
        common: Any = {"meta": meta, "account_id": effect.account_id, "outcome": "delivered"}
        match effect:
            case SendStatement():
                self._outside.letters[effect.statement_id] += 1
                return StatementDelivered(**common, statement_id=effect.statement_id)
            case SendReminder():
                self._outside.letters[effect.reminder_id] += 1
                return ReminderDelivered(**common, reminder_id=effect.reminder_id)
            case PlaceAccount():
                return PlacementDelivered(**common, placement_id=effect.placement_id)
            case RecallAccount():
                return RecallDelivered(**common, placement_id=effect.placement_id)
            case SendNotice():
                self._outside.letters[effect.notice_id] += 1
                return NoticeDelivered(**common, notice_id=effect.notice_id)
