"""The labelled remittances are complete, legal and balanced; what they say is judged by a biller, not here."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

FOLDER = Path(__file__).with_name("labelled_remittances")

Outcome: TypeAlias = Literal[
    "rejected",
    "denied",
    "zero_paid",
    "partly_denied",
    "paid",
    "informational",
    "reversed",
    "forwarded",
    "predetermination",
]
Category: TypeAlias = Literal[
    "eligibility",
    "wrong_payer",
    "coordination_of_benefits",
    "liability",
    "authorization",
    "missing_information",
    "documentation",
    "timely_filing",
    "duplicate",
    "coding",
    "bundling",
    "medical_necessity",
    "non_covered",
    "benefit_maximum",
    "provider_enrollment",
    "appeal_decision",
    "unspecified",
    "payer_error",
    "contractual",
    "incentive_or_withhold",
    "patient_responsibility",
    "none",
]
RootCause: TypeAlias = Literal[
    "registration",
    "authorization",
    "coding",
    "clinical",
    "billing",
    "credentialing",
    "benefit",
    "contract",
    "payer",
    "patient",
    "none",
]
NextAction: TypeAlias = Literal[
    "post_only",
    "do_not_post",
    "park_remittance",
    "correct_and_resubmit",
    "send_new_claim",
    "coder_review",
    "appeal",
    "send_records",
    "find_authorization",
    "recheck_eligibility",
    "rebill_other_payer",
    "work_prior_payer",
    "await_next_payer",
    "find_original",
    "close_duplicate",
    "fix_enrollment",
    "contact_patient",
    "bill_patient",
    "check_contract",
    "follow_up_payer",
    "write_off_review",
]
PayerKind: TypeAlias = Literal[
    "medicare",
    "medicare_advantage",
    "medicaid",
    "medicaid_managed",
    "commercial",
    "bcbs",
    "self_funded",
    "tricare",
    "workers_compensation",
    "auto",
    "dental",
]
Group: TypeAlias = Literal["CO", "PR", "OA", "PI", "CR"]
Status: TypeAlias = Literal["1", "2", "3", "4", "19", "20", "21", "22", "23", "25"]
Remark: TypeAlias = Annotated[str, Field(pattern=r"^(M\d{1,3}|MA\d{2,3}|N\d{1,4})$")]
Reason: TypeAlias = Annotated[str, Field(pattern=r"^([1-9]\d{0,2}|[ABPWY][1-9]\d?)$")]
Sentence: TypeAlias = Annotated[str, Field(min_length=20, max_length=220, pattern=r"\.$")]
Cents: TypeAlias = StrictInt
WITHOUT_DENIAL: tuple[Outcome, ...] = (
    "rejected",
    "zero_paid",
    "paid",
    "informational",
    "reversed",
    "forwarded",
    "predetermination",
)


class Strict(BaseModel):
    """A misspelt or missing key is a fault of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Adjustment(Strict):
    group: Group
    carc: Reason
    amount_cents: Cents
    quantity: StrictInt | None = None


