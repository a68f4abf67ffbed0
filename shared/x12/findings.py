"""What a reader has to say about a file: where, how bad, and the code the partner would report it under.

A finding never holds a value from the file, because values are patient data and findings are logged, stored and shown.

Codes name the acknowledgement element that would carry them, then its value:

- `TA105:001` interchange note (TA1),
- `AK905:4` functional group error (999),
- `IK502:4` transaction set error (999),
- `IK304:3` segment error (999),
- `IK403:6` element error (999),
- `SNIP3:line-sum`, `SNIP4:...`, `SNIP5:...` a rule beyond syntax, with the WEDI SNIP type it belongs to,
- `TEXT:...` and `FILE:...` how the bytes themselves are written.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much of the file a finding spoils."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or remark, with the place it was found.

    `segment_number` counts segments from 1 over the whole file; `byte_offset` counts bytes from 0;
    `element` is the element's position in its segment (0: the segment as a whole); `loop` is the guide's loop name.
    """

    severity: Severity
    code: str
    message: str
    segment_number: int = 0
    byte_offset: int = 0
    segment_tag: str = ""
    element: int = 0
    loop: str = ""


class X12Error(ValueError):
    """The file cannot be read at all; `finding` says what is wrong, where, and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.message} (segment {finding.segment_number}, byte {finding.byte_offset})")
        self.finding = finding


def unreadable(code: str, message: str, segment_number: int = 0, byte_offset: int = 0, tag: str = "") -> X12Error:
    """The error for input that ends the reading."""
    return X12Error(Finding(Severity.ERROR, code, message, segment_number, byte_offset, tag))
