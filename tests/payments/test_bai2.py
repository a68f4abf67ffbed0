"""BAI2 and CSV lists: what is read, and that nothing is read that does not add up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.bai2 import read_bai2
from services.payments.bank_csv import amount_cents, read_csv
from services.payments.bank_lines import BankFault, BankFileError
from services.payments.core.bank_account import CsvMapping
from tests.payments.bank_files import ACCOUNT, ROUTING, Line, bai2
from tests.payments.kit import PROPERTY

TODAY = date(2026, 7, 3)
MAPPING = CsvMapping(
    date_column="Date", amount_column="Amount", text_column="Text", account_column="Account", date_form="%m/%d/%Y"
)
WHOLE = bai2(
    Line(6_000, text="ACME HCCLAIMPMT\nTRN*1*T0001*1512345678~"),
    Line(12_000, 301, "BR7", "004471"),
    Line(900, 555),
    summaries=((10, 500_00), (40, -250_00)),
)


def test_a_file_with_transfers_checks_and_debits() -> None:
    [statement] = read_bai2(WHOLE.decode(), TODAY)
    assert (statement.routing, statement.account, statement.debits) == ((ROUTING,), ACCOUNT, 1)
    first, second = statement.credits
    assert (first.line, first.deposited_on, first.cents, first.method, first.trace) == (
        4,
        date(2026, 7, 2),
        6_000,
        "ACH",
        "T0001",
    )
    assert (second.cents, second.method, second.trace, second.reference) == (12_000, "CHK", "004471", "BR7")


@pytest.mark.parametrize("funds", ["Z", "", "0", "1", "2", "S,6000,0,0", "V,260702,0900", "D,2,0,3000,1,3000"])
def test_every_way_to_tell_availability(funds: str) -> None:
    [statement] = read_bai2(bai2(Line(6_000, funds=funds, bank_reference="BR1")).decode(), TODAY)
    assert [one.reference for one in statement.credits] == ["BR1"]


@pytest.mark.parametrize(
    ("broken", "line", "says"),
    [
        (WHOLE.replace(b"49,", b"49,9", 1), 8, "account control total says"),
        (
            WHOLE.replace(b"98,43900,1,8", b"98,43900,1,9"),
            9,
            "number of records says 9, and what was read comes to 8",
        ),
        (WHOLE.replace(b"98,43900,1", b"98,43900,2"), 9, "number of accounts says 2"),
        (WHOLE.replace(b"99,43900", b"99,43901"), 10, "file control total says 43901"),
        (WHOLE.replace(b"99,43900,1,", b"99,43900,3,"), 10, "number of groups says 3"),
        (WHOLE.replace(b"16,142,6000", b"16,142,60.00"), 4, "without a decimal point"),
        (WHOLE.replace(b"16,142,6000", b"16,142,-6000"), 4, "amount is negative"),
        (WHOLE.replace(b"16,142,6000", b"16,999,6000"), 4, "type code 999"),
        (WHOLE.replace(b"16,142,6000", b"16,100,6000"), 4, "a total, not a single credit"),
        (WHOLE.replace(b",1,260702,", b",4,260702,", 1), 2, "group status 4"),
        (WHOLE.replace(b",1,260702,", b",1,269902,", 1), 2, "not YYMMDD"),
        (WHOLE.replace(b",1,260702,", b",1,270702,", 1), 2, "in the future"),
        (WHOLE.replace(b",1,260702,", b",1,100702,", 1), 2, "more than 7 years ago"),
        (WHOLE.replace(b"10,2/", b"10,3/", 1), 1, "only BAI version 2"),
        (WHOLE[: WHOLE.index(b"99,")], 9, "cut off"),
        (WHOLE + b"\n16,142,1,Z,,/", 11, "after record 99"),
        (WHOLE.replace(b"03,", b"04,", 1), 3, "begins with a BAI2 record code"),
        (WHOLE.replace(b"01,", b"88,", 1), 1, "continues nothing"),
        (b"ISA*00*   ", 1, "begins with a BAI2 record code"),
        (b"", 0, "cut off"),
        (WHOLE.replace(b"Z,", b"X,", 1), 4, "funds type"),
    ],
)
def test_what_does_not_add_up_names_its_line(broken: bytes, line: int, says: str) -> None:
    with pytest.raises(BankFileError) as caught:
        read_bai2(broken.decode(), TODAY)
    assert caught.value.faults[0].line == line
    assert says in str(caught.value)


LINES = st.builds(
    Line,
    cents=st.integers(1, 10**9),
    code=st.sampled_from((115, 142, 165, 301, 399, 455, 699)),
    bank_reference=st.text("ABC019 ", max_size=8),
    customer_reference=st.just(""),
    text=st.text("AB,0 *~\n/", max_size=30).filter(lambda text: not text.endswith("/")),
    funds=st.sampled_from(("Z", "", "0", "S,1,2,3", "D,1,0,5")),
)


@PROPERTY
@given(st.lists(LINES, max_size=8))
def test_every_credit_is_read_once_to_the_cent(lines: list[Line]) -> None:
    [statement] = read_bai2(bai2(*lines).decode(), TODAY)
    credits_ = [line.cents for line in lines if line.code < 400]
    assert [one.cents for one in statement.credits] == credits_
    assert statement.debits == len(lines) - len(credits_)


@PROPERTY
@given(st.lists(LINES, min_size=1, max_size=4), st.data())
def test_a_changed_amount_is_never_taken(lines: list[Line], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(1, 10**9).filter(lambda cents: cents != lines[place].cents))
    whole, line = bai2(*lines).decode(), lines[place]
    rows = whole.split("\n")
    at = [number for number, row in enumerate(rows) if row.startswith("16,")][place]
    rows[at] = rows[at].replace(f"16,{line.code},{line.cents},", f"16,{line.code},{other},", 1)
    with pytest.raises(BankFileError, match="control total"):
        read_bai2("\n".join(rows), TODAY)


@PROPERTY
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")), st.integers(0, 400))
def test_whatever_comes_is_read_or_named(noise: str, at: int) -> None:
    text = WHOLE.decode()
    for broken in (noise, text[:at] + noise + text[at:], text[:at]):
        faults: tuple[BankFault, ...] | None = None
        try:
            read_bai2(broken, TODAY)
        except BankFileError as error:
            faults = error.faults
        assert faults is None or faults[0].what


def test_a_list_of_rows() -> None:
    text = 'Date,Amount,Text,Account\n07/02/2026,"1,234.50",TRN*1*T9*1~,4511234\n07/02/2026,-5.00,FEE,4511234\n'
    statement = read_csv(text, MAPPING, TODAY)
    assert [(one.cents, one.trace) for one in statement.credits] == [(123_450, "T9")]
    assert (statement.debits, statement.account) == (1, "4511234")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-07-02,1.00,,1", "the form %m/%d/%Y"),
        ("07/02/2026,1.005,,1", "dollars and cents"),
        ("07/02/2026,1e5,,1", "dollars and cents"),
        ("07/02/2026,EUR 5,,1", "dollars and cents"),
        ("07/02/2027,1.00,,1", "in the future"),
        ("07/02/2026,1.00,,1,extra", "more cells"),
        ('07/02/2026,1.00,"x,1', "quote is not closed"),
    ],
)
def test_a_bad_row_names_its_line_and_nothing_is_taken(row: str, says: str) -> None:
    with pytest.raises(BankFileError) as caught:
        read_csv(f"Date,Amount,Text,Account\n07/02/2026,1.00,,1\n{row}\n", MAPPING, TODAY)
    assert says in str(caught.value)
    assert "line 3" in str(caught.value) or "line 2" in str(caught.value)


def test_a_list_of_another_bank_has_other_columns() -> None:
    with pytest.raises(BankFileError, match="Amount, Text, Account are missing"):
        read_csv("Date,Betrag\n", MAPPING, TODAY)


@PROPERTY
@given(st.integers(-(10**11), 10**11))
def test_an_amount_is_exact(cents: int) -> None:
    dollars, rest = divmod(abs(cents), 100)
    text = f"{'-' if cents < 0 else ''}{dollars:,}.{rest:02}"
    assert amount_cents(text) == cents
    assert amount_cents(text.replace(",", "")) == cents
