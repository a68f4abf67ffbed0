"""Loads `policy/authorizations.toml`: how payers are asked for authorizations, dated and sourced."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from services.eligibility.core.authorization_policy import ReviewBook, ReviewTerms
from services.eligibility.dated_files import read_dated
from services.eligibility.policies import POLICY

FILE = POLICY / "authorizations.toml"


class ReviewEntry(BaseModel):
    """A payer's figures as the file writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    takes_278: bool
    takes_inquiries: bool
    timeout_seconds: PositiveFloat
    waits_minutes: tuple[PositiveInt, ...]
    inquire_after_hours: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    pended_days: PositiveInt
    warn_days: PositiveInt
    low_percent: Annotated[int, Field(ge=0, le=100)]
    retry_codes: frozenset[str]

    def terms(self) -> ReviewTerms:
        fields = self.model_dump(exclude={"waits_minutes", "inquire_after_hours"})
        return ReviewTerms(
            waits=tuple(timedelta(minutes=one) for one in self.waits_minutes),
            inquire_after=tuple(timedelta(hours=one) for one in self.inquire_after_hours),
            **fields,
        )


def review_book(path: Path = FILE) -> ReviewBook:
    """Every payer's terms through time; PolicyError says the payer and what is wrong with its entry."""
    file = read_dated(path, ReviewEntry, lambda _, entry: entry.terms())
    return ReviewBook(file.named, file.default)
