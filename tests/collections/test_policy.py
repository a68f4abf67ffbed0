"""The policy as shipped, and what a policy file is refused for."""

import shutil
import tomllib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.collections.core import DunningPolicy, PolicyBook, PolicyError, ReminderLevel
from services.collections.core.policy_charges import LateCharge
from services.collections.core.policy_conditions import Condition
from services.collections.core.policy_levels import Ending
from services.collections.policies import POLICY_FOLDER, all_versions, letterheads, policy_book
from services.collections.policy_activations import ACTIVATIONS, Activation, activate, digest_of
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


def test_a_tenant_has_a_second_policy_for_some_accounts(folder: Path) -> None:
    add(folder / "dunning.northgate.toml", "plan_grace_days", "2026-01-01", "3")
    add(folder / "dunning.northgate.self_pay.toml", "applies", "2026-01-01", '{ segments = ["self_pay"] }')
    add(folder / "dunning.northgate.self_pay.toml", "write_off_after_days", "2026-01-01", "90")
    (variant,) = (one for one in policy_book(folder).policies if one.variant)
    assert (variant.name, variant.tenant) == ("northgate.self_pay/2026-01-01", "northgate")
    # It begins where the tenant's own policy does, and differs where it says so.
    assert (variant.plan_grace_days, variant.write_off_after_days, variant.applies.segments) == (3, 90, ("self_pay",))


@pytest.mark.parametrize(
    ("file", "name", "value", "fault"),
    [
        ("dunning.northgate.toml", "applies", "{}", "applies: no such figure"),
        ("dunning.northgate.poor.toml", "plan_grace_days", "3", "applies: a second policy says for whom it is"),
        ("dunning.toml", "reminders", "[{ day = 30, chanels = [] }]", r"reminders: 0\.chanels: Unexpected"),
        (
            "dunning.toml",
            "reminders",
            '[{ day = 30, channels = ["fax"] }]',
            r"reminders: 0\.channels\.0: Input should be",
        ),
        (
            "dunning.toml",
            "reminders",
            '[{ day = 30, template = "nothing" }]',
            "level 1: template: there is no 'nothing'",
        ),
        ("dunning.toml", "reminders", "[{ day = 30, when = { owed = 3 } }]", r"reminders: 0\.when\.owed: Unexpected"),
        ("dunning.toml", "endings", '[{ action = "jail", day = 200 }]', r"endings: 0\.action: Input should be"),
        ("dunning.toml", "endings", '[{ action = "placement", day = 100 }]', "day 100 is below placement_floor_days"),
        (
            "dunning.toml",
            "late_charges",
            '[{ name = "i", kind = "interest", every_days = 0 }]',
            "every_days: at least 1",
        ),
    ],
)
def test_a_file_is_refused_with_where_and_what(folder: Path, file: str, name: str, value: str, fault: str) -> None:
    add(folder / file, name, "2026-08-01", value)
    with pytest.raises(FilePolicyError, match=fault):
        policy_book(folder)


def test_a_broken_file_is_named(folder: Path) -> None:
    (folder / "dunning.northgate.toml").write_text("[[oops")
    with pytest.raises(FilePolicyError, match=r"dunning.northgate.toml: not TOML"):
        policy_book(folder)


def test_law_is_read_and_a_row_without_its_source_is_refused(folder: Path) -> None:
    row = '[[row]]\nstate = "IL"\nkind = "interest"\nvalid_from = 2026-01-01\nrate_max_bps = 500\nfee_max_cents = 0\n'
    (folder / "late_charges.toml").write_text(row)
    with pytest.raises(FilePolicyError, match=r"late_charges.toml: row: .*source: Field required"):
        policy_book(folder)
    (folder / "late_charges.toml").write_text(row + 'source = "s"\nowner = "o"\nconfirmed = true\n')
    (law,) = policy_book(folder).policies[0].laws
    assert (law.version, law.valid_to) == ("IL/interest/2026-01-01", None)


def test_a_version_that_needs_approval_waits_for_it(folder: Path) -> None:
    add(folder / "dunning.toml", "write_off_after_days", "2026-08-01", "60")
    add(folder / "dunning.toml", "activation_approvals", "2026-08-01", "2")
    assert [one.name for one in policy_book(folder).policies] == ["*/2020-01-01"]
    version = all_versions(folder)[-1]
    given: dict[str, Any] = {
        "version": version.name,
        "digest": digest_of(version),
        "on": date(2026, 7, 20),
        "reason": "simulated",
    }
    with pytest.raises(FilePolicyError, match="takes two people"):
        activate(folder / ACTIVATIONS, version, Activation(**given, by="ann", approved_by="Ann"))
    activate(folder / ACTIVATIONS, version, Activation(**given, by="ann", approved_by="bob"))
    assert policy_book(folder).on("lakeside", date(2026, 8, 1)).write_off_after_days == 60

    # Somebody changes a figure of what was approved: nobody approved that one.
    text = (folder / "dunning.toml").read_text()
    (folder / "dunning.toml").write_text(text.replace("value = 60", "value = 61"))
    with pytest.raises(FilePolicyError, match="its figures changed since it was approved"):
        policy_book(folder)


@pytest.mark.parametrize("kind", [DunningPolicy, ReminderLevel, Ending, Condition, LateCharge])
def test_every_key_is_in_the_reference(kind: Any) -> None:
    text = (Path(__file__).parents[2] / "docs/architecture/dunning.md").read_text()
    named = {field.name for field in fields(kind)} - {"tenant", "valid_from", "variant", "laws"}
    assert {key for key in named if f"`{key}`" not in text} == set()
