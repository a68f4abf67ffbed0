"""Appeals over HTTP and through the worker: from the denial to the packet, the answer and the next level."""

import io
import zipfile
from collections.abc import AsyncGenerator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.claims.appeal_api import router
from services.claims.appeal_packet import FILE, Correspondents, letter_pdf, letters, packet_zip
from services.claims.core import Claim
from services.claims.core.appeal import APPEAL, Appeal, Evidence
from services.claims.core.claim_messages import Ack, RecordClaimAck
from shared.contracts import Adjustment, AppealDecided, ClaimAppealed, ClaimRemitted, LineDecision
from shared.policy import PolicyError
from shared.store.port import Key
from tests.claims.callers import CLAIM, Client, calling
from tests.claims.makers import GOOD, content
from tests.claims.world import NOW, TENANT, event_meta

TODAY = NOW.date()
WHO = Correspondents("Zażółć Quillfeather", "MEMBER77", TODAY, "ICN77")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path, router) as one:
        yield one


async def sent(client: Client, *acks: tuple[str, date]) -> Claim:
    """A claim that went out, with what was acknowledged."""
    world = client.world
    await client.post("/claims", CLAIM)
    await world.settle()
    await world.verify_coverage()
    (claim,) = await world.claims()
    for n, (category, day) in enumerate(acks):
        ack = Ack(ack_id=f"ack{n}", category=category, codes=(f"{category}:20",), received_on=day)
        meta = event_meta(f"ack/{n}", claim.account_id)
        await world.tell(RecordClaimAck(meta=meta, claim_id=claim.claim_id, ack=ack))
    return (await world.claims())[0]


def denial(claim: Claim, carc: str = "29", remarks: tuple[str, ...] = ()) -> ClaimRemitted:
    adjusted = (Adjustment(group="CO", reason=carc, amount_cents=125_00),)
    return ClaimRemitted(
        meta=event_meta(f"remit/{carc}", claim.account_id, subject="account/1", sequence=1),
        account_id=claim.account_id,
        claim_id=claim.claim_id,
        patient_control_number="API1",
        remittance_id="rem_1",
        payer_id="PAYER1",
        payer_claim_control_number="ICN77",
        status="1",
        charge_cents=125_00,
        paid_cents=0,
        patient_responsibility_cents=0,
        denied_cents=125_00,
        adjustments=adjusted,
        lines=(LineDecision(charge_cents=125_00, paid_cents=0, adjustments=adjusted, remark_codes=remarks),),
        payment_date=TODAY,
    )


async def news(client: Client) -> None:
    """The service reads its own events back, as from its topic."""
    for event in client.world.events(ClaimAppealed, AppealDecided):
        await client.world.tell(event)


async def step(client: Client, path: str, body: Any, key: str) -> dict[str, Any]:
    answer = await client.post(path, body, key)
    assert answer.status_code < 300, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_timely_filing_denial_is_appealed_with_the_277ca_as_proof(client: Client) -> None:
    claim = await sent(client, ("A1", TODAY), ("A2", TODAY))
    await client.world.tell(denial(claim))
    opened = await step(client, f"/claims/{claim.claim_id}/appeals", {}, "o1")
    appeal_id = opened["appeal_id"]
    assert (opened["level"], opened["category"], opened["disputed_cents"]) == (1, "timely_filing", 125_00)
    assert opened["deadline_on"] == (TODAY + timedelta(65)).isoformat()
    assert [one["proves_timely_filing"] for one in opened["evidence"]] == [True, True, False]
    headers = {**client.token("biller"), "Idempotency-Key": "u1", "X-File-Name": "../Quillfeather chart.pdf"}
    path = f"/evidence?appeal_id={appeal_id}&kind=medical_record&on=2026-06-20"
    assert (await client.http.post(path, content=b"%PDF-chart", headers=headers)).status_code == 200
    early = await client.post(f"/appeals/{appeal_id}/submit", {"method": "fax", "submitted_on": "2026-07-01"}, "s0")
    assert (early.status_code, early.json()["detail"].split(":")[0]) == (
        409,
        "there is no finished packet that holds all the evidence",
    )
    await step(client, f"/appeals/{appeal_id}/packet", {}, "p1")
    await client.world.settle()
    assert (await client.get(f"/appeals/{appeal_id}")).json()["status"] == "written"
    packet = zipfile.ZipFile(io.BytesIO((await client.get(f"/appeals/{appeal_id}/packet")).content))
    assert packet.namelist() == ["letter.pdf", "01-Quillfeather_chart.pdf"]
    assert packet.read("01-Quillfeather_chart.pdf") == b"%PDF-chart"
    text = text_of(packet.read("letter.pdf"))
    for said in ("ADA QUILLFEATHER", "MEMBER77", "ICN77", "API1", "$125.00", "accepted on 2026-07-01", "CO-29"):
        assert said in text
    for lying in (client.world.lying(), await client.world.published()):
        assert b"QUILLFEATHER" not in lying.upper()


