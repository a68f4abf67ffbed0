"""Watching a stack from outside: what it says of itself, and whether anything still waits to be done."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from revcycle.identity import issue_token
from revcycle.refusal import RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.record import StackRecord
from revcycle.stack.topics import SERVICES

POLL_SECONDS = 0.15
ANSWER_SECONDS = 30.0
AT_REST = "/internal/at-rest"
OPERATOR_TENANT = "system"
READERS = frozenset({"console"})

Numbers = Mapping[str, Any]


class Watcher:
    """Asks the services and the sandbox for their numbers."""

    def __init__(self, layout: Layout, record: StackRecord) -> None:
        self._urls = {p.name: p.url for p in record.processes if p.name in {*SERVICES, "console", "sandbox"}}
        self._token = issue_token(layout, OPERATOR_TENANT, "revcycle", ["operator"])
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def look(self, path: str = "/internal/status") -> Mapping[str, Numbers]:
        """Every part's numbers; a part that does not answer is not settled."""
        return await self._look(self._urls, path)

    async def _look(self, urls: Mapping[str, str], path: str) -> Mapping[str, Numbers]:
        found = await asyncio.gather(*(self._ask(name, url, path) for name, url in urls.items()))
        return dict(zip(urls, found, strict=True))

    async def settled(self, *, readers: bool = True) -> bool:
        """True when two looks in a row find nothing waiting anywhere, and nothing moved between them.

        Without `readers`, the console may lag behind: nothing that happens waits for it.
        """
        urls = {name: url for name, url in self._urls.items() if readers or name not in READERS}
        before = await self._look(urls, AT_REST)
        if not all(numbers["settled"] for numbers in before.values()):
            return False
        after = await self._look(urls, AT_REST)
        return all(n["settled"] for n in after.values()) and _moved(before) == _moved(after)

    async def wait(self, seconds_max: float, *, readers: bool = True) -> Mapping[str, Numbers]:
        """Until everything is settled; RefusalError names the parts that are not when the time is over."""
        try:
            async with asyncio.timeout(seconds_max):
                while not await self.settled(readers=readers):  # noqa: ASYNC110 - the parts are other processes: they are asked
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            busy = [name for name, numbers in (await self.look()).items() if not numbers["settled"]]
            msg = f"not settled after {seconds_max:.0f} s: {', '.join(busy)}; see revcycle status and the logs"
            raise RefusalError(msg) from None
        return await self.look(AT_REST)

    async def _ask(self, name: str, url: str, path: str) -> Numbers:
        path = "/status" if name == "sandbox" else path
        try:
            answer = await self._client.get(f"{url}{path}", headers={"authorization": f"Bearer {self._token}"})
            answer.raise_for_status()
        except httpx.HTTPError:
            return {"settled": False}
        numbers: dict[str, Any] = answer.json()
        return numbers


def _moved(numbers: Mapping[str, Numbers]) -> dict[str, tuple[Any, Any]]:
    return {name: (n.get("received"), n.get("handled")) for name, n in numbers.items()}


def next_time(numbers: Mapping[str, Numbers]) -> datetime | None:
    """When the next deadline or effect of any part comes."""
    times = [n.get(field) for n in numbers.values() for field in ("next_due_at", "next_effect_at")]
    return min((datetime.fromisoformat(at) for at in times if at is not None), default=None)
