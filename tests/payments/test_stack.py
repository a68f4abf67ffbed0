"""The payments service on a real store, with effects performed at the same time."""

from pathlib import Path

import pytest

from services.payments.book_reader import BookReader
from services.payments.core.aging import Aging, aging_report
from shared.store.connect import connect, disconnect
from shared.store.mongo import MongoStore
from tests.payments.eras import answered, check, era_file, withheld
from tests.payments.kit import submitted
from tests.payments.world import NOW, TENANT, make_world

pytestmark = pytest.mark.stack

CLAIMS = 60
ACCOUNTS = 7


async def test_claims_of_few_accounts_post_at_once_and_the_book_is_proved(
    tmp_path: Path, mongo_url: str, database_name: str
) -> None:
    client = connect(mongo_url)
    world = make_world(tmp_path, store=MongoStore(client[database_name]))
    await world.store.prepare(world.spec.deciders)
    for n in range(CLAIMS):
        sent = submitted(f"clm_{n}")
        meta = sent.meta.model_copy(update={"source": "claims", "key": f"acct_{n % ACCOUNTS}"})
        await world.inbox.handle(world.records(sent.model_copy(update={"meta": meta, "account_id": meta.key})))
    split = (("CO", "45", 2_000), ("PR", "2", 2_000))
    claims = [answered(f"PCN-clm_{n}", 6_000, split) for n in range(CLAIMS)]
    folder = world.exchange / "lakeside" / "eras"
    folder.mkdir(parents=True)
    (folder / "acme.835").write_bytes(era_file(check(claims, adjustments=[withheld(5_000)])))
    for loop in world.loops:
        await loop.step()
    for _ in range(400):
        busy = 0
        for worker in world.workers:
            busy += await worker.tick() + worker.in_flight
            await worker.wait(0.05 if worker.in_flight else 0)
        if not busy:
            break
    proof = await world.proof()
    assert proof.proved
    assert proof.totals.paid_cents == 6_000 * CLAIMS
    assert proof.payer_cash_cents == 6_000 * CLAIMS - 5_000
    assert proof.totals.patient_cents == 2_000 * CLAIMS
    assert world.counted()["ClaimRemitted"] == CLAIMS
    aging = await BookReader(world.store, world.account_decider, TENANT).tally(aging_report(Aging(), NOW.date()))
    assert (aging.ties, aging.accounts, sum(aging.totals.values())) == (True, ACCOUNTS, 2_000 * CLAIMS)
    await disconnect(client)
