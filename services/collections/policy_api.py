"""HTTP of the dunning policy: exceptions and decisions in, explanations out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import Field

from services.collections.api import AccountId, Accounts, Collector, Reader
from services.collections.core import Account, AccountMessage, CollectionFact, PolicyBook
from services.collections.core.letters import day_of
from services.collections.core.policy_explain import explain, is_warned
from services.collections.core.policy_messages import (
    AdoptPolicy,
    DecideReview,
    DescribeAccount,
    ExcludeAccount,
    ExclusionReason,
    IncludeAccount,
    PolicyMessage,
    ReviewDecision,
    Tag,
)
from services.collections.policy_activations import digest_of
from services.collections.views import shown_account
from shared.audit_edge import asks_why
from shared.auth import Principal
from shared.decider import Decider
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use
from shared.runtime import Runtime
from shared.store.port import Key

AccountDecider: TypeAlias = Decider[Account, AccountMessage, CollectionFact]
Order: TypeAlias = tuple[str, Callable[..., PolicyMessage], Mapping[str, Any]]
"""What the audit log calls it, its message, and what the message says."""
Operator = Annotated[Principal, Depends(allow("operator"))]
OfAccount = Annotated[AccountId, Path()]


class DescriptionBody(Body):
    """What is known of the guarantor, whole: what is not given is not known."""

    segment: Tag | Literal[""] = ""
    practice: Tag | Literal[""] = ""
    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] = ()
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    scored_on: date | None = None


class ExclusionBody(Body):
    """Why the account is left alone, and perhaps until when (not in it)."""

    reason: ExclusionReason
    until: date | None = None


class ReviewBody(Body):
    """A decision; `until` goes with a wait."""

    review_id: Annotated[str, Field(min_length=1, max_length=100)]
    decision: ReviewDecision
    until: date | None = None


class AdoptionBody(Body):
    """The version of a policy that the open balance goes on under."""

    policy: Annotated[str, Field(min_length=1, max_length=200)]


def policy_routes(book: PolicyBook) -> APIRouter:
    """The routes, for the policies that the service decides by."""
    router = APIRouter()
    _add_exceptions(router)
    _add_decisions(router, book)
    _add_views(router, book)
    return router


def _add_exceptions(router: APIRouter) -> None:
    @router.put("/accounts/{account_id}/description", dependencies=[asks_why])
    async def describe(
        account_id: OfAccount,
        body: DescriptionBody,
        run: Run,
        caller: Collector,
        key: IdempotencyKey,
        accounts: Accounts,
    ) -> dict[str, Any]:
        """Say what is known of the guarantor: segment, practice, tags, a propensity to pay with its day."""
        if (body.score is None) != (body.scored_on is None):
            raise HTTPException(422, "score and scored_on go together: a score without its day cannot grow old")
        given = body.model_dump()
        return await _order(run, accounts, caller, key, account_id, ("account.describe", DescribeAccount, given))

    @router.post("/accounts/{account_id}/exclusion", status_code=201, dependencies=[asks_why])
    async def exclude(
        account_id: OfAccount, body: ExclusionBody, run: Run, caller: Collector, key: IdempotencyKey, accounts: Accounts
    ) -> dict[str, Any]:
        """Leave the account alone; 409 when it is already."""
        account = await _known(run, accounts, caller.tenant, account_id)
        if account.standing.exclusion is not None:
            raise HTTPException(409, "the account is excluded already; end that exclusion first")
        if body.until is not None and body.until <= day_of(run.clock.now()):
            raise HTTPException(422, "until: a day after today, or none for ever")
        given = {**body.model_dump(), "exclusion_id": f"exc_{key}"}
        return await _order(run, accounts, caller, key, account_id, ("account.exclude", ExcludeAccount, given))

    @router.delete("/accounts/{account_id}/exclusion", dependencies=[asks_why])
    async def include(
        account_id: OfAccount, run: Run, caller: Collector, key: IdempotencyKey, accounts: Accounts
    ) -> dict[str, Any]:
        """End the exclusion: the policy goes on where it stood. 409 when there is none."""
        exclusion = (await _known(run, accounts, caller.tenant, account_id)).standing.exclusion
        if exclusion is None:
            raise HTTPException(409, "the account is not excluded")
        given = {"exclusion_id": exclusion.exclusion_id}
        return await _order(run, accounts, caller, key, account_id, ("account.include", IncludeAccount, given))


def _add_decisions(router: APIRouter, book: PolicyBook) -> None:
    @router.post("/accounts/{account_id}/review", status_code=201, dependencies=[asks_why])
    async def decide(
        account_id: OfAccount, body: ReviewBody, run: Run, caller: Collector, key: IdempotencyKey, accounts: Accounts
    ) -> dict[str, Any]:
        """Decide an account that waits for a person: place it, write it off, or wait. 409 when nobody asked."""
        review = (await _known(run, accounts, caller.tenant, account_id)).standing.review
        if review is None or review.review_id != body.review_id or review.decided:
            raise HTTPException(409, "no such review waits for a decision")
        if (body.decision == "wait") != (body.until is not None):
            raise HTTPException(422, "until goes with a decision to wait, and only with that")
        return await _order(run, accounts, caller, key, account_id, ("review.decide", DecideReview, body.model_dump()))

    @router.post("/accounts/{account_id}/policy", status_code=201, dependencies=[asks_why])
    async def adopt(
        account_id: OfAccount, body: AdoptionBody, run: Run, caller: Operator, key: IdempotencyKey, accounts: Accounts
    ) -> dict[str, Any]:
        """Let the open balance go on under another version; 404 for one that is not in the book or another tenant's."""
        if not any(one.name == body.policy and one.tenant in {"*", caller.tenant} for one in book.policies):
            raise HTTPException(404, "no such policy here; GET /policies lists them")
        episode = (await _known(run, accounts, caller.tenant, account_id)).episode
        if episode is None:
            raise HTTPException(409, "nothing is owed: there is no open balance to go on")
        given = {**body.model_dump(), "episode": episode.number}
        return await _order(run, accounts, caller, key, account_id, ("policy.adopt", AdoptPolicy, given))


