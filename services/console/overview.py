"""The overview's tables: a row per stage, and the work that waits for people. Each number names its list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from services.console.core import CLAIM_STATUSES, AccountStage, ClaimStatus, Sum, Totals, counted
from services.console.store import FLOW


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and an amount (None: an amount would say nothing), and the list that holds them."""

    count: int
    cents: int | None
    url: str


class StageRow(NamedTuple):
    """One stage: what is in it now, and what ever passed through it."""

    label: str
    now: Figure | None
    ever: Figure | None
    amount_is: str
    share_percent: int = 0  # of the amounts in its group now, for the bar


class StageGroup(NamedTuple):
    """Stages whose numbers count the same kind of thing."""

    label: str
    unit: str
    rows: tuple[StageRow, ...]
    total: Figure | None = None


class Step(NamedTuple):
    """One step of the live picture: what is in it, how much flows through, and since when the oldest waits."""

    label: str
    figure: Figure
    per_minute: float | None
    oldest: datetime | None
    tone: str


class Waiting(NamedTuple):
    """Work that goes on only when a person acts."""

    label: str
    what_to_do: str
    figure: Figure


CLAIM_LABELS: dict[ClaimStatus, tuple[str, str]] = {
    "received": ("Received", "charges"),
    "held": ("Held by the scrubber", "charges"),
    "submitted": ("Submitted", "charges"),
    "accepted": ("Accepted", "charges"),
    "rejected": ("Rejected", "charges"),
    "denied": ("Denied", "denied now; charges ever"),
    "paid": ("Paid", "paid by payers now; charges ever"),
}
ACCOUNT_LABELS: dict[AccountStage, tuple[str, str]] = {
    "statement": ("Statement sent", "owed now; last statement ever"),
    "overdue": ("Overdue", "owed now; last statement ever"),
    "plan": ("Payment plan", "owed now; plan totals ever"),
    "plan_broken": ("Plan broken", "owed now; last statement ever"),
    "placed": ("Placed with an agency", "owed now; placed ever"),
    "recalled": ("Recalled from the agency", "owed now; last statement ever"),
    "written_off": ("Written off", "written off"),
    "settled": ("Settled", "owed now; last statement ever"),
}


FLOW_MINUTES = FLOW.total_seconds() / 60
STEPS: tuple[tuple[ClaimStatus, str, str, str], ...] = (
    ("received", "Received", "claim.received.v1", "plain"),
    ("held", "Held", "claim.held.v1", "warn"),
    ("submitted", "Submitted", "claim.submitted.v1", "plain"),
    ("rejected", "Rejected", "claim.rejected.v1", "bad"),
    ("accepted", "Accepted", "claim.accepted.v1", "plain"),
    ("denied", "Denied", "claim.denied.v1", "bad"),
    ("paid", "Paid", "claim.paid.v1", "good"),
)


def live_steps(totals: Totals) -> tuple[Step, ...]:
    """The cycle as it is now: each status of claims, then remittances that wait and what patients owe."""
    claims = tuple(
        Step(
            label,
            figure(totals.claims_now[status], link("/claims", status=status)),
            round(totals.entered.get(type_, 0) / FLOW_MINUTES, 2),
            totals.oldest.get(status) if status != "paid" else None,
            tone,
        )
        for status, label, type_, tone in STEPS
    )
    parked = figure(totals.remittances["parked"], link("/remittances", status="parked"))
    owed = figure(totals.owing, link("/accounts", owes="yes"))
    return (
        *claims,
        Step("Parked remittances", parked, None, None, "warn"),
        Step("Patient balances", owed, None, None, "plain"),
    )


