"""The payer directory: dated and sourced, and every payer is asked as it says."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from services.eligibility.core import Inquire, InquiryPolicy, check_decider
from services.eligibility.core.dated import Dated
from services.eligibility.core.directory import Directory, PayerTerms
from services.eligibility.payer_limits import PROBES, Circuit, Rate, Sparing, Waiting
from services.eligibility.policies import inquiry_policy, payer_directory
from shared.contracts import EligibilityUnknown
from shared.policy import PolicyError
from shared.store.port import Key
from tests.eligibility.test_check import AT, POLICY, received

DAY = date(2026, 6, 15)
FRAME = """
[[default]]
valid_from = 2020-01-01
source = "a companion guide"
owner = "operations"
value = { kind = "commercial", unlisted = "ask", real_time = true, batch = true, timeout_seconds = 20.0, \
failures_to_open = 3, open_seconds = 60.0, per_minute = 0, batch_inquiries_max = 100, batch_wait_minutes = 2, \
batch_retry_hours = 24, discovery = false }
"""


def directory(tmp_path: Path, more: str) -> Directory:
    file = tmp_path / "payers.toml"
    file.write_text(FRAME + more)
    return payer_directory(file)


def test_case_05_a_payer_without_real_time_eligibility_is_never_called() -> None:
    check = check_decider(inquiry_policy(AT.date()))
    decided = check.start(received("c1").model_copy(update={"payer_id": "RC109"}), received("c2"))
    assert [e for e in decided.effects if isinstance(e, Inquire)] == []
    [first, second] = decided.events
    assert isinstance(first, EligibilityUnknown)
    assert isinstance(second, EligibilityUnknown)
    assert (first.claim_id, first.cause) == ("c1", "no_real_time_eligibility")
    assert second.claim_id == "c2"


def test_a_payer_nobody_knows_is_refused_where_the_directory_says_so() -> None:
    closed = Directory({}, [Dated(date.min, date.max, PayerTerms(unlisted="refuse"))])
    decided = check_decider(InquiryPolicy(POLICY.retry_codes, POLICY.waits, closed)).start(received("c1"))
    assert decided.effects == ()
    [event] = decided.events
    assert isinstance(event, EligibilityUnknown)
    assert event.cause == "unknown_payer"


def test_a_payer_has_the_terms_of_the_day(tmp_path: Path) -> None:
    book = directory(
        tmp_path,
        """
[[P1]]
valid_from = 2026-01-01
valid_to = 2026-05-31
source = "guide of January"
owner = "operations"
value = { real_time = false }
[[P1]]
valid_from = 2026-07-01
source = "guide of July"
owner = "operations"
value = { timeout_seconds = 5.0, waits_minutes = [1, 2] }
""",
    )
    assert not book.of("P1", date(2026, 5, 31)).real_time
    assert book.of("P1", date(2026, 6, 15)).real_time, "between entries the default holds"
    assert not book.of("P1", date(2026, 6, 15)).listed
    assert book.of("P1", date(2026, 7, 1)).timeout_seconds == 5.0
    assert book.of("P1", date(2026, 7, 1)).waits == (timedelta(minutes=1), timedelta(minutes=2))
    assert book.of("P2", DAY).timeout_seconds == 20.0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('[[P1]]\nvalid_from = 2026-01-01\nowner = "x"\nvalue = {}', "P1: an entry lacks source"),
        (
            '[[P1]]\nvalid_from = 2026-01-01\nvalid_to = 2025-01-01\nsource = "s"\nowner = "o"\nvalue = {}',
            "lies before",
        ),
        ('[[P1]]\nvalid_from = 2026-01-01\nsource = "s"\nowner = "o"\nvalue = { timeout_seconds = 0 }', "timeout_seco"),
        ('[[P1]]\nvalid_from = 2026-01-01\nsource = "s"\nowner = "o"\nvalue = { colour = "red" }', "colour"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        directory(tmp_path, entry)


def test_the_directory_in_force_names_its_sources_and_its_managed_care() -> None:
    book = payer_directory()
    assert book.of("RC105", DAY).route_of("Summit Community Care") == "RC106"
    assert book.of("RC105", DAY).route_of("NOBODY") is None
    assert book.searched(DAY) == ["RC101", "RC103", "RC105"]


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_circuit_opens_after_failures_in_a_row_probes_and_closes() -> None:
    time = Time()
    circuit = Circuit(3, 60, time)
    for answered in (False, False, True, False, False, False):
        assert circuit.enter()
        circuit.leave(answered=answered)
    assert circuit.state == "open"
    assert not circuit.enter()
    time.now = 60
    assert [circuit.enter() for _ in range(PROBES + 1)] == [True] * PROBES + [False]
    for _ in range(PROBES):
        assert not circuit.leave(answered=False)
    assert circuit.state == "open", "a probe that failed opens it for as long again"
    time.now = 120
    assert circuit.enter()
    assert circuit.leave(answered=True)
    assert circuit.idle, "closed again, and nothing held against it"


def test_a_rate_lets_so_many_through_in_any_minute() -> None:
    time = Time()
    rate = Rate(2, time)
    assert [rate.wait_seconds() for _ in range(3)] == [0, 0, 60]
    time.now = 59
    assert rate.wait_seconds() == 1
    time.now = 60
    assert [rate.wait_seconds() for _ in range(3)] == [0, 0, 60]
    assert [Rate(0, time).wait_seconds() for _ in range(9)] == [0] * 9


def test_the_backlog_drains_once_the_circuit_has_closed() -> None:
    time = Time()
    sparing = Sparing(PayerTerms(failures_to_open=1, open_seconds=60), time)
    keys = [Waiting("check", Key("lakeside", f"c{n}")) for n in range(5)]
    assert sparing.circuit.enter()
    sparing.leave(answered=False)
    for key in keys:
        assert not sparing.circuit.enter()
        sparing.put_off(key)
    assert (sparing.owed, sparing.drain(9)) == (0, [])
    time.now = 60
    assert sparing.circuit.enter()
    sparing.leave(answered=True)
    assert sparing.owed == 5
    assert sparing.drain(3) + sparing.drain(3) == keys
    assert (sparing.owed, sparing.idle) == (0, True)