async def test_it_is_submitted_answered_and_goes_to_the_next_level(client: Client) -> None:
    claim = await sent(client)
    await client.world.tell(denial(claim, "50"))
    path = f"/claims/{claim.claim_id}/appeals"
    appeal_id = (await step(client, path, {}, "o1"))["appeal_id"]
    assert (await step(client, path, {}, "o1"))["appeal_id"] == appeal_id
    again = await client.post(path, {}, "o2")
    assert (again.status_code, again.json()["detail"]) == (409, "this level is being appealed already")
    await step(client, f"/appeals/{appeal_id}/packet", {}, "p1")
    await client.world.settle()
    body = {"method": "letter", "submitted_on": "2026-07-01", "reference": "RR123"}
    assert (await step(client, f"/appeals/{appeal_id}/submit", body, "s1"))["status"] == "submitted"
    await news(client)
    (state,) = await client.world.claims()
    assert [one.kind for one in state.deadlines] == ["corrected_claim"]
    body = {"outcome": "upheld", "decided_on": "2026-07-01"}
    assert (await step(client, f"/appeals/{appeal_id}/answer", body, "a1"))["status"] == "decided"
    assert (await step(client, f"/appeals/{appeal_id}/answer", body, "a1"))["status"] == "decided"
    await news(client)
    second = await step(client, path, {}, "o3")
    assert (second["level"], second["deadline_on"]) == (2, (TODAY + timedelta(60)).isoformat())
    assert [type(one).__name__ for one in client.world.events(ClaimAppealed, AppealDecided)] == [
        "ClaimAppealed",
        "AppealDecided",
    ]


async def test_what_was_returned_unread_or_paid_has_no_appeal(client: Client) -> None:
    claim = await sent(client)
    path = f"/claims/{claim.claim_id}/appeals"
    nothing = await client.post(path, {}, "o1")
    assert nothing.json()["detail"] == "nothing of this claim is denied: there is nothing to appeal"
    await client.world.tell(denial(claim, "16", ("MA130", "M51")))
    unread = await client.post(path, {}, "o2")
    assert (unread.status_code, unread.json()["detail"]) == (
        409,
        "a claim that was returned unread has no appeal: mend it and send it anew",
    )
    assert (await client.post("/claims/clm_none/appeals", {}, "o3")).status_code == 404


async def test_after_the_last_day_it_is_refused_with_the_rule(client: Client) -> None:
    claim = await sent(client)
    await client.world.tell(denial(claim, "50"))
    client.world.clock.move(NOW + timedelta(days=66))
    late = await client.post(f"/claims/{claim.claim_id}/appeals", {}, "o1")
    assert late.status_code == 409
    assert late.json()["detail"].startswith(
        "the last day was 2026-09-04. First appeal to any other payer: 65 days from"
    )


async def test_new_evidence_makes_the_packet_old(client: Client) -> None:
    claim = await sent(client)
    await client.world.tell(denial(claim, "50"))
    appeal_id = (await step(client, f"/claims/{claim.claim_id}/appeals", {}, "o1"))["appeal_id"]
    await step(client, f"/appeals/{appeal_id}/packet", {}, "p1")
    await client.world.settle()
    reference = {"kind": "policy", "on": "2026-01-01", "reference": "LCD L12345"}
    assert (await step(client, f"/appeals/{appeal_id}/references", reference, "r1"))["status"] == "open"
    await step(client, f"/appeals/{appeal_id}/packet", {}, "p2")
    await client.world.settle()
    key = Key(TENANT, appeal_id)
    state = (await client.world.store.load(APPEAL, (key,)))[key].snapshot.state
    assert (state.status, state.packets) == ("written", 2)
    assert "LCD L12345" in text_of((await client.get(f"/appeals/{appeal_id}/letter")).content)


def made(category: str = "timely_filing", evidence: tuple[Evidence, ...] = ()) -> Appeal:
    return Appeal(
        appeal_id="clm_1.1",
        status="open",
        level=1,
        category=category,
        disputed_cents=125_00,
        reasons=("CO-29",),
        decided_on=TODAY,
        deadline_on=TODAY,
        explanation="Medicare redetermination: 120 days.",
        evidence=evidence,
    )


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_same_appeal_gives_the_same_bytes() -> None:
    one, other = (letter_pdf(made(), GOOD, TODAY, WHO) for _ in range(2))
    assert one == other
    files = [("a b.pdf", b"1"), ("../../etc/passwd", b"2"), ("", b"3")]
    assert packet_zip(one[0], files, TODAY) == packet_zip(other[0], files, TODAY)
    names = zipfile.ZipFile(io.BytesIO(packet_zip(b"", files, TODAY))).namelist()
    assert names == ["letter.pdf", "01-a_b.pdf", "02-passwd", "03-file"]


def test_a_long_list_of_evidence_runs_over_pages_and_odd_letters_are_printed_plain() -> None:
    many = tuple(Evidence(kind="medical_record", on=TODAY, reference=f"file {n}") for n in range(90))
    pdf, pages = letter_pdf(made(evidence=many), content(charge_cents=None), None, WHO)
    assert pages > 1
    text = text_of(pdf)
    assert "90. medical record" in text
    assert "Zazólc" in text or "Zazolc" in text
    assert "filed in time, and we ask" not in text  # nothing proves it


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("{disputed}", "{disputd}", "names what nobody fills in: disputd"),
        ('subject = "Appeal of claim {claim_number}, level {level}"\n', "", "letter 1 lacks subject"),
        ('category = "unspecified"', 'category = "other"', "must have a letter"),
    ],
)
def test_a_template_that_makes_no_sense_is_named(tmp_path: Path, was: str, becomes: str, says: str) -> None:
    path = tmp_path / "letters.toml"
    text = FILE.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes, 1), "utf-8")
    with pytest.raises(PolicyError, match=says):
        letters(path)
