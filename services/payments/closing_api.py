"""HTTP of the books' closings: made for a whole client at once, before the reports of a month are wanted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.payments.book_closer import close_client
from services.payments.cash_parts import account_decider_of
from services.payments.core.account import AccountDecider
from services.payments.core.book_closing import BOOK_CLOSING
from shared.http import Operator, Run

closings = APIRouter()


@closings.post("/books/closings")
async def close(
    run: Run, caller: Operator, ledger: Annotated[AccountDecider, Depends(account_decider_of)]
) -> dict[str, Any]:
    """Close every account that has entries since its closing. It changes no figure: reports are only made sooner."""
    made = await close_client(run, ledger, caller.tenant)
    return {"made": made, "closings": await run.store.count(BOOK_CLOSING, caller.tenant, {})}
