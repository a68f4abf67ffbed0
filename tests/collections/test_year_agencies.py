"""A long run of a few guarantors with two agencies; `make collections-year` lives it with more."""

from pathlib import Path

from tests.collections.year_with_agencies import lived_with_agencies


async def test_agencies_hold_what_we_placed_and_their_fees_add_up(tmp_path: Path) -> None:
    year, faults = await lived_with_agencies(accounts=60, days=210, seed=1, folder=tmp_path)
    assert faults == []
    first, second = year.agencies.collectors
    assert (len(first.placed) > 5, first.collected_cents > 0, first.fee_cents > 0) == (True, True, True)
    assert year.agencies.parked > 0
    assert {one.number for one in await year.agencies.placements()} >= {1, 2}
    assert second.files > 0
