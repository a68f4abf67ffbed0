"""What a claim itself says of the care, as far as the reading of its payer's decision needs it.

Whether the No Surprises Act protects the patient from the rest of the bill, and whether the care had nothing to do with
the illness a hospice answers for. The signs are dated, sourced data (`policy/care_facts.toml`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict

from .content import ClaimContent, ContentLine

Fact: TypeAlias = Literal["no_surprises_protected", "unrelated_to_hospice", "related_to_hospice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CareSign:
    """One entry: what on a claim of these days of service says the fact. Empty sets ask for nothing.

    `filing_codes` are the kinds of payer (SBR09) it speaks of. Of the other signs any one is enough: `emergency`
    (SV109), `places` of service, first digits of a revenue code, `procedures`, `modifiers`, and `condition_codes` and
    `tags` of the claim. With `every_line` each line with a charge must show it, unless the claim itself does.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    fact: Fact
    filing_codes: frozenset[str] = frozenset()
    emergency: bool = False
    places: frozenset[str] = frozenset()
    revenue_codes: tuple[str, ...] = ()
    procedures: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    condition_codes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    every_line: bool = False
    valid_from: date
    valid_to: date | None = None
    source: str
    owner: str

    @property
    def asks_for_something(self) -> bool:
        return self.emergency or any(
            (self.places, self.revenue_codes, self.procedures, self.modifiers, self.condition_codes, self.tags)
        )

    def on_claim(self, content: ClaimContent) -> bool:
        """Whether what goes to the payer shows it."""
        day = content.service_from
        if day is None or day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        if self.filing_codes and content.claim_filing_code not in self.filing_codes:
            return False
        hospital = content.institutional
        if hospital is not None and self.condition_codes.intersection(hospital.condition_codes):
            return True
        shows = [self._on_line(content, line) for line in content.lines if line.charge_cents]
        return bool(shows) and (all(shows) if self.every_line else any(shows))

    def _on_line(self, content: ClaimContent, line: ContentLine) -> bool:
        place = line.place_of_service or (content.facility_code if content.claim_type == "P" else "")
        return (
            (self.emergency and line.emergency)
            or place in self.places
            or line.revenue_code.startswith(self.revenue_codes or ("-",))
            or line.procedure in self.procedures
            or not self.modifiers.isdisjoint(line.modifiers)
        )


@dataclass(frozen=True, slots=True)
class CareFacts:
    """What is known of the care; None is unknown. `hospice_said`: the claim told its payer that it was unrelated."""

    no_surprises_protected: bool | None = None
    unrelated_to_hospice: bool | None = None
    hospice_said: bool | None = None


def care_facts(signs: Sequence[CareSign], content: ClaimContent | None, tags: Collection[str]) -> CareFacts:
    """What a claim and its tags say together. A tag is what the house knows and the claim need not say."""
    if content is None:
        return CareFacts()
    said = {sign.fact for sign in signs if sign.on_claim(content)}
    known = said | {sign.fact for sign in signs if not sign.tags.isdisjoint(tags)}
    unrelated = "unrelated_to_hospice" in known
    return CareFacts(
        no_surprises_protected="no_surprises_protected" in known or None,
        unrelated_to_hospice=True if unrelated else False if "related_to_hospice" in known else None,
        hospice_said="unrelated_to_hospice" in said or None,
    )
