"""HTTP of the bank side: accounts, lists and deposits in; matches by a person; what is missing on either side out."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field

from services.payments.bai2 import read_bai2
from services.payments.bank_csv import read_csv
from services.payments.bank_intake import BankIntake, Owned, Taken, bank_account_id, ending, file_id_of
from services.payments.bank_lines import BankCredit, BankFileError, Statement, date_fault
from services.payments.books_views import shown_cash
from services.payments.cash_parts import CashParts, cash_parts_of
from services.payments.cash_proof import prove_cash
from services.payments.cash_views import shown_bank_account, shown_deposit, shown_expected
from services.payments.commands import Desk, known, once
from services.payments.core.bank_account import BANK_ACCOUNT, CloseBankAccount, CsvMapping, OpenBankAccount
from services.payments.core.deposit import why_not
from services.payments.core.deposit_messages import MatchDeposit, SetDepositAside, UnmatchDeposit, WantedPart
from services.payments.core.expected import DismissExpected, Expected
from shared.auth import Principal
from shared.decider import Decider, Scalar
from shared.http import Body, IdempotencyKey, Run, allow
from shared.overload import while_there_is_room
from shared.runtime import Runtime

bank = APIRouter(prefix="/bank")
S = TypeVar("S")

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Poster = Annotated[Principal, Depends(allow("poster"))]
Feeder = Annotated[Principal, Depends(allow("poster", "integrator"))]
Limit = Annotated[int, Query(ge=1, le=200)]
Parts = Annotated[CashParts, Depends(cash_parts_of)]
Cents = Annotated[int, Field(strict=True, gt=0, le=9_999_999_999_99, description="Integer cents.")]
ABA_WEIGHTS = (3, 7, 1) * 3


class BankAccountBody(Body):
    """An account by the numbers on its checks; only a pseudonym and the last digits are kept."""

    name: str = Field(min_length=1, max_length=80)
    routing_number: str = Field(pattern=r"^[0-9]{9}$")
    account_number: str = Field(pattern=r"^[0-9A-Za-z-]{4,34}$")
    csv: CsvMapping | None = None


class DepositBody(Body):
    """One credit, as the bank's own interface tells of it."""

    bank_account_id: str
    deposited_cents: Cents
    deposited_on: date
    currency: str = "USD"
    trace: str = Field(default="", max_length=50)
    bank_reference: str = Field(min_length=1, max_length=80, description="The bank's own number of this credit.")
    method: Literal["ACH", "CHK", ""] = ""
    originator: str = Field(default="", max_length=20, description="TRN03 in the addenda, where the bank tells it.")


class PartBody(Body):
    expected_id: str = Field(max_length=80)
    cents: Cents


class MatchBody(Body):
    """What a deposit is: one remittance, or the checks of a lockbox."""

    parts: tuple[PartBody, ...] = Field(min_length=1, max_length=500)
    reason: str = Field(min_length=3, max_length=500)


class UnmatchBody(Body):
    expected_id: str = Field(max_length=80)
    reason: str = Field(min_length=3, max_length=500)


class Reason(Body):
    reason: str = Field(min_length=3, max_length=500)


@bank.post("/accounts", status_code=201)
async def open_account(body: BankAccountBody, run: Run, caller: Poster, key: IdempotencyKey) -> dict[str, Any]:
    """Register an account of the practice; again with another mapping changes the mapping."""
    if sum(int(d) * w for d, w in zip(body.routing_number, ABA_WEIGHTS, strict=True)) % 10:
        raise HTTPException(422, "the routing number's check digit is wrong: compare it with a check")
    account_id = bank_account_id(run.pseudonyms, caller.tenant, body.routing_number, body.account_number)
    desk = await once(run, caller, key, "bank-account", body)
    digits = "".join(d for d in body.account_number if d.isdigit())[-4:] or "0"
    await desk.note("bank-account.open", f"bank_account/{account_id}")
    decided = await run.shell.transact_one(
        BANK_ACCOUNT,
        OpenBankAccount(
            meta=desk.meta("bank_account", account_id),
            bank_account_id=account_id,
            name=body.name,
            last_digits=digits,
            csv=body.csv,
        ),
    )
    return shown_bank_account(decided.snapshot.state)


