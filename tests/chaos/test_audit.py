"""The auditor sees what was lost and what was doubled; and is silent about what is right."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest

from shared.contracts import Meta
from shared.contracts.wire import Record, events_topic, make_record
from tests.chaos.audit import Findings, Line, Log, audit_log, columns_of, compare_books, compare_ends

ROOM = UUID(int=7)
AGGREGATE = "claim/lakeside/c1"


def event(sequence: int, body: str = "{}", name: str = "") -> Record:
    """One of an aggregate's events."""
    meta = Meta(
        id=uuid5(ROOM, name or str(sequence)),
        tenant="lakeside",
        occurred_at=datetime(2026, 7, 1, tzinfo=UTC),
        source="claims",
        subject="claim/c1",
        key="a1",
        sequence=sequence,
        correlation=ROOM,
        actor="system",
    )
    return make_record(events_topic("claims"), meta, "claim.held.v1", body.encode())


def line(number: int, record: Record | None) -> Line:
    """A fact, with its event or without one."""
    fact_id = dict(record.headers)["ce_id"].decode() if record else str(uuid5(ROOM, f"private {number}"))
    return Line(AGGREGATE, number, fact_id, record)


SAID = [event(1), event(2), event(3)]
JOURNAL = [line(1, SAID[0]), line(2, None), line(3, SAID[1]), line(4, SAID[2])]


def audited(said: list[Record], journal: list[Line], facts: int = 4) -> Findings:
    found = Findings()
    audit_log(Log("claims", said, journal, {AGGREGATE: facts}), found)
    return found


def test_a_repeat_of_the_same_is_no_fault() -> None:
    assert audited([*SAID, SAID[1], SAID[2]], JOURNAL).good


@pytest.mark.parametrize(
    ("said", "journal", "facts", "words"),
    [
        ([SAID[0], SAID[2]], JOURNAL, 4, "goes from event 1 to 3"),
        (SAID[:2], JOURNAL, 4, "is on record and was not said"),
        (SAID, JOURNAL[:3], 4, "was said and is not on record"),
        (SAID, JOURNAL, 5, "has 5 facts, 4 on record"),
    ],
)
def test_what_is_missing_is_lost(said: list[Record], journal: list[Line], facts: int, words: str) -> None:
    found = audited(said, journal, facts)
    assert words in "\n".join(found.lost)


@pytest.mark.parametrize(
    ("said", "journal", "words"),
    [
        ([*SAID, event(2, '{"other":1}')], JOURNAL, "was said with two contents"),
        ([*SAID, event(2, name="twin")], [*JOURNAL, line(5, event(2, name="twin"))], "has two events 2"),
        ([SAID[0], SAID[2], SAID[1]], JOURNAL, "out of order"),
        (SAID, [*JOURNAL[:3], line(4, SAID[2]._replace(value=b'{"x":1}'))], "otherwise than it is on record"),
        (SAID, [*JOURNAL, JOURNAL[0]._replace(number=5)], "decided a message twice"),
    ],
)
def test_what_contradicts_is_doubled(said: list[Record], journal: list[Line], words: str) -> None:
    found = audited(said, journal, facts=len(journal))
    assert words in "\n".join(found.doubled)


def test_a_cent_more_is_doubled_and_a_cent_less_is_lost() -> None:
    undisturbed = {"lakeside/a1": {"paid_cents": 100}, "lakeside/a2": {"paid_cents": 50}}
    found = Findings()
    compare_books({"lakeside/a1": {"paid_cents": 101}}, undisturbed, found)
    assert (len(found.lost), len(found.doubled)) == (1, 1)
    assert "paid_cents is 101, undisturbed 100" in found.doubled[0]
    found = Findings()
    compare_books(undisturbed, undisturbed, found)
    assert found.good


def test_a_claim_is_there_once_and_ends_as_it_must() -> None:
    found = Findings()
    compare_ends({"c1": "paid", "c2": "held", "c4": "paid"}, {"c1": "paid", "c2": "paid", "c3": "paid"}, found)
    assert found.lost == ["claim c3 is missing"]
    assert found.doubled == ["claim c4 is not in the input"]
    assert found.wrong == ["claim c2 ends as held, undisturbed paid"]


def test_what_became_of_the_patients_share_is_one_sum() -> None:
    item = dict.fromkeys(("charge_cents", "paid_cents", "adjusted_cents", "insurance_cents", "denied_cents"), 0)
    owed = {**item, "charge_cents": 300, "patient_cents": 200, "patient_paid_cents": 0, "written_off_cents": 100}
    paid = {**item, "charge_cents": 300, "patient_cents": 0, "patient_paid_cents": 300, "written_off_cents": 0}
    assert columns_of([owed]) == columns_of([paid])
    assert columns_of([owed, paid])["patients_cents"] == 600
