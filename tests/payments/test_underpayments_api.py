"""Underpayments over HTTP: from schedule and contract to remittance, dispute, correction and evidence."""

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pypdf import PdfReader

from shared.contracts import TYPES, ClaimSubmitted, SubmittedLine
from shared.contracts.wire import from_record, header_map
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import ClaimPayment, ServicePayment
from tests.payments.agreed import PAYER
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.eras import check, era_file
from tests.payments.kit import SERVICE, submitted

CSV = """payer,procedure,modifier,price,valid_from,valid_to
,99213,,100.00,2026-01-01,
,99214,,150.00,2026-01-01,
,97110,,30.00,2026-01-01,2026-12-31
"""
CONTRACT: dict[str, Any] = {
    "name": "ACME agreement",
    "valid_from": "2026-01-01",
    "owner": "contract management",
    "source": "Amendment 3, exhibit B",
    "scope": {"payer_ids": [PAYER, "acme"]},
    "terms": [
        {"id": "lesser", "method": "lesser_of", "of": ["charge", "fee"]},
        {"id": "fee", "method": "percent_of_schedule", "schedule": "base", "percent": "110", "part": True},
    ],
    "dispute": {"days": 30, "source": "Agreement 7.2"},
}
WHY = {"reason": "amendment signed"}


@pytest.fixture
def desk(tmp_path: Path) -> Cashier:
    return make_cashier(tmp_path)


async def load(desk: Cashier, content: str = CSV, name: str = "base") -> dict[str, Any]:
    made = await desk.made(f"/schedules?name={name}", content=content.encode())
    return dict(await desk.get(f"/contract-jobs/{made['job_id']}"))


async def agreed(desk: Cashier, body: dict[str, Any] = CONTRACT, contract: str = "acme") -> int:
    made = await desk.made(f"/contracts/{contract}/versions", body)
    await desk.made(f"/contracts/{contract}/versions/{made['version']}/activate", WHY)
    return int(made["version"])


def claim(name: str = "clm_a", sequence: int = 1, *procedures: str) -> ClaimSubmitted:
    """A claim with $200.00 a line."""
    event = submitted(name, 200_00 * len(procedures or ("99213",)), sequence=sequence)
    lines = tuple(
        SubmittedLine(
            line_control_number=str(number), procedure=one, charge_cents=200_00, service_from=SERVICE, units="1"
        )
        for number, one in enumerate(procedures or ("99213",), 1)
    )
    meta = event.meta.model_copy(update={"source": "claims"})
    return event.model_copy(update={"meta": meta, "lines": lines, "facility_code": "11"})


Cas = Sequence[tuple[str, str, int]]


def answer(
    *adjusted: Cas, name: str = "clm_a", number: str = "ICN1", status: str = "1", procedures: Sequence[str] = ("99213",)
) -> ClaimPayment:
    """A CLP whose lines are paid what their adjustments leave; a reversal has everything negated."""
    sign = -1 if status == "22" else 1
    lines = tuple(
        ServicePayment(
            procedure_qualifier="HC",
            procedure=procedure,
            charge_cents=sign * 200_00,
            paid_cents=sign * (200_00 - sum(cents for *_, cents in one)),
            service_date=SERVICE,
            line_control_number=str(at),
            adjustments=tuple(Adjustment(group, reason, sign * cents) for group, reason, cents in one),
        )
        for at, (procedure, one) in enumerate(zip(procedures, adjusted, strict=True), 1)
    )
    return ClaimPayment(
        patient_control_number=f"PCN-{name}",
        status=status,
        charge_cents=sum(one.charge_cents or 0 for one in lines),
        paid_cents=sum(one.paid_cents or 0 for one in lines),
        filing_code="12",
        payer_claim_control_number=number,
        lines=lines,
    )


async def remit(desk: Cashier, *answers: ClaimPayment, trace: str = "T1", on: date = date(2026, 6, 20)) -> None:
    await desk.world.drop(era_file(check(answers, trace=trace, on=on), control=int(trace[1:])), f"{trace}.835")
    await desk.settle()


