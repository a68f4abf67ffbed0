"""Claims: the rules. Pure: no I/O, clock or randomness."""

from services.claims.core.ack_file import ACK_FILE
from services.claims.core.claim import make_claim_decider
from services.claims.core.claim_facts import ClaimFact
from services.claims.core.claim_messages import ClaimMessage
from services.claims.core.claim_state import Claim
from services.claims.core.content import ClaimContent
from services.claims.core.deadlines import DeadlineRule
from services.claims.core.intake_file import INTAKE_FILE
from services.claims.core.policy import Policy
from services.claims.core.submission import SUBMISSION

__all__ = [
    "ACK_FILE",
    "INTAKE_FILE",
    "SUBMISSION",
    "Claim",
    "ClaimContent",
    "ClaimFact",
    "ClaimMessage",
    "DeadlineRule",
    "Policy",
    "make_claim_decider",
]
