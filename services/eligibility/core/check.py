"""One coverage check: an account's coverage with one payer on one date of service, asked once for all its claims."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, TypeAdapter

from services.eligibility.core.directory import OPEN_DIRECTORY, Directory, PayerTerms
from shared.contracts import (
    AuthorizationRequired,
    Cents,
    CheckReason,
    ClaimReceived,
    Contract,
    CoverageChecked,
    CoverageInactive,
    CoverageVerified,
    EligibilityEvent,
    EligibilityUnknown,
    Message,
    Meta,
    OtherCoverageFound,
    OtherPayer,
    UnknownCause,
)
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace


class Rejection(Contract):
    """One AAA as the payer sent it: AAA03, AAA04, the guide's loop, and whether AAA01 called the request valid."""

    code: str
    follow_up: str = ""
    loop: str = ""
    valid: bool = False


class Outcome(Contract):
    """What the payer's answer amounts to. `unavailable` is no answer at all, or AAA 42; `not_asked` no question.

    `cause` says more of a status that leaves coverage unknown. `conversation` names the sealed request and answer.
    """

    status: Literal["active", "inactive", "rejected", "unavailable", "unreadable", "no_benefit_stated", "not_asked"]
    reject_codes: tuple[str, ...] = ()
    authorization_service_types: tuple[str, ...] = ()  # EB11 = Y
    copay_cents: Cents | None = None
    deductible_remaining_cents: Cents | None = None
    coinsurance_percent: str | None = None
    cause: UnknownCause | None = None
    rejections: tuple[Rejection, ...] = ()
    plan: str | None = None
    plan_type: str | None = None
    referral_required: bool | None = None
    covered_from: date | None = None
    covered_to: date | None = None
    managed_care: str | None = None  # the organization a Medicaid agency names
    route_to_payer_id: str | None = None  # who takes its claims
    other_payers: tuple[OtherPayer, ...] = ()
    conversation: str | None = None


PUT_OFF_FIRST = timedelta(minutes=1)
PUT_OFF_MAX = timedelta(minutes=15)
"""How long an inquiry waits before its turn comes again, while its payer says nothing: twice as long each time."""


@dataclass(frozen=True, slots=True)
class InquiryPolicy:
    """How often a payer that cannot answer is asked again: one wait for each further attempt."""

    retry_codes: frozenset[str]
    waits: tuple[timedelta, ...]
    directory: Directory = OPEN_DIRECTORY

    def waits_of(self, payer_id: str, on: date) -> tuple[timedelta, ...]:
        """The waits before each further attempt at one payer."""
        own = self.directory.of(payer_id, on).waits
        return self.waits if own is None else own


class InquiryAnswered(Answer):
    """The payer connection's answer to one inquiry. `final`: whoever asked has tried often enough."""

    type: Literal["eligibility.inquiry-answered.v1"] = "eligibility.inquiry-answered.v1"
    check_id: str
    outcome: Outcome
    final: bool = False


class InquiryPutOff(Answer):
    """The payer was not asked, because it says nothing to those before; for the `times`-th time in a row.

    `wait_seconds`: when it may be asked again, where that is known.
    """

    type: Literal["eligibility.inquiry-put-off.v1"] = "eligibility.inquiry-put-off.v1"
    check_id: str
    times: PositiveInt
    wait_seconds: NonNegativeFloat | None = None


class InquiryResumed(Answer):
    """The payer speaks again: what was put off is asked now."""

    type: Literal["eligibility.inquiry-resumed.v1"] = "eligibility.inquiry-resumed.v1"
    check_id: str


class RequestCheck(Message):
    """Ask the payer, or ask it again: for a person, a list, a denial or an account nobody pays.

    `claim_id` is the claim that is to hear the answer, if one is. `batch_until`: it goes out in a file of many, whose
    answer is waited for until then, and not in real time.
    """

    type: Literal["eligibility.request-check.v1"] = "eligibility.request-check.v1"
    request_id: str
    reason: CheckReason
    account_id: str
    coverage_id: str
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)
    claim_id: str | None = None
    batch_until: AwareDatetime | None = None

    @property
    def check_id(self) -> str:
        return id_of(self.account_id, self.coverage_id, self.service_date)


