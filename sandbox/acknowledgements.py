"""What comes back before any money: TA1 for an interchange, 999 for its groups, 277CA for its claims."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from sandbox.chance import Chance
from sandbox.held import HeldClaim
from sandbox.profiles import PayerProfile
from shared.x12.acks import Ack999, AckTransaction, ClaimAck277CA, Status, Ta1
from shared.x12.envelope import Group, Interchange, TransactionHeader, walk
from shared.x12.findings import Finding, Severity
from shared.x12.parties import Named
from shared.x12.values import parse_date, parse_time

CLEARINGHOUSE = Named("SANDBOX CLEARINGHOUSE", id_qualifier="46", id="SANDBOXCH", entity_type="2")
DUPLICATE_INTERCHANGE = "025"
_UNREADABLE = "024"

# STC01: category, status code, entity. Code numbers only.
RECEIVED = ("A1", "20", "")
ACCEPTED = ("A2", "20", "")
OUT_OF_BALANCE = ("A7", "178", "")
NO_LINES = ("A6", "21", "")
NO_ORIGINAL = ("A7", "464", "")
_PAYER_REFUSALS = (("A7", "164", "IL"), ("A6", "153", "85"), ("A7", "562", "82"), ("A3", "116", ""), ("A7", "187", ""))


@dataclass(slots=True)
class Received:
    """One interchange of a file: its ISA, its groups with their transaction sets, and what is wrong with it."""

    interchange: Interchange
    groups: list[tuple[Group, list[TransactionHeader]]] = field(
        default_factory=list[tuple[Group, list[TransactionHeader]]]
    )
    notes: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])


def read_envelopes(content: bytes) -> list[Received]:
    """The interchanges of a file. Raises `shared.x12.findings.X12Error` when there is none to read."""
    found: list[Received] = []
    for item in walk([content]):
        match item:
            case Interchange():
                found.append(Received(item))
            case Group() if found:
                found[-1].groups.append((item, []))
            case TransactionHeader() if found and found[-1].groups:
                found[-1].groups[-1][1].append(item)
            case Finding(severity=Severity.ERROR, code=code) if found:
                kept = found[-1].notes if code.startswith("TA105:") else found[-1].faults
                kept.append(code.partition(":")[2])
            case _:
                pass
    return found


def interchange_note(interchange: Interchange, note: str) -> Ta1:
    """A rejection: TA104 R with the reason."""
    return Ta1(interchange.control_number, _day(interchange.date), _time(interchange.time), "R", note)


def unreadable_note(at: datetime) -> Ta1:
    """The answer to bytes that are no X12: there is no control number to give back."""
    return Ta1("000000000", at.date(), at.time(), "R", _UNREADABLE)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return parse_time(text)
    except ValueError:
        return None


def group_acknowledgements(received: Received, rejected: bool) -> Iterator[Ack999]:
    """One 999 transaction set per group: all of its sets accepted, or all rejected."""
    status, codes = ("R", ("5",)) if rejected else ("A", ())
    for group, sets in received.groups:
        answered = tuple(AckTransaction(one.set_id, one.control_number, status, one.version, codes) for one in sets)
        accepted = 0 if rejected else len(sets)
        yield Ack999(
            group.functional_id,
            group.control_number,
            status,
            group.version,
            len(sets),
            len(sets),
            accepted,
            (),
            answered,
        )


def clearinghouse_status(claim: HeldClaim) -> tuple[str, str, str]:
    """The front door's own checks: a claim has lines, and they sum to its total."""
    if not claim.lines:
        return NO_LINES
    if claim.charge_cents is None or claim.charge_cents != sum(one.charge_cents for one in claim.lines):
        return OUT_OF_BALANCE
    return RECEIVED


def payer_status(claim: HeldClaim, payer: PayerProfile, seed: int) -> tuple[str, str, str]:
    """The payer's word: into adjudication, or rejected. A claim sent again under its number is let through."""
    chance = Chance(seed, claim.subject)
    if claim.attempt == 0 and chance.happens("rejected", payer.profile.rejected_percent):
        return chance.choice("refusal", _PAYER_REFUSALS)
    return ACCEPTED


def rejects(status: tuple[str, str, str]) -> bool:
    """A3, A6, A7 and A8 reject; nothing else does (X12 RFI 2203)."""
    return status[0] in ("A3", "A6", "A7", "A8")


def claim_acknowledgements(
    answered: Iterable[tuple[HeldClaim, tuple[str, str, str], str]], source: Named, on: date
) -> Sequence[ClaimAck277CA]:
    """The 277CA entries of (claim, status, payer claim control number), ordered as its levels want them."""
    entries = [
        ClaimAck277CA(
            patient_control_number=claim.control_number,
            statuses=(Status(*status, on, "U" if rejects(status) else "WQ", claim.charge_cents),),
            payer_claim_control_number=control_number,
            charge_cents=claim.charge_cents,
            service_from=claim.service_from,
            service_to=claim.service_to,
            patient=claim.patient,
            source=source,
            receiver=Named(claim.submitter_id, id_qualifier="46", id=claim.submitter_id, entity_type="2"),
            provider=Named(claim.billing_name, id_qualifier="XX", id=claim.billing_npi, entity_type="2"),
            submitted_reference=claim.reference,
        )
        for claim, status, control_number in answered
    ]
    return sorted(entries, key=lambda one: (one.submitted_reference, one.provider.id if one.provider else ""))
