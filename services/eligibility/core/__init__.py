"""Coverage checks: the rules. Pure: no I/O, clock or randomness."""

from services.eligibility.core.check import InquiryPolicy, check_decider
from services.eligibility.core.check_facts import CheckFact
from services.eligibility.core.check_messages import (
    CheckMessage,
    Inquire,
    InquiryAnswered,
    InquiryPutOff,
    Outcome,
    RequestCheck,
)
from services.eligibility.core.check_state import Check

__all__ = [
    "Check",
    "CheckFact",
    "CheckMessage",
    "Inquire",
    "InquiryAnswered",
    "InquiryPolicy",
    "InquiryPutOff",
    "Outcome",
    "RequestCheck",
    "check_decider",
]
