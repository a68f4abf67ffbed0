"""Charge bundles and drug defaults: what a tenant's tables put into a claim, explained, over nothing."""

from collections.abc import AsyncGenerator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.bundles import BundleLine, unpacked
from services.claims.core.content import ClaimContent, ContentLine, DrugCode
from services.claims.core.edits_base import Reference
from services.claims.core.rules import Outcome
from services.claims.core.rules_judge import Book, judge
from shared.dated_table import OPEN, DatedTable, Row
from tests.claims.makers import GOOD, TODAY, content, line
from tests.claims.rule_makers import HOLD, document
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_api import changed

BUNDLES = """bundle,line,procedure,modifiers,units,charge,schedule,diagnosis_pointers,revenue_code,valid_from,valid_to
well-child,1,99392,25,1,150.00,,1,,2026-01-01,
WELL-CHILD,2,90471,,1,,usual,1 2,,2026-01-01,2026-06-30
WELL-CHILD,3,90707,,2,40.00,,,,2026-01-01,
"""
FEES = "payer,procedure,modifier,price,valid_from,valid_to\n,90471,,25.50,2026-01-01,\n"
DRUGS = """payer,procedure,ndc,qualifier,unit,factor,valid_from,valid_to
,J1885,0409-3795-01,N4,ML,0.5,2026-01-01,2026-06-30
,J1885,00409379502,N4,ML,1,2026-07-01,
PAYER2,J1885,99999999999,N4,UN,1,2026-01-01,
"""


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


def with_bundle(**entry: Any) -> dict[str, Any]:
    body = changed(["lines"], [{"bundle": "well-child", "service_from": "2026-06-20", **entry}])
    body["diagnoses"] = ["Z00.129", "Z23"]
    del body["charge_cents"]
    return body


async def test_a_bundle_becomes_its_lines_and_history_says_so(client: RulesClient) -> None:
    loaded = await client.load("bundles", BUNDLES)
    assert (loaded["status"], loaded["rows"]) == ("done", 3)
    await client.load("fees", FEES, name="usual")
    answer = await client.post("/claims", with_bundle(diagnosis_pointers=[1], units=1))
    assert (answer.status_code, answer.json()["holds"]) == (201, []), answer.text
    (state,) = await client.world.claims()
    assert state.content is not None
    assert [
        (one.procedure, one.modifiers, one.units, one.charge_cents, one.diagnosis_pointers)
        for one in state.content.lines
    ] == [
        ("99392", ("25",), Decimal(1), 150_00, (1,)),
        ("90471", (), Decimal(1), 25_50, (1, 2)),
        ("90707", (), Decimal(2), 40_00, (1,)),
    ]
    assert state.content.charge_cents == 215_50
    assert [one.line_control_number for one in state.content.lines] == ["1-1", "1-2", "1-3"]
    shown = (await client.get(f"/claims/{state.claim_id}")).json()
    (explained,) = shown["timeline"][0]["judged"]["explained"]
    assert (explained["rule"], explained["did"], explained["at"]) == ("charge-bundle", "add", "lines[0]")
    assert explained["values"] == [["bundle", "WELL-CHILD"], ["times", "1"], ["lines", "99392, 90471, 90707"]]
    await client.world.verify_coverage()
    (file,) = client.world.outbox().values()
    assert b"SV1*HC:90471*25.5*UN*1" in file
    assert b"WELL" not in file.upper()


async def test_a_bundle_is_that_of_its_day_and_counts_its_times(client: RulesClient) -> None:
    await client.load("bundles", BUNDLES)
    await client.load("fees", FEES, name="usual")
    client.world.clock.move(client.world.clock.now().replace(month=8))
    found = await client.send("/claims/dry-run", with_bundle(service_from="2026-07-02", units=2))
    assert [(one["procedure"], float(one["units"]), one["charge_cents"]) for one in found["lines"]] == [
        ("99392", 2, 300_00),
        ("90707", 4, 80_00),
    ]
    assert found["charge_cents"] == 380_00


