"""One coverage check: an account's coverage with one payer on one date of service, asked once for all its claims."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, assert_never

from pydantic import Field, TypeAdapter

from services.eligibility.core.directory import OPEN_DIRECTORY, Directory, PayerTerms
from services.eligibility.core.putting_off import asked_again_at
from shared.contracts import ClaimReceived
from shared.decider import Decider, Effect

from .check_events import publish
from .check_facts import (
    AttemptFailed,
    CheckAnswered,
    CheckFact,
    CheckReopened,
    CheckStarted,
    ClaimJoined,
    ClaimTold,
    OtherCoverageSeen,
    RequestAnswered,
    RequestJoined,
)
from .check_messages import (
    AwaitBatch,
    CheckMessage,
    Inquire,
    InquiryAnswered,
    InquiryPutOff,
    InquiryResumed,
    Outcome,
    RequestCheck,
    check_id,
)
from .check_state import Check, evolve


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
        return (
            started,
            joined,
            CheckAnswered(outcome=refusal, at=claim.meta.occurred_at),
            ClaimTold(claim_id=claim.claim_id),
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
        return (opened, *joined, CheckAnswered(outcome=refusal, at=asked.meta.occurred_at), *told, answered)
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
        CheckAnswered(outcome=outcome, at=answer.meta.occurred_at),
        *((OtherCoverageSeen(payers=others),) if others else ()),
        *(ClaimTold(claim_id=claim_id) for claim_id in check.waiting),
        *(RequestAnswered(request_id=one.request_id, reason=one.reason) for one in check.requests),
    )


def _put_off(check: Check, answer: InquiryPutOff) -> tuple[CheckFact | Effect, ...]:
    """Ask later. The payer was not asked, so this counts as no attempt, and is no fact about the coverage."""
    at = asked_again_at(answer.meta.occurred_at, answer.times, answer.wait_seconds)
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


def may_answer_later(policy: InquiryPolicy, outcome: Outcome, payer_id: str, on: date) -> bool:
    """Whether a list asks again what a claim waits for: the payer could not answer, or takes nothing but files."""
    if outcome.status == "not_asked":
        takes_files = policy.directory.of(payer_id, on).batch
        return outcome.cause == "no_real_time_eligibility" and takes_files
    return worth_another_try(policy, outcome)


def _waits_for_night(policy: InquiryPolicy, check: Check) -> str:
    """The service date of a check that claims were told nothing by, for the nightly list to find it; else nothing."""
    if check.is_open or check.outcome is None or check.answered_at is None or not check.told:
        return ""
    may = may_answer_later(policy, check.outcome, check.payer_id, check.answered_at.date())
    return check.service_date.isoformat() if may else ""


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
            "service_date": check.service_date.isoformat() if check.account_id else "",
            "waits_for_night": _waits_for_night(policy, check),
        },
    )
