"""The figures of questions, answers and acknowledgements: 270, 271, 276, 277, 277CA, 278, 999 and TA1.

Lists of members are the ground truth's; of the other kinds nothing is listed, so memory holds one transaction set.
How many transaction sets there are is for `totals` to count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from shared.x12.ack277ca import BatchAck277CA, ClaimAck277CA, ClaimVerdict, read_277ca
from shared.x12.ack999 import Ack999, Verdict, read_999
from shared.x12.ack_ta1 import Ta1, read_ta1
from shared.x12.claim_status import Status
from shared.x12.eligibility_read import read_270, read_271
from shared.x12.eligibility_views import Answer271, Inquiry270
from shared.x12.review278 import Review278, read_278
from shared.x12.status_read import read_276, read_277
from shared.x12.status_views import StatusInquiry276, StatusResponse277
from shared.x12.totals_payments import decimal

_LEVELS = {"2000A": "20", "2100A": "20", "2000B": "21", "2100B": "21", "2000C": "22", "2100C": "22"}


def eligibility_question_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 270: how many people are asked about, and for which service types."""
    types = Counter[str]()
    inquiries = dependents = 0
    for one in read_270(chunks):
        if isinstance(one, Inquiry270):
            inquiries += 1
            dependents += one.dependent is not None
            types.update(one.service_types)
    return {
        "inquiries": inquiries,
        "subscribers": inquiries - dependents,
        "dependents": dependents,
        "service_types": dict(sorted(types.items())),
    }


def eligibility_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 271."""
    transaction = ""
    members: list[dict[str, Any]] = []
    above: list[str] = []
    subscriber: object = None
    for answer in read_271(chunks):
        if not isinstance(answer, Answer271):
            continue
        if answer.transaction != transaction:
            transaction = answer.transaction
            above += [_rejection(one.loop, one.code) for one in answer.rejections if one.loop[-1:] in "AB"]
        identity = answer.transaction, answer.subscriber, answer.member_id
        if answer.dependent is not None and identity != subscriber:
            members.append(_member("22", answer.subscriber.last_name, answer.subscriber.first_name))
        subscriber = identity
        if answer.subscriber.last_name or answer.member_id:
            members.append(_answered(answer))
    states = Counter(one["status"] for one in members)
    return {
        "subscribers": sum(one["level"] == "22" for one in members),
        "dependents": sum(one["level"] == "23" for one in members),
        "members": members,
        "eb_count": sum(one["eb"] for one in members),
        "aaa": above + [f"{one['level']}:{code}" for one in members for code in one["aaa"]],
        **{state: states[state] for state in ("active", "inactive", "unknown", "rejected")},
    }


def _rejection(loop: str, code: str) -> str:
    return f"{_LEVELS.get(loop, '')}:{code}"


def _member(level: str, last_name: str, first_name: str) -> dict[str, Any]:
    name = f"{last_name},{first_name}"
    return {"level": level, "name": name, "status": "unknown", "eb": 0, "eb01": [], "aaa": []}


def _answered(answer: Answer271) -> dict[str, Any]:
    person = answer.dependent or answer.subscriber
    own = [one.code for one in answer.rejections if one.loop[-1:] not in ("A", "B")]
    below = [one.code for benefit in answer.benefits for one in benefit.rejections]
    return _member("23" if answer.dependent else "22", person.last_name, person.first_name) | {
        "status": answer.status,
        "eb": len(answer.benefits),
        "eb01": sorted({benefit.code for benefit in answer.benefits}),
        "aaa": own + below,
    }


def status_question_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 276: how many claims are asked about, and their charges where they are given."""
    inquiries = dependents = charges = 0
    for one in read_276(chunks):
        if isinstance(one, StatusInquiry276):
            inquiries += 1
            dependents += one.dependent is not None
            charges += one.charge_cents or 0
    return {
        "inquiries": inquiries,
        "subscribers": inquiries - dependents,
        "dependents": dependents,
        "total_charges": decimal(charges),
    }


