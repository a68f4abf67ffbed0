"""The conformance kit's judges: what a good program did passes, and each kind of mistake is named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from revcycle.cli import app
from revcycle.conformance.cases import Case, Expected, judge_reader, reader_cases
from revcycle.conformance.writer import WriterJudge, Written, written_lines
from revcycle.refusal import Exit, RefusalError
from shared.contracts import TYPES
from shared.contracts.records import golden_records
from shared.contracts.subscriber import Later, read
from shared.contracts.subscriber.reading import Raw
from shared.contracts.wire import UnreadableError

GOLDEN = golden_records()
DENIED = GOLDEN["claim.denied.v1"]
CASES = reader_cases([DENIED, GOLDEN["balance.overdue.v1"]])
HANDLED = list(dict.fromkeys(case.id for case in CASES if case.expected is Expected.HANDLED))


def faults(*lives: list[str]) -> dict[str, tuple[str, ...]]:
    return {row.name: row.faults for row in judge_reader(CASES, lives) if row.faults}


def named(name: str) -> str:
    """The claim's record of a case."""
    return next(case.id for case in CASES if case.name == name and case.record.topic == "claims.events.v1")


def test_what_is_expected_is_what_our_own_reader_does() -> None:
    def handled(case: Case) -> bool:
        try:
            return not isinstance(read(Raw("t", 0, 0, case.record.key, case.record.value, case.record.headers)), Later)
        except UnreadableError:
            return False

    assert {case.name for case in CASES if handled(case)} == {c.name for c in CASES if c.expected is Expected.HANDLED}
    assert len({case.id for case in CASES if case.name == "plain"}) == 2


def test_a_good_reader_passes_and_a_repeat_after_the_kill_is_a_remark() -> None:
    assert faults(HANDLED[:3], HANDLED[3:]) == {}
    rows = judge_reader(CASES, [HANDLED[:3], HANDLED[2:]])
    assert [row.remarks for row in rows if row.remarks] != []
    assert not any(row.faults for row in rows)


def test_each_mistake_of_a_reader_is_named_by_its_case() -> None:
    late, twice, unknown = (named(n) for n in ("an older event, late", "sent twice", "a type nobody knows"))
    assert faults([one for one in HANDLED if one != late], []) == {
        "an older event, late": ("claim.denied.v1 was not handled",)
    }
    assert faults([*HANDLED, twice], []) == {"sent twice": ("claim.denied.v1 was handled 2 times in one life",)}
    assert faults(HANDLED, [unknown]) == {"a type nobody knows": ("claim.teleported.v1 was handled",)}


def written(golden: dict[str, Any], **changes: Any) -> Written:
    value = json.dumps(golden["value"]).encode()
    return replace(Written(golden["topic"], 0, 7, golden["key"], golden["headers"], value), **changes)


def test_every_golden_record_is_well_written() -> None:
    assert [str(fault) for golden in GOLDEN.values() for fault in WriterJudge().judge(written(golden))] == []
    assert len(GOLDEN) == len(TYPES)


HEADERS: dict[str, str] = DENIED["headers"]
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no tenant": ({"headers": {k: v for k, v in HEADERS.items() if k != "ce_tenant"}}, "header ce_tenant is missing"),
    "a key that keeps no order": ({"key": "anything"}, "the key is not"),
    "on the wrong topic": ({"topic": "payments.events.v1"}, "claim.denied.v1 belongs on claims.events.v1"),
    "no time": ({"headers": HEADERS | {"ce_time": "yesterday"}}, "envelope: occurred_at"),
    "another envelope": ({"headers": HEADERS | {"ce_specversion": "0.3"}}, "ce_specversion is not 1.0"),
    "a source of its own": ({"headers": HEADERS | {"ce_source": "bank"}}, "ce_source does not begin with /revcycle/"),
    "an unknown type": ({"headers": HEADERS | {"ce_type": "claim.gone.v1"}}, "ce_type is none of the contract's"),
    "no JSON": ({"value": b"SECRET"}, "the body is not JSON"),
    "a field of its own": (
        {"value": json.dumps({**DENIED["value"], "mine": "SECRET"}).encode()},
        "the body breaks `additionalProperties` of its schema",
    ),
    "another kind of value": (
        {"value": json.dumps({**DENIED["value"], "denied_cents": "SECRET"}).encode()},
        "denied_cents breaks `type` of its schema",
    ),
}


