"""What eligibility, providers' records and contracts say of a claim reaches the reading of its refusal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest

from services.claims.care_signs import care_signs
from services.claims.contract_terms import contracts
from services.claims.core import make_claim_decider
from services.claims.core.claim_facts import Adjudication
from services.claims.core.claim_messages import ClaimMessage
from services.claims.core.content import ClaimContent, Provider
from services.claims.core.contracts import Contract, terms_of
from services.claims.core.standing import held_by_standing, network_of
from services.claims.policies import POLICY_FOLDER
from shared.contracts import Adjustment
from shared.policy import PolicyError
from tests.claims.makers import NPI, POLICY, assign, content, coverage, line, receive, remit, stand, tag, transmit
from tests.claims.test_standing import OTHER, known, span, spans
from tests.claims.test_succession import SECOND, file_of, remitted, sent
from tests.claims.world import World, coverage_answer, make_world

DAY = date(2026, 6, 20)
SIGNS = care_signs(POLICY_FOLDER / "care_facts.toml")
SHARE = (Adjustment(group="PR", reason="2", amount_cents=25_00),)
EXCESS = (Adjustment(group="PR", reason="45", amount_cents=25_00),)
CAPITATED = (Adjustment(group="CO", reason="24", amount_cents=125_00),)


def answered(kind: str = "verified", sequence: int = 1, check: str = "check/1", *, qmb: bool = False) -> ClaimMessage:
    answer: ClaimMessage = coverage(kind, sequence, check)
    return answer.model_copy(update={"qualified_medicare_beneficiary": True}) if qmb else answer


def reading(
    *told: ClaimMessage, adjustments: tuple[Adjustment, ...] = SHARE, agreed: tuple[Contract, ...] = ()
) -> Adjudication:
    """How the last decision was read, of a claim that was told these things before it was sent."""
    decider = make_claim_decider(replace(POLICY, contracts=agreed, care_signs=SIGNS))
    paid = 125_00 - sum(one.amount_cents for one in adjustments)
    on_its_way = (assign(), transmit(), remit(paid_cents=paid, adjustments=adjustments))
    first = () if any(one.type == receive().type for one in told) else (receive(),)
    found = decider.start(*first, *told, *on_its_way).snapshot.state.remittances[-1].adjudication
    assert found is not None
    return found


def test_a_share_of_a_qmb_is_reviewed_and_never_billed() -> None:
    plain = reading(answered())
    assert (plain.next_action, plain.patient_may_be_billed) == ("bill_patient", True)
    qmb = reading(answered(qmb=True))
    assert (qmb.next_action, qmb.patient_may_be_billed) == ("write_off_review", False)
    assert "QMB" in qmb.patient_reason


def test_a_later_answer_takes_it_back_and_no_answer_does_not() -> None:
    assert reading(answered(qmb=True), answered("unknown", 2)).next_action == "write_off_review"
    assert reading(answered(qmb=True), answered(sequence=2)).next_action == "bill_patient"


def test_it_stays_true_while_another_coverage_says_nothing_of_it() -> None:
    other = answered(check="check/2").model_copy(update={"coverage_id": "cov_2"})
    assert reading(answered(qmb=True), other).next_action == "write_off_review"


def test_what_was_said_of_another_day_says_nothing() -> None:
    before = answered(qmb=True).model_copy(update={"service_date": date(2026, 6, 19)})
    assert reading(before, answered(check="check/2")).next_action == "bill_patient"


async def test_the_next_payers_claim_knows_it_of_the_one_before(tmp_path: Path) -> None:
    world: World = make_world(tmp_path)
    claim = await sent(world, file_of(SECOND))
    known_now = coverage_answer(claim)
    again = known_now.meta.model_copy(update={"sequence": 9, "id": uuid5(known_now.meta.id, "again")})
    await world.tell(known_now.model_copy(update={"meta": again, "qualified_medicare_beneficiary": True}))
    await world.tell(remitted(claim))
    (following,) = (one for one in await world.claims() if one.claim_id != claim.claim_id)
    assert following.is_of_qmb


def test_the_network_is_known_where_all_who_bill_or_render_say_the_same() -> None:
    claim = content(lines=(line(rendering=Provider(name="C", npi=OTHER)),))
    ours = known(spans(span(DAY, network="in")))
    assert network_of(claim, ours) == "in"
    assert held_by_standing(claim, ours).network == "in"
    theirs = known(spans(span(DAY, network="out"), npi=OTHER))
    assert network_of(claim, theirs) == "out"
    assert network_of(claim, {**ours, **theirs}) is None
    assert network_of(claim, known(spans(span(date(2026, 7, 1), network="in")))) is None


def test_an_excess_in_the_network_is_the_payers_error() -> None:
    unknown = reading(answered(), adjustments=EXCESS)
    inside = reading(stand().model_copy(update={"network": "in"}), answered(), adjustments=EXCESS)
    assert (unknown.category, inside.category) != (inside.category, inside.category)
    assert (inside.category, inside.patient_may_be_billed) == ("payer_error", False)


def agreed(**terms: object) -> Contract:
    entry = {"id": "a", "payer_ids": frozenset({"PAYER1"}), "valid_from": date(2026, 1, 1), "source": "s", "owner": "o"}
    return Contract(**{**entry, **terms})  # type: ignore[arg-type]


def test_a_contract_says_what_a_code_means() -> None:
    assert reading(answered(), adjustments=CAPITATED).category == "wrong_payer"
    capitated = reading(answered(), adjustments=CAPITATED, agreed=(agreed(capitated=True),))
    assert (capitated.outcome, capitated.category) == ("zero_paid", "contractual")
    for elsewhere in (
        agreed(capitated=True, payer_ids=frozenset({"PAYER9"})),
        agreed(capitated=True, valid_from=date(2026, 6, 21)),
        agreed(capitated=True, valid_to=date(2026, 6, 19)),
        agreed(capitated=True, tenants=frozenset({"another"})),
        agreed(capitated=True, billing_npis=frozenset({OTHER})),
        agreed(capitated=True, claim_types=frozenset({"I"})),
    ):
        assert reading(answered(), adjustments=CAPITATED, agreed=(elsewhere,)).category == "wrong_payer"


def test_a_contract_goes_before_the_providers_records_and_the_law_must_be_named() -> None:
    recorded = stand().model_copy(update={"network": "in"})
    outside = agreed(network="out", billing_npis=frozenset({NPI}))
    barred = reading(recorded, answered(), adjustments=EXCESS, agreed=(outside,))
    assert not barred.patient_may_be_billed
    lawful = agreed(id="b", balance_billing_allowed=True)
    allowed = reading(recorded, answered(), adjustments=EXCESS, agreed=(outside, lawful))
    assert allowed.patient_may_be_billed


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("network = 'maybe'", "network"),
        ("capitted = true", "capitted"),
        ("payer_ids = []", "names no payer"),
    ],
)
def test_a_contract_that_makes_no_sense_is_named(tmp_path: Path, entry: str, says: str) -> None:
    rest = "id = 'a'\nvalid_from = 2026-01-01\nsource = 's'\nowner = 'o'\n"
    payers = "" if "payer_ids" in entry else "payer_ids = ['P']\n"
    file = tmp_path / "contracts.toml"
    file.write_text(f"[[contract]]\n{rest}{payers}{entry}\n")
    with pytest.raises(PolicyError, match=says):
        contracts(file)


def test_the_file_of_the_house_is_read() -> None:
    assert contracts(POLICY_FOLDER / "contracts.toml") == ()


def shown(says: ClaimContent, *codes: Adjustment, tags: tuple[str, ...] = (), **terms: Any) -> Adjudication:
    """How the decision is read of a claim that says this, after people tagged it."""
    told: list[ClaimMessage] = [receive(says), *([tag(*tags)] if tags else []), answered()]
    return reading(*told, adjustments=codes, agreed=(agreed(**terms),) if terms else ())


PRICED = (Adjustment(group="CO", reason="45", amount_cents=40_00),)


@pytest.mark.parametrize(
    ("terms", "step"),
    [
        ({"allowed_percent": Decimal(80)}, "check_contract"),
        ({"allowed_percent": Decimal(68)}, "post_only"),
        ({"allowed_cents": {"99213": 90_00}}, "check_contract"),
        ({"allowed_cents": {"99213": 90_00, "99213:25": 85_00}}, "post_only"),
        ({"allowed_cents": {"99999": 90_00}}, "post_only"),
    ],
)
def test_what_was_agreed_is_held_against_what_the_payer_allowed(terms: dict[str, Any], step: str) -> None:
    line_of_it = line(procedure="99213", modifiers=("25",), charge_cents=125_00)
    assert shown(content(lines=(line_of_it,)), *PRICED, **terms).next_action == step


def test_units_count_and_a_line_agreed_nowhere_leaves_the_claim_unmeasured() -> None:
    priced = agreed(allowed_cents={"99213": 10_01})
    one, other = line(procedure="99213", units=Decimal("1.5")), line(procedure="99999")
    assert terms_of((priced,), "lakeside", content(lines=(one,))).expected_allowed_cents == 15_01
    assert terms_of((priced,), "lakeside", content(lines=(one, other))).expected_allowed_cents is None


LAW: dict[str, Any] = {"network": "out", "balance_billing_allowed": True}


@pytest.mark.parametrize(
    ("says", "tags", "billed"),
    [
        (content(claim_filing_code="CI"), (), True),
        (content(claim_filing_code="CI", lines=(line(emergency=True),)), (), False),
        (content(claim_filing_code="CI", lines=(line(place_of_service="23"),)), (), False),
        (content(claim_filing_code="CI", lines=(line(procedure="A0430"),)), (), False),
        (content(claim_filing_code="CI"), ("no-surprises",), False),
        (content(claim_filing_code="WC", lines=(line(place_of_service="23"),)), (), None),
    ],
)
def test_the_excess_of_a_protected_service_never_reaches_the_patient(
    says: ClaimContent, tags: tuple[str, ...], billed: bool | None
) -> None:
    found = shown(says, *EXCESS, tags=tags, **LAW)
    if billed is not None:
        assert found.patient_may_be_billed == billed
        assert ("No Surprises" in found.patient_reason) != billed
    assert not shown(says, *EXCESS, tags=tags, no_surprises_protected=True, **LAW).patient_may_be_billed


HOSPICE = (Adjustment(group="CO", reason="B9", amount_cents=125_00),)


@pytest.mark.parametrize(
    ("modifiers", "tags", "step"),
    [
        ((), (), "recheck_eligibility"),
        ((), ("hospice-unrelated",), "correct_and_resubmit"),
        (("GW",), (), "appeal"),
        (("GV",), (), "recheck_eligibility"),
    ],
)
def test_care_for_another_illness_than_the_hospices_is_told_apart(
    modifiers: tuple[str, ...], tags: tuple[str, ...], step: str
) -> None:
    says = content(claim_filing_code="MB", lines=(line(modifiers=modifiers),))
    assert shown(says, *HOSPICE, tags=tags).next_action == step


def test_a_sign_that_every_claim_would_show_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "care_facts.toml"
    rest = "fact = 'unrelated_to_hospice'\nvalid_from = 2026-01-01\nsource = 's'\nowner = 'o'\n"
    file.write_text(f"[[sign]]\nid = 'a'\n{rest}")
    with pytest.raises(PolicyError, match="every claim"):
        care_signs(file)
    assert len(care_signs(POLICY_FOLDER / "care_facts.toml")) == 4
