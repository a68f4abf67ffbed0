"""The sandbox asks for papers (277, X213), takes them (275) and says so when it is asked about the claim."""

from datetime import timedelta
from pathlib import Path

from shared.x12.acks import Ack999, read_999
from shared.x12.attachment275 import SOLICITED, Attachment, Set275
from shared.x12.attachment275_write import write_275
from shared.x12.parties import Named
from shared.x12.request277 import InformationRequest277, read_277_requests
from tests.sandbox.desk import START, Desk, claim, desk, payers
from tests.sandbox.test_claim_status import asked, inquiry


def papers(trace: str, control_number: str = "PCN1") -> Set275:
    return Set275(
        purpose=SOLICITED,
        reference="R1",
        on=START.date(),
        payer=Named("FIRST PAYER", id_qualifier="PI", id="P1", entity_type="2"),
        submitter=Named("PRACTICE", id_qualifier="46", id="SENDER1", entity_type="2"),
        patient_control_number=control_number,
        attachments=(Attachment(trace, "2", report_format="MB", content=b"JVBERi0="),),
    )


def acknowledged(made: Desk) -> list[Ack999]:
    files = made.files("999")
    return [one for data in files for one in read_999([data]) if isinstance(one, Ack999)]


def test_a_payer_asks_for_papers_and_stops_waiting_when_they_come(tmp_path: Path) -> None:
    behaves = payers(information_percent=100, requests_papers=True, pay_days_min=90, pay_days_max=91)
    with desk(tmp_path, behaves) as made:
        made.send(claim())
        made.run(until=START + timedelta(days=3))
        (request,) = [
            one
            for data in made.files("277")
            for one in read_277_requests([data])
            if isinstance(one, InformationRequest277)
        ]
        assert (request.patient_control_number, request.questions[0].code_list) == ("PCN1", "LOI")
        assert request.due_on is not None
        (before,) = asked(made, inquiry(), days=3)
        assert before.statuses[0].category == "R4"
        made.drop(write_275([papers(request.trace_number)], "SENDER1", "SANDBOXCH", 77, START), "p.275")
        made.clearinghouse.tick(START + timedelta(days=4))
        *_, ack = acknowledged(made)
        assert (ack.functional_id, ack.group_control_number, ack.status) == ("PI", "77", "A")
        (after,) = asked(made, inquiry(), days=4)
        assert after.statuses[0].category == "P1"


def test_papers_that_are_cut_off_are_refused_and_count_as_none(tmp_path: Path) -> None:
    with desk(tmp_path, payers(information_percent=100, pay_days_min=90, pay_days_max=91)) as made:
        made.send(claim())
        made.run(until=START + timedelta(days=3))
        whole = write_275([papers("R1")], "SENDER1", "SANDBOXCH", 77, START)
        made.drop(whole.replace(b"BIN*8*", b"BIN*9*"), "p.275")
        made.drop(b"nonsense", "q.275")
        made.clearinghouse.tick(START + timedelta(days=4))
        *_, ack = acknowledged(made)
        assert ack.status == "R"
        (said,) = asked(made, inquiry(), days=4)
        assert said.statuses[0].category == "R4"
        assert made.files("ta1")
