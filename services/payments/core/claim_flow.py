"""Reports about claims on their way: what is not billed yet and why, what left clean or came back, what nobody touched.

Every figure is a number of claims and their charge, with the claims that make it. What was sent is held against the
ledger's own charges, and what came in against what was sent and what was not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.claim_life import ClaimLife, Decision
from services.payments.core.movements import Days

FlowRow: TypeAlias = tuple[str, ...]
By: TypeAlias = Literal["month", "payer"]
BUCKETS = (3, 7, 14, 30)
"""Days since intake of what is not billed."""
NUMERATOR, DENOMINATOR = "numerator", "denominator"


class Mark(NamedTuple):
    """A claim adds so much to a figure."""

    row: FlowRow
    column: str
    adds: int


@dataclass(frozen=True, slots=True)
class FlowReport:
    """What to show of each claim's life."""

    name: str
    row_names: tuple[str, ...]
    columns: tuple[str, ...]
    marks: Callable[[ClaimLife], Iterable[Mark]]


@dataclass(slots=True)
class FlowTally:
    """A report while lives are added to it, and the two sides that it must tie to.

    `billed_cents` is what the lives say was charged by claims that were sent; the ledger says the same by other ways.
    """

    report: FlowReport
    rows: dict[FlowRow, Counter[str]] = field(default_factory=dict[FlowRow, Counter[str]])
    claims: int = 0
    sent: int = 0
    unsent: int = 0
    billed_cents: int = 0

    def add(self, life: ClaimLife) -> None:
        """Count one claim in."""
        self.claims += 1
        self.sent += bool(life.sendings)
        self.unsent += not life.sendings
        self.billed_cents += 0 if life.follows else life.billed_cents
        for mark in self.report.marks(life):
            self.rows.setdefault(mark.row, Counter())[mark.column] += mark.adds

    def sorted_rows(self) -> Iterator[tuple[FlowRow, Mapping[str, int]]]:
        """Every row, in order."""
        yield from ((row, self.rows[row]) for row in sorted(self.rows))


def drilled(report: FlowReport, life: ClaimLife, row: FlowRow | None, column: str | None) -> Iterator[Mark]:
    """What a claim adds to a figure: of one row, of one column, or of both, as the report itself counts it."""
    for mark in report.marks(life):
        if (row is None or mark.row == row) and (column is None or mark.column == column):
            yield mark


def unbilled_report(as_of: date, zone: tzinfo) -> FlowReport:
    """Claims in the house at the end of a day that were not sent: by payer, whether they are held, and days since."""
    firsts = (0, *(last + 1 for last in BUCKETS))
    ages = [f"{first}-{last}" for first, last in zip(firsts, BUCKETS, strict=False)] + [f"{firsts[-1]}+"]

    def marks(life: ClaimLife) -> Iterator[Mark]:
        if life.received_at is None or not _is_unbilled(life, as_of, zone):
            return
        days = (as_of - _day(life.received_at, zone)).days
        state = "held" if _holding(life, as_of, zone) else "on its way"
        row = life.payer_id or "-", state, ages[sum(days > last for last in BUCKETS)]
        yield Mark(row, "claims", 1)
        yield Mark(row, "charge_cents", life.charge_cents)

    return FlowReport("unbilled", ("payer", "state", "days"), ("claims", "charge_cents"), marks)


def issues_report(as_of: date, zone: tzinfo) -> FlowReport:
    """Why claims that are not billed are held, by rule. A claim that several rules hold stands under each of them."""

    def marks(life: ClaimLife) -> Iterator[Mark]:
        if life.received_at is None or not _is_unbilled(life, as_of, zone):
            return
        for rule in _holding(life, as_of, zone):
            yield Mark((rule,), "claims", 1)
            yield Mark((rule,), "charge_cents", life.charge_cents)

    return FlowReport("pre-billing", ("rule",), ("claims", "charge_cents"), marks)


FLOW: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "clean_claims": ("sent without a hold and without a person's touch", "claims first sent"),
        "rejected": ("sendings that a 999 or 277CA refused", "claims sent, each time"),
        "first_pass_accepted": ("taken into adjudication at their first sending", "first sendings answered"),
        "first_pass_resolved": ("paid by the first decision, on the first sending", "claims decided first"),
        "touchless": ("paid by the first decision without a person's touch since intake", "claims first paid"),
    }
)
"""What each figure's numerator and denominator are. A rejection is never a denial: it was not received."""


def flow_report(days: Days, by: Iterable[By], zone: tzinfo) -> FlowReport:
    """Shares of claims on their way, each as numerator and denominator, by month and payer of the event that counts."""
    names = tuple(dict.fromkeys(by))

    def marks(life: ClaimLife) -> Iterator[Mark]:
        for figure, at, adds in _figures(life):
            if (day := _day(at, zone)) in days:
                said = {"month": f"{day:%Y-%m}", "payer": life.payer_id or "-"}
                row = (figure, *(said[name] for name in names))
                yield Mark(row, DENOMINATOR, 1)
                if adds:
                    yield Mark(row, NUMERATOR, 1)

    return FlowReport("claim-flow", ("figure", *names), (NUMERATOR, DENOMINATOR), marks)


def _figures(life: ClaimLife) -> Iterator[tuple[str, datetime, bool]]:
    """Each figure that the claim counts in, when, and whether in the numerator. What is unknown counts nowhere."""
    if life.sendings:
        first = life.sendings[0]
        held = any(hold.at <= first.at for hold in life.holds)
        if life.first_touches is not None:
            yield "clean_claims", first.at, not held and life.first_touches == 0
        for one in life.sendings:
            yield "rejected", one.at, one.outcome == "rejected"
        if first.outcome:
            yield "first_pass_accepted", first.at, first.outcome == "accepted"
    if life.decisions:
        decision = life.decisions[0]
        yield "first_pass_resolved", decision.at, decision.paid and len(_sent_before(life, decision)) == 1
    paid = next((one for one in life.decisions if one.paid), None)
    if paid is not None and paid.touches is not None:
        yield "touchless", paid.at, paid.touches == 0 and paid is life.decisions[0]


def _sent_before(life: ClaimLife, decision: Decision) -> list[datetime]:
    return [one.at for one in life.sendings if one.at <= decision.at]


def _is_unbilled(life: ClaimLife, as_of: date, zone: tzinfo) -> bool:
    was_there = life.received_at is not None and _day(life.received_at, zone) <= as_of
    return was_there and (life.sent_at is None or _day(life.sent_at, zone) > as_of)


def _holding(life: ClaimLife, as_of: date, zone: tzinfo) -> tuple[str, ...]:
    """The rules that held it at the end of the day."""
    holds = (
        hold
        for hold in reversed(life.holds)
        if _day(hold.at, zone) <= as_of and (hold.until is None or _day(hold.until, zone) > as_of)
    )
    return next((hold.rules for hold in holds), ())


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()
