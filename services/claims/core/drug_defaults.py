"""What a drug's line leaves out, by the tenant's dated table from HCPCS to national drug code. Nothing is overwritten.

The payer's own row is taken before that of any payer. A quantity is the line's units times the row's factor.
"""

from decimal import Decimal
from typing import NamedTuple

from shared.dated_table import ANY, DatedTable, joined

from .content import ClaimContent, ContentLine, DrugCode
from .rules_outcome import NOTHING_SAID, Explained, Judged

DRUG_DEFAULTS = "drug-defaults"
SOURCE = "the customer's table of drugs"


class DrugDefault(NamedTuple):
    """A row of the table: code (LIN03), unit (CTP05-1), and quantity (CTP04) of one unit of the procedure."""

    ndc: str
    unit: str
    factor: Decimal


class Filled(NamedTuple):
    """A claim with its drugs as far as the table knows them, and what was filled in."""

    content: ClaimContent
    judged: Judged


def fill_drugs(content: ClaimContent, table: DatedTable | None) -> Filled:
    """Code, unit and quantity where a line has none; a quantity only for the code that the table names."""
    if table is None:
        return Filled(content, NOTHING_SAID)
    lines = list(content.lines)
    explained: list[Explained] = []
    for place, line in enumerate(content.lines):
        default = _default(line, content, table)
        filled = _filled(line, default) if default else None
        if filled is not None and filled != line.drug:
            lines[place] = line.model_copy(update={"drug": filled})
            explained.append(_said(line, filled, place))
    if not explained:
        return Filled(content, NOTHING_SAID)
    return Filled(content.model_copy(update={"lines": tuple(lines)}), Judged(explained=tuple(explained)))


def _default(line: ContentLine, content: ClaimContent, table: DatedTable) -> DrugDefault | None:
    day = line.service_from or content.service_from
    if day is None or not line.procedure:
        return None
    own = table.at(joined(content.payer_id, line.procedure), day)
    found = own if own is not None else table.at(joined(ANY, line.procedure), day)
    if found is None:
        return None
    ndc, unit, factor = found.split("/")
    return DrugDefault(ndc, unit, Decimal(factor))


def _filled(line: ContentLine, default: DrugDefault) -> DrugCode | None:
    """None where the line names another drug: its quantity is not this one's."""
    given = line.drug or DrugCode(ndc="")
    ndc = given.ndc or default.ndc
    if ndc != default.ndc:
        return None
    unit = given.unit or (default.unit if given.quantity is None else "")
    quantity = given.quantity
    if quantity is None and line.units is not None and unit == default.unit:
        quantity = _plain(line.units * default.factor)
    return DrugCode(ndc=ndc, quantity=quantity, unit=unit)


def _plain(number: Decimal) -> Decimal:
    """Without the zeros of a multiplication, and never as 1E+2."""
    return Decimal(format(number.normalize(), "f"))


def _said(line: ContentLine, filled: DrugCode, place: int) -> Explained:
    before = line.drug or DrugCode(ndc="")
    shown = {"ndc": filled.ndc, "quantity": filled.quantity, "unit": filled.unit}
    values = [(f"lines[{place}].procedure", line.procedure)]
    values += [
        (f"lines[{place}].drug.{name}", str(value)) for name, value in shown.items() if value != getattr(before, name)
    ]
    at = f"lines[{place}].drug"
    return Explained(rule=DRUG_DEFAULTS, source=SOURCE, did="set", at=at, values=tuple(values))
