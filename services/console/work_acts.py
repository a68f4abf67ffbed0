"""Doing something with one row of a work list or with many: each row stands for itself, and what was done is kept.

The result is kept under the form's key, so a form that is sent twice is done once, and an undo knows what was there.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast
from uuid import UUID, uuid5

from fastapi import HTTPException

from services.console.calls import Ask, Services
from services.console.core.actions import Action, Request, request_of
from services.console.core.work_lists import Asked, Deed, WorkList
from services.console.session import Visitor
from shared.http import Run

ROWS_MAX = 500
"""Rows of one form that are done one by one."""
BULK_ROWS_MAX = 5_000
BULK_CHUNK = 1_000
AT_ONCE = 8
SHOWN_FAILURES = 50


class Picked(NamedTuple):
    """A row that somebody picked, as they saw it."""

    id: str
    version: str
    owner: str

    @property
    def text(self) -> str:
        """As the form carries it."""
        return json.dumps([self.id, self.version, self.owner])

    @classmethod
    def read(cls, text: str) -> "Picked":
        """HTTPException 422 for a text that is none of ours."""
        try:
            parts = cast("list[object]", json.loads(text))
            id_, version, owner = (str(part) for part in parts)
        except (ValueError, TypeError):
            raise HTTPException(422, "A picked row is not readable: open the list again. Nothing was done.") from None
        return cls(id_, version, owner)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a form. `undone` names the result that took it back."""

    id: str
    list: str
    deed: str
    actor: str
    said: str
    done: tuple[Picked, ...]
    failed: tuple[tuple[str, str], ...]
    values: Mapping[str, Any]
    undoable: bool = False
    undone: bool = False


