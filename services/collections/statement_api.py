"""HTTP of statements: which went out and which of them count, each as it was sent, and one that was wrong."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response

from services.collections.api import AccountId, Accounts, Collector, Reader
from services.collections.core.statement_book import STATEMENT_BOOK, Book, Stated
from services.collections.core.statement_messages import NoteStatement
from services.collections.statement_desk import is_as_sent, kept_statement
from services.collections.statement_html import statement_html
from services.collections.statement_pdf import statement_pdf
from services.collections.telling import Reasoned, command_id_of, known_account
from shared.contracts import Meta
from shared.derived import derived_id
from shared.http import IdempotencyKey, Run, command_meta
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key

statements = APIRouter()

WHY_NOT: Mapping[str, str] = {
    "drawn": "it has not left the house",
    "withdrawn": "it was withdrawn before it left the house",
    "returned": "its mail came back",
    "wrong": "another statement took its place",
}
"""Why a statement does not count, by its standing."""
PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""A statement is nobody else's: it is not kept on the way, and nothing in it runs."""


@statements.get("/accounts/{account_id}/statements")
async def list_statements(account_id: AccountId, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """Every statement, oldest first, and how many the guarantor was sent that may count."""
    await known_account(run, accounts, caller.tenant, account_id)
    book = await book_of(run, caller.tenant, account_id)
    return {
        "counted": book.counted,
        "bills": len(book.bills),
        "statements": [shown_statement(book, one) for one in book.statements],
    }


def shown_statement(book: Book, stated: Stated) -> dict[str, Any]:
    """One of them, without what it says."""
    counts = book.counts(stated)
    return {
        "statement_id": stated.statement_id,
        "number": stated.number,
        "dated_on": stated.dated_on,
        "balance_cents": stated.balance_cents,
        "channel": stated.channel,
        "standing": stated.standing,
        "counts": counts,
        "why_not": None if counts else WHY_NOT[stated.standing],
        "replaces": stated.replaces or None,
        "link_until": stated.pay_until,
    }


@statements.get("/accounts/{account_id}/statements/{statement_id}")
async def reprint(
    account_id: AccountId,
    statement_id: str,
    run: Run,
    caller: Reader,
    form: Annotated[Literal["pdf", "html"], Query()] = "pdf",
) -> Response:
    """The statement as it was drawn: what it says is what was kept, to the letter. It is no new statement."""
    book = await book_of(run, caller.tenant, account_id)
    stated = book.stated(statement_id)
    if stated is None:
        raise HTTPException(404, "no such statement of this account")
    try:
        kept = await kept_statement(run, Key(caller.tenant, account_id), statement_id)
    except SealBrokenError:
        raise HTTPException(410, "the key of this statement was destroyed: it cannot be shown any more") from None
    if not is_as_sent(stated, kept):
        raise HTTPException(409, "what is kept of this statement is not what was sent: tell whoever runs this system")
    await run.audit.record(caller, "statement.open", f"statement/{statement_id}")
    headers = {**PRIVATE, "ETag": f'"{stated.digest[:32]}"'}
    if form == "html":
        return Response(statement_html(kept), media_type="text/html", headers=headers)
    name = f'inline; filename="{statement_id}.pdf"'
    return Response(statement_pdf(kept), media_type="application/pdf", headers={**headers, "Content-Disposition": name})


@statements.post("/accounts/{account_id}/statements/{statement_id}/wrong")
async def mark_wrong(
    account_id: AccountId, statement_id: str, body: Reasoned, run: Run, caller: Collector, key: IdempotencyKey
) -> dict[str, Any]:
    """It said something wrong. The next statement names it and takes its place: the two count once."""
    book = await book_of(run, caller.tenant, account_id)
    stated = book.stated(statement_id)
    if stated is None:
        raise HTTPException(404, "no such statement of this account")
    newer = [one for one in book.statements if one.is_out and one.number > stated.number]
    if not stated.is_out or newer:
        raise HTTPException(409, "only the last statement that went out can be corrected by the next one")
    command_id = await command_id_of(run, caller, key, body, f"statement.wrong/{statement_id}")
    command = NoteStatement(
        meta=command_meta(run, caller, "collections", command_id, f"statement_book/{account_id}", account_id),
        account_id=account_id,
        statement_id=statement_id,
        standing="wrong",
    )
    decided = await run.shell.transact_one(STATEMENT_BOOK, command)
    await run.audit.record(caller, "statement.wrong", f"statement/{statement_id}", body.reason)
    after = decided.snapshot.state
    return shown_statement(after, next(one for one in after.statements if one.statement_id == statement_id))


async def note_returned(run: Runtime, meta: Meta, account_id: str, contact_id: str) -> None:
    """A statement's mail came back: it counts no more. A contact that was no statement says nothing here."""
    returned = NoteStatement(
        meta=meta.model_copy(update={"id": derived_id(meta.id, "returned")}),
        account_id=account_id,
        statement_id=contact_id,
        standing="returned",
    )
    await run.shell.transact_one(STATEMENT_BOOK, returned)


async def book_of(run: Runtime, tenant: str, account_id: str) -> Book:
    """The account's book; an empty one where nothing was told yet."""
    key = Key(tenant, account_id)
    return (await run.store.load(STATEMENT_BOOK, (key,)))[key].snapshot.state
