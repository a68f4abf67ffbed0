"""Loads the service's dated policy files."""

from datetime import date, timedelta
from pathlib import Path

from services.eligibility.core import InquiryPolicy
from shared.policy import read_policy

POLICY_FILE = Path(__file__).parent / "policy" / "inquiry.toml"


def inquiry_policy(on: date, path: Path = POLICY_FILE) -> InquiryPolicy:
    """The policy in force on a date."""
    policy = read_policy(path, on)
    return InquiryPolicy(
        retry_codes=frozenset(policy["retry_codes"]),
        waits=tuple(timedelta(minutes=minutes) for minutes in policy["waits_minutes"]),
    )
