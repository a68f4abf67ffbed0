"""HTTP of prior authorizations: ask a payer, enter what it said elsewhere, see what is left, ask again, cancel."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import Field, model_validator

from services.eligibility.api import CHECKS_OF_A_COVERAGE, Biller, CheckDecider, Checks, Limit, Reader
from services.eligibility.api_models import Id, IdentityBody, Npi, PayerId, ServiceType
from services.eligibility.core.authorization import AuthorizationDecider
from services.eligibility.core.authorization_messages import (
    AskReview,
    AuthorizationMessage,
    Category,
    RecordReview,
    RequestReview,
    ReviewDetails,
    ReviewedItem,
    ReviewOutcome,
    ReviewWishRefused,
    Servicing,
    WaitingClaim,
)
from services.eligibility.core.authorization_state import Authorizations, Review
from services.eligibility.records import sides_of
from shared.auth import Principal
from shared.http import Body, IdempotencyKey, Run, command_meta, first_use, running_of
from shared.identity import seal_model
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key

router = APIRouter()
Code = Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9.]+$")]
Units = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=3)]
NumberText = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9./ -]+$")]


class ItemBody(Body):
    """A procedure that is asked for."""

    qualifier: Literal["HC", "HP", "AD", "N4", "ZZ", "WK"] = "HC"
    procedure: Code
    modifiers: Annotated[tuple[Code, ...], Field(max_length=4)] = ()
    revenue_code: Annotated[str, Field(pattern=r"^([0-9]{4})?$")] = ""
    units: Units | None = None
    unit: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")] = "UN"


class ServicingBody(Body):
    """Who delivers the service, or where."""

    npi: Npi
    name: Annotated[str, Field(min_length=1, max_length=60)]
    first_name: Annotated[str, Field(max_length=35)] = ""
    facility: bool = False


class DecisionBody(Body):
    """What the payer said by telephone, portal or letter."""

    status: Literal[
        "certified", "partly_certified", "modified", "pended", "denied", "not_required", "contact_payer", "cancelled"
    ]
    authorization_number: NumberText | None = None
    reason: Annotated[str, Field(max_length=10, pattern=r"^[A-Z0-9]*$")] = ""
    service_from: date | None = None
    service_to: date | None = None
    units: Units | None = None
    unit: Annotated[str, Field(pattern=r"^([A-Z0-9]{2})?$")] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.status in ("certified", "partly_certified", "modified") and self.authorization_number is None:
            msg = "authorization_number: a certified service has a number (HCR02), which the claim must carry"
            raise ValueError(msg)
        if self.service_from and self.service_to and self.service_to < self.service_from:
            msg = "service_to: lies before service_from"
            raise ValueError(msg)
        return self

    def outcome(self) -> ReviewOutcome:
        return ReviewOutcome(**self.model_dump())


class AuthorizationBody(Body):
    """What to ask for. `identity` may be left out when the coverage was asked about here before.

    `recorded`: the payer decided already, and is not asked; its decision is kept and used.
    """

    account_id: Id
    coverage_id: Id
    payer_id: PayerId
    requester_npi: Npi
    requester_name: Annotated[str, Field(max_length=60)] = ""
    claim_id: Id | None = None
    identity: IdentityBody | None = None
    category: Category = "HS"
    service_type: ServiceType
    place: Annotated[str, Field(pattern=r"^([0-9A-Z]{2})?$")] = ""
    urgent: bool = False
    service_from: date
    service_to: date
    diagnoses: Annotated[tuple[Code, ...], Field(min_length=1, max_length=12)]
    items: Annotated[tuple[ItemBody, ...], Field(max_length=50)] = ()
    quantity: Units | None = None
    quantity_unit: Annotated[str, Field(pattern=r"^([A-Z0-9]{2})?$")] = ""
    servicing: ServicingBody | None = None
    recorded: DecisionBody | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.service_to < self.service_from:
            msg = "service_to: lies before service_from"
            raise ValueError(msg)
        if (self.quantity is None) != (not self.quantity_unit):
            msg = "quantity: a number needs its unit (quantity_unit: VS visits, DY days, HS hours, UN), and the reverse"
            raise ValueError(msg)
        return self

    def details(self) -> ReviewDetails:
        own = set(ReviewDetails.model_fields) - {"items", "servicing"}
        return ReviewDetails(
            **self.model_dump(include=own),
            items=tuple(ReviewedItem(**one.model_dump()) for one in self.items),
            servicing=None if self.servicing is None else Servicing(**self.servicing.model_dump()),
        )


class Ask(Body):
    """What to ask the payer about a request: how it stands, or to cancel it."""

    ask: Literal["inquiry", "cancel"]


def authorizations_of(request: Request) -> AuthorizationDecider:
    found: AuthorizationDecider = next(one for one in running_of(request).spec.deciders if one.kind == "authorization")
    return found


Decider = Annotated[AuthorizationDecider, Depends(authorizations_of)]


@router.get("/authorizations")
async def list_authorizations(
    run: Run,
    caller: Reader,
    decider: Decider,
    *,
    account_id: str | None = None,
    open: bool = False,
    needs: bool = False,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Requests with what became of them, by account; only accounts with open ones, or whose claims need one."""
    if account_id is not None:
        state = await _state(run, decider, caller.tenant, account_id)
        return [shown_account(state)] if state.account_id else []
    where = {name: True for name, wanted in (("open", open), ("needs", needs)) if wanted}
    found = await run.store.find(decider, caller.tenant, where, after, limit)
    return [shown_account(state) for _, state in found]


