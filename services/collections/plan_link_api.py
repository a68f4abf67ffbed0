"""HTTP for the hosted page: what plans a guarantor may take without a login, by a link that is signed and expires.

`shared/plan_links.py` makes the link's token; whoever shows the page may make one from the account it is for.
"""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path
from pydantic import Field

from services.collections.api import Accounts, Collector
from services.collections.books import Books
from services.collections.core import Account
from services.collections.core.plan_messages import AcceptProposal, ProposePlan
from services.collections.plan_api import (
    AcceptanceBody,
    AutopayBody,
    ConsentBody,
    PlanDeskOf,
    agreed,
    choices_of,
    shown_offers,
)
from services.collections.telling import known_account
from shared.auth import Principal
from shared.http import Body, IdempotencyKey, Run
from shared.overload import while_there_is_room
from shared.plan_links import PATTERN, plan_link, read_plan_link
from shared.runtime import Runtime

plan_links = APIRouter()

Tenant = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Token = Annotated[str, Path(pattern=PATTERN)]


class LinkBody(Body):
    """How long the link is good."""

    valid_days: int = Field(default=30, ge=1, le=90)


class TakeBody(Body):
    """A choice of the list, and the texts that were shown and agreed to. `first_due_on` may be another day."""

    choice: Annotated[str, Field(min_length=1, max_length=60)]
    first_due_on: date | None = None
    by: Literal["guarantor", "representative"] = "guarantor"
    text_version: Annotated[str, Field(min_length=1, max_length=80)]
    autopay: AutopayBody | None = None


@plan_links.post("/accounts/{account_id}/plan-links", status_code=201)
async def make_link(account_id: str, body: LinkBody, run: Run, caller: Collector, accounts: Accounts) -> dict[str, Any]:
    """A link for the guarantor; it is good for anyone who has it, and shows amounts and days alone."""
    await known_account(run, accounts, caller.tenant, account_id)
    until = run.clock.now() + timedelta(body.valid_days)
    await run.audit.record(caller, "plan.link", f"collection/{account_id}")
    token = plan_link(run.pseudonyms, caller.tenant, account_id, until)
    return {"path": f"/plan-offers/{caller.tenant}/{token}", "expires_at": until}


@plan_links.get("/plan-offers/{tenant}/{token}", dependencies=[while_there_is_room])
async def look(tenant: Tenant, token: Token, run: Run, accounts: Accounts, books: Books) -> dict[str, Any]:
    """The choices that the guarantor may take alone. 404 for a link that is wrong or over."""
    account, guest = await _linked(run, accounts, tenant, token)
    shown = shown_offers(run, books, account, guest, "guarantor")
    kept = account.episode is not None and account.episode.plan is not None
    allowed = [one for one in shown["choices"] if one["allowed"]]
    return {**shown, "choices": [] if kept else allowed, "plan_kept": kept}


@plan_links.post("/plan-offers/{tenant}/{token}/acceptance", status_code=201, dependencies=[while_there_is_room])
async def take(
    tenant: Tenant, token: Token, body: TakeBody, run: Run, key: IdempotencyKey, accounts: Accounts, books: Books
) -> dict[str, Any]:
    """Take one of the choices: proposed and accepted at once. The same key again is the same plan."""
    account, guest = await _linked(run, accounts, tenant, token)
    desk = PlanDeskOf(account.account_id, run, accounts)
    found = next(
        (one for one in choices_of(run, books, account, guest, "guarantor") if one.choice == body.choice), None
    )
    plan = None if account.episode is None else account.episode.plan
    if plan is None:
        if found is None:
            raise HTTPException(409, {"message": "the plan stays as it is", "reasons": ["no_such_choice"]})
        if found.needs:
            raise HTTPException(409, {"message": "the plan stays as it is", "reasons": found.needs})
        terms = found.terms._replace(first_due_on=body.first_due_on or found.terms.first_due_on)
        await desk.tell(guest, f"{key}/propose", ProposePlan, body, role="guarantor", **terms._asdict())
    account, _ = await _linked(run, accounts, tenant, token)
    proposal_id = "" if account.plans.proposal is None else account.plans.proposal.proposal_id
    consent = ConsentBody(by=body.by, how="web", text_version=body.text_version)
    given = await agreed(run, tenant, account.account_id, AcceptanceBody(consent=consent, autopay=body.autopay))
    return await desk.tell(guest, f"{key}/accept", AcceptProposal, body, proposal_id=proposal_id, **given)


async def _linked(run: Runtime, accounts: Any, tenant: str, token: str) -> tuple[Account, Principal]:
    link = read_plan_link(run.pseudonyms, tenant, token, run.clock.now())
    if link is None:
        raise HTTPException(404, "no such link")
    return await known_account(run, accounts, tenant, link.account_id), Principal(tenant, "guarantor", frozenset())
