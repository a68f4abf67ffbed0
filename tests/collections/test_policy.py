"""The policy as shipped, and what a policy file is refused for."""

import shutil
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.collections.core import DunningPolicy, PolicyBook, PolicyError, ReminderLevel
from services.collections.policies import POLICY_FOLDER, letterheads, policy_book
from shared.policy import PolicyError as FilePolicyError
from tests.collections.story import POLICY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(POLICY_FOLDER / "dunning.toml", tmp_path)
    return tmp_path


def test_the_shipped_policy_is_the_one_the_stories_live_by() -> None:
    (shipped,) = policy_book().policies
    same_name = replace(POLICY, name=shipped.name, valid_from=shipped.valid_from, agency_id=shipped.agency_id)
    assert shipped == same_name


def test_a_tenant_names_only_the_figures_that_differ(folder: Path) -> None:
    add(folder / "dunning.northgate.toml", "plan_grace_days", "2026-01-01", "3")
    # Before its own first entry the tenant has no figure of its own: its policy begins with it.
    book = policy_book(folder)
    assert book.on("northgate", date(2026, 2, 1)).plan_grace_days == 3
    assert book.on("northgate", date(2026, 2, 1)).write_off_after_days == 30
    assert book.on("lakeside", date(2026, 2, 1)).plan_grace_days == 10


def test_a_new_entry_is_a_new_version_from_its_day(folder: Path) -> None:
    add(folder / "dunning.toml", "write_off_after_days", "2026-08-01", "60")
    book = policy_book(folder)
    assert book.on("lakeside", date(2026, 7, 31)).write_off_after_days == 30
    after = book.on("lakeside", date(2026, 8, 1))
    assert (after.write_off_after_days, after.name) == (60, "*/2026-08-01")
    assert book.named("*/2020-01-01").write_off_after_days == 30


def test_a_placement_below_the_floor_is_refused(folder: Path) -> None:
    add(folder / "dunning.toml", "placement_after_days", "2026-08-01", "119")
    with pytest.raises(
        FilePolicyError, match=r"dunning.toml: from 2026-08-01: placement_after_days: not below its floor"
    ):
        policy_book(folder)


def test_a_figure_that_nobody_knows_is_refused(folder: Path) -> None:
    add(folder / "dunning.northgate.toml", "plan_grace_dayz", "2026-01-01", "3")
    with pytest.raises(FilePolicyError, match="plan_grace_dayz: no such figure"):
        policy_book(folder)


@pytest.mark.parametrize(
    "broken",
    [
        {"reminders": (ReminderLevel(day=60), ReminderLevel(day=30))},
        {"reminders": (ReminderLevel(day=30), ReminderLevel(day=33))},
        {"reminders": (ReminderLevel(day=30, final=True), ReminderLevel(day=60))},
        {"reminders": (ReminderLevel(day=0),)},
        {"letter_gap_days": 0},
        {"statement_every_days": 6},
        {"retry_after_days": 0},
        {"write_off_after_days": -1},
        {"small_balance_cents": -1},
        {"plan_installments_max": 0},
        {"plan_installment_min_cents": 0},
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        replace(POLICY, **broken)


def test_a_day_without_a_policy_is_an_error_and_no_guess() -> None:
    book = PolicyBook((POLICY,))
    with pytest.raises(PolicyError, match="no dunning policy is in force"):
        book.on("lakeside", date(2025, 12, 31))
    with pytest.raises(PolicyError, match="never removed"):
        book.named("*/1999-01-01")
    with pytest.raises(PolicyError, match="one version a day"):
        PolicyBook((POLICY, POLICY))


def test_every_tenant_of_the_samples_has_a_letterhead() -> None:
    assert {"lakeside", "northgate"} <= letterheads().keys()


def test_every_figure_names_its_source_and_owner() -> None:
    figures = tomllib.loads((POLICY_FOLDER / "dunning.toml").read_text())
    fields = set(DunningPolicy.__dataclass_fields__) - {
        "name",
        "tenant",
        "valid_from",
        "variant",
        "rank",
        "applies",
        "laws",
    }
    assert figures.keys() == fields
    assert all(entry["source"] and entry["owner"] for entries in figures.values() for entry in entries)


def add(path: Path, name: str, valid_from: str, value: str) -> None:
    text = path.read_text() if path.exists() else ""
    entry = f'\n[[{name}]]\nvalid_from = {valid_from}\nvalue = {value}\nsource = "test"\nowner = "test"\n'
    path.write_text(text + entry)