@dataclass(slots=True)
class Doing:
    """Carries out forms of work lists with the person's own token."""

    services: Services
    run: Run
    who: Visitor

    async def do(
        self, work: WorkList, deed: Deed, picks: Sequence[Picked], values: Mapping[str, Any], key: UUID
    ) -> Result:
        """Do it with every picked row. The same key again gives the same result, and does nothing."""
        if known := await self.result(str(key)):
            return known
        many = deed.bulk and len(picks) > 1
        if len(picks) > (BULK_ROWS_MAX if many else ROWS_MAX):
            most = BULK_ROWS_MAX if many else ROWS_MAX
            raise HTTPException(
                422, f"{len(picks):,} rows are too many at once: pick {most:,} or fewer. Nothing was done."
            )
        whys = await (
            self._in_bulk(deed, picks, values, key) if many else self._one_by_one(deed.action, picks, values, key)
        )
        failed = {pick.id: why for pick, why in zip(picks, whys, strict=True) if why}
        told = await self._who_was_first(work, failed)
        result = Result(
            id=str(key),
            list=work.name,
            deed=deed.action.name,
            actor=self.who.principal.actor,
            said=deed.action.done,
            done=tuple(pick for pick in picks if pick.id not in failed),
            failed=tuple(told.items()),
            values=values,
            undoable=deed.undo is not None,
        )
        await self._keep(result)
        return result

    async def undo(self, work: WorkList, deed: Deed, before: Result, key: UUID) -> Result:
        """Take back what was done, row by row: what somebody changed since stays, and is said."""
        if known := await self.result(str(key)):
            return known
        if deed.undo is None or before.actor != self.who.principal.actor or before.undone:
            raise HTTPException(409, "This cannot be taken back any more. Nothing was done.")
        whys = await self._each(
            [self._back(deed, deed.undo, pick, uuid5(key, pick.id)) for pick in before.done],
        )
        failed = {pick.id: why for pick, why in zip(before.done, whys, strict=True) if why}
        told = await self._who_was_first(work, failed)
        done = tuple(pick for pick in before.done if pick.id not in failed)
        result = replace(
            before, id=str(key), said="taken back", done=done, failed=tuple(told.items()), undoable=False, undone=True
        )
        await self._keep(result)
        await self._keep(replace(before, undone=True))
        return result

    async def result(self, id: str) -> Result | None:
        """A result of this tenant; None where there is none."""
        try:
            text = b"".join([chunk async for chunk in self.run.store.read_blob(self.who.tenant, f"work/{id}")])
        except KeyError:
            return None
        body: dict[str, Any] = json.loads(text)
        body["done"] = tuple(Picked(*one) for one in body["done"])
        body["failed"] = tuple((one[0], one[1]) for one in body["failed"])
        return Result(**body)

    async def _keep(self, result: Result) -> None:
        body = {name: getattr(result, name) for name in Result.__slots__}  # type: ignore[attr-defined, unused-ignore]
        await self.run.store.put_blob(self.who.tenant, f"work/{result.id}", _chunks(json.dumps(body).encode()))

    async def _one_by_one(
        self, action: Action, picks: Sequence[Picked], values: Mapping[str, Any], key: UUID
    ) -> list[str]:
        asked = [self._tell(action, _request(action, pick, values), uuid5(key, pick.id)) for pick in picks]
        return await self._each(asked)

    async def _each(self, asked: Sequence[Any]) -> list[str]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(waiting: Any) -> str:
            async with gate:
                return cast("str", await waiting)

        return list(await asyncio.gather(*(one(waiting) for waiting in asked)))

    async def _tell(self, action: Action, request: Request, key: UUID) -> str:
        answer = await self.services.tell(self.who.authorization, action.service, request, str(key))
        return "" if answer.good else " ".join([answer.problem, *answer.faults.values()]).strip()

    async def _back(self, deed: Deed, action: Action, pick: Picked, key: UUID) -> str:
        if deed.back and not pick.owner and any(one.needed for one in action.fields):
            return "Nobody had it before, and the service takes no empty name."
        after = str(int(pick.version) + 1) if pick.version.isdigit() else ""
        values = {**deed.undo_values, **({deed.back: pick.owner} if deed.back and pick.owner else {})}
        return await self._tell(action, _request(action, pick._replace(version=after), values), key)

    async def _in_bulk(self, deed: Deed, picks: Sequence[Picked], values: Mapping[str, Any], key: UUID) -> list[str]:
        whys: dict[str, str] = {}
        path = deed.action.path.partition("/{id}")[0] + "/bulk"
        for n in range(0, len(picks), BULK_CHUNK):
            chunk = picks[n : n + BULK_CHUNK]
            items = [
                {"claim_id": one.id, "version": int(one.version) if one.version.isdigit() else None} for one in chunk
            ]
            body = {"action": deed.action.name, "items": items, **deed.action.fixed, **values}
            request = Request("POST", path, body, {})
            answer = await self.services.tell(
                self.who.authorization, deed.action.service, request, str(uuid5(key, str(n)))
            )
            if answer.good:
                whys |= {str(one["claim_id"]): f"{one['reason']}." for one in answer.rows("failed")}
            else:
                whys |= {one.id: answer.problem for one in chunk}
        return [whys.get(pick.id, "") for pick in picks]

    async def _who_was_first(self, work: WorkList, failed: Mapping[str, str]) -> dict[str, str]:
        """Of rows that somebody else changed meanwhile: who it was, where the service tells it."""
        changed = [id_ for id_, why in failed.items() if "meanwhile" in why][:SHOWN_FAILURES]
        history = work.desk.history if work.desk else ""
        if isinstance(work.source, Asked) and work.source.path == "/work-items":
            history = "/work-items/{id}"
        if not changed or not history:
            return dict(failed)
        service = work.desk.service if work.desk else "claims"
        answers = await self.services.ask(
            self.who.authorization, *(Ask(service, history.format(id=id_)) for id_ in changed)
        )
        first = {
            id_: str(answer.rows("history")[-1].get("actor", ""))
            for id_, answer in zip(changed, answers, strict=True)
            if answer.rows("history")
        }
        return {id_: f"{first[id_]} was first: {why}" if id_ in first else why for id_, why in failed.items()}


def _request(action: Action, pick: Picked, values: Mapping[str, Any]) -> Request:
    """The call for one row. A version that nobody knows is not sent, so the service decides on what it has."""
    one = action if pick.version else replace(action, of_page=tuple(n for n in action.of_page if n != "version"))
    return request_of(one, values, {"id": pick.id, "version": pick.version})


async def _chunks(text: bytes) -> AsyncIterator[bytes]:
    yield text
