"""Who may read, and the bodies' common fields, of the cash side."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from shared.auth import Principal
from shared.http import Body, allow

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Poster = Annotated[Principal, Depends(allow("poster"))]
Limit = Annotated[int, Query(ge=1, le=200)]
AccountId = Annotated[str, Field(pattern=r"^acct_[A-Za-z0-9_-]{1,64}$")]
Amount = Annotated[int, Field(strict=True, gt=0, le=99_999_999_99, description="Integer cents.")]


class Reason(Body):
    """Why a person decides so; no patient data."""

    reason: str = Field(min_length=3, max_length=500)
