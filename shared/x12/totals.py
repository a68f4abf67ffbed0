"""The figures of a file: what a second reader must agree with to the cent.

Amounts are decimal strings with two places. The keys of 837, 835 and 271 are those of the ground truth beside the
sample corpus.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.x12.claim837_read import read_837
from shared.x12.claim837_views import Claim837
from shared.x12.envelope import Kind, TransactionHeader, identify, walk
from shared.x12.findings import unreadable
from shared.x12.tokens import Segment
from shared.x12.totals_answers import (
    claim_acknowledgement_totals,
    eligibility_question_totals,
    eligibility_totals,
    file_acknowledgement_totals,
    interchange_acknowledgement_totals,
    review_totals,
    status_question_totals,
    status_totals,
)
from shared.x12.totals_payments import decimal as decimal
from shared.x12.totals_payments import remittance_totals

Opener = Callable[[], Iterable[bytes]]
_FIRST_BYTES = 4096
_FIGURES: dict[Kind, Callable[[Iterable[bytes]], dict[str, Any]]] = {
    "270": eligibility_question_totals,
    "271": eligibility_totals,
    "276": status_question_totals,
    "277": status_totals,
    "277CA": claim_acknowledgement_totals,
    "278": review_totals,
    "999": file_acknowledgement_totals,
}


def totals(open_file: Opener) -> dict[str, Any]:
    """The figures of a file of any kind; `open_file` gives the file's bytes anew each time it is called.

    Raises `X12Error` when the file cannot be read or is of no kind this library reads.
    """
    kind = identify(_first_bytes(open_file()))
    match kind:
        case None:
            raise unreadable("FILE:set", "Totals exist for the sets this library reads; the file begins with none.")
        case "837P" | "837I" | "837D":
            return claim_totals(open_file)
        case "835":
            return remittance_totals(open_file())
        case "TA1":
            return interchange_acknowledgement_totals(open_file())
        case _:
            return {"transactions": _sets(open_file(), kind), **_FIGURES[kind](open_file())}


def _sets(chunks: Iterable[bytes], kind: Kind) -> int:
    return sum(isinstance(item, TransactionHeader) and item.kind == kind for item in walk(chunks))


def _first_bytes(chunks: Iterable[bytes]) -> bytes:
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) >= _FIRST_BYTES:
            break
    return first


def claim_totals(open_file: Opener) -> dict[str, Any]:
    """Figures of an 837."""
    counts = Counter(_counted(open_file()))
    frequencies: Counter[str] = Counter()
    mismatches: list[str] = []
    claims = charges = line_charges = dependents = diagnoses = 0
    for claim in read_837(open_file()):
        if not isinstance(claim, Claim837):
            continue
        lines = sum(line.charge_cents or 0 for line in claim.lines)
        claims += 1
        charges += claim.charge_cents or 0
        line_charges += lines
        dependents += claim.patient is not None
        diagnoses += sum(one.qualifier in _COUNTED_DIAGNOSES for one in claim.diagnoses)
        frequencies[claim.frequency_code] += 1
        if lines != claim.charge_cents:
            mismatches.append(claim.patient_control_number)
    return {
        "transactions": counts["ST"],
        "claims": claims,
        "service_lines": counts["SV"],
        "lx_count": counts["LX"],
        "total_charges": decimal(charges),
        "line_charges": decimal(line_charges),
        "dependents_claims": dependents,
        "subscribers": counts["HL22"],
        "billing_providers": counts["HL20"],
        "claims_line_sum_mismatch": mismatches,
        "frequency_codes": dict(frequencies),
        "diagnosis_codes": diagnoses,
    }


_COUNTED_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF", "ABJ", "BJ", "APR", "PR", "ABN", "BN"})


def _counted(chunks: Iterable[bytes]) -> Iterator[str]:
    for item in walk(chunks):
        if isinstance(item, TransactionHeader):
            yield "ST"
        elif isinstance(item, Segment):
            if item.tag == "HL":
                yield f"HL{item.get(3)}"
            elif item.tag == "LX":
                yield "LX"
            elif item.tag in ("SV1", "SV2", "SV3"):
                yield "SV"
