"""HTTP of suits: the pre-legal review list, approval, and what happens in court."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, cast
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import Field

from services.collections.api import AccountId, Accounts, Limit
from services.collections.core import Account
from services.collections.core.legal import LegalDecider, LegalMessage
from services.collections.core.legal_case import LegalCase, Status
from services.collections.core.legal_messages import (
    AddCost,
    CostKind,
    EndSuit,
    EnterJudgment,
    FileSuit,
    GateAnswer,
    ProposeSuit,
    Reason,
    ReviewSuit,
    ServeSuit,
)
from services.collections.core.person_facts import DebtNoted, WishJudged
from services.collections.core.person_messages import AskGate, NotePerson
from services.collections.core.person_rules import agency_has
from shared.auth import Principal
from shared.contracts import Meta, NonNegativeCents, PositiveCents
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.store.port import Key

legal = APIRouter()

Extraordinary = Literal["sale", "credit_report", "suit", "lien", "garnishment", "deferred_care"]

Reader = Annotated[Principal, Depends(allow("collector", "operator", "auditor"))]
Pleader = Annotated[Principal, Depends(allow("collector", "operator"))]


class ProposeBody(Body):
    """Which account, and why; without `claimed_cents` all that is owed."""

    account_id: AccountId
    claimed_cents: PositiveCents | None = None
    reason: Reason


class ReviewBody(Body):
    """Another person's word."""

    approved: bool
    reason: Reason


class FiledBody(Body):
    """Where and when it was filed; the docket number is kept sealed."""

    filed_on: date
    court: Annotated[str, Field(min_length=2, max_length=120)]
    docket: Annotated[str, Field(min_length=1, max_length=80)]
    reason: Reason


class ServedBody(Body):
    """When the guarantor was served."""

    served_on: date
    reason: Reason


class JudgmentBody(Body):
    """What the court decided. `rate_bps` is the interest a year that the judgment gives."""

    judged_on: date
    principal_cents: PositiveCents
    costs_cents: NonNegativeCents = 0
    rate_bps: Annotated[int, Field(ge=0, le=5_000)] = 0
    renew_by: date | None = None
    by: Literal["default", "trial", "consent"]
    reason: Reason


class EndBody(Body):
    """How it ended."""

    how: Literal["satisfied", "dismissed", "withdrawn"]
    ended_on: date
    reason: Reason


class CostBody(Body):
    """A cost, on its day."""

    kind: CostKind
    cents: PositiveCents
    on: date
    reason: Reason


class ActionNoticeBody(Body):
    """The written notice before extraordinary actions, as it went out, with the plain-language summary or without."""

    sent_on: date
    actions: Annotated[tuple[Extraordinary, ...], Field(min_length=1, max_length=6)]
    summary_sent: bool
    oral_effort_on: date | None = None
    reason: Reason


def legal_of(request: Request) -> LegalDecider:
    deciders = running_of(request).spec.deciders
    return cast("LegalDecider", next(one for one in deciders if one.kind == "legal_case"))


Legal = Annotated[LegalDecider, Depends(legal_of)]


@dataclass(frozen=True, slots=True)
class Bar:
    """Whoever gives a command about a case, and what it needs."""

    run: Run
    caller: Pleader
    key: IdempotencyKey
    kind: Legal
    accounts: Accounts

    async def command_id(self, verb: str, body: Body) -> UUID:
        digest = self.run.pseudonyms.of("req", self.caller.tenant, verb, body.model_dump_json())
        return await first_use(self.run, self.caller, self.key, digest)

    def meta(self, command_id: UUID, case_id: str) -> Meta:
        return command_meta(self.run, self.caller, "collections", command_id, f"legal_case/{case_id}", case_id)

    async def case(self, case_id: str) -> LegalCase:
        key = Key(self.caller.tenant, case_id)
        state = (await self.run.store.load(self.kind, (key,)))[key].snapshot.state
        if not state.account_id:
            raise HTTPException(404, "no such case here")
        return state

    async def account(self, account_id: str) -> Account:
        key = Key(self.caller.tenant, account_id)
        row = (await self.run.store.load(self.accounts, (key,)))[key]
        if row.version == 0:
            raise HTTPException(404, "no such account here")
        return row.snapshot.state

    async def gate(self, command_id: UUID, account_id: str) -> GateAnswer:
        """The account's gate about a suit, now; of a repeat, what it said then. Its decision stands in the account."""
        ask_id = uuid5(command_id, "gate")
        meta = command_meta(self.run, self.caller, "collections", ask_id, f"collection/{account_id}", account_id)
        ask = AskGate(meta=meta, account_id=account_id, act="suit")
        await self.run.shell.transact_one(self.accounts, ask)
        history = await self.run.store.history(self.accounts, Key(self.caller.tenant, account_id))
        for entry in reversed(history):
            if isinstance(entry.fact, WishJudged) and entry.fact.heard == str(ask_id):
                blocks = [one.reason for one in entry.fact.findings if one.effect == "block"]
                return GateAnswer(
                    decision_id=entry.fact.decision_id, allowed=entry.fact.allowed, because="; ".join(blocks)
                )
        return GateAnswer(decision_id="", allowed=False, because="its answer is not in the journal yet: ask again")

    async def done(self, command: LegalMessage, reason: str) -> dict[str, Any]:
        """The case after the command; 409 with the reason where it changes nothing."""
        verb = command.type.removeprefix("collections.").removesuffix(".v1")
        await self.run.audit.record(self.caller, f"legal.{verb}", f"legal_case/{command.case_id}", reason)
        state = (await self.run.shell.transact_one(self.kind, command)).snapshot.state
        if because := state.because(str(command.meta.id)):
            raise HTTPException(409, because)
        return shown_case(state, self.run.clock.now().date())