@pytest.mark.parametrize(
    ("entry", "field", "words"),
    [
        ({"bundle": "nobody"}, "lines[0].bundle", "no charge bundle"),
        ({"service_from": "2025-12-31"}, "lines[0].bundle", "no charge bundle"),
        ({}, "lines[1].charge_cents", "has no price"),
        ({"charge_cents": 1}, "lines[0].charge_cents", "is not that of its lines"),
    ],
)
async def test_what_cannot_be_opened_holds_the_claim(
    client: RulesClient, entry: dict[str, Any], field: str, words: str
) -> None:
    await client.load("bundles", BUNDLES)
    if "charge_cents" in entry:
        await client.load("fees", FEES, name="usual")
    found = await client.send("/claims/dry-run", with_bundle(**entry))
    (hold,) = [one for one in found["holds"] if one["rule"] == "charge-bundle"]
    assert (hold["field"], words in hold["message"]) == (field, True)
    assert "charge-bundle" not in found["waivable"]


async def test_the_same_bundle_twice_is_a_duplicate_and_another_is_not(client: RulesClient) -> None:
    await client.load("bundles", BUNDLES + "OTHER,1,99393,,1,90.00,,1,,2026-01-01,\n")
    await client.load("fees", FEES, name="usual")
    first = with_bundle(diagnosis_pointers=[1])
    await client.post("/claims", first)
    again = await client.post("/claims", {**first, "patient_control_number": "B"}, key="b")
    other = {**first, "patient_control_number": "C"}
    other["lines"] = [{**first["lines"][0], "bundle": "OTHER"}]
    third = await client.post("/claims", other, key="c")
    assert [[hold["rule"] for hold in one.json()["holds"]] for one in (again, third)] == [["duplicate-claim"], []]


BAD = (
    ("A,0,99213,,1,1.00,,,,2026-01-01,", "line"),
    ("A,1,,,1,1.00,,,,2026-01-01,", "procedure"),
    ("A,1,99213,,1,,,,,2026-01-01,", "charge"),
    ("A,1,99213,,1,1.00,usual,,,2026-01-01,", "charge"),
    ("A,1,99213,,0,1.00,,,,2026-01-01,", "units"),
    ("A,1,99213,,0.0001,1.00,,,,2026-01-01,", "units"),
    ("A,1,99213,2 5,1,1.00,,,,2026-01-01,", "modifiers"),
    ("A,1,99213,,1,1.00,,13,,2026-01-01,", "diagnosis_pointers"),
    ("A,1,99213,,1,1.00,,,12345,2026-01-01,", "revenue_code"),
    ("A,1,99213,,1,,a/b,,,2026-01-01,", "schedule"),
    ("A THING WITH A LONG NAME,1,99213,,1,1.00,,,,2026-01-01,", "bundle"),
)


async def test_bad_rows_of_both_tables_are_named(client: RulesClient) -> None:
    loaded = await client.load("bundles", BUNDLES + "".join(f"{row}\n" for row, _ in BAD))
    assert [(one["row"], one["column"]) for one in loaded["refused"]] == [
        (number, column) for number, (_, column) in enumerate(BAD, 5)
    ]
    drugs = DRUGS + (
        ",J1,12345,N4,ML,1,2026-01-01,\n"
        ",J1,00409379502,UP,ML,1,2026-01-01,\n"
        ",J1,00409379502,N4,XX,1,2026-01-01,\n"
        ",J1,00409379502,N4,ML,-1,2026-01-01,\n"
    )
    loaded = await client.load("drugs", drugs)
    assert (loaded["rows"], [one["column"] for one in loaded["refused"]]) == (3, ["ndc", "qualifier", "unit", "factor"])


def drug_line(**entry: Any) -> dict[str, Any]:
    body = changed(["lines", 0, "procedure"], "J1885")
    body["lines"][0] |= {"units": 4, **entry}
    return body


async def test_a_drug_that_is_left_out_is_filled_in_before_rules_look(client: RulesClient) -> None:
    needs = document({"field": "line.drug.ndc", "exists": False}, HOLD, each="line", id="drug-needs-ndc")
    await client.activate(needs)
    assert (await client.send("/claims/dry-run", drug_line()))["would_be_held"]
    await client.load("drugs", DRUGS)
    answer = await client.post("/claims", drug_line())
    assert answer.json()["holds"] == []
    (explained,) = answer.json()["explained"]
    assert (explained["rule"], explained["did"], explained["at"]) == ("drug-defaults", "set", "lines[0].drug")
    assert explained["values"] == [
        ["lines[0].procedure", "J1885"],
        ["lines[0].drug.ndc", "00409379501"],
        ["lines[0].drug.quantity", "2"],
        ["lines[0].drug.unit", "ML"],
    ]
    await client.world.verify_coverage()
    (file,) = client.world.outbox().values()
    assert b"LIN**N4*00409379501~" in file.replace(b"\n", b"")
    assert b"CTP****2*ML~" in file.replace(b"\n", b"")


