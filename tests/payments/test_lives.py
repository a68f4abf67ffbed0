"""Claims with random lives come to the same books in whatever order payers tell of them, and the books tie out."""

from random import Random

import pytest

from tests.payments import lives


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_come_to_the_same_books_in_any_order(seed: int) -> None:
    messages, entries = lives.run(seed, 30)
    assert messages > 60
    assert entries > 100


@pytest.mark.slow
def test_some_seeds_of_a_hundred_claims() -> None:
    """Hundreds of them, and ten thousand claims at once: `make lives`."""
    assert lives.main(["--claims", "100", "--seeds", "12", "--first", "1000"]) == 0


def test_the_generator_knows_every_kind_of_life() -> None:
    made = lives.lives(Random(1), 2_000)
    statuses = {one.status for check in made.checks for one in check.claims}
    codes = {one.code for check in made.checks for one in check.adjustments}
    assert statuses == {"1", "2", "4", "19", "22", "25"}
    assert codes >= {"WO", "L6", "CS", "IR", "Q9", "FB"}
