"""The other services as the system page sees them: asked over HTTP, with the caller's own token."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias, cast

import httpx

ClientFactory: TypeAlias = Callable[[str], httpx.AsyncClient]
"""A client for the service at a base URL."""


class ServiceReport(NamedTuple):
    """How one service is. `problem` says in our words why something could not be learned."""

    name: str
    ready: bool
    status: Mapping[str, Any]
    parked: tuple[Mapping[str, Any], ...]
    dead_letters: tuple[Mapping[str, Any], ...]
    quarantine: tuple[Mapping[str, Any], ...]
    problem: str = ""


class Told(NamedTuple):
    """What a service answered: the JSON of a good answer, or in our words why there is none."""

    service: str
    body: Any = None
    problem: str = ""


class Peers:
    """Asks every service at once; one that is down or slow is a row of the page, never an error of it."""

    def __init__(self, urls: Mapping[str, str], client_for: ClientFactory) -> None:
        self._urls, self._client_for = urls, client_for

    async def report(self, authorization: str) -> list[ServiceReport]:
        """One report for each service, in the order of the cycle."""
        asked = (self._ask(name, url, authorization) for name, url in self._urls.items())
        return list(await asyncio.gather(*asked))

    async def ask_each(
        self, path: str, authorization: str, query: Mapping[str, str], *, only: str | None = None
    ) -> list[Told]:
        """The same question to every service, or to one of them, with the caller's own token."""
        urls = {name: url for name, url in self._urls.items() if only in {None, name}}
        return list(
            await asyncio.gather(*(self._tell(name, url, path, authorization, query) for name, url in urls.items()))
        )

    async def _tell(self, name: str, url: str, path: str, authorization: str, query: Mapping[str, str]) -> Told:
        try:
            async with self._client_for(url) as client:
                answer = await client.get(path, params=query, headers={"authorization": authorization})
        except httpx.TimeoutException:
            return Told(name, problem="does not answer in time")
        except httpx.HTTPError:
            return Told(name, problem="cannot be reached")
        refused = answer.status_code != HTTPStatus.OK
        return Told(name, _body(answer), f"answers {answer.status_code} to this token" if refused else "")

    async def _ask(self, name: str, url: str, authorization: str) -> ServiceReport:
        try:
            async with self._client_for(url) as client:
                return await _report(name, client, {"authorization": authorization})
        except httpx.TimeoutException:
            return _silent(name, "does not answer in time")
        except httpx.HTTPError:
            return _silent(name, "cannot be reached")


def client_factory(timeout_seconds: float) -> ClientFactory:
    """Real connections, without following redirects: a token goes to the named service only."""
    return lambda url: httpx.AsyncClient(base_url=url, timeout=timeout_seconds, follow_redirects=False)


async def _report(name: str, client: httpx.AsyncClient, headers: dict[str, str]) -> ServiceReport:
    paths = ("status", "parked", "dead-letters", "quarantine")
    ready, *answers = await asyncio.gather(
        client.get("/health/ready"), *(client.get(f"/internal/{path}", headers=headers) for path in paths)
    )
    refused = next((a.status_code for a in answers if a.status_code != HTTPStatus.OK), None)
    status, parked, dead_letters, quarantine = (_body(answer) for answer in answers)
    return ServiceReport(
        name=name,
        ready=ready.status_code == HTTPStatus.OK,
        status=status if isinstance(status, dict) else {},
        parked=_rows(parked),
        dead_letters=_rows(dead_letters),
        quarantine=_rows(quarantine),
        problem="" if refused is None else f"answers {refused} to this token",
    )


def _body(answer: httpx.Response) -> Any:
    """The JSON of a good answer; None for anything else."""
    if answer.status_code != HTTPStatus.OK:
        return None
    try:
        return answer.json()
    except ValueError:
        return None


def _rows(body: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(body, list):
        return ()
    rows = cast("list[object]", body)
    return tuple(cast("dict[str, Any]", row) for row in rows if isinstance(row, dict))


def _silent(name: str, problem: str) -> ServiceReport:
    return ServiceReport(name, ready=False, status={}, parked=(), dead_letters=(), quarantine=(), problem=problem)
