"""Records that could not be read: kept whole and sealed, shown by their shape, tried again or given up by a person.

Nothing of a letter is changed or taken away. How it ended is a note of its own, so that it ends once; each try of a job
is a note, too, so that anybody sees how far it came, and a job that broke off is gone on with.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from shared.store.port import Document, Store

LETTERS, ENDS, JOBS, STEPS = "dead_letters", "dead_letter_ends", "replay_jobs", "replay_steps"
AT_ONCE_MAX = 200
"""Letters of one job."""
SHAPE_LINES_MAX = 60
DEPTH_MAX = 6


class Envelope(NamedTuple):
    """A record's key and headers, beside its value."""

    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def envelope_of(key: bytes | None, headers: Iterable[tuple[str, bytes]]) -> bytes:
    """As text that is sealed: everything of the record but its value."""
    shown = [[name, b64encode(value).decode()] for name, value in headers]
    return json.dumps({"key": None if key is None else b64encode(key).decode(), "headers": shown}).encode()


def read_envelope(text: bytes) -> Envelope:
    """What `envelope_of` kept."""
    given = cast("dict[str, Any]", json.loads(text))
    headers = tuple((str(name), b64decode(value)) for name, value in given["headers"])
    return Envelope(None if given["key"] is None else b64decode(given["key"]), headers)


def tenant_in(headers: Iterable[tuple[str, bytes]]) -> str:
    """Whose record it says it is; nothing where it does not say so in text."""
    found = next((value for name, value in headers if name == "ce_tenant"), b"")
    return found.decode() if found.isascii() and found.decode().isprintable() else ""


def is_of(letter: Document, tenant: str) -> bool:
    """Whether an operator of this tenant may see a letter: it is their own, or nobody's."""
    return letter.get("of_tenant", "") in {"", tenant}


async def open_letters(store: Store, tenant: str, after: str | None, limit: int) -> list[Document]:
    """Letters that have not ended, by id; those of other tenants are passed over."""
    found: list[Document] = []
    while len(found) < limit:
        page = await store.notes(LETTERS, None, after, limit)
        if not page:
            break
        # An end has its letter's id, so the ends of a page are no more than its letters, and lie where they lie.
        ends = await store.notes(ENDS, None, before(str(page[0]["id"])), len(page))
        ended = {str(note["id"]) for note in ends}
        after = str(page[-1]["id"])
        found += [one for one in page if is_of(one, tenant) and str(one["id"]) not in ended]
    return found[:limit]


async def open_count(store: Store) -> int:
    """How many letters of all tenants have not ended."""
    return await store.count_notes(LETTERS) - await store.count_notes(ENDS)


async def letter_of(store: Store, tenant: str, id: str) -> Document | None:
    """One letter that has not ended; None where there is none for this tenant."""
    page = await store.notes(LETTERS, None, before(id), 1)
    found = next((one for one in page if one["id"] == id and is_of(one, tenant)), None)
    return None if found is None or await end_of(store, id) is not None else found


async def end_of(store: Store, id: str) -> Document | None:
    """How a letter ended; None while it is open."""
    return next((one for one in await store.notes(ENDS, None, before(id), 1) if one["id"] == id), None)


async def steps_of(store: Store, job_id: str) -> Sequence[Document]:
    """What a job did so far."""
    page = await store.notes(STEPS, None, f"{job_id}/", AT_ONCE_MAX)
    return [one for one in page if str(one["id"]).startswith(f"{job_id}/")]


def before(id: str) -> str:
    """What an id comes next after."""
    return id[:-1] + chr(ord(id[-1]) - 1) + "\U0010ffff" if id else ""


def shape_of(value: bytes, known: Collection[str]) -> list[str]:
    """What a record looks like, without anything of it: names that our messages have, kinds and lengths."""
    try:
        body: object = json.loads(value)
    except (ValueError, RecursionError):
        return [f"no JSON: {len(value)} bytes"]
    lines = _lines("", body, known, 0)
    return [line for line, _ in zip(lines, range(SHAPE_LINES_MAX), strict=False)]


def _lines(path: str, value: object, known: Collection[str], depth: int) -> Iterator[str]:
    body = value  # under a name of its own, so that the last branch has the value as it came
    if isinstance(body, dict) and depth < DEPTH_MAX:
        for name, one in cast("Mapping[str, object]", body).items():
            said = name if name in known else f"another name of {len(name)} characters"
            yield from _lines(f"{path}.{said}" if path else said, one, known, depth + 1)
    elif isinstance(body, list) and depth < DEPTH_MAX and body:
        rows = cast("Sequence[object]", body)
        yield from _lines(f"{path}[{len(rows)}]", rows[0], known, depth + 1)
    else:
        yield f"{path or 'all of it'}: {_kind(value)}"


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes or no"
        case int() | float():
            return "a number"
        case str():
            return f"a text of {len(value)} characters"
        case _:
            return "several parts"