Pleading = Annotated[Bar, Depends()]


@legal.post("/accounts/{account_id}/action-notice", status_code=201)
async def action_notice(account_id: AccountId, body: ActionNoticeBody, bar: Pleading) -> dict[str, Any]:
    """Note the written notice of 26 CFR 1.501(r)-6: the gate allows what it names 30 days later at the earliest."""
    await bar.account(account_id)
    if body.sent_on > bar.run.clock.now().date():
        raise HTTPException(422, "sent_on: a notice is noted after it went out")
    command_id = await bar.command_id(f"action-notice/{account_id}", body)
    noted = DebtNoted(
        account_id=account_id,
        action_notice_on=body.sent_on,
        actions_noticed=tuple(sorted(set(body.actions))),
        summary_sent=body.summary_sent,
        oral_effort_on=body.oral_effort_on,
    )
    meta = command_meta(bar.run, bar.caller, "collections", command_id, f"collection/{account_id}", account_id)
    await bar.run.audit.record(bar.caller, "legal.action-notice", f"account/{account_id}", body.reason)
    command = NotePerson(meta=meta, account_id=account_id, learned=(noted,))
    state = (await bar.run.shell.transact_one(bar.accounts, command)).snapshot.state
    return {
        "account_id": account_id,
        "action_notice_on": state.debt.action_notice_on,
        "actions_noticed": state.debt.actions_noticed,
    }


@legal.post("/legal-cases", status_code=201)
async def propose(body: ProposeBody, bar: Pleading) -> dict[str, Any]:
    """Put an account on the pre-legal review list. 409 with the gate's reasons, or while an agency has the account."""
    account = await bar.account(body.account_id)
    if agency_has(account) is not None:
        raise HTTPException(409, "an agency has this account: take it back first")
    claimed_cents = body.claimed_cents or account.owed_cents
    if not 0 < claimed_cents <= account.owed_cents:
        raise HTTPException(409, f"only {max(0, account.owed_cents)} cents are owed")
    command_id = await bar.command_id("propose", body)
    case_id = f"leg_{command_id.hex[:20]}"
    command = ProposeSuit(
        meta=bar.meta(command_id, case_id),
        case_id=case_id,
        account_id=body.account_id,
        claimed_cents=claimed_cents,
        reason=body.reason,
        gate=await bar.gate(command_id, body.account_id),
    )
    return await bar.done(command, body.reason)


