"""A coverage check's state: the fold of its facts. No rules here, so that history always replays."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from shared.contracts import CheckReason, Contract, OtherPayer
from shared.replaced import replace

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
from .check_messages import Outcome


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
    answered_at: datetime | None = None
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
            return replace(check, outcome=fact.outcome, answered_at=fact.at, reopened=False)
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
