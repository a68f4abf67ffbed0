"""Health care services reviews (278, guides X217 and X215): authorisation requests and the decisions on them.

Who asks whom about which patient, what services, and what was decided; `review278_write` writes them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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
class ReviewedDiagnosis:
    """One composite of HI: qualifier, code, and its further components (a date and its form)."""

    qualifier: str
    code: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewedProvider:
    """A provider, facility or place of loop 2010E: `code` NM101, its name, and the loop's other segments."""

    code: str
    name: Named
    extras: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewedService:
    """A patient event (loop 2000E) or one service of it (2000F).

    `category` UM01, `certification_type` UM02, `service_type` UM03, `facility_code` UM04-1 with `facility_qualifier`
    UM04-2, `request_details` UM05 to UM10; `procedure` from `service_segment` SV1, SV2 or SV3, with `modifiers`, the
    composite's components after the code, `revenue_code` SV201, and `service_details`, the elements after the
    procedure; `quantity` HSD02 with `quantity_qualifier` HSD01 and `quantity_details` HSD03 to HSD08; `service_from`
    and `service_to` the first of DTP*472, 435 and AAH, which `date_qualifier` tells; `trace_number` TRN02 with
    `trace_type` TRN01 and `trace_details` TRN03 and TRN04. What nothing names is in `extras`, in order.
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
    diagnosis_codes: tuple[ReviewedDiagnosis, ...] = ()
    providers: tuple[ReviewedProvider, ...] = ()
    messages: tuple[str, ...] = ()
    extras: tuple[Raw, ...] = ()
    facility_qualifier: str = ""
    request_details: tuple[str, ...] = ()
    service_segment: str = ""
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    service_details: tuple[str, ...] = ()
    quantity_details: tuple[str, ...] = ()
    date_qualifier: str = ""
    trace_type: str = ""
    trace_details: tuple[str, ...] = ()

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """The codes of the diagnoses."""
        return tuple(one.code for one in self.diagnosis_codes)


@dataclass(frozen=True, slots=True)
class Review278:
    """One transaction set: a request (`is_response` False) or the answer to one.

    `reference` BHT03, `purpose` BHT02 (13 request, 11 response, 01 cancellation ...), `transaction_type` BHT06, `payer`
    the utilisation management organisation (`payer_code`, NM101: X3), `requester` (`requester_code`: 1P or FA), each
    with the other segments of its level in `payer_extras` and `requester_extras`; `subscriber`, `member_id`,
    `dependent`; `event` the patient event, `services` its service levels, `rejections` the AAA above the event.
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
    transaction_type: str = ""
    payer_code: str = "X3"
    requester_code: str = "1P"
    payer_extras: tuple[Raw, ...] = ()
    requester_extras: tuple[Raw, ...] = ()
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
        transaction_type=opening.get(6),
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
    code, named = name.get(1), read_named(name)
    others = tuple(raw(one) for one in level.segments if one is not name and one.tag != "AAA")
    match code:
        case "IL":
            return {"subscriber": _person(level, name, findings, "2010C"), "member_id": name.get(9)}
        case "QC":
            return {"dependent": _person(level, name, findings, "2010D")}
        case "X3" | "PR":
            return {"payer": named, "payer_code": code, "payer_extras": others}
        case _:
            return {"requester": named, "requester_code": code, "requester_extras": others}


def _person(level: Level, name: Segment, findings: list[Finding], loop: str) -> Person:
    at = level.segments.index(name)
    kept = [one for one in level.segments if one.tag != "AAA"]
    head = tuple(raw(one) for one in level.segments[:at] if one.tag != "AAA")
    return read_person(kept[len(head) :], findings, loop, head)


def _rejections(segments: list[Segment], loop: str) -> list[Aaa]:
    return [Aaa(one.get(3), one.get(4), loop, one.get(1) == "Y") for one in segments if one.tag == "AAA"]


def _service(level: Level, loop: str, findings: list[Finding]) -> ReviewedService:
    fields: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {"diagnosis_codes": [], "providers": [], "messages": [], "extras": []}
    for segment in level.segments:
        if lists["providers"] and segment.tag in _OF_PROVIDER:
            last = lists["providers"][-1]
            lists["providers"][-1] = replace(last, extras=(*last.extras, raw(segment)))
        elif not (_read_once(segment, fields, findings, loop) or _read_many(segment, lists)):
            lists["extras"].append(raw(segment))
    fields |= {name: tuple(values) for name, values in lists.items()}
    return ReviewedService(**fields, rejections=tuple(_rejections(level.segments, loop)))


# What follows an NM1 and is the provider's own.
_OF_PROVIDER = frozenset({"REF", "N2", "N3", "N4", "PER", "PRV", "DTP"})


def _read_once(segment: Segment, fields: dict[str, Any], findings: list[Finding], loop: str) -> bool:
    get = segment.get
    match segment.tag:
        case "UM" if "category" not in fields:
            fields |= {"category": get(1), "certification_type": get(2), "service_type": get(3)}
            place = (*segment.components(4), "", "")
            fields |= {"facility_code": place[0], "facility_qualifier": place[1], "request_details": _rest(segment, 5)}
        case "HCR" if "decision" not in fields:
            fields["decision"] = ReviewDecision(get(1), get(2), get(3), get(4))
        case "TRN" if "trace_number" not in fields:
            fields |= {"trace_type": get(1), "trace_number": get(2), "trace_details": _rest(segment, 3)}
        case "HSD" if "quantity_qualifier" not in fields:
            fields |= {"quantity_qualifier": get(1), "quantity": number(segment, 2, findings, loop)}
            fields["quantity_details"] = _rest(segment, 3)
        case "DTP" if get(1) in ("472", "435", "AAH") and "service_from" not in fields:
            fields["date_qualifier"] = get(1)
            fields["service_from"], fields["service_to"] = period(segment, findings, loop)
        case "REF" if get(1) == "BB" and "previous_authorization_number" not in fields:
            fields["previous_authorization_number"] = get(2)
        case "SV1" | "SV2" | "SV3" if "procedure" not in fields:
            fields |= _procedure(segment)
        case _:
            return False
    return True


def _procedure(segment: Segment) -> dict[str, Any]:
    at = 2 if segment.tag == "SV2" else 1
    coded = (*segment.components(at), "", "")
    return {
        "service_segment": segment.tag,
        "revenue_code": segment.get(1) if at == 2 else "",
        "procedure_qualifier": coded[0],
        "procedure": coded[1],
        "modifiers": coded[2:-2],
        "service_details": _rest(segment, at + 1),
    }


def _rest(segment: Segment, first: int) -> tuple[str, ...]:
    """The elements from position `first`, written as `raw` writes them."""
    return raw(segment)[first:]


def _read_many(segment: Segment, lists: dict[str, list[Any]]) -> bool:
    match segment.tag:
        case "HI":
            parts = (segment.components(position) for position in range(1, len(segment.elements) + 1))
            lists["diagnosis_codes"] += [ReviewedDiagnosis(one[0], one[1], one[2:]) for one in parts if len(one) > 1]
        case "NM1":
            lists["providers"].append(ReviewedProvider(segment.get(1), read_named(segment)))
        case "MSG":
            lists["messages"].append(segment.get(1))
        case "AAA":
            pass
        case _:
            return False
    return True
