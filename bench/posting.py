"""python -m bench.posting: post the remittances of many claims, and see that memory does not grow with them.

The payments service posts from dropped 835 files to the ledger on a real store; its events go to a bus that only counts
them, so that no broker is measured. The claims are charged before the clock starts. At the end the book is proved.
"""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psutil
from joserfc.jwk import KeySet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.flow.servers import serving, stores
from services.payments.app import make_spec
from services.payments.core.account import AccountDecider
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.proof import prove_ledger
from services.payments.settings import PaymentsSettings
from shared.audit import Audit
from shared.auth import Authenticator
from shared.clock import system_wall
from shared.contracts import ClaimSubmitted, Meta, SubmittedLine
from shared.contracts.wire import Record, header_map
from shared.log import configure_logs
from shared.relay import Relay
from shared.runtime import Runtime, Spec
from shared.sealed import KeyVaultSealer, Pseudonyms
from shared.shell import Shell
from shared.store.connect import connect, disconnect
from shared.store.mongo import MongoStore
from shared.tasks import end_tasks
from shared.worker import Worker
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import (
    Account,
    Address,
    ClaimPayment,
    Party,
    Payer,
    ProviderAdjustment,
    Remittance835,
    ServicePayment,
    write_835,
)

TENANT, NPI, PAYER = "lakeside", "1234567893", "1999999999"
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
DAY = date(2026, 6, 1)
NAMESPACE = UUID(int=835)
CHARGE, PAID, CONTRACTUAL, SHARE = 10_000, 6_000, 2_500, 1_500
CHARGED_AT_ONCE = 500
CLAIMS_AN_ACCOUNT = 2
MEGABYTE = 1024 * 1024
PATIENCE = 600


class StillClock:
    """The business day does not move."""

    def now(self) -> datetime:
        return NOW


@dataclass(slots=True)
class CountingBus:
    """Takes every event and keeps none."""

    counts: dict[str, int] = field(default_factory=dict[str, int])

    async def send(self, records: Sequence[Record], /) -> None:
        for record in records:
            kind = header_map(record.headers)["ce_type"]
            self.counts[kind] = self.counts.get(kind, 0) + 1

    @property
    def remitted(self) -> int:
        return self.counts.get("claim.remitted.v1", 0)


@dataclass(slots=True)
class House:
    """The service's parts, as its composition root makes them."""

    runtime: Runtime
    spec: Spec
    bus: CountingBus
    account: AccountDecider
    exchange: Path


@asynccontextmanager
async def house(mongo: str, root: Path) -> AsyncGenerator[House]:
    """The payments service on a store, without HTTP and broker."""
    settings = PaymentsSettings(
        env="development", kafka="unused:9092", mongo=mongo, jwks_file=root / "jwks", issuer="bench",
        master_key_file=root / "master", pseudonym_key_file=root / "pseudonym", exchange=root / "exchange",
    )  # fmt: skip
    client, keys, bus, log = connect(mongo), connect(mongo), CountingBus(), configure_logs("payments", "WARNING")
    store = MongoStore(client["bench_posting"])
    sealer = KeyVaultSealer(keys, "bench_keys.keys", secrets.token_bytes(96))
    await sealer.prepare()
    relay = Relay(bus, store, system_wall, "bench")
    runtime = Runtime(
        settings=settings, log=log, clock=StillClock(), wall=system_wall, store=store, bus=bus, relay=relay,
        shell=Shell(store, relay, log), sealer=sealer, pseudonyms=Pseudonyms(secrets.token_bytes(32)),
        audit=Audit(store, system_wall),
        authenticator=Authenticator(KeySet([]), "bench", "revcycle", production=False),
    )  # fmt: skip
    spec = make_spec(settings)
    await store.prepare(spec.deciders)
    account: AccountDecider = spec.deciders[0]
    try:
        yield House(runtime, spec, bus, account, settings.exchange)
    finally:
        await sealer.close()
        await disconnect(client)
        await disconnect(keys)