SHORT = [("CO", "45", 120_00)]
"""$80.00 are allowed where $110.00 were agreed."""


async def short(desk: Cashier) -> dict[str, Any]:
    """A claim that is $30.00 short."""
    await load(desk)
    await agreed(desk)
    await desk.world.hear(claim())
    await remit(desk, answer(SHORT))
    [found] = await desk.get("/underpayments?open=true")
    return dict(found)


def said(desk: Cashier) -> list[tuple[str, str]]:
    """What others are told of underpayments: how much is missing, or how one ended."""
    told: list[tuple[str, str]] = []
    for record in desk.world.bus.records:
        headers = header_map(record.headers)
        if headers["ce_type"].startswith("underpayment."):
            event: Any = from_record(TypeAdapter(TYPES[headers["ce_type"]]), headers, record.value)
            told.append((type(event).__name__, str(getattr(event, "outcome", "") or event.short_cents)))
    return told


async def test_a_remittance_that_allows_too_little_becomes_work_with_its_explanation(desk: Cashier) -> None:
    found = await short(desk)
    assert (found["short_cents"], found["expected_cents"], found["allowed_cents"]) == (30_00, 110_00, 80_00)
    assert (found["status"], found["dispute_by"], found["age_days"]) == ("open", "2026-07-20", 11)
    one = await desk.get(f"/underpayments/{found['underpayment_id']}")
    [line] = one["case"]["lines"]
    text = " | ".join(step["says"] for step in line["explained"])
    for fact in ("contract acme, version 1", "schedule base, 99213: $100.00", "110 %", "lesser", "CO-45 $120.00"):
        assert fact in text
    assert said(desk) == [("UnderpaymentFound", "3000")]
    assert (await desk.get("/underpayments/summary"))[0]["open_cents"] == 30_00
    await desk.proof()


async def test_the_list_is_paged_and_filtered(desk: Cashier) -> None:
    await load(desk)
    await agreed(desk)
    for n in range(5):
        await desk.world.hear(claim(f"clm_{n}"))
    await remit(desk, *(answer([("CO", "45", 80_00 + n * 10_00)], name=f"clm_{n}", number=f"ICN{n}") for n in range(5)))
    every = await desk.get("/underpayments?limit=2")
    every += await desk.get(f"/underpayments?limit=2&after={every[-1]['underpayment_id']}")
    assert sorted((one["short_cents"], one["over_cents"]) for one in every) == [
        (0, 10_00),
        (10_00, 0),
        (20_00, 0),
        (30_00, 0),
    ]
    big = await desk.get("/underpayments?at_least_cents=2000&payer_id=1999999999&limit=1")
    assert len(big) == 1
    assert await desk.get("/underpayments?at_least_days=12") == []
    assert await desk.get("/underpayments?payer_id=other") == []
    fine = await desk.get("/expected?outcome=as_expected")
    assert [one["claim_id"] for one in fine] == ["clm_1"]
    assert len(await desk.get("/underpayments?status=overpaid")) == 1


async def test_a_correction_recovers_it_in_part_and_then_in_full(desk: Cashier) -> None:
    found = await short(desk)
    path = f"/underpayments/{found['underpayment_id']}"
    body = {"disputed_on": "2026-06-30", "channel": "portal", "reference": "D-77", "reason": "fee schedule"}
    assert (await desk.made(f"{path}/dispute", body))["status"] == "disputed"
    better = [("CO", "45", 100_00)]
    taken_back = answer(SHORT, status="22")
    await remit(desk, taken_back, answer(better, number="ICN2"), trace="T2", on=date(2026, 6, 25))
    now = await desk.get(path)
    assert (now["status"], now["short_cents"], now["recovered_cents"]) == ("partly_recovered", 10_00, 20_00)
    right = [("CO", "45", 90_00)]
    await remit(desk, answer(right, number="ICN3"), trace="T3", on=date(2026, 6, 28))
    await remit(desk, answer(better, number="ICN2", status="22"), trace="T4", on=date(2026, 6, 28))
    now = await desk.get(path)
    assert (now["status"], now["short_cents"], now["recovered_cents"]) == ("recovered", 0, 30_00)
    assert [one["status"] for one in await desk.get("/underpayments")] == ["recovered"]
    assert said(desk) == [
        ("UnderpaymentFound", "3000"),
        ("UnderpaymentFound", "1000"),
        ("UnderpaymentClosed", "recovered"),
    ]
    assert (await desk.get("/underpayments/summary"))[0]["recovered_cents"] == 30_00
    await desk.proof()


