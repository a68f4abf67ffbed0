"""Every route of the cash side."""

from fastapi import APIRouter

from services.payments.bank_api import bank

cash = APIRouter()
cash.include_router(bank)
