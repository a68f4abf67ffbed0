"""The composition root of the payments service: the only place that constructs things."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI

from services.payments.api import router
from services.payments.bank_pickup import BankPickup
from services.payments.book_closer import BookCloser
from services.payments.cash_api import cash
from services.payments.cash_parts import cash_parts
from services.payments.clients import read_clients
from services.payments.contract_api import SCHEDULE_PATHS
from services.payments.control_total import ControlTotal
from services.payments.core.account import make_account
from services.payments.core.book_closing import BOOK_CLOSING
from services.payments.core.claim_life import CLAIM_LIFE
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.core.fee_book import FEE_BOOK
from services.payments.core.inbound_file import INBOUND_FILE
from services.payments.core.provider import PROVIDER
from services.payments.core.remittance import REMITTANCE
from services.payments.core.sent_statements import SENT_STATEMENTS
from services.payments.figures import figures
from services.payments.handlers import TOPICS, routes
from services.payments.other_party_parts import other_party_decider, other_party_routes
from services.payments.payees import read_payees
from services.payments.performers import Performers
from services.payments.pickup import EraPickup
from services.payments.policy import load_adjustments, load_provider_codes
from services.payments.settings import PaymentsSettings
from services.payments.underpayment_parts import underpayment_parts
from services.payments.vault import RemittanceVault
from shared.decider import Effect
from shared.http import make_app, serve
from shared.inbox import join_routes
from shared.runtime import Loop, Runtime, Spec
from shared.worker import Performer


def make_spec(settings: PaymentsSettings) -> Spec:
    """What makes this service. The policy is read once; its entries are dated, so time may move under them."""
    account = make_account(load_adjustments())
    codes, payees = load_provider_codes(), read_payees(settings.payees)
    read_clients(settings.clients)  # kept by path; a file that means nothing stops the start, and no request

    def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        vault = RemittanceVault(runtime.store, runtime.sealer)
        made = Performers(runtime, account, vault, codes, payees).by_kind()
        return {**made, **cash_parts().performers(runtime, account), **underpayment_parts().performers(runtime)}

    def loops(runtime: Runtime) -> Sequence[Loop]:
        vault = RemittanceVault(runtime.store, runtime.sealer)
        eras = EraPickup(runtime, settings.exchange, vault)
        lists = BankPickup(runtime, settings.exchange, vault, cash_parts().deposit)
        proved = ControlTotal(runtime, (account, PROVIDER, *cash_parts().deciders))
        return eras, lists, proved, BookCloser(runtime, account)

    return Spec(
        name="payments",
        deciders=(
            account,
            CONTROL_NUMBER,
            REMITTANCE,
            PROVIDER,
            INBOUND_FILE,
            FEE_BOOK,
            SENT_STATEMENTS,
            CLAIM_LIFE,
            BOOK_CLOSING,
            *cash_parts().deciders,
            *underpayment_parts().deciders,
            other_party_decider(),
        ),
        routes=join_routes(routes(account), cash_parts().routes(), underpayment_parts().routes(), other_party_routes()),
        performers=performers,
        loops=loops,
        topics=TOPICS,
        figures=figures(),
    )


def create_app(settings: PaymentsSettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or PaymentsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    return make_app(make_spec(settings), settings, router, cash, streams=SCHEDULE_PATHS)


if __name__ == "__main__":
    settings = PaymentsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)
