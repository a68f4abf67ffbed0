"""270 and 271 files as inquiries and answers, one per person."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from shared.x12.eligibility_views import Aaa, Answer271, Benefit, BenefitDate, Inquiry270
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.hierarchy import Level, paths, read_hierarchy
from shared.x12.parties import Party, Payer, Person, read_party, read_payer, read_person, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, number, period, raw
from shared.x12.writing import Raw

_View = TypeVar("_View", Inquiry270, Answer271)

_LOOPS = {"20": "2100A", "21": "2100B", "22": "2100C", "23": "2100D"}
_BENEFITS = frozenset({"EB"})
_QUESTIONS = frozenset({"EQ"})
_NAMES = frozenset({"NM1"})
# The guide allows 9. Those of a level above go to each of its persons, so that a bound on them bounds the whole.
_MOST_REJECTIONS = 100
_ANSWER = {"Y": True, "N": False}


def read_270(chunks: Iterable[bytes]) -> Iterator[Inquiry270 | Finding]:
    """Every person asked about, with the findings about what is above the persons between them.

    Raises `X12Error` when the file cannot be read at all or holds no 270.
    """
    yield from _read("270", chunks, _inquiry)


def read_271(chunks: Iterable[bytes]) -> Iterator[Answer271 | Finding]:
    """Every person answered about; one answer without a person when the payer rejected the inquiry above that level.

    Raises `X12Error` when the file cannot be read at all or holds no 271.
    """
    yield from _read("271", chunks, _answer)


_Make = Callable[[dict[str, Any], Level], _View]


def _read(set_id: str, chunks: Iterable[bytes], make: _Make[_View]) -> Iterator[_View | Finding]:
    for item in read_transactions_of(set_id, chunks):
        if isinstance(item, Finding):
            yield item
            continue
        yield from item.findings
        findings: list[Finding] = []
        for fields, level in _persons(item, findings):
            yield from findings
            findings.clear()
            yield make(fields, level)
        yield from findings


def _persons(transaction: Transaction, findings: list[Finding]) -> Iterator[tuple[dict[str, Any], Level]]:
    """What the levels above say, and the person's own level.

    A subscriber whose level only carries dependents is no person of its own. `findings` receives what is wrong above
    the persons.
    """
    tree = read_hierarchy(transaction.segments, findings)
    common = _envelope(transaction, tree.head)
    said: dict[int, dict[str, Any]] = {}
    for path in paths(tree.roots):
        level = path[-1]
        if level.code in ("22", "23"):
            alone = not any(child.code == "23" for child in level.children)
            if level.code == "23" or alone or any(one.tag in ("EB", "EQ", "AAA") for one in level.segments):
                yield common | _above(path[:-1], said, findings), level
        elif not level.children:
            yield common | _above(path, said, findings), Level(level.opening, "", [])


def _envelope(transaction: Transaction, head: Sequence[Segment]) -> dict[str, Any]:
    header = transaction.header
    interchange = header.interchange
    opening = next((one for one in head if one.tag == "BHT"), Segment("BHT", ()))
    fields: dict[str, Any] = {"reference": opening.get(3), "transaction": header.control_number}
    if interchange:
        fields |= {
            "sender_id": interchange.sender_id,
            "receiver_id": interchange.receiver_id,
            "sender_qualifier": interchange.sender_qualifier,
            "receiver_qualifier": interchange.receiver_qualifier,
            "usage": interchange.usage,
        }
    return fields


def _above(path: Sequence[Level], said: dict[int, dict[str, Any]], findings: list[Finding]) -> dict[str, Any]:
    """Payer, provider and, above a dependent, the subscriber. `said` keeps what a level says, by its segment number."""
    fields: dict[str, Any] = {"payer": Payer(), "provider": Party(), "subscriber": Person(), "rejections": ()}
    for level in path:
        number = level.opening.number
        if number not in said:
            said[number] = _says(level, findings)
        fields |= said[number] | {"rejections": (*fields["rejections"], *said[number]["rejections"])}
    return fields


def _says(level: Level, findings: list[Finding]) -> dict[str, Any]:
    """What one level above a person says."""
    fields: dict[str, Any] = {"rejections": _rejections(level)}
    groups = split_groups(level.segments, _NAMES)[1:]
    if not groups:
        return fields
    group = [one for one in groups[0] if one.tag != "AAA"]
    match level.code:
        case "20":
            fields["payer"] = read_payer(group)
        case "21":
            fields["provider"] = read_party(group)
            fields["provider_code"] = group[0].get(1)
        case _:
            fields |= _subscriber(level, group, findings)
    return fields


def _subscriber(level: Level, group: Sequence[Segment], findings: list[Finding]) -> dict[str, Any]:
    """The subscriber above a dependent."""
    fields = _person_details(level.segments, findings)
    kept = [one for one in group if one.tag not in _DETAILS]
    return fields | {"subscriber": read_person(kept, findings, "2100C"), "member_id": group[0].get(9)}


_DETAILS = frozenset({"TRN", "REF", "DTP", "AAA", "INS", "EQ", "EB", "III", "MSG", "HSD", "LS", "LE", "HI", "PRV"})


def _rejections(level: Level) -> tuple[Aaa, ...]:
    """The AAA of a level, outside its benefits; before the first NM1 they belong to loop 2000."""
    loop = _LOOPS.get(level.code, "")
    found: list[Aaa] = []
    named = False
    for segment in level.segments:
        if segment.tag == "EB":
            break
        named = named or segment.tag == "NM1"
        if segment.tag == "AAA":
            where = loop if named else loop.replace("21", "20", 1)
            found.append(Aaa(segment.get(3), segment.get(4), where, segment.get(1) == "Y"))
        if len(found) == _MOST_REJECTIONS:
            break
    return tuple(found)


def _person(fields: dict[str, Any], level: Level, head: list[Segment], findings: list[Finding]) -> dict[str, Any]:
    """The person of a level, under `subscriber` or `dependent`; the loop's other segments become extras."""
    result = dict(fields)
    details = _person_details(head, findings)
    groups = split_groups(head, _NAMES)
    group = groups[1] if len(groups) > 1 else []
    modelled = {"TRN", "AAA", "INS", "DTP"}
    kept = [one for one in group if one.tag in ("NM1", "N3", "N4", "DMG")]
    read = {id(one) for one in kept}
    extras = [raw(one) for one in head if id(one) not in read and one.tag not in modelled and not _is_plan_number(one)]
    if group:
        person = read_person(kept, findings, _LOOPS.get(level.code, ""))
        if level.code == "23":
            result["dependent"] = person
        else:
            result |= {"subscriber": person, "member_id": group[0].get(9)}
    for name, value in details.items():
        if value or name not in result:
            result[name] = value
    return result | {"extras": tuple(extras), "segment_number": level.opening.number}


