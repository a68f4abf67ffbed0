"""Asking every service for its audit log: its verification, and its records for an export."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx

from revcycle.refusal import RefusalError

SERVICES = ("eligibility", "claims", "payments", "collections", "console")
ANCHORS_MAX = 1000
Verdict: TypeAlias = Mapping[str, Any]
ClientFor: TypeAlias = Callable[[str, str], httpx.Client]
"""A client of the service at a URL, for a tenant."""
Form: TypeAlias = Literal["jsonl", "csv"]


def verify_all(
    urls: Mapping[str, str],
    tenants: Sequence[str],
    copies: Mapping[str, Sequence[Mapping[str, Any]]],
    client: ClientFor,
) -> list[Verdict]:
    """Each service's verdict on each tenant's log. One that does not answer was not verified, and says so."""
    return [
        {"tenant": tenant, **_verdict(name, url, tenant, copies.get(name, ()), client)}
        for tenant in tenants
        for name, url in urls.items()
    ]


def _verdict(
    name: str, url: str, tenant: str, copies: Sequence[Mapping[str, Any]], client_for: ClientFor
) -> Mapping[str, Any]:
    try:
        with client_for(url, tenant) as client:
            answer = client.post("/audit/verify", json={"anchors": copies}) if copies else client.get("/audit/verify")
            said: Any = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return _not_verified(name, f"the service did not answer ({type(error).__name__})")
    if answer.is_error:
        return _not_verified(name, f"the service refused: {answer.status_code} {said.get('detail', '')}")
    verdict: Mapping[str, Any] = said
    return verdict


def _not_verified(name: str, why: str) -> Mapping[str, Any]:
    fault = {"chain": "", "number": 0, "what": why}
    counts: dict[str, Any] = {"records": 0, "anchors": 0, "chains_checked": 0, "chains": [], "faults_found": 1}
    return {"service": name, "verified": False, **counts, "faults": [fault]}


def copies_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The last anchors of each process in a file of copies, by service. RefusalError when it is no such file."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            said = json.loads(line)
            key, number, mac = (str(said["service"]), str(said["writer"])), int(said["number"]), str(said["mac"])
        except (ValueError, KeyError, TypeError):
            message = f"{path}, line {n}: this is no copy of an anchor"
            raise RefusalError(message) from None
        if number >= last.get(key, {"number": 0})["number"]:
            last.pop(key, None)  # the order is that of the last one
            last[key] = {"writer": key[1], "number": number, "mac": mac}
    found: dict[str, list[dict[str, Any]]] = {}
    for (service, _), anchor in last.items():
        found.setdefault(service, []).append(anchor)
    return {service: anchors[-ANCHORS_MAX:] for service, anchors in found.items()}


def in_words(verdict: Verdict) -> list[str]:
    """What was checked, chain by chain, and each fault in a sentence."""
    told = "verified" if verdict["verified"] else f"NOT VERIFIED, {verdict['faults_found']} faults"
    counts = f"{verdict['records']} records in {verdict['chains_checked']} chains, {verdict['anchors']} anchors"
    return [
        f"{verdict['tenant']}, {verdict['service']}: {told}: {counts}",
        *(_chain_in_words(one) for one in verdict["chains"]),
        *(_fault_in_words(one) for one in verdict["faults"]),
        *_more(verdict["faults_found"] - len(verdict["faults"]), "faults"),
        *_more(verdict["chains_checked"] - len(verdict["chains"]), "chains"),
    ]


def _chain_in_words(chain: Mapping[str, Any]) -> str:
    wrong = f", {chain['faults']} FAULTS" if chain["faults"] else ""
    span = f"{str(chain['first_at'])[:19]} to {str(chain['last_at'])[:19]}"
    counts = f"{chain['records']} records, {span}, anchored to {chain['anchored']}"
    return f"  {chain['chain']}: {counts}, {chain['end']}{wrong}"


def _fault_in_words(fault: Mapping[str, Any]) -> str:
    at = f" at {fault['number']}" if fault["number"] else ""
    return f"  FAULT {fault['chain']}{at}: {fault['what']}"


def _more(count: int, of_what: str) -> list[str]:
    return [f"  and {count} more {of_what}"] if count > 0 else []


def exported(
    urls: Mapping[str, str], tenant: str, days: tuple[date | None, date | None], form: Form, client_for: ClientFor
) -> Iterator[str]:
    """The lines of every service's log, service by service. RefusalError when one does not give all of its own."""
    given = {"first": days[0], "last": days[1], "format": form}
    asked = {name: str(value) for name, value in given.items() if value is not None}
    heading = True
    for name, url in urls.items():
        try:
            with client_for(url, tenant) as client, client.stream("GET", "/audit/export", params=asked) as answer:
                if answer.is_error:
                    message = f"The {name} service refused: {answer.status_code}."
                    raise RefusalError(message)
                yield from _named(name, answer.iter_lines(), form, heading=heading)
        except httpx.HTTPError as error:
            message = f"The {name} service did not give all of its log ({type(error).__name__})."
            raise RefusalError(message) from error
        heading = False


def _named(service: str, lines: Iterable[str], form: Form, *, heading: bool) -> Iterator[str]:
    """Each line with the service it is of; of CSV, one heading for all."""
    for n, line in enumerate(lines):
        if form == "jsonl":
            yield json.dumps({"service": service, **json.loads(line)})
        elif n or heading:
            yield f"{service if n else 'service'},{line}"
