"""Suits: the pre-legal review, approval by another person, the gate at each step, and what a court decides."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.collections.core.legal import make_legal
from services.collections.core.legal_case import LegalCase
from services.collections.legal_terms import legal_book
from shared.policy import PolicyError
from shared.store.port import Key
from tests.collections.house import MARY, House, make_house
from tests.collections.story import ACCOUNT, TENANT, on

assert MARY.address is not None
IN_OHIO = MARY.model_copy(update={"address": MARY.address.model_copy(update={"state": "OH"})})
WHY = {"reason": "agreed with counsel"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    made = make_house(tmp_path)
    yield made
    await made.close()


class Court:
    """A collector, their supervisor, and what each says; every request has a key of its own."""

    def __init__(self, house: House) -> None:
        self.house, self.keys = house, 0

    async def says(
        self,
        path: str,
        body: dict[str, Any],
        *,
        sub: str = "ann",
        roles: tuple[str, ...] = ("collector",),
        key: str = "",
    ) -> Any:
        self.keys += 1
        client = self.house.client(*roles, sub=sub)
        answer = await client.post(path, json={**WHY, **body}, headers={"Idempotency-Key": key or f"k{self.keys}"})
        await self.house.settle()
        return answer

    async def ready(self) -> None:
        """A debt that may be sued for: old enough, noticed, summed up, and with nobody else."""
        await self.house.owes(1_500_00, guarantor=IN_OHIO)
        await self.house.lives_to(125)
        assert (await self.says(f"/accounts/{ACCOUNT}/recall", {})).status_code == 200
        assert (await self.says(f"/accounts/{ACCOUNT}/debt", {"incurred_on": str(on(-20))})).status_code == 201
        notice = {"sent_on": str(on(60)), "actions": ["suit"], "summary_sent": True, "oral_effort_on": str(on(61))}
        assert (await self.says(f"/accounts/{ACCOUNT}/action-notice", notice)).status_code == 201

    async def proposed(self) -> str:
        answer = await self.says("/legal-cases", {"account_id": ACCOUNT})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    async def status(self) -> str:
        key = Key(TENANT, ACCOUNT)
        state = (await self.house.machine.store.load(self.house.spec.deciders[0], (key,)))[key].snapshot.state
        return str(state.status)


async def test_a_suit_from_review_to_satisfaction(house: House) -> None:
    court = Court(house)
    await court.ready()
    case_id = await court.proposed()
    path = f"/legal-cases/{case_id}"
    own = await court.says(f"{path}/review", {"approved": True}, roles=("operator",))
    assert (own.status_code, "another person must" in own.text) == (409, True)
    small = await court.says(f"{path}/review", {"approved": True}, sub="bob")
    assert (small.status_code, "your roles may not approve" in small.text) == (409, True)
    early = await court.says(f"{path}/filed", {"filed_on": str(on(125)), "court": "Cook County", "docket": "26-M1-1"})
    assert early.status_code == 409
    for _ in range(2):
        good = await court.says(f"{path}/review", {"approved": True}, sub="bob", roles=("operator",), key="same")
        assert (good.status_code, good.json()["status"]) == (200, "approved")
    filed = await court.says(f"{path}/filed", {"filed_on": str(on(125)), "court": "Cook County", "docket": "26-M1-1"})
    assert filed.json()["status"] == "filed"
    assert "26-M1-1" not in filed.text
    assert await court.status() == "excluded"
    assert (
        await court.says(f"{path}/costs", {"kind": "filing", "cents": 89_00, "on": str(on(125))})
    ).status_code == 201
    judged = {
        "judged_on": str(on(125)),
        "principal_cents": 1_500_00,
        "costs_cents": 89_00,
        "rate_bps": 900,
        "by": "default",
    }
    assert (await court.says(f"{path}/judgment", judged)).status_code == 409
    assert (await court.says(f"{path}/served", {"served_on": str(on(125))})).json()["status"] == "served"
    shown = (await court.says(f"{path}/judgment", judged)).json()
    assert (shown["judgment_cents"], shown["costs_cents"], shown["status"]) == (1_589_00, 89_00, "judged")
    over = {"how": "satisfied", "ended_on": str(on(125))}
    assert "post what was paid first" in (await court.says(f"{path}/end", over)).text
    await house.owes(0)
    assert (await court.says(f"{path}/end", over)).json()["status"] == "satisfied"
    told = [one for one in house.events() if one.startswith("legal-action")]
    assert told == ["legal-action.started.v1", "legal-action.judgment-entered.v1", "legal-action.ended.v1"]


async def test_the_gate_blocks_a_suit_at_each_step(house: House) -> None:
    court = Court(house)
    await house.owes(1_500_00)
    await house.lives_to(100)
    refused = await court.says("/legal-cases", {"account_id": ACCOUNT})
    assert refused.status_code == 409
    for rule in ("whether the time to sue has passed", "the written notice that names this action", "days must pass"):
        assert rule in refused.text


async def test_a_dispute_after_approval_keeps_a_suit_from_being_filed(house: House) -> None:
    court = Court(house)
    await court.ready()
    case_id = await court.proposed()
    await court.says(f"/legal-cases/{case_id}/review", {"approved": True}, sub="bob", roles=("operator",))
    dispute = {"kind": "amount", "written": True, "received_on": str(on(125))}
    assert (await court.says(f"/accounts/{ACCOUNT}/disputes", dispute)).status_code in {200, 201}
    filed = {"filed_on": str(on(125)), "court": "Cook County", "docket": "26-M1-1"}
    answer = await court.says(f"/legal-cases/{case_id}/filed", filed)
    assert (answer.status_code, "disputed" in answer.text) == (409, True)
    assert await court.status() != "excluded"
    gone = await court.says(f"/legal-cases/{case_id}/end", {"how": "withdrawn", "ended_on": str(on(125))})
    assert gone.json()["status"] == "withdrawn"
    assert not [one for one in house.events() if one.startswith("legal-action")]


async def test_nobody_sues_beside_an_agency_for_little_or_for_more_than_is_owed(house: House) -> None:
    court = Court(house)
    await house.owes(1_500_00)
    await house.lives_to(121)
    assert "an agency has this account" in (await court.says("/legal-cases", {"account_id": ACCOUNT})).text
    await court.says(f"/accounts/{ACCOUNT}/recall", {})
    more = await court.says("/legal-cases", {"account_id": ACCOUNT, "claimed_cents": 1_500_01})
    assert "only 150000 cents are owed" in more.text
    little = await court.says("/legal-cases", {"account_id": ACCOUNT, "claimed_cents": 99_99})
    assert "no suit for less than 100000 cents" in little.text
    assert (await house.client("collector").get("/legal-cases", params={"status": "proposed"})).json() == []


def test_interest_of_a_judgment_is_its_own() -> None:
    decider = make_legal(legal_book())
    assert decider.initial.interest_cents(date(2027, 1, 1)) == 0
    assert LegalCase().judgment_cents == 0


def test_terms_that_cannot_be_used_are_refused_with_their_place(tmp_path: Path) -> None:
    text = (
        '[[legal]]\nvalid_from = 2026-01-01\nsource = "s"\nowner = "o"\n[legal.value]\nleast_cents = 1\napprovals = 1\n'
    )
    (tmp_path / "legal.toml").write_text(text + "approval_days = 9\napproves_by_role = { chief = 5 }\n")
    with pytest.raises(
        PolicyError, match=r"legal\.toml: legal from 2026-01-01: approves_by_role: there is no role chief"
    ):
        legal_book(tmp_path)
    (tmp_path / "legal.toml").write_text(text + "approval_days = 0\napproves_by_role = { operator = 5 }\n")
    with pytest.raises(PolicyError, match="a suit has an approval"):
        legal_book(tmp_path)
