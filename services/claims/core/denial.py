"""The denial classifier: what a payer's decision comes to, why, the first step, and whether the patient may be billed.

Pure. A denial is read from the adjustments, never from claim status 4 nor from a payment of zero (X12 RFI 1423; rules
of the field 3.3, 3.4). The rules are data, see `denial_rules.py`; what they were judged by lies in
`tests/claims/labelled_remittances`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date

from .denial_rules import (
    Category,
    DenialBook,
    Facts,
    Meaning,
    NextAction,
    Outcome,
    RootCause,
    Sight,
)

FORWARDED = frozenset({"19", "20", "21"})
"""CLP02: processed, and sent on to the next payer."""
NOT_RECOGNISED = "4"
PATIENT = "PR"
FACTS = tuple(one.name for one in fields(Facts))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One adjustment (CAS): group, reason code, cents; positive lowers the payment."""

    group: str
    carc: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """What the payer said of one service line."""

    number: int
    charge_cents: int
    paid_cents: int
    adjustments: tuple[Adjusted, ...] = ()
    remarks: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """A payer's decision on one claim. `status` is CLP02; `adjustments` and `remarks` are those of the claim itself.

    `denied_cents` is what the ledger holds as refused where the remittance names no adjustment at all. `is_balanced`
    says that the ledger proved the three equations already; otherwise they are checked here.
    """

    status: str
    day: date
    charge_cents: int
    paid_cents: int
    payer_id: str = ""
    payer_class: str = ""
    adjustments: tuple[Adjusted, ...] = ()
    remarks: frozenset[str] = frozenset()
    lines: tuple[DecidedLine, ...] = ()
    denied_cents: int = 0
    is_balanced: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """One adjustment, where it stood, and the rule that says what it means. `line` is None for the claim's own."""

    adjusted: Adjusted
    line: DecidedLine | None
    remarks: frozenset[str]
    meaning: Meaning
    order: int

    @property
    def denies(self) -> bool:
        return self.meaning.bearing == "denial" and self.adjusted.amount_cents > 0

    @property
    def words(self) -> str:
        """Such as "CO-197 of 600.00 on line 1 (authorization)"."""
        where = f" on line {self.line.number}" if self.line else ""
        cents = self.adjusted.amount_cents
        return f"{self.adjusted.group}-{self.adjusted.carc} of {cents / 100:.2f}{where} ({self.meaning.id})"


@dataclass(frozen=True, slots=True)
class LineResult:
    """What was refused of one line; `is_denied` when nothing of it was paid or left to the patient."""

    number: int
    is_denied: bool
    denied_cents: int


@dataclass(frozen=True, slots=True)
class Classified:
    """What the decision comes to. `rules` are the ids of the entries that decided, `deciding` the adjustments."""

    outcome: Outcome
    category: Category
    root_cause: RootCause
    denied_cents: int
    lines: tuple[LineResult, ...]
    next_action: NextAction
    patient_may_be_billed: bool
    patient_reason: str
    why: str
    rules: tuple[str, ...]
    deciding: tuple[Adjusted, ...]


def classify(book: DenialBook, decision: Decision, facts: Facts = Facts()) -> Classified:  # noqa: B008 - frozen
    """Classify one payer's decision. Every code gets an answer: one that nobody knows refuses until it is explained."""
    known = _known(book, decision, facts)
    reads = _read(book, decision, known)
    outcome = _outcome(book, decision, reads)
    speaker = _speaker(book, reads)
    record = book.record_of(decision.status, decision.day)
    category: Category = record.category if record else _category(speaker, decision)
    root_cause: RootCause = record.root_cause if record else _root_cause(speaker, decision)
    said = _said_by(book, decision.day, speaker.remarks if speaker else decision.remarks)
    sight = _sight(decision, {**known, **said}, speaker, category, outcome)
    may, reason, bar = _patient(book, decision, known, reads, outcome)
    step = book.steps.first(_with(sight, patient_may_be_billed=may, patient_share=_has_share(reads)))
    assert step is not None, "the loader saw to it that the last step fits everything"
    denied = sum(one.adjusted.amount_cents for one in reads if one.denies) or _stated(decision, reads)
    counts = outcome in {"denied", "partly_denied"}
    return Classified(
        outcome=outcome,
        category=category,
        root_cause=root_cause,
        denied_cents=denied if counts else 0,
        lines=tuple(_line(line, reads, counts) for line in decision.lines),
        next_action=step.action,
        patient_may_be_billed=may,
        patient_reason=reason,
        why=_why(record.id if record else None, speaker, reads, step.id),
        rules=tuple(one for one in (record and record.id, speaker and speaker.meaning.id, step.id, bar) if one),
        deciding=_deciding(speaker, reads),
    )


