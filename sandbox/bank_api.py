"""HTTP of the emulated bank: open an account, bring money there."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from sandbox.bank import Bank
from shared.clock import Clock

bank_routes = APIRouter(prefix="/bank")

Tenant = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class SlipBody(BaseModel):
    """Checks and cash that somebody brings to the counter."""

    cents: int = Field(gt=0)
    slip: str = Field(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9-]+$")


def _of(request: Request) -> tuple[Bank, date]:
    sandbox = request.app.state.sandbox
    clock: Clock = sandbox.clock
    bank: Bank = sandbox.bank
    return bank, clock.now().date()


@bank_routes.post("/{tenant}/account")
def open_account(tenant: Tenant, request: Request) -> dict[str, str]:
    """The client's account; from now on its lists come into `<exchange>/<tenant>/bank`."""
    bank, _ = _of(request)
    return bank.open_account(tenant)._asdict()


@bank_routes.post("/{tenant}/deposits", status_code=201)
def bring(tenant: Tenant, body: SlipBody, request: Request) -> dict[str, str]:
    """Money over the counter; the same slip again is the same deposit."""
    bank, today = _of(request)
    bank.bring(tenant, body.slip, body.cents, today)
    return {"slip": body.slip, "on": today.isoformat()}
