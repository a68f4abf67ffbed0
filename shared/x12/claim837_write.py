"""Claims as 837 files: levels (HL) by billing provider, subscriber and patient, segments in the guide's order."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.x12.claim837_names import (
    NAMES,
    PERSON_ORDER,
    party_lines,
    payer_lines,
    subscriber_line,
    subscriber_name_lines,
    tax_line,
)
from shared.x12.claim837_views import Batch837, Claim837, Guide
from shared.x12.claim837_write_claim import claim_lines
from shared.x12.order import in_order, loops_in_order, ranks, split_extras
from shared.x12.parties import Party, Person, address_lines, contact_line, demographic_line, name_line, person_name_line
from shared.x12.writing import Line, Outgoing, write_interchange

Key = TypeVar("Key", bound=Hashable)
MAX_CLAIMS_PER_TRANSACTION = 5000
_VERSIONS: dict[Guide, str] = {"837P": "005010X222A1", "837I": "005010X223A2", "837D": "005010X224A2"}
_HEAD = ranks("HL PRV SBR PAT CUR")
_BILLING_NAMES = ranks("NM1*85 NM1*87 NM1*PE")
_SUBSCRIBER_NAMES = ranks("NM1*IL NM1*PR")
_HEAD_TAGS = frozenset({"PRV", "PAT", "CUR"})


def write_837p(batch: Batch837) -> bytes:
    """A professional claim file (005010X222A1). Raises `X12Error` for a text X12 cannot carry."""
    return _write(batch, "837P")


def write_837i(batch: Batch837) -> bytes:
    """An institutional claim file (005010X223A2). Raises `X12Error` for a text X12 cannot carry."""
    return _write(batch, "837I")


def write_837d(batch: Batch837) -> bytes:
    """A dental claim file (005010X224A2). Raises `X12Error` for a text X12 cannot carry."""
    return _write(batch, "837D")


def _write(batch: Batch837, guide: Guide) -> bytes:
    claims, size = batch.claims, MAX_CLAIMS_PER_TRANSACTION
    parts = [claims[start : start + size] for start in range(0, len(claims), size)]
    return write_interchange(
        batch.sender_qualifier,
        batch.submitter.id,
        batch.receiver_qualifier,
        batch.receiver.id,
        batch.interchange_control_number,
        batch.at,
        "HC",
        _VERSIONS[guide],
        batch.group_control_number,
        [Outgoing("837", _transaction(batch, part, index, guide)) for index, part in enumerate(parts, 1)],
        batch.usage,
    )


def _transaction(batch: Batch837, claims: Sequence[Claim837], index: int, guide: Guide) -> list[Line]:
    reference = batch.reference or f"{batch.interchange_control_number:09d}{index:04d}"
    when = f"{batch.at:%Y%m%d}", f"{batch.at:%H%M}"
    lines: list[Line] = [("BHT", "0019", "00", reference, *when, batch.transaction_type)]
    lines.append(name_line("41", batch.submitter))
    lines.extend(contact_line(batch.submitter))
    lines.append(name_line("40", batch.receiver))
    levels = _Levels()
    for (billing, pay_to), own in _grouped(claims, lambda claim: (claim.billing, claim.pay_to)):
        lines.extend(_billing(levels, billing, pay_to, own, guide))
    return lines


@dataclass(slots=True)
class _Levels:
    """Counts HL01 over a transaction set."""

    last: int = 0

    def open(self, parent: int, code: str, children: bool) -> tuple[int, Line]:
        """The new level's number and its HL."""
        self.last += 1
        return self.last, ("HL", str(self.last), str(parent) if parent else "", code, "1" if children else "0")


def _grouped(claims: Sequence[Claim837], key: Callable[[Claim837], Key]) -> Iterator[tuple[Key, list[Claim837]]]:
    groups: dict[Key, list[Claim837]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    yield from groups.items()


def _billing(
    levels: _Levels, billing: Party, pay_to: Party | None, claims: Sequence[Claim837], guide: Guide
) -> Iterator[Line]:
    """Loop 2000A and everything below it."""
    number, level = levels.open(0, "20", children=True)
    own, nested = split_extras(billing.extras, NAMES)
    head = [line for line in own if line[0] in _HEAD_TAGS]
    if billing.taxonomy:
        head.append(("PRV", "BI", "PXC", billing.taxonomy))
    loops = [_billing_name(billing, [line for line in own if line[0] not in _HEAD_TAGS]), *nested]
    if pay_to:
        loops.append(party_lines("87", pay_to))
    yield from in_order([level, *head], _HEAD)
    yield from loops_in_order(loops, _BILLING_NAMES)
    for _, under in _grouped(claims, lambda claim: (claim.subscriber, claim.payer)):
        yield from _subscriber(levels, number, under, guide)


def _billing_name(billing: Party, kept: list[Line]) -> list[Line]:
    lines = [
        name_line("85", billing),
        *address_lines(billing.address),
        *tax_line(billing),
        *contact_line(billing),
        *kept,
    ]
    return in_order(lines, PERSON_ORDER)


def _subscriber(levels: _Levels, parent: int, claims: Sequence[Claim837], guide: Guide) -> Iterator[Line]:
    """Loop 2000B: the subscriber's own claims, then the patients of the others."""
    subscriber, payer = claims[0].subscriber, claims[0].payer
    patients = [claim for claim in claims if claim.patient is not None]
    number, level = levels.open(parent, "22", children=bool(patients))
    own, nested = split_extras(subscriber.extras, NAMES)
    head = [level, subscriber_line(subscriber), *(line for line in own if line[0] in _HEAD_TAGS)]
    kept = [line for line in own if line[0] not in _HEAD_TAGS]
    name = subscriber_name_lines(subscriber, kept)
    yield from in_order(head, _HEAD)
    yield from loops_in_order([name, payer_lines(payer), *nested], _SUBSCRIBER_NAMES)
    for claim in claims:
        if claim.patient is None:
            yield from claim_lines(claim, guide)
    for (patient, relationship), under in _grouped(patients, lambda claim: (claim.patient, claim.patient_relationship)):
        yield from _patient(levels, number, patient or Person(), relationship)
        for claim in under:
            yield from claim_lines(claim, guide)


def _patient(levels: _Levels, parent: int, patient: Person, relationship: str) -> Iterator[Line]:
    """Loop 2000C."""
    _, level = levels.open(parent, "23", children=False)
    own, nested = split_extras(patient.extras, NAMES)
    details = next((line for line in own if line[0] == "PAT"), ("PAT", relationship))
    kept = [line for line in own if line[0] != "PAT"]
    yield level
    yield details
    name = person_name_line("QC", patient)
    yield from in_order([name, *address_lines(patient.address), *demographic_line(patient), *kept], PERSON_ORDER)
    for loop in nested:
        yield from loop