def adds_up(decision: Decision) -> bool:
    """Whether charge less adjustments is the payment, on each line and on the claim (835 guide 1.10.2; 3.5)."""
    lines = all(one.charge_cents == one.paid_cents + _total(one.adjustments) for one in decision.lines)
    on_lines = sum(_total(one.adjustments) for one in decision.lines)
    return lines and decision.charge_cents == decision.paid_cents + _total(decision.adjustments) + on_lines


def _total(adjustments: Iterable[Adjusted]) -> int:
    return sum(one.amount_cents for one in adjustments)


def _known(book: DenialBook, decision: Decision, facts: Facts) -> Mapping[str, bool]:
    """What is known to be true or false of the whole case; what is unknown is missing."""
    truths = {name: value for name in FACTS if isinstance(value := getattr(facts, name), bool)}
    remarks = decision.remarks
    truths["receiver_named"] = facts.forwarded_to is not None
    sent_on = decision.status in FORWARDED or facts.forwarded_to is not None
    truths["forwarded"] = sent_on or bool(book.saying("forwarded", remarks, decision.day))
    truths["balances"] = decision.is_balanced or adds_up(decision)
    truths["not_recognised"] = decision.status == NOT_RECOGNISED
    if facts.timely_filing_days_left is not None:
        truths["filing_limit_passed"] = facts.timely_filing_days_left < 0
    if facts.appeal_levels_left is not None:
        truths["appeal_level_left"] = facts.appeal_levels_left > 0
    if facts.expected_allowed_cents is not None:
        truths["expected_is_known"] = True
        truths["under_contract"] = _allowed(book, decision, truths) < facts.expected_allowed_cents
    return truths


def _allowed(book: DenialBook, decision: Decision, truths: Mapping[str, bool]) -> int:
    """The charge less what only prices it."""
    priced = sum(r.adjusted.amount_cents for r in _read(book, decision, truths) if r.meaning.bearing == "price")
    return decision.charge_cents - priced


def _read(book: DenialBook, decision: Decision, known: Mapping[str, bool]) -> tuple[Read, ...]:
    placed: list[tuple[Adjusted, DecidedLine | None]] = [(one, None) for one in decision.adjustments]
    placed += [(one, line) for line in decision.lines for one in line.adjustments]
    return tuple(_read_one(book, decision, known, one, line, n) for n, (one, line) in enumerate(placed))


def _read_one(
    book: DenialBook,
    decision: Decision,
    known: Mapping[str, bool],
    adjusted: Adjusted,
    line: DecidedLine | None,
    order: int,
) -> Read:
    remarks = decision.remarks | (line.remarks if line else frozenset[str]())
    sight = Sight(
        day=decision.day,
        payer_id=decision.payer_id,
        payer_class=decision.payer_class,
        group=adjusted.group,
        carc=adjusted.carc,
        remarks=remarks,
        modifiers=line.modifiers if line else frozenset(),
        truths={**known, **_said_by(book, decision.day, remarks), "leaves_nothing": _leaves_nothing(adjusted, line)},
    )
    meaning = book.meanings.first(sight)
    assert meaning is not None, "the loader saw to it that the last meaning fits every code"
    return Read(adjusted, line, remarks, meaning, order)


def _said_by(book: DenialBook, day: date, remarks: frozenset[str]) -> dict[str, bool]:
    unread = book.saying("unprocessable", remarks, day)
    closed = book.saying("no_appeal", remarks, day)
    quiet = unread | closed | book.saying("alert", remarks, day) | book.saying("forwarded", remarks, day)
    return {
        "unprocessable": bool(unread),
        "no_appeal": bool(closed),
        "remark_names_something": bool(remarks - quiet),
    }


def _leaves_nothing(adjusted: Adjusted, line: DecidedLine | None) -> bool:
    """Whether one adjustment took a whole line."""
    return line is not None and line.paid_cents == 0 and 0 < line.charge_cents <= adjusted.amount_cents


def _outcome(book: DenialBook, decision: Decision, reads: tuple[Read, ...]) -> Outcome:
    record = book.record_of(decision.status, decision.day)
    if record:
        return record.outcome
    if any(one.denies for one in reads) or _stated(decision, reads):
        if decision.paid_cents == 0 and _returned_unread(book, decision):
            return "rejected"
        return "denied" if decision.paid_cents <= 0 and not _has_share(reads) else "partly_denied"
    if decision.paid_cents <= 0:
        return "zero_paid"
    patients = any(one.adjusted.group == PATIENT for one in reads)
    return "paid" if patients or not reads else "informational"


