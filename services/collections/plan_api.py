"""HTTP of payment plans and settlements: choices, proposals, approval, acceptance, and changes of what is kept."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from pydantic import AwareDatetime, Field

from services.collections.api import Accounts, Collector, Limit, Reader
from services.collections.books import Books, HouseBooks
from services.collections.core import Account
from services.collections.core.letters import Books as CoreBooks
from services.collections.core.plan_messages import (
    AcceptProposal,
    AutopayGiven,
    CancelPlan,
    CancelReason,
    ConsentGiven,
    DecideProposal,
    OfferSettlement,
    PlanOrder,
    ProposePlan,
    ReAgePlan,
    Reason,
    SetAutopay,
    VariantName,
)
from services.collections.core.plan_offers import Choice
from services.collections.core.plan_policy import Method, Role
from services.collections.core.plan_rules import offers
from services.collections.core.plan_terms import Every
from services.collections.plan_views import shown_choice, shown_plans, shown_texts
from services.collections.telling import known_account
from shared.auth import Principal
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use
from shared.runtime import Runtime

plans = APIRouter()

Supervisor = Annotated[Principal, Depends(allow("operator"))]
Staff = Annotated[Principal, Depends(allow("collector", "operator"))]
Cents: TypeAlias = Annotated[int, Field(ge=1, le=100_000_000)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=600)]
ProcessorToken: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{2,119}$")]
"""Begins with a letter, so that the number of a card or bank account is none."""


class ProposalBody(Body):
    """Terms: so many installments, or so much each, or both, from a day on."""

    variant: VariantName = "standard"
    installments: Count | None = None
    installment_cents: Cents | None = None
    down_payment_cents: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    first_due_on: date
    every: Every = "month"


class SettlementBody(Body):
    """So much for the whole balance."""

    settle_cents: Cents
    installments: Annotated[int, Field(ge=1, le=24)] = 1
    first_due_on: date


class DecisionBody(Body):
    """A second person's word."""

    approved: bool
    reason: Reason


class ConsentBody(Body):
    """Who agreed, how, when and to which text; `proof` is the id of the recording or paper."""

    by: Literal["guarantor", "representative"] = "guarantor"
    how: Literal["phone", "web", "paper"]
    at: AwareDatetime | None = None
    text_version: Annotated[str, Field(min_length=1, max_length=80)]
    proof: Annotated[str, Field(max_length=80)] = ""


class AutopayBody(Body):
    """The processor's token of a stored card or bank account, and the leave to take installments from it.

    Never its number.
    """

    method: Method
    token: ProcessorToken
    consent: ConsentBody


class AcceptanceBody(Body):
    """The guarantor agrees to the terms on the table."""

    consent: ConsentBody
    autopay: AutopayBody | None = None


class CancelBody(Body):
    reason: CancelReason


class ReAgeBody(Body):
    """The new first day."""

    first_due_on: date


class SetAutopayBody(Body):
    """Another card or bank account, or none any more."""

    autopay: AutopayBody | None


@dataclass(frozen=True, slots=True)
class PlanDeskOf:
    """What every change of an account's plans needs: whose, by whom, and what decides it."""

    account_id: str
    run: Run
    accounts: Accounts

    async def tell(
        self, caller: Principal, key: str, kind: type[PlanOrder], body: Body | None, **given: Any
    ) -> dict[str, Any]:
        """The account's plans after the command; 409 with every reason where it changes nothing."""
        run, account_id = self.run, self.account_id
        await known_account(run, self.accounts, caller.tenant, account_id)
        verb = kind.model_fields["type"].default.removeprefix("collections.").removesuffix(".v1")
        about = given.get("proposal_id", given.get("plan_id", ""))
        digest = run.pseudonyms.of("req", caller.tenant, verb, account_id, about, _said(body))
        command_id = await first_use(run, caller, key, digest)
        meta = command_meta(run, caller, "collections", command_id, f"collection/{account_id}", account_id)
        if "proposal_id" in kind.model_fields:
            given.setdefault("proposal_id", f"prop_{command_id.hex[:20]}")
        command: Any = kind(meta=meta, account_id=account_id, **given)
        await run.audit.record(caller, f"plan.{verb}", f"collection/{account_id}", getattr(body, "reason", ""))
        account = (await run.shell.transact_one(self.accounts, command)).snapshot.state
        if reasons := account.plans.because(str(command_id)):
            raise HTTPException(409, {"message": "the plan stays as it is", "reasons": reasons})
        return shown_plans(account, run.clock.now().date())


Told = Annotated[PlanDeskOf, Depends()]


@plans.get("/accounts/{account_id}/plan-offers")
async def plan_offers(account_id: str, run: Run, caller: Reader, accounts: Accounts, books: Books) -> dict[str, Any]:
    """Every choice of this account as it would begin today, and why the others are refused."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    return shown_offers(run, books, account, caller, "collector")


@plans.get("/accounts/{account_id}/plans")
async def account_plans(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """What is on the table, what is kept, and what ended."""
    return shown_plans(await known_account(run, accounts, caller.tenant, account_id), run.clock.now().date())


@plans.get("/plans/waiting")
async def waiting(
    run: Run, caller: Reader, accounts: Accounts, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Proposals that wait for a second person, by account; pages start `after` one."""
    found = await run.store.find(accounts, caller.tenant, {"plan_waits": True}, after, limit)
    return [shown_plans(one, run.clock.now().date()) for _, one in found]