@router.post("/authorizations", status_code=202)
async def post_authorization(
    body: AuthorizationBody, run: Run, caller: Biller, key: IdempotencyKey, decider: Decider, checks: Checks
) -> dict[str, Any]:
    """Ask the payer (278). The answer comes later; a repeat of the key is the same request."""
    now = run.clock.now()
    sealed = await _sealed_identity(run, caller, checks, body)
    digest = run.pseudonyms.of("req", caller.tenant, "authorization", body.model_dump_json())
    command_id = await first_use(run, caller, key, digest)
    request_id = f"auth_{command_id.hex[:20]}"
    claim = None
    if body.claim_id is not None:
        claim = WaitingClaim(
            claim_id=body.claim_id,
            coverage_id=body.coverage_id,
            payer_id=body.payer_id,
            service_date=body.service_from,
            service_types=(body.service_type,),
        )
    meta = command_meta(run, caller, "eligibility", command_id, f"authorization/{body.account_id}", body.account_id)
    command = RequestReview(
        meta=meta.model_copy(update={"occurred_at": now}),
        account_id=body.account_id,
        request_id=request_id,
        coverage_id=body.coverage_id,
        payer_id=body.payer_id,
        requester_npi=body.requester_npi,
        requester_name=body.requester_name,
        details=body.details(),
        sealed_subscriber=sealed,
        claim=claim,
        recorded=body.recorded.outcome() if body.recorded else None,
    )
    return await _ask(run, caller, decider, command, "authorization.request")


@router.get("/authorizations/{account_id}/{request_id}")
async def get_authorization(
    account_id: str, request_id: str, run: Run, caller: Reader, decider: Decider
) -> dict[str, Any]:
    """One request: what was asked, what the payer said, which claims use it and what is left."""
    return shown_review(_found(await _state(run, decider, caller.tenant, account_id), request_id))


@router.post("/authorizations/{account_id}/{request_id}/decision")
async def post_decision(
    account_id: str,
    request_id: str,
    body: DecisionBody,
    run: Run,
    caller: Biller,
    key: IdempotencyKey,
    decider: Decider,
) -> dict[str, Any]:
    """Enter what the payer said by telephone, portal or letter; claims that wait go on with it."""
    _found(await _state(run, decider, caller.tenant, account_id), request_id)
    command_id = await first_use(run, caller, key, f"decision/{account_id}/{request_id}/{body.model_dump_json()}")
    meta = command_meta(run, caller, "eligibility", command_id, f"authorization/{account_id}", account_id)
    command = RecordReview(meta=meta, account_id=account_id, request_id=request_id, outcome=body.outcome())
    return await _ask(run, caller, decider, command, "authorization.decision")