def age_text(since: datetime | None, now: datetime) -> str:
    """`3 days`, `4 hours`, `12 minutes`: how long the oldest has waited."""
    if since is None:
        return ""
    minutes = max(int((now - since) / timedelta(minutes=1)), 0)
    if minutes < 120:
        return counted(minutes, "minute")
    return counted(minutes // 60, "hour") if minutes < 2880 else counted(minutes // 1440, "day")


def link(path: str, **where: str) -> str:
    """A list with its filter in the address."""
    return f"{path}?{urlencode(where)}" if where else path


def figure(total: Sum, url: str, *, amount: bool = True) -> Figure:
    return Figure(total.count, total.cents if amount else None, url)


def stage_groups(totals: Totals) -> tuple[StageGroup, ...]:
    """The cycle from top to bottom."""
    return (_claims(totals), _remittances(totals), _patients(totals))


def _claims(totals: Totals) -> StageGroup:
    everything = sum(totals.claims_now[status].cents for status in CLAIM_STATUSES)
    rows = tuple(
        StageRow(
            label,
            figure(totals.claims_now[status], link("/claims", status=status)),
            figure(totals.claims_ever[status], link("/claims", reached=status)),
            amount_is,
            percent(totals.claims_now[status].cents, everything),
        )
        for status, (label, amount_is) in CLAIM_LABELS.items()
    )
    return StageGroup("Claims", "claims", rows, figure(totals.claims, "/claims"))


def _remittances(totals: Totals) -> StageGroup:
    posted, parked = totals.remittances["received"], totals.remittances["parked"]
    everything = posted.cents + parked.cents
    rows = (
        StageRow(
            "Posted",
            figure(posted, link("/remittances", status="received")),
            None,
            "payments",
            percent(posted.cents, everything),
        ),
        StageRow(
            "Parked",
            figure(parked, link("/remittances", status="parked")),
            None,
            "payments not posted",
            percent(parked.cents, everything),
        ),
    )
    return StageGroup("Remittances", "remittances", rows)


def _patients(totals: Totals) -> StageGroup:
    owed = totals.owing.cents
    balance = StageRow(
        "Patient balance",
        figure(totals.owing, link("/accounts", owes="yes")),
        figure(totals.ever_owing, link("/accounts", ever="owed"), amount=False),
        "owed by patients",
        percent(owed, owed),
    )
    paid = StageRow(
        "Patient payments", None, figure(totals.patients_paid, link("/accounts", ever="paid")), "paid by patients"
    )
    stages = tuple(
        StageRow(
            label,
            figure(totals.accounts_now[stage], link("/accounts", stage=stage)),
            figure(totals.accounts_ever[stage], link("/accounts", ever=stage)),
            amount_is,
            0 if stage == "written_off" else percent(totals.accounts_now[stage].cents, owed),
        )
        for stage, (label, amount_is) in ACCOUNT_LABELS.items()
    )
    return StageGroup("Patients", "accounts", (balance, paid, *stages))


def percent(part: int, whole: int) -> int:
    """A share for the bar, 0 to 100; something is never drawn as nothing."""
    if part <= 0 or whole <= 0:
        return 0
    return max(1, min(100, round(100 * part / whole)))


def work_waiting(totals: Totals) -> tuple[Waiting, ...]:
    """What only a person can move, in the order of the cycle."""
    claims, coverage, accounts = totals.claims_now, totals.coverage, totals.accounts_now
    parked = totals.remittances["parked"]
    return (
        Waiting("Held claims", "Correct and release", figure(claims["held"], "/work/held")),
        Waiting(
            "Rejected claims",
            "Correct and resubmit; timely filing keeps running",
            figure(claims["rejected"], "/work/rejections"),
        ),
        Waiting("Denied claims", "Correct, appeal or write off", figure(claims["denied"], "/work/denials")),
        Waiting(
            "Filing deadline near",
            "Get these accepted first",
            figure(totals.deadline_near, "/work/deadlines"),
        ),
        Waiting(
            "Coverage not in force",
            "Ask the patient for the right coverage",
            figure(coverage["inactive"], link("/claims", coverage="inactive")),
        ),
        Waiting(
            "Authorization needed",
            "Get the payer's authorization",
            figure(coverage["authorization_required"], link("/claims", coverage="authorization_required")),
        ),
        Waiting(
            "Coverage unknown",
            "Check with the payer by hand",
            figure(coverage["unknown"], link("/claims", coverage="unknown")),
        ),
        Waiting(
            "Parked remittances",
            "Clear the equation with the payer",
            figure(parked, "/work/parked"),
        ),
        Waiting("Credits found", "Refund or apply", figure(totals.credits, link("/accounts", credit="yes"))),
        Waiting(
            "Broken plans",
            "Call the guarantor",
            figure(accounts["plan_broken"], link("/accounts", stage="plan_broken")),
        ),
    )
