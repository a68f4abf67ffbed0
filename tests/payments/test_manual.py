"""A check entered by hand: the same equations, the same posting, and never a second time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.payments.manual import CheckBody, essence_of, file_of
from shared.contracts import ClaimSubmitted
from shared.x12.era835 import Outcome, Remittance835, balance, read_835
from tests.payments.eras import AT, answered, check, era_file
from tests.payments.kit import PROPERTY, submitted
from tests.payments.world import World, make_world, token

SPLIT = (("CO", "45", 2_000), ("PR", "2", 2_000))
PAYER = "1999999999"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def claim(name: str) -> ClaimSubmitted:
    made = submitted(name)
    return made.model_copy(update={"meta": made.meta.model_copy(update={"source": "claims"})})


def paid_claim(name: str = "clm_a", paid_cents: int = 6_000) -> dict[str, Any]:
    """A claim of 100 dollars with one line: paid, 20 dollars above the contract, the rest coinsurance."""
    cas = [
        {"group": "CO", "reason": "45", "amount_cents": 2_000},
        {"group": "PR", "reason": "2", "amount_cents": 8_000 - paid_cents},
    ]
    line = {"procedure": "99213", "charge_cents": 10_000, "paid_cents": paid_cents, "adjustments": cas}
    return {
        "patient_control_number": f"PCN-{name}",
        "charge_cents": 10_000,
        "paid_cents": paid_cents,
        "lines": [line],
        "remark_codes": ["N130"],
    }


def entry(*claims: dict[str, Any], cents: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "payer_id": PAYER,
        "trace_number": "T1",
        "payment_cents": sum(one["paid_cents"] for one in claims) if cents is None else cents,
        "payment_date": "2026-07-01",
        "claims": list(claims),
        "reason": "the payer sends paper only",
        **more,
    }


async def enter(world: World, body: dict[str, Any], key: str = "k1", actor: str = "ann") -> httpx.Response:
    async with world.client() as client:
        headers = {**token("poster", actor=actor), "Idempotency-Key": key}
        answer = await client.post("/remittances", json=body, headers=headers)
    await world.settle()
    return answer


async def get(world: World, path: str) -> Any:
    async with world.client() as client:
        answer = await client.get(path, headers=token("biller"))
        answer.raise_for_status()
        return answer.json()


async def test_case_38_a_manual_explanation_of_benefits_names_its_source_and_poster(world: World) -> None:
    await world.hear(claim("clm_a"))
    answer = await enter(world, entry(paid_claim()))
    assert (answer.status_code, answer.json()["entered_by"], answer.json()["undistributed_cents"]) == (201, "ann", 0)
    assert answer.json()["entry_reason"] == "the payer sends paper only"
    account = await get(world, "/accounts/acct_1")
    assert (account["totals"]["paid_cents"], account["balance_cents"]) == (6_000, 2_000)
    posted = [one for one in await get(world, "/accounts/acct_1/ledger") if "place" in one]
    assert {one["posted_by"] for one in posted} == {"ann"}
    assert {one["place"][0] for one in posted} == {answer.json()["remittance_id"]}
    assert (await world.proof()).proved
    audit = await world.store.notes("audit", "lakeside", None, 10)
    assert ("remittance.enter", "the payer sends paper only") in {(one["action"], one["reason"]) for one in audit}


async def test_case_42_a_line_without_adjustments_needs_no_reason(world: World) -> None:
    await world.hear(claim("clm_a"))
    line = {"procedure": "99213", "charge_cents": 10_000, "paid_cents": 10_000}
    full = {"patient_control_number": "PCN-clm_a", "charge_cents": 10_000, "paid_cents": 10_000, "lines": [line]}
    assert (await enter(world, entry(full))).status_code == 201
    assert (await get(world, "/accounts/acct_1"))["totals"]["insurance_cents"] == 0


async def test_case_43_one_check_over_many_claims_posts_when_it_adds_up_and_nothing_before(world: World) -> None:
    names = ("clm_a", "clm_b", "clm_c")
    await world.hear(*(claim(name) for name in names))
    two = entry(*(paid_claim(name) for name in names[:2]), cents=18_000)
    parked = (await enter(world, two)).json()
    assert (parked["status"], parked["undistributed_cents"]) == ("parked", 6_000)
    assert "difference 6000 cents" in parked["imbalance"]
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 0
    three = entry(*(paid_claim(name) for name in names))
    assert (await enter(world, three, "k2")).json()["status"] in {"posting", "posted"}
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 18_000
    assert (await world.proof()).proved


async def test_what_no_claim_takes_may_be_the_providers(world: World) -> None:
    await world.hear(claim("clm_a"))
    kept = {"provider_id": "1234567893", "code": "WO", "reference": "ICN0", "amount_cents": 5_000}
    answer = await enter(world, entry(paid_claim(), cents=1_000, provider_adjustments=[kept]))
    assert (answer.status_code, answer.json()["status"]) == (201, "posting")
    proof = await world.proof()
    assert (proof.proved, proof.payer_cash_cents) == (True, 1_000)


@pytest.mark.parametrize("by_hand_first", [True, False])
@pytest.mark.parametrize("paper_date", ["2026-07-01", "2026-06-29"])
async def test_the_same_check_by_hand_and_in_a_file_is_posted_once(
    world: World, by_hand_first: bool, paper_date: str
) -> None:
    await world.hear(claim("clm_a"))
    typed = entry(paid_claim(), payment_date=paper_date)
    file = era_file(check([answered("PCN-clm_a", 6_000, SPLIT)]))
    if by_hand_first:
        assert (await enter(world, typed)).status_code == 201
        await world.drop(file)
    else:
        await world.drop(file)
        refused = await enter(world, typed)
        assert (refused.status_code, "this check is posted" in refused.json()["detail"]) == (409, True)
    [one] = await get(world, "/remittances")
    assert one["came_again_with_other_content"] is False
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 6_000


async def test_a_file_that_says_otherwise_than_what_was_typed_is_work_and_posts_nothing(world: World) -> None:
    await world.hear(claim("clm_a"))
    await enter(world, entry(paid_claim()))
    other = (("CO", "45", 2_500), ("PR", "2", 1_500))
    await world.drop(era_file(check([answered("PCN-clm_a", 6_000, other)])))
    [one] = await get(world, "/remittances")
    assert one["came_again_with_other_content"] is True
    assert (await get(world, "/accounts/acct_1"))["balance_cents"] == 2_000
    assert world.counted()["RemittanceParked"] == 1


async def test_two_people_enter_the_same_check_and_the_second_is_told(world: World) -> None:
    await world.hear(claim("clm_a"))
    first = await enter(world, entry(paid_claim()), "k1", "ann")
    again = await enter(world, entry(paid_claim()), "k1", "ann")
    other = await enter(world, entry(paid_claim()), "k2", "bob")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert "entered by ann" in other.json()["detail"]
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 6_000


async def test_a_like_check_of_another_payer_is_asked_about(world: World) -> None:
    await world.hear(claim("clm_a"), claim("clm_b"))
    await world.drop(era_file(check([answered("PCN-clm_a", 6_000, SPLIT)])))
    body = entry(paid_claim("clm_b"), payer_id="60054")
    asked = await enter(world, body)
    assert (asked.status_code, "another payer" in asked.json()["detail"]) == (409, True)
    assert (await enter(world, {**body, "another_check": True}, "k2")).status_code == 201
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 12_000


async def test_a_file_like_a_typed_check_of_another_payer_waits_for_a_person(world: World) -> None:
    await world.hear(claim("clm_a"), claim("clm_b"))
    await enter(world, entry(paid_claim("clm_b"), payer_id="60054"))
    await world.drop(era_file(check([answered("PCN-clm_a", 6_000, SPLIT)])))
    [parked] = await get(world, "/remittances?status=parked")
    assert "entered by hand for another payer" in parked["imbalance"]
    assert parked["releasable"] is True


@pytest.mark.parametrize(
    "wrong",
    [{"payment_cents": -1}, {"claims": []}, {"payer_id": "a*b"}, {"trace_number": ""}, {"payment_date": "2026-02-30"}],
)
async def test_a_senseless_entry_is_refused_and_nothing_is_kept(world: World, wrong: dict[str, Any]) -> None:
    answer = await enter(world, {**entry(paid_claim()), **wrong})
    assert answer.status_code == 422
    assert await get(world, "/remittances") == []


CENTS = st.integers(0, 50_000)


@st.composite
def lines_of_a_claim(draw: st.DrawFn) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 3))):
        codes = st.tuples(st.sampled_from(("CO", "PR", "OA")), st.sampled_from(("1", "45", "97")), CENTS)
        cas = draw(st.lists(codes, max_size=2))
        paid_cents = draw(CENTS)
        line = {
            "procedure": "99213",
            "paid_cents": paid_cents,
            "charge_cents": paid_cents + sum(cents for _, _, cents in cas),
            "adjustments": [{"group": group, "reason": code, "amount_cents": cents} for group, code, cents in cas],
        }
        lines.append(line)
    return lines


@st.composite
def bodies(draw: st.DrawFn) -> CheckBody:
    claims: list[dict[str, Any]] = []
    for n in range(draw(st.integers(1, 4))):
        lines, own_cents = draw(lines_of_a_claim()), draw(CENTS)
        paid_cents = sum(int(line["paid_cents"]) for line in lines) if lines else own_cents
        charge_cents = sum(int(line["charge_cents"]) for line in lines) if lines else own_cents
        claims.append(
            {
                "patient_control_number": f"PCN-{n}",
                "paid_cents": paid_cents,
                "charge_cents": charge_cents,
                "lines": lines,
            }
        )
    return CheckBody.model_validate(entry(*claims))


@PROPERTY
@for_all(bodies())
def test_what_is_typed_is_read_back_to_the_cent_and_balances(body: CheckBody) -> None:
    [era] = [item for item in read_835([file_of(body, AT)]) if isinstance(item, Remittance835)]
    assert balance(era).outcome is Outcome.BALANCED
    assert [(one.patient_control_number, one.charge_cents, one.paid_cents) for one in era.claims] == [
        (one.patient_control_number, one.charge_cents, one.paid_cents) for one in body.claims
    ]
    assert essence_of(era) == essence_of(replace(era, claims=tuple(reversed(era.claims))))
