"""One coverage check: an account's coverage with one payer on one date of service, asked once for all its claims."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from shared.contracts import (
    AuthorizationRequired,
    Cents,
    ClaimReceived,
    Contract,
    CoverageInactive,
    CoverageVerified,
    EligibilityEvent,
    EligibilityUnknown,
    Meta,
)
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace


class Outcome(Contract):
    """What the payer's answer amounts to. `unavailable` is no answer at all, or AAA 42."""

    status: Literal["active", "inactive", "rejected", "unavailable", "unreadable", "no_benefit_stated"]
    reject_codes: tuple[str, ...] = ()
    authorization_service_types: tuple[str, ...] = ()  # EB11 = Y
    copay_cents: Cents | None = None
    deductible_remaining_cents: Cents | None = None
    coinsurance_percent: str | None = None


PUT_OFF_FIRST = timedelta(minutes=1)
PUT_OFF_MAX = timedelta(minutes=15)
"""How long an inquiry waits before its turn comes again, while its payer says nothing: twice as long each time."""


@dataclass(frozen=True, slots=True)
class InquiryPolicy:
    """How often a payer that cannot answer is asked again: one wait for each further attempt."""

    retry_codes: frozenset[str]
    waits: tuple[timedelta, ...]


class InquiryAnswered(Answer):
    """The payer connection's answer to one inquiry."""

    type: Literal["eligibility.inquiry-answered.v1"] = "eligibility.inquiry-answered.v1"
    check_id: str
    outcome: Outcome


class InquiryPutOff(Answer):
    """The payer was not asked, because it says nothing to those before; for the `times`-th time in a row."""

    type: Literal["eligibility.inquiry-put-off.v1"] = "eligibility.inquiry-put-off.v1"
    check_id: str
    times: PositiveInt


CheckMessage: TypeAlias = ClaimReceived | InquiryAnswered | InquiryPutOff


class Inquire(Effect):
    """Send a 270 to the payer and read its 271."""

    type: Literal["eligibility.inquire.v1"] = "eligibility.inquire.v1"
    check_id: str
    attempt: PositiveInt
    put_off: NonNegativeInt = 0  # how often before, in this attempt
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str


class CheckStarted(Fact):
    """The first claim asks."""

    type: Literal["check.started.v1"] = "check.started.v1"
    account_id: str
    coverage_id: str
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str


class ClaimJoined(Fact):
    """A claim waits for the answer."""

    type: Literal["check.claim-joined.v1"] = "check.claim-joined.v1"
    claim_id: str


class AttemptFailed(Fact):
    """The payer could not answer; it is asked again."""

    type: Literal["check.attempt-failed.v1"] = "check.attempt-failed.v1"
    outcome: Outcome


class CheckAnswered(Fact):
    """The last word on this coverage and date."""

    type: Literal["check.answered.v1"] = "check.answered.v1"
    outcome: Outcome


class ClaimTold(Fact):
    """One claim learns the answer."""

    type: Literal["check.claim-told.v1"] = "check.claim-told.v1"
    claim_id: str


