"""The nightly list: the house asks by itself about services ahead and about claims whose payer could not answer."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core import Check, Outcome
from services.eligibility.core.night import (
    ID,
    KIND,
    Night,
    NightBook,
    NightGathered,
    NightMessage,
    NightTerms,
    night_decider,
    wanted,
)
from services.eligibility.night_policy import night_book
from services.eligibility.policies import inquiry_policy
from shared.contracts import CoverageChecked, CoverageVerified, EligibilityUnknown
from shared.decider import Due, Snapshot
from shared.policy import PolicyError
from shared.store.port import Key
from tests.eligibility.house import TENANT, House, post, question
from tests.eligibility.test_batches import Clearinghouse
from tests.eligibility.test_check import AT, meta, received
from tests.eligibility.test_followups import claim

POLICY = inquiry_policy(date(2026, 6, 1))
TERMS = NightTerms()
NIGHT = night_decider(NightBook({}), POLICY)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    built.machine.clock.time = AT
    yield built
    await built.close()


def by_file(house: House, **trouble: int) -> Clearinghouse:
    """Files go to a clearinghouse, single questions to payers as they are."""
    at_once = house.answer
    clearinghouse = Clearinghouse(house, **trouble)

    async def answer(request: httpx.Request) -> httpx.Response:
        return await (clearinghouse.answer if "/batch" in request.url.path else at_once)(request)

    house.answer = answer  # type: ignore[method-assign]
    return clearinghouse


async def to(house: House, moment: datetime) -> None:
    house.machine.clock.time = moment
    await house.settle()


async def shown(house: House) -> Night:
    night = next(one for one in house.spec.deciders if one.kind == KIND)
    key = Key(TENANT, ID)
    answer: Night = (await house.machine.store.load(night, (key,)))[key].snapshot.state
    return answer


async def next_night(house: House) -> datetime:
    at = (await shown(house)).next_at
    assert at is not None
    return at


async def until_rest(house: House, hours: int = 20) -> None:
    for _ in range(hours):
        await to(house, house.machine.clock.time + timedelta(hours=1))


async def test_a_claim_whose_payer_was_down_all_day_is_asked_about_at_night_and_goes_on(house: House) -> None:
    house.payers["RC102"] = lambda _: 503
    files = by_file(house)
    await house.hears(await claim(house, "c1"), await claim(house, "c2"))
    assert (await shown(house)).next_at is None, "the payer may still answer"
    await until_rest(house)
    told = house.events(EligibilityUnknown)
    assert {one.claim_id for one in told} == {"c1", "c2"}
    at = await next_night(house)
    assert at.astimezone(UTC).hour == 6, "one o'clock in Chicago, in summer"
    await to(house, at)
    assert [len(files.inquiries(n)) for n in range(len(files.files))] == [1], "two claims share one question"
    await to(house, at + timedelta(minutes=2))
    assert {one.claim_id for one in house.events(CoverageVerified)} == {"c1", "c2"}
    client = house.client()
    said = (await client.get("/nightly")).json()
    assert (said["next_at"], said["last"]["asked"], len(said["last"]["batches"])) == (None, 1, 1)
    batch = (await client.get(f"/batches/{said['last']['batches'][0]}")).json()
    assert (batch["status"], batch["answered"]) == ("closed", 1)


async def test_a_payer_that_is_down_at_night_is_tried_until_its_time_is_over_and_the_next_night_again(
    house: House,
) -> None:
    house.payers["RC102"] = lambda _: 503
    down = by_file(house, refuses=10_000)
    await house.hears(await claim(house, "c1"))
    await until_rest(house)
    nights: list[datetime] = []
    while (at := (await shown(house)).next_at) is not None:
        nights.append(at)
        before = down.refuses
        await to(house, nights[-1])
        await until_rest(house, 23)
        assert before - down.refuses > 10, "it is tried all day"
    assert len(nights) == len(set(nights))
    assert 12 <= len(nights) <= NightTerms().back_days, "it ends, some weeks after the service"
    assert house.events(EligibilityUnknown)[-1].claim_id == "c1"


async def test_tomorrows_services_are_asked_about_once_more_and_old_answers_before(house: House) -> None:
    clearinghouse = by_file(house)
    days = {"near": AT + timedelta(days=2), "far": AT + timedelta(days=12), "past": AT - timedelta(days=1)}
    rows = [
        question(f"cov_{name}", "RC101", day.date().isoformat(), account_id=f"acct_{name}")
        for name, day in days.items()
    ]
    for row in rows:
        await post(house.client(), "/checks", row, row["account_id"])
    await house.settle()
    asked: dict[date, list[date]] = {}
    seen = 0
    for _ in range(14):
        at = (await shown(house)).next_at
        if at is None:
            break
        await to(house, at)
        await to(house, at + timedelta(minutes=5))
        night = house.machine.clock.time.date()
        for n in range(seen, len(clearinghouse.files)):
            asked.setdefault(night, []).extend(
                one.service_date for one in clearinghouse.inquiries(n) if one.service_date
            )
        seen = len(clearinghouse.files)
    near, far = days["near"].date(), days["far"].date()
    assert asked == {
        near - timedelta(days=1): [near],
        AT.date() + timedelta(days=7): [far],
        far - timedelta(days=1): [far],
    }
    assert (await shown(house)).next_at is None, "nothing is ahead any more: the list sleeps"
    assert {one.reason for one in house.events(CoverageChecked)} == {"person", "batch"}


async def test_a_payer_that_takes_files_only_is_asked_for_its_claims_at_night(house: House) -> None:
    directory = POLICY.directory
    files_only = next(
        name
        for name in directory.payers
        if directory.of(name, AT.date()).batch and not directory.of(name, AT.date()).real_time
    )
    clearinghouse = by_file(house)
    await house.hears(await claim(house, "c1", files_only))
    [unknown] = house.events(EligibilityUnknown)
    assert unknown.cause == "no_real_time_eligibility"
    at = await next_night(house)
    await to(house, at)
    await to(house, at + timedelta(minutes=5))
    assert len(clearinghouse.files) == 1
    assert [one.claim_id for one in house.events(CoverageVerified)] == ["c1"]


async def test_what_a_crash_interrupts_is_asked_for_once(house: House) -> None:
    house.payers["RC102"] = lambda _: 503
    files = by_file(house)
    await house.hears(await claim(house, "c1"))
    await until_rest(house)
    at = await next_night(house)
    worker = next(one for one in house.workers if one._decider.kind == KIND)
    [performer] = worker._performers.values()

    async def dies(*said: Any) -> Any:
        await performer(*said)
        worker._performers = dict.fromkeys(worker._performers, performer)
        raise ConnectionError

    worker._performers = dict.fromkeys(worker._performers, dies)
    await to(house, at)
    for _ in range(12):
        await to(house, house.machine.clock.time + timedelta(minutes=5))
    assert len(files.files) == 1
    assert (await shown(house)).asked == 1
    assert [one.claim_id for one in house.events(CoverageVerified)] == ["c1"]


def check(days: int, status: Any = "active", answered: int | None = 30, **more: Any) -> Check:
    """A check of a service so many days from now, answered so many days ago."""
    at = None if answered is None else AT - timedelta(days=answered)
    outcome = Outcome(status=status, **more)
    service = AT.date() + timedelta(days=days)
    return Check("acct_1", "cov_1", "RC101", "1234567893", service, outcome=outcome, answered_at=at)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (check(1, answered=3), "ahead"),
        (check(1, answered=0), None),
        (check(5, answered=3), None),
        (check(5, answered=7), "ahead"),
        (check(5, answered=None), "ahead"),
        (check(15), None),
        (check(-3, "unavailable"), "waiting"),
        (check(-3, "rejected", reject_codes=("42",)), "waiting"),
        (check(-3, "rejected", reject_codes=("75",)), None),
        (check(-3, "inactive"), None),
        (check(-31, "unavailable"), None),
        (Check("acct_1", "cov_1", "RC101", "1234567893", AT.date()), None),
    ],
)
def test_what_stands_on_the_list(one: Check, why: str | None) -> None:
    assert wanted(TERMS, POLICY, one, AT.date()) == why


def test_the_shipped_terms_are_dated_and_a_zone_that_is_none_is_named(tmp_path: Path) -> None:
    terms = night_book().of("anybody", AT.date())
    assert terms.next_after(datetime(2026, 1, 5, 12, tzinfo=UTC)) == datetime(2026, 1, 6, 7, tzinfo=UTC)
    wrong = tmp_path / "nightly.toml"
    wrong.write_text(
        '[[default]]\nvalid_from = 2020-01-01\nsource = "s"\nowner = "o"\nvalue = { at = 01:00:00, zone = "Mars/One", '
        "eve_days = 1, ahead_days = 1, older_than_days = 1, back_days = 1, inquiries_max = 1 }\n"
    )
    with pytest.raises(PolicyError, match="default: zone"):
        night_book(wrong)


def unknown(n: int, when: datetime) -> EligibilityUnknown:
    one = received(f"c{n}")
    return EligibilityUnknown(
        meta=meta(f"unknown/{n}").model_copy(update={"occurred_at": when}),
        account_id="acct_1",
        coverage_id="cov_1",
        payer_id="RC101",
        service_date=one.service_from,
        claim_id=one.claim_id,
        reason="payer_unavailable",
    )


def checked(n: int, when: datetime, days: int) -> CoverageChecked:
    return CoverageChecked(
        meta=meta(f"checked/{n}").model_copy(update={"occurred_at": when}),
        account_id="acct_1",
        coverage_id="cov_1",
        payer_id="RC101",
        service_date=when.date() + timedelta(days=days),
        request_id=f"r{n}",
        reason="person",
        status="active",
    )


def play(steps: list[int | None]) -> list[NightMessage]:
    """News, an hour later each (None: a claim waits; a number: somebody asks so many days ahead), and nights."""
    snapshot, messages, when = Snapshot(NIGHT.initial), list[NightMessage](), AT
    for n, step in enumerate(steps):
        when += timedelta(hours=1)
        said: list[NightMessage] = []
        at = snapshot.state.next_at
        if at is not None and at <= when:
            said.append(
                Due(
                    meta=meta(f"due/{n}").model_copy(update={"occurred_at": when}),
                    aggregate_id=ID,
                    kind=KIND,
                    due_at=at,
                )
            )
        said += [
            NightGathered(
                meta=meta(f"gathered/{one}").model_copy(update={"occurred_at": when, "causation": one}), asked=1, left=0
            )
            for one in snapshot.effects
        ]
        said.append(unknown(n, when) if step is None else checked(n, when, step))
        messages += said
        snapshot = NIGHT.run(snapshot, said).snapshot
    return messages


@given(st.lists(st.none() | st.integers(-3, 4), max_size=60), st.data())
def test_batching_is_invisible_and_redelivery_wakes_nobody(steps: list[int | None], data: st.DataObject) -> None:
    messages = play(steps)
    whole = NIGHT.start(*messages)
    cut = data.draw(st.integers(0, len(messages)))
    head = NIGHT.start(*messages[:cut])
    tail = NIGHT.run(head.snapshot, messages[cut:])
    assert (tail.snapshot, head.entries + tail.entries) == (whole.snapshot, whole.entries)
    assert NIGHT.fold(whole.facts) == whole.snapshot.state
    news = [one for one in messages if not isinstance(one, Due)]
    assert not NIGHT.run(whole.snapshot, news).changed
