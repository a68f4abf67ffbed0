"""Claims and eligibility together, each a whole service on memory: what one says the other does, as time goes on."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.claims.core import Claim
from shared.contracts import (
    Adjustment,
    ClaimDenied,
    ClaimHeld,
    ClaimSubmitted,
    CoverageChecked,
    CoverageInactive,
    CoverageVerified,
)
from shared.contracts.wire import events_topic
from shared.inbox import Inbox, Received
from shared.x12.claim837 import Claim837, read_837
from shared.x12.eligibility import Benefit
from tests.claims.callers import CLAIM, Client, calling
from tests.claims.makers import NPI
from tests.claims.test_succession import line_decision, remitted
from tests.claims.world import TENANT, World
from tests.eligibility.house import House, active

CLAIMS, ELIGIBILITY = events_topic("claims"), events_topic("eligibility")
PAYER = "RC102"
BODY = {**CLAIM, "payer": {"id": PAYER, "name": "A PLAN"}}
NOT_COVERED = (Adjustment(group="CO", reason="27", amount_cents=125_00),)


class Both:
    """The two services, and the topics between them."""

    def __init__(self, world: World, client: Client, house: House) -> None:
        self.world, self.client, self.house = world, client, house
        runtime = world.runtime
        self._inbox = Inbox(runtime.shell, world.bus, runtime.sealer, world.spec.routes, runtime.log, runtime.wall)
        self._of_claims = self._of_eligibility = 0
        house.machine.clock.time = world.clock.now()

    async def settle(self) -> None:
        """Every event gets to whoever follows its topic, until nothing more is said."""
        await self.world.settle()
        while await self._carry_claims() + await self._carry_eligibility():
            pass

    async def _carry_claims(self) -> int:
        new = [one for one in self.world.bus.records[self._of_claims :] if one.topic == CLAIMS]
        self._of_claims = len(self.world.bus.records)
        if new:
            await self.house.machine.bus.send(tuple(new))
            await self.house.settle()
            await self._hears(new)
        return len(new)

    async def _carry_eligibility(self) -> int:
        records = self.house.machine.bus.records
        new = [one for one in records[self._of_eligibility :] if one.topic == ELIGIBILITY]
        self._of_eligibility = len(records)
        await self._hears(new)
        return len(new)

    async def _hears(self, records: list[Any]) -> None:
        await self._inbox.handle([Received(r.topic, 0, n, r.key, r.value, r.headers) for n, r in enumerate(records)])
        await self.world.settle()

    async def later(self, **time: float) -> None:
        """The business's time goes on for both."""
        self.world.clock.move(self.world.clock.now() + timedelta(**time))
        self.house.machine.clock.time = self.world.clock.now()
        await self.house.settle()
        await self.settle()

    async def claim(self) -> Claim:
        (one,) = await self.world.claims()
        return one

    def files(self) -> list[Claim837]:
        """What left, in its order."""
        contents = self.world.outbox().values()
        return [one for content in contents for one in read_837([content]) if isinstance(one, Claim837)]


@pytest.fixture
async def both(tmp_path: Path) -> AsyncGenerator[Both]:
    (tmp_path / "eligibility").mkdir()
    async with calling(tmp_path / "claims") as client:
        house = House(tmp_path / "eligibility", client.world.runtime.sealer)
        yield Both(client.world, client, house)
        await house.close()


async def test_a_denial_for_coverage_asks_the_payer_again_and_the_claim_goes_out_once_more_by_itself(
    both: Both,
) -> None:
    """Retroactive enrollment: the payer denied, and its fresh 271 says that the patient was covered all along."""
    await both.client.post("/claims", BODY)
    await both.settle()
    assert (await both.claim()).status == "submitted"
    await both.later(days=20)
    refusal = remitted(
        await both.claim(),
        paid_cents=0,
        patient_responsibility_cents=0,
        denied_cents=125_00,
        adjustments=NOT_COVERED,
        lines=(line_decision(NOT_COVERED, 0),),
    )
    await both.world.tell(refusal)
    await both.settle()
    assert both.world.events(ClaimDenied)
    assert [one.reason for one in both.house.events(CoverageChecked)] == ["denial"]
    first, again = both.files()
    assert (first.frequency_code, again.frequency_code) == ("1", "7")
    assert again.payer_claim_control_number == "ICN1"
    assert len(both.house.asked) == 2
    told = both.house.events(CoverageVerified)
    assert len(told) == 2
    claim = await both.claim()
    assert (claim.status, [one.found for one in claim.payer_changes]) == ("submitted", ["active"])
    assert len(both.world.events(ClaimSubmitted)) == 2
    await both.world.tell(refusal.model_copy(update={"remittance_id": "rem_2"}))
    await both.settle()
    assert len(both.files()) == 2, "the same rule sends a claim once"


