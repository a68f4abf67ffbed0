"""Loads the service's dated policy files."""

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveFloat, PositiveInt

from services.eligibility.core import InquiryPolicy
from services.eligibility.core.cob import CobPolicy
from services.eligibility.core.directory import Directory, PayerKind, PayerTerms
from services.eligibility.core.estimates import GoodFaithPolicy
from services.eligibility.dated_files import DEFAULT, read_dated
from shared.policy import read_policy

POLICY = Path(__file__).parent / "policy"
POLICY_FILE = POLICY / "inquiry.toml"
PAYERS_FILE = POLICY / "payers.toml"


class PayerEntry(BaseModel):
    """A payer's figures as the file writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: PayerKind
    unlisted: Literal["ask", "refuse"]
    real_time: bool
    batch: bool
    timeout_seconds: PositiveFloat
    waits_minutes: tuple[PositiveInt, ...] | None = None
    inquiries_max: PositiveInt | None = None
    failures_to_open: PositiveInt
    open_seconds: PositiveFloat
    per_minute: NonNegativeInt
    batch_inquiries_max: PositiveInt
    batch_wait_minutes: PositiveInt
    batch_retry_hours: PositiveInt
    discovery: bool
    mco: dict[str, str] = {}

    def terms(self, *, listed: bool) -> PayerTerms:
        waits = None if self.waits_minutes is None else tuple(timedelta(minutes=m) for m in self.waits_minutes)
        return PayerTerms(
            kind=self.kind,
            unlisted=self.unlisted,
            real_time=self.real_time,
            batch=self.batch,
            timeout_seconds=self.timeout_seconds,
            waits=waits,
            inquiries_max=self.inquiries_max,
            failures_to_open=self.failures_to_open,
            open_seconds=self.open_seconds,
            per_minute=self.per_minute,
            batch_inquiries_max=self.batch_inquiries_max,
            batch_wait=timedelta(minutes=self.batch_wait_minutes),
            batch_retry=timedelta(hours=self.batch_retry_hours),
            discovery=self.discovery,
            mco=tuple((name.upper(), payer_id) for name, payer_id in self.mco.items()),
            listed=listed,
        )


def payer_directory(path: Path = PAYERS_FILE) -> Directory:
    """Every payer's terms through time; PolicyError says the payer and what is wrong with its entry."""
    file = read_dated(path, PayerEntry, lambda payer_id, entry: entry.terms(listed=payer_id != DEFAULT))
    return Directory(file.named, file.default)


def inquiry_policy(on: date, path: Path = POLICY_FILE, payers: Path = PAYERS_FILE) -> InquiryPolicy:
    """The policy in force on a date; the payers' terms are chosen by the date of each inquiry."""
    policy = read_policy(path, on)
    return InquiryPolicy(
        retry_codes=frozenset(policy["retry_codes"]),
        waits=tuple(timedelta(minutes=minutes) for minutes in policy["waits_minutes"]),
        directory=payer_directory(payers),
    )


def cob_policy(on: date, path: Path = POLICY / "cob.toml") -> CobPolicy:
    """The Secondary Payer figures in force on a service date."""
    return CobPolicy(**read_policy(path, on))


def good_faith_policy(on: date, path: Path = POLICY / "estimates.toml") -> GoodFaithPolicy:
    """The figures of good-faith estimates in force on a day."""
    policy = read_policy(path, on)
    return GoodFaithPolicy(
        dispute_threshold_cents=policy["dispute_threshold_cents"],
        dispute_days=policy["dispute_days"],
        due=tuple((one["scheduled_ahead_min"], one["due_within"]) for one in policy["due"]),
        due_on_request=policy["due_on_request"],
        holidays=frozenset(policy["holidays"]),
    )


def recheck_triggers(on: date, path: Path = POLICY / "recheck.toml") -> frozenset[str]:
    """The denials, as GROUP-REASON, after which a coverage is asked about again."""
    return frozenset(read_policy(path, on)["denials"])