@bank.get("/accounts")
async def accounts(run: Run, caller: Reader, after: str | None = None, limit: Limit = 50) -> list[dict[str, Any]]:
    """The client's bank accounts, closed ones too."""
    found = await run.store.find(BANK_ACCOUNT, caller.tenant, {}, after, limit)
    return [shown_bank_account(one) for _, one in found]


@bank.post("/accounts/{account_id}/close")
async def close_account(account_id: str, body: Reason, run: Run, caller: Poster, key: IdempotencyKey) -> dict[str, Any]:
    """Nothing is taken in for it any more; what was, stays."""
    desk = await once(run, caller, key, f"close/{account_id}", body)
    await desk.state(BANK_ACCOUNT, account_id)
    await desk.note("bank-account.close", f"bank_account/{account_id}", body.reason)
    command = CloseBankAccount(
        meta=desk.meta("bank_account", account_id), bank_account_id=account_id, reason=body.reason
    )
    return shown_bank_account((await run.shell.transact_one(BANK_ACCOUNT, command)).snapshot.state)


@bank.post("/files", status_code=201, dependencies=[while_there_is_room])
async def take_file(
    request: Request,
    run: Run,
    caller: Feeder,
    key: IdempotencyKey,
    parts: Parts,
    form: Literal["bai2", "csv"],
    bank_account_id: Annotated[str, Query(max_length=80)] = "",
) -> dict[str, Any]:
    """Take a bank's list in: BAI2, or CSV by the mapping of `bank_account_id`. 422 with every fault and its line.

    A list that does not add up, or is of no account of this client, changes nothing. The same list again counts once.
    """
    content = await request.body()
    desk = await once(run, caller, key, f"bank-file/{form}/{bank_account_id}", file_id_of(content))
    subject = f"bank_file/{file_id_of(content)}"
    await desk.note("bank-file.take", subject)
    intake = BankIntake(run, parts.deposit)
    try:
        text = content.decode("utf-8")
        if form == "bai2":
            statements = read_bai2(text, run.clock.now().date())
            taken = await intake.take(desk.meta("bank_file", file_id_of(content)), content, statements)
        else:
            taken = await _take_csv(desk, intake, content, text, bank_account_id)
    except UnicodeDecodeError:
        raise HTTPException(422, "the file is not text in UTF-8: export it as plain text") from None
    except BankFileError as error:
        await _quarantine(run, caller, content, str(error.faults[0]))
        faults = [{"line": one.line, "record": one.record, "what": one.what} for one in error.faults]
        raise HTTPException(422, {"message": "nothing of this list was taken in", "faults": faults}) from None
    if taken.refused and not (taken.deposits or taken.known):
        await _quarantine(run, caller, content, str(taken.refused[0]["reason"]))
        raise HTTPException(422, {"message": "nothing of this list was taken in", "refused": taken.refused})
    return {
        "file_id": taken.file_id,
        "deposits": taken.deposits,
        "known_before": taken.known,
        "deposited_cents": taken.cents,
        "debits_passed_over": taken.debits,
        "refused": taken.refused,
    }


async def _take_csv(desk: Desk, intake: BankIntake, content: bytes, text: str, account_id: str) -> Taken:
    account = await desk.state(BANK_ACCOUNT, account_id)
    if account.closed or account.csv is None:
        raise HTTPException(409, "the account is closed, or has no CSV mapping: register it with one")
    statement = read_csv(text, account.csv, desk.run.clock.now().date())
    digits = "".join(d for d in statement.account if d.isdigit())
    if digits and not digits.endswith(account.last_digits):
        reason = f"the list is of account {ending(digits)}, not of …{account.last_digits}"
        raise HTTPException(422, {"message": "nothing of this list was taken in", "refused": [{"reason": reason}]})
    taken = Taken(file_id_of(content))
    await intake.record(desk.meta("bank_file", taken.file_id), taken, Owned(account, statement))
    return taken


async def _quarantine(run: Runtime, caller: Principal, content: bytes, reason: str) -> None:
    document = {
        "kind": "bank_file",
        "file_id": file_id_of(content),
        "at": run.wall(),
        "code": "BANK:refused",
        "reason": reason,
    }
    await run.store.note("quarantine", caller.tenant, file_id_of(content), document)


