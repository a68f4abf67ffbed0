"""HTTP of parties that are neither insurer nor guarantor: terms, invoices, money, reductions."""

import json
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response
from pydantic import Field

from services.payments.api_models import AccountId, Amount, Limit, Reader, Reason
from services.payments.cash_parts import account_decider_of
from services.payments.commands import Desk, known, once
from services.payments.core.account import AccountDecider
from services.payments.core.account_state import Account
from services.payments.core.other_party import Invoice, OtherParty
from services.payments.core.other_party_messages import (
    AskOtherReduction,
    BillOtherParty,
    DecideOtherReduction,
    EndOtherParty,
    OtherMethod,
    OtherPartyMessage,
    ReturnOtherPayment,
    SetOtherTerms,
    TakeOtherPayment,
)
from services.payments.core.other_share import OtherKind, OtherTerms
from services.payments.other_party_paper import invoice_pdf, invoice_table
from services.payments.other_party_parts import other_party_decider
from services.payments.other_party_views import figures_of, open_lines, shown_party
from services.payments.receipts import receipt_heads
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow
from shared.overload import while_there_is_room
from shared.store.port import Key
from shared.table_files import answer

other_parties = APIRouter()

Ledger = Annotated[AccountDecider, Depends(account_decider_of)]
Poster = Annotated[Principal, Depends(allow("poster"))]
Registrar = Annotated[Principal, Depends(allow("poster", "biller", "collector"))]
ContactLine = Annotated[str, Field(min_length=1, max_length=80)]


class TermsBody(Body):
    """What the party owes: a percentage of the guarantor's share of the care of these days, up to a limit.

    With `protected_until` it is a letter of protection: all of the care it names, until that day.
    """

    kind: OtherKind
    contact: tuple[ContactLine, ...] = Field(min_length=1, max_length=6, description="Name, then address. Kept sealed.")
    percent: int = Field(default=100, strict=True, ge=1, le=100)
    limit_cents: Amount | None = None
    covers_from: date
    covers_until: date
    claims: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = Field(default=(), max_length=200)
    order: int = Field(default=1, strict=True, ge=1, le=99)
    guarantor_liable: bool = True
    protected_until: date | None = None
    reason: str = Field(min_length=3, max_length=500)


class RegisterBody(TermsBody):
    account_id: AccountId


class EndBody(Reason):
    how: Literal["settled", "withdrawn"]


class PaymentBody(Body):
    method: OtherMethod
    reference: str = Field(default="", max_length=40)
    paid_cents: Amount
    received_on: date


class ReturnBody(Reason):
    payment_id: str = Field(min_length=1, max_length=80)
    returned_cents: Amount
    cause: Literal["refund", "returned"]


class ReductionBody(Reason):
    reduced_cents: Amount


class DecisionBody(Reason):
    approved: bool


@other_parties.post("/other-parties", status_code=201, dependencies=[while_there_is_room])
async def register(body: RegisterBody, run: Run, caller: Registrar, key: IdempotencyKey, ledger: Ledger) -> Any:
    """Register a party on an account. 404 for an account without a ledger, 409 for terms that cannot hold."""
    desk = await once(run, caller, key, "other-party", body)
    await desk.state(ledger, body.account_id)
    party_id = run.pseudonyms.of("opty", caller.tenant, desk.command_id.hex)
    return await _set(desk, ledger, party_id, body.account_id, body)


@other_parties.put("/other-parties/{party_id}/terms")
async def amend(
    party_id: str, body: TermsBody, run: Run, caller: Registrar, key: IdempotencyKey, ledger: Ledger
) -> Any:
    """Say its terms anew; a party that had ended owes again."""
    desk = await once(run, caller, key, f"other-party/{party_id}", body)
    party = await desk.state(other_party_decider(), party_id)
    return await _set(desk, ledger, party_id, party.account_id, body)


async def _set(desk: Desk, ledger: AccountDecider, party_id: str, account_id: str, body: TermsBody) -> Any:
    contact = json.dumps(body.contact).encode()
    said = {name: getattr(body, name) for name in OtherTerms.model_fields}
    command = SetOtherTerms(
        meta=desk.meta("other_party", party_id, account_id),
        party_id=party_id,
        account_id=account_id,
        terms=OtherTerms.model_validate(said),
        protected_until=body.protected_until,
        sealed_contact=await desk.run.sealer.seal(desk.tenant, account_id, contact),
        reason=body.reason,
    )
    return await _done(desk, ledger, command, "other-party.terms", body.reason)


