"""What an account is told for its policy: what is known of the guarantor, exceptions, decisions, money on its way."""

from datetime import date
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from shared.contracts import Message, PatientPaymentFailed, PatientPaymentPending

Tag: TypeAlias = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
ReviewDecision: TypeAlias = Literal["place", "write_off", "wait"]
ExclusionReason: TypeAlias = Literal["person_decides", "service_recovery", "staff", "legal", "test", "other"]
"""A code, never free text: free text about a person would be public."""


class AccountOrder(Message):
    """What somebody wants of one account; `meta.actor` is who."""

    account_id: str = Field(min_length=1)


class DescribeAccount(AccountOrder):
    """What is known of the guarantor as far as a policy asks: given as data, absolute, the newest counts.

    `score` is a propensity to pay from 0 to 100 with the day it is of.
    """

    type: Literal["collections.describe-account.v1"] = "collections.describe-account.v1"
    segment: Tag | Literal[""] = ""
    practice: Tag | Literal[""] = ""
    tags: tuple[Tag, ...] = Field(default=(), max_length=20)
    score: NonNegativeInt | None = Field(default=None, le=100)
    scored_on: date | None = None

    @model_validator(mode="after")
    def _a_score_has_its_day(self) -> Self:
        if (self.score is None) != (self.scored_on is None):
            msg = "score and scored_on go together: a score without its day cannot grow old"
            raise ValueError(msg)
        return self


class ExcludeAccount(AccountOrder):
    """Nothing of the policy happens to this account any more, for ever or until a day (not in it)."""

    type: Literal["collections.exclude-account.v1"] = "collections.exclude-account.v1"
    exclusion_id: str = Field(min_length=1)
    reason: ExclusionReason
    until: date | None = None


class IncludeAccount(AccountOrder):
    """The exclusion ends: the policy goes on where it stood."""

    type: Literal["collections.include-account.v1"] = "collections.include-account.v1"
    exclusion_id: str = Field(min_length=1)


class DecideReview(AccountOrder):
    """What a person decided of an account that the policy brought before them. `until`: of a wait."""

    type: Literal["collections.decide-review.v1"] = "collections.decide-review.v1"
    review_id: str = Field(min_length=1)
    decision: ReviewDecision
    until: date | None = None

    @model_validator(mode="after")
    def _a_wait_has_its_end(self) -> Self:
        if (self.decision == "wait") != (self.until is not None):
            msg = "until goes with a decision to wait, and only with that"
            raise ValueError(msg)
        return self


class AdoptPolicy(AccountOrder):
    """The open episode, if it is this one, goes on under another policy of the book."""

    type: Literal["collections.adopt-policy.v1"] = "collections.adopt-policy.v1"
    episode: PositiveInt
    policy: str = Field(min_length=1)


PolicyMessage: TypeAlias = (
    DescribeAccount
    | ExcludeAccount
    | IncludeAccount
    | DecideReview
    | AdoptPolicy
    | PatientPaymentPending
    | PatientPaymentFailed
)
