"""A patient's money on its way to the account, however it came: by card, over a till, or entered by a person."""

from datetime import date
from typing import Literal

from pydantic import Field

from services.payments.core.account_messages import Allocation, PostPatientPayment, Target
from services.payments.core.remitted import Reference
from shared.contracts import Contract, Meta, PositiveCents


class PatientMoney(Contract):
    """What a payment is and what it pays, in the words of `PostPatientPayment`."""

    payment_id: Reference
    method: Literal["card", "ach", "cash", "check", "agency"]
    paid_cents: PositiveCents
    received_on: date
    claim_id: str | None = None
    allocation: Allocation = "oldest"
    items: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    reserved_for: str = Field(default="", max_length=38)


def for_account(meta: Meta, account_id: str, money: PatientMoney) -> PostPatientPayment:
    """The account's command. The same money makes the same content, so the account knows it again."""
    said = {name: getattr(money, name) for name in PatientMoney.model_fields}
    return PostPatientPayment(meta=meta, account_id=account_id, **said)
