"""What a payer says when it is asked about a claim (276): it knows what it holds, and nothing it refused."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from sandbox.chance import Chance
from sandbox.profiles import PayerProfile, Payers
from sandbox.state import Row
from shared.x12.status import Status, StatusInquiry276, StatusResponse277

# STC01: category, status code, entity. Code numbers only.
NOT_FOUND = ("A4", "35", "")
RECEIVED = ("A1", "20", "")
IN_PROCESS = ("P1", "20", "")
WANTS_RECORDS = ("R4", "287", "1P")
PAID = ("F1", "65", "")
DENIED = ("F2", "585", "")
NOTHING_TO_PAY = ("F4", "104", "")
REPLACED = ("F3", "101", "")
Look = Callable[[StatusInquiry276], Row | None]
Came = Callable[[Row], bool]


def answers(
    inquiries: Iterable[StatusInquiry276], look: Look, payers: Payers, seed: int, came: Came
) -> list[StatusResponse277]:
    """A response to each inquiry, in their order; `came` tells whether a claim's papers did."""
    return [respond(one, look(one), payers.find(one.payer.id, one.payer.name), seed, came) for one in inquiries]


def respond(asked: StatusInquiry276, row: Row | None, payer: PayerProfile, seed: int, came: Came) -> StatusResponse277:
    """The 277 to one inquiry. Who is asked about, and by which numbers, comes back as it was asked."""
    held = row if row is not None and is_about(row, asked) else None
    category, code, entity = status_of(held, payer, seed)
    if held is not None and (category, code, entity) == WANTS_RECORDS and came(held):
        category, code, entity = IN_PROCESS
    status = Status(category, code, entity)
    if held is not None:
        paid_cents = held.decision.paid_cents if held.decision else None
        status = replace(status, amount_cents=held.claim.charge_cents, paid_cents=paid_cents)
    return StatusResponse277(
        trace_number=asked.trace_number,
        statuses=(status,),
        payer=asked.payer,
        receiver=asked.receiver,
        provider=asked.provider,
        subscriber=asked.subscriber,
        member_id=asked.member_id,
        dependent=asked.dependent,
        patient_control_number=asked.patient_control_number,
        payer_claim_control_number=held.payer_number if held else "",
        bill_type=asked.bill_type,
        service_from=asked.service_from,
        service_to=asked.service_to,
    )


def is_about(row: Row, asked: StatusInquiry276) -> bool:
    """A payer tells nobody of another payer's claims, or of another member's; what it rejected it never received."""
    return row.stage != "rejected" and row.claim.payer_id == asked.payer.id and row.claim.member_id == asked.member_id


def status_of(row: Row | None, payer: PayerProfile, seed: int) -> tuple[str, str, str]:
    """Where the claim is."""
    if row is None:
        return NOT_FOUND
    if row.stage == "received":
        return RECEIVED
    if row.stage == "replaced":
        return REPLACED
    if row.decision is None:
        return WANTS_RECORDS if wants_records(row, payer, seed) else IN_PROCESS
    if row.decision.paid_cents > 0:
        return PAID
    return NOTHING_TO_PAY if row.decision.patient_cents > 0 else DENIED


def wants_records(row: Row, payer: PayerProfile, seed: int) -> bool:
    """Whether the payer waits for papers on a claim in process."""
    return Chance(seed, row.claim.subject).happens("information", payer.profile.information_percent)
