"""Judging while the world goes on: an older judgement is never the last one told."""

from pathlib import Path

from services.payments.contract_shelf import ContractShelf
from services.payments.core.claim_review import CLAIM_REVIEW
from services.payments.core.underpaid import case_key
from services.payments.core.underpayment import underpayment_id_of
from services.payments.underpayment_parts import underpayment_parts
from services.payments.underpayment_performers import Measure, Measured, UnderpaymentPerformers
from shared.store.port import Key
from tests.payments.agreed import PAYER
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.test_underpayment_properties import remitted
from tests.payments.test_underpayments_api import agreed, claim, load
from tests.payments.world import TENANT

PARTS = underpayment_parts()


class Slow(Measure):
    """While the first claim is measured, the payer takes its decision back."""

    def __init__(self, desk: Cashier, shelf: ContractShelf) -> None:
        super().__init__(shelf, PARTS.adjustments, PARTS.shares, PARTS.policy)
        self._desk, self.looks = desk, 0

    async def now(self, tenant: str) -> Measured:
        self.looks += 1
        if self.looks == 1:
            taken_back = remitted("era_2", 4_000, 2, "era_1")
            await self._desk.world.inbox.handle(self._desk.world.records(taken_back))
        return await super().now(tenant)


async def test_who_was_slow_looks_once_more(tmp_path: Path) -> None:
    desk = make_cashier(tmp_path)
    await load(desk)
    await agreed(desk)
    world = desk.world
    await world.inbox.handle(world.records(claim(), remitted("era_1", 4_000, 1)))
    key = Key(TENANT, "clm_a")
    [pending] = (await world.store.load(CLAIM_REVIEW, (key,)))[key].snapshot.effects.values()
    shelf = ContractShelf(world.store)
    slow = Slow(desk, shelf)
    answer = await UnderpaymentPerformers(world.runtime, PARTS.underpayment, shelf, slow).judge(key, pending)
    item = Key(TENANT, underpayment_id_of("clm_a", case_key(PAYER, "ICN-1")))
    state = (await world.store.load(PARTS.underpayment, (item,)))[item].snapshot.state
    assert (slow.looks, state.known, state.status) == (2, 2, "withdrawn")
    assert getattr(answer, "known", None) == 2
