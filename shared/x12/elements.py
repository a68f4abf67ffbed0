"""Element rules: which elements a segment must have, of what type and length, for the segments that carry the business.

Notation, one entry per element: `position[!][type][length]=reference`. `!`: required. Types: AN text, ID code,
R decimal, N number, DT date `CCYYMMDD`, TM time, C composite. `reference` is the data element number a 999 reports
in IK402.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.x12.findings import Finding, Severity
from shared.x12.tokens import Segment
from shared.x12.values import parse_date, parse_decimal, parse_time


@dataclass(frozen=True, slots=True)
class ElementUse:
    """One element of a segment."""

    position: int
    required: bool
    type: str
    longest: int
    reference: str


_ENTRY = re.compile(r"(\d+)(!?)(AN|ID|R|N|DT|TM|C)(\d*)=(\w+)")
_TABLE = """
AAA 1!ID1=1073 3ID2=901 4ID1=889
AMT 1!ID3=522 2!R18=782
BHT 1!ID4=1005 2!ID2=353 3AN50=127 4DT8=373 5TM8=337 6ID2=640
BPR 1!ID2=305 2!R18=782 3!ID1=478 4!ID3=591 16!DT8=373
CAS 1!ID2=1033 2!ID5=1034 3!R18=782
CLM 1!AN38=1028 2!R18=782 5!C=C023 6ID1=1073 7ID1=1359 8ID1=1073 9ID1=1363
CLP 1!AN38=1028 2!ID2=1029 3!R18=782 4!R18=782 5R18=782 6!ID2=1032 7!AN50=127
DMG 1ID3=1250 2AN35=1251 3ID1=1068
DTM 1!ID3=374 2DT8=373
DTP 1!ID3=374 2!ID3=1250 3!AN35=1251
EB 1!ID3=1390 7R18=782 8R10=954
HI 1!C=C022
HL 1!AN12=628 2AN12=734 3!ID2=735 4ID1=736
LX 1!N6=554
N1 1!ID3=98 2AN60=93
N3 1!AN55=166 2AN55=166
N4 1!AN30=19 2ID2=156 3ID15=116
NM1 1!ID3=98 2!ID1=1065 3AN60=1035 4AN35=1036 5AN25=1037 7AN10=1039 8ID2=66 9AN80=67
PAT 1ID2=1069
PER 1!ID2=366 2AN60=93
PLB 1!AN50=127 2!DT8=373 3!C=C042 4!R18=782
REF 1!ID3=128 2AN50=127
SBR 1!ID1=1138 2ID2=1069 3AN50=127 4AN60=93 9ID2=1032
STC 1!C=C043 2DT8=373 4R18=782
SV1 1!C=C003 2!R18=782 3!ID2=355 4!R15=380 5AN2=1331 7C=C004
SV2 1!AN48=234 2C=C003 3!R18=782 4!ID2=355 5!R15=380
SV3 1!C=C003 2!R18=782 6R15=380
SVC 1!C=C003 2!R18=782 3R18=782
SVD 1!AN80=67 2!R18=782
TRN 1!ID2=481 2!AN50=127
"""


def _parse(line: str) -> tuple[str, tuple[ElementUse, ...]]:
    tag, *entries = line.split()
    found = (_ENTRY.fullmatch(entry) for entry in entries)
    uses = (ElementUse(int(one[1]), one[2] == "!", one[3], int(one[4] or 0), one[5]) for one in found if one)
    return tag, tuple(uses)


USES = dict(_parse(line) for line in _TABLE.strip().splitlines())
_REFERENCES = {(tag, use.position): use.reference for tag, uses in USES.items() for use in uses}


def reference_of(tag: str, position: int) -> str:
    """The data element number (IK402) of an element, "" when the table does not name it."""
    return _REFERENCES.get((tag, position), "")


def check_elements(segment: Segment, loop: str) -> Iterator[Finding]:
    """Missing, overlong and mistyped elements of one segment."""
    for use in USES.get(segment.tag, ()):
        text = segment.get(use.position)
        if not text:
            if use.required:
                yield _finding(segment, use, "IK403:1", "is required", loop)
            continue
        if use.longest and len(text) > use.longest and use.type != "R":
            yield _finding(segment, use, "IK403:5", f"is longer than {use.longest} characters", loop)
        elif problem := _mistyped(text, use.type):
            code, reason = problem
            yield _finding(segment, use, code, reason, loop)


def _mistyped(text: str, kind: str) -> tuple[str, str] | None:
    try:
        match kind:
            case "R":
                parse_decimal(text)
            case "DT":
                parse_date(text)
            case "TM":
                parse_time(text)
            case "N" if not (text.isascii() and text.isdigit()):
                return "IK403:6", "is not a whole number"
            case _:
                pass
    except ValueError:
        if kind == "R":
            return "IK403:6", "is not a number"
        return ("IK403:8", "is not a date") if kind == "DT" else ("IK403:9", "is not a time")
    return None


def _finding(segment: Segment, use: ElementUse, code: str, reason: str, loop: str) -> Finding:
    message = f"{segment.tag}{use.position:02d} {reason}."
    place = segment.number, segment.offset, segment.tag
    return Finding(Severity.ERROR, code, message, *place, use.position, loop)
