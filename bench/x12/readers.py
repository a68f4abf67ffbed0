"""What is compared: each reader takes a file to the figures of its claims, the way its own documentation reads one.

Amounts are integer cents. A figure a reader cannot give is absent, and is then not compared.
"""

import importlib
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

Figures = dict[str, int]
Read = Callable[[Path], Figures]


class Reader(NamedTuple):
    """A library, the module that shows whether it is installed ("" for ours), and what it reads."""

    library: str
    module: str
    read: Read


def ours_837(path: Path) -> Figures:
    """Every claim with its lines, one claim at a time."""
    from shared.x12.claim837 import Claim837, read_837
    from shared.x12.tokens import read_chunks

    totals: Counter[str] = Counter()
    with path.open("rb") as file:
        for claim in read_837(read_chunks(file)):
            if isinstance(claim, Claim837):
                totals["claims"] += 1
                totals["charge"] += claim.charge_cents or 0
                totals["lines"] += len(claim.lines)
                totals["line_charge"] += sum(line.charge_cents or 0 for line in claim.lines)
    return dict(totals)


def x12sdk_837(path: Path) -> Figures:
    """Its models, through `claims()`."""
    totals: Counter[str] = Counter()
    with importlib.import_module("x12sdk.io").X12ModelReader(str(path)) as reader:
        for model in reader.models():
            for claim in model.claims():
                totals["claims"] += 1
                totals["charge"] += _cents(claim.charge)
                totals["lines"] += len(claim.service_lines)
                totals["line_charge"] += sum(
                    _cents(one.sv1_segment.line_item_charge_amount) for one in claim.service_lines
                )
    return dict(totals)


def openx12_837(path: Path) -> Figures:
    """Its dictionaries. It reads amounts as floating point; the sums are rounded to cents."""
    claims: list[dict[str, Any]] = importlib.import_module("openx12.x837p").parse(path.read_text()).claims
    lines = [line for claim in claims for line in claim.get("services", ())]
    return {
        "claims": len(claims),
        "charge": sum(round(100 * claim["amount"]) for claim in claims),
        "lines": len(lines),
        "line_charge": sum(round(100 * line["charge"]) for line in lines),
    }


def ours_835(path: Path) -> Figures:
    """Every remittance with its claims, lines and adjustments."""
    from shared.x12.era835 import Remittance835, read_835
    from shared.x12.tokens import read_chunks

    totals: Counter[str] = Counter()
    with path.open("rb") as file:
        for one in read_835(read_chunks(file)):
            if isinstance(one, Remittance835):
                totals["payment"] += one.payment_cents or 0
                totals["claims"] += len(one.claims)
                for claim in one.claims:
                    totals["charge"] += claim.charge_cents or 0
                    totals["paid"] += claim.paid_cents or 0
                    totals["lines"] += len(claim.lines)
                    taken = [claim.adjustments, *(line.adjustments for line in claim.lines)]
                    totals["adjustments"] += sum(map(len, taken))
                    totals["adjusted"] += sum(each.amount_cents or 0 for some in taken for each in some)
    return dict(totals)


def x12sdk_835(path: Path) -> Figures:
    """Its models, through `claims()`."""
    totals: Counter[str] = Counter()
    with importlib.import_module("x12sdk.io").X12ModelReader(str(path)) as reader:
        for model in reader.models():
            totals["payment"] += _cents(model.header.bpr_segment.total_actual_provider_payment_amount)
            for claim in model.claims():
                lines = claim.service_lines
                totals["claims"] += 1
                totals["charge"] += _cents(claim.charge)
                totals["paid"] += _cents(claim.paid)
                totals["lines"] += len(lines)
                for cas in (*claim.adjustments, *(cas for line in lines for cas in line.cas_segment or ())):
                    amounts = [getattr(cas, f"monetary_amount_{place}") for place in range(1, 7)]
                    totals["adjustments"] += sum(one is not None for one in amounts)
                    totals["adjusted"] += sum(map(_cents, amounts))
    return dict(totals)


def oxedi_835(path: Path) -> Figures:
    """Its tables, left in its own memory: only their lengths and the sum it computes itself are asked for.

    Handing every claim to Python, as the others do, would take it a data frame library and more time.
    """
    result: Any = importlib.import_module("oxedi").parse(path.read_bytes())
    return {
        "payment": _cents(result.sum_payments()),
        "claims": result.count_claims(),
        "lines": len(result.tables["services"]),
        "adjustments": len(result.tables["adjustments"]),
    }


def ours_271(path: Path) -> Figures:
    """Every answer with its benefits."""
    from shared.x12.eligibility import Answer271, read_271
    from shared.x12.tokens import read_chunks

    totals: Counter[str] = Counter()
    with path.open("rb") as file:
        for answer in read_271(read_chunks(file)):
            if isinstance(answer, Answer271):
                totals["claims"] += 1
                totals["benefits"] += len(answer.benefits)
                totals["amounts"] += sum(one.amount_cents or 0 for one in answer.benefits)
                totals["service_types"] += sum(len(one.service_types) for one in answer.benefits)
    return dict(totals)


def x12sdk_271(path: Path) -> Figures:
    """Its models, through `members()`."""
    totals: Counter[str] = Counter()
    with importlib.import_module("x12sdk.io").X12ModelReader(str(path)) as reader:
        for model in reader.models():
            for member in model.members():
                segments = [one.eb_segment for one in member.benefits]
                totals["claims"] += 1
                totals["benefits"] += len(segments)
                totals["amounts"] += sum(_cents(one.benefit_amount) for one in segments)
                totals["service_types"] += sum(len(one.service_type_code or ()) for one in segments)
    return dict(totals)


def _cents(amount: Decimal | None) -> int:
    return 0 if amount is None else int(amount * 100)


OURS = "ours"
READERS: dict[str, tuple[Reader, ...]] = {
    "837P": (
        Reader(OURS, "", ours_837),
        Reader("x12sdk", "x12sdk", x12sdk_837),
        Reader("openx12", "openx12", openx12_837),
    ),
    "835": (
        Reader(OURS, "", ours_835),
        Reader("x12sdk", "x12sdk", x12sdk_835),
        Reader("oxedi", "oxedi", oxedi_835),
    ),
    "271": (
        Reader(OURS, "", ours_271),
        Reader("x12sdk", "x12sdk", x12sdk_271),
    ),
}


def reader_of(kind: str, library: str) -> Reader:
    """The reader of that name. Raises KeyError when there is none."""
    return {one.library: one for one in READERS[kind]}[library]
