"""The whole claims service on memory: real shell, worker, vault and folders; only broker and server are missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
from joserfc.jwk import ECKey, KeySet
from pydantic import TypeAdapter

from services.claims.app import make_quotas, make_spec
from services.claims.core import INTAKE_FILE, SUBMISSION, Claim
from services.claims.core.intake_file import IntakeFile
from services.claims.core.submission import Submission
from services.claims.policies import POLICY_FOLDER
from services.claims.quotas import Quotas
from services.claims.settings import ClaimsSettings
from shared.audit import Audit
from shared.auth import Authenticator
from shared.bus.memory import MemoryBus
from shared.contracts import CoverageInactive, CoverageVerified, Event, Message, Meta
from shared.contracts.wire import from_record, header_map
from shared.log import configure_logs
from shared.relay import Relay
from shared.runtime import Loop, Runtime, Spec
from shared.sealed import Pseudonyms
from shared.shell import Shell
from shared.store.memory import MemoryStore
from shared.store.port import Key
from shared.worker import Worker
from tests.shared.sealing import PlainSealer

TENANT = "lakeside"
NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
ISSUER = "urn:revcycle:development"


class TestClock:
    """The time of the business, which the test moves."""

    __test__ = False

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, to: datetime) -> None:
        self._now = to


@dataclass
class World:
    """One process of the service. `sealer` and `store` outlive it, so that a second process can take over."""

    runtime: Runtime
    spec: Spec
    store: MemoryStore
    bus: MemoryBus
    clock: TestClock
    intake: Path
    exchange: Path
    workers: Sequence[Worker]
    loops: Sequence[Loop]
    quotas: Quotas
    heard: int = 0
    """So many records of the bus were read by the service itself."""

    async def settle(self, rounds: int = 40) -> None:
        """Loops and effects until nothing more happens."""
        for _ in range(rounds):
            done = sum([await loop.step() for loop in self.loops])
            done += sum([await worker.run_once() for worker in self.workers])
            if not done and not sum([await loop.pending() for loop in self.loops]):
                return
        raise AssertionError("the service did not come to rest")

    async def drop(self, name: str, content: bytes, tenant: str = TENANT) -> None:
        folder = self.intake / tenant
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        await self.settle()

    async def acknowledge(self, name: str, content: bytes, tenant: str = TENANT) -> None:
        folder = self.exchange / tenant / "acks"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        await self.settle()

    async def tell(self, *messages: Message) -> None:
        await self.runtime.shell.transact(self.spec.deciders[0], messages)
        await self.settle()

    async def claims(self, tenant: str = TENANT) -> list[Claim]:
        found = await self.store.find(self.spec.deciders[0], tenant, {}, None, 10_000)
        return [state for _, state in found]

    async def files(self, tenant: str = TENANT) -> list[IntakeFile]:
        return [state for _, state in await self.store.find(INTAKE_FILE, tenant, {}, None, 1000)]

    async def submissions(self, tenant: str = TENANT) -> list[Submission]:
        return [state for _, state in await self.store.find(SUBMISSION, tenant, {}, None, 1000)]

    async def verify_coverage(self, inactive: Iterable[str] = (), tenant: str = TENANT) -> None:
        """Eligibility answers every claim that waits for it."""
        waiting = [one for one in await self.claims(tenant) if one.status == "waiting_coverage"]
        refused = set(inactive)
        await self.tell(*(coverage_answer(one, tenant, one.claim_id in refused) for one in waiting))

    def events(self, *types: type[Event]) -> list[Event]:
        """Everything published, in order."""
        wanted = {t.model_fields["type"].default: t for t in types}
        found: list[Event] = []
        for record in self.bus.records:
            headers = header_map(record.headers)
            if headers["ce_type"] in wanted:
                found.append(from_record(TypeAdapter(wanted[headers["ce_type"]]), headers, record.value))
        return found

    def outbox(self, tenant: str = TENANT) -> dict[str, bytes]:
        folder = self.exchange / tenant / "to_payer"
        return {file.name: file.read_bytes() for file in sorted(folder.glob("*"))} if folder.is_dir() else {}

    async def quarantine(self, tenant: str = TENANT) -> list[dict[str, Any]]:
        return [dict(note) for note in await self.store.notes("quarantine", tenant, None, 1000)]

    async def published(self) -> bytes:
        """All that was sent to topics."""
        return b"".join(record.value for record in self.bus.records)

    def lying(self) -> bytes:
        """All that lies in the store, as it lies there."""
        store = self.store
        rows = [row for rows in store._rows.values() for row in rows.values()]
        blobs = [chunk for chunks in store._blobs.values() for chunk in chunks]
        reservations = [str(item).encode() for item in store._reservations.items()]
        notes = [str(note).encode() for notes in store._notes.values() for note in notes.values()]
        return b"".join((*rows, *store._journal.values(), *blobs, *reservations, *notes))


def signing_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)


def make_world(
    root: Path,
    *,
    store: MemoryStore | None = None,
    sealer: PlainSealer | None = None,
    key: ECKey | None = None,
    days_later: int = 0,
    quota_file: Path = POLICY_FOLDER / "quotas.toml",
    routing_file: Path = POLICY_FOLDER / "routing.toml",
    payers: httpx.AsyncBaseTransport | None = None,
) -> World:
    """A process on memory. A given store and sealer go on where another process ended, its leases over."""
    settings = ClaimsSettings(
        env="development",
        kafka="unused",
        mongo="unused",
        jwks_file=root / "jwks.json",
        issuer=ISSUER,
        master_key_file=root / "master",
        pseudonym_key_file=root / "pseudonym",
        intake=root / "intake",
        exchange=root / "exchange",
        settle_seconds=0,
        quota_file=quota_file,
        routing_file=routing_file,
        sandbox_url=None if payers is None else "http://payers",
    )
    store, bus, clock = store or MemoryStore(NOW), MemoryBus(), TestClock(NOW)
    # The machine's time lies after the files' own times, and goes on with every look.
    wall_time = iter(NOW + timedelta(days=36_500 + days_later, milliseconds=n) for n in range(10_000_000))
    log = configure_logs("claims", "ERROR")
    relay = Relay(bus, store, lambda: next(wall_time), f"claims-{uuid4()}")
    keys = KeySet([(key or signing_key())])
    runtime = Runtime(
        settings=settings,
        log=log,
        clock=clock,
        wall=lambda: next(wall_time),
        store=store,
        bus=bus,
        relay=relay,
        shell=Shell(store, relay, log),
        sealer=sealer or PlainSealer(),
        pseudonyms=Pseudonyms(b"a key of thirty-two bytes, at least"),
        audit=Audit(store, lambda: next(wall_time)),
        authenticator=Authenticator(keys, ISSUER, "revcycle", production=False),
    )
    quotas = make_quotas(settings)
    spec = make_spec(settings, quotas, payers)
    by_kind = {decider.kind: decider for decider in spec.deciders}
    workers = [
        Worker(runtime.shell, by_kind[kind], by_effect, clock, runtime.wall, log, f"worker/{kind}")
        for kind, by_effect in spec.performers(runtime).items()
    ]
    loops = spec.loops(runtime)
    return World(runtime, spec, store, bus, clock, settings.intake, settings.exchange, workers, loops, quotas)


def event_meta(name: str, account_id: str, tenant: str = TENANT, sequence: int = 1, subject: str = "check/1") -> Meta:
    return Meta(
        id=uuid5(NAMESPACE_URL, f"{tenant}/{name}"),
        tenant=tenant,
        occurred_at=NOW,
        source="eligibility",
        subject=subject,
        key=account_id,
        sequence=sequence,
        correlation=uuid5(NAMESPACE_URL, "correlation"),
    )


def coverage_answer(claim: Claim, tenant: str = TENANT, inactive: bool = False) -> CoverageVerified | CoverageInactive:
    assert claim.content is not None
    kind = CoverageInactive if inactive else CoverageVerified
    return kind(
        meta=event_meta(f"coverage/{claim.claim_id}", claim.account_id, tenant),
        account_id=claim.account_id,
        claim_id=claim.claim_id,
        coverage_id=claim.coverage_id,
        payer_id=claim.content.payer_id,
        service_date=claim.content.service_from or date(2026, 6, 1),
    )


def key_of(claim: Claim, tenant: str = TENANT) -> Key:
    return Key(tenant, claim.claim_id)
