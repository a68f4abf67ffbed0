"""Charge sheets, CSV or XLSX: one row a service line, the rows of a claim together. They give the claims an 837 gives.

A row that cannot be read spoils its own claim and no other: the claim is left out, and a finding names the row (the
header is row 1), the column and what to do. A finding never holds a value. Sheets hold professional claims.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from services.claims.charge_mappings import ChargeMapping
from shared.x12.claim837 import (
    Address,
    Claim837,
    Diagnosis,
    Header837,
    Ndc,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
)
from shared.x12.findings import Finding, Severity, unreadable

SHEET_BYTES_MAX = 100_000_000
CELLS_MAX = 200
ROW_BYTES_MAX = 1_000_000
RECORD_LINES_MAX = 20
"""A quoted cell that goes on for more lines than this was never closed."""
Cells: TypeAlias = Sequence[str]
SheetReader: TypeAlias = Callable[[Iterable[bytes]], Iterator[Claim837 | Finding]]
HEADER = Header837(
    guide="837P",
    version="005010X222A1",
    usage="P",
    interchange_control_number="",
    group_control_number="",
    purpose="00",
    reference="",
    transaction_type="CH",
    submitter=Party(),
    receiver=Party(),
)
"""Claims of a sheet follow the professional guide."""


class Row(NamedTuple):
    """One row under the header, by its number in the sheet."""

    number: int
    cells: Cells


class FaultError(ValueError):
    """A cell that cannot be read, by its column's name in the mapping."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def read_csv(mappings: Sequence[ChargeMapping]) -> SheetReader:
    """A reader of CSV sheets under the first mapping that fits."""
    separator = mappings[0].separator if mappings else ","
    return lambda chunks: _claims(mappings, _csv_rows(chunks, separator))


def read_xlsx(mappings: Sequence[ChargeMapping]) -> SheetReader:
    """A reader of the first sheet of a workbook under the first mapping that fits."""
    return lambda chunks: _claims(mappings, _xlsx_rows(chunks))


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

    def reader(self, row: Row) -> "_RowReader":
        return _RowReader(self.mapping, self.places, row)

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
            claim = _claim(self.reader(rows[0]), tuple(lines))
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
        for field in ("member_id", "payer_id", "subscriber_last_name", "patient_last_name", "billing_npi"):
            if own.text(field) != head.text(field):
                where = own.name_of(field)
                message = f"The column {where} differs from row {first.number} of the same claim: make them agree."
                return FaultError("SHEET:differs", message)
        return None


@dataclass(frozen=True, slots=True)
class _RowReader:
    """The fields of one row, by name."""

    mapping: ChargeMapping
    places: Mapping[str, tuple[int, ...]]
    row: Row

    def name_of(self, field: str) -> str:
        return " / ".join(self.mapping.columns.get(field, (field,)))

    def text(self, field: str) -> str:
        """The cell of a field; a field of several columns gives the first filled one."""
        return next((text for text in self.cells(field) if text), self.mapping.constants.get(field, ""))

    def cells(self, field: str) -> tuple[str, ...]:
        cells = self.row.cells
        return tuple(cells[place].strip() if place < len(cells) else "" for place in self.places.get(field, ()))

    def needed(self, field: str) -> str:
        text = self.text(field)
        if not text:
            raise FaultError("SHEET:missing", f"The column {self.name_of(field)} is empty: fill it in.")
        return text

    def texts(self, field: str) -> tuple[str, ...]:
        """Several values: of several columns, or of one cell."""
        found = [text for cell in self.cells(field) for text in cell.split(self.mapping.value_separator)]
        constant = self.mapping.constants.get(field, "")
        return tuple(text.strip() for text in found if text.strip()) or ((constant,) if constant else ())

    def day(self, field: str) -> date | None:
        text = self.text(field)
        if not text:
            return None
        for form in (*self.mapping.date_forms, "%Y-%m-%d"):  # a workbook's own dates come in the last form
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day
            except ValueError:
                continue
        forms = " or ".join(self.mapping.date_forms)
        raise FaultError("SHEET:date", f"The column {self.name_of(field)} holds no date of the form {forms}.")

    def cents(self, field: str) -> int:
        amount = self._decimal(self.needed(field).removeprefix("$").replace(",", ""), field)
        cents = amount * 100
        if cents != cents.to_integral_value() or not 0 <= cents <= 9_999_999_999:
            what = "no amount of dollars and cents from 0 to 99,999,999.99"
            raise FaultError("SHEET:amount", f"The column {self.name_of(field)} holds {what}.")
        return int(cents)

    def number(self, field: str) -> Decimal | None:
        text = self.text(field)
        return self._decimal(text, field) if text else None

    def _decimal(self, text: str, field: str) -> Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not text.isascii():
            raise FaultError("SHEET:number", f"The column {self.name_of(field)} holds no number.")
        return number


def _finding(fault: FaultError, row: Row) -> Finding:
    return Finding(Severity.ERROR, fault.code, f"Row {row.number}: {fault.message}", row.number)


def _claim(row: _RowReader, lines: tuple[ServiceLine, ...]) -> Claim837:
    is_patient = row.text("patient_relationship").casefold() in ("", "18", "self")
    total = row.cents("charge_total") if row.text("charge_total") else sum(line.charge_cents or 0 for line in lines)
    return Claim837(
        patient_control_number=row.needed("patient_control_number"),
        charge_cents=total,
        facility_code=row.needed("place_of_service"),
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
        related_causes=row.texts("related_causes"),
        accident_date=row.day("accident_date"),
        accident_state=row.text("accident_state"),
        segment_number=row.row.number,
        header=HEADER,
    )


