"""The cycle end to end over real wire protocols: the book ties out, and no identifier shows anywhere."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import bson
import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from revcycle.audit_log import copies_of, verify_all
from revcycle.identity import issue_token
from revcycle.policy import simulate
from revcycle.report import read_proofs
from revcycle.stack.record import StackRecord
from revcycle.stack.topics import SERVICES, partitions_of, topic_names
from samples.generate import generate
from services.collections.policies import POLICY_FOLDER
from shared.store.connect import connect, disconnect
from shared.x12.claim837 import Claim837, read_837
from tests.e2e.collecting import asked, decisions_again, measures, past, typed
from tests.e2e.stack import START, Stack, running
from tests.operations.collector import Collector, collecting
from tests.operations.live import POISONED, are_told, empty_panels, metrics_text, odd_labels, poison, stop_and_go
from tests.operations.telling import Told, telling
from tests.operations.watching import Prometheus, watching

CLAIMS = 40
DAYS = 45
TENANTS = ("lakeside", "northgate")

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Takes the spans of every process of the stack."""
    with collecting() as found, pytest.MonkeyPatch.context() as patched:
        patched.setenv("REVCYCLE_OTLP_ENDPOINT", found.url)
        yield found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("cycle"), CLAIMS, DAYS) as stack:
        yield stack


@pytest.fixture(scope="module")
def told(stack: Stack) -> Iterator[Told | None]:
    """Who is told of alerts; None where no Alertmanager is installed."""
    with telling(stack.layout.root / "alertmanager") as found:
        yield found


@pytest.fixture(scope="module")
def prometheus(stack: Stack, told: Told | None) -> Iterator[Prometheus | None]:
    """It watches from the start; None where it is not installed."""
    if shutil.which("prometheus") is None:
        yield None
        return
    token = stack.layout.metrics_token
    services, managers = (*SERVICES, "console"), () if told is None else (told.address,)
    with watching(stack.layout.root / "prometheus", stack.record, token, services, managers) as found:
        yield found


def test_a_claim_travels_the_whole_way_and_no_identifier_with_it(stack: Stack, prometheus: Prometheus | None) -> None:
    found, tally = stack.play()
    assert found == []
    for type_ in ("claim.received.v1", "coverage.verified.v1", "claim.submitted.v1", "claim.accepted.v1"):
        assert tally.events[type_] > 0, type_
    for type_ in ("claim.remitted.v1", "payment.posted.v1", "statement.sent.v1", "patient-payment.received.v1"):
        assert tally.events[type_] > 0, type_
    assert tally.counts["Claims received"] == CLAIMS

    marks = identifiers()
    assert len(marks) > CLAIMS
    assert leaks_on_topics(stack.record, marks) == []
    assert leaks_in_store(stack.record, marks) == []
    assert leaks_in_logs(stack.layout.logs, marks) == []
    assert leaks_in_numbers(stack, marks) == []
    for service in (*SERVICES, "console"):
        assert odd_labels(metrics_text(stack.layout, stack.record, service)) == []


def test_one_trace_follows_a_claim_through_the_services_and_names_nobody(stack: Stack, collector: Collector) -> None:
    marks = identifiers()
    assert not any(seen(body, marks) for body in collector.requests)
    by_trace = collector.services_by_trace()
    four = {f"revcycle-{service}" for service in SERVICES}
    assert set().union(*by_trace.values()) == four | {"revcycle-console"}
    assert sum(len(services & four) >= 3 for services in by_trace.values()) > 1, "every service keeps its own story"
    names = {span.name for _, span in collector.spans()}
    assert {"claims performs ReadFile", "eligibility performs Inquire"} <= names


def test_every_panel_of_every_dashboard_has_something_to_draw(prometheus: Prometheus | None) -> None:
    watch = prometheus or pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    assert empty_panels(watch) == []


def test_a_record_that_cannot_be_read_and_a_process_that_hangs_raise_their_alerts(
    stack: Stack, prometheus: Prometheus | None, told: Told | None
) -> None:
    watch = prometheus or pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    assert not watch.firing("DeadLetters")
    poison(stack.record)
    watch.until(lambda: watch.firing("DeadLetters", service="payments", topic=POISONED))
    stop_and_go(watch, stack.record, "collections")
    are_told(watch, told)