async def test_two_numbers_that_stand_for_a_moment_end_as_one_work_item(desk: Cashier) -> None:
    found = await short(desk)
    better = [("CO", "45", 100_00)]
    await remit(desk, answer(better, number="ICN2"), trace="T2", on=date(2026, 6, 25))
    assert sorted(one["short_cents"] for one in await desk.get("/underpayments")) == [10_00, 30_00]
    await remit(desk, answer(SHORT, status="22"), trace="T3", on=date(2026, 6, 25))
    [now] = await desk.get("/underpayments")
    assert (now["underpayment_id"], now["status"]) == (found["underpayment_id"], "partly_recovered")
    assert len(await desk.get("/underpayments?status=superseded")) == 1


async def test_a_reversal_alone_takes_it_out_of_work(desk: Cashier) -> None:
    found = await short(desk)
    await remit(desk, answer(SHORT, status="22"), trace="T2")
    now = await desk.get(f"/underpayments/{found['underpayment_id']}")
    assert (now["status"], now["short_cents"]) == ("withdrawn", 0)
    assert said(desk)[-1] == ("UnderpaymentClosed", "withdrawn")


async def test_a_denial_is_no_underpayment_and_a_second_payers_decision_neither(desk: Cashier) -> None:
    await load(desk)
    await agreed(desk)
    await desk.world.hear(claim(), claim("clm_b"))
    second = [("OA", "23", 80_00), ("CO", "45", 100_00)]
    await remit(desk, answer([("CO", "50", 200_00)]), answer(second, name="clm_b", number="ICN2", status="2"))
    assert await desk.get("/underpayments") == []
    assert [one["claim_id"] for one in await desk.get("/expected?outcome=denied")] == ["clm_a"]
    [unsaid] = await desk.get("/expected?outcome=cannot_say&because=coordinated")
    assert unsaid["claim_id"] == "clm_b"


async def test_without_a_contract_nothing_is_said_and_one_that_comes_later_judges_what_is_past(desk: Cashier) -> None:
    await desk.world.hear(claim())
    await remit(desk, answer(SHORT))
    assert [one["claim_id"] for one in await desk.get("/expected?outcome=cannot_say&because=no_contract")] == ["clm_a"]
    await load(desk)
    draft = await desk.made("/contracts/acme/versions", CONTRACT)
    tried = await desk.made("/contracts/acme/versions/1/dry-run")
    job = await desk.get(f"/contract-jobs/{tried['job_id']}")
    tally = job["tally"]
    assert (job["status"], tally["cases"], tally["underpaid"], tally["newly"], tally["short_cents"]) == (
        "done",
        1,
        1,
        1,
        30_00,
    )
    assert tally["found"] == [
        {
            "claim_id": "clm_a",
            "payer_claim_control_number": "ICN1",
            "short_cents": 30_00,
            "over_cents": 0,
            "short_now_cents": 0,
        }
    ]
    assert await desk.get("/underpayments") == []
    assert draft["in_force"] is False
    await desk.made("/contracts/acme/versions/1/activate", WHY)
    assert [one["short_cents"] for one in await desk.get("/underpayments")] == [30_00]
    again = await desk.made("/contracts/acme/versions/1/end", {"last_day": "2026-01-31", "reason": "notice given"})
    assert again["valid_to"] == "2026-01-31"
    [gone] = await desk.get("/underpayments")
    assert (gone["status"], gone["short_cents"]) == ("cannot_say", 0)


