"""Holds claims against their contracts, tells what a person has to see, and does the long work about contracts."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.payments.bank_performers import derived
from services.payments.contract_shelf import ContractShelf, table_blob
from services.payments.core.adjudication import AdjustmentPolicy
from services.payments.core.allowed import Codes
from services.payments.core.claim_review import (
    CLAIM_REVIEW,
    ClaimJudged,
    ClaimReview,
    JudgeClaim,
    Judgement,
    LookAgain,
)
from services.payments.core.contract_book import BOOK_ID, CONTRACT_BOOK, ContractBook, ListSchedule
from services.payments.core.contract_job import (
    CONTRACT_JOB,
    ContractJob,
    LoadSchedule,
    LookOn,
    NoteRead,
    ScheduleRead,
    StretchDone,
    Tally,
    WouldBe,
)
from services.payments.core.contract_terms import InForce
from services.payments.core.responsibility import SharePolicy
from services.payments.core.underpaid import Case, Yardstick, judge
from services.payments.core.underpayment import MERGED, UnderpaymentDecider, underpayment_id_of
from services.payments.core.underpayment_messages import NoteCase
from services.payments.core.underpayment_policy import UnderpaymentPolicy
from services.payments.vault import RemittanceVault
from shared.contracts import Message
from shared.csv_rows import FEES, TableRead, WrongFileError, read_table
from shared.dated_table import DatedTable, TooManyPeriodsError
from shared.decider import Effect, Pending
from shared.job import REFUSED_KEPT, refused_lines
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta

ROWS_A_NOTE = 20_000
CLAIMS_A_STRETCH = 200
BLOB_PIECE = 512 * 1024
CASES_MAX = 200
LOOKS_MAX = 5
CLIENTS_KEPT = 64
SCHEDULES = "schedules"
"""The folder of the vault that schedules lie in."""
NOTHING_LEFT: Mapping[str, Any] = {
    "outcome": "gone",
    "because": MERGED,
    "short_cents": 0,
    "over_cents": 0,
    "recovered_cents": 0,
}
"""A case that goes on under another number of the payer's."""


class Measure:
    """Makes what a claim is held against: its client's contracts, and the codes of the day of its decisions."""

    def __init__(
        self, shelf: ContractShelf, adjustments: AdjustmentPolicy, shares: SharePolicy, policy: UnderpaymentPolicy
    ) -> None:
        self._shelf, self._adjustments, self._shares, self._policy = shelf, adjustments, shares, policy
        self._made: OrderedDict[str, tuple[ContractBook, Measured]] = OrderedDict()

    async def yardsticks(self, tenant: str, tried: InForce | None = None) -> tuple["Measured", "Measured"]:
        """As things are now, and with a version beside them that takes the place of its contract's others."""
        book = await self._shelf.book(tenant)
        now = await self._shelf.contracts(tenant, book)
        then = now if tried is None else (*_without(now, tried), tried)
        return await self._measured(tenant, book, now), await self._measured(tenant, book, then)

    async def now(self, tenant: str) -> "Measured":
        """As things are now. Made anew only when the client's book changed: it is asked for each claim."""
        book = await self._shelf.book(tenant)
        known = self._made.get(tenant)
        if known is None or known[0] != book:
            known = book, await self._measured(tenant, book, await self._shelf.contracts(tenant, book))
            self._made[tenant] = known
            while len(self._made) > CLIENTS_KEPT:
                self._made.popitem(last=False)
        return known[1]

    async def _measured(self, tenant: str, book: ContractBook, contracts: tuple[InForce, ...]) -> "Measured":
        prices = await self._shelf.prices(tenant, book, contracts)
        rules = self._policy.on(tenant, date.max)
        codes = Codes(self._adjustments, self._shares, rules)
        return Measured(tenant, self._policy, Yardstick(contracts, prices, codes))


class Measured:
    """A yardstick for any claim of a client."""

    def __init__(self, tenant: str, policy: UnderpaymentPolicy, yardstick: Yardstick) -> None:
        self._tenant, self._policy, self._yardstick = tenant, policy, yardstick

    def cases(self, review: ClaimReview) -> tuple[Case, ...]:
        """Every case of a claim, by the rules that were in force at its latest decision."""
        if review.billed is None or not review.decisions:
            return ()
        rules = self._policy.on(self._tenant, max(one.payment_date for one in review.decisions))
        yardstick = replace(self._yardstick, codes=replace(self._yardstick.codes, rules=rules))
        return judge(review.billed, review.decisions, review.standing, yardstick)


