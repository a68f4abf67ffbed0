"""`revcycle x12 inspect`, `validate` and `totals` on the public samples."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from revcycle.cli import app
from revcycle.refusal import Exit, RefusalError
from revcycle.x12.answer import control_number_at
from shared.x12.acks import Ack999, Ta1, read_999, read_ta1
from tests.x12.support import CORPUS, truth

RUN = CliRunner()
FAMILY = "837p/stupidedi/X222A1_commercial-health-insurance.edi"
REMITTANCE = "835/stupidedi/X221A1_multiple-claims-single-check.edi"
MALFORMED = "malformed/imsweb/x12_missing_elements.txt"
NO_ISA = "malformed/imsweb/x12_no_isa_line.txt"
CLEAN = "270/stupidedi/X279A1_generic-request-by-physician-for-patient-_dependent_-eligibility.edi"
OF_OTHER_LIBRARIES = {"second_parser", "openx12"}


@pytest.fixture(autouse=True)
def in_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)


def run(*words: str | Path) -> Result:
    return RUN.invoke(app, ["x12", *map(str, words)])


def children(node: dict[str, Any], loop: str) -> list[dict[str, Any]]:
    """Every node below that opens this loop."""
    found: list[dict[str, Any]] = []
    for one in node["children"]:
        found += [one] * (one.get("loop") == loop) + children(one, loop)
    return found


def test_a_file_is_shown_as_a_tree_of_loops_names_and_amounts() -> None:
    shown = run("inspect", FAMILY)

    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    claim = next(index for index, line in enumerate(lines) if "2300 claim 26463774 charge 100.00" in line)
    assert lines[claim - 1].strip("│ ") == "2010CA patient TED SMITH"
    assert lines[claim].index("2300") == lines[claim - 1].index("2010CA"), "both stand in loop 2000C"
    assert "2400 line 1" in lines[claim + 1]
    assert lines[claim + 2].endswith("service charge 40.00 99213")
    assert "DTP" not in shown.stdout


def test_every_segment_is_shown_when_asked_for() -> None:
    assert "date 472 20061003" in run("inspect", FAMILY, "--segments").stdout


def test_the_tree_as_json_nests_loops_and_counts_cents() -> None:
    (interchange,) = json.loads(run("inspect", REMITTANCE, "--json").stdout)

    claims = children(interchange, "2100")
    assert len(claims) == truth("truth_835")[REMITTANCE]["claims"]
    assert claims[0]["amounts_cents"] == {"charge": 22600, "paid": 13200}
    assert [one["loop"] for one in claims[0]["children"] if "loop" in one] == ["2110"] * 5


@pytest.mark.parametrize("kind", ["270", "271", "276", "277", "277ca", "278", "837d", "837i", "999"])
def test_every_kind_has_a_tree(kind: str) -> None:
    for path in (CORPUS / kind).rglob("*.*"):
        tree = run("inspect", path, "--json", "--segments")
        assert json.loads(tree.stdout)[0]["loop"] == "ISA", path.name


def test_markup_and_control_characters_of_a_file_do_nothing(tmp_path: Path) -> None:
    file = tmp_path / "odd.837"
    file.write_bytes((CORPUS / FAMILY).read_bytes().replace(b"*SMITH*TED", b"*[red]SM\x1b[2JITH*TED"))

    assert "TED [red]SM\N{REPLACEMENT CHARACTER}[2JITH" in run("inspect", file).stdout


def test_a_clean_file_validates() -> None:
    checked = run("validate", CLEAN)

    assert checked.exit_code == 0
    assert "no findings" in checked.stdout


def test_a_faulty_file_fails_with_a_table_of_its_faults() -> None:
    checked = run("validate", MALFORMED, CLEAN)

    assert checked.exit_code == Exit.FAILED
    assert "IK403:1" in checked.stdout
    assert "20 errors" in checked.stdout


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("malformed/imsweb/x12_missing_last_isa.txt", {"TA105:023"}),
        ("malformed/imsweb/x12_bad_segment_identifier.txt", {"IK304:1"}),
        ("835/moov/example_5010_835_sample1.txt", {"SNIP3:claim-balance"}),
        ("837p/imsweb/x12_no_errors.txt", {"SNIP3:line-sum", "SNIP4:pointer", "SNIP5:npi"}),
        (NO_ISA, {"FILE:isa"}),
    ],
)
def test_findings_as_json_carry_their_codes(path: str, codes: set[str]) -> None:
    checked = json.loads(run("validate", path, "--json").stdout)[path]

    assert codes <= checked["codes"].keys()
    assert checked["errors"] > 0
    assert {one["code"] for one in checked["findings"]} == checked["codes"].keys()


def test_a_fault_that_two_readers_notice_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "absent.835"
    file.write_bytes((CORPUS / REMITTANCE).read_bytes().replace(b"BPR*I*810.8*", b"BPR*I**"))

    found = json.loads(run("validate", file, "--json").stdout)[str(file)]

    assert found["codes"] == {"IK403:1": 1, "SNIP3:payment-not-evaluable": 1}


def test_no_finding_and_no_error_repeats_a_value_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "marked.837"
    file.write_bytes((CORPUS / FAMILY).read_bytes().replace(b"SMITH", b"MARKED").replace(b"*40*UN", b"*MARKED*UN"))

    assert "MARKED" not in run("validate", file).output + run("validate", file, "--json").output
    file.write_bytes(b"MARKED*" * 20)
    for command in ("validate", "totals", "inspect"):
        result = run(command, file)
        assert "MARKED" not in result.output + str(result.exception)


def test_an_unreadable_file_is_refused_with_the_reason() -> None:
    result = run("inspect", NO_ISA)

    assert isinstance(result.exception, RefusalError)
    assert "does not start with an ISA" in str(result.exception)


def test_ack_writes_what_a_receiver_would_answer(tmp_path: Path) -> None:
    run("validate", MALFORMED, CLEAN, "--ack", "--out", tmp_path)

    stems = {path.stem: path for path in map(Path, (MALFORMED, CLEAN))}
    verdicts: dict[str, list[str]] = {}
    for stem, source in stems.items():
        (ta1,) = read_ta1([(tmp_path / f"{stem}.ta1").read_bytes()])
        (ack,) = read_999([(tmp_path / f"{stem}.999").read_bytes()])
        assert isinstance(ta1, Ta1)
        assert isinstance(ack, Ack999)
        verdicts[str(source)] = [ta1.status, ack.status]
    assert verdicts == {MALFORMED: ["A", "R"], CLEAN: ["A", "A"]}


def test_ack_says_what_it_wrote_and_skips_what_nobody_can_read(tmp_path: Path) -> None:
    answers = json.loads(run("validate", NO_ISA, CLEAN, "--ack", "--out", tmp_path, "--json").stdout)

    assert answers[NO_ISA]["answers"] == []
    assert [Path(one).suffix for one in answers[CLEAN]["answers"]] == [".ta1", ".999"]


def test_no_two_answers_have_the_same_control_number(tmp_path: Path) -> None:
    run("validate", MALFORMED, CLEAN, "--ack", "--out", tmp_path)

    numbers = [one.read_bytes().split(b"*")[13] for one in tmp_path.iterdir()]
    assert len(numbers) == 4
    assert len(set(numbers)) == 4
    assert control_number_at(datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)) < 999_999_000


def test_an_answer_never_replaces_the_file_it_answers(tmp_path: Path) -> None:
    file = tmp_path / "batch.999"
    file.write_bytes((CORPUS / CLEAN).read_bytes())

    result = run("validate", file, "--ack", "--out", tmp_path)

    assert isinstance(result.exception, RefusalError)
    assert file.read_bytes() == (CORPUS / CLEAN).read_bytes()


@pytest.mark.parametrize("name", ["truth_837", "truth_835", "truth_271"])
def test_totals_are_the_ground_truth_keyed_by_path(name: str) -> None:
    wanted = {
        path: {key: value for key, value in figures.items() if key not in OF_OTHER_LIBRARIES}
        for path, figures in truth(name).items()
    }

    result = run("totals", *wanted, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == wanted


def test_a_file_without_figures_does_not_hide_the_others() -> None:
    result = run("totals", REMITTANCE, NO_ISA, "--json")

    figures = json.loads(result.stdout)
    assert result.exit_code == Exit.FAILED
    assert figures[REMITTANCE]["total_paid"] == truth("truth_835")[REMITTANCE]["total_paid"]
    assert figures[NO_ISA]["error"] == "FILE:isa"


def test_totals_are_a_table_too() -> None:
    assert "810.80" in run("totals", REMITTANCE).stdout
