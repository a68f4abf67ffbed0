"""After a denial coverage is asked about again; when nobody pays, coverage nobody knew of is searched for."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.eligibility.core.discovery import DISCOVERY
from services.eligibility.policies import recheck_triggers
from shared.contracts import (
    BalanceOverdue,
    ClaimDenied,
    ClaimReceived,
    CoverageChecked,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    DenialReason,
)
from shared.identity import Individual, SubscriberIdentity
from shared.x12.eligibility import Aaa, Answer271, Benefit, Inquiry270
from tests.eligibility.house import ADA, House, active
from tests.eligibility.test_check import AT, meta, received


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    built.machine.clock.time = AT
    yield built
    await built.close()


async def claim(house: House, name: str, payer: str = "RC102", identity: SubscriberIdentity = ADA) -> ClaimReceived:
    sealed = await house.sealed(identity)
    return received(name).model_copy(update={"payer_id": payer, "sealed_subscriber": sealed})


def denied(name: str, *reasons: tuple[str, str], remittance: str = "rem_1") -> ClaimDenied:
    return ClaimDenied(
        meta=meta(f"denied/{name}/{remittance}"),
        account_id="acct_1",
        claim_id=name,
        patient_control_number=f"PCN{name}",
        payer_id="RC102",
        remittance_id=remittance,
        charge_cents=10_000,
        paid_cents=0,
        denied_cents=10_000,
        reasons=tuple(DenialReason(group=g, reason=r, amount_cents=10_000) for g, r in reasons),
    )


def overdue(due_on: date = date(2026, 6, 1)) -> BalanceOverdue:
    return BalanceOverdue(
        meta=meta(f"overdue/{due_on}").model_copy(update={"source": "collections"}),
        account_id="acct_1",
        balance_cents=12_500,
        due_on=due_on,
        days_overdue=1,
    )


async def test_a_denial_for_coverage_asks_again_and_tells_the_claim_what_is_true_now(house: House) -> None:
    await house.hears(await claim(house, "c1"))
    house.payers["RC102"] = lambda one: replace(active(one), benefits=(Benefit("6", "IND", ("30",)),))
    await house.hears(denied("c1", ("CO", "45"), ("CO", "27")))
    told = house.events(CoverageVerified, CoverageInactive)
    assert [(type(one), one.claim_id) for one in told] == [(CoverageVerified, "c1"), (CoverageInactive, "c1")]
    assert told[1].meta.sequence > told[0].meta.sequence
    [checked] = house.events(CoverageChecked)
    assert (checked.reason, checked.status) == ("denial", "inactive")


async def test_the_claims_that_share_the_coverage_are_not_told_again(house: House) -> None:
    await house.hears(await claim(house, "c1"), await claim(house, "c2"))
    await house.hears(denied("c2", ("OA", "109")))
    assert [one.claim_id for one in house.events(CoverageVerified)] == ["c1", "c2", "c2"]


async def test_a_denial_is_followed_up_once_for_each_remittance_and_only_for_coverage(house: House) -> None:
    await house.hears(await claim(house, "c1"))
    await house.hears(denied("c1", ("CO", "197"), ("CO", "45")))
    assert len(house.asked) == 1
    await house.hears(denied("c1", ("CO", "22"), remittance="rem_2"))
    await house.hears(denied("c1", ("CO", "22"), remittance="rem_2"))
    assert len(house.asked) == 2
    await house.hears(denied("c1", ("CO", "22"), remittance="rem_3"))
    assert len(house.asked) == 3


async def test_a_denied_claim_nobody_checked_is_noted_and_nothing_is_asked(house: House) -> None:
    await house.hears(denied("stranger", ("PR", "26")))
    assert house.asked == []
    recheck = next(one for one in house.spec.deciders if one.kind == "recheck")
    [(_, state)] = await house.machine.store.find(recheck, "lakeside", {"found": True}, None, 10)
    assert state.check_id is None


def test_what_triggers_is_configured_with_its_groups() -> None:
    triggers = recheck_triggers(AT.date())
    assert {code.split("-")[1] for code in triggers} == {
        *("22", "24", "26", "27", "31", "109"),
        *("140", "177", "179", "200"),
    }
    assert "CO-45" not in triggers


def finds(inquiry: Inquiry270, **changes: Any) -> Answer271:
    return active(inquiry, **{"member_id": "FOUND1", **changes})


async def test_an_overdue_balance_finds_coverage_nobody_knew_of(house: House) -> None:
    await house.hears(await claim(house, "c1"))
    house.payers["RC101"] = finds
    house.payers["RC103"] = lambda one: replace(active(one), benefits=(), rejections=(Aaa("75", "C", "2100C"),))
    house.payers["RC105"] = lambda _: None
    await house.hears(overdue())
    searched = house.asked[1:]
    assert {one.payer.id for one in searched} == {"RC101", "RC103", "RC105"}
    assert {(one.member_id, one.subscriber.last_name, one.service_date) for one in searched} == {
        ("", "QUILLFEATHER", date(2026, 6, 15))
    }
    [found] = house.events(CoverageDiscovered)
    assert (found.account_id, found.payer_id, found.balance_cents) == ("acct_1", "RC101", 12_500)
    identity = SubscriberIdentity.model_validate_json(await house.sealer.open(found.sealed_subscriber))
    assert (identity.member_id, identity.subscriber.first_name) == ("FOUND1", "ADA")
    [(_, state)] = await house.machine.store.find(DISCOVERY, "lakeside", {"status": "found"}, None, 10)
    assert (state.asked, state.unanswered) == (("RC101", "RC103", "RC105"), ("RC105",))
    values = str([record.value for record in house.machine.bus.records])
    assert "QUILLFEATHER" not in values
    assert "FOUND1" not in values


@pytest.mark.parametrize("field", ["last_name", "first_name", "birth_date"])
async def test_somebody_alike_is_somebody_else(house: House, field: str) -> None:
    await house.hears(await claim(house, "c1"))
    other: dict[str, Any] = {"last_name": "QUILL", "first_name": "ADAM", "birth_date": date(1970, 1, 2)}
    house.payers["RC101"] = lambda one: finds(one, subscriber=replace(one.subscriber, **{field: other[field]}))
    for payer in ("RC103", "RC105"):
        house.payers[payer] = lambda one: finds(one, member_id="")
    await house.hears(overdue())
    assert house.events(CoverageDiscovered) == []
    [(_, state)] = await house.machine.store.find(DISCOVERY, "lakeside", {"status": "nothing_found"}, None, 10)
    assert state.reason is None


async def test_the_patient_is_searched_for_not_the_subscriber(house: House) -> None:
    child = Individual(last_name="QUILLFEATHER", first_name="BEN", birth_date=date(2015, 1, 1), sex="M")
    family = ADA.model_copy(update={"patient": child, "patient_relationship": "19"})
    await house.hears(await claim(house, "c1", identity=family))
    await house.hears(overdue())
    assert {one.subscriber.first_name for one in house.asked[1:]} == {"BEN"}
    assert {one.dependent for one in house.asked[1:]} == {None}


async def test_one_search_for_each_overdue_balance_and_known_payers_are_not_asked(house: House) -> None:
    await house.hears(await claim(house, "c1", "RC101"))
    await house.hears(overdue(), overdue())
    assert [one.payer.id for one in house.asked[1:]] == ["RC103", "RC105"]
    await house.hears(overdue(date(2026, 9, 1)))
    assert len(house.asked) == 5


async def test_an_account_nobody_checked_has_nobody_to_search_for(house: House) -> None:
    await house.hears(overdue())
    assert house.asked == []
    [(_, state)] = await house.machine.store.find(DISCOVERY, "lakeside", {"status": "nothing_found"}, None, 10)
    assert state.reason == "no_identity"