@router.post("/authorizations/{account_id}/{request_id}/questions", status_code=202)
async def post_question(
    account_id: str, request_id: str, body: Ask, run: Run, caller: Biller, key: IdempotencyKey, decider: Decider
) -> dict[str, Any]:
    """Ask the payer how a pended request stands, or to cancel an authorization; 409 with a reason where it cannot."""
    _found(await _state(run, decider, caller.tenant, account_id), request_id)
    command_id = await first_use(run, caller, key, f"question/{account_id}/{request_id}/{body.ask}")
    meta = command_meta(run, caller, "eligibility", command_id, f"authorization/{account_id}", account_id)
    command = AskReview(meta=meta, account_id=account_id, request_id=request_id, ask=body.ask)
    return await _ask(run, caller, decider, command, f"authorization.{body.ask}")


@router.get("/authorizations/{account_id}/{request_id}/conversation")
async def get_last_conversation(
    account_id: str, request_id: str, run: Run, caller: Biller, decider: Decider
) -> dict[str, Any]:
    """Both sides of the conversation that brought the last answer, as X12. Each look is in the audit log."""
    review = _found(await _state(run, decider, caller.tenant, account_id), request_id)
    name = review.outcome.conversation if review.outcome else None
    try:
        sides = await sides_of(run, caller.tenant, name) if name else None
    except SealBrokenError:
        raise HTTPException(410, "this conversation was shredded") from None
    if name is None or sides is None:
        raise HTTPException(404, "no answer of the payer is on record for this request")
    await run.audit.record(caller, "conversation.read", f"authorization/{account_id}/{request_id}")
    return {"id": name, "at": sides[0], "request": sides[1], "answer": sides[2]}


async def _sealed_identity(run: Runtime, caller: Principal, checks: CheckDecider, body: AuthorizationBody) -> str:
    if body.identity is not None:
        return await seal_model(run.sealer, caller.tenant, body.account_id, body.identity.identity())
    known = await run.store.find(checks, caller.tenant, {"coverage_id": body.coverage_id}, None, CHECKS_OF_A_COVERAGE)
    own = [check for _, check in known if check.account_id == body.account_id]
    if not own:
        raise HTTPException(422, "identity: this coverage was never asked about here; say who is insured")
    return max(own, key=lambda check: check.service_date).sealed_subscriber


async def _state(run: Runtime, decider: AuthorizationDecider, tenant: str, account_id: str) -> Authorizations:
    key = Key(tenant, account_id)
    return (await run.store.load(decider, (key,)))[key].snapshot.state


def _found(state: Authorizations, request_id: str) -> Review:
    review = state.review(request_id)
    if review is None:
        raise HTTPException(404, "no such request for an authorization here")
    return review


async def _ask(
    run: Runtime,
    caller: Principal,
    decider: AuthorizationDecider,
    command: RequestReview | RecordReview | AskReview,
    action: str,
) -> dict[str, Any]:
    message: AuthorizationMessage = command
    await run.audit.record(caller, action, f"authorization/{command.account_id}/{command.request_id}")
    decided = await run.shell.transact_one(decider, message)
    for fact in decided.facts:
        if isinstance(fact, ReviewWishRefused):
            raise HTTPException(409, fact.because)
    return shown_review(_found(decided.snapshot.state, command.request_id))


def shown_account(state: Authorizations) -> dict[str, Any]:
    """An account's requests, and the claims that need an authorization nobody asked for."""
    return {
        "account_id": state.account_id,
        "requests": [shown_review(one) for one in state.reviews],
        "needs": [one.model_dump() for one in state.needs],
    }


def shown_review(review: Review) -> dict[str, Any]:
    """One request; nothing sealed leaves."""
    outcome = review.outcome
    return {
        "request_id": review.request_id,
        "coverage_id": review.coverage_id,
        "payer_id": review.payer_id,
        "requester_npi": review.requester_npi,
        "opened_at": review.opened_at,
        "asked_for": review.details.model_dump(),
        "status": "waiting" if outcome is None else outcome.status,
        "asking": review.asking,
        "ask_next_at": review.inquire_at,
        "decision": None if outcome is None else outcome.model_dump(exclude={"conversation"}),
        "authorization_number": outcome.authorization_number if outcome else None,
        "valid_from": review.first if review.grants else None,
        "valid_to": review.last if review.grants else None,
        "units": review.units,
        "units_used": review.used_units,
        "units_left": review.left,
        "claims_waiting": [one.claim_id for one in review.waiting],
        "claims": [one.claim_id for one in review.granted],
        "uses": [one.model_dump(include={"claim_id", "units"}) for one in review.used],
        "called_out": list(dict.fromkeys(review.warned)),
    }
