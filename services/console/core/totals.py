"""What the overview counts, folded from the views: a number is what its list holds, because both read one field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.console.core.account_view import AccountView
from services.console.core.claim_view import ClaimView
from services.console.core.kpis import Days, add_to_days
from services.console.core.remittance_view import RemittanceView


@dataclass(slots=True)
class Sum:
    """How many, and how much."""

    count: int = 0
    cents: int = 0

    def add(self, cents: int) -> None:
        self.count += 1
        self.cents += cents


@dataclass(slots=True)
class Sums:
    """Named sums; one that nothing was added to is nothing."""

    by_name: dict[str, Sum] = field(default_factory=dict[str, Sum])

    def add(self, name: str, cents: int) -> None:
        self.by_name.setdefault(name, Sum()).add(cents)

    def __getitem__(self, name: str) -> Sum:
        return self.by_name.get(name, Sum())


@dataclass(slots=True)
class Totals:
    """Everything the overview shows of one tenant. `…_now` is where things stand, `…_ever` what they passed."""

    claims: Sum = field(default_factory=Sum)
    claims_now: Sums = field(default_factory=Sums)
    claims_ever: Sums = field(default_factory=Sums)
    coverage: Sums = field(default_factory=Sums)
    deadline_near: Sum = field(default_factory=Sum)
    owing: Sum = field(default_factory=Sum)
    ever_owing: Sum = field(default_factory=Sum)
    patients_paid: Sum = field(default_factory=Sum)
    credits: Sum = field(default_factory=Sum)
    accounts_now: Sums = field(default_factory=Sums)
    accounts_ever: Sums = field(default_factory=Sums)
    remittances: Sums = field(default_factory=Sums)
    days: Days = field(default_factory=Days)
    oldest: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """Since when the claim waits that waits longest in a status."""
    entered: dict[str, int] = field(default_factory=dict[str, int])
    """How many events of each kind about claims there were since `since`."""
    since: datetime | None = None


def amount_now(view: ClaimView) -> int:
    """What is at stake at the claim's status: the money paid, the money denied, or else its charge. Cents."""
    return {"paid": view.paid_cents, "denied": view.denied_cents}.get(view.status, view.charge_cents)


def add_claim(totals: Totals, view: ClaimView) -> None:
    totals.claims.add(view.charge_cents)
    totals.claims_now.add(view.status, amount_now(view))
    for status in view.reached:
        totals.claims_ever.add(status, view.charge_cents)
    if view.coverage:
        totals.coverage.add(view.coverage, view.charge_cents)
    if view.deadline_near:
        totals.deadline_near.add(view.charge_cents)
    if view.status_at is not None:
        totals.oldest[view.status] = min(totals.oldest.get(view.status, view.status_at), view.status_at)
    if totals.since is not None:
        for moment in reversed(view.moments):
            if moment.at <= totals.since:
                break
            totals.entered[moment.type] = totals.entered.get(moment.type, 0) + 1
    add_to_days(totals.days, view)


def add_account(totals: Totals, view: AccountView) -> None:
    if view.owes:
        totals.owing.add(view.balance_cents)
    if view.ever_owed:
        totals.ever_owing.add(0)
    if view.has_paid:
        totals.patients_paid.add(view.patient_paid_cents)
    if view.credit_found:
        totals.credits.add(view.credit_cents)
    if view.stage:
        totals.accounts_now.add(view.stage, amount_at_stage(view))
    for stage, cents in ever_amounts(view).items():
        totals.accounts_ever.add(stage, cents)


def amount_at_stage(view: AccountView) -> int:
    """What is at stake at the account's stage: what was given up, or else what is owed now. Cents."""
    return view.written_off_cents if view.stage == "written_off" else view.balance_cents


def ever_amounts(view: AccountView) -> Mapping[str, int]:
    """For each stage the account reached, what went through it. Cents; a balance told twice counts once."""
    last = view.statement.balance_cents if view.statement else 0
    known = {"plan": view.plans_cents, "placed": view.placed_cents, "written_off": view.written_off_cents}
    return {stage: known.get(stage, last) for stage in view.reached}


def add_remittance(totals: Totals, view: RemittanceView) -> None:
    totals.remittances.add(view.status, view.payment_cents)
