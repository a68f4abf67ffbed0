"""Claim acknowledgements as 277CA files."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

from shared.x12.ack277ca import ClaimAck277CA, ClaimVerdict, LineAck
from shared.x12.claim_status import Status, status_lines
from shared.x12.order import in_order, ranks
from shared.x12.parties import Named, named_line
from shared.x12.values import format_cents, format_date
from shared.x12.writing import Line, Outgoing, from_raw, write_interchange

_VERSION = "005010X214"
_CLAIM = ranks("TRN STC QTY AMT REF DTP")
_LINE = ranks("SVC STC REF DTP")


def write_277ca(
    claims: Sequence[ClaimAck277CA],
    sender_id: str,
    receiver_id: str,
    control_number: int,
    at: datetime,
    reference: str = "",
    usage: str = "P",
) -> bytes:
    """One transaction set. Claims are grouped by source, receiver and provider as their fields say.

    The levels of receiver and provider get A1 20, and counts and amounts of what was accepted and rejected.
    `control_number` is ISA13 and GS06. Raises `X12Error` for a text X12 cannot carry.
    """
    number = reference or (claims[0].reference if claims else "") or f"{control_number:09d}"
    lines: list[Line] = [("BHT", "0085", "08", number, f"{at:%Y%m%d}", f"{at:%H%M}", "TH")]
    lines += _Writer(at).levels(claims)
    parties = "ZZ", sender_id, "ZZ", receiver_id
    sets = [Outgoing("277", lines, _VERSION)]
    return write_interchange(*parties, control_number, at, "HN", _VERSION, control_number, sets, usage)


class _Writer:
    """Numbers the levels."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._number = 0

    def _open(self, parent: int, code: str) -> Line:
        """HL; a patient's level carries no HL04 in this guide."""
        self._number += 1
        return ("HL", str(self._number), str(parent) if parent else "", code, "" if code == "PT" else "1")

    def levels(self, claims: Sequence[ClaimAck277CA]) -> Iterator[Line]:
        for source, under_source in groupby(claims, key=lambda one: one.source):
            yield self._open(0, "20")
            top = self._number
            yield named_line("PR", source or Named(entity_type="2"))
            yield "TRN", "1", f"{self._at:%Y%m%d%H%M%S}"
            yield "DTP", "050", "D8", f"{self._at:%Y%m%d}"
            yield "DTP", "009", "D8", f"{self._at:%Y%m%d}"
            for _, group in groupby(under_source, key=lambda one: (one.receiver, one.submitted_reference)):
                yield from self._receiver(top, list(group))

    def _receiver(self, parent: int, claims: Sequence[ClaimAck277CA]) -> Iterator[Line]:
        yield self._open(parent, "21")
        number = self._number
        yield named_line("41", claims[0].receiver or Named(entity_type="2"))
        yield "TRN", "2", claims[0].submitted_reference or "0"
        yield from _received(claims, ("90", "AA"), self._at.date())
        for provider, group in groupby(claims, key=lambda one: one.provider):
            yield self._open(number, "19")
            above = self._number
            yield named_line("85", provider or Named(entity_type="2"))
            billed = list(group)
            yield "TRN", "1", "0"
            yield from _received(billed, ("QA", "QC"))
            for patient, own in groupby(billed, key=lambda one: one.patient):
                yield self._open(above, "PT")
                yield named_line("QC", patient or Named())
                for one in own:
                    yield from _claim(one)


def _received(claims: Sequence[ClaimAck277CA], counted: tuple[str, str], day: date | None = None) -> Iterator[Line]:
    """STC, QTY and AMT of a level above the claims: how many were accepted and rejected, and what they come to.

    `counted` are the QTY01 for accepted and rejected; only the receiver's level dates its status.
    """
    charges = sum(one.charge_cents or 0 for one in claims)
    yield from status_lines([Status("A1", "20", "", day, "WQ", charges)])
    rejected = [one for one in claims if one.verdict == ClaimVerdict.REJECTED]
    accepted = [one for one in claims if one.verdict != ClaimVerdict.REJECTED]
    for qualifier, group in zip(counted, (accepted, rejected), strict=True):
        if group:
            yield "QTY", qualifier, str(len(group))
    for qualifier, group in (("YU", accepted), ("YY", rejected)):
        if group:
            yield "AMT", qualifier, format_cents(sum(one.charge_cents or 0 for one in group))


def _claim(claim: ClaimAck277CA) -> Iterator[Line]:
    lines: list[Line] = [("TRN", "2", claim.patient_control_number), *status_lines(claim.statuses)]
    for qualifier, text in (
        ("1K", claim.payer_claim_control_number),
        ("D9", claim.clearinghouse_number),
        ("BLT", claim.bill_type),
    ):
        if text:
            lines.append(("REF", qualifier, text))
    first, last = claim.service_from, claim.service_to
    if first and last and last != first:
        lines.append(("DTP", "472", "RD8", f"{format_date(first)}-{format_date(last)}"))
    elif first:
        lines.append(("DTP", "472", "D8", format_date(first)))
    yield from in_order([*lines, *map(from_raw, claim.extras)], _CLAIM)
    for line in claim.lines:
        yield from _service(line)


def _service(line: LineAck) -> Iterator[Line]:
    charge = "" if line.charge_cents is None else format_cents(line.charge_cents)
    lines: list[Line] = [("SVC", (line.procedure_qualifier, line.procedure), charge), *status_lines(line.statuses)]
    if line.line_control_number:
        lines.append(("REF", "FJ", line.line_control_number))
    yield from in_order([*lines, *map(from_raw, line.extras)], _LINE)