@pytest.mark.parametrize(("changes", "told"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_of_a_writer_is_told_with_its_place_and_not_its_content(
    changes: dict[str, Any], told: str
) -> None:
    found = [str(fault) for fault in WriterJudge().judge(written(DENIED, **changes))]
    assert any(told in one for one in found), found
    assert all(one.startswith(("claims.events.v1/0/7: ", "payments.events.v1/0/7: ")) for one in found)
    assert "SECRET" not in str(found)


def test_repeats_may_come_with_the_same_content_only_and_sequences_leave_no_gap() -> None:
    judge = WriterJudge()
    first = written(DENIED)
    assert judge.judge(first) == judge.judge(first) == []
    other = json.dumps({**DENIED["value"], "why": "other"}).encode()
    assert "its ce_id was used before with another content" in str(judge.judge(written(DENIED, value=other))[0])
    number = int(HEADERS["ce_sequence"])
    following = HEADERS | {"ce_id": "0b0f1f36-6b5e-4b3e-9d4e-000000000001", "ce_sequence": str(number + 1)}
    assert judge.judge(written(DENIED, headers=following)) == []
    gap = HEADERS | {"ce_id": "0b0f1f36-6b5e-4b3e-9d4e-000000000002", "ce_sequence": str(number + 3)}
    assert "without gaps" in str(judge.judge(written(DENIED, headers=gap))[0])


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["conformance", *map(str, words)])


def refused(result: Result, code: Exit) -> str:
    assert isinstance(result.exception, RefusalError), result
    assert result.exception.exit_code == code
    return str(result.exception)


def line(record: Written) -> str:
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset, "key": record.key}
    return json.dumps({**place, "headers": dict(record.headers), "body": json.loads(record.value)}) + "\n"


def test_records_are_judged_as_tail_prints_them(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(line(written(DENIED)) * 2)
    result = run("writer", file)
    assert (result.exit_code, result.output) == (0, "2 records, all as the contract wants them.\n")
    with file.open("a") as more:
        more.write(line(written(DENIED, key="anything", headers=HEADERS | {"ce_id": HEADERS["ce_correlation"]})))
    result = run("writer", file)
    assert "the key is not" in result.output
    assert "1 of 3 records" in refused(result, Exit.REFUSED)


@pytest.mark.parametrize("text", ["no json", "{}", "[]", '{"topic": 1}'])
def test_a_line_that_is_no_record_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 2 is no record"):
        list(written_lines(["", text]))
    file = tmp_path / "records.jsonl"
    file.write_text(text)
    assert "line 1 is no record" in refused(run("writer", file), Exit.USAGE)


def test_nothing_to_judge_is_no_success(tmp_path: Path) -> None:
    empty = tmp_path / "none.jsonl"
    empty.write_text("")
    assert "no record came" in refused(run("writer", empty), Exit.REFUSED)
    assert "No such file" in refused(run("writer", tmp_path / "gone"), Exit.USAGE)


@pytest.mark.stack
def test_a_program_that_cannot_be_run_or_reads_nothing_is_refused() -> None:
    asked = ("reader", "--type", "claim.denied.v1", "--")
    assert "cannot be run" in refused(run(*asked, "/no/such/program"), Exit.FAILED)
    result = run("reader", "--json", *asked[1:], "true")
    assert [row["faults"] for row in json.loads(result.output) if row["case"] == "plain"] == [
        ["claim.denied.v1 was not handled"]
    ]
    assert "does not read events" in refused(result, Exit.REFUSED)
    assert "no event is of type x.v1" in refused(run("reader", "--type", "x.v1", "--", "true"), Exit.USAGE)