CheckMessage: TypeAlias = ClaimReceived | InquiryAnswered | InquiryPutOff | InquiryResumed | RequestCheck


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
    service_types: tuple[str, ...] = ("30",)


class AwaitBatch(Effect):
    """The answer comes with that of a file; performed, it says that none came in time."""

    type: Literal["eligibility.await-batch.v1"] = "eligibility.await-batch.v1"
    check_id: str
    request_id: str


class CheckStarted(Fact):
    """The first claim asks."""

    type: Literal["check.started.v1"] = "check.started.v1"
    account_id: str
    coverage_id: str
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)


class ClaimJoined(Fact):
    """A claim waits for the answer."""

    type: Literal["check.claim-joined.v1"] = "check.claim-joined.v1"
    claim_id: str


class AttemptFailed(Fact):
    """The payer could not answer; it is asked again at `retry_at`."""

    type: Literal["check.attempt-failed.v1"] = "check.attempt-failed.v1"
    outcome: Outcome
    retry_at: AwareDatetime | None = None


class CheckAnswered(Fact):
    """The last word on this coverage and date."""

    type: Literal["check.answered.v1"] = "check.answered.v1"
    outcome: Outcome


class ClaimTold(Fact):
    """One claim learns the answer."""

    type: Literal["check.claim-told.v1"] = "check.claim-told.v1"
    claim_id: str


class CheckReopened(Fact):
    """What was answered is asked again, with what is known now."""

    type: Literal["check.reopened.v1"] = "check.reopened.v1"
    payer_id: str
    billing_npi: str
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)


class RequestJoined(Fact):
    """Somebody who asked for this check waits for the answer."""

    type: Literal["check.request-joined.v1"] = "check.request-joined.v1"
    request_id: str
    reason: CheckReason


class RequestAnswered(Fact):
    """Somebody who asked for this check has the answer."""

    type: Literal["check.request-answered.v1"] = "check.request-answered.v1"
    request_id: str
    reason: CheckReason


class OtherCoverageSeen(Fact):
    """The payer names others that it did not name before."""

    type: Literal["check.other-coverage-seen.v1"] = "check.other-coverage-seen.v1"
    payers: tuple[OtherPayer, ...]


CheckFact: TypeAlias = (
    CheckStarted
    | ClaimJoined
    | AttemptFailed
    | CheckAnswered
    | ClaimTold
    | CheckReopened
    | RequestJoined
    | RequestAnswered
    | OtherCoverageSeen
)


