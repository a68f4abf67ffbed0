"""Mutilated samples through everything the command line does: nothing but the reader's own error, and sound results."""

import contextlib
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from revcycle.x12.answer import answers
from revcycle.x12.check import check
from revcycle.x12.outline import outline
from revcycle.x12.show import tree_json, tree_line
from shared.x12.anonymize import Anonymizer
from shared.x12.findings import X12Error
from shared.x12.split import Rule, split
from tests.x12.invent import AT
from tests.x12.support import corpus_files

KINDS = ["270", "271", "276", "277", "277ca", "278", "835", "837d", "837i", "837p", "999", "malformed"]
SAMPLES = [one for kind in KINDS for one in corpus_files(kind) if one.stat().st_size < 20_000]
RULES = [Rule(claims=1), Rule(claims=3), Rule(), Rule(size_bytes=1500)]


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A sample with a few pieces cut out, doubled, or replaced by odd bytes."""
    path: Path = draw(st.sampled_from(SAMPLES))
    data = path.read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 200)))
        odd = st.sampled_from(
            [b"", b"~", b"*", b"\xe9", "\u20ac".encode(), b"ISA*", b"~HL*1*1*22~", b"~SE*1*1~", b"\x00"]
        )
        data = data[:start] + draw(odd | st.just(data[start:end] * 2)) + data[end:]
    return data


@given(mutilated())
def test_the_tree_is_always_a_tree(data: bytes) -> None:
    with contextlib.suppress(X12Error):
        nodes = list(outline([data], every_segment=True))
        assert len(json.loads("".join(tree_json(nodes)))) >= 1
        assert all(tree_line(one).plain.isprintable() for one in nodes)


@given(mutilated())
def test_checking_never_raises_and_answers_whatever_can_be_read(data: bytes) -> None:
    result = check(lambda: iter([data]))

    assert sum(result.codes.values()) == sum(result.severities.values())
    with contextlib.suppress(X12Error):
        assert {name for name, _ in answers([data], AT, 1)} <= {"ta1", "999"}


@given(mutilated(), st.sampled_from(RULES))
def test_parts_always_have_an_envelope(data: bytes, rule: Rule) -> None:
    parts: dict[int, bytes] = {}
    with contextlib.suppress(X12Error):
        for number, piece in split([data], rule):
            parts[number] = parts.get(number, b"") + piece
        assert all(part.startswith(b"ISA") and b"IEA" in part for part in parts.values())


@given(mutilated())
def test_anonymizing_never_raises_and_changes_every_name(data: bytes) -> None:
    with contextlib.suppress(X12Error):
        assert b"".join(Anonymizer(b"secret").file([data])) != data
