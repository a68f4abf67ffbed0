"""Dead letters: shown by their shape, tried again through the same gate, given up with a reason. Each ends once."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from shared.letters import envelope_of, read_envelope, shape_of
from tests.shared.letter_post import SECRET, TOPIC, Post, open_post


@pytest.fixture
async def post(tmp_path: Path) -> AsyncGenerator[Post]:
    async with open_post(tmp_path) as made:
        yield made


async def test_letters_are_shown_by_shape_and_those_of_others_are_not(post: Post) -> None:
    mine = await post.letters()
    assert [one["offset"] for one in mine] == [1, 2, 4]
    assert [one["offset"] for one in await post.letters("northgate")] == [3, 4]
    text = json.dumps(mine)
    assert SECRET not in text
    assert mine[0]["type"] == "till.pay.v1"
    assert "till: a text of 11 characters" in mine[0]["shape"]
    assert "another name of 11 characters.cents: a text of 3 characters" in mine[0]["shape"]
    assert mine[2]["shape"] == ["no JSON: 8 bytes"]


async def test_what_still_cannot_be_read_stays_open_with_why(post: Post) -> None:
    ids = [one["id"] for one in await post.letters()]
    job = (await post.tell("replay", ids)).json()
    assert (job["total"], job["done"], len(job["failed"])) == (3, 3, 3)
    assert SECRET not in json.dumps(job)
    assert [one["id"] for one in await post.letters()] == ids


async def test_what_a_new_release_reads_is_handled_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    second = (await post.letters())[1]["id"]
    monkeypatch.setattr("shared.letters_api.read_envelope", _mended)
    for key in ("k1", "k1"):
        assert (await post.tell("replay", [second], key)).json()["failed"] == []
    job = (await post.tell("replay", [second], "k2")).json()
    assert await post.receipts() == ("late",)
    assert job["failed"] == [{"id": second, "why": "it was replayed before"}]
    assert second not in [one["id"] for one in await post.letters()]
    status = await post.client.get("/internal/status", headers=post.headers())
    assert status.json()["dead_letters"] == 3
    jobs = (await post.client.get("/internal/letters/jobs", headers=post.headers())).json()
    assert [(one["verb"], one["done"], one["total"]) for one in jobs] == [("replay", 1, 1), ("replay", 1, 1)]


def _mended(text: bytes) -> Any:
    """The release that reads a record without a sequence as the first."""
    envelope = read_envelope(text)
    return envelope._replace(headers=(*envelope.headers, ("ce_sequence", b"1")))


async def test_a_letter_that_was_given_up_ends_once_with_its_reason(post: Post) -> None:
    first = (await post.letters())[0]["id"]
    job = (await post.tell("discard", [first])).json()
    assert (job["verb"], job["reason"], job["failed"]) == ("discard", "the release reads it", [])
    assert first not in [one["id"] for one in await post.letters()]
    again = (await post.tell("replay", [first], "k2")).json()
    assert again["failed"] == [{"id": first, "why": "it was discarded before"}]


async def test_a_letter_of_another_tenant_is_not_there(post: Post) -> None:
    theirs = f"{TOPIC}/0/3"
    for verb, key in (("replay", "k1"), ("discard", "k2")):
        job = (await post.tell(verb, [theirs, "nowhere/0/1"], key)).json()
        assert len({one["why"] for one in job["failed"]}) == 1, "an id of others and one of nobody read the same"
    assert f"{TOPIC}/0/3" in [one["id"] for one in await post.letters("northgate")]
    assert (await post.client.get("/internal/letters/jobs", headers=post.headers("northgate"))).json() == []


async def test_letters_are_for_operators(post: Post) -> None:
    for path in ("/internal/letters", "/internal/letters/jobs", "/internal/streams"):
        assert (await post.client.get(path, headers=post.headers(roles=("biller",)))).status_code == 403


async def test_streams_say_what_is_read_and_what_waits(post: Post) -> None:
    said = (await post.client.get("/internal/streams", headers=post.headers())).json()
    assert (said["group"], said["topics"], said["lag"], said["drain_seconds"]) == ("revcycle-claims", [TOPIC], 0, 0.0)
    assert said["outbox"] == {"aggregates": 0, "oldest_seconds": 0.0}


def test_an_envelope_comes_back_as_it_was() -> None:
    headers = (("ce_id", b"\xff\x00"), ("ce_id", b"twice"), ("", b""))
    assert read_envelope(envelope_of(b"\x00key", headers)) == (b"\x00key", headers)
    assert read_envelope(envelope_of(None, ())) == (None, ())


def test_a_shape_is_bounded_and_shows_nothing() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = {"till": [deep]}
    lines = shape_of(json.dumps({"till": deep, **{f"name{n}": n for n in range(500)}}).encode(), {"till"})
    assert len(lines) == 60
    assert not any("name1" in line for line in lines)
