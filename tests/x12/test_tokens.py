"""Delimiters, encodings and positions."""

import gzip
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.findings import X12Error
from shared.x12.tokens import MAX_SEGMENT_BYTES, Delimiters, Tokenizer, read_segments

ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^*00501*000000001*0*T*:~"
REST = b"GS*HC*A*B*20260101*1200*1*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*1~IEA*1*000000001~"


def tags(data: bytes) -> list[str]:
    return [segment.tag for segment in read_segments([data])]


WHOLE = ["ISA", "GS", "ST", "SE", "GE", "IEA"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(ISA + REST, id="one line"),
        pytest.param(b"\xef\xbb\xbf" + ISA + REST, id="byte order mark"),
        pytest.param((ISA + REST).replace(b"~", b"~\r\n"), id="CRLF after each terminator"),
        pytest.param((ISA + REST).replace(b"~", b"~\n\t  "), id="indented"),
        pytest.param((ISA + REST).replace(b"~", b"\n"), id="newline as terminator"),
        pytest.param((ISA + REST).replace(b"~", b"\r\n"), id="CRLF as terminator"),
        pytest.param((ISA + REST).replace(b"^", b"}").replace(b":", b"^").replace(b"*", b"|"), id="| ^ }"),
        pytest.param((ISA + REST).replace(b" ", b""), id="ISA without padding"),
        pytest.param(b"\n\n  " + ISA + REST + b"\n\x1a", id="blanks before, end-of-file mark after"),
        pytest.param((ISA + REST)[:-1], id="last terminator missing"),
        pytest.param(b"\r\n".join((ISA + REST)[at : at + 80] for at in range(0, 300, 80)), id="wrapped at 80 columns"),
    ],
)
def test_segments_are_found_however_they_are_written(data: bytes) -> None:
    assert tags(data) == WHOLE


def test_a_line_break_inside_a_segment_is_no_part_of_its_text() -> None:
    wrapped = b"\n".join((ISA + REST)[at : at + 7] for at in range(0, 300, 7))

    assert [one.elements for one in read_segments([wrapped])] == [one.elements for one in read_segments([ISA + REST])]


def test_delimiters_are_those_of_each_interchange() -> None:
    other = (ISA + REST).replace(b"*", b"|").replace(b"~", b"\n").replace(b":", b">")

    found = [segment.delimiters for segment in read_segments([ISA + REST + other])]

    assert found == [Delimiters("*", "^", ":", "~")] * 6 + [Delimiters("|", "^", ">", "\n")] * 6


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("between", [b"", b"\r\n", b"\n\n  "])
def test_the_next_interchange_is_found_wherever_a_chunk_ends(size: int, between: bytes) -> None:
    long = ISA + REST.replace(b"SE*", b"N3*ONE STREET~" * 200 + b"SE*")
    other = long.replace(b"*", b"|").replace(b"~", b"\n").replace(b":", b">")
    data = between.join((long, other, long))

    found = list(read_segments(data[at : at + size] for at in range(0, len(data), size)))

    assert found == list(read_segments([data]))
    assert len({one.delimiters for one in found}) == 2
    assert {len(one.elements) for one in found if one.tag == "ISA"} == {16}


def test_isa_in_the_text_of_a_segment_is_no_interchange() -> None:
    assert tags((ISA + REST).replace(b"~GE*", b"~N1*40*ISA*\nISA*~NTE*\n ISA*~GE*")) == [
        *WHOLE[:4],
        "N1",
        "NTE",
        *WHOLE[4:],
    ]


def test_before_5010_there_is_no_repetition_separator() -> None:
    first = next(read_segments([ISA.replace(b"*^*", b"*U*") + REST]))

    assert first.delimiters.repetition == ""
    assert first._replace(elements=("30^33",)).repetitions(1) == ("30^33",)


def test_elements_count_from_one_and_absent_ones_are_empty() -> None:
    segment = next(one for one in read_segments([ISA + b"SV1*HC:99213::25**UN~"]) if one.tag == "SV1")

    assert segment.components(1) == ("HC", "99213", "", "25")
    assert (segment.get(2), segment.get(3), segment.get(9)) == ("", "UN", "")
    assert segment.components(2) == ()


@given(st.lists(st.integers(1, 60), max_size=20), st.booleans())
def test_chunk_boundaries_are_invisible(cuts: list[int], accented: bool) -> None:
    data = ISA + REST.replace(b"GE*", "N3*Séjour ’x’~GE*".encode() if accented else b"GE*")
    pieces: list[bytes] = []
    rest = data
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]

    assert list(read_segments([*pieces, rest])) == list(read_segments([data]))


