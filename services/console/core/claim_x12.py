"""Which X12 lies behind a step of a claim's story. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Transaction(NamedTuple):
    """A kind of X12 of a claim: its label, and how the claims service calls it."""

    label: str
    what: str


TRANSACTIONS: Mapping[str, Transaction] = MappingProxyType(
    {
        "received": Transaction("As it came in", "received"),
        "sent": Transaction("837 sent to the payer", "sent"),
        "acknowledged": Transaction("Acknowledgements (999, 277CA)", "acknowledgement"),
        "835": Transaction("835 remittance", "remittance"),
    }
)
BEHIND = {
    "received": ("claim.received.v", "claim.held.v"),
    "sent": ("claim.submitted.v", "claim.rerouted.v"),
    "acknowledged": ("claim.accepted.v", "claim.rejected.v", "claim.acknowledgement-arrived.v"),
    "835": (
        "claim.paid.v",
        "claim.denied.v",
        "claim.remitted.v",
        "payment.posted.v",
        "payment.reversed.v",
        "adjustment.posted.v",
    ),
}


def x12_behind(event_type: str) -> str | None:
    """The kind of X12 that a step of this type came from; None where there is none."""
    return next((what for what, types in BEHIND.items() if event_type.startswith(types)), None)
