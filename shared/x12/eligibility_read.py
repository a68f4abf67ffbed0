"""270 and 271 files as inquiries and answers, one per person."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

from shared.x12.eligibility_views import Aaa, Answer271, Benefit, BenefitDate, Inquiry270
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.hierarchy import Level, paths, read_hierarchy
from shared.x12.parties import NO_PARTY, NO_PAYER, NO_PERSON, read_party, read_payer, read_person, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents_of, number_of, parse_procedure, period, raw, remembered
from shared.x12.view import drafts, maker
from shared.x12.writing import Raw

_View = TypeVar("_View", Inquiry270, Answer271)

_LOOPS = {"20": "2100A", "21": "2100B", "22": "2100C", "23": "2100D"}
_BENEFITS = frozenset({"EB"})
_QUESTIONS = frozenset({"EQ"})
_NAMES = frozenset({"NM1"})
# The guide allows 9. Those of a level above go to each of its persons, so that a bound on them bounds the whole.
_MOST_REJECTIONS = 100
_PERSONAL = frozenset({"NM1", "N3", "N4", "DMG"})
_MODELLED = frozenset({"TRN", "AAA", "INS", "DTP"})
_PLAN_NUMBERS = {"6P": "group_number", "18": "plan_number"}
_ANSWER = {"Y": True, "N": False}
_NO_ELEMENTS = ("",) * 13
_new_answer, _new_benefit, _date = drafts(Answer271), drafts(Benefit), maker(BenefitDate)


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
    fields: dict[str, Any] = {"payer": NO_PAYER, "provider": NO_PARTY, "subscriber": NO_PERSON, "rejections": ()}
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
    names = 0
    kept: list[Segment] = []
    extras: list[Raw] = []
    for segment in head:
        tag = segment.tag
        names += tag == "NM1"
        if names == 1 and tag in _PERSONAL:
            kept.append(segment)
        elif tag not in _MODELLED and not (tag == "REF" and segment.get(1) in _PLAN_NUMBERS):
            extras.append(raw(segment))
    if kept:
        person = read_person(kept, findings, _LOOPS.get(level.code, ""))
        if level.code == "23":
            result["dependent"] = person
        else:
            result |= {"subscriber": person, "member_id": kept[0].get(9)}
    for name, value in details.items():
        if value or name not in result:
            result[name] = value
    return result | {"extras": tuple(extras), "segment_number": level.opening.number}


def _person_details(segments: Sequence[Segment], findings: list[Finding]) -> dict[str, Any]:
    """TRN, INS, group and plan number, and dates of a person's loop."""
    fields: dict[str, Any] = {}
    dates: list[BenefitDate] = []
    for segment in segments:
        tag = segment.tag
        if tag in {"EB", "EQ"}:
            break
        if tag == "TRN":
            fields |= _trace(segment, fields)
        elif tag == "INS":
            fields["relationship"] = segment.get(2)
        elif tag == "REF":
            name = _PLAN_NUMBERS.get(segment.get(1))
            if name:
                fields[name] = segment.get(2)
        elif tag == "DTP":
            dates.append(_date(segment.get(1), *period(segment, findings, "2100")))
    fields["dates"] = tuple(dates)
    return fields


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
    known["benefits"] = tuple([_benefit(group, loop, findings) for group in groups])
    answer = _new_answer()
    for name, value in known.items():
        setattr(answer, name, value)
    answer.findings = tuple(findings)
    answer.__class__ = Answer271
    return cast("Answer271", answer)


def _benefit(group: list[Segment], loop: str, findings: list[Finding]) -> Benefit:
    benefit = _new_benefit()
    if len(group) > 1:
        _read_benefit_details(group, benefit, loop, findings)
    _read_eb(group[0], benefit, loop, findings)
    benefit.__class__ = Benefit
    return cast("Benefit", benefit)


def _read_benefit_details(group: list[Segment], benefit: Any, loop: str, findings: list[Finding]) -> None:
    """What follows the EB."""
    own, *names = split_groups(group, _NAMES)
    dates: list[BenefitDate] = []
    messages: list[str] = []
    rejections: list[Aaa] = []
    extras: list[Raw] = []
    for segment in own[1:]:
        match segment.tag:
            case "DTP":
                dates.append(_date(segment.get(1), *period(segment, findings, loop)))
            case "MSG":
                messages.append(segment.get(1))
            case "AAA":
                rejections.append(Aaa(segment.get(3), segment.get(4), loop, segment.get(1) == "Y"))
            case "LS":
                pass
            case _:
                extras.append(raw(segment))
    entities = [(one[0].get(1), read_party([part for part in one if part.tag != "LE"])) for one in names]
    benefit.dates, benefit.messages, benefit.entities = tuple(dates), tuple(messages), tuple(entities)
    benefit.rejections, benefit.extras = tuple(rejections), tuple(extras)


def _read_eb(eb: Segment, benefit: Any, loop: str, findings: list[Finding]) -> None:
    delimiters = eb.delimiters
    (
        benefit.code,
        benefit.coverage_level,
        types,
        benefit.insurance_type,
        benefit.plan,
        benefit.time_period,
        amount,
        percent,
        benefit.quantity_qualifier,
        quantity,
        authorization,
        network,
        coded,
    ) = (eb.elements + _NO_ELEMENTS)[:13]
    if types:
        benefit.service_types = _parse_types(types, delimiters.repetition)
    if amount:
        benefit.amount_cents = cents_of(amount, eb, 7, findings, loop)
    if percent:
        benefit.percent = number_of(percent, eb, 8, findings, loop)
    if quantity:
        benefit.quantity = number_of(quantity, eb, 10, findings, loop)
    if authorization:
        benefit.authorization_required = _ANSWER.get(authorization)
    if network:
        benefit.in_network, benefit.network_applies = _ANSWER.get(network), network != "W"
    if coded:
        benefit.procedure_qualifier, benefit.procedure, benefit.modifiers, _ = parse_procedure(
            coded, delimiters.component
        )


@remembered
def _parse_types(text: str, separator: str) -> tuple[str, ...]:
    return tuple(text.split(separator)) if separator else (text,)
