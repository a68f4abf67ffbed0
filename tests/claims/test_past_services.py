"""Limits over time and global periods count what the patient had before on other claims, looked up at once."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core import Claim
from services.claims.core.edits import EDITS, edit
from services.claims.core.edits_base import Looked, PastService, Reference
from services.claims.core.edits_over_time import needs_past
from services.claims.core.past import Earlier, earlier_of, past_services
from shared.contracts import HoldReason
from shared.dated_table import OPEN, DatedTable, Row
from tests.claims.callers import CLAIM
from tests.claims.makers import GOOD, NPI, content, line
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_api import changed
from tests.claims.test_charge_sheets import row, sheet

LIMITS = "payer,procedure,per,units,days,valid_from,valid_to\nPAYER1,99213,period,1,30,2026-01-01,\n"
GLOBAL = "code,days,visit,valid_from,valid_to\n27447,90,n,2026-01-01,\n99213,0,y,2026-01-01,\n"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


def visit(number: str, day: str, **changes: Any) -> dict[str, Any]:
    body = changed(["lines", 0, "service_from"], day)
    return {**body, "patient_control_number": number, **changes}


async def holds(client: RulesClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.post("/claims", body, key=body["patient_control_number"])
    assert answer.status_code == 201, answer.text
    return [one for one in answer.json()["holds"] if one["rule"] in ("frequency-limit", "global-days")]


async def test_a_second_visit_within_the_days_of_a_limit_is_held_and_names_the_first(client: RulesClient) -> None:
    await client.load("limits", LIMITS)
    assert await holds(client, visit("A", "2026-05-25")) == []
    first = (await client.get("/claims?control_number=A")).json()[0]["claim_id"]
    (hold,) = await holds(client, visit("B", "2026-06-20"))
    assert (hold["rule"], hold["field"], first in hold["message"]) == ("frequency-limit", "lines[0].procedure", True)
    assert await holds(client, visit("C", "2026-04-20")) == [], "outside the days of both"


async def test_a_claim_that_comes_late_for_an_earlier_day_counts_the_later_one(client: RulesClient) -> None:
    await client.load("limits", LIMITS)
    await holds(client, visit("A", "2026-06-20"))
    assert [one["rule"] for one in await holds(client, visit("B", "2026-05-25"))] == ["frequency-limit"]


async def test_another_person_and_another_payer_count_for_themselves(client: RulesClient) -> None:
    await client.load("limits", LIMITS.replace("PAYER1", ""))
    await holds(client, visit("A", "2026-05-25"))
    person = {"last_name": "QUILLFEATHER", "first_name": "TIM", "birth_date": "2015-01-01"}
    child = visit("B", "2026-06-20", patient={"person": person, "relationship": "19"})
    assert await holds(client, child) == []
    assert await holds(client, visit("C", "2026-06-20", payer={"id": "PAYER2", "name": "PAYER TWO"})) == []
    case = visit("D", "2026-06-20")
    case["subscriber"]["person"]["first_name"] = "Ada"
    assert len(await holds(client, case)) == 1, "small letters are the same person"


async def test_a_visit_after_a_surgery_of_another_claim_lies_in_its_global_period(client: RulesClient) -> None:
    await client.load("global_days", GLOBAL)
    surgery = visit("A", "2026-05-01")
    surgery["lines"][0]["procedure"] = "27447"
    assert await holds(client, surgery) == []
    (hold,) = await holds(client, visit("B", "2026-06-20"))
    assert (hold["rule"], "of claim clm_" in hold["message"]) == ("global-days", True)
    apart = visit("C", "2026-06-21")
    apart["lines"][0]["modifiers"] = ["24"]
    assert await holds(client, apart) == []


async def test_claims_of_one_file_count_in_their_order_and_reading_it_again_changes_nothing(
    client: RulesClient,
) -> None:
    await client.load("limits", LIMITS)
    rows = [row(Claim_number=f"S-{n}", Service_from=f"2026-06-{n:02}", Modifiers="") for n in (1, 2, 3)]
    other = row(Claim_number="S-9", Service_from="2026-06-03", Modifiers="", Member_id="OTHER")
    await client.world.drop("june.csv", sheet([*rows, other]))
    found = {one.content.patient_control_number: one for one in await client.world.claims() if one.content}
    held = {number for number, one in found.items() if "frequency-limit" in {hold.rule for hold in one.holds}}
    assert held == {"S-2", "S-3"}
    before = await client.world.claims()
    await client.world.drop("june-again.csv", sheet([*rows, other]))
    assert await client.world.claims() == before


async def test_mending_a_claim_does_not_count_the_claim_itself(client: RulesClient) -> None:
    await client.load("limits", LIMITS)
    await holds(client, visit("A", "2026-06-20"))
    (claim,) = await client.world.claims()
    headers = {**client.token("biller"), "Idempotency-Key": "mend", "X-Reason": "wrong day"}
    body = visit("A", "2026-06-21")
    mended = await client.http.put(f"/claims/{claim.claim_id}", json=body, headers=headers)
    assert (mended.json()["holds"], mended.json()["status"]) == ([], "waiting_coverage")


@pytest.mark.parametrize(("limits", "lookups"), [("", 0), (LIMITS.replace("99213", "99999"), 0), (LIMITS, 1)])
async def test_a_batch_looks_up_once_and_only_where_a_table_asks(
    client: RulesClient, monkeypatch: pytest.MonkeyPatch, limits: str, lookups: int
) -> None:
    if limits:
        await client.load("limits", limits)
    asked: list[Sequence[str]] = []
    find_among = client.world.store.find_among

    async def counted(decider: Any, tenant: str, name: str, values: Any, after: str | None, limit: int) -> Any:
        asked.append(sorted(values))
        return await find_among(decider, tenant, name, values, after, limit)

    monkeypatch.setattr(client.world.store, "find_among", counted)
    rows = [row(Claim_number=f"S-{n}", Member_id=f"M{n}", Modifiers="") for n in range(150)]
    await client.world.drop("day.csv", sheet(rows))
    assert len(await client.world.claims()) == 150
    assert len(asked) == lookups
    assert not asked or len(asked[0]) == 150


async def test_a_dry_run_counts_what_was_before(client: RulesClient) -> None:
    await client.load("limits", LIMITS)
    await holds(client, visit("A", "2026-06-01"))
    found = await client.send("/claims/dry-run", visit("B", "2026-06-20"))
    assert [one["rule"] for one in found["holds"]] == ["frequency-limit"]


def earlier(claim_id: str, frequency: str = "1", number: str = "P1", order: str = "2026-06-01", **more: Any) -> Earlier:
    claim = content(frequency_code=frequency, patient_control_number=number)
    return Earlier(claim_id, claim, (order, claim_id), **more)


@pytest.mark.parametrize(
    ("claims", "counted"),
    [
        ([earlier("a")], ["a"]),
        ([earlier("a"), earlier("b", number="P2")], ["a", "b"]),
        ([earlier("a"), earlier("v", "8", order="2026-06-02")], []),
        ([earlier("a"), earlier("r", "7", order="2026-06-02")], ["r"]),
        ([earlier("a"), earlier("r", "7", order="2026-06-02"), earlier("s", "7", order="2026-06-03")], ["s"]),
        ([earlier("a"), earlier("r", "7", order="2026-06-02"), earlier("v", "8", order="2026-06-03")], []),
        ([earlier("a", counts=False)], []),
        ([earlier("a"), earlier("r", "7", order="2026-06-02", counts=False)], []),
        ([earlier("me")], []),
    ],
)
def test_voids_and_what_was_corrected_do_not_count(claims: list[Earlier], counted: list[str]) -> None:
    for order in (claims, claims[::-1]):
        found = past_services(order, "me", content(patient_control_number="P9"))
        assert sorted(one.claim_id for one in found) == counted


def test_a_correction_does_not_count_what_it_replaces() -> None:
    correction = content(frequency_code="7", patient_control_number="P1")
    found = past_services([earlier("a"), earlier("b", number="P2")], "me", correction)
    assert [one.claim_id for one in found] == ["b"]


@pytest.mark.parametrize(
    ("changes", "frequency", "counts"),
    [
        ({"status": "accepted"}, "1", True),
        ({"status": "denied"}, "1", False),
        ({"status": "held", "holds": (HoldReason(rule="duplicate-claim", field="claim", message="x"),)}, "1", None),
        ({"status": "held"}, "1", True),
        ({"status": "held"}, "8", None),
        ({"status": "submitted"}, "8", True),
    ],
)
def test_what_a_claim_that_is_here_counts_for(changes: dict[str, Any], frequency: str, counts: bool | None) -> None:
    claim = replace(Claim(), claim_id="a", content=content(frequency_code=frequency), **changes)
    found = earlier_of(claim)
    assert (found.counts if found else None) is counts


def limit(units: int, days: int) -> DatedTable:
    return DatedTable.of([Row("PAYER1|99213|period", f"{units}/{days}", date(2026, 1, 1), OPEN)])


DAY = date(2026, 6, 20)


@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(1, 3)), max_size=8),
    st.integers(1, 6),
    st.integers(1, 30),
)
def test_a_limit_holds_for_every_span_of_its_days(past: list[tuple[int, int]], units: int, days: int) -> None:
    services = tuple(
        PastService("99213", DAY + timedelta(days=shift), Decimal(count), NPI, f"c{n}")
        for n, (shift, count) in enumerate(past)
    )
    looked = Looked(GOOD, Reference(limits=limit(units, days)), (), services)
    held = bool(edit(looked, [one for one in EDITS if one.id == "frequency-limit"]).holds)
    spans = (range(start, start + days) for start in range(-days + 1, 1))
    most = max(1 + sum(count for shift, count in past if shift in span) for span in spans)
    assert held == (most > units)


def test_only_what_a_table_asks_about_is_looked_up() -> None:
    limits, covered = limit(1, 30), DatedTable.of([Row("99213", "0/Y", date(2026, 1, 1), OPEN)])
    other = content(lines=(line(procedure="85025"),))
    assert needs_past(GOOD, Reference(limits=limits))
    assert needs_past(GOOD, Reference(global_days=covered))
    assert not needs_past(GOOD, Reference())
    assert not needs_past(other, Reference(limits=limits, global_days=covered))
    assert not needs_past(content(payer_id="PAYER2"), Reference(limits=limits))


def test_the_example_claim_is_the_one_that_limits_know() -> None:
    assert (CLAIM["payer"]["id"], CLAIM["lines"][0]["procedure"]) == ("PAYER1", "99213")
