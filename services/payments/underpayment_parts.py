"""What underpayments are made of: deciders under the shipped policy, once for the process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import Request

from services.payments.contract_shelf import ContractShelf
from services.payments.core.adjudication import AdjustmentPolicy
from services.payments.core.claim_review import CLAIM_REVIEW
from services.payments.core.contract_book import CONTRACT_BOOK
from services.payments.core.contract_job import CONTRACT_JOB
from services.payments.core.responsibility import SharePolicy
from services.payments.core.underpayment import UnderpaymentDecider, make_underpayment
from services.payments.core.underpayment_policy import UnderpaymentPolicy
from services.payments.policy import load_adjustments
from services.payments.policy.patient import load_shares
from services.payments.policy.underpayments import load_underpayment_policy
from services.payments.underpayment_performers import Measure, UnderpaymentPerformers
from shared.contracts import ClaimRemitted, ClaimSubmitted
from shared.decider import Decider, Due, Effect
from shared.http import running_of
from shared.inbox import Routes, join_routes, route
from shared.runtime import Runtime
from shared.store.port import Store
from shared.worker import Performer


@dataclass(frozen=True, slots=True)
class UnderpaymentParts:
    """The deciders, and what they are decided by."""

    adjustments: AdjustmentPolicy
    shares: SharePolicy
    policy: UnderpaymentPolicy
    underpayment: UnderpaymentDecider

    @property
    def deciders(self) -> Sequence[Decider[Any, Any, Any]]:
        return CONTRACT_BOOK, CONTRACT_JOB, CLAIM_REVIEW, self.underpayment

    def routes(self) -> Routes:
        """What was billed, what this service itself says was decided, and deadlines."""
        return join_routes(route(CLAIM_REVIEW, ClaimSubmitted, ClaimRemitted), route(self.underpayment, Due))

    def performers(self, runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        shelf = ContractShelf(runtime.store)
        return UnderpaymentPerformers(runtime, self.underpayment, shelf, self.measure(shelf)).by_kind()

    def measure(self, shelf: ContractShelf) -> Measure:
        return Measure(shelf, self.adjustments, self.shares, self.policy)


@cache
def underpayment_parts() -> UnderpaymentParts:
    """The parts under the shipped policies."""
    policy = load_underpayment_policy()
    return UnderpaymentParts(load_adjustments(), load_shares(), policy, make_underpayment(policy))


def underpayment_parts_of() -> UnderpaymentParts:
    """For routes."""
    return underpayment_parts()


def shelf_of(request: Request) -> ContractShelf:
    """For routes; one for the application, so that texts and tables are read once."""
    store: Store = running_of(request).runtime.store
    found: ContractShelf | None = getattr(request.app.state, "contract_shelf", None)
    if found is None:
        found = request.app.state.contract_shelf = ContractShelf(store)
    return found
