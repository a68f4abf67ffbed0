"""A dry run says what posting would do, and does it not."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from revcycle.commands.ledger import ask_dry_run, in_words
from revcycle.refusal import RefusalError
from services.payments.core.account_facts import LedgerFact
from shared.store.port import Key
from tests.payments.eras import answered, check, era_file, withheld
from tests.payments.kit import submitted
from tests.payments.world import TENANT, World, make_world, token

SENT = submitted().model_copy(update={"meta": submitted().meta.model_copy(update={"source": "claims"})})
SHARE = (("CO", "45", 2_000), ("PR", "2", 2_000))
PAID = answered("PCN-clm_a", 6_000, SHARE)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    await world.hear(SENT)
    return world


async def rehearsed(world: World, content: bytes) -> list[dict[str, Any]]:
    async with world.client() as client:
        answer = await client.post("/remittances/dry-run", content=content, headers=token("poster"))
    assert answer.status_code == 200, answer.text
    said: list[dict[str, Any]] = answer.json()
    return said


async def test_what_is_rehearsed_is_what_is_posted_later_and_nothing_before(world: World) -> None:
    content = era_file(check([PAID], adjustments=[withheld(500)]))
    before = (await world.accounts(), world.counted())
    [one] = await rehearsed(world, content)
    assert (await world.accounts(), world.counted()) == before
    assert await world.remittances() == []
    [claim] = one["remitted"]
    assert (one["outcome"], claim["outcome"], claim["owed_after_cents"]) == ("posts", "posts", 2_000)
    [adjustment] = one["adjustments"]
    assert (adjustment["debit"], adjustment["credit"], adjustment["cents"]) == (
        "overpayment_recovery",
        "payer_cash",
        500,
    )
    await world.drop(content)
    history = await world.store.history(world.account_decider, Key(TENANT, "acct_1"))
    posted = [entry.fact for entry in history if isinstance(entry.fact, LedgerFact)][1:]
    told = [(entry["debit"], entry["credit"], entry["cents"]) for entry in claim["entries"]]
    assert told == [(fact.debit.value, fact.credit.value, fact.cents) for fact in posted]


async def test_it_says_what_waits_what_is_parked_and_what_is_known(world: World) -> None:
    reversal = answered("PCN-clm_a", -1_000, (("CO", "45", -9_000),), charge_cents=-10_000, status="22")
    unknown = answered("PCN-nobody", 1_000, (("CO", "45", 9_000),))
    off = check([PAID], trace="T2", off_by_cents=2_000)
    await world.drop(era_file(off))
    first, second = await rehearsed(world, era_file(check([PAID, PAID, reversal, unknown]), off))
    assert [claim["outcome"] for claim in first["remitted"]] == [
        "posts",
        "posts",
        "waits for its original",
        "waits: no claim carries this control number",
    ]
    assert first["totals"]["claims_posting"] == 2
    assert second["outcome"] == "known already: parked"
    assert [claim["outcome"] for claim in second["remitted"]] == ["posts"], "as if a person released it"


async def test_a_parked_remittance_shows_what_its_release_would_post(world: World) -> None:
    await world.drop(era_file(check([PAID], off_by_cents=2_000)))
    [parked] = await world.remittances()
    async with world.client() as client:
        answer = await client.get(f"/remittances/{parked.remittance_id}/dry-run", headers=token("biller"))
    said = answer.json()
    assert (said["releasable"], said["remitted"][0]["outcome"]) == (True, "posts")
    assert (await world.proof()).totals.paid_cents == 0


async def test_the_command_says_it_in_words_and_refuses_what_is_no_835(world: World) -> None:
    content = era_file(check([PAID], adjustments=[withheld(-70, "ZZ")]))
    said = await rehearsed(world, content)
    assert in_words(said[0]) == [
        "1: T1: posts",
        "  1 of 1 claims post, 60.00 paid, 0.00 denied, patients' balances by 20.00, provider adjustments -0.70",
        "  ZZ ICN0: 0.70 payer_cash / unexplained",
    ]
    async with world.client() as client:
        answer = await client.post("/remittances/dry-run", content=b"not x12 at all", headers=token("poster"))
    assert answer.status_code == 422
    refusing = httpx.MockTransport(lambda _: httpx.Response(422, json=answer.json()))
    with httpx.Client(transport=refusing, base_url="http://p") as client_, pytest.raises(RefusalError, match="byte"):
        ask_dry_run(client_, b"not x12 at all")
