"""Two claims of one patient that arrive at the same moment: one of them counts the other, whichever is faster."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.past import Earlier
from services.claims.core.turns import ON_ITS_WAY, TURNS, TURNS_KEPT, TakeTurn, Turns, before, slim
from services.claims.past_services import earlier_claims
from tests.claims.callers import CLAIM
from tests.claims.makers import content, meta
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_past_services import GLOBAL, LIMITS, visit
from tests.claims.world import TENANT

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


class Crossing:
    """Holds every claim where it has looked for earlier ones until all have; then they go on in the given order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, order: list[int]) -> None:
        self._order, self._looked = order, 0
        self._all, self._done = asyncio.Event(), [asyncio.Event() for _ in order]
        monkeypatch.setattr("services.claims.intake.earlier_claims", self.look)

    async def look(self, *asked: Any) -> Any:
        found = await earlier_claims(*asked)
        assert not found, "nobody is stored yet"
        place = self._looked
        self._looked += 1
        if self._looked == len(self._order):
            self._all.set()
        await self._all.wait()
        turn = self._order.index(place)
        if turn:
            await self._done[turn - 1].wait()
        asyncio.get_running_loop().call_later(0, self._done[turn].set)
        return found


async def arrive(client: RulesClient, *bodies: dict[str, Any]) -> list[list[str]]:
    """At the same moment; the rules that hold each."""
    keys = [body["patient_control_number"] for body in bodies]
    asked = (client.post("/claims", body, key=key) for body, key in zip(bodies, keys, strict=True))
    answers = await asyncio.gather(*asked)
    return [[one["rule"] for one in answer.json()["holds"]] for answer in answers]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
async def test_of_two_visits_under_a_limit_of_one_exactly_one_is_held(
    client: RulesClient, monkeypatch: pytest.MonkeyPatch, order: list[int]
) -> None:
    await client.load("limits", LIMITS)
    Crossing(monkeypatch, order)
    found = await arrive(client, visit("A", "2026-06-10"), visit("B", "2026-06-20"))
    assert sorted(found) == [[], ["frequency-limit"]]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
async def test_a_visit_that_comes_with_its_surgery_counts_it_unless_it_came_first(
    client: RulesClient, monkeypatch: pytest.MonkeyPatch, order: list[int]
) -> None:
    """The surgery itself asks about nothing, and yet counts for the visit behind it."""
    await client.load("global_days", GLOBAL)
    surgery = visit("A", "2026-05-01")
    surgery["lines"][0]["procedure"] = "27447"
    Crossing(monkeypatch, order)
    found = await arrive(client, surgery, visit("B", "2026-06-20"))
    ((_, turns),) = await client.world.store.find(TURNS, TENANT, {}, None, 10)
    came = [one.content.patient_control_number for one in turns.turns]
    assert found == [[], ["global-days"] if came == ["A", "B"] else []]


async def test_another_patient_and_a_repeat_take_nobodys_turn(client: RulesClient) -> None:
    await client.load("limits", LIMITS)
    other = visit("B", "2026-06-20")
    other["subscriber"] = {**CLAIM["subscriber"], "member_id": "SOMEBODY"}
    assert await arrive(client, visit("A", "2026-06-10"), other) == [[], []]
    assert await arrive(client, visit("A", "2026-06-10")) == [[]], "the same request again is the same claim"


def turn(n: int, when: datetime = AT) -> TakeTurn:
    name = f"clm_{n}"
    return TakeTurn(
        meta=meta(f"turn/{n}", when=when),
        patient="pat_1",
        claim_id=name,
        arrival=uuid5(NAMESPACE_URL, name),
        content=slim(content(patient_control_number=name)),
    )


@given(st.permutations(range(5)), st.lists(st.booleans(), min_size=5, max_size=5), st.data())
def test_of_any_two_exactly_one_counts_the_other(order: list[int], slow: list[bool], data: st.DataObject) -> None:
    """Each takes its turn, looks, and is stored; a slow one looks and is stored only when the others are done."""
    state, stored, seen = TURNS.initial, list[Earlier](), dict[int, set[str]]()

    def look(n: int) -> None:
        seen[n] = {one.claim_id for one in before(state, turn(n).arrival, stored, AT)}
        stored.append(Earlier(f"clm_{n}", turn(n).content))

    for n in order:
        state = TURNS.run(TURNS.start().snapshot._replace(state=state), [turn(n)]).snapshot.state
        if not slow[n]:
            look(n)
    for n in data.draw(st.permutations([one for one in order if slow[one]])):
        look(n)
    for one in order:
        for other in order:
            if one != other:
                assert (f"clm_{one}" in seen[other]) != (f"clm_{other}" in seen[one])


def test_a_claim_that_never_came_counts_for_nobody_after_a_while() -> None:
    state = TURNS.start(turn(1), turn(2, AT + ON_ITS_WAY + timedelta(minutes=1))).snapshot.state
    assert before(state, turn(2).arrival, [], AT + ON_ITS_WAY) != []
    assert before(state, turn(2).arrival, [], AT + ON_ITS_WAY + timedelta(minutes=1)) == []


def test_a_repeat_keeps_its_turn_and_only_so_many_are_kept() -> None:
    many = [turn(n) for n in range(TURNS_KEPT + 5)]
    decided = TURNS.start(*many)
    again = TURNS.run(decided.snapshot, many[-3:])
    assert not again.changed
    state: Turns = decided.snapshot.state
    assert (state.taken, len(state.turns)) == (TURNS_KEPT + 5, TURNS_KEPT)
