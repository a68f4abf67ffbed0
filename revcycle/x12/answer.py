"""TA1 and 999 for a received file."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from shared.x12.ack999 import Ack999, AckTransaction, stream_999
from shared.x12.ack_ta1 import Ta1, write_ta1
from shared.x12.acknowledge import Answered, answer_in_pieces

_LONGEST_ID = 15
_PER_SECOND = 30


def control_number_at(at: datetime) -> int:
    """A control number that grows through the year, thirty a second, so that later answers have higher ones."""
    return 1 + int((at - datetime(at.year, 1, 1, tzinfo=UTC)).total_seconds()) * _PER_SECOND


def answers(chunks: Iterable[bytes], at: datetime, control_number: int) -> Iterator[tuple[str, bytes]]:
    """What a receiver would send back, in pieces: the file extension, and bytes of that file.

    First the pieces of the 999, which a file without groups does not get, while the file is read; then the TA1.
    `control_number` is that of the TA1, the next one that of the 999. The answer goes from the file's receiver to its
    sender. Raises `X12Error` when the file cannot be read at all.
    """
    pieces = _Pieces(answer_in_pieces(chunks))
    first = pieces.first()
    if first is None:
        return
    sender, receiver = _identifier(first.sender_id), _identifier(first.receiver_id)
    for piece in stream_999(pieces.groups(), sender, receiver, control_number + 1, at):
        yield "999", piece
    yield "ta1", write_ta1(pieces.notes, sender, receiver, control_number, at)


class _Pieces:
    """The groups of an answer one after another, and the notes on interchanges that came between them."""

    def __init__(self, pieces: Iterator[Answered]) -> None:
        self._pieces = pieces
        self.notes: list[Ta1] = []

    def first(self) -> Ta1 | None:
        """The first interchange."""
        return next((one for one in self._pieces if isinstance(one, Ta1)), None)

    def groups(self) -> Iterator[tuple[Ack999, Iterator[AckTransaction | Ack999]]]:
        for one in self._pieces:
            if isinstance(one, Ack999):
                yield one, self._of_group()
            elif isinstance(one, Ta1) and one.status:
                self.notes.append(one)

    def _of_group(self) -> Iterator[AckTransaction | Ack999]:
        for one in self._pieces:
            if isinstance(one, AckTransaction | Ack999):
                yield one
            if isinstance(one, Ack999):
                return


def _identifier(text: str) -> str:
    """An interchange identifier that can be written: a broken one is not passed on."""
    return text if text and text.isascii() and text.isprintable() and len(text) <= _LONGEST_ID else "UNKNOWN"