def submitted(number: int) -> ClaimSubmitted:
    """One claim of one line."""
    claim, account = f"clm_{number}", f"acct_{number // CLAIMS_AN_ACCOUNT}"
    name = uuid5(NAMESPACE, claim)
    meta = Meta(
        id=name, tenant=TENANT, occurred_at=NOW, source="claims", subject=f"claim/{claim}", key=account, sequence=1,
        correlation=name,
    )  # fmt: skip
    line = SubmittedLine(line_control_number="1", procedure="99213", charge_cents=CHARGE, service_from=DAY)
    return ClaimSubmitted(
        meta=meta, account_id=account, claim_id=claim, patient_control_number=f"PCN{number}", payer_id=PAYER,
        billing_npi=NPI, charge_cents=CHARGE, lines=(line,), service_from=DAY, service_to=DAY, frequency_code="1",
        submission_id=f"sub_{number}", submitted_on=DAY, sealed_guarantor="sealed:bench",
    )  # fmt: skip


def remitted(number: int) -> ClaimPayment:
    """60 % paid, 25 % contractual, the rest the patient's."""
    cas = (Adjustment("CO", "45", CONTRACTUAL), Adjustment("PR", "2", SHARE))
    line = ServicePayment("HC", "99213", charge_cents=CHARGE, paid_cents=PAID, service_date=DAY, adjustments=cas)
    return ClaimPayment(
        patient_control_number=f"PCN{number}", status="1", charge_cents=CHARGE, paid_cents=PAID,
        patient_responsibility_cents=SHARE, filing_code="12", payer_claim_control_number=f"ICN{number}", lines=(line,),
    )  # fmt: skip


def check(numbers: range) -> Remittance835:
    """One payment for these claims, with a provider-level adjustment."""
    kept = ProviderAdjustment(NPI, date(2026, 12, 31), "L6", "", -100)
    address, account = Address("1 MAIN ST", "", "SPRINGFIELD", "IL", "62701"), Account("01", "999999992", "DA", "1")
    return Remittance835(
        payment_cents=PAID * len(numbers) + 100, credit_debit="C", method="ACH", payment_format="CCP",
        payment_date=NOW.date(), trace_number=f"T{numbers.start}", payer_id=PAYER, originator_id=PAYER,
        payer=Payer("ACME HEALTH", "", address), payee=Party(name="LAKESIDE CLINIC", npi=NPI),
        claims=tuple(map(remitted, numbers)), provider_adjustments=(kept,), production_date=NOW.date(), handling="I",
        sender_account=account, receiver_account=account,
    )  # fmt: skip


def write_files(folder: Path, claims: int, a_file: int, a_check: int) -> int:
    """The remittances of all claims, so many in a file; how many bytes."""
    folder.mkdir(parents=True)
    size = 0
    for number, start in enumerate(range(0, claims, a_file), 1):
        end = min(start + a_file, claims)
        checks = [check(range(at, min(at + a_check, end))) for at in range(start, end, a_check)]
        size += (folder / f"{number:05}.835").write_bytes(write_835(checks, number, number, NOW, "ACME", "LAKESIDE"))
    return size


def batches(claims: int) -> Iterator[list[ClaimSubmitted]]:
    for start in range(0, claims, CHARGED_AT_ONCE):
        yield [submitted(number) for number in range(start, min(start + CHARGED_AT_ONCE, claims))]


async def measure(mongo: str, claims: int, a_file: int, a_check: int, progress: Progress) -> dict[str, Any]:
    """Charge the claims, then post their remittances and prove the book; rates, CPU and memory."""
    with tempfile.TemporaryDirectory(prefix="revcycle-posting-") as folder:
        async with house(mongo, Path(folder)) as made:
            charging = progress.add_task("Charging claims", total=claims)
            for batch in batches(claims):
                await made.runtime.shell.transact(made.account, batch)
                await made.runtime.shell.transact(CONTROL_NUMBER, batch)
                progress.advance(charging, len(batch))
            size = write_files(made.exchange / TENANT / "eras", claims, a_file, a_check)
            posted = await _post(made, claims, progress)
            return {"claims": claims, "file_mb": size / MEGABYTE, **posted, **await _prove(made, progress)}