def test_positions_count_bytes_even_in_text_of_several_bytes_a_character() -> None:
    data = b"\xef\xbb\xbf" + ISA + "\r\nN3*Séjour ’x’~\r\n  N4*X~".encode()

    for segment in read_segments([data]):
        written = "*".join((segment.tag, *segment.elements)).encode()
        assert data[segment.offset : segment.offset + len(written)] == written
    assert [segment.number for segment in read_segments([data])] == [1, 2, 3]


def test_text_that_is_not_utf8_is_read_as_latin1_and_declared() -> None:
    tokens = Tokenizer([ISA + "N3*Séjour~".encode("latin-1") + REST])

    assert [one.get(1) for one in tokens if one.tag == "N3"] == ["Séjour"]
    assert tokens.encoding == "latin-1"


@given(
    st.lists(st.sampled_from(["N3*Séjour~".encode(), b"N3*S\xe9jour~", b"N3*PLAIN~"]), max_size=12), st.integers(1, 40)
)
def test_where_utf8_ends_does_not_hang_on_chunks(lines: list[bytes], size: int) -> None:
    data = ISA + b"".join(lines)
    whole, cut = Tokenizer([data]), Tokenizer(data[at : at + size] for at in range(0, len(data), size))

    assert list(whole) == list(cut)
    assert whole.encoding == cut.encoding == ("latin-1" if b"N3*S\xe9jour~" in lines else "utf-8")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((ISA + REST).decode().encode("utf-16"), "UTF-16"),
        ((ISA + REST).decode().encode("utf-16-le"), "UTF-16"),
        ((ISA + REST).decode().encode("utf-16-be"), "UTF-16"),
        ((ISA + REST).decode().encode("cp037"), "EBCDIC"),
        (gzip.compress(ISA + REST), "gzip"),
        (b"PK\x03\x04\x14\x00", "ZIP"),
        (b"%PDF-1.7", "PDF"),
        (b"MSH|^~\\&|", "HL7"),
        (b"UNB+UNOA:1", "EDIFACT"),
        (b'<?xml version="1.0"?>', "XML"),
        (b"\x89PNG\r\n", "not X12"),
    ],
)
def test_a_file_of_another_format_is_called_by_its_name(data: bytes, words: str) -> None:
    with pytest.raises(X12Error, match=words) as refusal:
        list(read_segments([data]))

    assert refusal.value.finding.code == "FILE:isa"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "FILE:empty", id="empty"),
        pytest.param(b" \r\n\xef", "FILE:isa", id="nothing but blanks and a broken mark"),
        pytest.param(b"\x00\x89PNG\r\n", "FILE:isa", id="binary"),
        pytest.param(b"GS*HC*A~", "FILE:isa", id="no ISA"),
        pytest.param(ISA[:80], "FILE:isa", id="cut inside ISA"),
        pytest.param(ISA[:80] + b"~" + REST, "FILE:isa", id="80 characters of ISA"),
        pytest.param(ISA.replace(b":", b"*") + REST, "FILE:isa", id="two delimiters alike"),
        pytest.param(ISA[:-1] + "é".encode() + REST, "FILE:isa", id="a terminator that is not ASCII"),
    ],
)
def test_what_is_not_x12_is_refused_with_its_place(data: bytes, code: str) -> None:
    with pytest.raises(X12Error) as refusal:
        list(read_segments([data]))

    assert refusal.value.finding.code == code


def test_a_terminator_that_never_comes_ends_the_reading_in_bounded_memory() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield ISA
        while True:
            taken += 1 << 16
            yield b"x" * (1 << 16)

    with pytest.raises(X12Error) as refusal:
        list(read_segments(endless()))

    assert refusal.value.finding.code == "FILE:terminator"
    assert taken <= 2 * MAX_SEGMENT_BYTES


def test_a_bare_transaction_set_is_read_with_the_delimiters_it_shows() -> None:
    tokens = Tokenizer([b"ST|835|1234'BPR|I|1'SE|3|1234'"])

    assert [(one.tag, one.get(1)) for one in tokens] == [("ST", "835"), ("BPR", "I"), ("SE", "3")]
    assert not tokens.enveloped


@given(st.binary(max_size=400))
def test_any_bytes_give_segments_or_the_readers_own_error(noise: bytes) -> None:
    for data in (noise, ISA + noise, ISA[:-1] + noise):
        with suppress(X12Error):
            assert all(one.tag or one.elements for one in read_segments([data]))


def test_what_stands_at_a_segments_end_does_not_depend_on_how_the_file_is_cut() -> None:
    filler = b"NTE*ADD*words~\n" * 60  # more than is read to find the delimiters
    data = ISA + b"\n" + filler + b"LX*1~LX*2~\nLX*3\x01\x00\x00  ~\nSE*1*1~\n"
    whole = list(read_segments([data]))
    assert next(one for one in whole if one.elements[0].startswith("3")).elements == ("3\x01\x00\x00  ",)
    for size in range(1, 40):
        assert list(read_segments(data[at : at + size] for at in range(0, len(data), size))) == whole
