"""271s read into typed benefits: the public samples against their ground truth, and what payers really send."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.eligibility.answers import outcome_of, outcome_of_answer
from services.eligibility.core.benefit_terms import Share
from services.eligibility.core.benefits import ACTIVE, line_of, read_benefits
from services.eligibility.core.directory import PayerTerms
from shared.x12.eligibility import Aaa, Answer271, Benefit, BenefitDate, Party, Payer, Person, read_271, write_271

CORPUS = Path("samples/corpus")
TRUTH: dict[str, Any] = json.loads((CORPUS / "truth_271.json").read_text())
DAY = date(2026, 3, 3)
MEDICAID = PayerTerms(kind="medicaid", mco=(("SUMMIT COMMUNITY CARE", "RC106"),), listed=True)


def answer(*benefits: Benefit, dates: tuple[BenefitDate, ...] = (), rejections: tuple[Aaa, ...] = ()) -> Answer271:
    return Answer271(
        trace_number="T1",
        payer=Payer("ALDER", "RC101"),
        subscriber=Person("QUILL", "ADA"),
        member_id="M1",
        benefits=benefits,
        dates=dates,
        rejections=rejections,
    )


def dated(qualifier: str, first: date, last: date | None = None) -> BenefitDate:
    return BenefitDate(qualifier, first, last or first)


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_every_public_271_is_read_whole_and_as_its_ground_truth_says(name: str) -> None:
    content = (CORPUS / name).read_bytes()
    truth = TRUTH[name]
    answers = [one for one in read_271([content]) if isinstance(one, Answer271)]
    read = [read_benefits(one) for one in answers]
    assert sum(len(one.lines) for one in read) == truth["eb_count"]
    said = [member for member in truth["members"] if member["eb"]]
    shown = [one for one in read if one.lines]
    assert [one.standing for one in shown] == [member["status"] for member in said]
    for one, member in zip(shown, said, strict=True):
        assert {line.code for line in one.lines} == set(member["eb01"])
    aaa = [f"{r.loop[-1:]}:{r.code}" for one in answers for r in outcome_of_answer(one).rejections]
    assert [one.split(":")[1] for one in truth["aaa"]] == [one.split(":")[1] for one in aaa]


def test_the_public_sample_gives_copays_by_network_and_its_primary_care_provider() -> None:
    name = next(n for n in sorted(TRUTH) if n.endswith("_subscriber-health-benefit-check.271"))
    [said] = [one for one in read_271([(CORPUS / name).read_bytes()]) if isinstance(one, Answer271)]
    benefits = read_benefits(said, date(2020, 1, 1))
    assert [(one.network, one.cents, one.period) for one in benefits.shares] == [
        ("in", 1000, "27"),
        ("out", 3000, "27"),
    ]
    assert "98" in benefits.shares[0].service_types
    assert (benefits.plan, benefits.plan_type, benefits.primary_care_provider) == ("GOLD 123 PLAN", "hmo", True)
    assert (benefits.referral.need, benefits.referral.because) == ("yes", "plan_type")
    assert read_benefits(said, date(2005, 12, 31)).standing == "unknown", "before the plan began"


def test_every_eb_survives_with_all_it_said() -> None:
    odd = Benefit(
        "F",
        "IND",
        ("AL", "98"),
        "HM",
        "GOLD",
        "23",
        12_50,
        Decimal("0.25"),
        True,
        None,
        (dated("292", DAY),),
        "VS",
        Decimal(20),
        False,
        "HC",
        "D0120",
        ("RT",),
        ("TEN VISITS",),
        (("PR", Party("ANOTHER", "PI", "X1", extras=(("REF", "ZZ", "9"),))),),
        (Aaa("15", "C", "2110C"),),
        (("HSD", "VS", "10"), ("III", "ZZ", "11")),
    )
    line = line_of(odd)
    kept = json.loads(line.model_dump_json())
    assert kept["extras"] == [["HSD", "VS", "10"], ["III", "ZZ", "11"]]
    assert kept["entities"] == [["PR", "ANOTHER", "PI", "X1"]]
    assert (line.code, line.percent, line.quantity, line.network_applies) == ("F", "0.25", "20", False)
    assert (line.procedure_qualifier, line.procedure, line.modifiers) == ("HC", "D0120", ("RT",))
    assert (line.messages, line.rejections) == (("TEN VISITS",), (("15", "C", "2110C", False),))
    assert line.dates == (("292", DAY, DAY),)


def test_case_06_a_271_that_names_a_medicaid_mco_routes_the_claim_to_it() -> None:
    summit = Party("SUMMIT COMMUNITY CARE", entity_type="2")
    for named in (
        Benefit("MC", "", ("30",), entities=(("PR", summit),)),
        Benefit("R", "", ("30",), "HM", entities=(("PRP", summit),)),
        Benefit("1", "", ("30",), "HM", entities=(("X3", summit),)),
    ):
        said = answer(Benefit("1", "IND", ("30",), "MC"), named)
        outcome = outcome_of_answer(said, DAY, MEDICAID)
        assert (outcome.status, outcome.managed_care, outcome.route_to_payer_id) == (
            "active",
            "SUMMIT COMMUNITY CARE",
            "RC106",
        )
        assert outcome.other_payers == (), "it stands for the agency, not beside it"
    unknown = Benefit("MC", "", ("30",), entities=(("PR", Party("NEWCOMER CARE")),))
    outcome = outcome_of_answer(answer(Benefit("1", "IND", ("30",), "MC"), unknown), DAY, MEDICAID)
    assert (outcome.managed_care, outcome.route_to_payer_id) == ("NEWCOMER CARE", None)


@pytest.mark.parametrize(
    "odd",
    [
        Benefit("CB", "", ("88",)),
        Benefit("U", "", ("MH",), messages=("ASK THE VENDOR",)),
        Benefit("I", "IND", ("35",)),
        Benefit("V"),
        Benefit("6", "IND", ("35",)),
        Benefit("ZZ9"),
        Benefit("F", quantity=Decimal(0)),
    ],
)
def test_case_09_active_coverage_with_odd_codes_is_not_ineligible(odd: Benefit) -> None:
    assert outcome_of_answer(answer(odd, Benefit("1", "IND", ("30",))), DAY).status == "active"
    assert outcome_of_answer(answer(odd), DAY).status == "no_benefit_stated", "alone it says nothing"


def test_what_does_not_decide_is_unknown_and_says_why() -> None:
    active = Benefit("1", "IND", ("30",))
    past = (dated("291", date(2025, 1, 1), date(2025, 12, 31)),)
    ended = outcome_of_answer(answer(active, dates=past), DAY)
    assert (ended.status, ended.cause) == ("no_benefit_stated", "dates_exclude_service_date")
    both = outcome_of_answer(answer(active, Benefit("6", "IND", ("30",))), DAY)
    assert (both.status, both.cause) == ("no_benefit_stated", "contradictory")
    dental = outcome_of_answer(answer(Benefit("6", "IND", ("35",))), DAY)
    assert (dental.status, dental.cause) == ("no_benefit_stated", "limited_scope")


def test_inactive_is_said_of_the_plan_outright() -> None:
    assert outcome_of_answer(answer(Benefit("6", "IND", ("30",))), DAY).status == "inactive"
    assert outcome_of_answer(answer(Benefit("7")), DAY).status == "inactive"
    ended = (dated("347", date(2026, 2, 1)),)
    assert outcome_of_answer(answer(Benefit("6", "IND", ("30",)), dates=ended), DAY).status == "inactive"


def test_one_plan_ended_and_the_next_began() -> None:
    old = Benefit("6", "IND", ("30",), plan="OLD", dates=(dated("347", date(2025, 12, 31)),))
    new = Benefit("1", "IND", ("30",), plan="NEW", dates=(dated("346", date(2026, 1, 1)),))
    outcome = outcome_of_answer(answer(old, new), DAY)
    assert (outcome.status, outcome.plan, outcome.covered_from, outcome.covered_to) == (
        "active",
        "NEW",
        date(2026, 1, 1),
        None,
    )


def test_deductible_and_out_of_pocket_have_total_met_and_remaining_by_network() -> None:
    benefits = read_benefits(
        answer(
            Benefit("1", "IND", ("30",)),
            Benefit("C", "IND", ("30",), time_period="23", amount_cents=150_000, in_network=True),
            Benefit("C", "IND", ("30",), time_period="29", amount_cents=40_000, in_network=True),
            Benefit("C", "IND", ("30",), time_period="23", amount_cents=300_000, in_network=False),
            Benefit("G", "FAM", ("30",), time_period="23", amount_cents=800_000, network_applies=False),
            Benefit("G", "FAM", ("30",), time_period="24", amount_cents=120_000, network_applies=False),
        )
    )
    common: dict[str, Any] = {"service_types": ("30",), "period": "23"}
    assert benefits.shares == (
        Share(
            kind="deductible",
            network="in",
            coverage_level="IND",
            total_cents=150_000,
            met_cents=110_000,
            remaining_cents=40_000,
            **common,
        ),
        Share(kind="deductible", network="out", coverage_level="IND", total_cents=300_000, **common),
        Share(
            kind="out_of_pocket",
            network="both",
            coverage_level="FAM",
            total_cents=800_000,
            met_cents=120_000,
            remaining_cents=680_000,
            **common,
        ),
    )


@pytest.mark.parametrize(
    ("insurance_type", "plan_type", "need"),
    [
        ("HM", "hmo", "yes"),
        ("PS", "pos", "yes"),
        ("PR", "ppo", "no"),
        ("IN", "fee_for_service", "no"),
        ("", None, "unknown"),
    ],
)
def test_a_referral_is_needed_as_the_plan_goes(insurance_type: str, plan_type: str | None, need: str) -> None:
    benefits = read_benefits(answer(Benefit("1", "IND", ("30",), insurance_type)))
    assert (benefits.plan_type, benefits.referral.need) == (plan_type, need)


def test_authorization_is_told_for_each_service_type() -> None:
    benefits = read_benefits(
        answer(
            Benefit("1", "IND", ("30",), authorization_required=False),
            Benefit("CB", "IND", ("2", "62"), authorization_required=True),
            Benefit("N", "IND", ("98",)),
        )
    )
    assert [(one.need, one.service_types) for one in benefits.authorization] == [("no", ("30",)), ("yes", ("2", "62"))]
    assert (benefits.referral.need, benefits.referral.because, benefits.referral.service_types) == (
        "yes",
        "stated",
        ("98",),
    )


def test_other_payers_are_named_with_the_primacy_they_were_given() -> None:
    other = Benefit(
        "R", "", ("30",), "C1", entities=(("PRP", Party("ANOTHER PLAN", "PI", "RC103")), ("IL", Party("QUILL")))
    )
    outcome = outcome_of_answer(answer(Benefit("1", "IND", ("30",)), other), DAY)
    assert [(one.name, one.payer_id, one.primacy) for one in outcome.other_payers] == [
        ("ANOTHER PLAN", "RC103", "primary")
    ]


def test_a_rejection_above_the_subscriber_is_matched_by_its_reference() -> None:
    rejected = replace(
        answer(rejections=(Aaa("50", "N", "2100B"),)),
        trace_number="",
        reference="T1",
        subscriber=Person(),
        member_id="",
    )
    content = write_271(rejected, 1, datetime(2026, 3, 3, tzinfo=UTC))
    outcome = outcome_of(content, "T1", DAY)
    assert (outcome.status, outcome.reject_codes) == ("rejected", ("50",))
    assert [(one.code, one.follow_up, one.loop) for one in outcome.rejections] == [("50", "N", "2100B")]
    assert outcome_of(content, "T2", DAY).status == "unreadable"


def test_a_qualified_medicare_beneficiary_is_marked() -> None:
    assert read_benefits(answer(Benefit("1", "IND", ("30",), "QM"))).qualified_medicare_beneficiary
    assert outcome_of_answer(answer(Benefit("1", "IND", ("30",), "QM"))).qualified_medicare_beneficiary
    assert not outcome_of_answer(answer(Benefit("1", "IND", ("30",)))).qualified_medicare_beneficiary
    assert {"1", "2", "3", "4", "5"} == ACTIVE
