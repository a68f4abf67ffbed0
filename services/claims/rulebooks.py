"""What a tenant's claims are judged by, made ready once: base rules, its own rules in force, and its tables.

A small document, the library, is read for each batch of claims; rules and tables are made anew only when it changed.
"""

import json
import tomllib
from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from services.claims.core.bundles import CHARGE_BUNDLE
from services.claims.core.drug_defaults import DRUG_DEFAULTS
from services.claims.core.edits import EDIT_IDS
from services.claims.core.edits_base import Reference, Restriction
from services.claims.core.rules import UNSETTLED, Rule, RuleSet, with_version
from services.claims.core.rules_document import RuleDocument, read_rule
from services.claims.core.rules_judge import Book
from services.claims.core.rules_library import LIBRARY, LIBRARY_ID, Library
from services.claims.core.rules_restriction import RESTRICTION
from services.claims.core.scrub import CHECK_IDS
from services.claims.core.standing import PROVIDER_STANDING
from services.claims.policies import POLICY_FOLDER
from shared.dated_table import DatedTable
from shared.policy import PolicyError
from shared.store.port import Key, Store
from shared.x12.codes import standing

BOOKS_MAX = 64
RESERVED = (
    CHECK_IDS
    | EDIT_IDS
    | {
        UNSETTLED,
        PROVIDER_STANDING,
        CHARGE_BUNDLE,
        DRUG_DEFAULTS,
        "coverage-inactive",
        "authorization-required",
        "managed-care",
        "person",
    }
)
"""Ids that no rule may take: a hold of this name comes from the program."""


class Shelf(NamedTuple):
    """A tenant's book, and the library it was made of."""

    library: Library
    book: Book


class RuleBooks:
    """The books of one store's tenants, the least used forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()
        self._tables: OrderedDict[tuple[str, str], DatedTable] = OrderedDict()

    async def library(self, tenant: str) -> Library:
        """What the tenant's library says now."""
        key = Key(tenant, LIBRARY_ID)
        return (await self._store.load(LIBRARY, (key,)))[key].snapshot.state

    async def shelf(self, tenant: str) -> Shelf:
        """The tenant's book as of now."""
        library = await self.library(tenant)
        known = self._shelves.get(tenant)
        if known is None or known.library != library:
            known = Shelf(library, await self.make(tenant, library))
            self._shelves[tenant] = known
            while len(self._shelves) > BOOKS_MAX:
                self._shelves.popitem(last=False)
        self._shelves.move_to_end(tenant)
        return known

    async def make(self, tenant: str, library: Library) -> Book:
        """A book of a library: the base rules, but for those that the tenant took over, and its own in force."""
        ids = tuple(dict.fromkeys(one.rule_id for one in library.activations))
        own: list[Rule] = []
        first_day: dict[str, date] = {}
        for rule_id in ids:
            terms = library.terms_of(rule_id)
            first_day[rule_id] = min(term.first for term in terms)
            for term in terms:
                if term.version:
                    rule = await self.rule(tenant, library, rule_id, term.version)
                    own.append(with_version(rule, term.version, term.first, term.last))
        base = [_until(rule, first_day.get(rule.id)) for rule in base_rules()]
        return Book(RuleSet([*base, *own]), await self._reference(tenant, library))

    async def rule(self, tenant: str, library: Library, rule_id: str, version: int) -> Rule:
        """One version of a rule; KeyError when there is none."""
        return read_rule(await self.document(tenant, library, rule_id, version), version)

    async def document(self, tenant: str, library: Library, rule_id: str, version: int) -> RuleDocument:
        """The document of a version; KeyError when there is none."""
        for one in library.versions_of(rule_id):
            if one.version == version:
                pieces = [piece async for piece in self._store.read_blob(tenant, rule_blob(one.digest))]
                read: dict[str, Any] = json.loads(b"".join(pieces))
                return read
        raise KeyError(rule_id)

    async def restrictions(
        self, tenant: str, library: Library, coverage_ids: Collection[str]
    ) -> Mapping[str, tuple[Restriction, ...]]:
        """What patients asked to keep from their plans, by coverage; nothing is read where nobody asked."""
        if not library.restrictions or not coverage_ids:
            return {}
        rows = await self._store.load(RESTRICTION, [Key(tenant, one) for one in set(coverage_ids)])
        return {key.id: row.snapshot.state.in_force for key, row in rows.items() if row.snapshot.state.kept}

    async def _reference(self, tenant: str, library: Library) -> Reference:
        tables = {(one.kind, one.name): await self._table(tenant, one.file_id) for one in library.tables}
        lists = modifier_lists()
        return Reference(
            codes={name: table for (kind, name), table in tables.items() if kind == "codes"},
            fees={name: table for (kind, name), table in tables.items() if kind == "fees"},
            ptp=tables.get(("ptp", "")),
            mue=tables.get(("mue", "")),
            global_days=tables.get(("global_days", "")),
            limits=tables.get(("limits", "")),
            credentialing=tables.get(("credentialing", "")),
            bundles=tables.get(("bundles", "")),
            drugs=tables.get(("drugs", "")),
            standing=diagnosis_standing,
            bypass=lists["bypass"],
            unrelated=lists["unrelated"],
        )

    async def _table(self, tenant: str, file_id: str) -> DatedTable:
        known = self._tables.get((tenant, file_id))
        if known is None:
            pieces = [piece async for piece in self._store.read_blob(tenant, table_blob(file_id))]
            known = self._tables[tenant, file_id] = DatedTable.load(b"".join(pieces))
            while len(self._tables) > BOOKS_MAX:
                self._tables.popitem(last=False)
        return known


