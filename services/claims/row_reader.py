"""One row of a charge sheet under its mapping: its cells as texts, days, hours, amounts and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from services.claims.charge_mappings import ChargeMapping
from services.claims.sheet_rows import Row

HOURS = ("%H:%M", "%H%M", "%H:%M:%S")


class FaultError(ValueError):
    """A cell that cannot be read, by its column's name in the mapping."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class RowReader:
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
        return self.day_of(field, text) if text else None

    def day_of(self, field: str, text: str) -> date:
        """A day in a cell, whatever else is in it."""
        for form in (*self.mapping.date_forms, "%Y-%m-%d"):  # a workbook's own dates come in the last form
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day
            except ValueError:
                continue
        forms = " or ".join(self.mapping.date_forms)
        raise FaultError("SHEET:date", f"The column {self.name_of(field)} holds no date of the form {forms}.")

    def hour(self, field: str) -> time | None:
        """An hour such as 09:30, 0930 or 9."""
        text = self.text(field)
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 2:
            text = f"{text.zfill(2)}00"
        for form in HOURS:
            try:
                return datetime.strptime(text, form).time()  # noqa: DTZ007 - an hour of a hospital
            except ValueError:
                continue
        raise FaultError("SHEET:time", f"The column {self.name_of(field)} holds no hour such as 09:30.")

    def cents(self, field: str) -> int:
        return self.cents_of(field, self.needed(field))

    def cents_of(self, field: str, text: str) -> int:
        """An amount in a cell, whatever else is in it."""
        amount = self._decimal(text.removeprefix("$").replace(",", ""), field)
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
