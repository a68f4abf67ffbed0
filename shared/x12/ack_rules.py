"""What the syntax of a 999 cannot say: whether its verdict fits what it says of the sets (SNIP 4)."""

from collections.abc import Iterator

from shared.x12.ack999 import Ack999, Verdict
from shared.x12.findings import Finding, Severity


def check_999(ack: Ack999) -> Iterator[Finding]:
    """Where AK9 contradicts AK2 to IK5. A 999 need not list accepted sets: what it does not list is not judged.

    A group rejected for its own sake (AK905) may have had good sets.
    """
    rejected = sum(one.verdict == Verdict.REJECTED for one in ack.transactions)
    accepted = len(ack.transactions) - rejected
    if rejected and ack.verdict in (Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_ERRORS):
        yield _finding(
            "ack-verdict", "AK901 says accepted: a group of which a set was rejected is accepted in part.", 1
        )
    if accepted and ack.verdict == Verdict.REJECTED and not ack.codes:
        yield _finding("ack-verdict", "AK901 says rejected, but a set was accepted and no fault of the group named.", 1)
    listed = ack.received == len(ack.transactions) and not ack.codes
    if listed and ack.accepted is not None and ack.accepted != accepted:
        yield _finding("ack-count", "AK904 is not the number of sets that IK5 accepts.", 4)


def _finding(code: str, message: str, element: int) -> Finding:
    return Finding(Severity.ERROR, f"SNIP4:{code}", message, 0, 0, "AK9", element)
