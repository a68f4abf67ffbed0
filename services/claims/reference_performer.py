"""Does the long work of the rules: reads reference files into tables, and tries rules on past claims."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from uuid import uuid5

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.rules import Outcome, RuleSet, circles, with_version
from services.claims.core.rules_job import (
    JOB,
    Difference,
    Job,
    LoadReference,
    NoteProgress,
    ReportReference,
    ReportTried,
    TryOn,
)
from services.claims.core.rules_judge import Book, judge
from services.claims.core.rules_library import LIBRARY, ListTable
from services.claims.reference_rows import read_rows
from services.claims.rulebooks import RuleBooks, table_blob
from services.claims.vault import FileVault
from shared.contracts import Meta
from shared.csv_rows import TableRead, WrongFileError
from shared.dated_table import DatedTable, TooManyPeriodsError
from shared.decider import Decider, Pending
from shared.job import REFUSED_KEPT, refused_lines
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import answer_meta

FOLDER = "reference"
ROWS_A_NOTE = 50_000
CLAIMS_A_STRETCH = 500
BLOB_PIECE = 512 * 1024


class RulesPerformer:
    """Performs `LoadReference` and `TryOn`."""

    def __init__(
        self,
        runtime: Runtime,
        claim: Decider[Claim, ClaimMessage, ClaimFact],
        vault: FileVault,
        books: RuleBooks,
    ) -> None:
        self._runtime, self._claim, self._vault, self._books = runtime, claim, vault, books

    async def load(self, key: Key, pending: Pending) -> ReportReference:
        """Read a reference file into a table and list it. Safe to repeat: the same bytes make the same table."""
        assert isinstance(pending.effect, LoadReference)
        job = await self._job(key)
        meta = answer_meta(key, pending, self._runtime.clock)
        try:
            read = await self._read(key, job, pending)
        except (WrongFileError, TooManyPeriodsError, UnicodeDecodeError) as error:
            reason = "the file is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            return ReportReference(meta=meta, job_id=job.job_id, rows=0, reason=reason)
        if not read.rows:
            reason = "no row of the file could be taken"
            return _report(meta, job, read).model_copy(update={"reason": reason})
        table = await asyncio.to_thread(DatedTable.of, [row for _, row in read.rows])
        await self._runtime.store.put_blob(key.tenant, table_blob(job.job_id), _pieces(table.dump()))
        await list_table(self._runtime, key.tenant, pending, job, len(table))
        return _report(meta, job, read)

    async def _read(self, key: Key, job: Job, pending: Pending) -> TableRead:
        content = b"".join([piece async for piece in self._vault.read(key.tenant, FOLDER, _file_of(job))])
        lines = content.decode("utf-8-sig").splitlines(keepends=True)
        read = TableRead(REFUSED_KEPT)
        rows = read_rows(job.kind, lines)
        while await asyncio.to_thread(read.take, rows, ROWS_A_NOTE):
            meta = _own(answer_meta(key, pending, self._runtime.clock), pending, f"read/{read.seen}")
            note = NoteProgress(meta=meta, job_id=job.job_id, seen=read.seen)
            await self._runtime.shell.transact(JOB, (note,))
        read.drop_contradictions()
        return read

    async def try_on(self, key: Key, pending: Pending) -> ReportTried:
        """Judge a stretch of past claims with and without the version, and say what differs."""
        assert isinstance(pending.effect, TryOn)
        job = await self._job(key)
        meta = answer_meta(key, pending, self._runtime.clock)
        after = pending.effect.after
        before, candidate = (await self._books.shelf(key.tenant)).book, await self._candidate(key.tenant, job)
        if isinstance(candidate, str):
            return ReportTried(meta=meta, job_id=job.job_id, after=after, looked=0, done=True, reason=candidate)
        found = await self._runtime.store.find(self._claim, key.tenant, {}, after or None, CLAIMS_A_STRETCH)
        differences = await asyncio.to_thread(compare, before, candidate, [state for _, state in found])
        return ReportTried(
            meta=meta,
            job_id=job.job_id,
            after=found[-1][0].id if found else after,
            looked=len(found),
            differences=differences,
            done=len(found) < CLAIMS_A_STRETCH,
        )

    async def _candidate(self, tenant: str, job: Job) -> Book | str:
        """The tenant's book as it would be with the version in force always; or why there is none."""
        shelf = await self._books.shelf(tenant)
        rule = await self._books.rule(tenant, shelf.library, job.rule_id, job.version)
        others = [one for one in shelf.book.rules.rules if one.id != job.rule_id]
        rules = [*others, with_version(rule, job.version)]
        looping = circles(rules)
        return looping[0] if looping else Book(RuleSet(rules), shelf.book.reference)

    async def _job(self, key: Key) -> Job:
        return (await self._runtime.store.load(JOB, (key,)))[key].snapshot.state


async def list_table(runtime: Runtime, tenant: str, pending: Pending, job: Job, rows: int) -> None:
    """From now on this table counts."""
    meta = _own(answer_meta(Key(tenant, job.job_id), pending, runtime.clock), pending, "list")
    listed = ListTable(meta=meta, kind=job.kind, name=job.name, file_id=job.job_id, rows=rows)
    await runtime.shell.transact(LIBRARY, (listed,))


def _own(meta: Meta, pending: Pending, name: str) -> Meta:
    """The envelope of another message than the answer: a message is known by its id, so each has its own."""
    return meta.model_copy(update={"id": uuid5(pending.id, name)})


def _report(meta: object, job: Job, read: TableRead) -> ReportReference:
    return ReportReference.model_validate(
        {
            "meta": meta,
            "job_id": job.job_id,
            "rows": len(read.rows),
            "refused": refused_lines(read.refused),
            "refused_total": read.refused_total,
        }
    )


def _file_of(job: Job) -> str:
    return job.job_id.rpartition(".")[2]


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), BLOB_PIECE):
        yield content[start : start + BLOB_PIECE]


def compare(before: Book, after: Book, claims: Sequence[Claim]) -> tuple[Difference, ...]:
    """What the second book would have done otherwise, by rule and effect."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for claim in claims:
        if claim.content is None or claim.received_on is None:
            continue
        old = judge(before, claim.content, claim.received_on)
        new = judge(after, claim.content, claim.received_on)
        for one in _differences(old, new):
            found[one].append(claim.claim_id)
    return tuple(
        Difference.model_validate({"rule": rule, "effect": effect, "claims": len(ids), "claim_ids": tuple(ids)})
        for (rule, effect), ids in sorted(found.items())
    )


def _differences(old: Outcome, new: Outcome) -> set[tuple[str, str]]:
    was, is_now = ({hold.rule for hold in one.judged.holds} for one in (old, new))
    found = {(rule, "held") for rule in is_now - was} | {(rule, "no_longer_held") for rule in was - is_now}
    if new.content != old.content:
        found |= {(one.rule, "changed") for one in new.judged.explained if one.did in ("set", "add", "remove", "price")}
    if new.judged.tags != old.judged.tags:
        found |= {(one.rule, "tagged") for one in new.judged.explained if one.did in ("tag", "untag")}
    return found