@legal.get("/legal-cases")
async def find_cases(
    run: Run,
    caller: Reader,
    kind: Legal,
    *,
    status: Status | None = None,
    account_id: AccountId | None = None,
    is_open: bool | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Cases by id; `status=proposed` is the pre-legal review list."""
    given = {"status": status, "account_id": account_id, "is_open": is_open}
    where: dict[str, Scalar] = {name: value for name, value in given.items() if value is not None}
    if len(where) > 1:
        raise HTTPException(422, "filter by one of status, account_id, is_open")
    found = await run.store.find(kind, caller.tenant, where, after, limit)
    await run.audit.record(caller, "legal_cases.list", "legal_cases")
    return [shown_case(one, run.clock.now().date()) for _, one in found if one.account_id]


@legal.get("/legal-cases/{case_id}")
async def case(case_id: str, run: Run, caller: Reader, kind: Legal) -> dict[str, Any]:
    """One case, with its costs and its judgment. The docket number stays sealed."""
    key = Key(caller.tenant, case_id)
    state = (await run.store.load(kind, (key,)))[key].snapshot.state
    if not state.account_id:
        raise HTTPException(404, "no such case here")
    await run.audit.record(caller, "legal_case.read", f"legal_case/{case_id}")
    return shown_case(state, run.clock.now().date())


@legal.post("/legal-cases/{case_id}/review")
async def review(case_id: str, body: ReviewBody, bar: Pleading) -> dict[str, Any]:
    """Approve or decline; 409 for the one who proposed it, above what one's roles may, or where the gate blocks it."""
    before = await bar.case(case_id)
    command_id = await bar.command_id(f"review/{case_id}", body)
    command = ReviewSuit(
        meta=bar.meta(command_id, case_id),
        case_id=case_id,
        approved=body.approved,
        reason=body.reason,
        roles=tuple(sorted(bar.caller.roles)),
        gate=await bar.gate(command_id, before.account_id),
    )
    return await bar.done(command, body.reason)


@legal.post("/legal-cases/{case_id}/filed")
async def filed(case_id: str, body: FiledBody, bar: Pleading) -> dict[str, Any]:
    """It was filed with a court. The account's policy rests from now on."""
    before = await bar.case(case_id)
    command_id = await bar.command_id(f"filed/{case_id}", body)
    account = await bar.account(before.account_id)
    if agency_has(account) is not None:
        raise HTTPException(409, "an agency has this account: take it back first")
    command = FileSuit(
        meta=bar.meta(command_id, case_id),
        case_id=case_id,
        filed_on=body.filed_on,
        court=body.court,
        sealed_docket=await bar.run.sealer.seal(bar.caller.tenant, before.account_id, body.docket.encode()),
        owed_cents=max(0, account.owed_cents),
        gate=await bar.gate(command_id, before.account_id),
    )
    return await bar.done(command, body.reason)


@legal.post("/legal-cases/{case_id}/served")
async def served(case_id: str, body: ServedBody, bar: Pleading) -> dict[str, Any]:
    """The guarantor was served."""
    await bar.case(case_id)
    meta = bar.meta(await bar.command_id(f"served/{case_id}", body), case_id)
    return await bar.done(ServeSuit(meta=meta, case_id=case_id, served_on=body.served_on), body.reason)


@legal.post("/legal-cases/{case_id}/judgment")
async def judgment(case_id: str, body: JudgmentBody, bar: Pleading) -> dict[str, Any]:
    """The court decided for the practice."""
    await bar.case(case_id)
    meta = bar.meta(await bar.command_id(f"judgment/{case_id}", body), case_id)
    return await bar.done(EnterJudgment(meta=meta, case_id=case_id, **body.model_dump(exclude={"reason"})), body.reason)


@legal.post("/legal-cases/{case_id}/end")
async def end(case_id: str, body: EndBody, bar: Pleading) -> dict[str, Any]:
    """The judgment was satisfied, or the suit was dismissed or withdrawn: the account's policy goes on."""
    before = await bar.case(case_id)
    meta = bar.meta(await bar.command_id(f"end/{case_id}", body), case_id)
    owed_cents = max(0, (await bar.account(before.account_id)).owed_cents)
    return await bar.done(EndSuit(meta=meta, case_id=case_id, owed_cents=owed_cents, **body.model_dump()), body.reason)


@legal.post("/legal-cases/{case_id}/costs", status_code=201)
async def add_cost(case_id: str, body: CostBody, bar: Pleading) -> dict[str, Any]:
    """A cost of the case. It is the practice's own: nothing is charged to the guarantor by it."""
    await bar.case(case_id)
    command_id = await bar.command_id(f"cost/{case_id}", body)
    command = AddCost(
        meta=bar.meta(command_id, case_id),
        case_id=case_id,
        cost_id=f"cst_{command_id.hex[:20]}",
        kind=body.kind,
        cents=body.cents,
        on=body.on,
    )
    return await bar.done(command, body.reason)


def shown_case(state: LegalCase, today: date) -> dict[str, Any]:
    """A case for a screen; cents."""
    judged = state.judgment
    return {
        "case_id": state.case_id,
        "account_id": state.account_id,
        "status": state.status,
        "claimed_cents": state.claimed_cents,
        "proposed_by": state.proposed_by,
        "proposed_on": state.proposed_on,
        "approved_by": state.approved_by,
        "approved_on": state.approved_on,
        "filed_on": state.filed_on,
        "court": state.court,
        "served_on": state.served_on,
        "judgment": None if judged is None else judged.model_dump(exclude={"type", "command_id"}),
        "judgment_cents": state.judgment_cents,
        "interest_cents": state.interest_cents(today),
        "ended_on": state.ended_on,
        "costs": [one._asdict() for one in state.costs],
        "costs_cents": state.costs_cents,
    }
