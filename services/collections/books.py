"""Everything the service is decided by, read once at start: policies, rules of the gate, order of work, letterheads."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from services.collections.agencies import agency_book
from services.collections.assistance import assistance_policy
from services.collections.compliance import rule_shelf
from services.collections.core import PolicyBook
from services.collections.core.agency_policy import AgencyBook
from services.collections.core.assistance_policy import AssistancePolicy
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.legal_policy import LegalBook
from services.collections.core.plan_policy import PlanBook
from services.collections.core.work_policy import WorkBook
from services.collections.legal_terms import legal_book
from services.collections.plan_policies import plan_book
from services.collections.policies import letterheads, policy_book
from services.collections.render import Letterhead
from services.collections.settings import CollectionsSettings
from services.collections.work_policies import work_book


class HouseBooks(NamedTuple):
    """What is read from files; none of it changes while the service runs."""

    policies: PolicyBook
    rules: RuleShelf
    work: WorkBook
    assistance: AssistancePolicy
    plans: PlanBook
    agencies: AgencyBook
    legal: LegalBook
    letterheads: Mapping[str, Letterhead]


def read_books(settings: CollectionsSettings) -> HouseBooks:
    """Read them all. PolicyError names the file, the figure and what to do."""
    folder, production = settings.dunning_folder, settings.env == "production"
    return HouseBooks(
        policies=policy_book(folder),
        rules=rule_shelf(folder, production=production),
        work=work_book(folder),
        assistance=assistance_policy(folder, production=production),
        plans=plan_book(folder, production=production),
        agencies=agency_book(folder),
        legal=legal_book(folder),
        letterheads=letterheads(settings.letterhead_file),
    )


def books_of(request: Request) -> HouseBooks:
    """What the running service was started with."""
    books: HouseBooks = request.app.state.books
    return books


Books = Annotated[HouseBooks, Depends(books_of)]
