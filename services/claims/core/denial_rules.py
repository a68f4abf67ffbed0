"""The words and rules of the denial classifier: what an adjustment means, the first step, what bars the patient.

Pure. The rules are dated, sourced data (`services/claims/policy/denials.toml`); this file says how one fits. The first
that fits counts, and a payer's own goes before the general ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

from pydantic import ConfigDict

Outcome: TypeAlias = Literal[
    "rejected",
    "denied",
    "partly_denied",
    "zero_paid",
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
Bearing: TypeAlias = Literal["denial", "price", "informational", "cost_share"]
"""What an adjustment does: refuse money, price it, only inform, or leave the patient its share."""

Says: TypeAlias = Literal["unprocessable", "no_appeal", "forwarded", "alert"]
"""What a remark code can say by itself: returned unread, no appeal, sent on to another payer, or nothing to act on."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rest of the record knows about the claim. None is unknown, which is not the same as no."""

    is_secondary_claim: bool | None = None
    prior_payer_paid_cents: int | None = None
    has_next_payer: bool | None = None
    forwarded_to: str | None = None
    other_coverage_known: bool | None = None
    has_277ca_acceptance: bool | None = None
    has_277ca_rejection: bool | None = None
    accepted_before_filing_limit: bool | None = None
    timely_filing_days_left: int | None = None
    original_claim_paid: bool | None = None
    authorization_on_file: bool | None = None
    retro_authorization_refused: bool | None = None
    capitated_contract: bool | None = None
    expected_allowed_cents: int | None = None
    out_of_network: bool | None = None
    balance_billing_allowed: bool | None = None
    no_surprises_protected: bool | None = None
    patient_is_qmb: bool | None = None
    unrelated_to_hospice: bool | None = None
    hospice_said_on_claim: bool | None = None
    correction_in_same_remittance: bool | None = None
    appeal_levels_left: int | None = None


@dataclass(frozen=True, slots=True)
class Fits:
    """When a rule holds. Empty is any; `remarks` and `modifiers` want at least one of theirs.

    `facts` name truths of the case: a fact of the record, or one derived from it (`DERIVED`). Remark codes in `none_of`
    must not be there.
    """

    carcs: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    remarks: frozenset[str] = frozenset()
    none_of: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    payer_ids: frozenset[str] = frozenset()
    payer_classes: frozenset[str] = frozenset()
    categories: frozenset[Category] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    facts: Mapping[str, bool] = field(default_factory=dict[str, bool])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every entry carries: when it holds, for decisions from when to when, and who says so."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    when: Fits = Fits()
    valid_from: date
    valid_to: date | None = None
    source: str
    owner: str

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Rule):
    """What a claim status (CLP02) says the record is, where the adjustments are not to be read as a decision."""

    status: str
    outcome: Outcome
    category: Category
    root_cause: RootCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Rule):
    """What remark codes say of a whole claim or line."""

    codes: frozenset[str]
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning(Rule):
    """What an adjustment says."""

    bearing: Bearing
    category: Category
    root_cause: RootCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Rule):
    """Which step comes first."""

    action: NextAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Rule):
    """Why an amount in group PR stays off the patient, in words for the biller; `lets` takes it out of later bars."""

    reason: str
    lets: bool = False


R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule is held against: one adjustment, or the claim as a whole, and what is known about it."""

    day: date
    payer_id: str = ""
    payer_class: str = ""
    group: str = ""
    carc: str = ""
    remarks: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    category: Category = "none"
    outcome: Outcome = "paid"
    truths: Mapping[str, bool] = field(default_factory=dict[str, bool])


class Ladder(Generic[R]):
    """Rules in the order they are tried. Which could fit is found once for each code, category and outcome."""

    def __init__(self, rules: Iterable[R]) -> None:
        # Stable: a payer's own first, then the file's order.
        self._ordered = sorted(rules, key=lambda rule: not rule.when.payer_ids)
        self.places: Mapping[str, int] = {rule.id: place for place, rule in enumerate(self._ordered)}
        self._codes = frozenset(code for rule in self._ordered for code in rule.when.carcs)
        self._narrowed: dict[tuple[str, Category, Outcome], tuple[R, ...]] = {}
        self._first_day = min((rule.valid_from for rule in self._ordered), default=date.min)

    def first(self, sight: Sight) -> R | None:
        """The first rule that holds, or None."""
        # A code that no rule names is like any other such code: what is remembered stays small.
        key = (sight.carc if sight.carc in self._codes else "", sight.category, sight.outcome)
        narrowed = self._narrowed.get(key)
        if narrowed is None:
            narrowed = self._narrowed[key] = tuple(rule for rule in self._ordered if _may_fit(rule.when, *key))
        day = max(sight.day, self._first_day)  # a decision older than all rules is read by the oldest of them
        for rule in narrowed:
            if rule.in_force(day) and fits(rule.when, sight):
                return rule
        return None


def _may_fit(when: Fits, carc: str, category: Category, outcome: Outcome) -> bool:
    return _among(when.carcs, carc) and _among(when.categories, category) and _among(when.outcomes, outcome)


def fits(when: Fits, sight: Sight) -> bool:
    """Whether a rule holds for what is seen; its code, category and outcome were looked up already."""
    return (
        _among(when.groups, sight.group)
        and _among(when.payer_ids, sight.payer_id)
        and _among(when.payer_classes, sight.payer_class)
        and (not when.remarks or not when.remarks.isdisjoint(sight.remarks))
        and when.none_of.isdisjoint(sight.remarks)
        and (not when.modifiers or not when.modifiers.isdisjoint(sight.modifiers))
        and (not when.facts or all(sight.truths.get(name) is wanted for name, wanted in when.facts.items()))
    )


def _among(wanted: frozenset[str], value: str) -> bool:
    return not wanted or value in wanted


@dataclass(frozen=True, slots=True)
class DenialBook:
    """Every rule of the classifier, ready to be looked up.

    `ranks` say which category speaks for a claim that nothing was refused of: the first of them that is there.
    """

    records: Sequence[Record]
    remarks: Sequence[Remark]
    meanings: Ladder[Meaning]
    steps: Ladder[Step]
    bars: Ladder[Bar]
    payer_classes: Mapping[str, str]
    ranks: Mapping[Category, int]

    def record_of(self, status: str, day: date) -> Record | None:
        """What a claim status says the record is; None where the adjustments decide."""
        return next((one for one in self.records if one.status == status and one.in_force(day)), None)

    def saying(self, says: Says, remarks: frozenset[str], day: date) -> frozenset[str]:
        """Those of the remark codes that say this."""
        if not remarks:
            return remarks
        return frozenset(
            code for one in self.remarks if one.says == says and one.in_force(day) for code in one.codes & remarks
        )

    def class_of(self, filing_code: str) -> str:
        """The class of payer that a claim filing indicator (SBR09, CLP06) stands for; "" where it says nothing."""
        return self.payer_classes.get(filing_code, "")


DERIVED = frozenset(
    {
        "filing_limit_passed",
        "appeal_level_left",
        "forwarded",
        "receiver_named",
        "balances",
        "not_recognised",
        "under_contract",
        "expected_is_known",
        "unprocessable",
        "no_appeal",
        "remark_names_something",
        "leaves_nothing",
        "patient_may_be_billed",
        "patient_share",
    }
)
"""Truths that `denial.py` finds out from the decision and the facts."""
TRUTHS = DERIVED | frozenset(one.name for one in fields(Facts))
"""What a rule's `facts` may name."""
