"""Claims wait for their providers' standing with the payer, by day of service, and go on by themselves."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core import Claim
from services.claims.core.content import Provider
from services.claims.core.coverage_news import COVERAGE_NEWS
from services.claims.core.standing import (
    PROVIDER_STANDING,
    STANDING,
    ProviderStanding,
    StandingMessage,
    held_by_standing,
)
from shared.contracts import (
    ClaimHeld,
    EnrollmentChanged,
    Event,
    HoldReason,
    OtherCoverageFound,
    OtherPayer,
    ProviderStandingChanged,
    StandingSpan,
)
from shared.decider import Decider, Snapshot
from tests.claims.callers import CLAIM as BODY
from tests.claims.callers import Client, calling
from tests.claims.makers import NPI, content, line, receive, release, stand
from tests.claims.makers import coverage as answered
from tests.claims.test_claim import Story
from tests.claims.test_rebilling import hear, the_claim
from tests.claims.world import event_meta

DAY = date(2026, 6, 20)
OTHER = "1245319599"


def spans(
    *found: StandingSpan, otherwise: Literal["send", "hold"] = "hold", npi: str = NPI, sequence: int = 1
) -> ProviderStandingChanged:
    return ProviderStandingChanged(
        meta=event_meta(f"spans/{npi}/{sequence}", npi, sequence=sequence, subject=f"provider/{npi}.PAYER1"),
        npi=npi,
        payer_id="PAYER1",
        spans=found,
        otherwise=otherwise,
    )


def enrolled(state: str = "enrolled", since: date = DAY, sequence: int = 1, **changes: Any) -> EnrollmentChanged:
    return EnrollmentChanged.model_validate(
        {
            "meta": event_meta(f"enrolled/{sequence}", NPI, sequence=sequence, subject=f"provider/{NPI}.PAYER1"),
            "npi": NPI,
            "payer_id": "PAYER1",
            "transaction": "837P",
            "state": state,
            "effective_from": since,
            **changes,
        }
    )


def span(first: date, last: date | None = None, action: str = "send", **changes: Any) -> StandingSpan:
    because = {"send": "credentialed", "hold": "pending", "route": "supervised"}[action]
    return StandingSpan.model_validate({"first": first, "last": last, "action": action, "because": because, **changes})


def known(*said: StandingMessage) -> dict[str, ProviderStanding]:
    state = STANDING.start(*said).snapshot.state
    return {f"{state.npi}.{state.payer_id}": state}


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ((), False),
        ((enrolled(),), False),
        ((enrolled(since=date(2026, 6, 21)),), True),
        ((enrolled(effective_to=date(2026, 6, 19), since=date(2026, 1, 1)),), True),
        ((enrolled(effective_to=DAY),), False),
        ((enrolled("submitted"),), True),
        ((enrolled("ended", since=date(2026, 7, 1)),), False),
        ((enrolled("ended"),), True),
        ((enrolled("submitted", transaction="837I"),), False),
        ((spans(span(date(2026, 1, 1))),), False),
        ((spans(span(date(2026, 1, 1), DAY)),), False),
        ((spans(span(date(2026, 6, 21))),), True),
        ((spans(span(date(2026, 6, 21)), otherwise="send"),), False),
        ((spans(span(DAY, action="hold")),), True),
        ((spans(span(DAY, action="route", route_to_npi=OTHER)),), True),
    ],
)
def test_a_day_of_service_is_covered_or_not(said: tuple[StandingMessage, ...], held: bool) -> None:
    found = held_by_standing(content(), known(*said) if said else {})
    assert [(one.rule, one.field) for one in found.holds] == ([(PROVIDER_STANDING, "billing.npi")] if held else [])


def test_a_supervised_provider_needs_the_supervising_one_on_the_claim() -> None:
    under = known(spans(span(DAY, action="route", route_to_npi=OTHER)))
    assert held_by_standing(content(), under).holds
    assert not held_by_standing(content(supervising=Provider(name="B", npi=OTHER)), under).holds


def test_who_renders_a_line_counts_with_that_lines_day() -> None:
    claim = content(
        rendering=Provider(name="A", npi=NPI),
        billing=content().billing.model_copy(update={"npi": OTHER}),
        lines=(line(), line(number="2", line_control_number="2", rendering=Provider(name="C", npi=OTHER))),
    )
    found = held_by_standing(claim, known(spans(span(date(2026, 6, 21)))))
    assert [one.field for one in found.holds] == ["rendering.npi"]
    found = held_by_standing(claim, known(spans(span(date(2026, 6, 21)), npi=OTHER)))
    assert [one.field for one in found.holds] == ["billing.npi", "lines[1].rendering.npi"]


def test_older_news_of_a_provider_changes_nothing() -> None:
    newest = spans(span(DAY), sequence=2)
    decided = STANDING.start(newest, newest, spans(otherwise="hold", sequence=1))
    assert len(decided.facts) == 1
    assert not held_by_standing(content(), known(newest, spans(sequence=1))).holds


def test_a_claim_is_held_and_let_go_by_standing_alone() -> None:
    story = Story(receive(), answered())
    story.when(stand("billing.npi")).then(ClaimHeld, status="held")
    story.when(stand("billing.npi", name="again")).then(status="held")
    story.when(stand()).then(status="ready")


def test_what_else_holds_a_claim_goes_on_holding_it() -> None:
    story = Story(receive(duplicate_of="clm_9"), answered()).when(stand("billing.npi"))
    story.when(stand()).then(status="held")
    assert [one.rule for one in story.snapshot.state.holds] == ["duplicate-claim"]


def test_a_person_may_send_it_all_the_same() -> None:
    story = Story(receive(), answered()).when(stand("billing.npi")).when(release()).then(status="ready")
    story.when(stand("rendering.npi")).then(status="ready")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path) as one:
        yield one


def standing_holds(claim: Claim) -> list[HoldReason]:
    return [one for one in claim.holds if one.rule == PROVIDER_STANDING]


@pytest.mark.parametrize("said", [enrolled("submitted"), spans(span(date(2026, 6, 21)))], ids=["enrollment", "spans"])
async def test_a_claim_waits_until_the_standing_covers_its_day(client: Client, said: Event) -> None:
    world = client.world
    await hear(world, said)
    assert (await client.post("/claims", BODY)).status_code == 201
    await hear(world, answered().model_copy(update=await names(client)))
    claim = await the_claim(world)
    assert claim.status == "held"
    (reason,) = standing_holds(claim)
    assert "goes out by itself" in reason.message

    later = enrolled(sequence=2) if isinstance(said, EnrollmentChanged) else spans(span(date(2026, 6, 1)), sequence=2)
    await hear(world, later)
    assert (await the_claim(world)).status == "submitted"


async def test_a_provider_who_loses_the_payer_stops_what_is_still_here(client: Client) -> None:
    world = client.world
    assert (await client.post("/claims", BODY)).status_code == 201
    await hear(world, spans(span(DAY, action="hold")))
    assert standing_holds(await the_claim(world))


async def test_another_payers_news_touches_nothing(client: Client) -> None:
    world = client.world
    assert (await client.post("/claims", BODY)).status_code == 201
    await hear(world, spans().model_copy(update={"payer_id": "PAYER2"}))
    assert (await the_claim(world)).status == "waiting_coverage"


async def names(client: Client) -> dict[str, Any]:
    claim = await the_claim(client.world)
    return {"claim_id": claim.claim_id, "coverage_id": claim.coverage_id, "account_id": claim.account_id}


def found(name: str, sequence: int) -> OtherCoverageFound:
    return OtherCoverageFound(
        meta=event_meta(f"{name}/{sequence}", "acct_1", sequence=sequence, subject=name),
        account_id="acct_1",
        coverage_id="cov_1",
        payer_id="PAYER1",
        service_date=DAY,
        payers=(OtherPayer(name="OTHER PLAN"),),
    )


NEWS_OF_PROVIDERS = [
    enrolled(sequence=1),
    enrolled("ended", sequence=2),
    spans(sequence=3),
    spans(span(DAY), sequence=4),
]
NEWS_OF_COVERAGE = [found("check/1", 1), found("check/1", 2), found("check/2", 1)]


@pytest.mark.parametrize(("decider", "news"), [(STANDING, NEWS_OF_PROVIDERS), (COVERAGE_NEWS, NEWS_OF_COVERAGE)])
@given(st.data())
def test_what_every_decider_promises(decider: Decider[Any, Any, Any], news: list[Event], data: st.DataObject) -> None:
    told = data.draw(st.lists(st.sampled_from(news), max_size=8))
    whole = decider.start(*told)
    snapshot = Snapshot(decider.initial)
    facts: list[Any] = []
    for one in told:
        step = decider.run(snapshot, (one,))
        snapshot, facts = step.snapshot, [*facts, *step.facts]
    assert (snapshot, tuple(facts)) == (whole.snapshot, whole.facts)
    assert decider.fold(facts) == whole.snapshot.state
    assert not decider.run(whole.snapshot, told).changed
    assert decider.state_codec.validate_json(decider.state_codec.dump_json(snapshot.state)) == snapshot.state
