"""Corrected (7) and void (8) claims: when one may be made of an original, and under which of the payer's numbers.

Rules: only after the payer decided, for a 7 before that is denied as a duplicate; REF*F8 is the payer's number for the
claim (CLP07) on its latest remittance; some payers take neither (dated configuration, `policy/successors.toml`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from .claim_state import Claim
from .content import ClaimType

Succession: TypeAlias = Literal["7", "8"]
NAMES: dict[Succession, str] = {"7": "corrected claim (7)", "8": "void (8)"}


@dataclass(frozen=True, slots=True)
class Refusing:
    """Payers that take no corrected or void claims, by id or by class (SBR09), for some kinds of claims."""

    name: str
    advice: str
    valid_from: date
    source: str
    owner: str
    valid_to: date | None = None
    payer_ids: frozenset[str] = frozenset()
    filing_codes: frozenset[str] = frozenset()
    frequencies: frozenset[str] = frozenset({"7", "8"})
    claim_types: frozenset[ClaimType] = frozenset({"P"})


def why_no_successor(original: Claim, frequency: Succession, refusing: tuple[Refusing, ...], today: date) -> str:
    """A sentence for the person who asked; "" where the successor may be made."""
    content, name = original.content, NAMES[frequency]
    if content is None or original.status == "absent":
        return "There is no such claim."
    if content.frequency_code == "8":
        return f"This claim is a void: no {name} is made of it."
    if not original.remittances:
        return f"The payer has not decided this claim yet: a {name} now would be denied as a duplicate."
    for one in refusing:
        named = content.payer_id in one.payer_ids or content.claim_filing_code in one.filing_codes
        applies = frequency in one.frequencies and content.claim_type in one.claim_types
        if named and applies and one.valid_from <= today <= (one.valid_to or date.max):
            return f"{one.name} takes no {name}: {one.advice}"
    if not payer_number(original):
        return f"No remittance of this claim names the payer's claim control number (CLP07), which a {name} needs."
    return ""


def payer_number(original: Claim) -> str:
    """CLP07 of the latest remittance that has one, be it of a paid or a denied claim."""
    numbered = [one for one in original.remittances if one.payer_claim_control_number]
    latest = max(numbered, key=lambda one: one.sequence, default=None)
    return (latest.payer_claim_control_number or "") if latest else ""