@other_parties.get("/other-parties")
async def parties(
    run: Run,
    caller: Reader,
    ledger: Ledger,
    *,
    account_id: str | None = None,
    standing: Literal["active", "settled", "expired", "withdrawn"] | None = None,
    waits: Annotated[bool, Query(description="Only with a reduction that waits for a second person.")] = False,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Parties, by id."""
    wanted: dict[str, Scalar] = {"account_id": account_id, "standing": standing, "waits": waits or None}
    where = {name: value for name, value in wanted.items() if value is not None}
    found = await run.store.find(other_party_decider(), caller.tenant, where, after, limit)
    keys = {Key(caller.tenant, party.account_id) for _, party in found}
    rows = await run.store.load(ledger, tuple(keys))
    today = run.clock.now().date()
    return [shown_party(party, rows[Key(caller.tenant, party.account_id)].snapshot.state, today) for _, party in found]


@other_parties.get("/other-parties/{party_id}")
async def party(party_id: str, run: Run, caller: Reader, ledger: Ledger) -> dict[str, Any]:
    """One party with what it owes now."""
    found = await known(run, caller, other_party_decider(), party_id)
    return shown_party(found, await _account(run, caller, ledger, found), run.clock.now().date())


@other_parties.get("/other-parties/{party_id}/contact")
async def contact(party_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """Who it is. The look is on record."""
    found = await known(run, caller, other_party_decider(), party_id)
    await run.audit.record(caller, "other-party.contact", f"other_party/{party_id}")
    return {"party_id": party_id, "contact": await _contact(run, found)}


@other_parties.post("/other-parties/{party_id}/end")
async def end(party_id: str, body: EndBody, run: Run, caller: Registrar, key: IdempotencyKey, ledger: Ledger) -> Any:
    """It owes nothing further; what it did not settle is the guarantor's again, where the guarantor is liable."""
    desk = await once(run, caller, key, f"other-party-end/{party_id}", body)
    meta = await _meta(desk, party_id)
    command = EndOtherParty(meta=meta, party_id=party_id, how=body.how, reason=body.reason)
    return await _done(desk, ledger, command, "other-party.end", body.reason)


@other_parties.post("/other-parties/{party_id}/invoices", status_code=201)
async def bill(party_id: str, run: Run, caller: Poster, key: IdempotencyKey, ledger: Ledger) -> Any:
    """Make an invoice of everything that is open now. 409 when nothing is."""
    desk = await once(run, caller, key, f"other-party-invoice/{party_id}")
    found = await desk.state(other_party_decider(), party_id)
    lines = tuple(open_lines(await _account(run, caller, ledger, found), party_id))
    if not lines:
        raise HTTPException(409, "nothing of its share is open")
    command = BillOtherParty(meta=await _meta(desk, party_id), party_id=party_id, lines=lines)
    return await _done(desk, ledger, command, "other-party.bill")


@other_parties.get("/other-parties/{party_id}/invoices/{number}", response_class=Response)
async def invoice(
    party_id: str, number: int, run: Run, caller: Reader, form: Literal["pdf", "csv"] = "pdf"
) -> Response:
    """An invoice as it was made. It names the party, so who opens it is on record."""
    found = await known(run, caller, other_party_decider(), party_id)
    made: Invoice | None = next((one for one in found.invoices if one.number == number), None)
    if made is None:
        raise HTTPException(404, "no such invoice")
    await run.audit.record(caller, "other-party.invoice", f"other_party/{party_id}/{number}")
    if form == "csv":
        return answer(invoice_table(found, made), "csv")
    heads = receipt_heads()
    head = heads.get(caller.tenant) or heads["*"]
    pdf = invoice_pdf(found, made, await _contact(run, found), head)
    return Response(pdf, media_type="application/pdf")


@other_parties.post("/other-parties/{party_id}/payments", status_code=201, dependencies=[while_there_is_room])
async def pay(party_id: str, body: PaymentBody, run: Run, caller: Poster, key: IdempotencyKey, ledger: Ledger) -> Any:
    """Post its money: oldest service first; what nothing can take stays its credit."""
    desk = await once(run, caller, key, f"other-party-payment/{party_id}", body)
    command = TakeOtherPayment(
        meta=await _meta(desk, party_id), party_id=party_id, payment_id=_name(desk, "opay"), **body.model_dump()
    )
    return await _done(desk, ledger, command, "other-party.payment")


@other_parties.post("/other-parties/{party_id}/returns", status_code=201)
async def give_back(
    party_id: str, body: ReturnBody, run: Run, caller: Poster, key: IdempotencyKey, ledger: Ledger
) -> Any:
    """Give back what is not applied of a payment, or note that its bank took it back."""
    desk = await once(run, caller, key, f"other-party-return/{party_id}", body)
    found = await desk.state(other_party_decider(), party_id)
    money = (await _account(run, caller, ledger, found)).other_money
    free_cents = next((one.unapplied_cents for one in money if one.payment_id == body.payment_id), 0)
    command = ReturnOtherPayment(
        meta=await _meta(desk, party_id),
        party_id=party_id,
        return_id=_name(desk, "oret"),
        free_cents=free_cents,
        **body.model_dump(),
    )
    return await _done(desk, ledger, command, "other-party.return", body.reason)


@other_parties.post("/other-parties/{party_id}/reductions", status_code=201)
async def reduce(
    party_id: str, body: ReductionBody, run: Run, caller: Poster, key: IdempotencyKey, ledger: Ledger
) -> Any:
    """Ask for a reduction of its share; above the limit another person decides."""
    desk = await once(run, caller, key, f"other-party-reduction/{party_id}", body)
    command = AskOtherReduction(
        meta=await _meta(desk, party_id),
        party_id=party_id,
        reduction_id=_name(desk, "ored"),
        open_cents=await _open_cents(desk, ledger, party_id),
        **body.model_dump(),
    )
    return await _done(desk, ledger, command, "other-party.reduction", body.reason)


@other_parties.post("/other-parties/{party_id}/reductions/{reduction_id}/decision")
async def decide(
    party_id: str,
    reduction_id: str,
    body: DecisionBody,
    run: Run,
    caller: Poster,
    key: IdempotencyKey,
    ledger: Ledger,
) -> Any:
    """Another person's word. 409 for one's own request, and for more than is open."""
    desk = await once(run, caller, key, f"other-party-decision/{party_id}/{reduction_id}", body)
    found = await desk.state(other_party_decider(), party_id)
    if reduction_id not in found.reductions:
        raise HTTPException(404, "no such reduction")
    command = DecideOtherReduction(
        meta=await _meta(desk, party_id),
        party_id=party_id,
        reduction_id=reduction_id,
        open_cents=await _open_cents(desk, ledger, party_id),
        **body.model_dump(),
    )
    return await _done(desk, ledger, command, "other-party.reduction-decision", body.reason)


async def _done(desk: Desk, ledger: AccountDecider, command: OtherPartyMessage, action: str, why: str = "") -> Any:
    """Decide it. 409 with the reason when it is refused."""
    party_id = other_party_decider().aggregate_id(command)
    await desk.note(action, f"other_party/{party_id}", why)
    state = (await desk.run.shell.transact_one(other_party_decider(), command)).snapshot.state
    because = state.answered.get(str(desk.command_id))
    if because:
        raise HTTPException(409, because)
    return shown_party(state, await _account(desk.run, desk.caller, ledger, state), desk.run.clock.now().date())


async def _meta(desk: Desk, party_id: str) -> Any:
    """The envelope, under the record key of the party's account; 404 when there is no such party."""
    found = await desk.state(other_party_decider(), party_id)
    return desk.meta("other_party", party_id, found.account_id)


async def _open_cents(desk: Desk, ledger: AccountDecider, party_id: str) -> int:
    found = await desk.state(other_party_decider(), party_id)
    return figures_of(await _account(desk.run, desk.caller, ledger, found), party_id).open_cents


async def _account(run: Run, caller: Principal, ledger: AccountDecider, party: OtherParty) -> Account:
    key = Key(caller.tenant, party.account_id)
    return (await run.store.load(ledger, (key,)))[key].snapshot.state


async def _contact(run: Run, party: OtherParty) -> list[str]:
    return list(json.loads(await run.sealer.open(party.sealed_contact)))


def _name(desk: Desk, kind: str) -> str:
    return f"{kind}_{desk.command_id.hex}"
