"""The compliance gate: every row of its table, its properties, and what a tenant may decide about it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.collections.compliance import rule_book
from services.collections.core.gate import (
    Act,
    Consent,
    Medium,
    Party,
    PastContact,
    Person,
    Purpose,
    RuleBook,
    Stop,
    Verdict,
    Wish,
    judge,
)
from services.collections.core.gate_rules import RULES
from shared.policy import PolicyError
from tests.collections.gate_cases import BLOCK, BOOK, CALL, DEBT, LETTER, PERSON, WARN, Row, act, at, call, contact
from tests.collections.gate_rows import ROWS


def verdict_of(row: Row, book: RuleBook = BOOK) -> Verdict:
    return judge(book, row.wish, replace(PERSON, **row.person), replace(DEBT, **row.debt), row.past)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}: {row.name}")
def test_what_the_gate_says(row: Row) -> None:
    verdict = verdict_of(row)
    found = [one for one in verdict.findings if one.rule == row.rule]
    worst = min((one.effect for one in found), key=lambda effect: effect is WARN, default=None)
    assert worst == row.says, found
    assert all(row.source in one.source and one.version in verdict.checked for one in found)
    assert row.source in BOOK.provisions[row.rule][0].source
    if row.says is BLOCK:
        assert not verdict.allowed
        assert [one.until for one in found if one.effect is BLOCK][-1] == row.until


def test_there_are_rows_for_every_rule() -> None:
    assert len(ROWS) >= 150
    assert len({(row.rule, row.name) for row in ROWS}) == len(ROWS)
    assert {row.rule for row in ROWS if row.says is not None} == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.until is not None], ids=lambda row: f"{row.rule}: {row.name}"
)
def test_what_time_alone_helps_is_over_then_and_not_before(row: Row) -> None:
    assert row.until is not None
    for when, blocked in ((row.until, False), (row.until - timedelta(seconds=1), True)):
        verdict = verdict_of(row._replace(wish=replace(row.wish, at=when)))
        assert any(one.rule == row.rule for one in verdict.blocks) == blocked


def test_a_good_day_is_allowed() -> None:
    for medium in Medium:
        verdict = judge(BOOK, contact(medium), PERSON, DEBT, ())
        assert verdict.allowed, verdict.blocks
        assert verdict.earliest is None
    assert judge(BOOK, act(Act.PLACEMENT), PERSON, DEBT, ()).allowed
    assert judge(BOOK, act(Act.SUIT), PERSON, DEBT, ()).allowed


def test_when_to_ask_again_is_the_latest_of_all_or_unknown() -> None:
    row = next(row for row in ROWS if row.name == "an eighth within seven days")
    assert verdict_of(row).earliest == at(4, 8, 0)
    assert verdict_of(row._replace(person={"has_attorney": True})).earliest is None


def test_the_same_question_has_the_same_answer() -> None:
    for row in ROWS:
        assert verdict_of(row) == verdict_of(row)


# Regimes and confirmations


def test_what_nobody_has_confirmed_blocks_in_production_and_warns_elsewhere() -> None:
    strict = replace(BOOK, confirmed=frozenset())
    verdict = judge(strict, act(Act.SUIT), PERSON, DEBT, ())
    assert {one.rule for one in verdict.blocks} == {"time_barred", "eca_days", "eca_notice", "assistance_window"}
    trial = judge(replace(strict, production=False), act(Act.SUIT), PERSON, DEBT, ())
    assert trial.allowed
    assert {one.rule for one in trial.findings} == {one.rule for one in verdict.blocks}
    assert judge(strict, contact(LETTER), PERSON, DEBT, ()).allowed, "an ordinary letter rests on nothing unconfirmed"


def test_a_regime_that_is_off_says_nothing() -> None:
    row = next(row for row in ROWS if row.name == "an eighth within seven days")
    assert verdict_of(row, replace(BOOK, switched_off=frozenset({"reg_f"}))).allowed
    never = next(row for row in ROWS if row.name == "cost sharing of a QMB")
    everything = frozenset(rule.regime for rule in RULES) - {"always"}
    assert not verdict_of(never, replace(BOOK, switched_off=everything)).allowed


def test_a_rule_has_no_say_before_its_first_day() -> None:
    early = datetime(2021, 6, 1, 16, tzinfo=UTC)
    past = tuple(call(early - timedelta(hours=n)) for n in range(8))
    assert "call_attempts/2021-11-30" not in judge(BOOK, contact(CALL, early), PERSON, DEBT, past).checked


OWN = """
[[switched_off]]
regime = "{regime}"
valid_from = 2026-02-01
by = "compliance officer"
reason = "a physician group, no hospital"

