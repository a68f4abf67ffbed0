"""Dunning policies judged on this machine: checked, tried over the past, let go live. What a stack did is only read."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from revcycle.refusal import RefusalError
from revcycle.replay import database_of
from services.collections.compliance import rule_shelf
from services.collections.core import DunningPolicy, PolicyBook
from services.collections.core.work_policy import NO_ORDER, WorkBook
from services.collections.measures import Happened, Measures
from services.collections.policies import all_versions
from services.collections.policy_activations import ACTIVATIONS, Activation, activate, digest_of
from services.collections.simulate import Comparison, Difference, Past, compare, read_export
from services.collections.simulate.past import FACTS, export_line, note
from shared.policy import PolicyError
from shared.store.connect import connect, disconnect
from shared.store.mongo import MongoStore
from shared.store.port import JournalLine

SINCE_EVER = date(1, 1, 1)


def checked(folder: Path) -> tuple[DunningPolicy, ...]:
    """Every version in a folder of policies. RefusalError with everything that is wrong with it."""
    if not (folder / "dunning.toml").is_file():
        raise RefusalError(f"{folder} holds no dunning.toml: name the folder that the policies are in.")
    try:
        return all_versions(folder)
    except ValueError as error:
        raise RefusalError(str(error)) from None


def tried_book(folder: Path, on: date) -> PolicyBook:
    """The policies of a folder as they are on a day, as if they had been in force since ever."""
    newest = dict[tuple[str, str], DunningPolicy]()
    for policy in checked(folder):
        key = (policy.tenant, policy.variant)
        if policy.valid_from <= on and (key not in newest or newest[key].valid_from < policy.valid_from):
            newest[key] = policy
    # A spread belongs to the first days of a version, and these have none.
    return PolicyBook(tuple(replace(one, valid_from=SINCE_EVER, spread_days=0) for one in newest.values()))


def past_in(path: Path) -> Past:
    """The past in an export file."""
    try:
        return read_export(path)
    except PolicyError as error:
        raise RefusalError(str(error)) from None


async def past_of(lines: AsyncIterator[JournalLine], tenant: str, since: datetime | None) -> Past:
    """The past in a journal: whole accounts, of which something was told since."""
    past = Past()
    for told in (await _exported(lines, tenant, since)).values():
        for line in told:
            note(past, line)
    return past


async def export(lines: AsyncIterator[JournalLine], tenant: str, since: datetime | None, path: Path) -> int:
    """Write the past to a file, pseudonymous and without anything sealed; how many lines."""
    accounts = await _exported(lines, tenant, since)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for told in accounts.values() for line in told)
    return sum(len(told) for told in accounts.values())


def simulate(
    past: Past, tenant: str, folders: tuple[Path, Path], days: tuple[date, date], until: date | None = None
) -> Comparison:
    """Compare the policies of two folders, each as it is on its day, over the past of a tenant.

    The accounts live until a day; without one, until the newest thing that is known of any of them.
    """
    told = past.of(tenant)
    if not told:
        known = ", ".join(sorted({owner for owner, _ in past.accounts})) or "none"
        raise RefusalError(f"There is no past of {tenant!r}; there is one of: {known}.")
    last = until or max(item.at.date() for items in told.values() for item in items)
    books = (tried_book(folders[0], days[0]), tried_book(folders[1], days[1]))
    try:
        return compare(tenant, told, books, rule_shelf(folders[0]), last)
    except PolicyError as error:
        raise RefusalError(str(error)) from None


async def measured(
    lines: AsyncIterator[JournalLine], tenant: str, since: datetime | None, book: PolicyBook, work: WorkBook = NO_ORDER
) -> Measures:
    """Measures by policy version and level, of accounts to which something happened since."""
    accounts = dict[str, list[Happened]]()
    async for line in _of(lines, tenant):
        at = datetime.fromisoformat(line.document["meta"]["occurred_at"])
        fact = FACTS.validate_python(line.document["fact"], strict=False)
        accounts.setdefault(line.document["aggregate_id"], []).append(Happened(at.date(), fact))
    measures = Measures(book, work, tenant)
    for happened in accounts.values():
        if since is None or happened[-1].on >= since.date():
            measures.count(happened)
    return measures


def let_live(folder: Path, one: Mapping[str, str]) -> Activation:
    """Write who let a version go live, and why. RefusalError when it does not count."""
    versions = {policy.name: policy for policy in checked(folder)}
    policy = versions.get(one["version"])
    if policy is None:
        raise RefusalError(f"There is no version {one['version']!r}; there are {', '.join(sorted(versions))}.")
    activation = Activation(digest=digest_of(policy), on=datetime.now(UTC).date(), **one)
    try:
        activate(folder / ACTIVATIONS, policy, activation)
    except PolicyError as error:
        raise RefusalError(str(error)) from None
    return activation


async def journal(mongo: str) -> AsyncIterator[JournalLine]:
    """The journal of a running stack's collections service."""
    client = connect(mongo)
    try:
        async for line in MongoStore(client[database_of("collections")]).journal_since(None):
            yield line
    finally:
        await disconnect(client)