def _is_plan_number(segment: Segment) -> bool:
    return segment.tag == "REF" and segment.get(1) in ("6P", "18")


def _person_details(segments: Sequence[Segment], findings: list[Finding]) -> dict[str, Any]:
    """TRN, INS, group and plan number, and dates of a person's loop."""
    fields: dict[str, Any] = {}
    dates: list[BenefitDate] = []
    for segment in segments:
        first = segment.get(1)
        match segment.tag:
            case "EB" | "EQ":
                break
            case "TRN":
                fields |= _trace(segment, fields)
            case "INS":
                fields["relationship"] = segment.get(2)
            case "REF" if first == "6P":
                fields["group_number"] = segment.get(2)
            case "REF" if first == "18":
                fields["plan_number"] = segment.get(2)
            case "DTP":
                dates.append(BenefitDate(first, *period(segment, findings, "2100")))
            case _:
                pass
    return fields | {"dates": tuple(dates)}


def _trace(segment: Segment, fields: dict[str, Any]) -> dict[str, Any]:
    """In an answer, TRN01 = 2 is the inquiry's trace number and TRN01 = 1 the payer's own."""
    if segment.get(1) == "2":
        return {"trace_number": segment.get(2), "originator_id": segment.get(3), "_echoed": True}
    known = {"payer_trace_number": segment.get(2)}
    if "_echoed" not in fields:
        known |= {"trace_number": segment.get(2), "originator_id": segment.get(3)}
    return known