async def test_a_denial_that_the_payer_stands_by_sends_nothing_again(both: Both) -> None:
    await both.client.post("/claims", BODY)
    await both.settle()
    both.house.payers[PAYER] = lambda one: active(one, benefits=(Benefit("6", "IND", ("30",)),))
    await both.later(days=20)
    refusal = remitted(
        await both.claim(), paid_cents=0, patient_responsibility_cents=0, denied_cents=125_00, adjustments=NOT_COVERED
    )
    await both.world.tell(refusal.model_copy(update={"lines": (line_decision(NOT_COVERED, 0),)}))
    await both.settle()
    assert len(both.house.events(CoverageInactive)) == 1
    assert ((await both.claim()).status, len(both.files())) == ("denied", 1)


async def credentials(both: Both, key: str, *spans: dict[str, Any]) -> None:
    client = both.house.client("operator")
    path, body = f"/providers/{NPI}/payers/{PAYER}/credentials", {"spans": list(spans), "otherwise": "hold"}
    answer = await client.put(path, json=body, headers={"Idempotency-Key": key, "X-Reason": "as the payer says"})
    assert answer.is_success, answer.text
    await both.settle()


async def enrollment(both: Both, key: str, **says: Any) -> None:
    client = both.house.client("operator")
    path = f"/providers/{NPI}/payers/{PAYER}/enrollments/837P"
    answer = await client.put(path, json=says, headers={"Idempotency-Key": key, "X-Reason": "as the payer says"})
    assert answer.is_success, answer.text
    await both.settle()


def rules(claim: Claim) -> set[str]:
    return {one.rule for one in claim.holds}


async def test_a_claim_outside_of_the_providers_spans_waits_until_they_cover_its_day(both: Both) -> None:
    day = CLAIM["lines"][0]["service_from"]
    await credentials(both, "begins-later", {"first": "2026-07-01", "credential": "credentialed"})
    await both.client.post("/claims", BODY)
    await both.settle()
    assert ((await both.claim()).status, rules(await both.claim())) == ("held", {"provider-standing"})
    await both.later(days=3)
    assert both.files() == [], "days alone change nothing"
    await credentials(both, "backdated", {"first": day, "credential": "credentialed"})
    assert (await both.claim()).status == "submitted"
    assert len(both.files()) == 1


async def test_a_span_that_is_taken_back_holds_what_has_not_left_and_gives_it_back(both: Both) -> None:
    both.house.payers[PAYER] = lambda _: None  # the claim waits for its coverage
    await credentials(both, "open", {"first": "2026-01-01", "credential": "credentialed"})
    await both.client.post("/claims", BODY)
    await both.settle()
    assert (await both.claim()).status == "waiting_coverage"
    await credentials(both, "ended", {"first": "2026-01-01", "last": "2026-06-01", "credential": "credentialed"})
    assert rules(await both.claim()) == {"provider-standing"}
    assert both.world.events(ClaimHeld)
    both.house.payers.clear()
    await both.later(hours=2)
    assert both.files() == [], "covered now, and still not to be billed"
    await credentials(both, "extended", {"first": "2026-01-01", "credential": "credentialed"})
    assert ((await both.claim()).status, len(both.files())) == ("submitted", 1)


async def test_an_enrollment_that_is_only_asked_for_holds_the_claims_of_its_days(both: Both) -> None:
    await enrollment(both, "asked", state="submitted", effective_from="2026-06-01")
    await both.client.post("/claims", BODY)
    await both.settle()
    assert rules(await both.claim()) == {"provider-standing"}
    await both.later(days=10)
    await enrollment(both, "approved", state="enrolled", effective_from="2026-06-01")
    assert ((await both.claim()).status, len(both.files())) == ("submitted", 1)
    assert (await both.claim()).holds == ()
    assert TENANT in {one.meta.tenant for one in both.world.events(ClaimSubmitted)}
