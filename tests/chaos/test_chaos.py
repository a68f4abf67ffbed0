"""A few real faults on Apache Kafka and the local store, as `make chaos` has many; and the same book afterwards."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from revcycle.kafka.jars import fetch_jars, find_java
from revcycle.refusal import RefusalError
from tests.chaos.plan import SHORT

ROOT = Path(__file__).parents[2]
SEED = 3


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    try:
        find_java()
        fetch_jars()
    except RefusalError as refusal:
        pytest.skip(str(refusal))
    words = [sys.executable, "-m", "tests.chaos", "--short", f"--seed={SEED}", f"--json={tmp_path / 'report.json'}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["lost"], report["doubled"], report["findings"]) == (0, 0, [])
    assert sum(row["faults"] for row in report["faults"]) == SHORT.kills + SHORT.brokers + SHORT.stores + SHORT.zombies
    assert report["claims"] == SHORT.claims * SHORT.waves
