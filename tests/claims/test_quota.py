"""Token buckets: never negative, refilled exactly, and the sum taken does not depend on the order of takers."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.policies import quota_book
from services.claims.quota import COST, Bucket, Entry, Quota, QuotaBook, by_turns, full, refilled, take
from services.claims.quotas import TENANTS_MAX, Quotas, whole_seconds
from shared.policy import PolicyError

START = datetime(2026, 7, 1, 8, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

quotas = st.builds(Quota, st.integers(1, 100_000), st.integers(1, 10_000), st.just(1))
gaps = st.integers(-1_000_000, 120_000_000).map(lambda n: n * MICROSECOND)
takes = st.lists(st.tuples(gaps, st.integers(0, 500)), max_size=30)


@given(quotas, takes)
def test_a_bucket_is_never_negative_and_never_over_its_burst(quota: Quota, wanted: list[tuple[timedelta, int]]) -> None:
    bucket, now = full(quota, START), START
    for gap, claims in wanted:
        now += gap
        bucket = take(quota, bucket, now, claims).bucket
        assert 0 <= bucket.level <= quota.burst_claims * COST


@given(quotas, takes)
def test_never_more_than_burst_and_rate_allow(quota: Quota, wanted: list[tuple[timedelta, int]]) -> None:
    bucket, now, given_out, forward = full(quota, START), START, 0, timedelta(0)
    for gap, claims in wanted:
        now, forward = now + gap, forward + max(gap, timedelta(0))
        taken = take(quota, bucket, now, claims)
        bucket = taken.bucket
        given_out += claims if taken.wait is None else 0
        assert given_out * COST <= quota.burst_claims * COST + quota.claims_a_minute * (forward // MICROSECOND)


@given(quotas, st.integers(0, 10_000), st.lists(st.integers(0, 50_000_000), max_size=10))
def test_a_refill_is_exact_however_often_it_is_looked_at(quota: Quota, level: int, steps: list[int]) -> None:
    bucket = Bucket(min(level, quota.burst_claims) * COST, START)
    now, looked = START, bucket
    for step in steps:
        now += step * MICROSECOND
        looked = refilled(quota, looked, now)
    assert looked == refilled(quota, bucket, now)
    assert looked.level == min(bucket.level + sum(steps) * quota.claims_a_minute, quota.burst_claims * COST)


@given(quotas, st.permutations([1, 2, 3, 5, 8, 13]), st.data())
def test_the_sum_taken_does_not_depend_on_the_order(quota: Quota, order: list[int], data: st.DataObject) -> None:
    """Of takers that all fit, at one moment; and of takers of one claim each, whether they fit or not."""
    enough = Quota(quota.claims_a_minute, quota.burst_claims + sum(order), 1)
    bucket, ordered = full(enough, START), full(enough, START)
    for claims, other in zip(order, sorted(order), strict=True):
        bucket, wait = take(enough, bucket, START, claims)
        ordered = take(enough, ordered, START, other).bucket
        assert wait is None
    assert bucket == ordered
    asked = data.draw(st.integers(0, 2 * quota.burst_claims))
    bucket, served = full(quota, START), 0
    for _ in range(asked):
        bucket, wait = take(quota, bucket, START, 1)
        served += wait is None
    assert served == min(asked, quota.burst_claims)


@given(quotas, st.integers(1, 10_000), st.integers(0, 10_000), st.integers(-1_000_000, 1_000_000))
def test_the_wait_is_the_first_moment_at_which_it_is_paid(quota: Quota, claims: int, level: int, drift: int) -> None:
    claims = min(claims, quota.burst_claims)
    bucket = Bucket(min(level, quota.burst_claims) * COST, START)
    now = START + drift * MICROSECOND
    taken = take(quota, bucket, now, claims)
    if taken.wait is None:
        assert refilled(quota, bucket, now).level - taken.bucket.level == claims * COST
        return
    assert taken.bucket == refilled(quota, bucket, now), "nothing is taken in part"
    assert take(quota, taken.bucket, now + taken.wait, claims).wait is None
    assert take(quota, taken.bucket, now + taken.wait - MICROSECOND, claims).wait is not None


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.lists(st.integers(), max_size=6), max_size=5))
def test_turns_lose_nobody_and_let_nobody_wait_for_anothers_second(waiting: dict[str, list[int]]) -> None:
    turns = by_turns(waiting, 1000)
    assert {name: [one for whose, one in turns if whose == name] for name in waiting} == waiting
    rounds = [[whose for whose, _ in turns[:n]].count(whose) for n, (whose, _) in enumerate(turns)]
    assert rounds == sorted(rounds), "a second file is taken after everybody's first"
    assert by_turns(waiting, 3) == turns[:3]


def test_a_tenants_own_quota_wins_and_the_latest_in_force() -> None:
    one, two, three = (Quota(n, n, n) for n in (1, 2, 3))
    book = QuotaBook(
        (
            Entry("*", date(2000, 1, 1), one),
            Entry("lakeside", date(2026, 1, 1), two),
            Entry("lakeside", date(2027, 1, 1), three),
        )
    )
    assert book.of("lakeside", date(2025, 12, 31)) == one
    assert book.of("lakeside", date(2026, 7, 1)) == two
    assert book.of("lakeside", date(2027, 1, 1)) == three
    assert book.of("northgate", date(2027, 1, 1)) == one


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("claims_a_minute = 12000", ""), "entry 1 lacks claims_a_minute"),
        (("burst_claims = 60000", "burst_claims = 0"), "must be whole numbers from 1"),
        (("files_unread = 50", "files_unread = true"), "must be whole numbers from 1"),
        (('tenant = "*"', 'tenant = "lakeside"'), 'an entry with tenant = "*"'),
    ],
)
def test_a_file_that_leaves_a_tenant_without_a_quota_is_refused(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    house = Path("services/claims/policy/quotas.toml").read_text()
    assert change[0] in house
    (tmp_path / "quotas.toml").write_text(house.replace(*change))
    with pytest.raises(PolicyError, match=r"quotas\.toml") as refused:
        quota_book(tmp_path / "quotas.toml")
    assert said in str(refused.value)


def test_buckets_of_tenants_that_rest_are_forgotten_and_nobody_gains_by_it() -> None:
    kept = Quotas(QuotaBook((Entry("*", date(2000, 1, 1), Quota(1, 2, 1)),)))
    assert kept.charge("busy", 2, START) is None
    for n in range(TENANTS_MAX + 10):
        assert kept.charge(f"t{n}", 0, START) is None
    assert len(kept._buckets) < TENANTS_MAX
    assert kept.charge("busy", 1, START) == timedelta(minutes=1)
    assert kept.wait_for("busy", 1000, START) == timedelta(minutes=2), "more than the burst is never there"


def test_a_clock_that_was_set_back_by_a_year_makes_nobody_wait_for_a_year() -> None:
    quota = Quota(60, 1, 1)
    empty = take(quota, full(quota, START), START, 1).bucket
    back = START - timedelta(days=365)
    assert take(quota, empty, back, 1).wait == timedelta(seconds=1)


def test_retry_after_is_never_too_early() -> None:
    waits = [timedelta(0), MICROSECOND, timedelta(seconds=1), timedelta(seconds=1, microseconds=1)]
    assert [whole_seconds(wait) for wait in waits] == [1, 1, 1, 2]
