"""What the HTTP of rules, tables and restrictions shares: who may call, and how the library is told."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException
from pydantic import Field

from services.claims.core.rules_library import LIBRARY, LIBRARY_ID, Library, LibraryMessage, LibraryRefused
from shared.auth import Principal
from shared.contracts import Meta
from shared.http import allow, command_meta
from shared.runtime import Runtime

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Author = Annotated[Principal, Depends(allow("biller", "operator"))]
Keeper = Annotated[Principal, Depends(allow("operator"))]
Reason = Annotated[str, Field(min_length=3, max_length=200)]


def library_meta(run: Runtime, caller: Principal, command_id: Any) -> Meta:
    """The envelope of a command to the tenant's library."""
    return command_meta(run, caller, "claims", command_id, f"rule_library/{LIBRARY_ID}", LIBRARY_ID)


async def tell_library(run: Runtime, message: LibraryMessage) -> Library:
    """The library after a command; 409 with the reason when it refuses."""
    decided = await run.shell.transact_one(LIBRARY, message)
    for fact in decided.facts:
        if isinstance(fact, LibraryRefused):
            raise HTTPException(409, fact.why)
    return decided.snapshot.state
