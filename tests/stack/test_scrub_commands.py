"""`revcycle rules check` and `revcycle claims dry-run`, without a stack."""

import json
from pathlib import Path

from typer.testing import CliRunner

from revcycle.cli import app
from samples.generate import generate
from services.claims.policies import POLICY_FOLDER

RULE = """
id = "large-claims"
title = "Large claims wait"
source = "the practice"
owner = "billing"
valid_from = 2000-01-01
[[branch]]
when = { field = "charge_cents", above = 30000 }
then = [{ hold = "The claim is over 300 dollars: look again." }]
"""


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_the_base_set_is_good() -> None:
    code, printed = run("rules", "check", str(POLICY_FOLDER / "rules" / "base.toml"))
    assert (code, "0 faults" in printed) == (0, True)


def test_every_fault_of_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULE.replace("charge_cents", "charge").replace("billing", ""))
    code, printed = run("rules", "check", str(path), "--json")
    (found,) = json.loads(printed).values()
    assert code == 1
    assert [fault.split(":")[0] for fault in found["faults"]] == ["large-claims"] * 2


def test_a_file_that_is_no_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("a =")
    assert "is no TOML document" in str(CliRunner().invoke(app, ["rules", "check", str(path)]).exception)


def test_a_dry_run_of_claims_says_what_would_wait(tmp_path: Path) -> None:
    claims, rules = tmp_path / "day.837", tmp_path / "rules.toml"
    claims.write_bytes(generate(100)["lakeside"])
    rules.write_text(RULE)
    code, printed = run("claims", "dry-run", str(claims), "--received", "2026-07-01")
    assert (code, printed.strip()) == (0, "50 claims: 0 would wait, 50 would go on")
    code, printed = run("claims", "dry-run", str(claims), "--received", "2026-07-01", "--rules", str(rules), "--json")
    held = [one for one in json.loads(printed) if one["holds"]]
    assert code == 1
    assert 0 < len(held) < 50
    assert {one["holds"][0]["rule"] for one in held} == {"large-claims"}
