"""Health care services reviews (278, guides X217 and X215): authorisation requests and the decisions on them.

Read only: who asks whom about which patient, what services, and what was decided.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shared.x12.eligibility_views import Aaa
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.hierarchy import Level, paths, read_hierarchy
from shared.x12.parties import Named, Person, read_named, read_person
from shared.x12.tokens import Segment
from shared.x12.values import number, period, raw
from shared.x12.writing import Raw

_DECISIONS = {
    "A1": "certified",
    "A2": "certified_partially",
    "A3": "not_certified",
    "A4": "pended",
    "A6": "modified",
    "C": "cancelled",
    "CT": "contact_payer",
    "NA": "no_action_required",
}


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """HCR: `action` HCR01 (A1 certified, A3 not certified, A4 pended, A6 modified ...).

    `authorization_number` HCR02, `reason` HCR03, `second_opinion` HCR04.
    """

    action: str
    authorization_number: str = ""
    reason: str = ""
    second_opinion: str = ""

    @property
    def outcome(self) -> str:
        """The action in a word; "unknown" for a code this version does not name."""
        return _DECISIONS.get(self.action, "unknown")


@dataclass(frozen=True, slots=True)
class ReviewedService:
    """A patient event (loop 2000E) or one service of it (2000F).

    `category` UM01, `certification_type` UM02, `service_type` UM03, `facility_code` UM04-1; `procedure` from SV1, SV2
    or SV3; `quantity` HSD02 with `quantity_qualifier` HSD01; `service_from` and `service_to` the first of DTP*472,
    435 and AAH.
    """

    category: str = ""
    certification_type: str = ""
    service_type: str = ""
    facility_code: str = ""
    procedure_qualifier: str = ""
    procedure: str = ""
    quantity_qualifier: str = ""
    quantity: Decimal | None = None
    service_from: date | None = None
    service_to: date | None = None
    trace_number: str = ""
    decision: ReviewDecision | None = None
    previous_authorization_number: str = ""
    rejections: tuple[Aaa, ...] = ()
    diagnoses: tuple[str, ...] = ()
    providers: tuple[tuple[str, Named], ...] = ()
    messages: tuple[str, ...] = ()
    extras: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class Review278:
    """One transaction set: a request (`is_response` False) or the answer to one.

    `reference` BHT03, `purpose` BHT02 (13 request, 11 response, 01 cancellation ...), `payer` the utilisation
    management organisation (NM1*X3), `requester` NM1*1P or FA, `subscriber`, `member_id`, `dependent`;
    `event` the patient event, `services` its service levels, `rejections` the AAA above the event.
    """

    reference: str
    purpose: str
    is_response: bool
    payer: Named | None = None
    requester: Named | None = None
    subscriber: Person | None = None
    member_id: str = ""
    dependent: Person | None = None
    event: ReviewedService | None = None
    services: tuple[ReviewedService, ...] = ()
    rejections: tuple[Aaa, ...] = ()
    version: str = ""
    transaction: str = ""
    findings: tuple[Finding, ...] = ()


def read_278(chunks: Iterable[bytes]) -> Iterator[Review278 | Finding]:
    """One review per ST. Raises `X12Error` when the file cannot be read at all or holds no 278."""
    for item in read_transactions_of("278", chunks):
        yield item if isinstance(item, Finding) else _read(item)


def _read(transaction: Transaction) -> Review278:
    findings = list(transaction.findings)
    tree = read_hierarchy(transaction.segments, findings)
    opening = next((one for one in tree.head if one.tag == "BHT"), Segment("BHT", ()))
    fields: dict[str, Any] = {}
    services: list[ReviewedService] = []
    rejections: list[Aaa] = []
    for path in paths(tree.roots):
        level = path[-1]
        if level.code == "EV" and "event" not in fields:
            fields["event"] = _service(level, "2000E", findings)
        elif level.code in ("SS", "EV"):
            services.append(_service(level, "2000F", findings))
        else:
            fields |= _above(level, findings)
            rejections += _rejections(level.segments, f"level {level.code}")
    decided = any(one.tag in ("HCR", "STC") for one in transaction.segments)
    return Review278(
        reference=opening.get(3),
        purpose=opening.get(2),
        is_response=opening.get(2) in ("11", "08") or decided,
        services=tuple(services),
        rejections=tuple(rejections),
        version=transaction.header.version,
        transaction=transaction.header.control_number,
        findings=tuple(findings),
        **fields,
    )


def _above(level: Level, findings: list[Finding]) -> dict[str, Any]:
    """Who the levels above the event name."""
    name = next((one for one in level.segments if one.tag == "NM1"), None)
    if name is None:
        return {}
    match name.get(1):
        case "IL":
            person = read_person(_from(level.segments, name), findings, "2010C")
            return {"subscriber": person, "member_id": name.get(9)}
        case "QC":
            return {"dependent": read_person(_from(level.segments, name), findings, "2010D")}
        case "X3" | "PR":
            return {"payer": read_named(name)}
        case _:
            return {"requester": read_named(name)}


def _from(segments: list[Segment], first: Segment) -> list[Segment]:
    return segments[segments.index(first) :]


def _rejections(segments: list[Segment], loop: str) -> list[Aaa]:
    return [Aaa(one.get(3), one.get(4), loop, one.get(1) == "Y") for one in segments if one.tag == "AAA"]


def _service(level: Level, loop: str, findings: list[Finding]) -> ReviewedService:
    fields: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {"diagnoses": [], "providers": [], "messages": [], "extras": []}
    for segment in level.segments:
        if not (_read_once(segment, fields, findings, loop) or _read_many(segment, lists)):
            lists["extras"].append(raw(segment))
    fields |= {name: tuple(values) for name, values in lists.items()}
    return ReviewedService(**fields, rejections=tuple(_rejections(level.segments, loop)))


def _read_once(segment: Segment, fields: dict[str, Any], findings: list[Finding], loop: str) -> bool:
    get = segment.get
    match segment.tag:
        case "UM" if "category" not in fields:
            fields |= {"category": get(1), "certification_type": get(2), "service_type": get(3)}
            fields["facility_code"] = (*segment.components(4), "")[0]
        case "HCR" if "decision" not in fields:
            fields["decision"] = ReviewDecision(get(1), get(2), get(3), get(4))
        case "TRN" if "trace_number" not in fields:
            fields["trace_number"] = get(2)
        case "HSD" if "quantity_qualifier" not in fields:
            fields |= {"quantity_qualifier": get(1), "quantity": number(segment, 2, findings, loop)}
        case "DTP" if get(1) in ("472", "435", "AAH") and "service_from" not in fields:
            fields["service_from"], fields["service_to"] = period(segment, findings, loop)
        case "REF" if get(1) == "BB" and "previous_authorization_number" not in fields:
            fields["previous_authorization_number"] = get(2)
        case "SV1" | "SV2" | "SV3" if "procedure" not in fields:
            coded = (*segment.components(2 if segment.tag == "SV2" else 1), "", "")
            fields |= {"procedure_qualifier": coded[0], "procedure": coded[1]}
        case _:
            return False
    return True


def _read_many(segment: Segment, lists: dict[str, list[Any]]) -> bool:
    match segment.tag:
        case "HI":
            parts = (segment.components(position) for position in range(1, len(segment.elements) + 1))
            lists["diagnoses"] += [one[1] for one in parts if len(one) > 1]
        case "NM1":
            lists["providers"].append((segment.get(1), read_named(segment)))
        case "MSG":
            lists["messages"].append(segment.get(1))
        case "AAA":
            pass
        case _:
            return False
    return True
