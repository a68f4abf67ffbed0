"""How payers are asked for authorizations, on a date. Its figures are policy; see `authorizations.toml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.eligibility.core.dated import Dated, terms_on


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """One payer's terms.

    `takes_278`: it answers requests (X217); `takes_inquiries`: it tells how a pended one stands (X215), at the times of
    `inquire_after`, of which the last repeats. `waits` are those before each further attempt at a payer that says
    nothing. `pended_days`: for so long a pended request may take before a person hears of it. `warn_days`: so long
    before the last authorized day, and `low_percent`: with so much of its units left, an authorization is called out.
    """

    takes_278: bool = True
    takes_inquiries: bool = True
    timeout_seconds: float = 20.0
    waits: tuple[timedelta, ...] = (timedelta(minutes=5), timedelta(minutes=60))
    inquire_after: tuple[timedelta, ...] = (timedelta(hours=24),)
    pended_days: int = 7
    warn_days: int = 14
    low_percent: int = 20
    retry_codes: frozenset[str] = frozenset({"42", "80"})

    def next_inquiry(self, asked: int) -> timedelta:
        """The wait before the next inquiry, after so many."""
        return self.inquire_after[min(asked, len(self.inquire_after) - 1)]


@dataclass(frozen=True, slots=True)
class ReviewBook:
    """Every payer's terms through time; a payer without an entry on a day has the default's."""

    payers: Mapping[str, Sequence[Dated[ReviewTerms]]]
    default: Sequence[Dated[ReviewTerms]] = ()

    def of(self, payer_id: str, on: date) -> ReviewTerms:
        """The terms of a payer on a day."""
        return terms_on(self.payers, self.default, payer_id, on) or ReviewTerms()


OPEN_BOOK = ReviewBook({})
"""Everybody is asked, as the defaults say."""