class Line(Strict):
    number: StrictInt
    procedure: Annotated[str, Field(pattern=r"^[A-Z]\d{4}$")]
    revenue_code: Annotated[str, Field(pattern=r"^\d{4}$")] | None = None
    modifiers: tuple[Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")], ...] = ()
    charge_cents: Cents
    paid_cents: Cents
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Facts(Strict):
    """What the rest of the record knows; None is unknown."""

    is_secondary_claim: StrictBool | None = None
    prior_payer_paid_cents: Cents | None = None
    has_next_payer: StrictBool | None = None
    forwarded_to: str | None = None
    other_coverage_known: StrictBool | None = None
    has_277ca_acceptance: StrictBool | None = None
    has_277ca_rejection: StrictBool | None = None
    accepted_before_filing_limit: StrictBool | None = None
    timely_filing_days_left: StrictInt | None = None
    original_claim_paid: StrictBool | None = None
    authorization_on_file: StrictBool | None = None
    retro_authorization_refused: StrictBool | None = None
    capitated_contract: StrictBool | None = None
    expected_allowed_cents: Cents | None = None
    out_of_network: StrictBool | None = None
    balance_billing_allowed: StrictBool | None = None
    no_surprises_protected: StrictBool | None = None
    patient_is_qmb: StrictBool | None = None
    unrelated_to_hospice: StrictBool | None = None
    correction_in_same_remittance: StrictBool | None = None
    appeal_levels_left: StrictInt | None = None


class LineLabel(Strict):
    number: StrictInt
    denied: StrictBool
    denied_cents: Cents


class Label(Strict):
    outcome: Outcome
    category: Category
    root_cause: RootCause
    denied_cents: Cents
    lines: tuple[LineLabel, ...] = ()
    next_action: NextAction
    patient_may_be_billed: StrictBool
    patient_reason: Sentence
    why: Sentence


class Case(Strict):
    id: Annotated[str, Field(pattern=r"^[A-Z]{3}-\d{2}$")]
    title: str
    payer: str
    payer_kind: PayerKind
    claim_kind: Literal["professional", "institutional", "dental"]
    claim_status: Status
    charge_cents: Cents
    paid_cents: Cents
    patient_responsibility_cents: Cents
    balances: StrictBool = True
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[Remark, ...] = ()
    facts: Facts = Facts()
    line: tuple[Line, ...] = ()
    label: Label

    @property
    def every_adjustment(self) -> list[Adjustment]:
        return [*self.adjustments, *(one for line in self.line for one in line.adjustments)]


def labelled_cases() -> list[Case]:
    """Every case of every theme, in the order of the files."""
    files = sorted(FOLDER.glob("*.toml"))
    return [Case.model_validate(case) for path in files for case in tomllib.loads(path.read_text("utf-8"))["case"]]


CASES = labelled_cases()


def total(adjustments: list[Adjustment] | tuple[Adjustment, ...]) -> int:
    return sum(one.amount_cents for one in adjustments)


def balances(case: Case) -> bool:
    lines = [one.charge_cents == one.paid_cents + total(one.adjustments) for one in case.line]
    return all(lines) and case.charge_cents == case.paid_cents + total(case.every_adjustment)


def lines_add_up(case: Case) -> bool:
    """Each line has its label, and the denied cents of the claim are those of the lines and of the claim level."""
    label = case.label
    numbers = (
        [one.number for one in case.line] == [one.number for one in label.lines] == [*range(1, len(case.line) + 1)]
    )
    on_lines = sum(one.denied_cents for one in label.lines)
    at_claim_level = label.denied_cents - on_lines
    return numbers and 0 <= at_claim_level <= max(0, total(case.adjustments))


def denial_is_possible(line: Line, judged: LineLabel) -> bool:
    within = 0 <= judged.denied_cents <= max(0, total(line.adjustments))
    return within and (not judged.denied or (judged.denied_cents > 0 and line.paid_cents == 0))


def outcome_fits(case: Case) -> bool:
    label = case.label
    nothing_paid = label.outcome in {"denied", "zero_paid", "rejected"}
    something_paid = label.outcome in {"paid", "informational"}
    return all(
        (
            (label.denied_cents == 0) == (label.outcome in WITHOUT_DENIAL),
            not nothing_paid or case.paid_cents == 0,
            not something_paid or case.paid_cents > 0,
            (label.outcome == "reversed") == (case.claim_status == "22"),
            (label.outcome == "forwarded") == (case.claim_status == "23"),
            (label.outcome == "predetermination") == (case.claim_status == "25"),
            (label.next_action == "park_remittance") == (not case.balances),
        )
    )


def patient_fits(case: Case) -> bool:
    if case.label.patient_may_be_billed:
        return case.patient_responsibility_cents > 0
    return case.label.next_action != "bill_patient"


def test_the_amounts_balance_unless_the_case_is_that_they_do_not() -> None:
    assert [one.id for one in CASES if balances(one) != one.balances] == []
    assert [one.id for one in CASES if one.line and one.charge_cents != sum(x.charge_cents for x in one.line)] == []


def test_the_patients_part_is_the_sum_of_pr() -> None:
    of_patient = {case.id: total([one for one in case.every_adjustment if one.group == "PR"]) for case in CASES}
    assert {one.id: one.patient_responsibility_cents for one in CASES} == of_patient


def test_each_line_is_labelled_and_the_denied_cents_add_up() -> None:
    assert [one.id for one in CASES if not lines_add_up(one)] == []
    pairs = [(case.id, pair) for case in CASES for pair in zip(case.line, case.label.lines, strict=True)]
    assert [name for name, (line, judged) in pairs if not denial_is_possible(line, judged)] == []


def test_the_outcome_fits_the_amounts() -> None:
    assert [one.id for one in CASES if not outcome_fits(one)] == []


def test_only_pr_may_reach_the_patient() -> None:
    assert [one.id for one in CASES if not patient_fits(one)] == []


def test_each_label_names_its_source() -> None:
    source = re.compile(r"\(.*\b3\.\d|\[K\]|\(case \d")
    assert [one.id for one in CASES if not source.search(one.label.why)] == []


def test_ids_and_titles_are_unique() -> None:
    assert [one for one, times in Counter(case.id for case in CASES).items() if times > 1] == []
    assert [one for one, times in Counter(case.title for case in CASES).items() if times > 1] == []


def test_the_set_is_large_and_varied() -> None:
    assert len(CASES) >= 120
    assert {one.claim_status for one in CASES} == set(get_args(Status))
    assert {one.group for case in CASES for one in case.every_adjustment} == set(get_args(Group))
    assert {one.payer_kind for one in CASES} == set(get_args(PayerKind))
    assert {one.claim_kind for one in CASES} == {"professional", "institutional", "dental"}
    assert len({one.carc for case in CASES for one in case.every_adjustment}) >= 80
    assert (
        len({one for case in CASES for one in (*case.remarks, *(r for line in case.line for r in line.remarks))}) >= 40
    )
    assert sum(len(case.line) > 1 for case in CASES) >= 30
    assert sum(bool(case.adjustments) for case in CASES) >= 20


@pytest.mark.parametrize("field", ["outcome", "category", "root_cause", "next_action"])
def test_each_word_is_used_and_explained(field: str) -> None:
    words = {"outcome": Outcome, "category": Category, "root_cause": RootCause, "next_action": NextAction}[field]
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert {getattr(one.label, field) for one in CASES} == set(get_args(words))
    assert [one for one in get_args(words) if f"`{one}`" not in readme] == []


def test_each_fact_is_explained() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert [one for one in Facts.model_fields if f"`{one}`" not in readme] == []