def _until(rule: Rule, taken_over: date | None) -> Rule:
    """A base rule, ended the day before the tenant's own of its id begins."""
    return rule if taken_over is None else with_version(rule, 0, valid_to=taken_over - timedelta(days=1))


def rule_blob(digest: str) -> str:
    """Where a rule's document lies."""
    return f"rules/{digest}"


def table_blob(file_id: str) -> str:
    """Where a table lies, as it is looked up."""
    return f"tables/{file_id}"


def diagnosis_standing(code: str, first: date, last: date) -> str:
    """How an ICD-10-CM code stood between two days."""
    return standing("icd_10_cm", code, first, last)


_BOOKS: WeakKeyDictionary[Store, RuleBooks] = WeakKeyDictionary()


def books_of(store: Store) -> RuleBooks:
    """The books of a store, one set for the process: parts are made for each request, and books are worth keeping."""
    books = _BOOKS.get(store)
    if books is None:
        books = _BOOKS[store] = RuleBooks(store)
    return books


@cache
def base_rules(folder: Path = POLICY_FOLDER / "rules") -> tuple[Rule, ...]:
    """The base set. PolicyError names the file and the rule that is none."""
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.toml")):
        documents: list[RuleDocument] = tomllib.loads(path.read_text())["rule"]
        for document in documents:
            try:
                rules.append(read_rule(document, reserved=RESERVED))
            except ValueError as error:
                msg = f"{path.name}: {document.get('id')}: {error}"
                raise PolicyError(msg) from error
    return tuple(rules)


@cache
def modifier_lists(path: Path = POLICY_FOLDER / "ncci.toml") -> Mapping[str, frozenset[str]]:
    """Lists of modifiers by name."""
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text())["list"]
    for entry in entries:
        if missing := {"name", "values", "valid_from", "source", "owner"} - set(entry):
            msg = f"{path.name}: an entry lacks {', '.join(sorted(missing))}"
            raise PolicyError(msg)
    return {entry["name"]: frozenset(entry["values"]) for entry in entries}


@cache
def base_book() -> Book:
    """What a tenant without rules and tables of its own is judged by."""
    lists = modifier_lists()
    reference = Reference(standing=diagnosis_standing, bypass=lists["bypass"], unrelated=lists["unrelated"])
    return Book(RuleSet(base_rules()), reference)