def _subscriber(row: _RowReader, is_patient: bool) -> Subscriber:
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


def _person(row: _RowReader, who: str, address: Address | None) -> Person:
    return Person(
        last_name=row.needed(f"{who}_last_name"),
        first_name=row.text(f"{who}_first_name"),
        birth_date=row.day(f"{who}_birth_date"),
        sex=row.text(f"{who}_sex").upper()[:1],
        address=address,
    )


def _billing(row: _RowReader) -> Party:
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


def _provider(row: _RowReader, role: str) -> Party | None:
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


def _line(row: _RowReader, place: int) -> ServiceLine:
    first = row.day("service_from")
    if first is None:
        row.needed("service_from")
    ndc = row.text("ndc").replace("-", "")
    return ServiceLine(
        number=str(place),
        line_control_number=row.text("line_control_number") or str(place),
        procedure_qualifier="HC",
        procedure=row.needed("procedure").upper(),
        modifiers=tuple(text.upper() for text in row.texts("modifiers")),
        charge_cents=row.cents("charge"),
        unit="UN",
        units=row.number("units") or Decimal(1),
        diagnosis_pointers=_pointers(row),
        service_from=first,
        service_to=row.day("service_to") or first,
        ndc=Ndc(ndc, row.number("ndc_quantity"), row.text("ndc_unit")) if ndc else None,
    )


def _pointers(row: _RowReader) -> tuple[int, ...]:
    """As given; else to the claim's diagnoses, four at most."""
    given = row.texts("diagnosis_pointers")
    if not all(one.isascii() and one.isdigit() for one in given):
        where = row.name_of("diagnosis_pointers")
        raise FaultError("SHEET:pointer", f"The column {where} holds something that is no number of a diagnosis.")
    return tuple(map(int, given)) if given else tuple(range(1, min(len(row.texts("diagnoses")), 4) + 1))


def _csv_rows(chunks: Iterable[bytes], separator: str) -> Iterator[Row | Finding]:
    """The rows of a CSV in UTF-8, by the number of their first line; a row that is no CSV is a finding."""
    for number, record in _records(_text_lines(chunks)):
        try:
            (cells,) = csv.reader(io.StringIO(record, newline=""), delimiter=separator, strict=True)
        except (csv.Error, ValueError):
            message = f"Row {number}: this is no CSV: look for a quotation mark that nothing closes."
            yield Finding(Severity.ERROR, "SHEET:csv", message, number)
            continue
        yield Row(number, cells[:CELLS_MAX])


def _records(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Lines, joined where a quoted cell goes on in the next; a quotation that never ends takes no other row with it."""
    waiting: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        waiting.append((number, line))
        while waiting:
            closed = _closed(waiting)
            if closed:
                yield waiting[0][0], "".join(text for _, text in waiting[:closed])
                del waiting[:closed]
            elif len(waiting) >= RECORD_LINES_MAX:
                yield waiting.pop(0)
            else:
                break
    yield from waiting


def _closed(waiting: Sequence[tuple[int, str]]) -> int:
    """How many of the lines make a record, whose quotation marks come in pairs; 0 when they do not yet."""
    marks = 0
    for count, (_, text) in enumerate(waiting, 1):
        marks += text.count('"')
        if marks % 2 == 0:
            return count
    return 0


def _text_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends. Raises `X12Error` where the bytes are no text, or a line does not end."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, read = "", 0
    for chunk in chunks:
        try:
            rest += decoder.decode(chunk)
        except UnicodeDecodeError:
            message = "The sheet is no text in UTF-8: save it as CSV UTF-8."
            raise unreadable("SHEET:text", message, byte_offset=read) from None
        read += len(chunk)
        *whole, rest = rest.split("\n")
        if len(rest) > ROW_BYTES_MAX:
            raise unreadable("SHEET:text", "A row has more than a million characters.", byte_offset=read)
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


def _xlsx_rows(chunks: Iterable[bytes]) -> Iterator[Row | Finding]:
    """The rows of the first sheet, as texts."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    content = io.BytesIO()
    for chunk in chunks:
        if content.tell() + len(chunk) > SHEET_BYTES_MAX:
            raise unreadable("SHEET:size", "The workbook has more than 100 MB: split it, or send it as CSV.")
        content.write(chunk)
    refused = unreadable("SHEET:xlsx", "The file is no XLSX workbook that can be opened: save it as XLSX or CSV.")
    try:
        _check_unpacked(content)
        workbook: Any = load_workbook(content, read_only=True, data_only=True)
        sheet: Any = workbook.worksheets[0]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError):
        raise refused from None
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        yield Row(number, [_cell_text(value) for value in values[:CELLS_MAX]])


def _check_unpacked(content: io.BytesIO) -> None:
    """A small file may unpack into any size: what it says of itself is looked at first."""
    with zipfile.ZipFile(content) as parts:
        if sum(part.file_size for part in parts.infolist()) > 10 * SHEET_BYTES_MAX:
            raise unreadable("SHEET:size", "The workbook unpacks into more than 1 GB: split it, or send it as CSV.")


def _cell_text(value: Any) -> str:
    """A cell as a CSV would give it; days as 2026-07-01."""
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