async def test_a_dry_run_shows_what_a_new_version_would_change(desk: Cashier) -> None:
    await short(desk)
    dearer = CONTRACT | {"terms": [CONTRACT["terms"][0], CONTRACT["terms"][1] | {"percent": "150"}]}
    await desk.made("/contracts/acme/versions", dearer)
    tried = await desk.made("/contracts/acme/versions/2/dry-run")
    tally = (await desk.get(f"/contract-jobs/{tried['job_id']}"))["tally"]
    assert (tally["short_cents"], tally["short_now_cents"], tally["newly"], tally["no_longer"]) == (70_00, 30_00, 0, 0)
    refused = await desk.post("/contracts/acme/versions/2/activate", WHY)
    assert refused.status_code == 409
    assert "version 1 is in force" in refused.json()["detail"]


async def test_events_in_another_order_come_to_the_same(desk: Cashier, tmp_path: Path) -> None:
    found = await short(desk)
    other = make_cashier(tmp_path / "other")
    await remit(other, answer(SHORT))
    await other.world.hear(claim())
    await other.settle()
    await load(other)
    await agreed(other)
    [same] = await other.get("/underpayments")
    assert same == found


async def test_writing_off_above_the_limit_takes_two(desk: Cashier) -> None:
    await load(desk)
    await agreed(desk)
    procedures = ("99213", "99214", "99214")
    await desk.world.hear(claim("clm_a", 1, *procedures))
    zero = [("CO", "45", 200_00)]
    await remit(desk, answer(zero, zero, zero, procedures=procedures))
    [found] = await desk.get("/underpayments")
    assert found["short_cents"] == 440_00
    path = f"/underpayments/{found['underpayment_id']}"
    asked = await desk.made(f"{path}/write-off", {"reason": "below what a suit costs"}, key="once")
    assert asked["status"] == "write_off_asked"
    assert (await desk.made(f"{path}/write-off", {"reason": "below what a suit costs"}, key="once")) == asked
    word = {"approved": True, "reason": "agreed"}
    assert (await desk.post(f"{path}/write-off/decision", word)).status_code == 403
    assert (await desk.made(f"{path}/write-off/decision", word, actor="bob.boss"))["status"] == "written_off"
    assert said(desk)[-1] == ("UnderpaymentClosed", "written_off")
    assert (await desk.get("/underpayments/summary"))[0]["given_up_cents"] == 440_00
    assert (await desk.made(f"{path}/reopen", {"reason": "new evidence"}))["status"] == "open"
    assert (await desk.post(f"{path}/write-off/decision", word, actor="bob.boss")).status_code == 409
    assert (await desk.post(f"{path}/reopen", {"reason": "again"})).status_code == 409
    await desk.proof()


async def test_a_small_one_is_accepted_by_one_person_and_opens_again_when_more_is_missing(desk: Cashier) -> None:
    found = await short(desk)
    path = f"/underpayments/{found['underpayment_id']}"
    assert (await desk.made(f"{path}/accept", {"reason": "known error of ours"}))["status"] == "accepted"
    assert await desk.get("/underpayments?open=true") == []
    worse = answer([("CO", "45", 150_00)], number="ICN2")
    await remit(desk, answer(SHORT, status="22"), worse, trace="T2", on=date(2026, 6, 25))
    now = await desk.get(path)
    assert (now["status"], now["short_cents"]) == ("open", 60_00)
    assert [one["what"] for one in now["history"]][-1] == "reopened"


async def test_the_last_day_for_a_dispute_is_told_near_and_over(desk: Cashier) -> None:
    await short(desk)
    await desk.days(5)
    assert [one["warned"] for one in await desk.get("/underpayments?warned=near")] == ["near"]
    await desk.days(15)
    [late] = await desk.get("/underpayments?warned=over")
    assert (late["dispute_by"], late["status"]) == ("2026-07-20", "open")