def _inquiry(fields: dict[str, Any], level: Level) -> Inquiry270:
    findings: list[Finding] = []
    head, *questions = split_groups(level.segments, _QUESTIONS)
    known = _person(fields, level, head, findings)
    dates = (*known.pop("dates", ()), *_question_dates(questions, findings))
    service = next((one for one in dates if one.qualifier in ("291", "472")), BenefitDate("", None, None))
    for name in ("_echoed", "payer_trace_number", "plan_number", "rejections"):
        known.pop(name, None)
    known.setdefault("trace_number", "")
    asked = [one for group in questions for one in group if one.tag not in ("EQ", "DTP")]
    known["question_extras"] = tuple(map(raw, asked))
    types = tuple(code for group in questions for code in group[0].repetitions(1))
    coded = next((group[0].components(2) for group in questions if group[0].get(2)), ())
    return Inquiry270(
        **known,
        service_types=types,
        procedure_qualifier=coded[0] if coded else "",
        procedure=coded[1] if len(coded) > 1 else "",
        service_date=service.first,
        service_to=service.last,
        findings=tuple(findings),
    )


def _question_dates(questions: Sequence[Sequence[Segment]], findings: list[Finding]) -> Iterator[BenefitDate]:
    for group in questions:
        for segment in group:
            if segment.tag == "DTP":
                yield BenefitDate(segment.get(1), *period(segment, findings, "2110C"))


def _answer(fields: dict[str, Any], level: Level) -> Answer271:
    findings: list[Finding] = []
    head, *groups = split_groups(level.segments, _BENEFITS)
    known = _person(fields, level, head, findings)
    known.pop("_echoed", None)
    known.setdefault("trace_number", "")
    known["rejections"] = (*fields["rejections"], *_rejections(level))
    loop = "2110D" if level.code == "23" else "2110C"
    benefits = tuple([_benefit(group, loop, findings) for group in groups])
    return Answer271(**known, benefits=benefits, findings=tuple(findings))


def _benefit(group: list[Segment], loop: str, findings: list[Finding]) -> Benefit:
    own, *names = split_groups(group, _NAMES)
    dates: list[BenefitDate] = []
    messages: list[str] = []
    rejections: list[Aaa] = []
    extras: list[Raw] = []
    for segment in own[1:]:
        match segment.tag:
            case "DTP":
                dates.append(BenefitDate(segment.get(1), *period(segment, findings, loop)))
            case "MSG":
                messages.append(segment.get(1))
            case "AAA":
                rejections.append(Aaa(segment.get(3), segment.get(4), loop, segment.get(1) == "Y"))
            case "LS":
                pass
            case _:
                extras.append(raw(segment))
    entities = [(one[0].get(1), read_party([part for part in one if part.tag != "LE"])) for one in names]
    return Benefit(
        **_read_eb(own[0], loop, findings),
        dates=tuple(dates),
        messages=tuple(messages),
        entities=tuple(entities),
        rejections=tuple(rejections),
        extras=tuple(extras),
    )


def _read_eb(eb: Segment, loop: str, findings: list[Finding]) -> dict[str, Any]:
    get = eb.get
    coded = eb.components(13)
    return {
        "code": get(1),
        "coverage_level": get(2),
        "service_types": eb.repetitions(3),
        "insurance_type": get(4),
        "plan": get(5),
        "time_period": get(6),
        "amount_cents": cents(eb, 7, findings, loop),
        "percent": number(eb, 8, findings, loop),
        "quantity_qualifier": get(9),
        "quantity": number(eb, 10, findings, loop),
        "authorization_required": _ANSWER.get(get(11)),
        "in_network": _ANSWER.get(get(12)),
        "network_applies": get(12) != "W",
        "procedure_qualifier": coded[0] if coded else "",
        "procedure": coded[1] if len(coded) > 1 else "",
        "modifiers": tuple(one for one in coded[2:6] if one),
    }
