"""Claims that go to another payer, or out again, because of what eligibility says: by rule, once, or by a person."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core import Claim
from services.claims.core.claim_messages import ClaimMessage, ReportRebilling
from services.claims.core.rebilling import PayerChanged, RebillClaim
from services.claims.core.work_state import WorkItem
from services.claims.policies import POLICY_FOLDER
from services.claims.rebill_rules import rebill_policy
from shared.contracts import (
    Adjustment,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRerouted,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    CoverageWorkFound,
    Event,
    OtherCoverageFound,
    OtherPayer,
)
from shared.decider import Decided, Snapshot
from shared.identity import Individual, SubscriberIdentity, seal_model
from shared.policy import PolicyError
from shared.store.port import Key
from tests.claims.callers import CLAIM as BODY
from tests.claims.callers import Client, calling
from tests.claims.makers import (
    CLAIM,
    CLAIM_ID,
    assign,
    content,
    correct,
    coverage,
    hold,
    meta,
    news,
    receive,
    release,
    remit,
    transmit,
)
from tests.claims.test_succession import original, remitted, written
from tests.claims.world import TENANT, World, event_meta

SENT: tuple[ClaimMessage, ...] = (receive(), coverage(), assign(), transmit())
NOT_COVERED = (Adjustment(group="CO", reason="27", amount_cents=125_00),)
DENIED = (*SENT, remit(paid_cents=0, denied_cents=125_00, adjustments=NOT_COVERED))


class Story:
    """A claim whose rebilling effects are answered as they come."""

    def __init__(self, *given: ClaimMessage) -> None:
        self.snapshot: Snapshot[Claim] = CLAIM.start(*given).snapshot

    def when(self, *messages: ClaimMessage) -> Decided[Claim, Any]:
        decided = CLAIM.run(self.snapshot, messages)
        self.snapshot = decided.snapshot
        return decided

    def made(self, because: str = "") -> Decided[Claim, Any]:
        """The claim is made for the payer it goes to, or cannot be."""
        ((effect_id, pending),) = (
            (id_, one) for id_, one in self.snapshot.effects.items() if isinstance(one.effect, RebillClaim)
        )
        effect = pending.effect
        assert isinstance(effect, RebillClaim)
        again = effect.to_payer_id == effect.from_payer_id
        claim = content(payer_id=effect.to_payer_id, frequency_code="7" if again else "1")
        claim = claim.model_copy(update={"payer_claim_control_number": "ICN1" if again else ""})
        name = f"made/{effect_id}"
        correction = correct(claim, name=name, coverage_id="cov_1" if again else f"cov_{effect.to_payer_id}")
        answer = ReportRebilling(
            meta=meta(name).model_copy(update={"causation": effect_id}),
            claim_id=CLAIM_ID,
            found=effect.found,
            from_payer_id=effect.from_payer_id,
            to_payer_id=effect.to_payer_id,
            rule=effect.rule,
            correction=None if because else correction,
            because=because,
        )
        return self.when(answer)

    @property
    def state(self) -> Claim:
        return self.snapshot.state

    def status(self) -> str:
        return self.state.status


def kinds(decided: Decided[Claim, Any]) -> list[type[Event]]:
    return [type(one) for one in decided.events]


def test_case_06_a_271_that_names_a_medicaid_mco_sends_the_claim_there() -> None:
    story = Story(receive())
    asked = story.when(coverage("routed"))
    assert [one.to_payer_id for one in asked.effects if isinstance(one, RebillClaim)] == ["PAYER2"]
    assert story.status() == "waiting_coverage"
    moved = story.made()
    assert kinds(moved) == [ClaimRerouted, ClaimReceived]
    (changed,) = (one for one in moved.facts if isinstance(one, PayerChanged))
    assert (changed.from_payer_id, changed.to_payer_id, changed.rule) == (
        "PAYER1",
        "PAYER2",
        "managed-care-before-sending",
    )
    assert "manages the patient's care" in changed.because
    assert story.state.content is not None
    assert story.state.content.payer_id == "PAYER2"


def test_a_ready_claim_is_called_back_for_the_plan_that_takes_it() -> None:
    story = Story(receive(), coverage())
    assert story.status() == "ready"
    story.when(coverage("routed", 2))
    assert story.status() == "waiting_coverage"
    story.when(assign())
    assert story.state.submission_id is None


@pytest.mark.parametrize("told", [SENT[:3], SENT], ids=["in a file", "sent"])
def test_a_claim_that_left_is_not_touched_and_a_person_hears(told: tuple[ClaimMessage, ...]) -> None:
    story = Story(*told)
    before = story.state
    decided = story.when(coverage("routed", 2))
    assert kinds(decided) == [CoverageWorkFound]
    assert decided.effects == ()
    assert (story.state.status, story.state.content) == (before.status, before.content)


def test_a_claim_that_left_while_it_was_being_made_stays_as_it_is() -> None:
    story = Story(receive(), coverage("routed"))
    story.when(coverage("verified", 2), assign())
    assert kinds(story.made()) == [CoverageWorkFound]
    assert story.state.content is not None
    assert story.state.content.payer_id == "PAYER1"


def test_what_cannot_be_made_waits_for_a_person_who_may_release_it() -> None:
    story = Story(receive(), coverage("routed"))
    assert kinds(story.made("The identifiers cannot be opened.")) == [ClaimHeld]
    assert [one.rule for one in story.state.holds] == ["managed-care"]
    story.when(release())
    assert story.status() == "ready"


def test_a_claim_is_moved_once_and_then_a_person_finds_out() -> None:
    story = Story(receive(), coverage("routed"))
    story.made()
    back = coverage("routed", 3).model_copy(
        update={"coverage_id": "cov_PAYER2", "payer_id": "PAYER2", "route_to_payer_id": "PAYER1"}
    )
    decided = story.when(back)
    assert decided.effects == ()
    assert [one.rule for one in story.state.holds] == ["managed-care"]


def test_what_a_person_holds_stays_held_at_the_other_payer() -> None:
    story = Story(receive(), hold(), coverage("routed"))
    story.made()
    assert story.status() == "held"
    assert [one.rule for one in story.state.holds] == ["person"]


def test_coverage_in_force_after_all_sends_a_denied_claim_again_once() -> None:
    story = Story(*DENIED)
    asked = story.when(coverage("verified", 2))
    assert [type(one) for one in asked.effects] == [RebillClaim]
    assert story.when(coverage("verified", 2)).facts == ()
    assert kinds(story.made()) == [ClaimRerouted]
    assert story.status() == "ready"
    story.when(assign("sub_2"), transmit("sub_2"), remit(2, paid_cents=0, denied_cents=125_00, adjustments=NOT_COVERED))
    assert story.status() == "denied"
    again = story.when(coverage("verified", 3))
    assert again.effects == ()
    assert kinds(again) == [CoverageWorkFound]


def test_a_denial_for_another_reason_stays_with_its_work_item() -> None:
    lacks = (Adjustment(group="CO", reason="16", amount_cents=125_00),)
    story = Story(*SENT, remit(paid_cents=0, denied_cents=125_00, adjustments=lacks))
    decided = story.when(coverage("verified", 2))
    assert (decided.effects, decided.events) == ((), ())


def test_another_payer_first_is_a_persons_to_find_out() -> None:
    other_first = (Adjustment(group="CO", reason="22", amount_cents=125_00),)
    story = Story(*SENT, remit(paid_cents=0, denied_cents=125_00, adjustments=other_first))
    decided = story.when(coverage("verified", 2))
    assert (decided.effects, kinds(decided)) == ((), [CoverageWorkFound])


def test_inactive_again_changes_nothing_of_a_denial() -> None:
    story = Story(*DENIED)
    assert story.when(coverage("inactive", 2)).effects == ()
    assert story.status() == "denied"


def test_discovered_coverage_is_billed_after_a_denial_and_told_before() -> None:
    denied = Story(*DENIED)
    (effect,) = denied.when(news(payer_id="PAYER3")).effects
    assert isinstance(effect, RebillClaim)
    assert (effect.to_payer_id, effect.sealed_subscriber) == ("PAYER3", "sealed:7")
    paid = Story(*SENT, remit())
    assert kinds(paid.when(news(payer_id="PAYER3"))) == [CoverageWorkFound]
    assert paid.when(news(payer_id="PAYER3")).facts == ()


@given(st.lists(st.sampled_from(["verified", "routed", "back", "news", "denied", "made"]), max_size=25))
def test_no_claim_goes_around(steps: list[str]) -> None:
    """However payers answer, and however often they deny, policy's number of times bounds what goes out by itself."""
    story = Story(*DENIED)
    for n, step in enumerate(steps, 2):
        cov = story.state.coverage_id
        match step:
            case "news":
                story.when(news(payer_id=f"PAYER{n}", source=f"check/{n}"))
            case "denied":
                story.when(coverage("unknown", n, f"check/{n}").model_copy(update={"coverage_id": cov}))
                story.when(assign(f"sub_{n}"), transmit(f"sub_{n}"))
                story.when(remit(n, paid_cents=0, denied_cents=125_00, adjustments=NOT_COVERED))
            case "made":
                if sum(isinstance(one.effect, RebillClaim) for one in story.snapshot.effects.values()) == 1:
                    story.made()
            case _:
                to = {"back": "PAYER1", "routed": "PAYER2"}.get(step)
                told = coverage("verified", n).model_copy(update={"coverage_id": cov, "route_to_payer_id": to})
                story.when(told)
    changes = story.state.payer_changes
    assert len(changes) <= 2
    assert len({one.rule for one in changes}) == len(changes)


