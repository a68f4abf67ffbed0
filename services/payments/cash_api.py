"""Every route of the cash side, of contracts and of underpayments."""

from fastapi import APIRouter

from services.payments.bank_api import bank
from services.payments.bill_api import bills
from services.payments.book_reports_api import book_reports
from services.payments.card_api import card
from services.payments.cash_work_api import cash_work
from services.payments.closing_api import closings
from services.payments.contract_api import contracts
from services.payments.credit_api import credits_
from services.payments.fee_api import fees
from services.payments.flow_api import flow
from services.payments.other_party_api import other_parties
from services.payments.pay_page import pay_page
from services.payments.refund_api import refunds
from services.payments.request_api import requests
from services.payments.till_api import tills
from services.payments.underpayment_api import underpayments

cash = APIRouter()
for part in (
    bank,
    book_reports,
    card,
    cash_work,
    closings,
    credits_,
    fees,
    flow,
    pay_page,
    refunds,
    requests,
    tills,
    contracts,
    underpayments,
    other_parties,
    bills,
):
    cash.include_router(part)
