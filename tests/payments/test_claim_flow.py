"""Reports about claims on their way: what is unbilled, clean, rejected, accepted at once, and touched by nobody."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.claim_flow import (
    FlowReport,
    FlowTally,
    drilled,
    flow_report,
    issues_report,
    unbilled_report,
)
from services.payments.core.claim_life import CLAIM_LIFE, ClaimLife
from services.payments.core.movements import Days
from shared.contracts import (
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    DenialReason,
    HoldReason,
)
from tests.payments.cashier import make_cashier
from tests.payments.kit import AT, PROPERTY, SERVICE, TODAY, meta, submitted

JULY = Days(date(2026, 7, 1), date(2026, 7, 31))


class Life:
    """What claims says of one claim, a day after the other."""

    def __init__(self, claim: str = "clm_a", charge_cents: int = 10_000) -> None:
        self.claim, self.charge_cents, self.sequence, self.at = claim, charge_cents, 0, AT
        self.events: list[Any] = []

    def then(self, kind: type[Any], days: int = 0, **said: Any) -> "Life":
        self.sequence, self.at = self.sequence + 1, self.at + timedelta(days)
        envelope = meta(f"{self.claim} {self.sequence}", subject=f"claim/{self.claim}", sequence=self.sequence)
        names = {"account_id": "acct_1", "claim_id": self.claim, "patient_control_number": f"PCN-{self.claim}"}
        envelope = envelope.model_copy(update={"occurred_at": self.at, "source": "claims"})
        self.events.append(kind(meta=envelope, **names, payer_id="acme", **said))
        return self

    def received(self) -> "Life":
        return self.then(
            ClaimReceived, coverage_id="cov", service_from=SERVICE, service_to=SERVICE, charge_cents=self.charge_cents,
            lines=1, billing_npi="1234567893", frequency_code="1", sealed_subscriber="sealed:s",
        )  # fmt: skip

    def held(self, *rules: str, days: int = 0) -> "Life":
        reasons = tuple(HoldReason(rule=one, field="claim", message="stopped") for one in rules)
        return self.then(ClaimHeld, days, charge_cents=self.charge_cents, reasons=reasons)

    def sent(self, days: int = 0, touches: int | None = 0, frequency: str = "1") -> "Life":
        self.sequence, self.at = self.sequence + 1, self.at + timedelta(days)
        made = submitted(self.claim, self.charge_cents, sequence=self.sequence, frequency=frequency)
        envelope = made.meta.model_copy(update={"occurred_at": self.at, "source": "claims"})
        self.events.append(made.model_copy(update={"meta": envelope, "touches": touches}))
        return self

    def accepted(self, days: int = 0) -> "Life":
        return self.then(ClaimAccepted, days, stage="payer")

    def rejected(self, days: int = 0) -> "Life":
        return self.then(ClaimRejected, days, charge_cents=self.charge_cents, stage="payer", codes=("A7:562",))

    def paid(self, days: int = 0, touches: int | None = 0) -> "Life":
        return self.then(
            ClaimPaid, days, remittance_id="rem_1", charge_cents=self.charge_cents, paid_cents=self.charge_cents,
            patient_responsibility_cents=0, touches=touches,
        )  # fmt: skip

    def denied(self, days: int = 0, touches: int | None = 0) -> "Life":
        reasons = (DenialReason(group="CO", reason="197", amount_cents=self.charge_cents),)
        return self.then(
            ClaimDenied, days, remittance_id="rem_1", charge_cents=self.charge_cents, paid_cents=0,
            denied_cents=self.charge_cents, reasons=reasons, touches=touches,
        )  # fmt: skip

    @property
    def state(self) -> ClaimLife:
        return CLAIM_LIFE.start(*self.events).snapshot.state


def rows(report: FlowReport, *lives: Life) -> dict[tuple[str, ...], tuple[int, ...]]:
    tally = FlowTally(report)
    for life in lives:
        tally.add(life.state)
    return {row: tuple(columns.get(name, 0) for name in report.columns) for row, columns in tally.sorted_rows()}


def figures(*lives: Life) -> dict[str, tuple[int, ...]]:
    return {row[0]: counts for row, counts in rows(flow_report(JULY, (), UTC), *lives).items()}


def test_what_is_not_sent_is_unbilled_by_payer_state_and_age() -> None:
    lives = Life("a").received(), Life("b", 500).received().held("npi"), Life("c").received().sent(1)
    assert rows(unbilled_report(TODAY, UTC), *lives) == {
        ("acme", "held", "0-3"): (1, 500),
        ("acme", "on its way", "0-3"): (2, 20_000),
    }
    assert rows(unbilled_report(TODAY + timedelta(10), UTC), *lives) == {
        ("acme", "held", "8-14"): (1, 500),
        ("acme", "on its way", "8-14"): (1, 10_000),
    }
    assert rows(unbilled_report(TODAY - timedelta(1), UTC), *lives) == {}


def test_issues_are_the_rules_that_hold_what_is_unbilled() -> None:
    lives = Life("a").received().held("npi", "date"), Life("b").received().held("npi").sent(2), Life("c").received()
    assert rows(issues_report(TODAY, UTC), *lives) == {("date",): (1, 10_000), ("npi",): (2, 20_000)}
    assert rows(issues_report(TODAY + timedelta(2), UTC), *lives) == {("date",): (1, 10_000), ("npi",): (1, 10_000)}


def test_a_claim_is_clean_when_no_edit_and_nobody_stopped_it() -> None:
    clean, held = Life("a").received().sent(), Life("b").received().held("npi").sent()
    touched, unknown = Life("c").received().sent(touches=1), Life("d").received().sent(touches=None)
    assert figures(clean, held, touched, unknown)["clean_claims"] == (1, 3)


def test_rejections_are_counted_by_sending_and_first_passes_by_the_first() -> None:
    second = Life("a").received().sent().rejected().sent(1, touches=2).accepted().paid(touches=2)
    first = Life("b").received().sent().accepted().paid()
    waits = Life("c").received().sent()
    found = figures(second, first, waits)
    assert found["rejected"] == (1, 4)
    assert found["first_pass_accepted"] == (1, 2)
    assert found["first_pass_resolved"] == (1, 2)


def test_a_denial_is_no_first_pass_and_a_touch_before_the_payment_counts() -> None:
    denied = Life("a").received().sent().accepted().denied().paid(3)
    touched = Life("c").received().sent().accepted().paid(touches=1)
    by_itself = Life("b").received().sent().accepted().paid()
    assert figures(denied, by_itself, touched)["touchless"] == (1, 3)
    assert figures(denied, by_itself)["first_pass_resolved"] == (1, 2)


def test_by_month_and_payer_and_only_in_its_days() -> None:
    lives = Life("a").received().sent().paid(), Life("b").received().sent().paid(40)
    made = rows(flow_report(JULY, ("month", "payer"), UTC), *lives)
    assert made["touchless", "2026-07", "acme"] == (1, 1)
    assert ("touchless", "2026-08", "acme") not in made


STORIES = st.lists(st.sampled_from(["held", "sent", "accepted", "rejected", "paid", "denied", "void"]), max_size=9)


@PROPERTY
@given(st.lists(STORIES, min_size=1, max_size=4))
def test_every_figure_is_its_claims_and_said_twice_counts_once(stories: list[list[str]]) -> None:
    lives: list[Life] = []
    for number, story in enumerate(stories):
        life = Life(f"clm_{number}").received()
        for step in story:
            if step == "void":
                life.sent(frequency="8")
            else:
                life.held("npi") if step == "held" else getattr(life, step)(1)
        lives.append(life)
        assert CLAIM_LIFE.start(*(one for event in life.events for one in (event, event))).snapshot.state == life.state
    for report in (
        unbilled_report(TODAY + timedelta(3), UTC),
        issues_report(TODAY + timedelta(3), UTC),
        flow_report(JULY, ("payer",), UTC),
    ):
        for row, counts in rows(report, *lives).items():
            for column, count in zip(report.columns, counts, strict=True):
                assert count == sum(mark.adds for life in lives for mark in drilled(report, life.state, row, column))
        for row, counts in rows(report, *lives).items():
            if "numerator" in report.columns:
                assert counts[0] <= counts[1], row


async def test_the_reports_are_fed_by_events_and_tie_to_the_ledger(tmp_path: Path) -> None:
    cashier = make_cashier(tmp_path)
    lives = (
        Life("clm_a").received().sent().accepted().paid(),
        Life("clm_b", 700).received().held("npi"),
        Life("clm_c", 900).received().sent(touches=1),
    )
    for life in lives:
        for event in life.events:
            await cashier.world.hear(event)
    await cashier.settle()
    unbilled = await cashier.get("/books/unbilled?as_of=2026-07-02")
    assert [(row["state"], row["claims"], row["charge_cents"]) for row in unbilled["rows"]] == [("held", 1, 700)]
    assert unbilled["ties"]
    assert unbilled["control"] | {"difference_cents": 0} == {
        "claims_received": 3, "claims_sent": 2, "claims_not_sent": 1, "billed_cents": 10_900, "ledger_cents": 10_900,
        "difference_cents": 0,
    }  # fmt: skip
    flow = await cashier.get("/books/claim-flow?first=2026-07-01&last=2026-07-31&by=month&by=payer")
    touchless = next(row for row in flow["rows"] if row["figure"] == "touchless")
    assert (touchless["month"], touchless["payer"], touchless["value"]) == ("2026-07", "acme", 1.0)
    clean = next(row for row in flow["rows"] if row["figure"] == "clean_claims")
    assert (clean["numerator"], clean["denominator"]) == (1, 2)
    drilled_ = (await cashier.fetched(f"{clean['drill_down']}&column=numerator&form=csv")).text.splitlines()
    assert [line.split(",")[0] for line in drilled_] == ["claim_id", "clm_a"]
    issues = (await cashier.fetched("/books/pre-billing?as_of=2026-07-02&form=csv")).text.splitlines()
    assert issues == ["rule,claims,charge", "npi,1,7.00"]


def test_times_are_days_where_the_client_is() -> None:
    life = Life("a")
    life.at = datetime(2026, 7, 31, 23, 30, tzinfo=UTC)
    life.received().sent().paid()
    from zoneinfo import ZoneInfo

    assert rows(flow_report(JULY, (), ZoneInfo("Europe/Berlin")), life) == {}