@plans.post("/accounts/{account_id}/plan-proposals", status_code=201)
async def propose(body: ProposalBody, told: Told, caller: Staff, key: IdempotencyKey) -> dict[str, Any]:
    """Put terms on the table, or counter those that are there; 409 with every reason when the policy refuses them."""
    return await told.tell(caller, key, ProposePlan, body, role=role_of(caller), **body.model_dump())


@plans.post("/accounts/{account_id}/settlement-offers", status_code=201)
async def settle(body: SettlementBody, told: Told, caller: Staff, key: IdempotencyKey) -> dict[str, Any]:
    """Offer to give up a part for the rest; above one's limit it waits for a second person."""
    return await told.tell(caller, key, OfferSettlement, body, role=role_of(caller), **body.model_dump())


@plans.post("/accounts/{account_id}/plan-proposals/{proposal_id}/decision")
async def decide(
    proposal_id: str, body: DecisionBody, told: Told, caller: Supervisor, key: IdempotencyKey
) -> dict[str, Any]:
    """Another person approves or declines; 409 for the one who proposed it."""
    given = {"proposal_id": proposal_id, "role": role_of(caller), **body.model_dump()}
    return await told.tell(caller, key, DecideProposal, body, **given)


@plans.post("/accounts/{account_id}/plan-proposals/{proposal_id}/acceptance", status_code=201)
async def accept(
    proposal_id: str, body: AcceptanceBody, told: Told, caller: Collector, key: IdempotencyKey
) -> dict[str, Any]:
    """Record that the guarantor agreed: the plan begins."""
    run = told.run
    given = {"proposal_id": proposal_id, **await agreed(run, caller.tenant, told.account_id, body)}
    return await told.tell(caller, key, AcceptProposal, body, **given)


@plans.post("/accounts/{account_id}/plans/{plan_id}/cancellation")
async def cancel(plan_id: str, body: CancelBody, told: Told, caller: Collector, key: IdempotencyKey) -> dict[str, Any]:
    """End the plan: what the policy asks for goes on where it stood."""
    return await told.tell(caller, key, CancelPlan, body, plan_id=plan_id, reason=body.reason)


@plans.post("/accounts/{account_id}/plans/{plan_id}/re-age")
async def re_age(plan_id: str, body: ReAgeBody, told: Told, caller: Staff, key: IdempotencyKey) -> dict[str, Any]:
    """Begin the rest of a late or broken plan again, as often as the policy allows."""
    given = {"plan_id": plan_id, "first_due_on": body.first_due_on, "role": role_of(caller)}
    return await told.tell(caller, key, ReAgePlan, body, **given)


@plans.put("/accounts/{account_id}/plans/{plan_id}/autopay")
async def set_autopay(
    plan_id: str, body: SetAutopayBody, told: Told, caller: Collector, key: IdempotencyKey
) -> dict[str, Any]:
    """Take installments from another card or bank account, or from none any more."""
    autopay = await _authorized(told.run, caller.tenant, told.account_id, body.autopay)
    return await told.tell(caller, key, SetAutopay, body, plan_id=plan_id, autopay=autopay)


async def agreed(run: Runtime, tenant: str, account_id: str, body: AcceptanceBody) -> dict[str, Any]:
    """Consent and authorization as the account hears them: at this moment unless another is named, the token sealed."""
    return {
        "consent": _consent(run, body.consent),
        "autopay": await _authorized(run, tenant, account_id, body.autopay),
    }


def choices_of(run: Runtime, books: HouseBooks, account: Account, caller: Principal, role: Role) -> tuple[Choice, ...]:
    """The choices of an account for a role, as of now."""
    command_id = UUID(int=0)
    meta = command_meta(run, caller, "collections", command_id, f"collection/{account.account_id}", account.account_id)
    asked = ProposePlan(
        meta=meta,
        account_id=account.account_id,
        proposal_id="asked",
        first_due_on=run.clock.now().date(),
        role=role,
    )
    return offers(CoreBooks(books.policies, books.rules, books.plans), account, asked, role)


def shown_offers(run: Runtime, books: HouseBooks, account: Account, caller: Principal, role: Role) -> dict[str, Any]:
    """The choices, and which texts whoever takes one is shown."""
    on = run.clock.now().date()
    return {
        "owed_cents": account.owed_cents,
        "choices": [shown_choice(one) for one in choices_of(run, books, account, caller, role)],
        "texts": shown_texts(books.plans.on(caller.tenant, on)),
    }


def role_of(caller: Principal) -> Role:
    """An operator supervises; everybody else collects."""
    return "operator" if caller.may(("operator",)) else "collector"


def _consent(run: Runtime, body: ConsentBody) -> ConsentGiven:
    return ConsentGiven(
        by=body.by, how=body.how, at=body.at or run.clock.now(), text_version=body.text_version, proof=body.proof
    )


async def _authorized(run: Runtime, tenant: str, account_id: str, body: AutopayBody | None) -> AutopayGiven | None:
    if body is None:
        return None
    sealed = await run.sealer.seal(tenant, account_id, body.token.encode())
    return AutopayGiven(method=body.method, sealed_token=sealed, consent=_consent(run, body.consent))


def _said(body: Body | None) -> str:
    return "" if body is None else body.model_dump_json()
