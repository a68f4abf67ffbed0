"""837 files as a stream of claims: one block of segments at a time, so one bad claim never loses its neighbours."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.x12.claim837_loops import read_claim, read_insured
from shared.x12.claim837_views import NO_SUBSCRIBER, Claim837, Guide, Header837
from shared.x12.envelope import TransactionEnd, TransactionHeader, expect, walk_runs
from shared.x12.findings import Finding, unreadable
from shared.x12.hierarchy import LevelNumbers
from shared.x12.parties import (
    NO_PARTY,
    NO_PAYER,
    Party,
    Payer,
    Person,
    read_party,
    read_payer,
    read_person,
    split_groups,
)
from shared.x12.tokens import Segment
from shared.x12.values import fault, raw
from shared.x12.view import drafts, maker

MAX_BLOCK_SEGMENTS = 200_000
_STARTERS = frozenset({"HL", "CLM"})
_BOUNDARIES = _STARTERS | {"SE", "ST"}
_NAMES = frozenset({"NM1"})
_SEGMENTS = (list, Segment)
_GUIDES: dict[str, Guide] = {"837P": "837P", "837I": "837I", "837D": "837D"}
_claim_draft, _new_header = drafts(Claim837), maker(Header837)


def read_837(chunks: Iterable[bytes]) -> Iterator[Claim837 | Finding]:
    """Every claim of every 837 in the file, in order, with the findings about the envelope between them.

    Constant memory: one claim is held at a time. Raises `X12Error` when the file cannot be read at all, holds no
    837, or one claim has more than 200,000 segments.
    """
    reading: _Transaction | None = None
    block: list[Segment] = []
    for item in expect("837", walk_runs(chunks, _STARTERS)):
        if isinstance(item, _SEGMENTS):
            run = item if isinstance(item, list) else [item]
            if run[0].tag in _BOUNDARIES and reading is not None:
                yield from reading.take(block)
                block = []
            block += run
            if len(block) > MAX_BLOCK_SEGMENTS:
                first = block[MAX_BLOCK_SEGMENTS]
                raise unreadable("FILE:claim", "One claim has more than 200,000 segments.", first.number, first.offset)
        elif isinstance(item, TransactionHeader):
            reading, block = _Transaction(item), []
        elif isinstance(item, TransactionEnd):
            if reading is not None and not item.complete:
                yield from reading.take(block, cut_off=True)
            reading, block = None, []
        elif isinstance(item, Finding):
            yield item


class _Transaction:
    """What has been read of one ST: the header, and the billing provider, subscriber and patient now in force."""

    def __init__(self, header: TransactionHeader) -> None:
        self._envelope = header
        self._header: Header837 | None = None
        self._billing = NO_PARTY
        self._pay_to: Party | None = None
        self._subscriber, self._payer = NO_SUBSCRIBER, NO_PAYER
        self._patient: Person | None = None
        self._relationship = ""
        self._findings: list[Finding] = []
        self._levels = LevelNumbers()

    def take(self, block: list[Segment], cut_off: bool = False) -> Iterator[Claim837 | Finding]:
        """Digest one block that starts with ST, HL or CLM."""
        if not block:
            return
        match block[0].tag:
            case "CLM":
                yield self._claim(block, cut_off)
            case "HL":
                self._hierarchy(block)
                yield from self._findings
            case _:
                self._header = _header(self._envelope, block)

    def _claim(self, block: list[Segment], cut_off: bool) -> Claim837:
        findings: list[Finding] = []
        if cut_off:
            fault(findings, "IK502:2", "The file ends inside this claim; it may be incomplete.", block[-1], 0, "2300")
        claim = _claim_draft()
        claim.billing, claim.pay_to = self._billing, self._pay_to
        claim.subscriber, claim.payer = self._subscriber, self._payer
        claim.patient, claim.patient_relationship = self._patient, self._relationship
        claim.transaction, claim.header = self._envelope.control_number, self._header
        return read_claim(block, findings, claim)

    def _hierarchy(self, block: list[Segment]) -> None:
        self._findings = []
        level = block[0]
        self._check_level(level)
        head, *groups = split_groups(block, _NAMES)
        match level.get(3):
            case "20":
                self._read_billing(head, groups)
            case "22":
                self._read_subscriber(head, groups)
            case "23":
                self._read_patient(head, groups)
            case _:
                fault(self._findings, "IK403:7", "HL03 is not a level of a claim.", level, 3, "2000")

    def _check_level(self, level: Segment) -> None:
        parent = level.get(2)
        if parent and parent not in self._levels:
            message = "HL02 names a parent level that has not been seen."
            fault(self._findings, "SNIP4:hl-parent", message, level, 2, "2000")
        if not self._levels.add(level.get(1)):
            fault(self._findings, "SNIP4:hl-number", "HL01 repeats the number of an earlier level.", level, 1, "2000")

    def _read_billing(self, head: list[Segment], groups: list[list[Segment]]) -> None:
        billing: Party | None = None
        pay_to: Party | None = None
        others: list[Segment] = []
        taxonomy = next((one.get(3) for one in head if one.tag == "PRV"), "")
        for group in groups:
            match group[0].get(1):
                case "85" if billing is None:
                    billing = read_party(group, taxonomy)
                case "87" if pay_to is None:
                    pay_to = read_party(group)
                case _:
                    others += group
        extras = [raw(one) for one in head[1:] if one.tag != "PRV"]
        self._pay_to = pay_to
        self._billing = billing or Party(taxonomy=taxonomy)
        if billing is None:
            fault(self._findings, "IK304:3", "The billing provider's NM1 is missing.", head[0], 0, "2010AA")
        if extras or others:
            kept = (*extras, *self._billing.extras, *map(raw, others))
            self._billing = replace(self._billing, extras=kept)

    def _read_subscriber(self, head: list[Segment], groups: list[list[Segment]]) -> None:
        self._patient, self._relationship = None, ""
        insurance = next((one for one in head if one.tag == "SBR"), None)
        if insurance is None:
            fault(self._findings, "IK304:3", "The subscriber's SBR is missing.", head[0], 0, "2000B")
        kept = [raw(one) for one in head[1:] if one is not insurance]
        person: list[Segment] | None = None
        payer: Payer | None = None
        others: list[Segment] = []
        for group in groups:
            match group[0].get(1):
                case "IL" if person is None:
                    person = group
                case "PR" if payer is None:
                    payer = read_payer(group)
                case _:
                    others += group
        if person is None:
            fault(self._findings, "IK304:3", "The subscriber's NM1 is missing.", head[0], 0, "2010BA")
        self._subscriber = read_insured(insurance, person, self._findings, tuple(kept), tuple(map(raw, others)))
        self._payer = payer or NO_PAYER

    def _read_patient(self, head: list[Segment], groups: list[list[Segment]]) -> None:
        patient = next((one for one in head if one.tag == "PAT"), None)
        self._relationship = patient.get(1) if patient else ""
        kept = [raw(one) for one in head[1:] if one is not patient or len(one.elements) > 1]
        if not groups:
            fault(self._findings, "IK304:3", "The patient's NM1 is missing.", head[0], 0, "2010CA")
            self._patient = Person()
            return
        person = read_person(groups[0], self._findings, "2010CA", kept)
        others = [raw(one) for group in groups[1:] for one in group]
        self._patient = replace(person, extras=(*person.extras, *others)) if others else person


def _header(envelope: TransactionHeader, block: list[Segment]) -> Header837:
    head, *groups = split_groups(block, _NAMES)
    opening = next((one for one in head if one.tag == "BHT"), Segment("BHT", ()))
    parties = {group[0].get(1): read_party(group) for group in groups}
    interchange, group = envelope.interchange, envelope.group
    return _new_header(
        guide=_GUIDES.get(envelope.kind or ""),
        version=envelope.version,
        usage=interchange.usage if interchange else "",
        interchange_control_number=interchange.control_number if interchange else "",
        group_control_number=group.control_number if group else "",
        purpose=opening.get(2),
        reference=opening.get(3),
        transaction_type=opening.get(6),
        submitter=parties.get("41", NO_PARTY),
        receiver=parties.get("40", NO_PARTY),
    )
