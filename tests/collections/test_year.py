"""Half a year of a few guarantors; `make collections-year` lives it with 5,000."""

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