def test_the_proof_reconciles_with_what_went_in(stack: Stack) -> None:
    tokens = {t: issue_token(stack.layout, t, "test", ["auditor"]) for t in TENANTS}
    proofs = asyncio.run(read_proofs(stack.record.url("payments") or "", tokens))
    charged = sum(claim.charge_cents or 0 for claim in claims())
    assert sum(proof["totals"]["charge_cents"] for proof in proofs.values()) == charged
    assert all(proof["proved"] and not proof["discrepancies"] for proof in proofs.values())
    for name in ("deposits_reassociated", "card_payments", "payments_entered"):
        assert sum(proof["cash"]["summary"].get(name, {"count": 0})["count"] for proof in proofs.values()) > 0, name


def test_the_gates_decisions_come_out_the_same_from_the_real_store(stack: Stack) -> None:
    found = decisions_again(stack, TENANTS[0])
    assert found.decisions > found.accounts > 0
    assert found.allowed > 0
    assert found.differing == []
    assert isinstance(stack.console.file, StringIO)
    shown = " ".join(stack.console.file.getvalue().split())
    told = typed(stack, "compliance", "recompute", "--tenant", TENANTS[0])
    assert (told["decisions"], told["same"], told["differing"]) == (found.decisions, found.same, [])
    assert f"{found.decisions:,} decisions, {found.allowed:,} allowed and {found.blocked:,} blocked" in shown


def test_policies_are_tried_and_measured_on_what_the_real_store_remembers(stack: Stack) -> None:
    remembered = past(stack, TENANTS[0])
    same = simulate(remembered, TENANTS[0], (POLICY_FOLDER, POLICY_FOLDER), (START, START))
    assert same.differences == ()
    assert same.older.contact_count > 0
    on = ("--tenant", TENANTS[0], "--on", START.isoformat())
    told = typed(stack, "policy", "simulate", str(POLICY_FOLDER), *on)
    assert (told["tenant"], told["differences"]) == (TENANTS[0], [])
    counted = measures(stack, TENANTS[0]).by_version.values()
    assert sum(version.contacts for version in counted) > 0


def test_a_collector_sees_each_contact_with_the_decision_that_allowed_it(stack: Stack) -> None:
    accounts = asked(stack, TENANTS[0], "/accounts?status=overdue") + asked(stack, TENANTS[0], "/accounts?status=open")
    story = asked(stack, TENANTS[0], f"/accounts/{accounts[0]['account_id']}/story")
    assert story["contacts"]
    assert all(one["decision"]["allowed"] for one in story["contacts"] if one["direction"] == "out")
    assert story["next"]["ways"]
    assert isinstance(asked(stack, TENANTS[0], "/collector-work")["items"], list)


def claims() -> list[Claim837]:
    """The claims that went in, read again from their files."""
    files = generate(CLAIMS, start=START).values()
    return [one for content in files for one in read_837([content]) if isinstance(one, Claim837)]


def identifiers() -> set[bytes]:
    """Names, birth dates, streets and member ids of everybody in the files, as files and services write them."""
    found: set[str] = set()
    for claim in claims():
        people = [claim.subscriber.person, *([claim.patient] if claim.patient else [])]
        for person in people:
            found |= {f"{person.last_name}, {person.first_name}", f"{person.first_name} {person.last_name}"}
            found |= {f"{person.last_name}*{person.first_name}"}
            if person.address is not None and person.address.line1:
                found.add(person.address.line1)
            if person.birth_date is not None:
                found |= {f"D8*{person.birth_date:%Y%m%d}", f'"birth_date":"{person.birth_date}"'}
        found.add(claim.subscriber.member_id)
    return {text.encode() for text in found if len(text) > 5}


def seen(content: bytes, marks: set[bytes]) -> bool:
    """Whether any mark stands in the content, whatever its case."""
    upper = content.upper()
    return any(mark.upper() in upper for mark in marks)


def leaks_on_topics(record: StackRecord, marks: set[bytes]) -> list[str]:
    """Topics with a record whose key, headers or value holds a mark."""
    return asyncio.run(_scan_topics(record.kafka, marks))


async def _scan_topics(servers: str, marks: set[bytes]) -> list[str]:
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    leaks: list[str] = []
    try:
        parts = await partitions_of(servers, topic_names())
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(parts)
        assert sum(ends.values()) > CLAIMS
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for part, records in (await consumer.getmany(timeout_ms=500)).items():
                for one in records:
                    whole = b"\n".join([one.key or b"", one.value or b"", *(v for _, v in one.headers)])
                    if seen(whole, marks):
                        leaks.append(f"{part.topic} offset {one.offset}")
    finally:
        await consumer.stop()
    return leaks