def test_a_policy_that_cannot_be_used_says_where(tmp_path: Path) -> None:
    good = (POLICY_FOLDER / "rebilling.toml").read_text()
    path = tmp_path / "rebilling.toml"
    for was, now, message in (
        ('action = "bill"', 'action = "pay"', "entry 1: action"),
        ('id = "managed-care-after-denial"', 'id = "managed-care-before-sending"', "used twice"),
        ("times_max = 2", 'times_max = "two"', "whole number"),
    ):
        path.write_text(good.replace(was, now, 1))
        with pytest.raises(PolicyError, match=message):
            rebill_policy(path)


def test_every_rule_is_dated_and_sourced() -> None:
    policy = rebill_policy(POLICY_FOLDER / "rebilling.toml")
    assert all(one.source and one.owner for one in policy.rules)
    assert policy.rule("active", "eligibility", date(2019, 12, 31)) is None


# The service: real intake, seals, files and work items on memory.


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path) as one:
        yield one


async def hear(world: World, event: Event) -> None:
    """An event as the inbox gives it to whoever subscribes."""
    for route in world.spec.routes[type(event).model_fields["type"].default]:
        await world.runtime.shell.transact(route.decider, (event,))
    await world.settle()


async def relay(world: World, *types: type[Event]) -> None:
    """Our own events come back to us, as they do over the broker."""
    for event in world.events(*types):
        await hear(world, event)