class Request(Contract):
    """Somebody who asked, and why."""

    request_id: str
    reason: CheckReason


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of one coverage on one date."""

    account_id: str = ""
    coverage_id: str = ""
    payer_id: str = ""
    billing_npi: str = ""
    service_date: date = date.min
    sealed_subscriber: str = ""
    service_types: tuple[str, ...] = ("30",)
    attempts: int = 0
    waiting: tuple[str, ...] = ()  # claims that asked and were not told yet
    told: tuple[str, ...] = ()
    outcome: Outcome | None = None
    reopened: bool = False  # asked again; `outcome` is the answer before
    requests: tuple[Request, ...] = ()  # that wait for the answer
    answered: tuple[str, ...] = ()  # the newest requests that have it
    others: tuple[OtherPayer, ...] = ()  # payers it ever named beside itself

    @property
    def is_open(self) -> bool:
        """Whether an inquiry is under way."""
        return self.reopened or (bool(self.account_id) and self.outcome is None)


REQUESTS_KEPT = 50
"""A request that is repeated after so many others asks the payer again."""


def check_id(claim: ClaimReceived) -> str:
    """Account, coverage and date of service: claims that share them share one inquiry."""
    return id_of(claim.account_id, claim.coverage_id, claim.service_from)


def id_of(account_id: str, coverage_id: str, service_date: date) -> str:
    return f"{account_id}.{coverage_id}.{service_date.isoformat()}"


def decide(policy: InquiryPolicy, check: Check, message: CheckMessage) -> tuple[CheckFact | Effect, ...]:
    match message:
        case ClaimReceived():
            return _ask(policy, check, message)
        case InquiryAnswered():
            return _answer(policy, check, message)
        case InquiryPutOff():
            return _put_off(check, message)
        case InquiryResumed():
            return (_again(check, message.check_id, check.attempts),)
        case RequestCheck():
            return _request(policy, check, message)
        case _:
            assert_never(message)


def _ask(policy: InquiryPolicy, check: Check, claim: ClaimReceived) -> tuple[CheckFact | Effect, ...]:
    if claim.claim_id in check.waiting or claim.claim_id in check.told:
        return ()
    joined = ClaimJoined(claim_id=claim.claim_id)
    if check.outcome is not None and not check.reopened:
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
    refusal = not_asked(policy.directory.of(claim.payer_id, claim.meta.occurred_at.date()))
    if refusal is not None:
        return (started, joined, CheckAnswered(outcome=refusal), ClaimTold(claim_id=claim.claim_id))
    inquire = Inquire(
        check_id=check_id(claim),
        attempt=1,
        payer_id=claim.payer_id,
        billing_npi=claim.billing_npi,
        service_date=claim.service_from,
        sealed_subscriber=claim.sealed_subscriber,
    )
    return (started, joined, inquire)


def not_asked(terms: PayerTerms, *, batch: bool = False) -> Outcome | None:
    """Why a payer is not asked, in real time or in a file; None when it is."""
    if not terms.may_be_asked:
        return Outcome(status="not_asked", cause="unknown_payer")
    if batch:
        return None if terms.batch else Outcome(status="not_asked", cause="no_batch_eligibility")
    return None if terms.real_time else Outcome(status="not_asked", cause="no_real_time_eligibility")


def _request(policy: InquiryPolicy, check: Check, asked: RequestCheck) -> tuple[CheckFact | Effect, ...]:
    """A person, a list, a denial or a search asks. What is under way serves it too; what was answered is asked anew."""
    if asked.request_id in check.answered or any(one.request_id == asked.request_id for one in check.requests):
        return ()
    joined = _joined(check, asked)
    if check.is_open:
        return joined
    opened = _opened(check, asked)
    terms = policy.directory.of(asked.payer_id, asked.meta.occurred_at.date())
    refusal = not_asked(terms, batch=asked.batch_until is not None)
    if refusal is not None:
        waiting = [] if asked.claim_id is None else [asked.claim_id]
        told = (ClaimTold(claim_id=claim_id) for claim_id in waiting)
        answered = RequestAnswered(request_id=asked.request_id, reason=asked.reason)
        return (opened, *joined, CheckAnswered(outcome=refusal), *told, answered)
    return (opened, *joined, _effect_of(asked))


def _joined(check: Check, asked: RequestCheck) -> tuple[CheckFact, ...]:
    joined = RequestJoined(request_id=asked.request_id, reason=asked.reason)
    if asked.claim_id is None or asked.claim_id in check.waiting:
        return (joined,)
    return (joined, ClaimJoined(claim_id=asked.claim_id))


def _opened(check: Check, asked: RequestCheck) -> CheckFact:
    if check.account_id:
        return CheckReopened(
            payer_id=asked.payer_id,
            billing_npi=asked.billing_npi,
            sealed_subscriber=asked.sealed_subscriber,
            service_types=asked.service_types,
        )
    return CheckStarted(
        account_id=asked.account_id,
        coverage_id=asked.coverage_id,
        payer_id=asked.payer_id,
        billing_npi=asked.billing_npi,
        service_date=asked.service_date,
        sealed_subscriber=asked.sealed_subscriber,
        service_types=asked.service_types,
    )


def _effect_of(asked: RequestCheck) -> Effect:
    if asked.batch_until is not None:
        return AwaitBatch(check_id=asked.check_id, request_id=asked.request_id, not_before=asked.batch_until)
    return Inquire(
        check_id=asked.check_id,
        attempt=1,
        payer_id=asked.payer_id,
        billing_npi=asked.billing_npi,
        service_date=asked.service_date,
        sealed_subscriber=asked.sealed_subscriber,
        service_types=asked.service_types,
    )


def _answer(policy: InquiryPolicy, check: Check, answer: InquiryAnswered) -> tuple[CheckFact | Effect, ...]:
    outcome = answer.outcome
    waits = policy.waits_of(check.payer_id, answer.meta.occurred_at.date())
    if not answer.final and worth_another_try(policy, outcome) and check.attempts <= len(waits):
        retry_at = answer.meta.occurred_at + waits[check.attempts - 1]
        again = _again(check, answer.check_id, check.attempts + 1, retry_at)
        return (AttemptFailed(outcome=outcome, retry_at=retry_at), again)
    others = tuple(one for one in outcome.other_payers if one not in check.others)
    return (
        CheckAnswered(outcome=outcome),
        *((OtherCoverageSeen(payers=others),) if others else ()),
        *(ClaimTold(claim_id=claim_id) for claim_id in check.waiting),
        *(RequestAnswered(request_id=one.request_id, reason=one.reason) for one in check.requests),
    )


def _put_off(check: Check, answer: InquiryPutOff) -> tuple[CheckFact | Effect, ...]:
    """Ask later. The payer was not asked, so this counts as no attempt, and is no fact about the coverage."""
    wait = min(PUT_OFF_FIRST * 2 ** min(answer.times - 1, 10), PUT_OFF_MAX)
    if answer.wait_seconds is not None:
        wait = min(timedelta(seconds=answer.wait_seconds), PUT_OFF_MAX)
    at = answer.meta.occurred_at + wait
    return (_again(check, answer.check_id, check.attempts, at, put_off=answer.times),)


def _again(
    check: Check, check_id: str, attempt: int, not_before: datetime | None = None, *, put_off: int = 0
) -> Inquire:
    """The same question once more."""
    return Inquire(
        check_id=check_id,
        attempt=attempt,
        put_off=put_off,
        payer_id=check.payer_id,
        billing_npi=check.billing_npi,
        service_date=check.service_date,
        sealed_subscriber=check.sealed_subscriber,
        service_types=check.service_types,
        not_before=not_before,
    )


def worth_another_try(policy: InquiryPolicy, outcome: Outcome) -> bool:
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
                service_types=fact.service_types,
                attempts=1,
            )
        case ClaimJoined():
            return replace(check, waiting=(*check.waiting, fact.claim_id))
        case AttemptFailed():
            return replace(check, attempts=check.attempts + 1)
        case CheckAnswered():
            return replace(check, outcome=fact.outcome, reopened=False)
        case ClaimTold():
            waiting = tuple(claim_id for claim_id in check.waiting if claim_id != fact.claim_id)
            told = tuple(claim_id for claim_id in check.told if claim_id != fact.claim_id)
            return replace(check, waiting=waiting, told=(*told, fact.claim_id))
        case CheckReopened() | RequestJoined() | RequestAnswered() | OtherCoverageSeen():
            return _evolve_later(check, fact)
        case _:
            assert_never(fact)


def _evolve_later(check: Check, fact: CheckReopened | RequestJoined | RequestAnswered | OtherCoverageSeen) -> Check:
    """What no first answer to a claim needs."""
    match fact:
        case OtherCoverageSeen():
            return replace(check, others=(*check.others, *fact.payers))
        case CheckReopened():
            return replace(
                check,
                payer_id=fact.payer_id,
                billing_npi=fact.billing_npi,
                sealed_subscriber=fact.sealed_subscriber,
                service_types=fact.service_types,
                attempts=1,
                reopened=True,
            )
        case RequestJoined():
            request = Request(request_id=fact.request_id, reason=fact.reason)
            return replace(check, requests=(*check.requests, request))
        case RequestAnswered():
            requests = tuple(one for one in check.requests if one.request_id != fact.request_id)
            answered = (*check.answered, fact.request_id)[-REQUESTS_KEPT:]
            return replace(check, requests=requests, answered=answered)
        case _:
            assert_never(fact)


def publish(check: Check, fact: CheckFact, meta: Meta) -> EligibilityEvent | None:
    """What others may know: the answer, once for each claim and each person that asked, and who else covers."""
    match fact:
        case ClaimTold():
            return _told(check, fact.claim_id, meta)
        case RequestAnswered():
            return _checked(check, fact, meta)
        case OtherCoverageSeen():
            return OtherCoverageFound(meta=meta, payers=fact.payers, **_subject(check))
        case CheckStarted() | ClaimJoined() | AttemptFailed() | CheckAnswered() | CheckReopened() | RequestJoined():
            return None
        case _:
            assert_never(fact)


def _subject(check: Check) -> dict[str, Any]:
    """Whom an answer is about."""
    return {
        "account_id": check.account_id,
        "coverage_id": check.coverage_id,
        "payer_id": check.payer_id,
        "service_date": check.service_date,
    }


def _told(check: Check, claim_id: str, meta: Meta) -> EligibilityEvent:
    outcome = check.outcome
    assert outcome is not None, "a claim was told before there was an answer"
    common: dict[str, Any] = {**_subject(check), "meta": meta, "claim_id": claim_id}
    match outcome.status:
        case "active" if outcome.authorization_service_types:
            return AuthorizationRequired(service_types=outcome.authorization_service_types, **common)
        case "active":
            return CoverageVerified(
                copay_cents=outcome.copay_cents,
                deductible_remaining_cents=outcome.deductible_remaining_cents,
                coinsurance_percent=outcome.coinsurance_percent,
                plan_type=outcome.plan_type,
                referral_required=outcome.referral_required,
                managed_care=outcome.managed_care,
                route_to_payer_id=outcome.route_to_payer_id,
                **common,
            )
        case "inactive":
            return CoverageInactive(**common)
        case "rejected" | "unavailable" | "unreadable" | "no_benefit_stated" | "not_asked":
            reason = UNKNOWN_BECAUSE[outcome.status]
            return EligibilityUnknown(reason=reason, reject_codes=outcome.reject_codes, cause=outcome.cause, **common)
        case _:
            assert_never(outcome.status)


def _checked(check: Check, fact: RequestAnswered, meta: Meta) -> CoverageChecked:
    outcome = check.outcome
    assert outcome is not None, "a request was answered before there was an answer"
    standing: Literal["active", "inactive", "unknown"] = "unknown"
    if outcome.status == "active":
        standing = "active"
    elif outcome.status == "inactive":
        standing = "inactive"
    return CoverageChecked(
        meta=meta,
        request_id=fact.request_id,
        reason=fact.reason,
        status=standing,
        because=outcome.status if standing == "unknown" else None,
        cause=outcome.cause,
        reject_codes=outcome.reject_codes,
        plan_type=outcome.plan_type,
        managed_care=outcome.managed_care,
        route_to_payer_id=outcome.route_to_payer_id,
        **_subject(check),
    )


UNKNOWN_BECAUSE: dict[
    str, Literal["payer_unavailable", "inquiry_rejected", "answer_unreadable", "no_benefit_stated"]
] = {
    "unavailable": "payer_unavailable",
    "rejected": "inquiry_rejected",
    "unreadable": "answer_unreadable",
    "no_benefit_stated": "no_benefit_stated",
    "not_asked": "payer_unavailable",
}


def _aggregate_id(message: CheckMessage) -> str:
    return check_id(message) if isinstance(message, ClaimReceived) else message.check_id


def _status(check: Check) -> str:
    return "waiting" if check.is_open or check.outcome is None else check.outcome.status


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
        effect_codec=TypeAdapter(Annotated[Inquire | AwaitBatch, Field(discriminator="type")]),
        index=lambda check: {
            "status": _status(check),
            "payer_id": check.payer_id,
            "coverage_id": check.coverage_id,
            "account_id": check.account_id,
        },
    )
