"""`revcycle contracts`: what was released is kept, or the version says that it is not."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from revcycle.cli import app
from revcycle.refusal import Exit, RefusalError
from shared.contracts import TYPES, version
from shared.contracts.released import FILE, NotAReleaseError, Release, judge, may_break


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["contracts", *map(str, words)])


def refused(result: Result) -> str:
    assert isinstance(result.exception, RefusalError), result
    assert result.exception.exit_code == Exit.REFUSED
    return str(result.exception)


def test_the_last_release_is_kept() -> None:
    verdict = judge(Release.read(FILE.read_text()), version.VERSION)
    assert verdict.holds, "\n".join(map(str, verdict.breaks))


@pytest.mark.parametrize(
    ("released", "now", "may"),
    [
        ("0.1.0", "0.1.9", False), ("0.1.0", "0.2.0", True), ("0.1.0", "1.0.0", True), ("0.2.0", "0.1.0", False),
        ("1.2.0", "1.9.0", False), ("1.2.0", "2.0.0", True), ("2.0.0", "1.9.0", False),
    ],
)  # fmt: skip
def test_a_version_announces_a_break(released: str, now: str, may: bool) -> None:
    assert may_break(released, now) is may


def test_what_was_released_is_read_again() -> None:
    release = Release.of_today("1.2.3")
    assert Release.read(release.written()) == release
    assert release.schemas.keys() == TYPES.keys()
    assert judge(release, "1.2.3").breaks == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"version": "one", "schemas": {}}'])
def test_a_file_that_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(NotAReleaseError, match="not a"):
        Release.read(text)


def test_a_broken_promise_is_refused_by_type_and_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = Release.of_today("1.0.0")
    older = json.loads(release.written())
    older["schemas"]["claim.denied.v1"]["properties"]["gone"] = {"type": "string"}
    file = tmp_path / "released.json"
    file.write_text(json.dumps(older))
    monkeypatch.setattr(version, "VERSION", "1.0.1")
    result = run("check", "--against", file)
    assert "claim.denied.v1: gone was removed" in result.output
    assert "1 promises of release 1.0.0 are not kept" in refused(result)
    monkeypatch.setattr(version, "VERSION", "2.0.0")
    told = run("check", "--against", file)
    assert (told.exit_code, "1 breaks, announced by version 2.0.0" in told.output) == (0, True)


def test_a_release_is_written_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    assert run("release", "--out", file).exit_code == 0
    result = run("check", "--against", file, "--json")
    assert json.loads(result.output) == {"released": version.VERSION, "version": version.VERSION, "breaks": []}


def test_a_release_that_breaks_the_last_one_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = json.loads(Release.of_today("1.0.0").written())
    older["schemas"]["gone.v1"] = {"type": "object"}
    last = tmp_path / "released.json"
    last.write_text(json.dumps(older))
    monkeypatch.setattr("shared.contracts.released.FILE", last)
    monkeypatch.setattr(version, "VERSION", "1.1.0")
    assert "the last release is not kept" in refused(run("release"))
    assert json.loads(last.read_text()) == older


def test_the_events_are_listed_with_their_topics() -> None:
    rows = json.loads(run("list", "--json").output)
    assert {row["type"] for row in rows} == TYPES.keys()
    assert {"type": "claim.denied.v1", "topic": "claims.events.v1"} in [
        {k: r[k] for k in ("type", "topic")} for r in rows
    ]
    assert all(row["says"] for row in rows)
