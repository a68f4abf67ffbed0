"""The forms that claims come in, by how a file's name ends, and the reader of each."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import PurePath
from typing import TypeAlias

from services.claims.charge_mappings import ChargeMappings
from services.claims.core.intake_file import Form
from services.claims.from_charges import read_csv, read_xlsx
from shared.x12.claim837 import Claim837, read_837
from shared.x12.findings import Finding

ClaimReader: TypeAlias = Callable[[Iterable[bytes]], Iterator[Claim837 | Finding]]
FORMS: dict[str, Form] = {".837": "x12", ".csv": "csv", ".xlsx": "xlsx"}


def form_of(name: str) -> Form:
    """The form of a file by its name; what is not known is read as X12, which says what it misses."""
    return FORMS.get(PurePath(name).suffix.lower(), "x12")


def reader_of(form: Form, tenant: str, on: date, mappings: ChargeMappings) -> ClaimReader:
    """What reads a file of this form: claims and findings in their order, a fault of the whole file as `X12Error`."""
    match form:
        case "csv":
            return read_csv(mappings.of(tenant, on))
        case "xlsx":
            return read_xlsx(mappings.of(tenant, on))
        case "x12":
            return read_837