async def _post(made: House, claims: int, progress: Progress) -> dict[str, Any]:
    process, bar = psutil.Process(), progress.add_task("Posting remittances", total=claims)
    by_kind = {decider.kind: decider for decider in made.spec.deciders}
    runtime = made.runtime
    workers = [
        Worker(runtime.shell, by_kind[kind], by_effect, runtime.clock, runtime.wall, runtime.log, f"bench/{kind}")
        for kind, by_effect in made.spec.performers(runtime).items()
    ]
    loops = [loop for loop in made.spec.loops(runtime) if loop.name == "eras"]
    tasks = [asyncio.create_task(_work(worker)) for worker in workers]
    tasks += [asyncio.create_task(_look(loop)) for loop in loops]
    memory: list[float] = []
    begun, cpu = time.perf_counter(), sum(process.cpu_times()[:2])
    try:
        while made.bus.remitted < claims:
            await asyncio.sleep(0.25)
            failed = [task for task in tasks if task.done()]
            if failed:
                failed[0].result()
            progress.update(bar, completed=made.bus.remitted)
            if made.bus.remitted >= claims * (len(memory) + 1) / 10:
                memory.append(process.memory_info().rss / MEGABYTE)
        seconds, cpu = time.perf_counter() - begun, sum(process.cpu_times()[:2]) - cpu
        for _ in range(PATIENCE):  # the last answers
            if not any(worker.in_flight for worker in workers):
                break
            await asyncio.sleep(0.1)
    finally:
        await end_tasks(tasks)
        for worker in workers:
            await worker.stop()
    return {
        "claims_per_s": claims / seconds,
        "cpu_us": cpu / claims * 1_000_000,
        "rss_first_mb": memory[0],
        "rss_last_mb": memory[-1],
        "rss_mb": memory,
    }


async def _work(worker: Worker) -> None:
    while True:
        if not await worker.tick():
            await worker.wait(0.05)


async def _look(loop: Any) -> None:
    while True:
        if not await loop.step():
            await asyncio.sleep(0.2)


async def _prove(made: House, progress: Progress) -> dict[str, Any]:
    bar = progress.add_task("Proving the book", total=None)
    begun = time.perf_counter()
    proof = await prove_ledger(
        made.runtime.store,
        made.account,
        TENANT,
        lambda told: progress.update(bar, completed=told.done, total=told.total),
    )
    if not proof.proved:
        msg = f"the book does not tie out: {proof.discrepancies[:3]}"
        raise RuntimeError(msg)
    return {"proved_entries": proof.entries, "proof_entries_per_s": proof.entries / (time.perf_counter() - begun)}


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="bench.posting", description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--claims-per-file", type=int, default=10_000)
    parser.add_argument("--claims-per-check", type=int, default=500)
    parser.add_argument("--store", choices=[kind for kind in stores() if kind != "free"], default=stores()[-2])
    parser.add_argument("--json", action="store_true", help="print the figures once more, as JSON")
    told = parser.parse_args(arguments)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with serving(told.store) as (_, mongo), Progress(*columns, console=Console(stderr=True)) as progress:
        found = asyncio.run(measure(mongo, told.claims, told.claims_per_file, told.claims_per_check, progress))
    table = Table("claims", "835 MB", "claims/s", "CPU µs", "RSS MB at 10 %", "at 100 %", "entries proved/s")
    table.add_row(
        f"{found['claims']:,}", f"{found['file_mb']:.0f}", f"{found['claims_per_s']:,.0f}", f"{found['cpu_us']:,.0f}",
        f"{found['rss_first_mb']:.0f}", f"{found['rss_last_mb']:.0f}", f"{found['proof_entries_per_s']:,.0f}",
    )  # fmt: skip
    Console(width=120).print(table)
    if told.json:
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
