"""The rules of plans as files: what a client may write, what it must confirm, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from services.collections.core.plan_policy import AutopayRules
from services.collections.plan_policies import plan_book
from services.collections.policies import POLICY_FOLDER
from shared.policy import PolicyError

DAY = date(2026, 7, 1)
SHIPPED = (POLICY_FOLDER / "plans.toml").read_text()
CONFIRMED = """
[[confirmed]]
version = "autopay/2020-01-01"
on = 2026-01-05
by = "compliance officer"
reason = "read with the bank"
"""


def folder_with(root: Path, common: str = SHIPPED, own: str = "") -> Path:
    (root / "plans.toml").write_text(common)
    if own:
        (root / "plans.lakeside.toml").write_text(own)
    return root


def test_production_takes_and_settles_nothing_until_a_client_says_so(tmp_path: Path) -> None:
    shipped = plan_book().on("lakeside", DAY)
    assert (shipped.autopay, shipped.settlement) == (None, None)
    assert [one.name for one in shipped.variants] == ["standard", "hardship", "large_balance"]
    book = plan_book(folder_with(tmp_path, own=CONFIRMED))
    assert isinstance(book.on("lakeside", DAY).autopay, AutopayRules)
    assert book.on("northgate", DAY).autopay is None
    assert "autopay/2020-01-01" in book.on("lakeside", DAY).versions
    assert plan_book(production=False).on("lakeside", DAY).settlement is not None


def test_a_clients_own_section_takes_the_place_of_the_common_one(tmp_path: Path) -> None:
    conduct = SHIPPED[SHIPPED.index("[[conduct]]") : SHIPPED.index("[[autopay]]")]
    own = conduct.replace("re_ages_max = 1", "re_ages_max = 2").replace("2020-01-01\nsource", "2026-06-01\nsource")
    book = plan_book(folder_with(tmp_path, own=own))
    before, after = book.on("lakeside", date(2026, 5, 31)), book.on("lakeside", DAY)
    assert before.conduct is not None
    assert before.conduct.re_ages_max == 1
    assert after.conduct is not None
    assert after.conduct.re_ages_max == 2
    assert len(after.variants) == 3
    others = book.on("northgate", DAY).conduct
    assert others is not None
    assert others.re_ages_max == 1


def test_without_a_file_nothing_is_offered(tmp_path: Path) -> None:
    rules = plan_book(tmp_path).on("lakeside", DAY)
    assert (rules.variants, rules.conduct, rules.versions) == ((), None, ())


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (("lengths = [3, 6, 12]", "lengths = []"), "lengths"),
        (("down_payment_percent = 10", "down_payment_percent = 100"), "0 to 99"),
        (('owner = "compliance"', ""), "lacks owner"),
        (('closed_days = "next"', 'closed_days = "sometime"'), "closed_days"),
        (("retry_after_days = [3, 7]", "retry_after_days = [0]"), "retry_after_days"),
        (('soft = ["insufficient_funds"', 'soft = ["R02"'), "in one of the two"),
        (("most_percent = 50", "most_percent = 100"), "1 to 99"),
        (("operator = 30", "operator = 60"), "up to most"),
        (("offer_days = 14", "offer_days = 14\nfriendly = true"), "friendly"),
        (("[[settlement]]", "[[bargain]]"), "no such section"),
    ],
)
def test_rules_that_contradict_themselves_are_refused_with_their_place(
    tmp_path: Path, instead: tuple[str, str], why: str
) -> None:
    assert instead[0] in SHIPPED
    with pytest.raises(PolicyError, match=why):
        plan_book(folder_with(tmp_path, SHIPPED.replace(*instead)))


@pytest.mark.parametrize(
    "own", [CONFIRMED.replace("autopay/2020", "autopay/1999"), CONFIRMED.replace('by = "compliance officer"\n', "")]
)
def test_a_confirmation_names_a_version_and_who_why_and_when(tmp_path: Path, own: str) -> None:
    with pytest.raises(PolicyError, match="confirmed: an entry has"):
        plan_book(folder_with(tmp_path, own=own))
