"""The dated tables about patients: what is never billed, what a share consists of, what a person may write off."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from typing import Any, get_args

from services.payments.core.never_billed import Standing, Stop, Stops
from services.payments.core.responsibility import KindRule, ShareKind, SharePolicy
from services.payments.core.write_off_policy import Side, WriteOffPolicy, WriteOffReason
from shared.auth import Role

SETS = ("groups", "reasons", "but_reasons", "but_filing_codes", "statuses", "filing_codes", "remark_codes", "standings")


def load_never_billed() -> Stops:
    """The shipped table of what may never be billed to a patient."""
    return read_never_billed(_shipped("never_billed"))


def load_shares() -> SharePolicy:
    """The shipped table of the kinds of a patient's share."""
    return read_shares(_shipped("responsibility"))


def load_write_offs() -> WriteOffPolicy:
    """The shipped reasons for which a person may give up money."""
    return read_write_offs(_shipped("write_offs"))


def read_never_billed(text: str) -> Stops:
    """Rules from TOML, in their order; ValueError or TypeError names the entry that lacks a date, owner or source."""
    return tuple(_stop(number, entry) for number, entry in _entries(text, "rule", "never_billed", ("rule", "meaning")))


def _stop(number: int, entry: Mapping[str, Any]) -> Stop:
    unknown = entry.keys() - {"rule", "meaning", "source", "owner", "valid_from", "valid_to", "until_next_payer", *SETS}
    if unknown or not frozenset(entry.get("standings", ())) <= {*get_args(Standing), "next_payer_billed"}:
        msg = f"never_billed, entry {number}: an unknown field or standing"
        raise ValueError(msg)
    return Stop(
        rule=entry["rule"],
        meaning=entry["meaning"],
        source=entry["source"],
        owner=entry["owner"],
        valid_from=entry["valid_from"],
        valid_to=entry.get("valid_to"),
        until_next_payer=bool(entry.get("until_next_payer")),
        **{name: frozenset(entry.get(name, ())) for name in SETS},
    )


def read_shares(text: str) -> SharePolicy:
    """Kinds of shares from TOML; ValueError where a kind is unknown or two rules for a code begin on one day."""
    rules: dict[str, list[KindRule]] = {}
    for number, entry in _entries(text, "rule", "responsibility", ("kind",)):
        if entry["kind"] not in get_args(ShareKind):
            msg = f"responsibility, entry {number}: no such kind of share"
            raise ValueError(msg)
        for code in entry["codes"]:
            rules.setdefault(code, []).append(KindRule(entry["valid_from"], entry["kind"]))
    for code, dated in rules.items():
        if len({rule.valid_from for rule in dated}) < len(dated):
            msg = f"responsibility, code {code}: two rules begin on one day"
            raise ValueError(msg)
    return SharePolicy({code: tuple(sorted(d, key=lambda r: r.valid_from, reverse=True)) for code, d in rules.items()})


def read_write_offs(text: str) -> WriteOffPolicy:
    """Reasons from TOML; ValueError where a side is unknown or a limit negative."""
    return WriteOffPolicy(
        tuple(_reason(number, entry) for number, entry in _entries(text, "reason", "write_offs", ("reason", "sides")))
    )


def _reason(number: int, entry: Mapping[str, Any]) -> WriteOffReason:
    alone_cents, most_cents = entry.get("alone_cents"), entry.get("most_cents")
    by_role = [*entry.get("alone_by_role", {}).items(), *entry.get("approves_by_role", {}).items()]
    if not all(role in get_args(Role) and isinstance(cents, int) and cents >= 0 for role, cents in by_role):
        msg = f"write_offs, entry {number}: alone_by_role, approves_by_role: cents for roles that there are"
        raise ValueError(msg)
    limits_hold = isinstance(alone_cents, int) and alone_cents >= 0 and (most_cents is None or most_cents > 0)
    if not limits_hold or not frozenset(entry["sides"]) <= frozenset(get_args(Side)):
        msg = f"write_offs, entry {number}: an unknown side, or a limit that is none"
        raise ValueError(msg)
    return WriteOffReason(
        reason=entry["reason"],
        sides=frozenset(entry["sides"]),
        alone_cents=int(alone_cents or 0),
        most_cents=most_cents,
        valid_from=entry["valid_from"],
        valid_to=entry.get("valid_to"),
        source=entry["source"],
        owner=entry["owner"],
        alone_by_role=entry.get("alone_by_role", {}),
        approves_by_role=entry.get("approves_by_role", {}),
    )


def _entries(text: str, name: str, table: str, needed: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Entries with the defaults laid under; each has a date, an owner and a source."""
    document = tomllib.loads(text)
    for number, own in enumerate(document[name], 1):
        entry = {**document.get("defaults", {}), **own}
        missing = [one for one in (*needed, "owner", "source") if not entry.get(one)]
        if missing:
            msg = f"{table}, entry {number}: {missing[0]} is missing"
            raise ValueError(msg)
        if not isinstance(entry.get("valid_from"), date):
            msg = f"{table}, entry {number}: valid_from must be a date"
            raise TypeError(msg)
        yield number, entry


def _shipped(name: str) -> str:
    return files("services.payments.policy").joinpath(f"{name}.toml").read_text("utf-8")
