"""Every sample file of the corpus reads, and its figures are those two independent readers agreed on."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from shared.x12.acknowledge import check_file
from shared.x12.acks import read_277ca, read_999, read_ta1
from shared.x12.claim837 import read_837
from shared.x12.eligibility import read_270, read_271
from shared.x12.envelope import identify
from shared.x12.era835 import read_835
from shared.x12.findings import Finding, X12Error
from shared.x12.review278 import read_278
from shared.x12.status import read_276, read_277
from shared.x12.totals import totals
from tests.x12.support import CORPUS, chunks, corpus_files, truth

_NOT_OURS = ("second_parser", "openx12")


def _wanted(name: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, {key: value for key, value in figures.items() if key not in _NOT_OURS})
        for path, figures in truth(name).items()
    ]


@pytest.mark.parametrize(("path", "wanted"), _wanted("truth_837") + _wanted("truth_835") + _wanted("truth_271"))
def test_figures_equal_the_ground_truth(path: str, wanted: dict[str, Any]) -> None:
    assert totals(lambda: chunks(CORPUS / path)) == wanted


def test_the_corpus_is_whole() -> None:
    assert {path for name in ("truth_837", "truth_835", "truth_271") for path in truth(name)} == {
        str(path.relative_to(CORPUS)) for kind in ("837p", "837i", "837d", "835", "271") for path in corpus_files(kind)
    }


def test_every_source_has_its_licence_beside_it() -> None:
    sources = {path.parent.name for kind in CORPUS.iterdir() if kind.is_dir() for path in corpus_files(kind.name)}
    assert sources - {"LICENSES"} <= {path.stem for path in (CORPUS / "LICENSES").iterdir()}


def findings_of(path: Path) -> list[Finding]:
    """Everything the reader says about a file, up to and including the reason it gives up."""
    found: list[Finding] = []
    try:
        found.extend(one for one in read_837(chunks(path)) if isinstance(one, Finding))
    except X12Error as error:
        found.append(error.finding)
    return found


# What the independent reader of the ground truth calls a fault, and the code it has here.
_ENVELOPE = {
    "SE01=": "IK502:4",
    "SE02!=": "IK502:3",
    "SE without ST": "IK502:1",
    "missing SE": "IK502:2",
    "GE01=": "AK905:5",
    "GE02!=": "AK905:4",
    "GE without GS": "AK905:3",
    "ST outside GS": "AK905:3",
    "missing GE": "AK905:3",
    "IEA01=": "TA105:021",
    "IEA02!=": "TA105:001",
    "missing IEA": "TA105:023",
    "duplicate HL01": "SNIP4:hl-number",
    "HL ": "SNIP4:hl-parent",
    "no usable ISA": "FILE:isa",
}
_READERS: dict[str, Callable[[Iterable[bytes]], Iterator[object]]] = {
    "270": read_270,
    "271": read_271,
    "276": read_276,
    "277": read_277,
    "277CA": read_277ca,
    "278": read_278,
    "835": read_835,
    "837P": read_837,
    "837I": read_837,
    "837D": read_837,
    "999": read_999,
    "TA1": read_ta1,
}


def all_findings_of(path: Path) -> Iterator[Finding]:
    """What the syntax check and the reader of the file's kind say."""
    reader = _READERS[identify(path.read_bytes()) or "837P"]
    try:
        yield from check_file(chunks(path))
        for item in reader(chunks(path)):
            yield from [item] if isinstance(item, Finding) else getattr(item, "findings", ())
    except X12Error as error:
        yield error.finding


@pytest.mark.parametrize("path", truth("truth_envelope"), ids=lambda path: path[-60:])
def test_the_envelope_faults_are_those_another_reader_found(path: str) -> None:
    problems = cast("list[str]", truth("truth_envelope")[path])

    found = {one.code for one in all_findings_of(CORPUS / path)}

    if "SE without ST" in problems:
        # What stands outside any transaction set has no levels.
        problems = [one for one in problems if "HL" not in one]
    named = {code for problem in problems for start, code in _ENVELOPE.items() if problem.startswith(start)}
    assert found & set(_ENVELOPE.values()) == named
    assert all(problem.startswith(tuple(_ENVELOPE)) for problem in problems)


@pytest.mark.parametrize("kind", sorted({"270", "276", "277", "277ca", "278", "999"}))
def test_every_file_of_the_other_kinds_reads(kind: str) -> None:
    for path in corpus_files(kind):
        name = identify(path.read_bytes())
        assert name, path.name
        assert name == kind.upper(), path.name
        views = [one for one in _READERS[name](chunks(path)) if not isinstance(one, Finding)]
        assert views, path.name


_FAULTS = {
    "imsweb/x12_bad_first_line.txt": {"IK502:4", "TEXT:isa-length"},
    "imsweb/x12_missing_first_gs.txt": {"AK905:3"},
    "imsweb/x12_missing_first_st.txt": {"IK502:1"},
    "imsweb/x12_missing_last_gs.txt": {"AK905:3"},
    "imsweb/x12_missing_last_isa.txt": {"TA105:023"},
    "imsweb/x12_missing_last_st.txt": {"IK502:2"},
    "imsweb/x12_segments_out_of_order.txt": {"IK502:4", "SNIP4:hl-number"},
    "imsweb/x12_missing_required_loops_mult_repeats.txt": {"IK502:4", "SNIP4:hl-number"},
}
_REFUSED = {"imsweb/x12_missing_first_isa.txt", "imsweb/x12_no_isa_line.txt"}


@pytest.mark.parametrize(("path", "codes"), _FAULTS.items())
def test_a_malformed_file_is_read_and_its_fault_named(path: str, codes: set[str]) -> None:
    assert codes <= {one.code for one in findings_of(CORPUS / "malformed" / path)}


@pytest.mark.parametrize("path", sorted(_REFUSED))
def test_a_file_without_isa_is_refused_with_the_reason(path: str) -> None:
    with pytest.raises(X12Error, match="does not start with an ISA") as refusal:
        list(read_837(chunks(CORPUS / "malformed" / path)))

    assert refusal.value.finding.code == "FILE:isa"


@pytest.mark.parametrize("path", corpus_files("malformed"), ids=lambda path: path.name)
def test_nothing_but_the_readers_own_error_escapes(path: Path) -> None:
    assert findings_of(path), "a malformed file must say what is wrong with it"


def test_no_finding_repeats_a_value_of_the_file() -> None:
    marked = (CORPUS / "837p/imsweb/x12_no_errors.txt").read_bytes().replace(b"*500*", b"*5x0MARKED*")

    told = json.dumps([str(one) for one in read_837([marked]) if isinstance(one, Finding)])
    claims = [str(one.findings) for one in read_837([marked]) if not isinstance(one, Finding)]

    assert "IK403:6" in claims[0]
    assert "MARKED" not in told + "".join(claims)
