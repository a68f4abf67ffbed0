"""Long files: one transaction is cut out of them, and nobody reads what stands before it again and again."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from samples.match import match_all
from services.payments.from_x12 import content_hash
from services.payments.performers import Reader
from services.payments.slices import slice_of
from shared.x12.era835 import Remittance835, read_835
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import submitted
from tests.payments.world import World, make_world


async def pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def remittances(content: bytes) -> list[Remittance835]:
    return [one for one in read_835([content]) if isinstance(one, Remittance835)]


FILES = [
    *(one.remittance for one in match_all()),
    era_file(*(check([answered(f"PCN-{n}", 10_000)], trace=f"T{n}") for n in range(5))),
    era_file(check([answered("PCN-1", 10_000)])) + era_file(check([answered("PCN-2", 10_000)], trace="T2"), control=2),
]


@pytest.mark.parametrize("content", FILES, ids=lambda one: str(len(one)))
@pytest.mark.parametrize("size", [7, 100_000])
async def test_a_slice_says_what_the_whole_file_says_of_it(content: bytes, size: int) -> None:
    for number, era in enumerate(remittances(content), 1):
        cut = await slice_of(pieces(content, size), number)
        if cut is None:
            assert not content.startswith(b"ISA"), "only a file that begins otherwise is read the long way"
        else:
            assert content_hash(remittances(cut)[0]) == content_hash(era)
    assert await slice_of(pieces(content, size), 1_000) is None


def test_a_file_is_read_on_from_where_it_was_left() -> None:
    content, given = era_file(*(check([answered(f"PCN-{n}", 10_000)], trace=f"T{n}") for n in range(120))), [0]

    def counted() -> Iterator[bytes]:
        for start in range(0, len(content), 1_000):
            given[0] += 1
            yield content[start : start + 1_000]

    reader = Reader(counted())
    stretches = [reader.stretch(0), reader.stretch(50), reader.stretch(100)]
    assert [len(one.transactions) for one in stretches] == [50, 50, 20]
    assert [one.ended for one in stretches] == [False, False, True]
    assert given[0] == -(-len(content) // 1_000), "every piece was asked for once"


async def test_a_long_file_posts_every_transaction_once(tmp_path: Path) -> None:
    world: World = make_world(tmp_path)
    made = [submitted(f"clm_{n}") for n in range(70)]
    await world.hear(
        *(one.model_copy(update={"meta": one.meta.model_copy(update={"source": "claims"})}) for one in made)
    )
    checks = [check([answered(f"PCN-clm_{n}", 10_000)], trace=f"T{n}") for n in range(70)]
    await world.drop(era_file(*checks))
    assert [one.status for one in await world.remittances()] == ["posted"] * 70
    proof = await world.proof()
    assert (proof.proved, proof.totals.paid_cents) == (True, 700_000)
