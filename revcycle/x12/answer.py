"""TA1 and 999 for a received file."""

from collections.abc import Iterable
from datetime import datetime

from shared.x12.ack999 import write_999
from shared.x12.ack_ta1 import write_ta1
from shared.x12.acknowledge import acknowledge

_LONGEST_ID = 15


def answers(chunks: Iterable[bytes], at: datetime) -> dict[str, bytes]:
    """What a receiver would send back, by file extension; a file without groups gets no 999.

    The answer goes from the file's receiver to its sender. Raises `X12Error` when the file cannot be read at all.
    """
    answer = acknowledge(chunks)
    if not answer.ta1:
        return {}
    sender, receiver = (_identifier(one) for one in (answer.ta1[0].sender_id, answer.ta1[0].receiver_id))
    control = int(f"{at:%j%H%M%S}")
    files = {"ta1": write_ta1(answer.ta1, sender, receiver, control, at)}
    if answer.groups:
        files["999"] = write_999(answer.groups, sender, receiver, control, at)
    return files


def _identifier(text: str) -> str:
    """An interchange identifier that can be written: a broken one is not passed on."""
    return text if text and text.isascii() and text.isprintable() and len(text) <= _LONGEST_ID else "UNKNOWN"
