"""Who may read, and the bodies' common fields, of the cash side."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from shared.auth import Principal
from shared.http import Body, allow

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Looker = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor", "client"))]
"""Of reports and fee statements: the practice that the books are of reads them, too."""
Poster = Annotated[Principal, Depends(allow("poster"))]
Limit = Annotated[int, Query(ge=1, le=200)]
AccountId = Annotated[str, Field(pattern=r"^acct_[A-Za-z0-9_-]{1,64}$")]
Amount = Annotated[int, Field(strict=True, gt=0, le=99_999_999_99, description="Integer cents.")]
ItemId = Annotated[str, Field(min_length=1, max_length=80)]


class TargetBody(Body):
    """So much for a claim or charge; `line` as it was billed, 0 for the whole."""

    item_id: ItemId
    line: int = Field(default=0, ge=0)
    cents: Amount


def check_allocation(allocation: str, paid_cents: int, items: Sequence[str], targets: Sequence[TargetBody]) -> None:
    """Where a patient's money goes must be said in full. ValueError says what is missing."""
    if sum(one.cents for one in targets) > paid_cents:
        raise ValueError("targets add up to more than was paid")
    if bool(targets) is not (allocation == "hand") or (allocation == "statement" and not items):
        raise ValueError("allocation hand needs targets, and statement needs items")


class Reason(Body):
    """Why a person decides so; no patient data."""

    reason: str = Field(min_length=3, max_length=500)