def leaks_in_store(record: StackRecord, marks: set[bytes]) -> list[str]:
    """Documents of any service that hold a mark."""
    return asyncio.run(_scan_store(record.mongo, marks))


async def _scan_store(url: str, marks: set[bytes]) -> list[str]:
    client = connect(url)
    leaks: list[str] = []
    scanned = 0
    for service in (*SERVICES, "console"):
        database = client[f"revcycle_{service}"]
        for name in await database.list_collection_names():
            async for document in database[name].find({}):
                scanned += 1
                if seen(bson.encode(document), marks):
                    leaks.append(f"{service}.{name} {document['_id']}")
    await disconnect(client)
    assert scanned > CLAIMS * 5
    return leaks


def leaks_in_logs(folder: Path, marks: set[bytes]) -> list[str]:
    return [path.name for path in folder.iterdir() if seen(path.read_bytes(), marks)]


def leaks_in_numbers(stack: Stack, marks: set[bytes]) -> list[str]:
    """What the services say of themselves to operators."""
    token = issue_token(stack.layout, "lakeside", "test", ["operator", "auditor"])
    leaks: list[str] = []
    for service in (*SERVICES, "console"):
        for path in (
            "/internal/status",
            "/internal/dead-letters",
            "/internal/quarantine",
            "/internal/parked",
            "/health/deep",
            "/metrics",
            "/audit",
        ):
            url = f"{stack.record.url(service)}{path}"
            answer = httpx.get(url, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False)
            assert answer.is_success, f"{service}{path}: {answer.status_code}"
            if seen(answer.content, marks):
                leaks.append(f"{service}{path}")
    return leaks


def test_the_scan_would_find_an_identifier(tmp_path: Path) -> None:
    marks = identifiers()
    (tmp_path / "a.log").write_bytes(b"before " + next(iter(marks)).lower() + b" after")
    assert leaks_in_logs(tmp_path, marks) == ["a.log"]


def test_a_restart_after_killing_everything_goes_on_where_it_was(stack: Stack) -> None:
    """The broker forgot everything; the store did not, and nothing is done twice."""
    before = _proofs(stack, stack.record)
    for process in stack.record.processes:
        assert process.id is not None
        os.kill(process.id.pid, 9)
    os.kill(stack.record.supervisor.pid, 9)
    again = _start_again(stack)
    assert _proofs(stack, again) == before
    assert _not_verified(stack, again) == []
    letters = [path.name for path in stack.layout.exchange.rglob("letters/*")]
    assert len(letters) == len({Path(name).stem for name in letters})


def _proofs(stack: Stack, record: StackRecord) -> Any:
    """What the proof finds, but for the closings: they are derived, and a loop goes on making them."""
    tokens = {t: issue_token(stack.layout, t, "test", ["auditor"]) for t in TENANTS}
    proofs = json.loads(json.dumps(asyncio.run(read_proofs(record.url("payments") or "", tokens))))
    return {
        tenant: {name: held for name, held in proof.items() if name != "closings"} for tenant, proof in proofs.items()
    }


def _not_verified(stack: Stack, record: StackRecord) -> list[Any]:
    """Faults of the audit logs: killed processes leave chains that were not closed, which are whole."""

    def client(url: str, tenant: str) -> httpx.Client:
        token = issue_token(stack.layout, tenant, "test", ["auditor"])
        return httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False)

    urls = {name: record.url(name) or "" for name in (*SERVICES, "console")}
    verdicts = verify_all(urls, TENANTS, copies_of(stack.layout.anchors), client)
    assert sum(verdict["records"] for verdict in verdicts) > 0
    return [(one["service"], one["faults"]) for one in verdicts if not one["verified"]]


def _start_again(stack: Stack) -> StackRecord:
    from revcycle.demo.run import start_stack
    from revcycle.settle import Watcher

    record = start_stack(stack.course, stack.layout, stack.console, resume=True)

    async def settle() -> None:
        async with Watcher(stack.layout, record) as watcher:
            await watcher.wait(300)

    asyncio.run(settle())
    return record