def verified(claim: Claim, sequence: int, **changes: Any) -> CoverageVerified:
    assert claim.content is not None
    assert claim.content.service_from is not None
    return CoverageVerified(
        meta=event_meta(f"again/{claim.claim_id}/{sequence}", claim.account_id, sequence=sequence),
        account_id=claim.account_id,
        claim_id=claim.claim_id,
        coverage_id=claim.coverage_id,
        payer_id=claim.content.payer_id,
        service_date=claim.content.service_from,
        **changes,
    )


async def the_claim(world: World) -> Claim:
    (claim,) = await world.claims()
    return claim


async def work_of(world: World, claim: Claim) -> WorkItem:
    decider = next(one for one in world.spec.deciders if one.kind == "work_item")
    key = Key(TENANT, claim.claim_id)
    state = (await world.store.load(decider, (key,)))[key].snapshot.state
    assert isinstance(state, WorkItem)
    return state


async def test_case_06_the_file_goes_to_the_mco_and_history_says_why(client: Client) -> None:
    taken = await client.post("/claims", BODY)
    claim = await the_claim(client.world)
    await hear(client.world, verified(claim, 1, managed_care="SUMMIT CARE", route_to_payer_id="RC106"))
    await hear(client.world, verified(await the_claim(client.world), 2))
    (sent,) = written(client.world)
    assert (sent.payer.id, sent.payer.name, sent.patient_control_number) == ("RC106", "SUMMIT CARE", "API1")
    assert sent.subscriber.member_id == "MEMBER77"
    shown = (await client.get(f"/claims/{taken.json()['claim_id']}")).json()
    text = str(shown)
    assert "payer-changed" in text
    assert "names the plan that manages the patient's care" in text
    assert "QUILLFEATHER" not in text


async def deny(world: World, claim: Claim) -> None:
    gone = {"paid_cents": 0, "patient_responsibility_cents": 0, "denied_cents": 125_00, "lines": ()}
    await world.tell(remitted(claim, 1, **gone, adjustments=NOT_COVERED))


async def denied_claim(client: Client) -> Claim:
    claim = await original(client)
    await deny(client.world, claim)
    await relay(client.world, ClaimDenied)
    claim = await the_claim(client.world)
    assert claim.status == "denied"
    assert (await work_of(client.world, claim)).status == "open"
    return claim


async def test_a_fresh_answer_rebills_a_denied_claim_and_closes_its_work(client: Client) -> None:
    claim = await denied_claim(client)
    await hear(client.world, verified(claim, 2))
    first, second = written(client.world)
    assert (second.frequency_code, second.payer_claim_control_number) == ("7", "ICN1")
    assert first.patient_control_number == second.patient_control_number
    await relay(client.world, ClaimRerouted)
    work = await work_of(client.world, claim)
    assert (work.status, work.outcome) == ("done", "rebilled")
    assert len(await client.world.claims()) == 1


