"""Loads the service's dated policy files."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.claims.care_signs import care_signs
from services.claims.contract_terms import contracts
from services.claims.core import DeadlineRule, Policy
from services.claims.denial_policy import denial_book
from services.claims.quota import ANY_TENANT, Entry, Quota, QuotaBook
from services.claims.rebill_rules import rebill_policy
from shared.policy import PolicyError

POLICY_FOLDER = Path(__file__).parent / "policy"
DEADLINE_FIELDS = frozenset({"id", "kind", "amount", "unit", "counted_from", "valid_from", "source", "owner"})
DEADLINE_RULE = TypeAdapter(DeadlineRule)
QUOTA_FIGURES = ("claims_a_minute", "burst_claims", "files_unread")
QUOTA_FIELDS = frozenset({"tenant", *QUOTA_FIGURES, "valid_from", "source", "owner"})


def claims_policy(folder: Path = POLICY_FOLDER) -> Policy:
    """Deadlines and the rules for denials, with every dated entry: claims are judged by their own days."""
    deadlines = _read(folder / "deadlines.toml")
    return Policy(
        deadlines=deadline_rules("deadlines.toml", deadlines["deadline"]),
        denials=denial_book(folder / "denials.toml"),
        warn_days_before=tuple(deadlines["warn_days_before"]),
        rebills=rebill_policy(folder / "rebilling.toml"),
        contracts=contracts(folder / "contracts.toml"),
        care_signs=care_signs(folder / "care_facts.toml"),
    )


def deadline_rules(file: str, entries: list[dict[str, Any]]) -> tuple[DeadlineRule, ...]:
    """The limits of a file; PolicyError naming the entry that lacks a field, has one too many, or repeats an id."""
    _check_entries(file, entries, DEADLINE_FIELDS)
    rules: dict[str, DeadlineRule] = {}
    for place, entry in enumerate(entries, 1):
        try:
            rule = DEADLINE_RULE.validate_python(entry)
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(str(step) for step in fault["loc"])
            msg = f"{file}: entry {place} ({entry['id']}): {field}: {fault['msg']}"
            raise PolicyError(msg) from None
        if rule.id in rules:
            msg = f"{file}: entry {place}: the id {rule.id} is used twice"
            raise PolicyError(msg)
        rules[rule.id] = rule
    return tuple(rules.values())


def _check_entries(file: str, entries: list[dict[str, Any]], fields: frozenset[str]) -> None:
    for place, entry in enumerate(entries, 1):
        missing = fields - set(entry)
        if missing:
            msg = f"{file}: entry {place} lacks {', '.join(sorted(missing))}"
            raise PolicyError(msg)


def quota_book(path: Path = POLICY_FOLDER / "quotas.toml") -> QuotaBook:
    """Every tenant's quotas; PolicyError when a figure is missing or no number, or some tenant would have none."""
    entries = _read(path).get("quota", [])
    _check_entries(path.name, entries, QUOTA_FIELDS)
    book = QuotaBook(tuple(_quota_entry(path.name, place, entry) for place, entry in enumerate(entries, 1)))
    if not any(entry.tenant == ANY_TENANT and entry.valid_from.year <= 2000 for entry in book.entries):
        msg = f'{path.name}: an entry with tenant = "*" must hold from 2000 on, or some tenants could send nothing'
        raise PolicyError(msg)
    return book


def _quota_entry(file: str, place: int, entry: Mapping[str, Any]) -> Entry:
    figures = {name: entry[name] for name in QUOTA_FIGURES}
    if not all(type(figure) is int and figure >= 1 for figure in figures.values()):
        msg = f"{file}: entry {place}: {', '.join(QUOTA_FIGURES)} must be whole numbers from 1"
        raise PolicyError(msg)
    return Entry(entry["tenant"], entry["valid_from"], Quota(**figures))


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
