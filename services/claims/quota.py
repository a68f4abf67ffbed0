"""What a tenant may send: a token bucket each. Pure: the time is given, and arithmetic is in whole numbers.

A claim costs one, a file one and each claim in it one. A refill is exact however often it is looked at: a microsecond
adds the rate (claims a minute) to the level, and a claim costs as much as a minute has microseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice, zip_longest
from typing import NamedTuple, TypeVar

T = TypeVar("T")

ANY_TENANT = "*"
MICROSECOND = timedelta(microseconds=1)
COST = timedelta(minutes=1) // MICROSECOND
"""Of one claim, in units of the level."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A tenant's share of one process.

    `claims_a_minute` refill, at most `burst_claims` are saved up, and `files_unread` files wait to be read at once.
    """

    claims_a_minute: int
    burst_claims: int
    files_unread: int

    def __post_init__(self) -> None:
        if min(self.claims_a_minute, self.burst_claims, self.files_unread) < 1:
            msg = "claims_a_minute, burst_claims and files_unread must each be 1 or more"
            raise ValueError(msg)


class Bucket(NamedTuple):
    """How much is left (in units, see `COST`), and when that was true."""

    level: int
    at: datetime


class Taken(NamedTuple):
    """The bucket afterwards, and how long to wait when it held too little: nothing was taken then."""

    bucket: Bucket
    wait: timedelta | None


def full(quota: Quota, now: datetime) -> Bucket:
    """The bucket of a tenant that was not heard of."""
    return Bucket(quota.burst_claims * COST, now)


def refilled(quota: Quota, bucket: Bucket, now: datetime) -> Bucket:
    """The bucket at `now`. A clock that was set back neither fills nor empties it, and it fills from there on."""
    gained = max((now - bucket.at) // MICROSECOND, 0) * quota.claims_a_minute
    return Bucket(min(bucket.level + gained, quota.burst_claims * COST), now)


def take(quota: Quota, bucket: Bucket, now: datetime, claims: int) -> Taken:
    """All of `claims`, or none and the time until they are there. More than the burst never are: ask for less."""
    bucket = refilled(quota, bucket, now)
    missing = claims * COST - bucket.level
    if missing <= 0:
        return Taken(bucket._replace(level=-missing), None)
    return Taken(bucket, -(-missing // quota.claims_a_minute) * MICROSECOND)


@dataclass(frozen=True, slots=True)
class Entry:
    """A quota of one tenant, or of any (`ANY_TENANT`), from a day on."""

    tenant: str
    valid_from: date
    quota: Quota


@dataclass(frozen=True, slots=True)
class QuotaBook:
    """Every dated quota."""

    entries: tuple[Entry, ...]

    def of(self, tenant: str, on: date) -> Quota:
        """The tenant's own quota in force, or else that of any tenant; LookupError when there is neither."""
        for name in (tenant, ANY_TENANT):
            valid = [entry for entry in self.entries if entry.tenant == name and entry.valid_from <= on]
            if valid:
                return max(valid, key=lambda entry: entry.valid_from).quota
        msg = f"no quota is in force on {on}"
        raise LookupError(msg)


def by_turns(waiting: Mapping[str, Sequence[T]], limit: int) -> list[tuple[str, T]]:
    """One of each name, then the next of each, and so on: who has much waiting waits for itself."""
    rounds: Iterable[tuple[tuple[str, T] | None, ...]] = zip_longest(
        *([(name, one) for one in items] for name, items in waiting.items())
    )
    return list(islice((one for turn in rounds for one in turn if one is not None), limit))