def _without(contracts: tuple[InForce, ...], tried: InForce) -> tuple[InForce, ...]:
    return tuple(
        one
        for one in contracts
        if one.contract_id != tried.contract_id
        or one.body.valid_from > tried.body.last_day
        or tried.body.valid_from > one.body.last_day
    )


class UnderpaymentPerformers:
    """Each effect may be performed again: every judgement says by what it was made."""

    def __init__(
        self,
        runtime: Runtime,
        underpayment: UnderpaymentDecider,
        shelf: ContractShelf,
        measure: Measure,
    ) -> None:
        self._runtime, self._underpayment, self._shelf, self._measure = runtime, underpayment, shelf, measure
        self._vault = RemittanceVault(runtime.store, runtime.sealer, SCHEDULES)

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            CLAIM_REVIEW.kind: {JudgeClaim: self.judge},
            CONTRACT_JOB.kind: {LoadSchedule: self.load, LookOn: self.look_on},
        }

    async def judge(self, key: Key, pending: Pending) -> Message:
        """Judge the claim as it is known, and tell the cases that a person sees, or saw.

        Whoever was slow looks once more: an older judgement must not be the last one told.
        """
        review, cases, told = await self._look(key, pending)
        for _ in range(LOOKS_MAX):
            if not told or (await self._review(key)).known == review.known:
                break
            review, cases, told = await self._look(key, pending)
        return ClaimJudged(
            meta=answer_meta(key, pending, self._runtime.clock),
            claim_id=key.id,
            known=review.known,
            judgements=tuple(judgement_of(one) for one in cases),
        )

    async def _look(self, key: Key, pending: Pending) -> tuple[ClaimReview, tuple[Case, ...], bool]:
        """The claim as it was seen, its cases, and whether anything was told of them."""
        review = await self._review(key)
        cases = (await self._measure.now(key.tenant)).cases(review)
        return review, cases, await self._tell(key, pending, review, cases)

    async def _review(self, key: Key) -> ClaimReview:
        return (await self._runtime.store.load(CLAIM_REVIEW, (key,)))[key].snapshot.state

    async def _tell(self, key: Key, pending: Pending, review: ClaimReview, cases: Sequence[Case]) -> bool:
        """Whether anything had to be told."""
        shown = await self._shown(key, review, cases)
        notes = [
            NoteCase(
                meta=derived(
                    pending,
                    key,
                    f"case/{name}/{review.known}",
                    self._underpayment.kind,
                    underpayment_id_of(key.id, name),
                ),
                underpayment_id=underpayment_id_of(key.id, name),
                account_id=review.account_id,
                claim_id=key.id,
                known=review.known,
                case=one,
            )
            for name, one in shown.items()
        ]
        if notes:
            await self._runtime.shell.transact(self._underpayment, notes)
        return bool(notes)

    async def _shown(self, key: Key, review: ClaimReview, cases: Sequence[Case]) -> dict[str, Case]:
        """What a person sees, and whatever became of what one saw before. A claim's first judgement follows none."""
        before: dict[str, Case] = {}
        if review.known > 1:
            where = {"claim_id": key.id}
            found = await self._runtime.store.find(self._underpayment, key.tenant, where, None, CASES_MAX)
            before = {state.case.key: state.case for _, state in found if state.case is not None}
        gone = {name: case.model_copy(update=NOTHING_LEFT) for name, case in before.items()}
        return gone | {one.key: one for one in cases if one.is_told or one.key in before}

    async def load(self, key: Key, pending: Pending) -> Message:
        """Read a schedule into a table and list it. Safe to repeat: the same bytes make the same table."""
        job = await self._job(key)
        meta = answer_meta(key, pending, self._runtime.clock)
        try:
            read = await self._read(key, job, pending)
            table = await asyncio.to_thread(DatedTable.of, [row for _, row in read.rows])
        except UnicodeDecodeError:
            return ScheduleRead(meta=meta, job_id=key.id, rows=0, reason="the file is no UTF-8 text")
        except (WrongFileError, TooManyPeriodsError) as error:
            return ScheduleRead(meta=meta, job_id=key.id, rows=0, reason=str(error))
        report = ScheduleRead(
            meta=meta,
            job_id=key.id,
            rows=len(read.rows),
            refused=refused_lines(read.refused),
            refused_total=read.refused_total,
        )
        if not read.rows:
            return report.model_copy(update={"reason": "no row of the file could be taken"})
        await self._runtime.store.put_blob(key.tenant, table_blob(key.id), _pieces(table.dump()))
        listing = derived(pending, key, "list", CONTRACT_BOOK.kind, BOOK_ID)
        listed = ListSchedule(meta=listing, name=job.name, file_id=key.id, rows=len(table))
        await self._runtime.shell.transact_one(CONTRACT_BOOK, listed)
        return report

    async def _read(self, key: Key, job: ContractJob, pending: Pending) -> TableRead:
        content = b"".join(await self._vault.read(key.tenant, job.job_id.rpartition(".")[2]))
        read, rows = TableRead(REFUSED_KEPT), read_table(FEES, content.decode("utf-8-sig").splitlines(keepends=True))
        while await asyncio.to_thread(read.take, rows, ROWS_A_NOTE):
            meta = derived(pending, key, f"seen/{read.seen}", CONTRACT_JOB.kind, key.id)
            note = NoteRead(meta=meta, job_id=key.id, seen=read.seen)
            await self._runtime.shell.transact_one(CONTRACT_JOB, note)
        read.drop_contradictions()
        return read

    async def look_on(self, key: Key, pending: Pending) -> Message:
        """Look at a stretch of claims: try a version on them, or have them judged anew."""
        effect = pending.effect
        assert isinstance(effect, LookOn)
        job = await self._job(key)
        found = await self._runtime.store.find(CLAIM_REVIEW, key.tenant, {}, effect.after or None, CLAIMS_A_STRETCH)
        reviews = [state for _, state in found if state.decisions]
        tally, reason = Tally(), ""
        if job.what == "again":
            await self._again(key, pending, reviews)
        else:
            tried = await self._tried(key.tenant, job)
            reason = "" if tried else "there is no such version of this contract"
            tally = await self._try(key.tenant, tried, reviews) if tried else tally
        return StretchDone(
            meta=answer_meta(key, pending, self._runtime.clock),
            job_id=key.id,
            after=found[-1][0].id if found else effect.after,
            looked=len(found),
            tally=tally,
            done=len(found) < CLAIMS_A_STRETCH or bool(reason),
            reason=reason,
        )

    async def _again(self, key: Key, pending: Pending, reviews: Sequence[ClaimReview]) -> None:
        commands = [
            LookAgain(
                meta=derived(pending, key, f"again/{one.claim_id}", CLAIM_REVIEW.kind, one.claim_id),
                claim_id=one.claim_id,
            )
            for one in reviews
        ]
        if commands:
            await self._runtime.shell.transact(CLAIM_REVIEW, commands)

    async def _tried(self, tenant: str, job: ContractJob) -> InForce | None:
        head = (await self._shelf.book(tenant)).head(job.contract_id, job.version)
        return None if head is None else await self._shelf.in_force(tenant, head)

    async def _try(self, tenant: str, tried: InForce, reviews: Sequence[ClaimReview]) -> Tally:
        now, then = await self._measure.yardsticks(tenant, tried)
        tallies = await asyncio.to_thread(lambda: [tally_of(one, now, then, tried) for one in reviews])
        total = Tally()
        for one in tallies:
            total = total.plus(one)
        return total

    async def _job(self, key: Key) -> ContractJob:
        return (await self._runtime.store.load(CONTRACT_JOB, (key,)))[key].snapshot.state


