"""The contract as others install it: a wheel that needs pydantic only, and reads every golden record."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.contracts.regenerate import GOLDEN

CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"
NEEDED = ("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection")
READ_ALL = """
import json, sys
from importlib.metadata import distributions
from pathlib import Path
from revcycle_contracts import TYPES, schemas
from revcycle_contracts.subscriber.reading import Raw, read

names = sorted(Path(sys.argv[1]).glob("*.json"))
for path in names:
    record = json.loads(path.read_text())
    headers = [(name, value.encode()) for name, value in record["headers"].items()]
    value = json.dumps(record["value"]).encode()
    event = read(Raw(record["topic"], 0, 0, record["key"].encode(), value, headers))
    assert type(event) is TYPES[path.stem], path
assert {path.stem for path in names} == TYPES.keys()
assert {path.stem for path in (schemas.FOLDER / "consumer").glob("*.json")} == TYPES.keys()
print(json.dumps([one.name for one in distributions()]))
"""


@pytest.mark.slow
def test_the_wheel_reads_every_golden_record_with_pydantic_only(tmp_path: Path) -> None:
    # Not as `python -m`: that would put the folder first among what is imported, and its `collections` is ours.
    build = Path(sys.executable).parent / "hatchling"
    subprocess.run(
        [build, "build", "--target", "wheel", "--directory", tmp_path], cwd=CONTRACTS, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith("revcycle_contracts-")
    venv.create(tmp_path / "clean", with_pip=False)
    python = tmp_path / "clean" / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    # The versions that everything here is tested with; what the wheel does not name is not installed.
    lock = tmp_path / "pins.txt"
    here = subprocess.run([sys.executable, "-m", "uv", "pip", "freeze"], check=True, capture_output=True, text=True)
    lock.write_text("\n".join(line for line in here.stdout.splitlines() if line.split("==")[0] in NEEDED))
    subprocess.run([*uv, "--constraint", str(lock), str(wheel)], check=True)
    said = subprocess.run(
        [python, "-I", "-c", READ_ALL, str(GOLDEN)], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert {name.replace("_", "-") for name in json.loads(said.stdout)} == {*NEEDED, "revcycle-contracts"}
