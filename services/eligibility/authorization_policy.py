"""Loads `policy/authorizations.toml`: how payers are asked for authorizations, dated and sourced."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from services.eligibility.core.authorization_policy import DatedReviewTerms, ReviewBook, ReviewTerms
from services.eligibility.policies import POLICY
from shared.policy import ENTRY_FIELDS, PolicyError

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
    content = tomllib.loads(path.read_text())
    if not content.get("default"):
        msg = f"{path.name}: default: there must be an entry for payers that are not listed"
        raise PolicyError(msg)
    default = content.pop("default")
    base: Mapping[str, Any] = default[-1].get("value", {})
    return ReviewBook(
        {payer: [_dated(path.name, payer, one, base) for one in entries] for payer, entries in content.items()},
        [_dated(path.name, "default", one, {}) for one in default],
    )


def _dated(file: str, payer_id: str, entry: Mapping[str, Any], base: Mapping[str, Any]) -> DatedReviewTerms:
    missing = ENTRY_FIELDS - set(entry)
    if missing:
        msg = f"{file}: {payer_id}: an entry lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    valid_from, valid_to = entry["valid_from"], entry.get("valid_to", date.max)
    if valid_to < valid_from:
        msg = f"{file}: {payer_id}: valid_to {valid_to} lies before valid_from {valid_from}"
        raise PolicyError(msg)
    try:
        figures = ReviewEntry.model_validate({**base, **entry["value"]})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        msg = f"{file}: {payer_id}: {faults}"
        raise PolicyError(msg) from None
    return DatedReviewTerms(valid_from, valid_to, figures.terms())
