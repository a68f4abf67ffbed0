"""Tags, notes and owner of a claim: by people and rules, in queries, sealed where they may name somebody."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.claims.core.claim_messages import ClaimMessage
from services.claims.core.claim_notes import NOTES_MAX, TAGS_MAX, AssignClaimOwner, NoteClaim, TagClaim
from services.claims.core.claim_state import Claim
from services.claims.desk_api import router as desk_router
from shared.decider import Effect
from tests.claims.callers import CLAIM, Client, calling
from tests.claims.makers import CLAIM as DECIDER
from tests.claims.makers import CLAIM_ID, meta, receive
from tests.claims.rule_makers import document
from tests.claims.rules_client import rules_client
from tests.claims.test_api import changed


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path, desk_router) as one:
        yield one


async def taken(client: Client, number: str = "A") -> str:
    body = {**changed(["subscriber", "member_id"], f"M{number}"), "patient_control_number": number}
    return str((await client.post("/claims", body, key=number)).json()["claim_id"])


async def ids(client: Client, query: str) -> list[str]:
    return [one["claim_id"] for one in (await client.get(f"/claims?{query}")).json()]


async def test_tags_are_set_found_and_taken_away(client: Client) -> None:
    one, two = sorted([await taken(client), await taken(client, "B")])
    tagged = await client.post(f"/claims/{one}/tags", {"add": ["urgent", "audit-2026"]})
    assert tagged.json()["tags"] == ["urgent", "audit-2026"]
    await client.post(f"/claims/{two}/tags", {"add": ["urgent"]}, key="two")
    assert await ids(client, "tag=urgent") == [one, two]
    assert await ids(client, "tag=audit-2026&status=waiting_coverage") == [one]
    left = await client.post(f"/claims/{one}/tags", {"remove": ["urgent", "never-there"]}, key="away")
    assert left.json()["tags"] == ["audit-2026"]
    assert await ids(client, "tag=urgent") == [two]
    assert left.json()["status"] == "waiting_coverage", "a tag moves nothing else"


async def test_a_person_takes_away_what_a_rule_set_and_sets_it_again(tmp_path: Path) -> None:
    async with rules_client(tmp_path, desk_router) as client:
        await client.activate(document(None, {"tag": "Look twice"}, id="looks"))
        claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
        assert await ids(client, "tag=Look twice") == [claim_id]
        away = await client.post(f"/claims/{claim_id}/tags", {"remove": ["Look twice"], "add": ["mine"]}, key="a")
        assert away.json()["tags"] == ["mine"]
        assert await ids(client, "tag=Look twice") == []
        assert await ids(client, "tag=mine") == [claim_id]


async def test_a_claim_has_an_owner_whose_claims_are_listed(client: Client) -> None:
    one, two = await taken(client), await taken(client, "B")
    assert (await client.post(f"/claims/{one}/owner", {"owner": "kim@lakeside"})).json()["owner"] == "kim@lakeside"
    assert await ids(client, "owner=kim@lakeside") == [one]
    given = await client.post(f"/claims/{one}/owner", {"owner": "lee@lakeside"}, key="other")
    assert given.json()["owner"] == "lee@lakeside"
    assert await ids(client, "owner=kim@lakeside") == []
    assert (await client.post(f"/claims/{one}/owner", {}, key="nobody")).json()["owner"] is None
    history = (await client.get(f"/claims/{one}")).json()["timeline"]
    assert [(line["owner"], line["actor"]) for line in history if line["type"] == "claim-owned"] == [
        ("kim@lakeside", "pat@lakeside"),
        ("lee@lakeside", "pat@lakeside"),
        ("", "pat@lakeside"),
    ]
    assert (await client.get(f"/claims/{two}")).json()["owner"] is None


async def test_a_note_lies_sealed_and_each_look_is_told(client: Client) -> None:
    claim_id = await taken(client)
    text = "Ms QUILLFEATHER called: her card is of the old plan."
    written = await client.post(f"/claims/{claim_id}/notes", {"text": f"  {text} "})
    assert (written.status_code, written.json()["notes"]) == (201, 1)
    again = await client.post(f"/claims/{claim_id}/notes", {"text": text})
    assert again.json()["notes"] == 1, "the same key is the same note"
    await client.post(f"/claims/{claim_id}/notes", {"text": "Second."}, key="k2")
    found = (await client.get(f"/claims/{claim_id}/notes")).json()
    assert [(one["text"], one["actor"]) for one in found] == [(text, "pat@lakeside"), ("Second.", "pat@lakeside")]
    assert b"called" not in client.world.lying() + await client.world.published()
    shown = await client.get(f"/claims/{claim_id}")
    assert [line["type"] for line in shown.json()["timeline"]][-2:] == ["claim-noted", "claim-noted"]
    assert "sealed" not in shown.text
    assert (await client.get(f"/claims/{claim_id}/notes", role="operator")).status_code == 403
    audit = [dict(note) for note in await client.world.store.notes("audit", "lakeside", None, 100)]
    assert [note["action"] for note in audit].count("claim.notes.read") == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tags", {"add": ["Ms Quillfeather"]}, 422),
        ("tags", {"add": ["x" * 41]}, 422),
        ("tags", {"surprise": 1}, 422),
        ("tags", {"add": [f"t{n}" for n in range(TAGS_MAX)] + ["one-more"]}, 422),
        ("notes", {"text": "   "}, 422),
        ("notes", {"text": "x" * 2001}, 422),
        ("owner", {"owner": "x" * 81}, 422),
    ],
)
async def test_what_is_none_is_refused(client: Client, path: str, body: Any, status: int) -> None:
    claim_id = await taken(client)
    assert (await client.post(f"/claims/{claim_id}/{path}", body)).status_code == status
    assert (await client.post(f"/claims/clm_none/{path}", {"text": "x"} if path == "notes" else {})).status_code == 404
    assert (await client.post(f"/claims/{claim_id}/{path}", {}, role="auditor")).status_code in (403, 422)


async def test_a_claim_has_room_for_so_many_tags(client: Client) -> None:
    claim_id = await taken(client)
    await client.post(f"/claims/{claim_id}/tags", {"add": [f"t{n}" for n in range(TAGS_MAX)]})
    full = await client.post(f"/claims/{claim_id}/tags", {"add": ["more"]}, key="more")
    assert (full.status_code, "take some away" in full.json()["detail"]) == (409, True)
    swapped = await client.post(f"/claims/{claim_id}/tags", {"add": ["more"], "remove": ["t0"]}, key="swap")
    assert len(swapped.json()["tags"]) == TAGS_MAX


def on(state: Claim, *messages: ClaimMessage) -> Claim:
    """The claim after these messages."""
    for message in messages:
        for fact in DECIDER.decide(state, message):
            assert not isinstance(fact, Effect)
            state = DECIDER.evolve(state, fact)
    return state


def test_a_repeat_changes_nothing_and_limits_hold() -> None:
    tag = TagClaim(meta=meta("tag"), claim_id=CLAIM_ID, add=("one", "one"), remove=("two",))
    owner = AssignClaimOwner(meta=meta("own"), claim_id=CLAIM_ID, owner="kim")
    note = NoteClaim(meta=meta("note"), claim_id=CLAIM_ID, sealed_text="sealed:9")
    state = on(Claim(), receive(), tag, owner, note)
    assert (state.tags, state.owner, state.notes) == (("one",), "kim", 1)
    assert not [fact for message in (tag, owner, note) for fact in DECIDER.decide(state, message)]
    assert DECIDER.decide(DECIDER.initial, tag) == (), "nothing is put on a claim that is not here"
    many = TagClaim(meta=meta("many"), claim_id=CLAIM_ID, add=tuple(f"t{n}" for n in range(TAGS_MAX)))
    assert DECIDER.decide(state, many) == ()
    for number in range(NOTES_MAX - 1):
        state = on(state, NoteClaim(meta=meta(f"n{number}"), claim_id=CLAIM_ID, sealed_text="sealed:9"))
    assert not state.may_be_noted
    assert DECIDER.decide(state, NoteClaim(meta=meta("last"), claim_id=CLAIM_ID, sealed_text="sealed:9")) == ()
