"""The proof finds what was tampered with, wherever it was done; and the control total sees it in passing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import bson
import httpx
import pytest

from revcycle.commands.ledger import differences, remitted_in_words, watch_proof
from revcycle.refusal import RefusalError
from services.payments.control_total import ControlTotal
from services.payments.core.account_messages import PostRemittedClaim
from services.payments.core.entered_payment import ENTERED_PAYMENT, EnterPayment
from services.payments.core.patient_money import PatientMoney
from shared.runtime import Watching
from shared.store.memory import MemoryStore
from tests.payments.eras import answered, check, era_file, withheld
from tests.payments.kit import TODAY, decision, meta, submitted
from tests.payments.world import TENANT, World, make_world, token

SENT = submitted().model_copy(update={"meta": submitted().meta.model_copy(update={"source": "claims"})})
SHARE = (("CO", "45", 2_000), ("PR", "2", 2_000))


class Saboteur:
    """Changes stored documents behind the service's back."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, cast("MemoryStore", world.store)

    def state(self, kind: str, change: Callable[[dict[str, Any]], object], which: int = 0) -> None:
        """Change the stored state of the n-th aggregate of a kind."""
        rows = vars(self.store)["_rows"][kind]
        name = sorted(rows)[which]
        document = bson.decode(rows[name])
        state = json.loads(document["state"])
        change(state)
        rows[name] = bson.encode({**document, "state": json.dumps(state)})

    def journal(self, fact_type: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the first fact of a type in the journal."""
        lines = vars(self.store)["_journal"]
        name = self._line(fact_type)
        document = bson.decode(lines[name])
        fact = json.loads(document["fact"])
        change(fact)
        lines[name] = bson.encode({**document, "fact": json.dumps(fact)})

    def without(self, fact_type: str) -> None:
        del vars(self.store)["_journal"][self._line(fact_type)]

    def again(self, fact_type: str) -> None:
        """The last line of the aggregate once more, with the next number."""
        lines = vars(self.store)["_journal"]
        name = self._line(fact_type)
        last = max(one for one in lines if one.rsplit("/", 1)[0] == name.rsplit("/", 1)[0])
        number = int(last.rsplit("/", 1)[1]) + 1
        document = bson.decode(lines[name])
        lines[f"{name.rsplit('/', 1)[0]}/{number:09}"] = bson.encode({**document, "number": number})

    def lose(self, kind: str) -> None:
        vars(self.store)["_rows"][kind].clear()

    def _line(self, fact_type: str) -> str:
        lines = vars(self.store)["_journal"]
        names: list[str] = sorted(lines)
        return next(one for one in names if json.loads(bson.decode(lines[one])["fact"])["type"] == fact_type)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """A book with something in every part of it: a paid claim, money kept, an unmatched claim, a parked check."""
    world = make_world(tmp_path)
    await world.hear(SENT)
    unmatched = answered("PCN-nobody", 1_500, (("CO", "45", 8_500),))
    parked = check([answered("PCN-x", 10_000)], trace="T2", off_by_cents=2_000)
    posted = check([answered("PCN-clm_a", 6_000, SHARE), unmatched], adjustments=[withheld(500), withheld(-70, "ZZ")])
    await world.drop(era_file(posted, parked))
    money = PatientMoney(payment_id="pay_1", method="check", paid_cents=2_500, received_on=TODAY)
    entered = EnterPayment(meta=meta("entered"), account_id="acct_1", money=money)
    await world.runtime.shell.transact(ENTERED_PAYMENT, (entered,))
    await world.settle()
    return world


def cent(name: str, by: int = 1) -> Callable[[dict[str, Any]], object]:
    return lambda of: of.__setitem__(name, of[name] + by)


def _claim(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda state: change(state["receivables"]["clm_a"])


def _header(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda of: change(of["header"])


def _posted_header(sabotage: Saboteur, change: Callable[[dict[str, Any]], object]) -> None:
    """The header of the posted remittance, in state and journal alike."""
    sabotage.journal("remittance.taken.v1", _header(change))
    posted = [json.loads(bson.decode(raw)["state"])["status"] for _, raw in _rows(sabotage)]
    sabotage.state("remittance", _header(change), posted.index("posted"))


def _rows(sabotage: Saboteur) -> list[tuple[str, bytes]]:
    return sorted(vars(sabotage.store)["_rows"]["remittance"].items())


def _all_marked_as_posted(sabotage: Saboteur) -> None:
    for which in range(len(_rows(sabotage))):
        sabotage.state("remittance", lambda of: of.__setitem__("status", "posted"), which)


def _swap(fact: dict[str, Any]) -> None:
    fact["debit"], fact["credit"] = fact["credit"], fact["debit"]


CORRUPTIONS: dict[str, tuple[Callable[[Saboteur], object], str]] = {
    "a cent more paid on a claim": (lambda s: s.state("account", _claim(cent("paid_cents"))), "payer_cash"),
    "money moved to another payment": (
        lambda s: s.state("account", lambda a: a["credits"][0].__setitem__(0, "pay_9")),
        "money of pay_1",
    ),
    "a denied amount that is forgotten": (
        lambda s: s.state("account", _claim(cent("denied_cents"))),
        "account is not what its facts make",
    ),
    "an entry missing from the journal": (
        lambda s: s.without("account.payer-payment-posted.v1"),
        "gap in the journal",
    ),
    "an entry's amount changed": (
        lambda s: s.journal("account.contractual-adjusted.v1", cent("cents")),
        "contractual_adjustment",
    ),
    "an entry's sides swapped": (lambda s: s.journal("account.payer-payment-posted.v1", _swap), "payer_cash"),
    "an entry moved to another claim": (
        lambda s: s.journal("account.payer-payment-posted.v1", lambda f: f.__setitem__("item_id", "clm_b")),
        "an entry for a claim that was never charged",
    ),
    "an entry written twice": (lambda s: s.again("account.payer-payment-posted.v1"), "facts in the journal"),
    "accounts that vanished": (lambda s: s.lose("account"), "claim or charge missing"),
    "an open item that vanished": (lambda s: s.state("provider", lambda p: p["open"].clear()), "open item"),
    "a provider's entry changed": (lambda s: s.journal("provider.adjusted.v1", cent("cents")), "payer_cash"),
    "a header that says less than was posted": (
        lambda s: _posted_header(s, lambda h: (cent("claims_cents", -100)(h), cent("payment_cents", -100)(h))),
        "claims posted or waiting",
    ),
    "a payment that no claims make": (
        lambda s: _posted_header(s, cent("payment_cents")),
        "payment (BPR02)",
    ),
    "an unmatched claim that vanished": (
        lambda s: s.lose("control_number"),
        "claims posted or waiting",
    ),
    "a parked check marked as posted": (
        _all_marked_as_posted,
        "remittance is not what its facts make",
    ),
}


async def test_a_sound_book_is_proved(world: World) -> None:
    proof = await world.proof()
    assert proof.discrepancies == []
    assert proof.proved
    assert (proof.providers, proof.remittances, proof.waiting_cents) == (1, 2, 1_500)
    assert proof.remitted_cents == proof.payer_cash_cents + proof.waiting_cents == 7_070


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_a_planted_corruption_is_found(world: World, name: str) -> None:
    corrupt, what = CORRUPTIONS[name]
    corrupt(Saboteur(world))
    proof = await world.proof()
    assert not proof.proved
    assert any(one.what.startswith(what) for one in proof.discrepancies), proof.discrepancies


async def test_a_claim_posted_to_two_accounts_is_found_though_each_book_ties_out(world: World) -> None:
    other = submitted("clm_b").model_copy(update={"account_id": "acct_2"})
    [posted] = [one.remittance_id for one in await world.remittances() if one.status == "posted"]
    content = decision(posted, 6_000, {"CO-45": 4_000}, pcn="PCN-clm_b")
    twice = PostRemittedClaim(meta=meta("fault"), account_id="acct_2", claim_id="clm_b", remitted=content)
    await world.runtime.shell.transact(world.account_decider, (other, twice))
    proof = await world.proof()
    assert [(one.account_id, one.what) for one in proof.discrepancies] == [(posted, "claims posted or waiting")]


async def test_the_control_total_finds_it_in_passing_and_forgets_it_when_it_is_mended(world: World) -> None:
    [watch] = [loop for loop in world.loops if isinstance(loop, ControlTotal)]
    assert isinstance(watch, Watching)
    await look_at_everything(watch)
    assert watch.out_of_balance == 0
    sabotage = Saboteur(world)
    sabotage.state("account", _claim(cent("paid_cents")))
    sabotage.state("provider", lambda p: p["open"].clear())
    sabotage.state("entered_payment", cent("cents"))
    await look_at_everything(watch)
    assert watch.out_of_balance == 3
    sabotage.state("account", _claim(cent("paid_cents", -1)))
    sabotage.state("entered_payment", cent("cents", -1))
    await look_at_everything(watch)
    assert watch.out_of_balance == 1


async def look_at_everything(watch: ControlTotal) -> None:
    """A round, one at a time."""
    rounds = watch.rounds
    while watch.rounds == rounds:
        await watch.look(1)


async def test_the_proof_tells_how_far_it_is_and_the_command_says_what_differs(world: World) -> None:
    lines = await _streamed(world)
    assert [json.loads(line)["done"] for line in lines[:-1]][-1] == json.loads(lines[0])["total"]
    client = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, text="\n".join(lines))), base_url="http://p"
    )
    proof = watch_proof(client, TENANT, quiet=True)
    assert (proof["proved"], differences(proof)) == (True, [])
    assert remitted_in_words(proof) == (
        "2 remittances paid 70.70, of which 15.00 waits for its claim; "
        "1 providers' ledgers hold 4.30 kept or added beside claims; "
        "the cash book: patient money -25.00, undeposited 25.00"
    )
    Saboteur(world).state("account", _claim(cent("paid_cents")))
    broken = json.loads((await _streamed(world))[-1])
    assert not broken["proved"]
    assert "acct_1 clm_a: payer_cash: 6001 stored, 6000 by the journal" in differences(broken)


def test_a_proof_that_is_cut_off_is_no_proof() -> None:
    cut = httpx.MockTransport(lambda _: httpx.Response(200, text='{"done": 1, "total": 2, "entries": 3}\n'))
    with httpx.Client(transport=cut, base_url="http://p") as client, pytest.raises(RefusalError, match="run it again"):
        watch_proof(client, TENANT, quiet=True)


async def _streamed(world: World) -> list[str]:
    async with world.client() as client:
        answer = await client.get("/ledger/proof/progress", headers=token("auditor"))
    assert answer.status_code == 200
    return answer.text.splitlines()
