"""Charge sheets, CSV or XLSX: one row a service line, the rows of a claim together. They give the claims an 837 gives.

A row that cannot be read spoils its own claim and no other: the claim is left out, and a finding names the row (the
header is row 1), the column and what to do. A finding never holds a value. The mapping says which kind of claims
a sheet holds; what only one kind has is in `charge_kinds.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TypeAlias

from services.claims.charge_kinds import of_kind, with_kind
from services.claims.charge_mappings import ChargeMapping
from services.claims.guide_headers import HEADERS
from services.claims.row_reader import FaultError, RowReader
from services.claims.sheet_rows import Cells, Row, csv_rows, xlsx_rows
from shared.x12.claim837 import (
    Address,
    Claim837,
    Diagnosis,
    Ndc,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
)
from shared.x12.findings import Finding, Severity, unreadable

AGREE = (
    "member_id",
    "payer_id",
    "subscriber_last_name",
    "patient_last_name",
    "billing_npi",
    "type_of_bill",
    "statement_from",
)
"""What no two rows of a claim may say differently."""
SheetReader: TypeAlias = Callable[[Iterable[bytes]], Iterator[Claim837 | Finding]]


def read_csv(mappings: Sequence[ChargeMapping]) -> SheetReader:
    """A reader of CSV sheets under the first mapping that fits."""
    separator = mappings[0].separator if mappings else ","
    return lambda chunks: _claims(mappings, csv_rows(chunks, separator))


def read_xlsx(mappings: Sequence[ChargeMapping]) -> SheetReader:
    """A reader of the first sheet of a workbook under the first mapping that fits."""
    return lambda chunks: _claims(mappings, xlsx_rows(chunks))


def _claims(mappings: Sequence[ChargeMapping], rows: Iterable[Row | Finding]) -> Iterator[Claim837 | Finding]:
    """Claims and findings of a sheet. Raises `X12Error` when its columns are not those of any mapping."""
    stream = iter(rows)
    header = next(stream, None)
    if not isinstance(header, Row) or not any(header.cells):
        raise unreadable("SHEET:empty", "The sheet has no header row: its first row names the columns.")
    mapping = _fitting(mappings, header.cells)
    sheet = _Sheet(mapping, mapping.places(header.cells))
    for key, group in groupby(stream, sheet.key):
        members = list(group)
        yield from (one for one in members if isinstance(one, Finding))
        lines = [one for one in members if isinstance(one, Row)]
        if key and lines:
            yield from sheet.claim(lines)


def _fitting(mappings: Sequence[ChargeMapping], header: Cells) -> ChargeMapping:
    if not mappings:
        raise unreadable("SHEET:mapping", "This tenant has no mapping of charge sheets: enter one first.")
    fitting = next((one for one in mappings if not one.missing(header)), None)
    if fitting is not None:
        return fitting
    nearest = min(mappings, key=lambda one: len(one.missing(header)))
    lacking = ", ".join(nearest.missing(header))
    message = f"The sheet lacks columns of the mapping {nearest.name}: {lacking}. Add them, or correct the mapping."
    raise unreadable("SHEET:columns", message, 1)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet whose columns are known."""

    mapping: ChargeMapping
    places: Mapping[str, tuple[int, ...]]

    def key(self, row: Row | Finding) -> str:
        """What rows of one claim share. A row without any text belongs to none, and a fault stands alone."""
        if isinstance(row, Finding):
            return f"\0{row.segment_number}"
        if not any(row.cells):
            return ""
        return self.reader(row).text("patient_control_number") or f"\0{row.number}"

    def reader(self, row: Row) -> RowReader:
        return RowReader(self.mapping, self.places, row)

    def claim(self, rows: Sequence[Row]) -> Iterator[Claim837 | Finding]:
        """The claim of its rows, or a finding for each row that cannot be read."""
        findings: list[Finding] = []
        lines: list[ServiceLine] = []
        for place, row in enumerate(rows, 1):
            try:
                lines.append(_line(self.reader(row), place))
            except FaultError as fault:
                findings.append(_finding(fault, row))
        try:
            head = self.reader(rows[0])
            claim = with_kind(head, _claim(head, tuple(lines)), self.mapping.claim_type)
        except FaultError as fault:
            findings.insert(0, _finding(fault, rows[0]))
        else:
            findings += [_finding(one, row) for row in rows[1:] if (one := self._contradiction(rows[0], row))]
            if not findings:
                yield claim
        yield from findings

    def _contradiction(self, first: Row, row: Row) -> FaultError | None:
        """A claim's rows agree on whom it is about and who pays."""
        own, head = self.reader(row), self.reader(first)
        for field in AGREE:
            if own.text(field) != head.text(field):
                where = own.name_of(field)
                message = f"The column {where} differs from row {first.number} of the same claim: make them agree."
                return FaultError("SHEET:differs", message)
        return None


def _finding(fault: FaultError, row: Row) -> Finding:
    return Finding(Severity.ERROR, fault.code, f"Row {row.number}: {fault.message}", row.number)


