"""The report says what was done, how long it took, and whether anything was lost."""

import json
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.chaos.audit import Findings
from tests.chaos.faults import Struck
from tests.chaos.plan import Fault, Kind
from tests.chaos.report import Report, show, write_json


def kill(seconds: float, *, in_hand: bool = True) -> Struck:
    return Struck(Fault(Kind.SERVICE_KILLED, "claims"), in_hand, seconds)


def test_each_kind_has_its_median_and_its_worst() -> None:
    cut = Struck(Fault(Kind.LINK_CUT, "claims", seconds=5), True, 4.0)
    report = Report(7, 10, struck=[kill(1.0), cut, kill(9.0), kill(2.0, in_hand=False)])
    assert report.rows() == [
        {
            "kind": "service killed",
            "faults": 3,
            "in_hand": 2,
            "recovered_p50_seconds": 2.0,
            "recovered_max_seconds": 9.0,
        },
        {"kind": "link cut", "faults": 1, "in_hand": 1, "recovered_p50_seconds": 4.0, "recovered_max_seconds": 4.0},
    ]


def test_it_is_good_only_when_nothing_was_lost_doubled_or_wrong(tmp_path: Path) -> None:
    for found in (Findings(lost=["x"]), Findings(doubled=["x"]), Findings(wrong=["x"])):
        report = Report(7, 10, found=found)
        assert not report.good
        write_json(report, tmp_path / "report.json")
        assert json.loads((tmp_path / "report.json").read_text())["findings"] == ["x"]
    assert Report(7, 10).good


def test_what_was_skipped_is_said_with_its_reason() -> None:
    said = StringIO()
    report = Report(7, 10, struck=[kill(1.0)], skipped={Kind.LINK_CUT: "needs root"})
    show(report, Console(file=said, width=200))
    assert "skipped: link cut: needs root" in said.getvalue()
    assert "lost 0, doubled 0, otherwise wrong 0" in said.getvalue()
