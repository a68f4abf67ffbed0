"""The workbench over HTTP: what waits, what may be meant, match and unmatch, and two people at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.payments.core.control_number import (
    CONTROL_NUMBER,
    ForwardRemittedClaim,
    MatchRemittedClaim,
    RemittedClaimWithdrawn,
    RouteRemittedClaim,
    UnmatchRemittedClaim,
    WithdrawRemittedClaim,
)
from services.payments.core.remitted import RemittedClaim
from shared.contracts import ClaimSubmitted
from shared.identity import Guarantor, seal_model
from shared.x12.era835 import ClaimPayment, Named
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import PROPERTY, decision, meta, submitted
from tests.payments.posting import get, post
from tests.payments.test_routing_properties import holds_for
from tests.payments.world import TENANT, World, make_world

SPLIT = (("CO", "45", 2_000), ("PR", "2", 2_000))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def claim(name: str, charge_cents: int = 10_000, account: str = "acct_1", pcn: str | None = None) -> ClaimSubmitted:
    made = submitted(name, charge_cents)
    event_meta = made.meta.model_copy(update={"source": "claims", "key": account})
    return made.model_copy(
        update={"meta": event_meta, "account_id": account, "patient_control_number": pcn or f"PCN-{name}"}
    )


def where(listed: dict[str, Any], **more: Any) -> dict[str, Any]:
    [one] = listed["remitted"]
    return {
        "patient_control_number": listed["patient_control_number"],
        "remittance_id": one["remittance_id"],
        "position": one["position"],
        "version": listed["version"],
        "reason": "the charge and the name agree",
        **more,
    }


async def test_case_37_an_unmatched_claim_is_matched_by_a_person_and_unmatching_restores_the_books(
    world: World,
) -> None:
    await world.hear(claim("clm_a"))
    before = await get(world, "/accounts/acct_1")
    await world.drop(era_file(check([answered("WRONG", 6_000, SPLIT)])))
    [waiting] = await get(world, "/unmatched")
    assert (waiting["because"], waiting["claims_of_this_number"]) == ("no claim has this control number", 0)
    body = where(waiting, account_id="acct_1", claim_id="clm_a")
    matched = await post(world, "/unmatched/match", body, "m1", "ann")
    assert (matched.status_code, matched.json()["told_by"]) == (200, "person")
    assert (await post(world, "/unmatched/match", body, "m1", "ann")).json() == matched.json()
    await world.settle()
    account = await get(world, "/accounts/acct_1")
    assert (account["balance_cents"], account["totals"]["paid_cents"]) == (2_000, 6_000)
    entries = await get(world, "/accounts/acct_1/ledger")
    assert {one["posted_by"] for one in entries if "place" in one} == {"ann"}

    unmatch = {**where(waiting), "version": matched.json()["version"], "reason": "it is the brother's claim"}
    assert (await post(world, "/unmatched/unmatch", unmatch, "u1", "bob")).status_code == 202
    await world.settle()
    assert await get(world, "/accounts/acct_1") == before
    [again] = await get(world, "/unmatched")
    assert again["remitted"][0]["unmatched_by_a_person"] is True
    assert (await world.proof()).proved
    assert world.counted()["PaymentReversed"] == 1
    second = await post(world, "/unmatched/match", where(again, account_id="acct_1", claim_id="clm_a"), "m2")
    assert second.status_code == 200
    await world.settle()
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 6_000


async def test_two_people_at_once_one_is_told_to_look_again(world: World) -> None:
    await world.hear(claim("clm_a"), claim("clm_b"))
    await world.drop(era_file(check([answered("WRONG", 6_000, SPLIT)])))
    [waiting] = await get(world, "/unmatched")
    first = await post(world, "/unmatched/match", where(waiting, account_id="acct_1", claim_id="clm_a"), "m1", "ann")
    other = await post(world, "/unmatched/match", where(waiting, account_id="acct_1", claim_id="clm_b"), "m2", "bob")
    assert (first.status_code, other.status_code) == (200, 409)
    assert "look at it again" in other.json()["detail"]
    assert (await post(world, "/unmatched/match", where(waiting, account_id="acct_1", claim_id="no"), "m3")
            ).status_code == 404  # fmt: skip


async def test_a_match_by_number_is_taken_back_too_and_no_rule_posts_it_again(world: World) -> None:
    await world.hear(claim("clm_a"))
    file = era_file(check([answered("PCN-clm_a", 6_000, SPLIT)]))
    await world.drop(file)
    [remittance] = await get(world, "/remittances")
    body = {
        "patient_control_number": "PCN-clm_a",
        "remittance_id": remittance["remittance_id"],
        "position": 1,
        "version": 1,
        "reason": "the payer used our number for somebody else",
    }
    assert (await post(world, "/unmatched/unmatch", body, "u1")).status_code == 202
    await world.settle()
    await world.drop(file, "again.835")
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 0
    [waiting] = await get(world, "/unmatched")
    assert waiting["because"] == "a person took the match back"


async def test_suggestions_say_why_and_post_nothing(world: World) -> None:
    sealed = await seal_model(world.sealer, TENANT, "acct_1", Guarantor(name="Marguerite Canary"))
    ours = claim("clm_a", pcn="LS-000123").model_copy(update={"sealed_guarantor": sealed})
    await world.hear(ours, claim("clm_b", account="acct_2"), claim("clm_c", 99_00, "acct_3"))
    payment: ClaimPayment = replace(
        answered("LS123", 6_000, SPLIT), patient=Named(last_name="CANARY", first_name="MARGUERITE")
    )
    await world.drop(era_file(check([payment])))
    [waiting] = await get(world, "/unmatched")
    place = {name: value for name, value in where(waiting).items() if name not in ("version", "reason")}
    likely, unlikely = await get(world, "/unmatched/suggestions", **place)
    assert (likely["claim_id"], unlikely["claim_id"]) == ("clm_a", "clm_b")
    assert likely["score"] > unlikely["score"]
    assert "patient and guarantor have the same name" in likely["why"]
    assert "the charge is the same: 10000 cents" in unlikely["why"]
    assert "canary" not in str((likely, waiting)).lower()
    assert (await get(world, "/accounts/acct_1"))["totals"]["paid_cents"] == 0


async def test_a_later_remittance_finds_the_claim_by_the_payers_number(world: World) -> None:
    await world.hear(claim("clm_a"))
    await world.drop(era_file(check([answered("PCN-clm_a", 6_000, SPLIT, control_number="ICN7")])))
    back = answered("PCN?", -6_000, [("CO", "45", -2_000), ("PR", "2", -2_000)], charge_cents=-10_000, status="22",
                    control_number="ICN7")  # fmt: skip
    await world.drop(era_file(check([back], trace="T2"), control=2), "b.835")
    assert await get(world, "/unmatched") == []
    account = await get(world, "/accounts/acct_1")
    assert (account["totals"]["paid_cents"], account["balance_cents"]) == (0, 0)


async def test_the_list_is_filtered_and_goes_on_where_it_ended(world: World) -> None:
    claims = [answered(f"NONE{n}", 6_000, SPLIT, control_number=f"ICN{n}") for n in range(5)]
    await world.drop(era_file(check(claims)))
    first = await get(world, "/unmatched", limit=3)
    rest = await get(world, "/unmatched", limit=3, after=first[-1]["patient_control_number"])
    assert [one["patient_control_number"] for one in (*first, *rest)] == [f"NONE{n}" for n in range(5)]
    payer = first[0]["remitted"][0]["payer_id"]
    assert len(await get(world, "/unmatched", payer_id=payer)) == 5
    assert await get(world, "/unmatched", payer_id="another") == []
    assert await get(world, "/unmatched", ambiguous=True) == []


CONTENT = decision("rem_1", 6_000, {"CO-45": 4_000})


def word(kind: type[Any], version: int, name: str, **more: Any) -> Any:
    return kind(
        meta=meta(f"{kind.__name__} {version} {name}"),
        patient_control_number="PCN-clm_a",
        remittance_id="rem_1",
        position=1,
        version=version,
        reason="because of the name",
        **more,
    )


def match_of(version: int, claim_id: str) -> MatchRemittedClaim:
    made: MatchRemittedClaim = word(MatchRemittedClaim, version, claim_id, account_id="acct_1", claim_id=claim_id)
    return made


def unmatch_of(version: int, content: RemittedClaim = CONTENT) -> UnmatchRemittedClaim:
    made: UnmatchRemittedClaim = word(UnmatchRemittedClaim, version, str(content.paid_cents), remitted=content)
    return made


ROUTE = RouteRemittedClaim(meta=meta("route it"), remitted=CONTENT)
WORDS = st.one_of(
    st.builds(match_of, st.integers(0, 5), st.sampled_from(("clm_a", "clm_b"))),
    st.builds(unmatch_of, st.integers(0, 5)),
    st.just(ROUTE),
    st.just(submitted()),
)


def as_seen(drawn: list[Any]) -> list[Any]:
    """Nobody has seen a version that is yet to come: a word names the one that stands, or an earlier one."""
    snapshot, delivered = CONTROL_NUMBER.start().snapshot, list[Any]()
    for message in drawn:
        now = snapshot.state.version
        if isinstance(message, MatchRemittedClaim):
            message = match_of(min(message.version, now), message.claim_id)  # noqa: PLW2901
        elif isinstance(message, UnmatchRemittedClaim):
            message = unmatch_of(min(message.version, now))  # noqa: PLW2901
        snapshot = CONTROL_NUMBER.run(snapshot, (message,)).snapshot
        delivered.append(message)
    return delivered


@PROPERTY
@for_all(st.lists(WORDS, max_size=12).map(as_seen), st.integers(0, 12))
def test_words_about_a_number(delivered: list[Any], cut: int) -> None:
    holds_for(CONTROL_NUMBER, delivered, cut)


@PROPERTY
@for_all(st.lists(WORDS, max_size=14))
def test_a_place_is_on_one_claim_or_waits_and_never_both(delivered: list[Any]) -> None:
    snapshot = CONTROL_NUMBER.start().snapshot
    on: list[str] = []
    for message in delivered:
        decided = CONTROL_NUMBER.run(snapshot, (message,))
        snapshot = decided.snapshot
        on += [one.claim_id for one in decided.effects if isinstance(one, ForwardRemittedClaim)]
        for pending in tuple(snapshot.effects.values()):
            if not isinstance(pending.effect, WithdrawRemittedClaim):
                continue
            answer = RemittedClaimWithdrawn(
                meta=meta(f"withdrawn {pending.id}").model_copy(update={"causation": pending.id}),
                patient_control_number="PCN-clm_a",
                remitted=CONTENT,
            )
            assert on.pop() == pending.effect.claim_id
            snapshot = CONTROL_NUMBER.run(snapshot, (answer, answer)).snapshot
        assert len(on) <= 1
        waits = any(one.place == CONTENT.place for one in snapshot.state.held)
        assert not (on and waits)
        assert CONTENT.place not in snapshot.state.withdrawing