CheckFact: TypeAlias = CheckStarted | ClaimJoined | AttemptFailed | CheckAnswered | ClaimTold


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of one coverage on one date."""

    account_id: str = ""
    coverage_id: str = ""
    payer_id: str = ""
    billing_npi: str = ""
    service_date: date = date.min
    sealed_subscriber: str = ""
    attempts: int = 0
    waiting: tuple[str, ...] = ()  # claims that asked and were not told yet
    told: tuple[str, ...] = ()
    outcome: Outcome | None = None


def check_id(claim: ClaimReceived) -> str:
    """Account, coverage and date of service: claims that share them share one inquiry."""
    return f"{claim.account_id}.{claim.coverage_id}.{claim.service_from.isoformat()}"


def decide(policy: InquiryPolicy, check: Check, message: CheckMessage) -> tuple[CheckFact | Effect, ...]:
    match message:
        case ClaimReceived():
            return _ask(check, message)
        case InquiryAnswered():
            return _answer(policy, check, message)
        case InquiryPutOff():
            return _put_off(check, message)
        case _:
            assert_never(message)


def _ask(check: Check, claim: ClaimReceived) -> tuple[CheckFact | Effect, ...]:
    if claim.claim_id in check.waiting or claim.claim_id in check.told:
        return ()
    joined = ClaimJoined(claim_id=claim.claim_id)
    if check.outcome is not None:
        return (joined, ClaimTold(claim_id=claim.claim_id))
    if check.account_id:
        return (joined,)
    started = CheckStarted(
        account_id=claim.account_id,
        coverage_id=claim.coverage_id,
        payer_id=claim.payer_id,
        billing_npi=claim.billing_npi,
        service_date=claim.service_from,
        sealed_subscriber=claim.sealed_subscriber,
    )
    inquire = Inquire(
        check_id=check_id(claim),
        attempt=1,
        payer_id=claim.payer_id,
        billing_npi=claim.billing_npi,
        service_date=claim.service_from,
        sealed_subscriber=claim.sealed_subscriber,
    )
    return (started, joined, inquire)


def _answer(policy: InquiryPolicy, check: Check, answer: InquiryAnswered) -> tuple[CheckFact | Effect, ...]:
    outcome = answer.outcome
    if _worth_another_try(policy, outcome) and check.attempts <= len(policy.waits):
        again = Inquire(
            check_id=answer.check_id,
            attempt=check.attempts + 1,
            payer_id=check.payer_id,
            billing_npi=check.billing_npi,
            service_date=check.service_date,
            sealed_subscriber=check.sealed_subscriber,
            not_before=answer.meta.occurred_at + policy.waits[check.attempts - 1],
        )
        return (AttemptFailed(outcome=outcome), again)
    return (CheckAnswered(outcome=outcome), *(ClaimTold(claim_id=claim_id) for claim_id in check.waiting))


def _put_off(check: Check, answer: InquiryPutOff) -> tuple[CheckFact | Effect, ...]:
    """Ask later. The payer was not asked, so this counts as no attempt, and is no fact about the coverage."""
    again = Inquire(
        check_id=answer.check_id,
        attempt=check.attempts,
        put_off=answer.times,
        payer_id=check.payer_id,
        billing_npi=check.billing_npi,
        service_date=check.service_date,
        sealed_subscriber=check.sealed_subscriber,
        not_before=answer.meta.occurred_at + min(PUT_OFF_FIRST * 2 ** min(answer.times - 1, 10), PUT_OFF_MAX),
    )
    return (again,)


def _worth_another_try(policy: InquiryPolicy, outcome: Outcome) -> bool:
    return outcome.status == "unavailable" or (
        outcome.status == "rejected" and not policy.retry_codes.isdisjoint(outcome.reject_codes)
    )


def evolve(check: Check, fact: CheckFact) -> Check:
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case CheckStarted():
            return replace(
                check,
                account_id=fact.account_id,
                coverage_id=fact.coverage_id,
                payer_id=fact.payer_id,
                billing_npi=fact.billing_npi,
                service_date=fact.service_date,
                sealed_subscriber=fact.sealed_subscriber,
                attempts=1,
            )
        case ClaimJoined():
            return replace(check, waiting=(*check.waiting, fact.claim_id))
        case AttemptFailed():
            return replace(check, attempts=check.attempts + 1)
        case CheckAnswered():
            return replace(check, outcome=fact.outcome)
        case ClaimTold():
            waiting = tuple(claim_id for claim_id in check.waiting if claim_id != fact.claim_id)
            return replace(check, waiting=waiting, told=(*check.told, fact.claim_id))
        case _:
            assert_never(fact)


def publish(check: Check, fact: CheckFact, meta: Meta) -> EligibilityEvent | None:
    """What others may know: the answer, once for each claim that asked."""
    if not isinstance(fact, ClaimTold):
        return None
    outcome = check.outcome
    assert outcome is not None, "a claim was told before there was an answer"
    subject = Subject(check, fact.claim_id, meta)
    match outcome.status:
        case "active" if outcome.authorization_service_types:
            return subject.authorization_required(outcome)
        case "active":
            return subject.verified(outcome)
        case "inactive":
            return subject.inactive()
        case "rejected" | "unavailable" | "unreadable" | "no_benefit_stated":
            return subject.unknown(outcome)
        case _:
            assert_never(outcome.status)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an answer is about; makes the four events of it."""

    check: Check
    claim_id: str
    meta: Meta

    def verified(self, outcome: Outcome) -> CoverageVerified:
        return CoverageVerified(
            meta=self.meta,
            account_id=self.check.account_id,
            claim_id=self.claim_id,
            coverage_id=self.check.coverage_id,
            payer_id=self.check.payer_id,
            service_date=self.check.service_date,
            copay_cents=outcome.copay_cents,
            deductible_remaining_cents=outcome.deductible_remaining_cents,
            coinsurance_percent=outcome.coinsurance_percent,
        )

    def inactive(self) -> CoverageInactive:
        return CoverageInactive(
            meta=self.meta,
            account_id=self.check.account_id,
            claim_id=self.claim_id,
            coverage_id=self.check.coverage_id,
            payer_id=self.check.payer_id,
            service_date=self.check.service_date,
        )

    def authorization_required(self, outcome: Outcome) -> AuthorizationRequired:
        return AuthorizationRequired(
            meta=self.meta,
            account_id=self.check.account_id,
            claim_id=self.claim_id,
            coverage_id=self.check.coverage_id,
            payer_id=self.check.payer_id,
            service_date=self.check.service_date,
            service_types=outcome.authorization_service_types,
        )

    def unknown(self, outcome: Outcome) -> EligibilityUnknown:
        return EligibilityUnknown(
            meta=self.meta,
            account_id=self.check.account_id,
            claim_id=self.claim_id,
            coverage_id=self.check.coverage_id,
            payer_id=self.check.payer_id,
            service_date=self.check.service_date,
            reason=UNKNOWN_BECAUSE[outcome.status],
            reject_codes=outcome.reject_codes,
        )


UNKNOWN_BECAUSE: dict[
    str, Literal["payer_unavailable", "inquiry_rejected", "answer_unreadable", "no_benefit_stated"]
] = {
    "unavailable": "payer_unavailable",
    "rejected": "inquiry_rejected",
    "unreadable": "answer_unreadable",
    "no_benefit_stated": "no_benefit_stated",
}


def _aggregate_id(message: CheckMessage) -> str:
    return check_id(message) if isinstance(message, ClaimReceived) else message.check_id


def _status(check: Check) -> str:
    return "waiting" if check.outcome is None else check.outcome.status


def check_decider(policy: InquiryPolicy) -> Decider[Check, CheckMessage, CheckFact]:
    """The decider under a policy."""
    return Decider(
        service="eligibility",
        kind="check",
        initial=Check(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=_aggregate_id,
        record_key=lambda check: check.account_id,
        state_codec=TypeAdapter(Check),
        message_codec=TypeAdapter(Annotated[CheckMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[CheckFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Inquire),
        index=lambda check: {
            "status": _status(check),
            "payer_id": check.payer_id,
            "coverage_id": check.coverage_id,
            "account_id": check.account_id,
        },
    )