@bank.post("/deposits", status_code=201, dependencies=[while_there_is_room])
async def record_deposit(
    body: DepositBody, run: Run, caller: Feeder, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """One deposit by API. The same account, day, amount and bank reference is the same deposit."""
    if body.currency.upper() != "USD":
        raise HTTPException(422, "the currency is not USD: amounts of other currencies are not taken in")
    fault = date_fault(0, "deposited_on", body.deposited_on, run.clock.now().date())
    if fault is not None:
        raise HTTPException(422, fault.what)
    desk = await once(run, caller, key, "deposit", body)
    account = await desk.state(BANK_ACCOUNT, body.bank_account_id)
    if account.closed:
        raise HTTPException(409, "the bank account is closed: nothing is taken in for it")
    told = body.method, body.trace, body.bank_reference, body.originator
    credit = BankCredit(0, body.deposited_on, body.deposited_cents, *told)
    statement = Statement(0, (), "", "USD", (credit,), 0)
    taken = Taken("")
    await desk.note("deposit.record", f"bank_account/{body.bank_account_id}")
    meta = desk.meta("bank_account", body.bank_account_id)
    await BankIntake(run, parts.deposit).record(meta, taken, Owned(account, statement))
    deposit_id = parts.deposit_id(body.bank_account_id, credit)
    return shown_deposit(await known(run, caller, parts.deposit, deposit_id)) | {"known_before": bool(taken.known)}


@bank.get("/deposits")
async def deposits(
    run: Run,
    caller: Reader,
    parts: Parts,
    *,
    status: Literal["open", "late", "matched", "set_aside"] | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Deposits by id; `open` and `late` ones are unapplied cash."""
    found = await _of_status(run, caller, parts.deposit, status, after, limit)
    return [shown_deposit(one) for one in found]


async def _of_status(
    run: Runtime, caller: Principal, decider: Decider[S, Any, Any], status: str | None, after: str | None, limit: int
) -> list[S]:
    """Some of the client's aggregates by id: those of one status, or all."""
    where: dict[str, Scalar] = {} if status is None else {"status": status}
    return [state for _, state in await run.store.find(decider, caller.tenant, where, after, limit)]


@bank.get("/deposits/{deposit_id}")
async def deposit(deposit_id: str, run: Run, caller: Reader, parts: Parts) -> dict[str, Any]:
    return shown_deposit(await known(run, caller, parts.deposit, deposit_id))


@bank.get("/deposits/{deposit_id}/candidates")
async def candidates(deposit_id: str, run: Run, caller: Reader, parts: Parts) -> list[dict[str, Any]]:
    """What the deposit may be: by trace, then by amount within the window. A person decides."""
    state = await known(run, caller, parts.deposit, deposit_id)
    searches: list[dict[str, Scalar]] = [{"trace": state.trace}] if state.trace else []
    searches.append({"open_cents": state.free_cents})
    found: dict[str, dict[str, Any]] = {}
    for where in searches:
        for _, one in await run.store.find(parts.expected, caller.tenant, where, None, 100):
            why = "trace" if "trace" in where else "amount"
            if why == "trace" or parts.policy.fits(one.sent_on, state.deposited_on, one.method):
                found.setdefault(one.expected_id, {"because_of": why, **shown_expected(one)})
    return list(found.values())


@bank.post("/deposits/{deposit_id}/match")
async def match(
    deposit_id: str, body: MatchBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """A person's match. 409 when the parts are more than is free of the deposit, or than is missing of a part."""
    desk = await once(run, caller, key, f"match/{deposit_id}", body)
    state = await desk.state(parts.deposit, deposit_id)
    wanted = [(part.expected_id, part.cents) for part in body.parts]
    if dict(wanted) != {p.expected_id: p.cents for p in state.parts if p.by == "person"}:
        for name, cents in wanted:
            _refuse_more_than_missing(await desk.state(parts.expected, name), cents)
        if reason := why_not(state, wanted):
            raise HTTPException(409, reason)
    await desk.note("deposit.match", f"deposit/{deposit_id}", body.reason)
    command = MatchDeposit(
        meta=desk.meta("deposit", deposit_id),
        deposit_id=deposit_id,
        parts=tuple(WantedPart(expected_id=name, cents=cents) for name, cents in wanted),
        reason=body.reason,
    )
    return shown_deposit((await run.shell.transact_one(parts.deposit, command)).snapshot.state)


def _refuse_more_than_missing(expected: Expected, cents: int) -> None:
    if cents > expected.open_cents:
        what = f"{expected.expected_id}: {expected.open_cents} cents are missing, and {cents} were to be matched"
        raise HTTPException(409, what)


@bank.post("/deposits/{deposit_id}/unmatch")
async def unmatch(
    deposit_id: str, body: UnmatchBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """Take a match back; both sides are as they were before it."""
    desk = await once(run, caller, key, f"unmatch/{deposit_id}", body)
    state = await desk.state(parts.deposit, deposit_id)
    part = state.part(body.expected_id)
    if part is None and body.expected_id not in state.undone:
        raise HTTPException(409, "the deposit is not matched with this")
    if part is not None and not part.confirmed:
        raise HTTPException(409, "the match is still being made: ask again in a moment")
    await desk.note("deposit.unmatch", f"deposit/{deposit_id}", body.reason)
    command = UnmatchDeposit(
        meta=desk.meta("deposit", deposit_id),
        deposit_id=deposit_id,
        expected_id=body.expected_id,
        reason=body.reason,
    )
    return shown_deposit((await run.shell.transact_one(parts.deposit, command)).snapshot.state)


@bank.post("/deposits/{deposit_id}/set-aside")
async def set_aside(
    deposit_id: str, body: Reason, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """The rest of the deposit is no payer's and no patient's money: say what it is."""
    desk = await once(run, caller, key, f"set-aside/{deposit_id}", body)
    await desk.state(parts.deposit, deposit_id)
    await desk.note("deposit.set-aside", f"deposit/{deposit_id}", body.reason)
    command = SetDepositAside(meta=desk.meta("deposit", deposit_id), deposit_id=deposit_id, reason=body.reason)
    return shown_deposit((await run.shell.transact_one(parts.deposit, command)).snapshot.state)


@bank.get("/expected")
async def expected(
    run: Run,
    caller: Reader,
    parts: Parts,
    *,
    status: Literal["open", "late", "received", "dismissed"] | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Money that remittances, payouts and tills say is on its way; `late` is a remittance without its deposit."""
    found = await _of_status(run, caller, parts.expected, status, after, limit)
    return [shown_expected(one) for one in found]


@bank.post("/expected/{expected_id}/dismiss")
async def dismiss(
    expected_id: str, body: Reason, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """Say why this money will never come to the bank."""
    desk = await once(run, caller, key, f"dismiss/{expected_id}", body)
    await desk.state(parts.expected, expected_id)
    await desk.note("expected.dismiss", f"expected/{expected_id}", body.reason)
    command = DismissExpected(meta=desk.meta("expected", expected_id), expected_id=expected_id, reason=body.reason)
    return shown_expected((await run.shell.transact_one(parts.expected, command)).snapshot.state)


@bank.get("/work")
async def work(run: Run, caller: Reader, parts: Parts, limit: Limit = 100) -> dict[str, Any]:
    """What is missing on either side after its window, the oldest first, each with its age in days."""
    today = run.clock.now().date()
    late: dict[str, Scalar] = {"status": "late"}
    waiting = [one for _, one in await run.store.find(parts.expected, caller.tenant, late, None, limit)]
    unexplained = [one for _, one in await run.store.find(parts.deposit, caller.tenant, late, None, limit)]
    return {
        "without_deposit": [
            shown_expected(one) | {"age_days": (today - one.sent_on) // timedelta(1)}
            for one in sorted(waiting, key=lambda one: one.sent_on)
        ],
        "without_remittance": [
            shown_deposit(one) | {"age_days": (today - one.deposited_on) // timedelta(1)}
            for one in sorted(unexplained, key=lambda one: one.deposited_on)
        ],
    }


@bank.get("/proof")
async def proof(run: Run, caller: Reader, parts: Parts) -> dict[str, Any]:
    """Recompute the tenant's cash book from the journal and compare it with every deposit, till and card payment."""
    return shown_cash(await prove_cash(run.store, parts.deciders, caller.tenant))