async def discovery(world: World, account_id: str, service_date: date) -> CoverageDiscovered:
    """A payer that nobody had named covers the patient."""
    own = SubscriberIdentity(
        subscriber=Individual(last_name="QUILLFEATHER", first_name="ADA", birth_date=date(1980, 2, 3)),
        member_id="NEWMEMBER9",
    )
    return CoverageDiscovered(
        meta=event_meta("found", account_id, subject="discovery/1"),
        account_id=account_id,
        coverage_id="cov_found",
        payer_id="RC103",
        service_date=service_date,
        balance_cents=125_00,
        sealed_subscriber=await seal_model(world.runtime.sealer, TENANT, account_id, own),
    )


async def test_coverage_discovered_before_is_kept_for_a_claim_that_is_denied_later(client: Client) -> None:
    claim, world = await original(client), client.world
    await hear(world, await discovery(world, claim.account_id, date(2026, 1, 5)))
    assert client.world.events(CoverageWorkFound) == []
    await deny(world, claim)
    assert len(written(world)) == 1
    await relay(world, ClaimDenied)
    await relay(world, ClaimDenied)
    await hear(world, verified(await the_claim(world), 5))
    _, second = written(world)
    assert (second.payer.id, second.subscriber.member_id, second.frequency_code) == ("RC103", "NEWMEMBER9", "1")
    assert (await the_claim(world)).touches == 0, "the house billed it by itself"


async def test_a_claim_held_for_inactive_coverage_hears_of_coverage_discovered_before(client: Client) -> None:
    assert (await client.post("/claims", BODY)).status_code == 201
    world = client.world
    claim = await the_claim(world)
    await hear(world, await discovery(world, claim.account_id, date(2026, 1, 5)))
    inactive = verified(claim, 1).model_dump(mode="python", exclude={"type"})
    known = {name: inactive[name] for name in CoverageInactive.model_fields if name in inactive}
    await hear(world, CoverageInactive(**known))
    await relay(world, ClaimHeld)
    (found,) = world.events(CoverageWorkFound)
    assert isinstance(found, CoverageWorkFound)
    assert (found.claim_id, found.payers) == (claim.claim_id, ("RC103",))
    await relay(world, ClaimHeld)
    assert len(world.events(CoverageWorkFound)) == 1


async def test_a_denied_claim_goes_to_the_coverage_that_was_discovered(client: Client) -> None:
    claim = await denied_claim(client)
    world = client.world
    found = await discovery(world, claim.account_id, date(2026, 6, 20))
    await hear(world, found)
    await hear(world, found)
    await hear(world, verified(await the_claim(world), 5))
    _, second = written(world)
    assert (second.payer.id, second.subscriber.member_id, second.frequency_code) == ("RC103", "NEWMEMBER9", "1")
    assert b"NEWMEMBER9" not in world.lying()
    assert b"NEWMEMBER9" not in await world.published()


async def test_a_replacement_that_the_payer_does_not_take_is_work_and_says_why(client: Client) -> None:
    claim = await original(client)
    gone = {"paid_cents": 0, "patient_responsibility_cents": 0, "denied_cents": 125_00, "lines": ()}
    nameless = {"payer_claim_control_number": None, "adjustments": NOT_COVERED}
    await client.world.tell(remitted(claim, 1, **gone, **nameless))
    await hear(client.world, verified(claim, 2))
    (found,) = client.world.events(CoverageWorkFound)
    assert isinstance(found, CoverageWorkFound)
    assert "claim control number" in found.because
    assert len(written(client.world)) == 1


async def test_case_07_other_coverage_is_a_cob_work_item_that_a_payment_leaves_open(client: Client) -> None:
    claim = await original(client)
    world = client.world
    other = OtherCoverageFound(
        meta=event_meta("other", claim.account_id, subject="check/2"),
        account_id=claim.account_id,
        coverage_id=claim.coverage_id,
        payer_id="PAYER1",
        service_date=date(2026, 6, 20),
        payers=(OtherPayer(name="OTHER PLAN", payer_id="OP1", primacy="primary"),),
    )
    await hear(world, other)
    await hear(world, other)
    assert len(world.events(CoverageWorkFound)) == 1
    await relay(world, CoverageWorkFound)
    work = await work_of(world, claim)
    assert [(one.kind, one.detail) for one in work.causes] == [("cob", "cob OTHER PLAN (OP1) primary")]
    assert (work.category, work.next_action) == ("coordination_of_benefits", "rebill_other_payer")
    await world.tell(remitted(claim, 1))
    await relay(world, ClaimPaid)
    assert (await work_of(world, claim)).status == "open"
