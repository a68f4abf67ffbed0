"""The workbench of remitted claims that no number told: list, suggestions, match, unmatch."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field

from services.payments.core.account import AccountDecider
from services.payments.core.account_person import why_not_unposted
from services.payments.core.control_number import (
    CONTROL_NUMBER,
    ControlNumber,
    MatchRemittedClaim,
    UnmatchRemittedClaim,
)
from services.payments.core.control_number_messages import RemittedClaimRouted, Seen
from services.payments.core.remitted import Position, RemittedClaim
from services.payments.matching import suggestions
from services.payments.vault import RemittanceVault
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.runtime import Runtime
from shared.store.port import Key

matching = APIRouter()

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Decider = Annotated[Principal, Depends(allow("poster"))]
Limit = Annotated[int, Query(ge=1, le=200)]
CHANGED = "somebody else decided about this control number meanwhile: look at it again"


class Place(Body):
    """Which remitted claim, as the list shows it; `version` is that of its control number."""

    patient_control_number: str = Field(min_length=1, max_length=80)
    remittance_id: str = Field(min_length=1, max_length=80)
    position: int = Field(ge=1)
    version: int = Field(ge=0)
    reason: str = Field(min_length=3, max_length=500, description="Why; no patient data.")

    @property
    def place(self) -> Position:
        return Position(self.remittance_id, self.position)


class MatchBody(Place):
    """The claim that the payer means."""

    account_id: str = Field(min_length=1, max_length=80)
    claim_id: str = Field(min_length=1, max_length=80)


def account_decider(request: Request) -> AccountDecider:
    decider: AccountDecider = running_of(request).spec.deciders[0]
    return decider


Accounts = Annotated[AccountDecider, Depends(account_decider)]


@matching.get("/unmatched")
async def unmatched(
    run: Run,
    caller: Reader,
    *,
    payer_id: str | None = None,
    remittance_id: str | None = None,
    ambiguous: bool | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Remitted claims that wait for a person, by control number; go on with `after` the last one's.

    `payer_id` and `remittance_id` select by the one that waits longest; `ambiguous`: several claims have the number.
    """
    given = {"held_payer": payer_id, "held_remittance": remittance_id, "ambiguous": ambiguous or None}
    where: dict[str, Scalar] = {"held": True, **{name: value for name, value in given.items() if value is not None}}
    found = await run.store.find(CONTROL_NUMBER, caller.tenant, where, after, limit)
    return [shown_unmatched(state) for _, state in found]


@matching.get("/unmatched/suggestions")
async def suggested(
    run: Run,
    caller: Reader,
    accounts: Accounts,
    *,
    patient_control_number: str,
    remittance_id: str,
    position: int,
) -> list[dict[str, Any]]:
    """Claims that one of them may mean, the likeliest first, each with its score and why. Nothing is posted by it."""
    number = await _number(run, caller.tenant, patient_control_number)
    place = Position(remittance_id, position)
    remitted = next((one for one in number.held if one.place == place), None)
    if remitted is None:
        raise HTTPException(404, "no remitted claim waits at this place")
    vault = RemittanceVault(run.store, run.sealer)
    return [one._asdict() for one in await suggestions(run, accounts, vault, caller.tenant, remitted)]


@matching.post("/unmatched/match")
async def match(body: MatchBody, run: Run, caller: Decider, accounts: Accounts, key: IdempotencyKey) -> dict[str, Any]:
    """Post it on the claim that a person chose. 409 when it does not wait any more, or somebody was faster."""
    number = await _number(run, caller.tenant, body.patient_control_number)
    of = Key(caller.tenant, body.account_id)
    state = (await run.store.load(accounts, (of,)))[of].snapshot.state
    item = state.receivables.get(state.root_of(body.claim_id))
    if item is None or not item.payer_id:
        raise HTTPException(404, "this account has no such claim")
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, body.model_dump_json()))
    command = MatchRemittedClaim(
        meta=_meta(run, caller, command_id, number),
        patient_control_number=number.patient_control_number,
        remittance_id=body.remittance_id,
        position=body.position,
        version=body.version,
        reason=body.reason,
        account_id=body.account_id,
        claim_id=body.claim_id,
    )
    await run.audit.record(caller, "remitted-claim.match", f"account/{body.account_id}", body.reason)
    decided = await run.shell.transact_one(CONTROL_NUMBER, command)
    seen = _seen(decided.snapshot.state, body.place)
    if seen is None or (seen.account_id, seen.claim_id, seen.how) != (body.account_id, body.claim_id, "person"):
        raise HTTPException(409, CHANGED)
    return shown_place(decided.snapshot.state, seen)