def table(*rows: tuple[str, str]) -> DatedTable:
    return DatedTable.of([Row(key, value, date(2026, 1, 1), OPEN) for key, value in rows])


DRUG_TABLE = table(("*|J1885", "00409379501/ML/0.5"), ("PAYER2|J1885", "99999999999/UN/1"))


def judged(claim: ClaimContent, bundles: DatedTable | None = None, drugs: DatedTable | None = None) -> Outcome:
    return judge(Book(reference=Reference(bundles=bundles, drugs=drugs)), claim, TODAY)


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        (None, DrugCode(ndc="00409379501", quantity=Decimal("1.5"), unit="ML")),
        (DrugCode(ndc="00409379501"), DrugCode(ndc="00409379501", quantity=Decimal("1.5"), unit="ML")),
        (DrugCode(ndc="", quantity=Decimal(7), unit="ML"), DrugCode(ndc="00409379501", quantity=Decimal(7), unit="ML")),
        (DrugCode(ndc="11111111111"), DrugCode(ndc="11111111111")),
        (DrugCode(ndc="00409379501", unit="UN"), DrugCode(ndc="00409379501", unit="UN")),
        (DrugCode(ndc="00409379501", quantity=Decimal(9)), DrugCode(ndc="00409379501", quantity=Decimal(9))),
    ],
)
def test_nothing_that_a_line_says_of_its_drug_is_overwritten(given: DrugCode | None, filled: DrugCode) -> None:
    claim = content(lines=(line(procedure="J1885", units=Decimal(3), drug=given),))
    outcome = judged(claim, drugs=DRUG_TABLE)
    assert outcome.content.lines[0].drug == filled
    assert bool(outcome.judged.explained) is (filled != given)


def test_the_payers_own_drug_comes_before_any_payers() -> None:
    claim = content(payer_id="PAYER2", lines=(line(procedure="J1885"),))
    drug = judged(claim, drugs=DRUG_TABLE).content.lines[0].drug
    assert drug is not None
    assert (drug.ndc, drug.unit) == ("99999999999", "UN")


BUNDLE_TABLE = table(
    *[
        (f"{name}|{number}", BundleLine(f"9921{number}", (), Decimal(1), 10_00, "", (), "").packed())
        for name, count in (("A", 1), ("B", 3))
        for number in range(1, count + 1)
    ]
)


@given(st.lists(st.sampled_from(["", "A", "B", "NONE"]), min_size=1, max_size=6))
def test_opening_twice_is_opening_once_and_each_line_keeps_its_own_number(bundles: list[str]) -> None:
    lines: list[ContentLine] = [
        line(number=str(n), line_control_number=str(n), bundle=one, charge_cents=None if one else 125_00)
        for n, one in enumerate(bundles, 1)
    ]
    once = judged(GOOD.model_copy(update={"lines": tuple(lines), "charge_cents": None}), bundles=BUNDLE_TABLE)
    again = judged(once.content, bundles=BUNDLE_TABLE)
    assert again.content == once.content
    assert [one.rule for one in again.judged.holds] == ["charge-bundle"] * bundles.count("NONE")
    numbers = [one.line_control_number for one in once.content.lines]
    assert len(set(numbers)) == len(numbers)
    assert [one.number for one in once.content.lines] == [str(n) for n in range(1, len(numbers) + 1)]
    counts = {"": 1, "A": 1, "B": 3, "NONE": 1}
    assert len(numbers) == sum(counts[one] for one in bundles)
    if "NONE" not in bundles and any(bundles):
        assert once.content.charge_cents == sum({"": 125_00, "A": 10_00, "B": 30_00}[one] for one in bundles)


@given(
    st.from_regex(r"[A-Z0-9]{0,7}", fullmatch=True),
    st.lists(st.from_regex(r"[A-Z0-9]{2}", fullmatch=True), max_size=4),
    st.decimals(min_value="0.001", max_value=9999, places=3),
    st.none() | st.integers(0, 9_999_999_999),
    st.lists(st.integers(1, 12), max_size=4),
)
def test_a_packed_line_is_the_line(
    procedure: str, modifiers: list[str], units: Decimal, cents: int | None, pointers: list[int]
) -> None:
    one = BundleLine(procedure, tuple(modifiers), units, cents, "" if cents else "usual", tuple(pointers), "0360")
    assert unpacked(one.packed()) == one
