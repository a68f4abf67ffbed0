"""BAI2 files to read, with totals that agree unless a test breaks them."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

ROUTING, ACCOUNT = "122000247", "0004511234"


class Line(NamedTuple):
    """One detail (16): type code, amount, references and text."""

    cents: int
    code: int = 142
    bank_reference: str = ""
    customer_reference: str = ""
    text: str = ""
    funds: str = "Z"


def bai2(
    *lines: Line,
    on: date = date(2026, 7, 2),
    account: str = ACCOUNT,
    routing: str = ROUTING,
    currency: str = "",
    status: str = "1",
    extra_total: int = 0,
    summaries: Sequence[tuple[int, int]] = (),
) -> bytes:
    """A file of one group with one account."""
    day = on.strftime("%y%m%d")
    details = [one for line in lines for one in _detail(line)]
    summary = "".join(f",{code},{cents},," for code, cents in summaries)
    total = sum(line.cents for line in lines) + sum(cents for _, cents in summaries) + extra_total
    records = len(details) + 2
    made = [
        f"01,{routing},LAKESIDE,{day},0600,1,80,10,2/",
        f"02,LAKESIDE,{routing},{status},{day},0600,USD,2/",
        f"03,{account},{currency}{summary}/",
        *details,
        f"49,{total},{records}/",
        f"98,{total},1,{records + 2}/",
        f"99,{total},1,{records + 4}/",
    ]
    return "\n".join(made).encode()


def _detail(line: Line) -> list[str]:
    text = line.text.split("\n")
    first = f"16,{line.code},{line.cents},{line.funds},{line.bank_reference},{line.customer_reference},{text[0]}"
    return [first, *(f"88,{more}" for more in text[1:])]