[[confirmed]]
version = "{version}"
on = 2026-01-05
by = "compliance officer"
reason = "read in the regulation"
"""


def folder_with(tmp_path: Path, own: str, common: str | None = None) -> Path:
    policy = Path(__file__).parents[2] / "services" / "collections" / "policy" / "compliance.toml"
    (tmp_path / "compliance.toml").write_text(policy.read_text() if common is None else common)
    (tmp_path / "compliance.lakeside.toml").write_text(own)
    return tmp_path


def test_a_tenant_decides_from_a_day_on(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, OWN.format(regime="tax_exempt_hospital", version="eca_days/2020-01-01"))
    before = rule_book("lakeside", date(2026, 1, 31), production=True, folder=folder)
    assert before.switched_off == frozenset()
    assert before.confirmed == {"eca_days/2020-01-01"}
    assert rule_book("lakeside", date(2026, 2, 1), production=True, folder=folder).switched_off == {
        "tax_exempt_hospital"
    }
    assert rule_book("northgate", date(2026, 2, 1), production=True, folder=folder).switched_off == frozenset()


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (OWN.format(regime="reg_g", version="eca_days/2020-01-01"), "no regime 'reg_g'"),
        (OWN.format(regime="always", version="eca_days/2020-01-01"), "holds for everybody"),
        (OWN.format(regime="reg_f", version="eca_days/2019-01-01"), "no version 'eca_days/2019-01-01'"),
        ('[[confirmed]]\nversion = "eca_days/2020-01-01"\n', "an entry has by, on, reason, version"),
    ],
)
def test_a_tenants_file_that_cannot_be_used_is_refused(tmp_path: Path, own: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words) as refused:
        rule_book("lakeside", date(2026, 3, 1), production=True, folder=folder_with(tmp_path, own))
    assert str(refused.value).startswith("compliance.lakeside.toml: ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[hours]]", "[[ours]]", "rules without figures and source: hours"),
        ("from_hour = 8, to_hour = 21", "from_hour = 8", "hours: the figures are from_hour, to_hour"),
        ("confirmed = true\n\n[[call_after", "\n[[call_after", "call_attempts: an entry lacks confirmed"),
    ],
)
def test_figures_that_are_not_whole_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    policy = Path(__file__).parents[2] / "services" / "collections" / "policy" / "compliance.toml"
    folder = folder_with(tmp_path, "", policy.read_text().replace(old, new, 1))
    with pytest.raises(PolicyError, match=words):
        rule_book("lakeside", date(2026, 3, 1), production=True, folder=folder)


# Properties

moments = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 30), timezones=st.just(UTC))  # noqa: DTZ001
past_contacts = st.builds(
    PastContact,
    debt_id=st.sampled_from(["acct_1", "acct_2"]),
    medium=st.sampled_from(Medium),
    at=moments,
    party=st.sampled_from(Party),
    address_id=st.sampled_from(["mobile", "home", "work", ""]),
    connected=st.booleans(),
    conversation=st.booleans(),
    purpose=st.sampled_from(Purpose),
)
wishes = st.one_of(
    st.builds(
        contact,
        st.sampled_from(Medium),
        moments,
        purpose=st.sampled_from(Purpose),
        party=st.sampled_from(Party),
        automated=st.booleans(),
    ),
    st.builds(act, st.sampled_from([one for one in Act if one is not Act.CONTACT]), moments),
)
people = st.builds(
    replace,
    st.just(PERSON),
    stops=st.lists(st.builds(Stop, at=moments, medium=st.none() | st.sampled_from(Medium)), max_size=2).map(tuple),
    consents=st.lists(
        st.builds(
            Consent,
            kind=st.sampled_from(["automated", "email", "more_calls", "workplace"]),
            given_at=moments,
            revoked_at=st.none() | moments,
        ),
        max_size=3,
    ).map(tuple),
    has_attorney=st.booleans(),
)


@given(wishes, people, st.lists(past_contacts, max_size=12), past_contacts)
def test_another_contact_never_makes_a_blocked_one_allowed(
    wish: Wish, person: Person, past: list[PastContact], more: PastContact
) -> None:
    before = judge(BOOK, wish, person, DEBT, past)
    after = judge(BOOK, wish, person, DEBT, [*past, more])
    assert {one.rule for one in before.blocks} <= {one.rule for one in after.blocks}


@given(wishes, people, st.lists(past_contacts, max_size=8), st.randoms())
def test_the_order_of_what_is_known_says_nothing(
    wish: Wish, person: Person, past: list[PastContact], dice: Any
) -> None:
    shuffled = list(past)
    dice.shuffle(shuffled)
    assert judge(BOOK, wish, person, DEBT, past) == judge(BOOK, wish, person, DEBT, shuffled)


@given(wishes, people, st.lists(past_contacts, max_size=8), st.sets(st.sampled_from([rule.regime for rule in RULES])))
def test_fewer_regimes_never_block_more(wish: Wish, person: Person, past: list[PastContact], off: set[str]) -> None:
    strict = judge(BOOK, wish, person, DEBT, past)
    loose = judge(replace(BOOK, switched_off=frozenset(off - {"always"})), wish, person, DEBT, past)
    assert set(loose.findings) <= set(strict.findings)
