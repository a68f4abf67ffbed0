"""Files in, acknowledgements and remittances out, on a clock the test moves."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from samples.generate import generate
from sandbox.clearinghouse import settled
from sandbox.profiles import read_payers
from shared.x12.acks import Ack999, Ta1, read_999, read_ta1
from shared.x12.claim837 import Adjustment, OtherPayer, Payer
from tests.sandbox.desk import START, Desk, claim, desk, file, payers
from tests.sandbox.plain835 import assert_balanced, read


def test_a_claim_is_acknowledged_at_once_accepted_after_days_and_paid_on_the_payers_weekday(tmp_path: Path) -> None:
    with desk(tmp_path, payers(acknowledge_days=2, pay_days_min=14, pay_days_max=14, pay_weekday=2)) as one:
        one.send(claim())
        assert [ack.status for ack in read_999([one.files("999")[0]]) if isinstance(ack, Ack999)] == ["A"]
        assert [ack.statuses[0].category for ack in one.acknowledged()] == ["A1"]
        assert one.state.next_due_at() == datetime(2026, 7, 3, 6, tzinfo=UTC)

        one.run(until=START + timedelta(days=2))
        accepted = one.acknowledged()[-1]
        assert accepted.statuses[0].category == "A2"
        assert accepted.patient_control_number == "PCN1"
        assert accepted.submitted_reference
        assert one.state.next_due_at() == datetime(2026, 7, 15, 6, tzinfo=UTC), "a Wednesday, 14 days on"

        one.run()
        remittance = one.remittances()[0]
        assert_balanced(remittance)
        assert remittance.date == "20260715"
        assert remittance.claims[0].elements[6] == accepted.payer_claim_control_number
        assert settled(one.state, one.exchange, START + timedelta(days=400))


def test_nothing_is_settled_while_a_file_waits_or_something_is_due(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        assert settled(one.state, one.exchange, START)
        one.drop(file([claim()]))
        assert not settled(one.state, one.exchange, START)
        one.clearinghouse.tick(START)
        assert settled(one.state, one.exchange, START)
        assert not settled(one.state, one.exchange, START + timedelta(days=2))


def test_the_same_interchange_again_is_answered_with_ta1_025_and_its_claims_are_not_held(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim(), control=9)
        one.drop(file([claim("PCN2")], control=9), "again.837")
        one.clearinghouse.tick(START)
        note = next(ta1 for ta1 in read_ta1([one.files("ta1")[0]]) if isinstance(ta1, Ta1))
        assert (note.interchange_control_number, note.status, note.note) == ("000000009", "R", "025")
        assert one.state.stages() == {"received": 1}
        assert len(list((tmp_path / "exchange/lakeside/taken").iterdir())) == 2


def test_another_tenant_may_use_the_same_control_number(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim(), control=9)
        one.drop(file([claim()], control=9), tenant="northgate")
        one.clearinghouse.tick(START)
        assert one.files("ta1", "northgate") == []
        assert len(one.files("999", "northgate")) == 1


@pytest.mark.parametrize("content", [b"", b"not X12 at all", b"\xff\xfe\x00"])
def test_bytes_that_are_no_x12_are_taken_and_answered_with_a_rejecting_ta1(tmp_path: Path, content: bytes) -> None:
    with desk(tmp_path) as one:
        one.drop(content, "bad.837")
        one.drop(file([claim()]), "good.837")
        one.clearinghouse.tick(START)
        assert [ta1.status for ta1 in read_ta1([one.files("ta1")[0]]) if isinstance(ta1, Ta1)] == ["R"]
        assert one.state.stages() == {"received": 1}


def test_wrong_counts_reject_the_group(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.drop(file([claim()]).replace(b"SE*", b"SE*9"))
        one.clearinghouse.tick(START)
        acks = [ack for ack in read_999([one.files("999")[0]]) if isinstance(ack, Ack999)]
        assert [ack.status for ack in acks] == ["R"]
        assert one.state.stages() == {}


def test_a_claim_whose_lines_do_not_sum_is_rejected_at_the_door(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim("BAD", charge_cents=99999), claim("GOOD"))
        statuses = {ack.patient_control_number: ack.statuses[0].category for ack in one.acknowledged()}
        assert statuses == {"BAD": "A7", "GOOD": "A1"}
        one.run()
        assert [paid.control_number for one_ in one.remittances() for paid in one_.claims] == ["GOOD"]


def test_a_rejected_claim_is_never_remitted_and_is_let_through_when_it_comes_again(tmp_path: Path) -> None:
    with desk(tmp_path, payers(rejected_percent=100)) as one:
        one.send(claim())
        one.run()
        assert one.acknowledged()[-1].verdict == "rejected"
        assert one.remittances() == []
        one.send(claim(), control=2)
        one.run()
        assert len(one.remittances()) == 1


def test_one_file_per_payer_and_payment_day_with_a_transaction_for_each_payee(tmp_path: Path) -> None:
    other = replace(claim().billing, npi="1999999976", name="OTHER")
    with desk(tmp_path, payers(pay_days_min=14, pay_days_max=14)) as one:
        one.send(claim("A"), claim("B"), claim("C", billing=other))
        one.run()
        assert len(one.files("835")) == 1
        assert {one_.payee: len(one_.claims) for one_ in one.remittances()} == {"1234567893": 2, "1999999976": 1}
        assert len({one_.trace for one_ in one.remittances()}) == 2


def test_a_reversal_and_its_correction_come_thirty_days_after_in_one_remittance(tmp_path: Path) -> None:
    with desk(tmp_path, payers(reversed_percent=100, pay_days_min=14, pay_days_max=14)) as one:
        one.send(claim())
        one.run()
        first, second = one.remittances()
        paid = first.claims[0]
        reversal, correction = second.claims
        assert [paid.status, reversal.status, correction.status] == ["1", "22", "1"]
        assert reversal.charge == -paid.charge
        assert reversal.paid == -paid.paid
        assert [[(g, r, -a) for g, r, a in line.cuts] for line in reversal.lines] == [line.cuts for line in paid.lines]
        assert reversal.elements[6] == paid.elements[6]
        assert correction.paid != paid.paid
        assert (_day(second.date) - _day(first.date)).days >= 30
        for remittance in (first, second):
            assert_balanced(remittance)
        assert one.state.next_due_at() is None


def test_a_replacement_reverses_its_original_and_a_void_only_reverses(tmp_path: Path) -> None:
    with desk(tmp_path, payers(pay_days_min=14, pay_days_max=14)) as one:
        one.send(claim())
        one.run()
        number = one.remittances()[0].claims[0].elements[6]
        again = claim("PCN2", charges=(20000,), frequency_code="7", payer_claim_control_number=number)
        one.send(again, control=2, at=START + timedelta(days=60))
        one.run()
        reversal, decided = one.remittances()[-1].claims
        assert (reversal.control_number, reversal.status) == ("PCN1", "22")
        assert (decided.control_number, decided.status) == ("PCN2", "1")
        void = claim("PCN3", frequency_code="8", payer_claim_control_number=decided.elements[6])
        one.send(void, control=3, at=START + timedelta(days=120))
        one.run()
        last = one.remittances()[-1]
        assert [(paid.control_number, paid.status) for paid in last.claims] == [("PCN2", "22")]
        assert last.method == "NON"
        assert [code for code, _ in last.provider_level] == ["FB"], "what was paid is carried to the next remittance"
        for remittance in one.remittances():
            assert_balanced(remittance)


def test_a_replacement_of_an_undecided_claim_is_denied_as_a_duplicate(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim(payer=Payer("SILENT", "SILENT")))
        one.run()
        number = one.acknowledged()[-1].payer_claim_control_number
        one.send(claim("EARLY", frequency_code="7", payer_claim_control_number=number), control=2)
        one.run()
        (paid,) = one.remittances()[0].claims
        assert (paid.control_number, paid.paid) == ("EARLY", Decimal(0))
        assert {(group, reason) for line in paid.lines for group, reason, _ in line.cuts} == {("OA", "18")}


def test_a_replacement_of_an_unknown_claim_is_rejected(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim(frequency_code="7", payer_claim_control_number="NOSUCH"))
        one.run()
        assert (one.acknowledged()[-1].verdict, one.acknowledged()[-1].statuses[0].code) == ("rejected", "464")


def test_what_a_reversal_takes_beyond_the_day_is_taken_from_the_next_payment(tmp_path: Path) -> None:
    with desk(tmp_path, payers(pay_days_min=14, pay_days_max=14)) as one:
        one.send(claim())
        one.run()
        first = one.remittances()[0]
        void = claim("V", frequency_code="8", payer_claim_control_number=first.claims[0].elements[6])
        one.send(void, control=2, at=START + timedelta(days=60))
        one.run()
        one.send(claim("NEXT", charges=(90000,)), control=3, at=START + timedelta(days=120))
        one.run()
        _, owed, settled = one.remittances()
        assert owed.provider_level == [("FB", -first.amount)]
        assert settled.provider_level == [("FB", first.amount)]
        assert settled.amount == settled.claims[0].paid - first.amount


def test_a_later_payer_reports_what_earlier_ones_settled_as_oa_23(tmp_path: Path) -> None:
    earlier = OtherPayer(
        payer=Payer("OTHER", "P9"),
        paid_cents=9000,
        adjustments=(Adjustment("CO", "45", 4000), Adjustment("PR", "2", 6000)),
    )
    subscriber = replace(claim().subscriber, payer_responsibility="S", relationship="18")
    with desk(tmp_path) as one:
        one.send(claim(subscriber=subscriber, other_payers=(earlier,)))
        one.run()
        paid = one.remittances()[0].claims[0]
        assert paid.status == "2"
        assert sum(amount for line in paid.lines for _, reason, amount in line.cuts if reason == "23") == 130
        assert_balanced(one.remittances()[0])


def test_an_encounter_is_capitated_and_a_silent_payer_never_remits(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.drop(file([claim("ENC")], transaction_type="RP"))
        one.drop(file([claim("QUIET", payer=Payer("SILENT", "SILENT"))], control=2), "b.837")
        one.clearinghouse.tick(START)
        one.run()
        assert {ack.patient_control_number for ack in one.acknowledged() if ack.verdict == "accepted"} == {
            "ENC",
            "QUIET",
        }
        (remittance,) = one.remittances()
        assert [(paid.control_number, paid.paid) for paid in remittance.claims] == [("ENC", Decimal(0))]
        assert remittance.method == "NON"
        assert {reason for line in remittance.claims[0].lines for _, reason, _ in line.cuts} == {"24"}


def test_a_payer_that_is_down_keeps_everyone_waiting_until_it_is_up(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim())
        one.state.switch("P1", "down")
        assert one.state.next_due_at() is None
        one.clearinghouse.tick(START + timedelta(days=90))
        assert one.remittances() == []
        one.state.switch("P1", "up")
        one.clearinghouse.tick(START + timedelta(days=90))
        assert len(one.remittances()) == 1


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    """A book of generated claims: step by step, and in one jump of a year."""
    books: list[Counter[bytes]] = []
    for name in ("steps", "jump"):
        with desk(tmp_path / name, read_payers()) as one:
            _drop_generated(one, 120)
            one.clearinghouse.tick(START)
            one.run() if name == "steps" else one.clearinghouse.tick(START + timedelta(days=365))
            books.append(
                Counter(_claims_of(content) for content in [*one.files("835"), *one.files("835", "northgate")])
            )
    assert books[0] == books[1]


def test_a_generated_book_balances_and_shows_the_whole_mix(tmp_path: Path) -> None:
    with desk(tmp_path, read_payers(), seed=2026) as one:
        _drop_generated(one, 600)
        one.clearinghouse.tick(START)
        one.run()
        remittances = [*one.remittances(), *one.remittances("northgate")]
        for remittance in remittances:
            assert_balanced(remittance)
        claims = [paid for remittance in remittances for paid in remittance.claims]
        cuts = Counter((group, reason) for paid in claims for line in paid.lines for group, reason, _ in line.cuts)
        assert {("CO", "45"), ("PR", "1"), ("PR", "2"), ("PR", "3"), ("CO", "253"), ("CO", "16")} <= set(cuts)
        assert {"1", "4", "22"} <= {paid.status for paid in claims}
        denied = [paid for paid in claims if paid.paid == 0]
        partial = [p for p in claims if p.paid > 0 and any(ln.paid == 0 and ln.charge > 0 for ln in p.lines)]
        assert 0.05 < len(denied) / len(claims) < 0.30
        assert partial
        assert {remittance.method for remittance in remittances} >= {"ACH", "CHK"}
        assert one.state.stages()["rejected"] > 0
        assert len({remittance.trace for remittance in remittances}) == len(remittances)


def _drop_generated(one: Desk, claims: int) -> None:
    for tenant, content in generate(claims).items():
        one.drop(content, tenant=tenant)


def _claims_of(content: bytes) -> bytes:
    """The file from its first payment on; ISA13 differs with the order files were made in."""
    return content[content.index(b"BPR*") : content.index(b"GE*")]


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)


def test_the_second_reader_sees_what_the_sandbox_wrote(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.send(claim())
        one.run()
        (remittance,) = read(one.files("835")[0])
        assert [line.charge for line in remittance.claims[0].lines] == [150, 40]
