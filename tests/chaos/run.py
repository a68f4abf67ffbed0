"""The same input twice: undisturbed, then under the faults of a plan; and what differs."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from revcycle.identity import issue_token
from revcycle.refusal import RefusalError
from revcycle.report import read_proofs
from samples.generate import tenants
from tests.chaos.audit import Findings, Outcome, audit_log, compare_books, compare_ends, read_outcome
from tests.chaos.faults import Injector
from tests.chaos.flow import START, Flow
from tests.chaos.isolation import Machine
from tests.chaos.plan import NEEDS_ISOLATION, Kind, Plan, Size, make_plan
from tests.chaos.report import Report
from tests.chaos.stack import ChaosStack, running

TROUBLES = ("parked", "waiting", "effects_stuck", "dead_letters", "quarantined")


class Played(NamedTuple):
    """A stack's end: what it held, and what should not have been there."""

    outcome: Outcome
    wrong: list[str]


async def run(seed: int, size: Size, machine: Machine, why_shared: str | None, console: Console) -> Report:
    """Both runs, in a folder that is removed afterwards.

    RefusalError where a stack cannot start or comes to no rest; the folder with all logs is kept then.
    """
    without = frozenset[Kind]() if machine.own else NEEDS_ISOLATION
    plan = make_plan(seed, size, without=without)
    wanted = {fault.kind for faults in make_plan(seed, size) for fault in faults}
    report = Report(seed, size.claims * size.waves, skipped=dict.fromkeys(without & wanted, why_shared or ""))
    tell_plan(seed, size, plan, console)
    folder = Path(tempfile.mkdtemp(prefix="revcycle-chaos-"))
    try:
        began = time.monotonic()
        calm = await _play_calm(folder / "calm", size, machine)
        halfway = time.monotonic()
        console.print(f"undisturbed: {calm.outcome.events} events in {halfway - began:.0f} s")
        played = await _play_struck(folder, size, machine, plan, report, console)
        report.seconds = {"undisturbed": halfway - began, "under faults": time.monotonic() - halfway}
    except RefusalError as refusal:
        raise RefusalError(f"{refusal}\nThe logs of all processes are in {folder}.") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    report.events, report.records = played.outcome.events, played.outcome.records
    report.found = judge(played, calm, size)
    return report


def tell_plan(seed: int, size: Size, plan: Plan, console: Console) -> None:
    """The plan, so that a run that ends badly can be had again."""
    counts = Counter(str(fault.kind) for faults in plan for fault in faults)
    console.print(
        f"seed {seed}: {size.claims * size.waves} claims, {size.rounds} rounds; "
        + ", ".join(f"{kind} {count}" for kind, count in counts.items())
    )
    for number, faults in enumerate(plan):
        if faults:
            console.print(f"  round {number}: {', '.join(map(str, faults))}", highlight=False)


def judge(played: Played, calm: Played, size: Size) -> Findings:
    """What was lost and doubled under faults, and what is wrong with either run."""
    found = Findings(wrong=[f"undisturbed: {words}" for words in calm.wrong] + played.wrong)
    for log in played.outcome.logs:
        audit_log(log, found)
    compare_books(played.outcome.book, calm.outcome.book, found)
    compare_ends(played.outcome.claims, calm.outcome.claims, found)
    if len(calm.outcome.claims) != size.claims * size.waves:
        found.wrong.append(f"undisturbed: {len(calm.outcome.claims)} claims of {size.claims * size.waves}")
    return found


async def _play_calm(folder: Path, size: Size, machine: Machine) -> Played:
    """Without faults, one broker is as good as three."""

    async def nothing(_: int) -> None:
        return None

    timeout_ms = size.session_timeout_ms
    calm = running(folder, machine, brokers=1, start=START, session_timeout_ms=timeout_ms)
    async with calm as stack, Flow(stack, size) as flow:
        await flow.play(nothing, nothing)
        return await _end(stack, flow)


async def _play_struck(
    folder: Path, size: Size, machine: Machine, plan: Plan, report: Report, console: Console
) -> Played:
    keys, timeout_ms = folder / "calm" / "stack" / "keys", size.session_timeout_ms
    struck = running(folder / "struck", machine, brokers=3, start=START, session_timeout_ms=timeout_ms, keys=keys)
    async with struck as stack, Flow(stack, size) as flow:
        injector = Injector(stack, plan, console)
        try:
            await flow.play(injector.before, injector.beside)
        except RefusalError as hung:
            raise RefusalError(f"{hung}\n{await _status(flow)}") from None
        finally:
            report.struck = injector.struck
        return await _end(stack, flow)


async def _status(flow: Flow) -> str:
    """What each part says of itself, for whoever must find out why nothing moves."""
    return "\n".join(f"{name}: {dict(said)}" for name, said in (await flow.watcher.look()).items())


async def _end(stack: ChaosStack, flow: Flow) -> Played:
    wrong = [f"{flow.refused} requests of patients were refused"] if flow.refused else []
    wrong += _troubles(await flow.watcher.look())
    tokens = {t["name"]: issue_token(stack.layout, t["name"], "chaos", ["auditor"]) for t in tenants()}
    proofs = await read_proofs(stack.record.url("payments") or "", tokens)
    wrong += [f"{tenant}: the ledger does not tie out" for tenant, proof in proofs.items() if not proof["proved"]]
    outcome = await read_outcome(stack.cluster.servers, stack.store_url)
    if outcome.dead_letters:
        wrong.append(f"{outcome.dead_letters} dead letters on good input")
    return Played(outcome, wrong)


def _troubles(numbers: Mapping[str, Mapping[str, object]]) -> list[str]:
    return [
        f"{name}: {said[trouble]} {trouble.replace('_', ' ')}"
        for name, said in numbers.items()
        for trouble in TROUBLES
        if said.get(trouble)
    ]
