"""Half a year of a few guarantors; `make collections-year` lives it with 5,000."""

import shutil
from datetime import timedelta
from pathlib import Path

from revcycle.compliance import recomputed
from revcycle.policy import export, measured, past_in, past_of
from services.collections.compliance import rule_shelf
from services.collections.policies import POLICY_FOLDER
from services.collections.simulate import compare
from tests.collections.story import SHELF, TENANT
from tests.collections.year import lived, year_policies


async def test_half_a_year_ends_in_legal_states_with_a_book_that_ties_out() -> None:
    year, measures, faults, statuses = await lived(accounts=60, days=180, seed=7)
    assert faults == []
    assert len(year.book.accounts) == 60
    assert statuses["settled"] > 10
    assert sum(statuses.values()) == 60
    common = measures.by_version[year_policies()[0].name]
    assert {0, 2, 5} <= {number for number, counted in common.levels.items() if counted.contacts}
    paid_cents = sum(ledger.paid for ledger in year.book.accounts.values())
    assert sum(version.recovered_cents for version in measures.by_version.values()) == paid_cents
    assert common.levels[0].cost_cents == common.levels[0].contacts * year_policies()[0].contact_cost_cents


def without_reg_f(folder: Path) -> Path:
    """The shipped rules, with a regime that somebody switched off since."""
    shutil.copy(POLICY_FOLDER / "compliance.toml", folder)
    off = 'regime = "reg_f"\nvalid_from = 2020-01-01\nby = "somebody"\nreason = "planted"\n'
    (folder / f"compliance.{TENANT}.toml").write_text(f"[[switched_off]]\n{off}")
    return folder


async def test_the_journal_of_a_run_is_exported_measured_and_lived_again(tmp_path: Path) -> None:
    """What the run did is what the simulation says its policies do, account by account."""
    year, measures, _, statuses = await lived(accounts=40, days=150, seed=3)
    store, file = year.machine.store, tmp_path / "past.jsonl"
    assert await export(store.journal_since(None), TENANT, None, file) > 100
    assert past_in(file) == await past_of(store.journal_since(None), TENANT, None)
    assert (await past_of(store.journal_since(None), TENANT, year.now + timedelta(1))).accounts == {}
    again = await measured(store.journal_since(None), TENANT, None, year.policies)
    assert again.by_version == measures.by_version

    made = await recomputed(store.journal_since(None), TENANT, SHELF)
    assert made.decisions == made.same == made.allowed + made.blocked > 100
    assert made.accounts == 40
    other = await recomputed(store.journal_since(None), TENANT, rule_shelf(without_reg_f(tmp_path), production=False))
    assert other.same < other.decisions, "the same journal under other rules does not come out the same"
    late = await recomputed(store.journal_since(None), TENANT, SHELF, year.now - timedelta(30))
    assert 0 < late.decisions < made.decisions

    # Letters that failed and calls that were made are not in the past: most accounts come out the same.
    past = past_in(file).of(TENANT)
    found = compare(TENANT, past, (year.policies, year.policies), SHELF, year.now.date())
    assert found.differences == ()
    assert sum(min(found.older.endings[status], count) for status, count in statuses.items()) >= 36
