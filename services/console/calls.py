"""What the pages ask of the services, and what people do through them, with the person's own token.

The services decide; the console passes on what they say, beside the field it is about. A service that is down is a
sentence on the page, and the rest of the page works.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import httpx

from services.console.core.actions import Request
from services.console.peers import ClientFactory

NOT_THERE = frozenset({HTTPStatus.NOT_FOUND})
UNSURE = "does not answer in time. It may have happened: press the same button again, it happens once."
RULES = {
    "missing": "This is needed.",
    "string_too_short": "This is too short.",
    "string_too_long": "This is too long.",
    "string_pattern_mismatch": "This is not in the form that is wanted.",
    "greater_than": "This is too small.",
    "greater_than_equal": "This is too small.",
    "less_than": "This is too large.",
    "less_than_equal": "This is too large.",
    "date_from_datetime_parsing": "Write a day that exists, such as 2026-07-31.",
    "date_parsing": "Write a day that exists, such as 2026-07-31.",
    "literal_error": "Choose one of the list.",
    "extra_forbidden": "The service does not take this.",
}
"""Rules of the services' bodies in words; a rule that is not here is named."""


class Ask(NamedTuple):
    """One question to one service."""

    service: str
    path: str
    query: Mapping[str, str] | Sequence[tuple[str, str]] = ()


