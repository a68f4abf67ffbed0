"""Every public event in one sentence of our own, with the amount it is about. No sealed field is ever read here.

The sentences stand by the service whose events they are; each of these modules registers its own with `words`.
"""

from services.console.core import (
    said_of_claims,
    said_of_collections,
    said_of_collectors,
    said_of_eligibility,
    said_of_payments,
)
from services.console.core.said import Said, counted, dollars, words

SENTENCES = (said_of_eligibility, said_of_claims, said_of_payments, said_of_collections, said_of_collectors)

__all__ = ["SENTENCES", "Said", "counted", "dollars", "words"]
