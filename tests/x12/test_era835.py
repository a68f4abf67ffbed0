"""Remittances: reading, balancing, and that writing them and reading them back changes nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given

from shared.x12.adjustments import Adjustment
from shared.x12.era835 import Outcome, ProviderAdjustment, Remittance835, balance, read_835, write_835
from shared.x12.findings import Finding, X12Error
from tests.x12.invent_era import remittances
from tests.x12.support import CORPUS, chunks, corpus_files

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
CHECK = CORPUS / "835/stupidedi/X221A1_multiple-claims-single-check.edi"


def remittances_of(*data: bytes) -> list[Remittance835]:
    return [one for one in read_835(data) if isinstance(one, Remittance835)]


def placeless(one: Remittance835) -> Remittance835:
    """A remittance without what only its file gave it."""
    claims = tuple(
        replace(
            claim,
            segment_number=0,
            byte_offset=0,
            lines=tuple(replace(line, segment_number=0) for line in claim.lines),
        )
        for claim in one.claims
    )
    return replace(
        one,
        claims=claims,
        findings=(),
        version="",
        interchange_control_number="",
        group_control_number="",
        sender_id="",
        interchange_receiver_id="",
    )


@pytest.mark.parametrize("path", corpus_files("835"), ids=lambda path: path.name[:60])
def test_read_write_read_is_the_identity(path: Path) -> None:
    before = remittances_of(*chunks(path))

    written = write_835(before, 7, 7, AT, sender_id="PAYER", receiver_id="PAYEE")

    assert list(map(placeless, remittances_of(written))) == list(map(placeless, before))
    assert [one for one in read_835([written]) if isinstance(one, Finding)] == []


@given(remittances())
def test_what_is_written_is_read(invented: Remittance835) -> None:
    (after,) = read_835([write_835([invented], 1, 1, AT, sender_id="PAYER", receiver_id="PAYEE")])

    assert isinstance(after, Remittance835)
    assert placeless(after) == placeless(invented)
    assert after.findings == ()


def test_a_remittance_is_read_field_by_field() -> None:
    (one,) = remittances_of(*chunks(CHECK))

    assert (one.payment_cents, one.method, one.trace_number) == (81080, "CHK", "12345")
    assert (one.payer.name, one.payee.name) == ("DENTAL OF ABC", "BAN DDS LLC")
    assert (one.payee.tax_id, one.receiver_id, one.payment_date) == (
        "999994703",
        "XYZ CLEARINGHOUSE",
        date(2014, 3, 31),
    )
    claim = one.claims[0]
    assert (claim.charge_cents, claim.paid_cents, claim.patient_responsibility_cents) == (22600, 13200, None)
    assert claim.allowed_cents == 13200
    assert claim.patient is not None
    assert (claim.patient.last_name, claim.patient.id) == ("DOE", "SJD11112")
    line = claim.lines[0]
    assert (line.procedure_qualifier, line.procedure, line.paid_cents) == ("AD", "D0120", 2500)
    assert line.adjustments == (Adjustment("CO", "131", 2100),)
    assert line.service_date == date(2014, 3, 24)


def test_balanced_means_all_three_equations_hold() -> None:
    (one,) = remittances_of(*chunks(CHECK))

    result = balance(one)

    assert result.outcome == Outcome.BALANCED
    assert (result.transaction.stated_cents, result.transaction.computed_cents) == (81080, 81080)
    assert len(result.claims) == 9
    assert len(result.lines) == 33


def test_a_cent_too_many_is_found_in_the_line_and_the_claim() -> None:
    (one,) = remittances_of(*chunks(CHECK))
    line = replace(one.claims[0].lines[0], adjustments=(Adjustment("CO", "45", 1), *one.claims[0].lines[0].adjustments))
    claim = replace(one.claims[0], lines=(line, *one.claims[0].lines[1:]))
    spoiled = replace(one, claims=(claim, *one.claims[1:]))

    result = balance(spoiled)

    assert result.outcome == Outcome.UNBALANCED
    assert [(bad.claim, bad.line, bad.difference_cents) for bad in result.lines if bad.outcome != "balanced"] == [
        (0, 0, -1)
    ]
    assert [(bad.claim, bad.difference_cents) for bad in result.claims if bad.outcome != "balanced"] == [(0, -1)]
    assert result.transaction.outcome == Outcome.BALANCED


@pytest.mark.parametrize(("provider_cents", "difference"), [(500, 500), (-500, -500)])
def test_a_positive_provider_adjustment_lowers_the_payment(provider_cents: int, difference: int) -> None:
    (one,) = remittances_of(*chunks(CHECK))
    adjusted = replace(
        one, provider_adjustments=(ProviderAdjustment("1", date(2026, 12, 31), "WO", "X", provider_cents),)
    )

    assert balance(adjusted).transaction.difference_cents == difference
    lowered = replace(adjusted, payment_cents=81080 - provider_cents)
    assert balance(lowered).transaction.outcome == Outcome.BALANCED


def test_an_absent_amount_is_not_evaluable_and_never_zero() -> None:
    (one,) = remittances_of(*chunks(CHECK))
    claim = replace(one.claims[0], paid_cents=None)

    result = balance(replace(one, claims=(claim, *one.claims[1:])))

    assert result.claims[0].outcome == Outcome.NOT_EVALUABLE
    assert result.transaction.outcome == Outcome.NOT_EVALUABLE
    assert result.transaction.difference_cents is None
    assert result.outcome == Outcome.NOT_EVALUABLE


def test_a_debit_counts_as_negative() -> None:
    debit = Remittance835(500, credit_debit="D", provider_adjustments=(ProviderAdjustment("1", None, "WO", "", 500),))

    assert balance(debit).transaction.outcome == Outcome.BALANCED


REVERSAL = (
    b"ISA|00|          |00|          |ZZ|PAYER          |ZZ|PAYEE          |260701|1230|}|00501|000000007|0|T|^~"
    b"GS|HP|PAYER|PAYEE|20260701|1230|7|X|005010X221A1~ST|835|0001~BPR|I|40|C|ACH|CCP||||||||||||20260701~"
    b"TRN|1|CHECK7|1999999999~N1|PR|SOME PAYER~N1|PE|LAKESIDE|XX|1234567893~LX|1~"
    b"CLP|PCN1|22|-100|-80|-20|12|ICN1~CAS|PR|1|-20~SVC|HC^99213^25|-100|-80~CAS|PR|1|-20~"
    b"CLP|PCN1|1|100|70|30|12|ICN2~SVC|HC^99213^25|100|70~CAS|PR|1|30~LQ|HE|N130~"
    b"CLP|PCN2|1|50.5|50||12|ICN3~CAS|CO|45|.5~"
    b"PLB|1234567893|20261231|WO^ICN9|10|L6|-10~SE|19|0001~GE|1|7~IEA|1|000000007~"
)


def test_reversal_correction_and_provider_adjustments_in_the_bar_dialect() -> None:
    (one,) = remittances_of(REVERSAL)

    assert [(claim.status, claim.charge_cents, claim.paid_cents) for claim in one.claims] == [
        ("22", -10000, -8000),
        ("1", 10000, 7000),
        ("1", 5050, 5000),
    ]
    assert one.claims[0].lines[0].modifiers == ("25",)
    assert one.claims[1].lines[0].remarks[0].code == "N130"
    assert one.claims[2].patient_responsibility_cents is None
    assert [(plb.code, plb.reference, plb.amount_cents) for plb in one.provider_adjustments] == [
        ("WO", "ICN9", 1000),
        ("L6", "", -1000),
    ]
    assert balance(one).transaction.outcome == Outcome.BALANCED


def test_what_is_not_an_amount_is_a_finding_and_none() -> None:
    (one,) = remittances_of(REVERSAL.replace(b"BPR|I|40|", b"BPR|I|40.001|").replace(b"|50.5|50||", b"|50.5|||"))

    assert one.payment_cents is None
    assert one.claims[2].paid_cents is None
    assert {("IK403:6", "BPR", 2), ("IK403:1", "CLP", 4)} <= {
        (finding.code, finding.segment_tag, finding.element) for finding in one.findings
    }


def test_a_remittance_without_se_is_given_and_marked_incomplete() -> None:
    (one,) = remittances_of(REVERSAL[: REVERSAL.index(b"PLB")])

    assert not one.complete
    assert len(one.claims) == 3
    assert "IK502:2" in {finding.code for finding in one.findings}


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(X12Error):
        list(read_835(chunks(CORPUS / "837p/imsweb/x12_no_errors.txt")))