@matching.post("/unmatched/unmatch", status_code=202)
async def unmatch(body: Place, run: Run, caller: Decider, accounts: Accounts, key: IdempotencyKey) -> dict[str, Any]:
    """Take it off the claim it was posted on, whoever matched it: its entries are reversed, and it waits again.

    409 when somebody was faster, or the payer reversed it already.
    """
    number = await _number(run, caller.tenant, body.patient_control_number)
    seen = _seen(number, body.place)
    remitted = await _posted(run, caller.tenant, number, body.place)
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, body.model_dump_json()))
    is_repeat = body.place in number.withdrawing
    if remitted is None or seen is None or (not seen.claim_id and body.place not in number.by_hand_only):
        raise HTTPException(404, "no remitted claim of this place is posted on a claim")
    if seen.claim_id and not is_repeat:
        of = Key(caller.tenant, seen.account_id)
        state = (await run.store.load(accounts, (of,)))[of].snapshot.state
        because = why_not_unposted(state, state.root_of(seen.claim_id), remitted)
        if because:
            raise HTTPException(409, because)
    command = UnmatchRemittedClaim(
        meta=_meta(run, caller, command_id, number),
        patient_control_number=number.patient_control_number,
        remittance_id=body.remittance_id,
        position=body.position,
        version=body.version,
        reason=body.reason,
        remitted=remitted,
    )
    await run.audit.record(caller, "remitted-claim.unmatch", f"account/{seen.account_id}", body.reason)
    decided = await run.shell.transact_one(CONTROL_NUMBER, command)
    after = decided.snapshot.state
    if not decided.facts and body.place not in after.withdrawing and body.place not in after.by_hand_only:
        raise HTTPException(409, CHANGED)
    return {"version": after.version, "withdrawing": body.place in after.withdrawing}


def _meta(run: Runtime, caller: Principal, command_id: Any, number: ControlNumber) -> Any:
    subject = f"control_number/{number.patient_control_number}"
    return command_meta(run, caller, "payments", command_id, subject, number.patient_control_number)


async def _number(run: Runtime, tenant: str, patient_control_number: str) -> ControlNumber:
    key = Key(tenant, patient_control_number)
    row = (await run.store.load(CONTROL_NUMBER, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no remittance and no claim has this control number")
    return row.snapshot.state


def _seen(number: ControlNumber, place: Position) -> Seen | None:
    return next((one for one in number.seen if one.place == place), None)


async def _posted(run: Runtime, tenant: str, number: ControlNumber, place: Position) -> RemittedClaim | None:
    """What stands at a place, from the journal: the state keeps only what waits."""
    entries = await run.store.history(CONTROL_NUMBER, Key(tenant, number.patient_control_number))
    facts = (entry.fact for entry in reversed(entries))
    routed = (fact.remitted for fact in facts if isinstance(fact, RemittedClaimRouted))
    return next((one for one in routed if one.place == place), None)


def shown_unmatched(number: ControlNumber) -> dict[str, Any]:
    """Remitted claims that no single claim of ours answers to."""
    return {
        "patient_control_number": number.patient_control_number,
        "version": number.version,
        "claims_of_this_number": len(number.bearers),
        "because": _because(number),
        "remitted": [
            {
                "remittance_id": one.remittance_id,
                "position": one.position,
                "payer_id": one.payer_id,
                "payer_claim_control_number": one.payer_claim_control_number,
                "payment_date": one.payment_date,
                "status": one.status,
                "charge_cents": one.charge_cents,
                "paid_cents": one.paid_cents,
                "unmatched_by_a_person": one.place in number.by_hand_only,
            }
            for one in number.held
        ],
    }


def _because(number: ControlNumber) -> str:
    if len(number.bearers) > 1:
        return "more than one claim has this control number"
    return "a person took the match back" if number.bearers else "no claim has this control number"


def shown_place(number: ControlNumber, seen: Seen) -> dict[str, Any]:
    return {
        "patient_control_number": number.patient_control_number,
        "version": number.version,
        "remittance_id": seen.place.remittance_id,
        "position": seen.place.claim,
        "account_id": seen.account_id,
        "claim_id": seen.claim_id,
        "told_by": seen.how,
    }
