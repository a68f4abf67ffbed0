"""Coverage checks: the rules. Pure: no I/O, clock or randomness."""

from services.eligibility.core.check import (
    Check,
    CheckMessage,
    Inquire,
    InquiryAnswered,
    InquiryPolicy,
    InquiryPutOff,
    Outcome,
    check_decider,
)

__all__ = [
    "Check",
    "CheckMessage",
    "Inquire",
    "InquiryAnswered",
    "InquiryPolicy",
    "InquiryPutOff",
    "Outcome",
    "check_decider",
]
