"""`revcycle x12 split`, `anonymize` and `generate`: files in, files out."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from revcycle.cli import app
from revcycle.refusal import Exit, RefusalError
from shared.x12.defects import DEFECTS
from shared.x12.totals import totals
from tests.x12.support import CORPUS

RUN = CliRunner()
CLAIMS = CORPUS / "837p/imsweb/x12_complex.txt"
REMITTANCE = CORPUS / "835/stupidedi/X221A1_multiple-claims-single-check.edi"


def run(*words: str | Path) -> Result:
    return RUN.invoke(app, ["x12", *map(str, words)])


def figures_of(file: Path) -> dict[str, Any]:
    return totals(lambda: [file.read_bytes()])


def test_split_writes_numbered_parts(tmp_path: Path) -> None:
    result = run("split", CLAIMS, "--out", tmp_path, "--claims", "2", "--json")

    parts = [Path(one) for one in json.loads(result.stdout)["parts"]]
    assert [one.name for one in parts] == [f"x12_complex-{n:05d}.txt" for n in (1, 2, 3)]
    assert sorted(tmp_path.iterdir()) == parts
    assert [figures_of(one)["claims"] for one in parts] == [2, 2, 2]


@pytest.mark.parametrize("how", [["--transactions"], ["--size", "3k"]])
def test_split_by_set_and_by_size(tmp_path: Path, how: list[str]) -> None:
    assert run("split", CLAIMS, "--out", tmp_path, *how).exit_code == 0
    assert len(list(tmp_path.iterdir())) > 1


@pytest.mark.parametrize("how", [[], ["--claims", "1", "--transactions"], ["--size", "much"]])
def test_split_wants_one_rule_it_understands(tmp_path: Path, how: list[str]) -> None:
    assert run("split", CLAIMS, "--out", tmp_path, *how).exit_code == Exit.USAGE


def test_split_refuses_what_it_would_break(tmp_path: Path) -> None:
    result = run("split", REMITTANCE, "--out", tmp_path, "--claims", "1")

    assert isinstance(result.exception, RefusalError)
    assert "Only an 837" in str(result.exception)


def test_split_never_writes_over_a_file(tmp_path: Path) -> None:
    run("split", CLAIMS, "--out", tmp_path, "--transactions")
    before = {one: one.read_bytes() for one in tmp_path.iterdir()}

    result = run("split", CLAIMS, "--out", tmp_path, "--claims", "1")

    assert isinstance(result.exception, RefusalError)
    assert "exists already" in str(result.exception)
    assert {one: one.read_bytes() for one in tmp_path.iterdir()} == before


def test_anonymize_keeps_figures_and_connections_over_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of this test")

    result = run("anonymize", CLAIMS, REMITTANCE, "--out", tmp_path / "once", "--secret-file", secret)
    run("anonymize", REMITTANCE, "--out", tmp_path / "again", "--secret-file", secret)

    assert result.exit_code == 0
    fake = tmp_path / "once" / REMITTANCE.name
    assert fake.read_bytes() == (tmp_path / "again" / REMITTANCE.name).read_bytes()
    assert b"SANDY" not in fake.read_bytes()
    assert figures_of(fake)["total_paid"] == figures_of(REMITTANCE)["total_paid"]
    assert figures_of(tmp_path / "once" / CLAIMS.name)["total_charges"] == figures_of(CLAIMS)["total_charges"]


def test_without_a_secret_every_call_has_other_fakes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("anonymize", REMITTANCE, "--out", tmp_path / name).exit_code == 0

    assert (tmp_path / "one" / REMITTANCE.name).read_bytes() != (tmp_path / "two" / REMITTANCE.name).read_bytes()


def test_a_file_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Mrs Winterbottom")

    result = run("anonymize", letter, "--out", tmp_path / "out")

    assert isinstance(result.exception, RefusalError)
    assert "Winterbottom" not in str(result.exception)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_anonymized_file_never_replaces_the_original(tmp_path: Path) -> None:
    file = tmp_path / "a.835"
    file.write_bytes(REMITTANCE.read_bytes())

    result = run("anonymize", file, "--out", tmp_path)

    assert isinstance(result.exception, RefusalError)
    assert file.read_bytes() == REMITTANCE.read_bytes()


def test_generate_writes_a_sound_file_and_a_faulty_one(tmp_path: Path) -> None:
    sound, faulty = tmp_path / "new" / "sound.837", tmp_path / "faulty.835"

    first = run("generate", "837p", "--claims", "5", "--out", sound, "--json")
    run("generate", "835", "--claims", "5", "--out", faulty, "--defect", "claim-balance", "--defect", "no-iea")

    assert json.loads(first.stdout)["bytes"] == sound.stat().st_size
    assert run("validate", sound).exit_code == 0
    found = json.loads(run("validate", faulty, "--json").stdout)[str(faulty)]
    assert found["codes"].keys() == {"SNIP3:claim-balance", "TA105:023"}


def test_generate_by_size(tmp_path: Path) -> None:
    run("generate", "277CA", "--size", "80k", "--out", tmp_path / "a.277")

    assert 80_000 <= (tmp_path / "a.277").stat().st_size < 160_000


@pytest.mark.parametrize(
    "words", [["834"], ["835", "--defect", "npi"], ["835", "--guide", "834"], ["835", "--claims", "1", "--size", "1k"]]
)
def test_generate_says_what_it_cannot_do(tmp_path: Path, words: list[str]) -> None:
    result = run("generate", *words, "--out", tmp_path / "none.txt")

    assert result.exit_code == Exit.USAGE
    assert not (tmp_path / "none.txt").exists()


def test_the_documentation_names_every_defect() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture" / "x12.md").read_text()

    assert [name for name in DEFECTS if f"`{name}`" not in page] == []
