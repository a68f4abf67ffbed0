"""Statements of invented people, as a house would send them: for tests, and to be looked at."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid5

from services.collections.core.messages import SendStatement
from services.collections.core.state import Account
from services.collections.core.statement import PayLink, Sender, Statement, compose
from services.collections.core.statement_book import STATEMENT_BOOK, Book, BookMessage
from shared.contracts import (
    Adjustment,
    BillLine,
    ClaimRemitted,
    ClaimSubmitted,
    LineDecision,
    Meta,
    PatientBalanceChanged,
    PatientBill,
    PatientPaymentReceived,
)
from shared.contracts.claims import SubmittedLine
from tests.collections.story import ACCOUNT, NAMESPACE, TENANT

SENDER = Sender(
    name="Lakeside Medical Group",
    lines=("PO Box 100", "Lakeside, IL 60001"),
    phone="312-555-0142",
    languages_note="Llame al 312-555-0142 si necesita ayuda en español.",
    pay_online="https://pay.lakeside.example",
)
TO = ("Mary Q Example", "12 Elm Street", "Springfield, IL 62701")
LINK = PayLink(
    url="https://pay.lakeside.example/p/lakeside/plink_abcdefghijklmnopqrstuvwxyz",
    until=datetime(2026, 10, 29, tzinfo=UTC),
)
TODAY = date(2026, 7, 1)


def meta_of(sequence: int, on: date, source: str = "payments") -> Meta:
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    made = uuid5(NAMESPACE, f"{source}/{sequence}/{on}")
    return Meta(
        id=made,
        tenant=TENANT,
        occurred_at=at,
        source=source,
        subject=f"account/{ACCOUNT}",
        key=ACCOUNT,
        sequence=sequence,
        correlation=made,
    )


def line(procedure: str, cents: int, *modifiers: str, number: str = "") -> BillLine:
    return BillLine(line_control_number=number, procedure=procedure, modifiers=modifiers, charge_cents=cents)


def bill(name: str, day: date, owed: int, lines: Sequence[BillLine] = (), **amounts: int) -> PatientBill:
    """A bill whose charge is what its lines come to, else the sum of its amounts."""
    given: dict[str, Any] = {f"{key}_cents": cents for key, cents in amounts.items()}
    charge_cents = owed + sum(amounts.values())
    return PatientBill(
        bill_id=name,
        kind="charge" if name.startswith("chg") else "claim",
        service_date=day,
        charge_cents=charge_cents,
        owed_cents=owed,
        lines=tuple(lines),
        **given,
    )


def balance(sequence: int, on: date, bills: Sequence[PatientBill], unapplied: int = 0) -> PatientBalanceChanged:
    owed = sum(one.owed_cents for one in bills) - unapplied
    return PatientBalanceChanged(
        meta=meta_of(sequence, on),
        account_id=ACCOUNT,
        balance_cents=owed,
        claims=sum(1 for one in bills if one.owed_cents > 0),
        bills=tuple(bills),
        unapplied_cents=unapplied,
    )


def paid(sequence: int, on: date, cents: int) -> PatientPaymentReceived:
    return PatientPaymentReceived(
        meta=meta_of(sequence, on),
        account_id=ACCOUNT,
        payment_id=f"pay_{sequence}",
        method="card",
        paid_cents=cents,
        applied_cents=cents,
        unapplied_cents=0,
    )


def submitted(claim: str, on: date, cents: int, sequence: int = 1, **changes: Any) -> ClaimSubmitted:
    given: dict[str, Any] = {
        "meta": meta_of(sequence, on, "claims"),
        "account_id": ACCOUNT,
        "claim_id": claim,
        "patient_control_number": f"PCN-{claim}",
        "payer_id": "acme",
        "billing_npi": "1234567893",
        "charge_cents": cents,
        "lines": (SubmittedLine(line_control_number="1", procedure="99213", charge_cents=cents, service_from=on),),
        "service_from": on,
        "service_to": on,
        "frequency_code": "1",
        "submission_id": "sub_1",
        "submitted_on": on,
        "sealed_guarantor": "sealed:AAAA",
    }
    return ClaimSubmitted(**given | changes)


def decided(
    procedure: str, paid_cents: int, adjusted: int, share: int, *modifiers: str, number: str = ""
) -> LineDecision:
    """What a payer did with a line: paid, wrote down, and left to the guarantor."""
    adjustments = (
        Adjustment(group="CO", reason="45", amount_cents=adjusted),
        Adjustment(group="PR", reason="2", amount_cents=share),
    )
    return LineDecision(
        line_control_number=number,
        procedure=procedure,
        modifiers=modifiers,
        charge_cents=paid_cents + adjusted + share,
        paid_cents=paid_cents,
        adjustments=adjustments,
    )


def book_of(*messages: BookMessage) -> Book:
    return STATEMENT_BOOK.start(*messages).snapshot.state


def asked(book: Book, **changes: Any) -> SendStatement:
    cents = book.balance_cents
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "statement_id": "stm_1",
        "number": 1,
        "balance_cents": cents,
        "amount_due_cents": cents,
        "dated_on": TODAY,
        "due_on": date(2026, 7, 31),
        "sealed_guarantor": None,
    }
    return SendStatement(**given | changes)


def statement(
    *messages: BookMessage, to: Sequence[str] = TO, account: Account | None = None, **changes: Any
) -> Statement:
    book = book_of(*messages)
    return compose(book, account or Account(account_id=ACCOUNT), asked(book, **changes), SENDER, to, LINK)


def one_visit(**changes: Any) -> Statement:
    return statement(*ONE_VISIT, **changes)


def several_visits(**changes: Any) -> Statement:
    return statement(*SEVERAL_VISITS, **changes)


def many_lines(**changes: Any) -> Statement:
    """More than a page holds, and names as long as they come."""
    to = (
        "Maria Guadalupe Fernandez de la Reguera y Villanueva de los Infantes",
        "c/o The Wilhelmina Featherstonehaugh-Cholmondeley Residence, Building 14",
        "12345 North Old Saint Augustine Boulevard, Apartment 1204B",
        "Rancho Santa Margarita, CA 92688-1234",
    )
    bills = [
        bill(
            f"clm_{n}",
            date(2026, 2, 1 + n),
            3_500 + n,
            [line(f"992{n:02}", 10_000, "25"), line("80053", 4_000), line("36415", 1_500 + n)],
            insurance_paid=8_000,
            adjusted=4_000,
        )
        for n in range(22)
    ]
    return statement(balance(1, date(2026, 3, 1), bills), to=to, **changes)


ONE_VISIT: tuple[BookMessage, ...] = (
    balance(
        1,
        date(2026, 6, 28),
        [
            bill(
                "clm_a",
                date(2026, 6, 3),
                2_000,
                [line("99213", 12_500, number="1"), line("87880", 2_500, number="2")],
                insurance_paid=9_500,
                adjusted=3_500,
            )
        ],
    ),
)
SEVERAL_VISITS: tuple[BookMessage, ...] = (
    ClaimRemitted(
        meta=meta_of(4, date(2026, 6, 27)),
        account_id=ACCOUNT,
        claim_id="clm_a",
        patient_control_number="PCN-clm_a",
        remittance_id="rem_1",
        payer_id="acme",
        status="1",
        charge_cents=28_500,
        paid_cents=14_150,
        patient_responsibility_cents=7_350,
        denied_cents=0,
        payment_date=date(2026, 6, 27),
        lines=(
            decided("99214", 9_000, 4_000, 5_000, "25"),
            decided("93000", 3_150, 1_500, 1_350),
            decided("80061", 2_000, 1_500, 1_000),
        ),
        open_at_payer_cents=0,
    ),
    submitted("clm_p", date(2026, 6, 20), 31_000),
    paid(1, date(2026, 6, 10), 5_000),
    balance(2, date(2026, 2, 20), [bill("chg_1", date(2026, 2, 14), 4_000, patient_paid=5_000)]),
    balance(
        3,
        date(2026, 6, 28),
        [
            bill("chg_1", date(2026, 2, 14), 4_000, patient_paid=5_000),
            bill(
                "clm_a",
                date(2026, 4, 9),
                7_350,
                [line("99214", 18_000, "25"), line("93000", 6_000), line("80061", 4_500)],
                insurance_paid=14_150,
                adjusted=7_000,
            ),
            bill(
                "clm_b",
                date(2026, 5, 2),
                123_400,
                [line("29881", 410_000, "RT")],
                insurance_paid=201_600,
                adjusted=60_000,
                open_at_payer=25_000,
            ),
            bill("clm_c", date(2026, 6, 11), 0, open_at_payer=19_800),
        ],
        unapplied=1_500,
    ),
)
