"""TA1 and 999 for a received file."""

from collections.abc import Iterable
from datetime import UTC, datetime

from shared.x12.ack999 import write_999
from shared.x12.ack_ta1 import write_ta1
from shared.x12.acknowledge import acknowledge

_LONGEST_ID = 15
_PER_SECOND = 30


def control_number_at(at: datetime) -> int:
    """A control number that grows through the year, thirty a second, so that later answers have higher ones."""
    return 1 + int((at - datetime(at.year, 1, 1, tzinfo=UTC)).total_seconds()) * _PER_SECOND


def answers(chunks: Iterable[bytes], at: datetime, control_number: int) -> dict[str, bytes]:
    """What a receiver would send back, by file extension; a file without groups gets no 999.

    `control_number` is that of the TA1, the next one that of the 999. The answer goes from the file's receiver to its
    sender. Raises `X12Error` when the file cannot be read at all.
    """
    answer = acknowledge(chunks)
    if not answer.ta1:
        return {}
    sender, receiver = (_identifier(one) for one in (answer.ta1[0].sender_id, answer.ta1[0].receiver_id))
    files = {"ta1": write_ta1(answer.ta1, sender, receiver, control_number, at)}
    if answer.groups:
        files["999"] = write_999(answer.groups, sender, receiver, control_number + 1, at)
    return files


def _identifier(text: str) -> str:
    """An interchange identifier that can be written: a broken one is not passed on."""
    return text if text and text.isascii() and text.isprintable() and len(text) <= _LONGEST_ID else "UNKNOWN"
