"""One judgement of rules and tables over a claim.

First its charge bundles are opened and its drugs filled in, then the rules run, which may change it, then the tables.
"""

from dataclasses import dataclass, field
from datetime import date

from .bundles import open_bundles
from .content import ClaimContent
from .drug_defaults import fill_drugs
from .edits import edit, edits_of
from .edits_base import Edit, Looked, PastService, Reference, Restriction
from .fee_schedule import prices_of
from .rules import Outcome, RuleSet, evaluate
from .rules_subject import Prices


@dataclass(frozen=True, slots=True)
class Book:
    """Everything a tenant's claims are judged by, ready to run."""

    rules: RuleSet = field(default_factory=RuleSet)
    reference: Reference = field(default_factory=Reference)
    prices: Prices = field(init=False)
    edits: tuple[Edit, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", prices_of(self.reference.fees))
        object.__setattr__(self, "edits", edits_of(self.reference))


def judge(
    book: Book,
    content: ClaimContent,
    received_on: date,
    restrictions: tuple[Restriction, ...] = (),
    past: tuple[PastService, ...] = (),
) -> Outcome:
    """The claim as the rules leave it, with everything that rules and tables say of it."""
    opened = open_bundles(content, book.reference.bundles, book.prices)
    filled = fill_drugs(opened.content, book.reference.drugs)
    outcome = evaluate(book.rules, filled.content, received_on, prices=book.prices)
    found = edit(Looked(outcome.content, book.reference, restrictions, past), book.edits)
    judged = opened.judged.and_also(filled.judged).and_also(outcome.judged)
    return Outcome(outcome.content, judged.and_also(found))