def _add_views(router: APIRouter, book: PolicyBook) -> None:
    @router.get("/accounts/{account_id}/explanation")
    async def explanation(account_id: OfAccount, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
        """Which policy and why; what is next and when; why not the level after it."""
        account, on = await _known(run, accounts, caller.tenant, account_id), day_of(run.clock.now())
        explained = explain(book, caller.tenant, account, on)
        if explained is None:
            return {"account_id": account_id, "policy": None, "why": "nothing is owed"}
        warned = is_warned(book.named(explained.policy), account, on)
        return {"account_id": account_id, "unreconciled_payments": warned, **asdict(explained)}

    @router.get("/policies")
    async def policies(caller: Reader) -> list[dict[str, Any]]:
        """The versions in force or to come that concern the tenant, with the digest of their figures."""
        mine = (one for one in book.policies if one.tenant in {"*", caller.tenant})
        return [
            {"policy": one.name, "valid_from": one.valid_from, "variant": one.variant, "digest": digest_of(one)}
            for one in mine
        ]


async def _order(
    run: Runtime, accounts: AccountDecider, caller: Principal, key: str, account_id: str, order: Order
) -> dict[str, Any]:
    """One order of a person: once for its key, in the audit log, and the account after it."""
    action, message, given = order
    await _known(run, accounts, caller.tenant, account_id)
    command_id = await first_use(run, caller, key, f"{action}/{account_id}/{sorted(given.items(), key=str)}")
    meta = command_meta(run, caller, "collections", command_id, f"collection/{account_id}", account_id)
    decided = await run.shell.transact_one(accounts, message(meta=meta, account_id=account_id, **given))
    await run.audit.record(caller, action, f"collection/{account_id}")
    return shown_account(decided.snapshot.state)


async def _known(run: Runtime, accounts: AccountDecider, tenant: str, account_id: str) -> Account:
    key = Key(tenant, account_id)
    row = (await run.store.load(accounts, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such account here")
    return row.snapshot.state