async def _of(lines: AsyncIterator[JournalLine], tenant: str) -> AsyncIterator[JournalLine]:
    async for line in lines:
        if line.document["tenant"] == tenant and line.document["kind"] == "collection":
            yield line


async def accounts_in(lines: AsyncIterator[JournalLine], tenant: str) -> AsyncIterator[list[JournalLine]]:
    """A tenant's accounts, one after the other, each with all that was journaled of it, oldest first."""
    told = list[JournalLine]()
    async for line in _of(lines, tenant):
        if told and told[0].document["aggregate_id"] != line.document["aggregate_id"]:
            yield told
            told = []
        told.append(line)
    if told:
        yield told


async def _exported(
    lines: AsyncIterator[JournalLine], tenant: str, since: datetime | None
) -> Mapping[str, list[Mapping[str, Any]]]:
    """The lines of an export by account. What happened before `since` stays in it: an account has one past."""
    accounts = dict[str, list[Mapping[str, Any]]]()
    async for line in _of(lines, tenant):
        exported = export_line(line)
        if exported is not None:
            accounts.setdefault(exported["account_id"], []).append(exported)
    return {
        account: told
        for account, told in accounts.items()
        if since is None or datetime.fromisoformat(told[-1]["at"]) >= since
    }


def as_data(comparison: Comparison, wanted: Iterable[Difference]) -> Mapping[str, Any]:
    """A comparison for programs, with the differences that are wanted."""
    tallies = {"older": comparison.older, "newer": comparison.newer}
    return {
        "tenant": comparison.tenant,
        "until": comparison.until,
        **{
            name: {field.name: getattr(tally, field.name) for field in fields(tally)} for name, tally in tallies.items()
        },
        "differences": [asdict(one) for one in wanted],
    }


def shown(comparison: Comparison) -> Iterable[tuple[str, str, str]]:
    """What changes in all: what, by the older policy, by the newer."""
    older, newer = comparison.older, comparison.newer
    kinds = sorted({*older.contacts, *newer.contacts})
    rows: list[tuple[str, int | str, int | str]] = [
        ("contacts", older.contact_count, newer.contact_count),
        *((f"  {kind}", older.contacts[kind], newer.contacts[kind]) for kind in kinds),
        ("contacts on the busiest day", older.busiest_day, newer.busiest_day),
        ("placed accounts", older.placed, newer.placed),
        ("placed dollars", _dollars(older.placed_cents), _dollars(newer.placed_cents)),
        ("written-off dollars", _dollars(older.written_off_cents), _dollars(newer.written_off_cents)),
        ("reviews by a person", older.reviews, newer.reviews),
        ("cost of contacts", _dollars(older.cost_cents), _dollars(newer.cost_cents)),
        *(
            (f"accounts {status} at the end", older.endings[status], newer.endings[status])
            for status in sorted({*older.endings, *newer.endings})
        ),
    ]
    return tuple((name, _said(before), _said(after)) for name, before, after in rows)


def _dollars(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def _said(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value