def _returned_unread(book: DenialBook, decision: Decision) -> bool:
    """Whether a remark returns the whole claim unread: said of the claim, or of each line (MA130; 3.1, 3.7)."""
    if book.saying("unprocessable", decision.remarks, decision.day):
        return True
    lines = [book.saying("unprocessable", line.remarks, decision.day) for line in decision.lines]
    return bool(lines) and all(lines)


def _has_share(reads: tuple[Read, ...]) -> bool:
    return any(one.meaning.bearing == "cost_share" and one.adjusted.amount_cents > 0 for one in reads)


def _stated(decision: Decision, reads: tuple[Read, ...]) -> int:
    """What the ledger holds as refused, where the remittance gives no adjustment to read."""
    return 0 if reads else max(decision.denied_cents, 0)


def _speaker(book: DenialBook, reads: tuple[Read, ...]) -> Read | None:
    """The adjustment that speaks for the claim: the largest denial, or else the first in rank, then in the file."""
    denying = [one for one in reads if one.denies]
    if denying:
        return max(denying, key=lambda one: (one.adjusted.amount_cents, -one.order))
    last, places = len(book.ranks), book.meanings.places
    return min(
        reads,
        key=lambda one: (book.ranks.get(one.meaning.category, last), places[one.meaning.id], one.order),
        default=None,
    )


def _category(speaker: Read | None, decision: Decision) -> Category:
    if speaker is None:
        return "unspecified" if decision.denied_cents > 0 else "none"
    return speaker.meaning.category


def _root_cause(speaker: Read | None, decision: Decision) -> RootCause:
    if speaker is None:
        return "payer" if decision.denied_cents > 0 else "none"
    return speaker.meaning.root_cause


def _sight(
    decision: Decision, known: Mapping[str, bool], speaker: Read | None, category: Category, outcome: Outcome
) -> Sight:
    return Sight(
        day=decision.day,
        payer_id=decision.payer_id,
        payer_class=decision.payer_class,
        group=speaker.adjusted.group if speaker else "",
        carc=speaker.adjusted.carc if speaker else "",
        remarks=speaker.remarks if speaker else decision.remarks,
        modifiers=speaker.line.modifiers if speaker and speaker.line else frozenset(),
        category=category,
        outcome=outcome,
        truths=known,
    )


def _with(sight: Sight, **truths: bool) -> Sight:
    return Sight(
        sight.day,
        sight.payer_id,
        sight.payer_class,
        sight.group,
        sight.carc,
        sight.remarks,
        sight.modifiers,
        sight.category,
        sight.outcome,
        {**sight.truths, **truths},
    )


def _patient(
    book: DenialBook, decision: Decision, known: Mapping[str, bool], reads: tuple[Read, ...], outcome: Outcome
) -> tuple[bool, str, str | None]:
    """Whether any cent may reach the patient now or after the first step, why, and the rule that bars it."""
    raising = [one for one in reads if one.adjusted.group == PATIENT and one.adjusted.amount_cents > 0]
    barred: tuple[str, str] | None = None
    for one in raising:
        sight = _sight(decision, known, one, one.meaning.category, outcome)
        bar = book.bars.first(sight)
        if bar is None or bar.lets:
            reason = bar.reason if bar else "The group is PR, and nothing bars it."
            return True, reason, bar.id if bar else None
        barred = barred or (bar.reason, bar.id)
    if barred:
        return False, *barred
    groups = sorted({one.adjusted.group for one in reads})
    return False, f"Only group PR may reach the patient (3.4); here: {', '.join(groups) or 'no adjustment'}.", None


def _line(line: DecidedLine, reads: tuple[Read, ...], counts: bool) -> LineResult:
    mine = tuple(one for one in reads if one.line is line)
    denied = sum(one.adjusted.amount_cents for one in mine if one.denies) if counts else 0
    return LineResult(line.number, denied > 0 and line.paid_cents <= 0 and not _has_share(mine), denied)


def _deciding(speaker: Read | None, reads: tuple[Read, ...]) -> tuple[Adjusted, ...]:
    """The adjustments that refuse, the speaker's first; without any, the one that speaks."""
    if speaker is None:
        return ()
    others = [one.adjusted for one in reads if one.denies and one is not speaker]
    return (speaker.adjusted, *(others if speaker.denies else ()))


def _why(record: str | None, speaker: Read | None, reads: tuple[Read, ...], step: str) -> str:
    if record:
        read = f"the claim status says it ({record})"
    elif speaker is None:
        read = "no adjustment is given"
    else:
        read = speaker.words
    flag = " Group CR left the guide with 5010." if any(one.adjusted.group == "CR" for one in reads) else ""
    return f"Read from {read}; first step by {step}.{flag}"
