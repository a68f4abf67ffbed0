"""The contract as others install it: a wheel that needs pydantic only, and reads every golden record."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from revcycle.cli import app

CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"
NEEDED = ("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection")
EXAMPLE = CONTRACTS.parents[1] / "examples" / "subscriber.py"
UV = (sys.executable, "-m", "uv", "pip")
READ_ALL = """
import json
from importlib.metadata import distributions
from revcycle_contracts import TYPES, schemas
from revcycle_contracts.records import golden_records
from revcycle_contracts.subscriber.reading import Raw, read

for name, record in golden_records().items():
    headers = [(header, value.encode()) for header, value in record["headers"].items()]
    value = json.dumps(record["value"]).encode()
    event = read(Raw(record["topic"], 0, 0, record["key"].encode(), value, headers))
    assert type(event) is TYPES[name], name
assert golden_records().keys() == TYPES.keys()
assert {path.stem for path in (schemas.FOLDER / "consumer").glob("*.json")} == TYPES.keys()
print(json.dumps([one.name for one in distributions()]))
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Not as `python -m`: that would put the folder first among what is imported, and its `collections` is ours.
    build = Path(sys.executable).parent / "hatchling"
    command = (build, "build", "--target", "wheel", "--directory", folder)
    subprocess.run(command, cwd=CONTRACTS, check=True, capture_output=True)
    (built,) = folder.glob("revcycle_contracts-*.whl")
    return built


def install(folder: Path, wanted: str) -> Path:
    """The Python of an environment with this and what it asks for, in the versions that everything is tested with."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    here = subprocess.run([*UV, "freeze"], check=True, capture_output=True, text=True)
    pins = folder / "pins.txt"
    pins.write_text("\n".join(line for line in here.stdout.splitlines() if "==" in line))
    subprocess.run([*UV, "install", "--quiet", "--python", python, "--constraint", pins, wanted], check=True)
    return python


@pytest.mark.slow
def test_the_wheel_reads_every_golden_record_with_pydantic_only(wheel: Path, tmp_path: Path) -> None:
    python = install(tmp_path / "clean", str(wheel))
    said = subprocess.run([python, "-I", "-c", READ_ALL], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert {name.replace("_", "-") for name in json.loads(said.stdout)} == {*NEEDED, "revcycle-contracts"}


@pytest.mark.slow
@pytest.mark.stack
def test_the_example_reads_what_a_reader_must_bear(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = install(tmp_path / "clean", f"{wheel}[aiokafka]")
    monkeypatch.chdir(tmp_path)
    words = ["conformance", "reader", "--type", "claim.denied.v1", "--json", "--", str(python), "-I", str(EXAMPLE)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    rows = {row["case"]: row for row in json.loads(result.output)}
    assert {row["expected"] for row in rows.values()} == {"handled once", "passed over"}
    assert rows["sent twice"]["sent"] == 3
