"""Indicators are counts over counts by day: what each claim adds, and that ratios are never averaged."""

from datetime import date, timedelta

from services.console.core import CLAIM_VIEW, ClaimView
from services.console.core.kpis import Days, Ratio, add_to_days, shown
from tests.console.conftest import tell_everything
from tests.console.desk import Desk
from tests.console.story import START, Story

TODAY = START.date()


def view_of(story: Story) -> ClaimView:
    return CLAIM_VIEW.start(*(event for event in story.events if event.meta.source == "claims")).snapshot.state  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def counted(*stories: Story) -> dict[str, tuple[int, int]]:
    days = Days()
    for story in stories:
        add_to_days(days, view_of(story))
    return {one.kpi.name: (one.week.top, one.week.of) for one in shown(days, TODAY)}


def told(*steps: str) -> Story:
    story = Story()
    claim = story.claim(1).received()
    for step in steps:
        claim = claim.denied(10_00) if step == "denied" else getattr(claim, step)()
    return story


def test_a_claim_that_goes_straight_through_is_clean_first_pass_and_touchless() -> None:
    assert counted(told("submitted", "accepted", "paid")) == {
        "clean": (1, 1),
        "rejected": (0, 1),
        "denied": (0, 1),
        "first_pass": (1, 1),
        "touchless": (1, 1),
    }


def test_what_was_held_rejected_or_denied_first_is_not() -> None:
    assert counted(told("held"))["clean"] == (0, 1)
    assert counted(told("submitted", "rejected"))["rejected"] == (1, 1)
    mended = counted(told("held", "submitted", "rejected", "submitted", "paid"))
    assert (mended["clean"], mended["first_pass"], mended["touchless"]) == ((0, 1), (0, 1), (0, 1))
    assert counted(told("submitted", "denied"))["denied"] == (1, 1)


def test_what_waits_for_the_edits_counts_nowhere() -> None:
    assert set(counted(told()).values()) == {(0, 0)}


def test_a_week_is_its_days_numerators_over_its_days_denominators() -> None:
    days = Days({("clean", TODAY): Ratio(1, 1), ("clean", TODAY - timedelta(days=6)): Ratio(0, 9)})
    (clean, *_) = shown(days, TODAY)
    assert clean.week.percent == 10.0
    assert clean.before.percent is None
    assert clean.is_better is None
    assert clean.trend[-1] == (date(2026, 7, 1), Ratio(1, 1))


async def test_the_overview_shows_flow_oldest_and_indicators(desk: Desk) -> None:
    await tell_everything(desk)
    text = (await desk.browser().get("/")).text
    assert "10 of 11" in text  # one of eleven claims that the edits judged was held
    assert "0.2 a minute" in text  # twelve claims received within the hour
    assert "oldest " in text