async def test_the_evidence_shows_the_contract_the_lines_and_the_correspondence(desk: Cashier) -> None:
    found = await short(desk)
    path = f"/underpayments/{found['underpayment_id']}"
    letter = {
        "on": "2026-06-29",
        "direction": "to_payer",
        "channel": "fax",
        "reference": "F-1",
        "summary": "asked for the rest",
    }
    await desk.made(f"{path}/correspondence", letter)
    answer_ = await desk.fetched(f"{path}/evidence.pdf")
    reader = PdfReader(io.BytesIO(answer_.content))
    text = " ".join(word for page in reader.pages for word in page.extract_text().split())
    for fact in (
        "ICN1",
        "PCN-clm_a",
        "$30.00",
        "Amendment 3, exhibit B",
        "CO-45 $120.00",
        "asked for the rest",
        "T1",
        "2026-07-20",
    ):
        assert fact in text, fact


async def test_a_schedule_says_which_rows_it_left_out(desk: Cashier) -> None:
    job = await load(desk, CSV + ",99215,,twelve,2026-01-01,\n,99213,,90.00,2026-01-01,\n,99216,,5.00,2026-02-30,\n")
    assert (job["status"], job["rows"], job["refused_total"]) == ("done", 3, 3)
    assert [(one["row"], one["column"]) for one in job["refused"]] == [(5, "price"), (7, "valid_from"), (6, "")]
    wrong = await load(desk, "procedure,price\n99213,10\n", "other")
    assert (wrong["status"], "missing: payer, modifier, valid_from, valid_to" in wrong["reason"]) == ("refused", True)
    assert [one["name"] for one in await desk.get("/schedules")] == ["base"]


async def test_a_newer_schedule_counts_until_it_is_withdrawn(desk: Cashier) -> None:
    found = await short(desk)
    path = f"/underpayments/{found['underpayment_id']}"
    newer = await load(desk, CSV.replace("100.00", "120.00"))
    await desk.made("/contracts/judge-again", {"reason": "new rates"})
    assert (await desk.get(path))["short_cents"] == 52_00
    await desk.made("/schedules/base/withdraw", {"file_id": newer["job_id"], "reason": "wrong year"})
    assert (await desk.get(path))["short_cents"] == 30_00


async def test_nonsense_is_refused_with_its_place(desk: Cashier) -> None:
    looping = CONTRACT | {"terms": [{"id": "a", "method": "lesser_of", "of": ["charge", "a"]}]}
    refused = await desk.post("/contracts/acme/versions", looping)
    assert refused.status_code == 422
    assert "terms.a: it refers to itself: a -> a" in refused.json()["detail"]
    assert (await desk.post("/contracts/acme/versions", CONTRACT | {"valid_from": "soon"})).status_code == 422
    await desk.made("/contracts/acme/versions", CONTRACT)
    unloaded = await desk.post("/contracts/acme/versions/1/activate", WHY)
    assert (unloaded.status_code, unloaded.json()["detail"]) == (409, "load these fee schedules first: base")
    assert (await desk.post("/contracts/acme/versions/9/activate", WHY)).status_code == 404
    assert (await desk.post("/underpayments/up_none/accept", {"reason": "nothing"})).status_code == 404
    assert (await desk.post("/contracts/acme/versions", CONTRACT, "biller")).status_code == 403


async def test_another_client_sees_and_changes_nothing(desk: Cashier) -> None:
    found = await short(desk)
    for path in ("/underpayments", "/contracts", "/schedules", "/expected?outcome=underpaid"):
        assert await desk.get(path, tenant="riverside") == []
    denied = await desk.post(
        f"/underpayments/{found['underpayment_id']}/accept", {"reason": "mine"}, tenant="riverside"
    )
    assert denied.status_code == 404
