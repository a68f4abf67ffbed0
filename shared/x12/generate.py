"""Files of any size about nobody, from a seed, in constant memory, with the defects that are wanted.

Files of one seed and guide speak of the same claims: the 835 pays what the 837 bills, the 277CA acknowledges it, the
276 asks for it. One interchange holds one group; the transaction sets hold a few hundred claims each.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, count, islice

from shared.x12.ack277ca_write import write_277ca
from shared.x12.ack999 import write_999
from shared.x12.claim837_views import Batch837, Claim837, Guide
from shared.x12.claim837_write import write_837d, write_837i, write_837p
from shared.x12.defects import (
    DEFECTS,
    break_acknowledgement,
    break_claim,
    break_header,
    break_remittance,
    break_set,
    break_trailer,
    defects_of,
    set_element,
)
from shared.x12.eligibility_write import write_270, write_271
from shared.x12.era835_write import write_835
from shared.x12.invented_answers import (
    invented_acknowledgement,
    invented_answer,
    invented_file_acknowledgement,
    invented_inquiry,
    invented_remittance,
    invented_review,
    invented_status,
    invented_status_inquiry,
)
from shared.x12.invented_claims import invented_claim
from shared.x12.parties import Party
from shared.x12.review278_write import write_278
from shared.x12.status_write import write_276, write_277

KINDS = ("837P", "837I", "837D", "835", "270", "271", "276", "277", "277CA", "278", "999")
SEED = 2026
START = date(2026, 7, 1)
# The invented diagnoses are codes of October 2021 and later; services lie in the four weeks before the start.
FIRST_START = date(2021, 10, 29)
CLAIMS_PER_SET = 100
_SUBMITTER = Party("LAKESIDE BILLING", "46", "LAKESIDE", contact_name="BILLING", contact_phone="4195550100")
_RECEIVER = Party("SANDBOX CLEARINGHOUSE", "46", "CLEARING")
_WRITERS = {"837P": write_837p, "837I": write_837i, "837D": write_837d}
_END = b"~\n"


@dataclass(frozen=True, slots=True)
class Order:
    """What to generate: a kind of `KINDS`, and so many claims.

    Of 270, 271, 276, 277 and 278 they are questions or answers about a claim, of a 999 answered sets of one claim each.

    `size_bytes` instead of `claims` ends the file with the first transaction set that reaches it. `defects` are names
    of `DEFECTS`; one claim and one transaction set in `every` has them, the first always. Claims of the other
    kinds are those of `guide`.
    """

    kind: str
    claims: int | None = None
    size_bytes: int | None = None
    seed: int = SEED
    start: date = START
    defects: frozenset[str] = frozenset()
    every: int = 10
    guide: Guide = "837P"
    usage: str = "T"

    def __post_init__(self) -> None:
        """Raises ValueError, in words for the one who ordered, for what cannot be generated."""
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} cannot be generated; {', '.join(KINDS)} can")
        if (self.claims is None) == (self.size_bytes is None):
            raise ValueError("say either how many claims or how many bytes")
        if self.start < FIRST_START:
            raise ValueError(f"{self.start} is too early: files start on {FIRST_START} or later, as their codes do")
        if self.every < 1:
            raise ValueError("a defect stands in one claim of at least one")
        known = defects_of(self.kind)
        if wrong := sorted(self.defects - set(known)):
            here = "is no defect" if wrong[0] not in DEFECTS else f"is no defect of a {self.kind}"
            raise ValueError(f"{wrong[0]} {here}; there are {', '.join(known)}")


def generate(order: Order) -> Iterator[bytes]:
    """The file in pieces of one transaction set. Equal orders give equal files."""
    yield from _joined(_interchanges(order), order)


def _interchanges(order: Order) -> Iterator[bytes]:
    """Interchanges as the writers make them, each of up to a hundred claims."""
    guide = order.guide if order.kind not in _WRITERS else _guide(order.kind)
    indexes = iter(range(order.claims)) if order.claims is not None else count()
    for number in count(1):
        claims = [_claim(order, guide, index) for index in islice(indexes, CLAIMS_PER_SET)]
        if not claims:
            return
        yield from _written(order, claims, number)


def _guide(kind: str) -> Guide:
    match kind:
        case "837I" | "837D":
            return kind
        case _:
            return "837P"


def _claim(order: Order, guide: Guide, index: int) -> Claim837:
    claim = invented_claim(guide, order.seed, index, order.start)
    return break_claim(claim, order.defects) if index % order.every == 0 and order.kind in _WRITERS else claim


def _written(order: Order, claims: Sequence[Claim837], number: int) -> Iterator[bytes]:
    at = datetime.combine(order.start, time(6), UTC)
    control = order.seed % 999_999_999 + 1
    day = order.start
    match order.kind:
        case "835":
            paid = invented_remittance(claims, day + timedelta(days=14), number)
            broken = break_remittance(paid, order.defects, lambda place: place % order.every == 0)
            yield write_835([broken], control, control, at, "CLEARING", "LAKESIDE", order.usage)
        case "270":
            yield from (write_270(invented_inquiry(one), control, at) for one in claims)
        case "271":
            yield write_271([invented_answer(one, day) for one in claims], control, at)
        case "276":
            yield write_276([invented_status_inquiry(one) for one in claims], control, at)
        case "277":
            yield write_277([invented_status(one, day) for one in claims], control, at)
        case "277CA":
            acks = [invented_acknowledgement(one, day) for one in claims]
            yield write_277ca(acks, "CLEARING", "LAKESIDE", control, at, usage=order.usage)
        case "278":
            reviews = [invented_review(one) for one in claims]
            yield write_278(reviews, "LAKESIDE", "CLEARING", control, at, order.usage)
        case "999":
            ack = break_acknowledgement(invented_file_acknowledgement(claims, number), order.defects)
            yield write_999(ack, "CLEARING", "LAKESIDE", control, at, order.usage)
        case _:
            reference = f"{control:09d}{number:06d}"
            batch = Batch837(_SUBMITTER, _RECEIVER, control, control, at, claims, order.usage, reference=reference)
            yield _WRITERS[order.kind](batch)


def _joined(interchanges: Iterable[bytes], order: Order) -> Iterator[bytes]:
    """One interchange with one group of them all: the first one's header, sets numbered anew, counts of the whole."""
    first = next(iter(interchanges := iter(interchanges)), None)
    if first is None:
        return
    isa, gs, *_ = lines = first.split(_END)
    head = _text([break_header(isa, order.defects), gs])
    yield head
    written_bytes, sets = len(head), 0
    for data in chain([first], interchanges):
        for one in _sets(data):
            sets += 1
            wanted = order.defects if (sets - 1) % order.every == 0 else frozenset[str]()
            text = _text(break_set(_numbered(one, sets), wanted))
            if "repeated-set" in wanted:
                text += _text(_numbered(one, sets))
                sets += 1
            written_bytes += len(text)
            yield text
        if order.size_bytes is not None and written_bytes >= order.size_bytes:
            break
    ge, iea = lines[-3], lines[-2]
    yield _text(list(break_trailer(set_element(ge, 1, str(sets).encode()), iea, order.defects)))


def _sets(data: bytes) -> Iterator[list[bytes]]:
    """The lines of each transaction set, ST to SE."""
    lines: list[bytes] = []
    for line in data.split(_END)[2:-3]:
        lines.append(line)
        if line.startswith(b"SE*"):
            yield lines
            lines = []


def _numbered(lines: list[bytes], number: int) -> list[bytes]:
    """The set with this number in ST02 and SE02."""
    text = f"{number:04d}".encode()
    return [set_element(lines[0], 2, text), *lines[1:-1], set_element(lines[-1], 2, text)]


def _text(lines: list[bytes]) -> bytes:
    return b"".join(line + _END for line in lines)
