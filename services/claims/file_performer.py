"""Reads intake files: each effect receives one stretch of claims and says how far it came.

Each claim is charged to its tenant. When its quota is used up, the file rests in the store until there is enough for a
stretch again: it holds no memory and no place in the worker, and files of other tenants go on.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.claims.core import INTAKE_FILE, Claim, ClaimFact, ClaimMessage
from services.claims.core.intake_file import NOTHING_INSIDE, FileFinding, ReadFile, ReportRead
from services.claims.forms import Readers
from services.claims.intake import Arrival, Intake, arrival_id
from services.claims.quotas import Quotas, quota_time
from services.claims.streaming import ThreadedReader
from services.claims.vault import FileVault
from shared.contracts import Meta
from shared.decider import Decider, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import answer_meta
from shared.x12.claim837 import Claim837
from shared.x12.findings import Finding, Severity

NAMESPACE = UUID("5a3d8f0e-93a4-5c0f-8a4e-0a6c5a7e0b61")
FOLDER = "intake"
STRETCH_CLAIMS = 1000
BATCH_ITEMS = 200
FINDINGS_MAX = 100


class Sorted(NamedTuple):
    """What is new in a batch of a file, and the position after it."""

    arrivals: list[Arrival]
    findings: list[FileFinding]
    skipped: int
    position: int


class FileReader:
    """Performs `ReadFile`."""

    def __init__(
        self,
        runtime: Runtime,
        claim: Decider[Claim, ClaimMessage, ClaimFact],
        intake: Intake,
        vault: FileVault,
        quotas: Quotas,
        readers: Readers,
    ) -> None:
        self._runtime, self._claim, self._intake, self._vault, self._quotas = runtime, claim, intake, vault, quotas
        self._readers = readers

    async def read(self, key: Key, pending: Pending) -> ReportRead:
        """Receive up to a stretch of claims from where the last one ended. Safe to repeat: the ids are the same."""
        assert isinstance(pending.effect, ReadFile)
        start = position = pending.effect.position
        seen = taken = skipped = 0
        findings: list[FileFinding] = []
        read = self._readers.of(pending.effect.form, key.tenant, pending.cause.occurred_at.date())
        reader = ThreadedReader(read, self._vault.read(key.tenant, FOLDER, key.id))
        items_max = min(BATCH_ITEMS, self._quotas.of(key.tenant, quota_time(self._runtime)).burst_claims)
        while position - start < STRETCH_CLAIMS:
            batch = await reader.take(items_max)
            new = sort_items(batch.items, key.id, seen, start, by_row=pending.effect.form != "x12")
            read_on_at = self._charge(key.tenant, new.position - max(seen, start))
            if read_on_at is not None:
                report = _report(key, pending, self._runtime, position, taken, skipped, findings)
                return report.model_copy(update={"read_on_at": read_on_at})
            seen = new.position
            position = max(position, seen)
            await self._keep_findings(key, new.findings)
            await self._receive(key, pending, new.arrivals)
            taken, skipped = taken + len(new.arrivals), skipped + new.skipped
            findings += new.findings
            if batch.ended:
                reason = of_file(batch.fault) if batch.fault else None
                report = _report(key, pending, self._runtime, position, taken, skipped, findings)
                report = report.model_copy(update={"done": True, "reason": reason})
                await self._quarantine(key, report)
                return report
        return _report(key, pending, self._runtime, position, taken, skipped, findings)

    def _charge(self, tenant: str, claims: int) -> datetime | None:
        """None when the tenant's quota pays for so many claims; else when it pays for a stretch of them.

        Under a clock that is moved by hand nobody waits: the time to read on would not come by itself.
        """
        if claims <= 0 or self._runtime.settings.clock_file is not None:
            return None
        now = quota_time(self._runtime)
        if self._quotas.charge(tenant, claims, now) is None:
            return None
        return now + self._quotas.wait_for(tenant, STRETCH_CLAIMS, now)

    async def _receive(self, key: Key, pending: Pending, arrivals: list[Arrival]) -> None:
        if arrivals:
            cause: Meta = pending.cause.model_copy(update={"id": pending.id, "tenant": key.tenant})
            commands = await self._intake.commands(cause, arrivals)
            await self._runtime.shell.transact(self._claim, commands)

    async def _keep_findings(self, key: Key, findings: list[FileFinding]) -> None:
        """Every finding of a file, for the sender; the file itself keeps the first hundred."""
        notes = [
            (key.tenant, f"{key.id}/{one.segment_number:09}/{one.byte_offset:012}/{one.code}", one.model_dump())
            for one in findings
        ]
        if notes:
            await self._runtime.store.note_all("file_findings", notes)

    async def _quarantine(self, key: Key, report: ReportRead) -> None:
        """Make visible what of the file did not get in; its bytes stay in the vault."""
        state = (await self._runtime.store.load(INTAKE_FILE, (key,)))[key].snapshot.state
        findings = (*state.findings, *report.findings)
        taken, skipped = state.taken + report.taken, state.skipped + report.skipped
        if taken and not skipped and not findings and report.reason is None:
            return
        reason = report.reason or next(iter(findings), NOTHING_INSIDE)
        document = {
            "kind": "intake_file",
            "file_id": key.id,
            "at": self._runtime.wall(),
            "claims_taken": taken,
            "claims_skipped": skipped,
            "code": reason.code,
            "reason": reason.message,
            "segment_number": reason.segment_number,
            "byte_offset": reason.byte_offset,
        }
        await self._runtime.store.note("quarantine", key.tenant, key.id, document)
        self._runtime.log.warning("file_not_whole", tenant=key.tenant, file_id=key.id, reason=reason.code)


def _report(
    key: Key,
    pending: Pending,
    runtime: Runtime,
    position: int,
    taken: int,
    skipped: int,
    findings: list[FileFinding],
) -> ReportRead:
    return ReportRead(
        meta=answer_meta(key, pending, runtime.clock),
        file_id=key.id,
        position=position,
        taken=taken,
        skipped=skipped,
        findings=tuple(findings[:FINDINGS_MAX]),
        done=False,
    )


def sort_items(items: list[Claim837 | Finding], file_id: str, seen: int, start: int, *, by_row: bool = False) -> Sorted:
    """Claims of a batch that lie at or after `start`, and the file's errors there; `seen` claims came before it."""
    arrivals: list[Arrival] = []
    findings: list[FileFinding] = []
    skipped = 0
    for item in items:
        if isinstance(item, Finding):
            if seen >= start and item.severity is Severity.ERROR:
                findings.append(of_file(item))
            continue
        if seen >= start:
            refusal = refused(item)
            if refusal is None:
                origin = f"{file_id}/{seen}" + (f"/{item.segment_number}" if by_row else "")
                arrivals.append(Arrival(claim_number(file_id, seen), item, origin))
            else:
                findings.append(refusal)
                skipped += 1
        seen += 1
    return Sorted(arrivals, findings, skipped, seen)


def claim_number(file_id: str, place: int) -> UUID:
    """The id of the claim at a place of a file, counted from 0: the same however often the file is read."""
    return arrival_id(NAMESPACE, file_id, place)


def refused(claim: Claim837) -> FileFinding | None:
    """Why a claim cannot be taken at all: it follows none of the guides of version 5010."""
    header = claim.header
    if header is not None and header.guide is not None and header.version.startswith("005010"):
        return None
    message = (
        "GS08 or ST03 names none of the guides 005010X222 (professional), 005010X223 (institutional) and 005010X224 "
        "(dental): send this claim under one of them."
    )
    return FileFinding(
        code="AK905:2", message=message, segment_number=claim.segment_number, byte_offset=claim.byte_offset
    )


def of_file(finding: Finding) -> FileFinding:
    """A reader's finding as the file keeps it."""
    return FileFinding(
        code=finding.code,
        message=finding.message,
        segment_number=finding.segment_number,
        byte_offset=finding.byte_offset,
    )