def status_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 277: `claims` answered, answers `above_claims`, and the statuses by category (STC01-1)."""
    categories = Counter[str]()
    claims = above = 0
    for one in read_277(chunks):
        if isinstance(one, StatusResponse277):
            claims += one.level == "claim"
            above += one.level != "claim"
            categories.update(_categories(one.statuses, [line.statuses for line in one.lines]))
    return {
        "claims": claims,
        "above_claims": above,
        "statuses": categories.total(),
        "categories": dict(sorted(categories.items())),
    }


def _categories(own: Sequence[Status], of_lines: Sequence[Sequence[Status]]) -> list[str]:
    return [one.category for one in (*own, *(status for line in of_lines for status in line))]


def claim_acknowledgement_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 277CA: claims and charges by verdict, statuses by category; `batches` answer for more than one."""
    categories, verdicts, charges = Counter[str](), Counter[str](), Counter[str]()
    batches = 0
    for one in read_277ca(chunks):
        if isinstance(one, ClaimAck277CA):
            verdicts[one.verdict] += 1
            charges[one.verdict] += one.charge_cents or 0
            categories.update(_categories(one.statuses, [line.statuses for line in one.lines]))
        elif isinstance(one, BatchAck277CA):
            batches += 1
    return {
        "batches": batches,
        "claims": verdicts.total(),
        **{verdict.value: verdicts[verdict] for verdict in ClaimVerdict},
        "total_charges": decimal(charges.total()),
        "accepted_charges": decimal(charges[ClaimVerdict.ACCEPTED]),
        "rejected_charges": decimal(charges[ClaimVerdict.REJECTED]),
        "statuses": categories.total(),
        "categories": dict(sorted(categories.items())),
    }


def review_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 278: requests and responses, their services, and decisions and rejections by what they say."""
    counts, decisions, rejections = Counter[str](), Counter[str](), Counter[str]()
    for one in read_278(chunks):
        if isinstance(one, Review278):
            counts["responses" if one.is_response else "requests"] += 1
            counts["services"] += len(one.services)
            parts = [part for part in (one.event, *one.services) if part]
            decisions.update(part.decision.outcome for part in parts if part.decision)
            rejections.update(aaa.code for aaa in one.rejections)
            rejections.update(aaa.code for part in parts for aaa in part.rejections)
    return {
        "requests": counts["requests"],
        "responses": counts["responses"],
        "services": counts["services"],
        "decisions": dict(sorted(decisions.items())),
        "rejections": dict(sorted(rejections.items())),
    }


def file_acknowledgement_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 999: `groups` by verdict, the transaction sets the answered groups count, and the faults noted."""
    counts, groups, sets = Counter[str](), Counter[Verdict](), Counter[Verdict]()
    for one in read_999(chunks):
        if not isinstance(one, Ack999):
            continue
        groups[one.verdict] += 1
        counts.update(included=one.included or 0, received=one.received or 0, accepted=one.accepted or 0)
        for answered in one.transactions:
            sets[answered.verdict] += 1
            counts["segments"] += len(answered.segments)
            counts["elements"] += sum(len(segment.elements) for segment in answered.segments)
    return {
        "groups": {verdict.value: groups[verdict] for verdict in Verdict if groups[verdict]},
        "sets_included": counts["included"],
        "sets_received": counts["received"],
        "sets_accepted": counts["accepted"],
        "sets_answered": {verdict.value: sets[verdict] for verdict in Verdict if sets[verdict]},
        "segment_errors": counts["segments"],
        "element_errors": counts["elements"],
    }


def interchange_acknowledgement_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a file of TA1: how many interchanges were accepted, with or without errors, and rejected."""
    notes = Counter(one.status for one in read_ta1(chunks) if isinstance(one, Ta1))
    return {
        "acknowledgements": notes.total(),
        "accepted": notes["A"],
        "accepted_with_errors": notes["E"],
        "rejected": notes["R"],
    }