class Answer(NamedTuple):
    """What a service answered. `problem` says in our words why there is nothing; `missing`: it has no such thing.

    `faults` are sentences by field of the body that was sent; `status` is 0 where no answer came.
    """

    service: str
    status: int = 0
    body: Any = None
    problem: str = ""
    faults: Mapping[str, str] = {}

    @property
    def good(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def missing(self) -> bool:
        return self.status in NOT_THERE

    @property
    def unsure(self) -> bool:
        """Whether something may have happened though nobody said so."""
        return self.status == 0 or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def one(self) -> Mapping[str, Any]:
        """The object that was answered; an empty one where there is none."""
        return cast("dict[str, Any]", self.body) if isinstance(self.body, dict) else {}

    def get(self, name: str, default: Any = None) -> Any:
        """A value of an object that was answered."""
        return self.one.get(name, default)

    def rows(self, name: str = "") -> Sequence[Mapping[str, Any]]:
        """The objects of a list that was answered, or of the list under a name."""
        found = self.get(name) if name else self.body
        rows = cast("list[object]", found) if isinstance(found, list) else []
        return [cast("dict[str, Any]", row) for row in rows if isinstance(row, dict)]


class Lines(NamedTuple):
    """A long list, read line by line: the first rows, how many there are, and the sum of one column over all."""

    rows: Sequence[Mapping[str, Any]] = ()
    total: int = 0
    sum: int = 0
    problem: str = ""
    missing: bool = False


class Services:
    """The services by name."""

    def __init__(self, urls: Mapping[str, str], client_for: ClientFactory) -> None:
        self._urls, self._client_for = urls, client_for

    @property
    def names(self) -> tuple[str, ...]:
        """In the order of the cycle."""
        return tuple(self._urls)

    async def ask(self, authorization: str, *asked: Ask, refresh: bool = False) -> list[Answer]:
        """All questions at once. `refresh` tells the audit log that a page renews itself."""
        more = {"x-refresh": "1"} if refresh else {}
        headers = {"authorization": authorization, **more}
        return list(await asyncio.gather(*(self._get(one, headers) for one in asked)))

    async def tell(self, authorization: str, service: str, request: Request, key: str) -> Answer:
        """One change, once for its key however often it is sent."""
        headers = {"authorization": authorization, "idempotency-key": key}
        if request.reason:
            headers["x-reason"] = request.reason.encode("ascii", "replace").decode()
        try:
            async with self._client_for(self._urls[service]) as client:
                answer = await client.request(
                    request.method,
                    request.path,
                    params=dict(request.query),
                    headers=headers,
                    json=None if request.method == "DELETE" else request.body,
                )
        except httpx.ConnectError:
            return Answer(service, problem=f"{service} cannot be reached. Nothing happened: try again later.")
        except httpx.HTTPError:
            return Answer(service, problem=f"{service} {UNSURE}")
        return _answer(service, answer)

    async def file(self, authorization: str, asked: Ask) -> bytes | None:
        """A paper that a service writes; None where there is none now."""
        try:
            async with self._client_for(self._urls[asked.service]) as client:
                headers = {"authorization": authorization}
                answer = await client.get(asked.path, params=_pairs(asked.query), headers=headers)
        except httpx.HTTPError:
            return None
        return answer.content if answer.is_success else None

    async def lines(self, authorization: str, asked: Ask, shown: int, column: str) -> Lines:
        """A list in JSON lines, however long: `shown` rows of it are kept, and `column` is added up over all."""
        rows: list[Mapping[str, Any]] = []
        count = added = 0
        headers = {"authorization": authorization}
        try:
            async with (
                self._client_for(self._urls[asked.service]) as client,
                client.stream("GET", asked.path, params=_pairs(asked.query), headers=headers) as answer,
            ):
                if not answer.is_success:
                    await answer.aread()
                    refused = _answer(asked.service, answer)
                    return Lines(problem=refused.problem, missing=refused.missing)
                async for line in answer.aiter_lines():
                    row = cast("dict[str, Any]", json.loads(line)) if line.strip() else None
                    if row is not None:
                        count, added = count + 1, added + int(row.get(column) or 0)
                        rows += [row] if len(rows) < shown else []
        except httpx.HTTPError:
            return Lines(rows, count, added, f"{asked.service} cannot be reached")
        return Lines(rows, count, added)

    async def _get(self, asked: Ask, headers: Mapping[str, str]) -> Answer:
        try:
            async with self._client_for(self._urls[asked.service]) as client:
                answer = await client.get(asked.path, params=_pairs(asked.query), headers=dict(headers))
        except httpx.TimeoutException:
            return Answer(asked.service, problem=f"{asked.service} does not answer in time")
        except httpx.HTTPError:
            return Answer(asked.service, problem=f"{asked.service} cannot be reached")
        return _answer(asked.service, answer)


def problems_of(answers: Sequence[Answer]) -> list[str]:
    """What a page says of services that did not answer, each once. What is not there, or not for this role, is none."""
    silent = {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}
    return list(dict.fromkeys(one.problem for one in answers if one.problem and one.status not in silent))


def quoted(id: str) -> str:
    """An id as one step of a path: whatever is in it leads nowhere else."""
    return quote(id, safe="")


def _pairs(query: Mapping[str, str] | Sequence[tuple[str, str]]) -> list[tuple[str, str | int | float | bool | None]]:
    return list(query.items() if isinstance(query, Mapping) else query)


def _answer(service: str, answer: httpx.Response) -> Answer:
    body = _json(answer)
    if answer.is_success:
        return Answer(service, answer.status_code, body)
    return Answer(service, answer.status_code, None, _said(service, answer.status_code, body), _faults(body))


def _json(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("content-type", ""):
        return answer.text if answer.is_success else None
    try:
        return answer.json()
    except ValueError:
        return None


def _said(service: str, status: int, body: Any) -> str:
    """A refusal as the service words it."""
    detail = cast("dict[str, Any]", body).get("detail") if isinstance(body, dict) else None
    if isinstance(detail, dict):
        told = cast("dict[str, Any]", detail)
        reasons = "; ".join(str(one) for one in cast("list[object]", told.get("reasons") or []))
        return _sentence(f"{told.get('message', 'refused')}: {reasons}" if reasons else str(told.get("message", "")))
    if isinstance(detail, str) and detail:
        return _sentence(detail)
    return f"{service} answers {status}."


def _sentence(text: str) -> str:
    clean = text.strip()
    return (clean[:1].upper() + clean[1:]).rstrip(".") + "."


def _faults(body: Any) -> Mapping[str, str]:
    """Broken rules by field: `body.paid_cents` is the field `paid_cents`."""
    if not isinstance(body, dict):
        return {}
    faults = cast("list[object]", cast("dict[str, Any]", body).get("faults") or [])
    named: dict[str, str] = {}
    for fault in faults:
        if isinstance(fault, dict):
            one = cast("dict[str, Any]", fault)
            rule = str(one.get("rule", ""))
            field = str(one.get("field", "")).partition(".")[2]
            named[field] = str(one.get("message") or RULES.get(rule, f"The rule {rule} is broken."))
    return named
