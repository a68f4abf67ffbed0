"""Coverage checks: the rules. Pure: no I/O, clock or randomness."""

from services.eligibility.core.check import (
    Check,
    CheckFact,
    CheckMessage,
    Inquire,
    InquiryAnswered,
    InquiryPolicy,
    InquiryPutOff,
    Outcome,
    RequestCheck,
    check_decider,
)

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