def _claim(row: RowReader, lines: tuple[ServiceLine, ...]) -> Claim837:
    is_patient = row.text("patient_relationship").casefold() in ("", "18", "self")
    bundled = any(line.bundle for line in lines)  # whose charge only opening them shows
    total = None if bundled else sum(line.charge_cents or 0 for line in lines)
    return Claim837(
        patient_control_number=row.needed("patient_control_number"),
        charge_cents=row.cents("charge_total") if row.text("charge_total") else total,
        facility_code="" if row.mapping.claim_type == "I" else row.needed("place_of_service"),
        frequency_code="1",
        provider_signature="Y",
        assignment=row.text("assignment") or "A",
        benefits_assigned=row.text("benefits_assigned") or "Y",
        release_of_information="Y",
        diagnoses=tuple(
            Diagnosis("ABF" if place else "ABK", code.replace(".", "").upper())
            for place, code in enumerate(row.texts("diagnoses"))
        ),
        lines=lines,
        billing=_billing(row),
        rendering=_provider(row, "rendering"),
        referring=_provider(row, "referring"),
        subscriber=_subscriber(row, is_patient),
        patient=None if is_patient else _person(row, "patient", None),
        patient_relationship="" if is_patient else row.text("patient_relationship"),
        payer=Payer(row.text("payer_name") or row.needed("payer_id"), row.needed("payer_id")),
        prior_authorization_number=row.text("prior_authorization_number"),
        referral_number=row.text("referral_number"),
        payer_claim_control_number=row.text("payer_claim_control_number"),
        related_causes=row.texts("related_causes"),
        accident_date=row.day("accident_date"),
        accident_state=row.text("accident_state"),
        segment_number=row.row.number,
        header=HEADERS["P"],
    )


def _subscriber(row: RowReader, is_patient: bool) -> Subscriber:
    address = Address(
        row.text("subscriber_address"),
        "",
        row.text("subscriber_city"),
        row.text("subscriber_state"),
        row.text("subscriber_postal_code"),
    )
    return Subscriber(
        person=_person(row, "subscriber", address if address.line1 or address.city else None),
        member_id=row.needed("member_id"),
        group_number=row.text("group_number"),
        relationship="18" if is_patient else "",
        payer_responsibility="P",
        claim_filing_code=row.text("claim_filing_code") or "CI",
    )


def _person(row: RowReader, who: str, address: Address | None) -> Person:
    return Person(
        last_name=row.needed(f"{who}_last_name"),
        first_name=row.text(f"{who}_first_name"),
        birth_date=row.day(f"{who}_birth_date"),
        sex=row.text(f"{who}_sex").upper()[:1],
        address=address,
    )


def _billing(row: RowReader) -> Party:
    return Party(
        name=row.needed("billing_name"),
        npi=row.needed("billing_npi"),
        tax_id=row.text("billing_tax_id").replace("-", ""),
        tax_id_qualifier="EI",
        taxonomy=row.text("billing_taxonomy"),
        address=Address(
            row.text("billing_address"),
            "",
            row.text("billing_city"),
            row.text("billing_state"),
            row.text("billing_postal_code").replace("-", ""),
        ),
    )


def _provider(row: RowReader, role: str) -> Party | None:
    npi, name = row.text(f"{role}_npi"), row.text(f"{role}_last_name")
    if not (npi or name):
        return None
    first = row.text(f"{role}_first_name")
    return Party(
        name=name,
        first_name=first,
        entity_type="1" if first else "2",
        npi=npi,
        taxonomy=row.text(f"{role}_taxonomy"),
    )


def _line(row: RowReader, place: int) -> ServiceLine:
    kind, bundle = row.mapping.claim_type, row.text("bundle").upper()
    first = row.day("service_from")
    if first is None and kind != "I":
        row.needed("service_from")
    if bundle and row.text("procedure"):
        where = f"{row.name_of('bundle')} and {row.name_of('procedure')}"
        raise FaultError("SHEET:bundle", f"The columns {where} are both filled: a row is a bundle or a procedure.")
    ndc = row.text("ndc").replace("-", "")
    line = ServiceLine(
        number=str(place),
        line_control_number=row.text("line_control_number") or str(place),
        procedure_qualifier="" if bundle else "HC",
        procedure=(row.text if bundle or kind == "I" else row.needed)("procedure").upper(),
        modifiers=tuple(text.upper() for text in row.texts("modifiers")),
        charge_cents=None if bundle and not row.text("charge") else row.cents("charge"),
        unit="UN",
        units=row.number("units") or Decimal(1),
        diagnosis_pointers=_pointers(row),
        service_from=first,
        service_to=row.day("service_to") or first,
        ndc=Ndc(ndc, row.number("ndc_quantity"), row.text("ndc_unit")) if ndc else None,
        bundle=bundle,
    )
    return of_kind(row, line, kind)


def _pointers(row: RowReader) -> tuple[int, ...]:
    """As given; else to the claim's diagnoses, four at most."""
    given = row.texts("diagnosis_pointers")
    if not all(one.isascii() and one.isdigit() for one in given):
        where = row.name_of("diagnosis_pointers")
        raise FaultError("SHEET:pointer", f"The column {where} holds something that is no number of a diagnosis.")
    return tuple(map(int, given)) if given else tuple(range(1, min(len(row.texts("diagnoses")), 4) + 1))