def judgement_of(case: Case) -> Judgement:
    """What the review keeps of a case."""
    return Judgement.model_validate(case.model_dump(include=set(Judgement.model_fields)))


def tally_of(review: ClaimReview, now: Measured, then: Measured, tried: InForce) -> Tally:
    """What a version would have found in one claim, of the cases that it is about, beside what is found now."""
    before = {one.key: one for one in now.cases(review)}
    total = Tally()
    for case in then.cases(review):
        was = before.get(case.key)
        if tried.contract_id not in {case.contract_id, was.contract_id if was else ""}:
            continue
        short_now_cents = was.short_cents if was else 0
        would = WouldBe(
            claim_id=review.claim_id,
            payer_claim_control_number=case.payer_claim_control_number,
            short_cents=case.short_cents,
            over_cents=case.over_cents,
            short_now_cents=short_now_cents,
        )
        total = total.plus(
            Tally(
                cases=1,
                underpaid=int(case.short_cents > 0),
                overpaid=int(case.outcome == "overpaid"),
                newly=int(case.short_cents > 0 and not short_now_cents),
                no_longer=int(short_now_cents > 0 and not case.short_cents),
                expected_cents=case.expected_cents,
                allowed_cents=case.allowed_cents,
                short_cents=case.short_cents,
                over_cents=case.over_cents,
                short_now_cents=short_now_cents,
                cannot_say={case.because: 1} if case.outcome == "cannot_say" else {},
                found=(would,) if case.short_cents or case.over_cents or short_now_cents else (),
            )
        )
    return total.model_copy(update={"claims": 1}) if total.cases else total


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), BLOB_PIECE):
        yield content[start : start + BLOB_PIECE]
