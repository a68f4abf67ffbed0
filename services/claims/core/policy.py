"""Figures of law and of payers that the rules use: dated, sourced, given from outside (`services/claims/policy`)."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class FilingLimit:
    """How long after the first day of service a payer takes a claim.

    It holds for the payers in `payer_ids`, or else for the classes (SBR09) in `filing_codes`; with neither it is the
    default. `days` count from the day of service; `valid_from` is the first day of service it holds for.
    """

    name: str
    days: int
    valid_from: date
    source: str
    owner: str
    payer_ids: frozenset[str] = frozenset()
    filing_codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the claim's rules take as given.

    `warn_days_before` are the days before the filing limit on which an unaccepted claim is called out.
    `not_denials` are (group, reason) pairs of adjustments that deny nothing, with "*" for any reason of a group.
    """

    filing_limits: tuple[FilingLimit, ...]
    warn_days_before: tuple[int, ...] = ()
    not_denials: frozenset[tuple[str, str]] = frozenset()

    def filing_limit(self, payer_id: str, filing_code: str, service_from: date) -> FilingLimit | None:
        """The limit in force on the day of service: the payer's own before its class's before the default."""
        in_force = [limit for limit in self.filing_limits if limit.valid_from <= service_from]
        own = [limit for limit in in_force if payer_id in limit.payer_ids]
        class_ = [limit for limit in in_force if filing_code in limit.filing_codes]
        default = [limit for limit in in_force if not limit.payer_ids and not limit.filing_codes]
        return max(own or class_ or default, key=lambda limit: limit.valid_from, default=None)

    def filing_deadline(self, payer_id: str, filing_code: str, service_from: date) -> date | None:
        """The last day on which the payer takes the claim; None where no limit is known."""
        limit = self.filing_limit(payer_id, filing_code, service_from)
        return service_from + timedelta(days=limit.days) if limit else None

    def denies(self, group: str, reason: str) -> bool:
        """Whether an adjustment refuses money that was asked for, rather than pricing or passing it on."""
        return (group, reason) not in self.not_denials and (group, "*") not in self.not_denials
