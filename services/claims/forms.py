"""The forms that claims come in, by how a file's name ends, and the reader of each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TypeAlias

from services.claims.charge_mappings import ChargeMappings
from services.claims.core.intake_file import Form
from services.claims.from_charges import read_csv, read_xlsx
from services.claims.from_fhir import read_fhir
from services.claims.from_hl7 import read_hl7
from services.claims.hl7_senders import Hl7Senders
from shared.x12.claim837 import Claim837, read_837
from shared.x12.findings import Finding

ClaimReader: TypeAlias = Callable[[Iterable[bytes]], Iterator[Claim837 | Finding]]
FORMS: dict[str, Form] = {
    ".837": "x12",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".json": "fhir",
    ".ndjson": "fhir",
    ".hl7": "hl7",
}


def form_of(name: str) -> Form:
    """The form of a file by its name; what is not known is read as X12, which says what it misses."""
    return FORMS.get(PurePath(name).suffix.lower(), "x12")


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads each form, with what each tenant's senders leave out."""

    mappings: ChargeMappings
    senders: Hl7Senders

    def of(self, form: Form, tenant: str, on: date) -> ClaimReader:
        """Gives claims and findings in their order; a fault of the whole file is an `X12Error`."""
        match form:
            case "csv":
                return read_csv(self.mappings.of(tenant, on))
            case "xlsx":
                return read_xlsx(self.mappings.of(tenant, on))
            case "fhir":
                return read_fhir
            case "hl7":
                return read_hl7(self.senders.of(tenant, on))
            case "x12":
                return read_837
