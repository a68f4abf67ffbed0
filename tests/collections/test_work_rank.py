"""In which queue an account is and why; and what is refused of the figures that say so."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from services.collections.core.work_messages import PutOffAccount, TakeComplaint
from services.collections.core.work_rank import Rank, rank
from services.collections.policies import POLICY_FOLDER
from services.collections.work_policies import work_book
from shared.policy import PolicyError
from tests.collections.story import ACCOUNT, Story, meta, on, start_plan

BOOK = work_book()


def ranked(story: Story) -> Rank | None:
    return rank(BOOK, story.account)


def complained(story: Story) -> Story:
    given: dict[str, Any] = {"kind": "conduct", "channel": "phone", "received_on": on(story.today)}
    taken = TakeComplaint(
        meta=meta("complaint", story.today), account_id=ACCOUNT, complaint_id="cpl_1", sealed_words="sealed", **given
    )
    return story.tell(taken)


def overdue(cents: int) -> Story:
    return Story().owes(cents).lives_to(35)


def test_an_overdue_balance_is_a_persons_from_the_limit_on() -> None:
    assert ranked(overdue(999_99)) is None
    found = ranked(overdue(1_000_00))
    assert found is not None
    assert (found.queue, found.cause, found.points) == ("balances", "high_balance", 20 + 10 + 8)


def test_a_kept_plan_leaves_the_queue_and_a_complaint_does_not() -> None:
    story = overdue(1_000_00).tell(start_plan(35, 40, installments=3))
    assert ranked(story) is None
    found = ranked(complained(story))
    assert found is not None
    assert (found.queue, found.reasons[0].name) == ("complaints", "complaint")


def test_what_is_put_off_waits_and_a_complaint_does_not_wait() -> None:
    story = overdue(1_000_00).tell(PutOffAccount(meta=meta("wait", 35), account_id=ACCOUNT, until=on(50)))
    assert ranked(story) is None
    assert ranked(complained(story)) is not None


def test_what_could_not_go_out_names_what_it_was_and_why() -> None:
    story = Story().owes(300_00).delivers("failed", "address_missing")
    found = ranked(story)
    assert found is not None
    assert (found.queue, found.reasons[0].why) == ("addresses", "statement could not go out: address_missing")


def test_the_strongest_cause_names_the_queue_and_every_reason_counts() -> None:
    story = Story().owes(6_000_00).delivers("failed", "address_missing")
    found = ranked(complained(story))
    assert found is not None
    assert [one.name for one in found.reasons] == ["complaint", "undelivered", "balance"]
    assert (found.points, found.band) == (90 + 40 + 30, 1)
    assert found.version == "*/work/2020-01-01"


def test_what_is_over_is_in_no_queue() -> None:
    assert ranked(overdue(2_000_00).owes(0)) is None


def test_a_tenants_own_order_counts_from_its_day(tmp_path: Path) -> None:
    shutil.copy(POLICY_FOLDER / "work.toml", tmp_path)
    own = 'valid_from = 2026-07-20\nvalue = 5000\nsource = "tried out"\nowner = "tests"\n'
    (tmp_path / "work.lakeside.toml").write_text(f"[[high_balance_cents]]\n{own}")
    book = work_book(tmp_path)
    found = rank(book, overdue(100_00).account)
    assert found is not None
    assert found.version == "lakeside/work/2026-07-20"
    assert rank(book, Story(tenant="hillside").owes(100_00).lives_to(35).account) is None
    assert [book.on("lakeside", on(day)).high_balance_cents for day in (18, 19)] == [1_000_00, 50_00]


@pytest.mark.parametrize(
    ("figure", "value", "why"),
    [
        ("bands", "[{ band = 1, from = 10 }]", "none takes what has 0 points"),
        ("bands", "[{ band = 1, from = 10 }, { band = 1, from = 0 }]", "one is named twice"),
        ("causes", '[{ name = "gossip", queue = "calls", points = 1 }]', "causes: 0.name"),
        ("causes", '[{ name = "dispute", queue = "My Queue", points = 1 }]', "causes: 0.queue"),
        ("contact_cost_cents", "{ letter = -1 }", "contact_cost_cents: letter"),
        ("mood", "1", "mood: no such figure"),
    ],
)
def test_figures_that_make_no_order_are_refused_with_where_and_why(
    tmp_path: Path, figure: str, value: str, why: str
) -> None:
    shutil.copy(POLICY_FOLDER / "work.toml", tmp_path)
    entry = f'[[{figure}]]\nvalid_from = 2026-01-01\nvalue = {value}\nsource = "tests"\nowner = "tests"\n'
    (tmp_path / "work.lakeside.toml").write_text(entry)
    with pytest.raises(PolicyError) as refused:
        work_book(tmp_path)
    assert "work.lakeside.toml" in str(refused.value)
    assert why in str(refused.value)
