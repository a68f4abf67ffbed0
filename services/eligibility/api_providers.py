"""HTTP of providers with payers: enrollment by transaction, credentialing spans, and what becomes of claims."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import Field

from services.eligibility.api import Limit, Reader
from services.eligibility.api_models import Npi, PayerId
from services.eligibility.core.provider import (
    ChangeRefused,
    Credential,
    CredentialSpan,
    Enrollment,
    EnrollmentState,
    Network,
    Provider,
    ProviderFact,
    ProviderMessage,
    SetCredentials,
    SetEnrollment,
    Standing,
    Transaction,
    provider_id,
    standing_on,
)
from shared.audit_edge import asks_why, without_patients
from shared.auth import Principal
from shared.decider import Decided, Decider
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.runtime import Runtime
from shared.store.port import Key

router = APIRouter()
Operator = Annotated[Principal, Depends(allow("operator", "biller"))]
ProviderDecider = Decider[Provider, ProviderMessage, ProviderFact]


def providers_of(request: Request) -> ProviderDecider:
    found: ProviderDecider = next(one for one in running_of(request).spec.deciders if one.kind == "provider")
    return found


Providers = Annotated[ProviderDecider, Depends(providers_of)]


class EnrollmentBody(Body):
    """Where the enrollment for a transaction stands."""

    state: EnrollmentState
    effective_from: date
    effective_to: date | None = None
    task: Annotated[str, Field(max_length=500)] | None = None


class SpanBody(Body):
    """What the provider is to the payer on the days of a span."""

    first: date
    last: date | None = None
    credential: Credential
    route_to_npi: Npi | None = None
    network: Network | None = None


class CredentialsBody(Body):
    """All spans, and what is done with claims on other days."""

    spans: Annotated[tuple[SpanBody, ...], Field(max_length=200)]
    otherwise: Literal["send", "hold"] = "hold"


@router.put("/providers/{npi}/payers/{payer_id}/enrollments/{transaction}", dependencies=[asks_why])
async def put_enrollment(
    npi: Npi,
    payer_id: PayerId,
    transaction: Transaction,
    body: EnrollmentBody,
    run: Run,
    caller: Operator,
    key: IdempotencyKey,
    providers: Providers,
) -> dict[str, Any]:
    """Record where an enrollment stands; 409 with every reason when that cannot follow from where it stood."""
    command_id = await first_use(run, caller, key, f"{npi}/{payer_id}/{transaction}/{body.model_dump_json()}")
    name = provider_id(npi, payer_id)
    command = SetEnrollment(
        meta=command_meta(run, caller, "eligibility", command_id, f"provider/{name}", npi),
        npi=npi,
        payer_id=payer_id,
        enrollment=Enrollment(transaction=transaction, **body.model_dump()),
    )
    decided = await run.shell.transact_one(providers, command)
    return await _answer(run, caller, decided, f"enrollment.{transaction}", name)


@router.put("/providers/{npi}/payers/{payer_id}/credentials", dependencies=[asks_why])
async def put_credentials(
    npi: Npi,
    payer_id: PayerId,
    body: CredentialsBody,
    run: Run,
    caller: Operator,
    key: IdempotencyKey,
    providers: Providers,
) -> dict[str, Any]:
    """Replace the credentialing spans; 409 with every reason when they overlap or end before they begin."""
    command_id = await first_use(run, caller, key, f"{npi}/{payer_id}/{body.model_dump_json()}")
    name = provider_id(npi, payer_id)
    command = SetCredentials(
        meta=command_meta(run, caller, "eligibility", command_id, f"provider/{name}", npi),
        npi=npi,
        payer_id=payer_id,
        spans=tuple(CredentialSpan(**one.model_dump()) for one in body.spans),
        otherwise=body.otherwise,
    )
    decided = await run.shell.transact_one(providers, command)
    return await _answer(run, caller, decided, "credentials", name)


async def _answer(
    run: Runtime, caller: Principal, decided: Decided[Provider, ProviderFact], what: str, name: str
) -> dict[str, Any]:
    refused = [fact for fact in decided.facts if isinstance(fact, ChangeRefused)]
    if refused:
        raise HTTPException(409, {"message": "this change cannot be", "reasons": refused[0].reasons})
    await run.audit.record(caller, f"provider.{what}", f"provider/{name}")
    return shown_provider(decided.snapshot.state)


@router.get("/providers")
@without_patients
async def list_providers(
    run: Run,
    caller: Reader,
    providers: Providers,
    *,
    npi: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Providers with their payers, by id; of one provider when it is named."""
    where = {"npi": npi} if npi else {}
    return [shown_provider(one) for _, one in await run.store.find(providers, caller.tenant, where, after, limit)]


@router.get("/providers/{npi}/payers/{payer_id}/standing")
@without_patients
async def get_standing(
    npi: str,
    payer_id: str,
    on: date,
    run: Run,
    caller: Reader,
    providers: Providers,
    transaction: Transaction = "837P",
) -> Standing:
    """Whether a claim for a service on a date is sent, held or routed, and why."""
    key = Key(caller.tenant, provider_id(npi, payer_id))
    row = (await run.store.load(providers, (key,)))[key]
    return standing_on(row.snapshot.state, on, transaction)


def shown_provider(provider: Provider) -> dict[str, Any]:
    return {
        "npi": provider.npi,
        "payer_id": provider.payer_id,
        "enrollments": [one.model_dump() for one in provider.enrollments],
        "standing": [one.model_dump() for one in provider.standing()],
        "otherwise": provider.otherwise,
    }
