"""Dental claims out of HL7 v2: which teeth, surfaces and areas of the mouth the charges of a message name.

DFT has no field for them. They stand among the modifiers of FT1-26, told by their coding system (X12 TOO01 and SV304):
`12^MO^JP` is tooth 12 with its mesial and occlusal surfaces, `10^^JO` an area of the oral cavity.
"""

from dataclasses import replace

from services.claims.guide_headers import HEADERS
from services.claims.hl7_messages import FieldError, Message, Segment
from shared.x12.claim837 import Claim837, ServiceLine, Tooth

TOOTH, AREA = "JP", "JO"
SURFACES = frozenset("MODBLFI")
CODES_MAX = 40


def as_dental(message: Message, claim: Claim837) -> Claim837:
    """The claim under the dental guide."""
    charges = message.all("FT1")
    lines = tuple(_line(line, charge) for line, charge in zip(claim.lines, charges, strict=True))
    return replace(claim, lines=lines, header=HEADERS["D"])


def _line(line: ServiceLine, charge: Segment) -> ServiceLine:
    if line.bundle:
        return line
    named = [place for place in range(1, CODES_MAX + 1) if charge.get(26, 1, place)]
    systems = {place: charge.get(26, 3, place).upper() for place in named}
    modifiers = tuple(charge.get(26, 1, place) for place in named if systems[place] not in (TOOTH, AREA))
    return replace(
        line,
        procedure_qualifier="AD" if line.procedure else "",
        modifiers=modifiers[:4],
        unit="",
        oral_cavity=tuple(charge.get(26, 1, place) for place in named if systems[place] == AREA),
        teeth=tuple(_tooth(charge, place) for place in named if systems[place] == TOOTH),
    )


def _tooth(charge: Segment, place: int) -> Tooth:
    surfaces = charge.get(26, 2, place).upper()
    if not SURFACES.issuperset(surfaces):
        msg = "FT1-26 (tooth) has surfaces other than M, O, D, B, L, F and I in component 2."
        raise FieldError(msg)
    return Tooth(charge.get(26, 1, place).upper(), tuple(surfaces))
