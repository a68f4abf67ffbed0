"""What every reader promises of any input: a result or its own error, and the same however the input is cut."""

from collections.abc import Callable, Iterable, Iterator

from shared.x12.acknowledge import MAX_NOTES, acknowledge, check_file
from shared.x12.acks import read_277ca, read_999, read_ta1
from shared.x12.claim837 import Claim837, read_837
from shared.x12.claim_rules import check_claim
from shared.x12.eligibility import read_270, read_271
from shared.x12.envelope import identify, read_transactions
from shared.x12.era835 import Remittance835, balance, read_835
from shared.x12.findings import Finding, X12Error
from shared.x12.guides import guide_of
from shared.x12.review278 import read_278
from shared.x12.status import read_276, read_277
from shared.x12.tokens import Segment, Tokenizer
from shared.x12.totals import totals
from shared.x12.walker import check_segments

READERS: tuple[Callable[[Iterable[bytes]], Iterator[object]], ...] = (
    read_837,
    read_835,
    read_270,
    read_271,
    read_276,
    read_277,
    read_277ca,
    read_278,
    read_999,
    read_ta1,
)
# A segment opens one loop and closes a few; each can miss the segments and loops its guide's table requires.
_MOST_FINDINGS_A_SEGMENT = 60


def tokens_of(pieces: Iterable[bytes]) -> tuple[list[Segment], str]:
    """The segments up to the end or to the error, and that error's code."""
    found: list[Segment] = []
    try:
        found.extend(Tokenizer(pieces))
    except X12Error as error:
        return found, error.finding.code
    return found, ""


def keep_tokens(data: bytes, size: int = 7) -> None:
    """Segments have their place, are in order, hold no more than the file, and do not depend on how it is cut."""
    segments, code = tokens_of([data])
    assert (segments, code) == tokens_of(data[at : at + size] for at in range(0, len(data), size))
    assert [one.number for one in segments] == list(range(1, len(segments) + 1))
    end = -1
    for one in segments:
        assert end < one.offset < len(data)
        end = one.offset
        start = one.tag[:1].encode(errors="surrogateescape")
        assert one.tag == "" or not start.isascii() or data[one.offset : one.offset + 1] == start
    assert sum(len(one.tag) + sum(map(len, one.elements)) for one in segments) <= len(data)


def keep_readers(data: bytes) -> None:
    """Every reader ends, with views and findings or with `X12Error`."""
    for reader in READERS:
        try:
            for item in reader([data]):
                _keep_view(item)
        except X12Error:
            continue
    identify(data)


def _keep_view(item: object) -> None:
    findings: Iterable[Finding] = [item] if isinstance(item, Finding) else getattr(item, "findings", ())
    assert all(one.code and one.message and one.byte_offset >= 0 for one in findings)
    if isinstance(item, Claim837):
        check_claim(item)
    elif isinstance(item, Remittance835):
        balance(item)


def keep_checks(data: bytes) -> None:
    """The syntax check and the acknowledgements end, say the same, and say no more than the file warrants."""
    try:
        findings = list(check_file([data]))
        answer = acknowledge([data])
        totals(lambda: [data])
    except X12Error:
        return
    assert tuple(findings) == answer.findings
    assert len(findings) <= _MOST_FINDINGS_A_SEGMENT * len(tokens_of([data])[0])
    for group in answer.groups:
        assert group.accepted is not None
        assert group.included == len(group.transactions) >= group.accepted
        assert all(len(one.segments) <= MAX_NOTES for one in group.transactions)


def keep_walker(data: bytes) -> None:
    """The loop walker ends for each set by itself, and every finding stands in the set."""
    try:
        for item in read_transactions([data]):
            if isinstance(item, Finding) or not (guide := guide_of(item.header.kind)):
                continue
            places = {one.number for one in item.segments}
            assert all(one.segment_number in places for one in check_segments(item.segments, guide))
    except X12Error:
        return


def keep_all(data: bytes) -> None:
    """All promises at once."""
    keep_tokens(data)
    keep_walker(data)
    keep_readers(data)
    keep_checks(data)
