"""Files of kinds the public corpus lacks, written by hand in `handmade/`: each reads to what it was written to say."""

from datetime import date, time
from pathlib import Path

import pytest

from shared.x12.acknowledge import acknowledge, check_file
from shared.x12.acks import Ta1, read_ta1, write_ta1
from shared.x12.claim837 import Batch837, Claim837, read_837, write_837p
from shared.x12.eligibility import Aaa, Answer271, read_271, write_271
from shared.x12.envelope import identify
from shared.x12.era835 import Outcome, Remittance835, balance, read_835, write_835
from shared.x12.tokens import Delimiters, Tokenizer
from shared.x12.totals import totals
from tests.x12.invent import AT

HANDMADE = Path(__file__).parent / "handmade"
FILES = sorted(HANDMADE.iterdir())


def data_of(name: str) -> bytes:
    return (HANDMADE / f"{name}.edi").read_bytes()


def claims_of(data: bytes) -> list[Claim837]:
    return [one for one in read_837([data]) if isinstance(one, Claim837)]


def answers_of(data: bytes) -> list[Answer271]:
    return [one for one in read_271([data]) if isinstance(one, Answer271)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_what_its_name_says_and_nothing_is_wrong_with_it(path: Path) -> None:
    data = path.read_bytes()

    assert identify(data) == path.name.split("_")[0].upper()
    assert list(check_file([data])) == []
    assert acknowledge([data]).accepted


def test_a_reversal_takes_back_every_amount_and_balances() -> None:
    (remittance,) = (
        one for one in read_835([data_of("835_reversal_plb_both_signs")]) if isinstance(one, Remittance835)
    )
    reversal, correction, other = remittance.claims

    assert (reversal.status, reversal.charge_cents, reversal.paid_cents) == ("22", -20_000, -12_000)
    assert [(one.group, one.amount_cents) for one in reversal.lines[0].adjustments] == [("PR", -3000), ("CO", -5000)]
    assert reversal.patient_responsibility_cents is None
    assert correction.patient_control_number == reversal.patient_control_number
    assert (correction.paid_cents, other.paid_cents) == (15_000, 10_000)
    assert balance(remittance).outcome == Outcome.BALANCED


def test_provider_adjustments_keep_either_sign_and_a_zero() -> None:
    (remittance,) = (
        one for one in read_835([data_of("835_reversal_plb_both_signs")]) if isinstance(one, Remittance835)
    )

    assert [(one.code, one.reference, one.amount_cents) for one in remittance.provider_adjustments] == [
        ("WO", "HHP2025900", 1250),
        ("L6", "INT", -1325),
        ("72", "HHP2025811", 0),
    ]
    # BPR02 = claims paid 130.00 less PLB of -0.75.
    assert balance(remittance).transaction.computed_cents == remittance.payment_cents == 13_075


def test_the_figures_of_a_reversal() -> None:
    data = data_of("835_reversal_plb_both_signs")

    figures = totals(lambda: [data])

    assert (figures["total_charge"], figures["total_paid"], figures["plb_total"]) == ("100.00", "130.00", "-0.75")
    assert (figures["reversals"], figures["balances"], figures["claims_out_of_balance"]) == (1, True, [])
    assert figures["cas"] == {"CO": "-20.00", "PR": "-10.00"}


def test_members_the_payer_cannot_find_are_rejected_each_with_its_reason() -> None:
    answers = answers_of(data_of("271_member_rejections"))

    assert [(one.trace_number, one.status, [r.code for r in one.rejections]) for one in answers] == [
        ("T-72", "rejected", ["72"]),
        ("T-73", "rejected", ["73"]),
        ("T-75", "rejected", ["75"]),
        ("T-MANY", "rejected", ["58", "71", "67"]),
    ]
    assert answers[0].rejections == (Aaa("72", "C", "2100C"),)


@pytest.mark.parametrize("name", ["271_forty_service_types", "271_pipe_dialect"])
def test_forty_service_types_in_one_benefit(name: str) -> None:
    (answer,) = answers_of(data_of(name))
    many, copay = answer.benefits

    assert len(many.service_types) == 40
    assert (many.service_types[0], many.service_types[-1]) == ("1", "98")
    assert (many.insurance_type, many.plan, answer.status) == ("HM", "GOLD PLAN", "active")
    assert (copay.service_types, copay.amount_cents) == (("98",), 2500)


def test_a_dialect_changes_nothing_but_the_delimiters() -> None:
    (plain,) = answers_of(data_of("271_forty_service_types"))
    (piped,) = answers_of(data_of("271_pipe_dialect"))

    assert piped.benefits == plain.benefits
    (claim,) = claims_of(data_of("837p_pipe_dialect"))
    assert (claim.facility_code, claim.frequency_code, claim.lines[0].procedure) == ("11", "1", "99213")
    assert claim.lines[0].modifiers == ("25",)
    assert claim.header
    assert claim.header.interchange_control_number == "000000106"


def test_a_byte_order_mark_and_crlf_are_noticed_and_dropped() -> None:
    data = data_of("837p_byte_order_mark_crlf")
    tokens = Tokenizer([data])
    first = next(iter(tokens))
    (claim,) = claims_of(data)

    assert (tokens.byte_order_mark, first.tag, first.offset) == (True, "ISA", 3)
    assert (claim.charge_cents, claim.subscriber.person.last_name) == (8550, "MUÑOZ")


def test_every_interchange_is_read_with_its_own_delimiters() -> None:
    data = data_of("837p_several_interchanges")
    answer = acknowledge([data])

    assert [(one.patient_control_number, one.charge_cents) for one in claims_of(data)] == [
        ("ISA-1", 1000),
        ("ISA-2", 2025),
        ("ISA-3", 3000),
        ("ISA-4", 4000),
    ]
    assert {one.delimiters for one in Tokenizer([data])} == {Delimiters(), Delimiters("|", "}", ">", "'")}
    assert [one.interchange_control_number for one in answer.ta1] == ["000000108", "000000109", "000000110"]
    assert [len(one.transactions) for one in answer.groups] == [1, 1, 2]


@pytest.mark.parametrize(
    ("name", "status", "note", "accepted"), [("ta1_accepted", "A", "000", True), ("ta1_rejected", "R", "001", False)]
)
def test_a_ta1_accepts_or_rejects_the_interchange_it_names(name: str, status: str, note: str, accepted: bool) -> None:
    (ta1,) = (one for one in read_ta1([data_of(name)]) if isinstance(one, Ta1))

    assert ta1 == Ta1("000000088", date(2026, 3, 1), time(17, 30), status, note, "HARBOR", "LAKESIDE")
    assert ta1.accepted == accepted
    assert list(read_ta1([write_ta1(ta1, "HARBOR", "LAKESIDE", 104, AT)])) == [ta1]


def test_what_was_written_by_hand_survives_being_written_again() -> None:
    (remittance,) = (
        one for one in read_835([data_of("835_reversal_plb_both_signs")]) if isinstance(one, Remittance835)
    )
    (again,) = (
        one
        for one in read_835([write_835([remittance], 101, 101, AT, sender_id="HARBOR", receiver_id="LAKESIDE")])
        if isinstance(one, Remittance835)
    )
    assert (again.claims[0].status, again.provider_adjustments) == ("22", remittance.provider_adjustments)
    assert [one.lines[0].adjustments for one in again.claims] == [one.lines[0].adjustments for one in remittance.claims]

    answers = answers_of(data_of("271_forty_service_types"))
    assert [one.benefits for one in answers_of(write_271(answers, 7, AT))] == [one.benefits for one in answers]

    claims = claims_of(data_of("837p_several_interchanges"))
    header = claims[0].header
    assert header
    written = write_837p(Batch837(header.submitter, header.receiver, 7, 7, AT, claims, "T"))
    assert [one.charge_cents for one in claims_of(written)] == [1000, 2025, 3000, 4000]
