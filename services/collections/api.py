"""HTTP of the collections service: plans and contacts in, accounts and their story out."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import AwareDatetime, Field, PositiveInt, model_validator

from services.collections.core import (
    Account,
    AccountMessage,
    Channel,
    CollectionFact,
    LogContact,
    Outcome,
    Purpose,
    StartPlan,
    terms_of,
)
from services.collections.views import shown_account, shown_fact, shown_plan, shown_statements, shown_whole
from shared.auth import Principal
from shared.contracts import PositiveCents
from shared.decider import Decider
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.identity import Guarantor
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key

Reader = Annotated[Principal, Depends(allow("collector", "operator", "auditor"))]
Collector = Annotated[Principal, Depends(allow("collector"))]
AccountId = Annotated[str, Field(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=200)]
Status = Literal["clear", "open", "overdue", "plan", "excluded", "review", "placed", "settled", "written_off"]

router = APIRouter()


def accounts_of(request: Request) -> Decider[Account, AccountMessage, CollectionFact]:
    decider: Decider[Account, AccountMessage, CollectionFact] = running_of(request).spec.deciders[0]
    return decider


Accounts = Annotated[Decider[Account, AccountMessage, CollectionFact], Depends(accounts_of)]


class PlanBody(Body):
    """A plan as agreed with the guarantor: so many installments, or so much each; a month apart."""

    account_id: AccountId
    installments: PositiveInt | None = None
    installment_cents: PositiveCents | None = None
    first_due_on: date
    channel: Channel = "phone"

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.installments is None) == (self.installment_cents is None):
            msg = "give installments or installment_cents, one of the two"
            raise ValueError(msg)
        return self


class ContactBody(Body):
    """A contact as it happened; `contacted_at` is now when it is not given.

    `direction` in: they contacted us. `task_id` names the call that was asked for.
    """

    account_id: AccountId
    channel: Channel
    purpose: Purpose
    outcome: Outcome
    contacted_at: AwareDatetime | None = None
    direction: Literal["in", "out"] = "out"
    party: Literal["consumer", "attorney", "representative", "professional", "other"] = "consumer"
    reach_id: Annotated[str, Field(max_length=60)] = ""
    task_id: Annotated[str, Field(max_length=60)] = ""
    next_action_on: date | None = None


@router.post("/plans", status_code=201)
async def post_plan(
    body: PlanBody, run: Run, caller: Collector, key: IdempotencyKey, accounts: Accounts
) -> dict[str, Any]:
    """Start a payment plan; 409 with every reason when the policy does not allow it."""
    await _account(run, accounts, caller.tenant, body.account_id)
    command_id = await first_use(run, caller, key, f"plan/{body.model_dump_json()}")
    meta = command_meta(run, caller, "collections", command_id, f"collection/{body.account_id}", body.account_id)
    command = StartPlan(meta=meta, plan_id=f"plan_{command_id.hex[:20]}", **body.model_dump())
    decided = await run.shell.transact_one(accounts, command)
    await run.audit.record(caller, "plan.start", f"collection/{body.account_id}")
    account = decided.snapshot.state
    request = account.plan_request(command.plan_id, terms_of(command))
    if request is not None and request.refusals:
        raise HTTPException(409, {"message": "the policy does not allow this plan", "reasons": request.refusals})
    plan = account.episode.plan if account.episode is not None else None
    shown = {} if plan is None or plan.plan_id != command.plan_id else shown_plan(plan, account.owed_cents)
    return {"account_id": body.account_id, "plan_id": command.plan_id, **shown}


@router.post("/contacts", status_code=201)
async def post_contact(
    body: ContactBody, run: Run, caller: Collector, key: IdempotencyKey, accounts: Accounts
) -> dict[str, str]:
    """Log a contact with the guarantor."""
    await _account(run, accounts, caller.tenant, body.account_id)
    now = run.clock.now()
    contacted_at = body.contacted_at or now
    if contacted_at > now:
        raise HTTPException(422, "contacted_at: a contact is logged after it happened")
    command_id = await first_use(run, caller, key, f"contact/{body.model_dump_json()}")
    command = LogContact(
        meta=command_meta(run, caller, "collections", command_id, f"collection/{body.account_id}", body.account_id),
        contact_id=f"con_{command_id.hex[:20]}",
        contacted_at=contacted_at,
        **body.model_dump(exclude={"contacted_at"}),
    )
    await run.shell.transact_one(accounts, command)
    await run.audit.record(caller, "contact.log", f"collection/{body.account_id}")
    return {"account_id": body.account_id, "contact_id": command.contact_id}


@router.get("/accounts")
async def list_accounts(
    run: Run,
    caller: Reader,
    accounts: Accounts,
    *,
    status: Status | None = None,
    needs_work: bool = False,
    disputed: bool = False,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Accounts of the tenant, by id; `needs_work` lists those that wait for a person, a call to be made among it.

    `disputed` lists those with an open dispute. Pages start `after` an id.
    """
    given = {"status": status, "needs_work": needs_work, "disputed": disputed}
    where = {name: value for name, value in given.items() if value}
    if len(where) > 1:
        raise HTTPException(422, "filter by one of status, needs_work, disputed")
    return [shown_account(account) for _, account in await run.store.find(accounts, caller.tenant, where, after, limit)]


@router.get("/accounts/{account_id}")
async def get_account(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """One account with its whole story."""
    account = await _account(run, accounts, caller.tenant, account_id)
    history = await run.store.history(accounts, Key(caller.tenant, account_id))
    return {**shown_whole(account), "timeline": [shown_fact(entry) for entry in history]}


@router.get("/accounts/{account_id}/guarantor")
async def get_guarantor(account_id: str, run: Run, caller: Collector, accounts: Accounts) -> Guarantor:
    """Whom to write to or call. Each look is in the audit log."""
    account = await _account(run, accounts, caller.tenant, account_id)
    if account.sealed_guarantor is None:
        raise HTTPException(404, "no guarantor is known for this account")
    await run.audit.record(caller, "guarantor.read", f"collection/{account_id}")
    try:
        return Guarantor.model_validate_json(await run.sealer.open(account.sealed_guarantor))
    except SealBrokenError:
        raise HTTPException(410, "the guarantor's data was shredded") from None


@router.get("/statements")
async def list_statements(
    run: Run, caller: Reader, accounts: Accounts, account_id: Annotated[str, Query(min_length=1)]
) -> list[dict[str, Any]]:
    """The statements that went out for an account, oldest first."""
    await _account(run, accounts, caller.tenant, account_id)
    return shown_statements(await run.store.history(accounts, Key(caller.tenant, account_id)))


async def _account(
    run: Runtime, accounts: Decider[Account, AccountMessage, CollectionFact], tenant: str, account_id: str
) -> Account:
    key = Key(tenant, account_id)
    row = (await run.store.load(accounts, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such account here")
    return row.snapshot.state
