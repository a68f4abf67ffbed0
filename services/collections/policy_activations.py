"""Who let a version of a policy go live, when and why: `activations.toml` beside the policies, only ever added to.

    [[activated]]
    version = "lakeside/2026-08-01"
    digest = "3f0c…"
    on = 2026-07-20
    by = "head of patient accounts"
    reason = "simulated over March to June: 212 contacts less, no dollar less"
    approved_by = "compliance officer"

A policy says by `activation_approvals` how many people it takes. The digest is that of the figures they looked at: when
a figure is changed afterwards, the version is refused, for nobody approved that one.
"""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from services.collections.core import DunningPolicy
from shared.policy import PolicyError

ACTIVATIONS = "activations.toml"
TWO = 2
NOT_FIGURES = frozenset({"name", "tenant", "variant", "valid_from", "laws"})
"""What names a version, and the law: that is dated and sourced on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One version let go live. `approved_by` is a second person; empty where one is enough."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    version: str
    digest: str
    on: date
    by: str
    reason: str
    approved_by: str = ""


ROWS: TypeAdapter[list[Activation]] = TypeAdapter(list[Activation])


def digest_of(policy: DunningPolicy) -> str:
    """The figures of a version in 16 hex digits: another figure, another digest."""
    figures = {field.name: getattr(policy, field.name) for field in fields(policy) if field.name not in NOT_FIGURES}
    text = json.dumps(TypeAdapter(dict[str, Any]).dump_python(figures, mode="json"), sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def read_activations(path: Path) -> Sequence[Activation]:
    """Every activation, oldest first. Raises PolicyError naming the entry and the field."""
    if not path.exists():
        return ()
    with path.open("rb") as file:
        found = tomllib.load(file)
    try:
        return ROWS.validate_python(found.get("activated", []))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise PolicyError(f"{path.name}: activated: {faults}") from None


def without_unapproved(versions: Sequence[DunningPolicy], activated: Sequence[Activation]) -> tuple[DunningPolicy, ...]:
    """The versions that enough people let go live. Raises PolicyError where a figure was changed afterwards."""
    return tuple(policy for policy in versions if is_approved(policy, activated))


def is_approved(policy: DunningPolicy, activated: Sequence[Activation]) -> bool:
    """Whether as many people as the version asks for let it go live."""
    wanted = policy.activation_approvals
    mine = [one for one in activated if one.version == policy.name]
    if wanted and mine and all(one.digest != digest_of(policy) for one in mine):
        msg = (
            f"{ACTIVATIONS}: {policy.name}: its figures changed since it was approved; add a version, never change one"
        )
        raise PolicyError(msg)
    enough = [one for one in mine if one.digest == digest_of(policy) and people(one) >= wanted]
    return wanted == 0 or bool(enough)


def people(one: Activation) -> int:
    """How many different people stand for an activation."""
    return len({name.strip().casefold() for name in (one.by, one.approved_by) if name.strip()})


def entry_faults(policy: DunningPolicy, one: Activation) -> Iterator[str]:
    """Why an activation cannot be written: who or why is missing, or a second pair of eyes."""
    if not one.by.strip() or not one.reason.strip():
        yield "by and reason: say who and why"
    if policy.activation_approvals == TWO and people(one) < TWO:
        yield "approved_by: this policy takes two people; name another one than by"


def entry_text(one: Activation) -> str:
    """An activation as it is written into the file."""
    lines = [
        "",
        "[[activated]]",
        f"version = {json.dumps(one.version)}",
        f"digest = {json.dumps(one.digest)}",
        f"on = {one.on.isoformat()}",
        f"by = {json.dumps(one.by)}",
        f"reason = {json.dumps(one.reason)}",
        f"approved_by = {json.dumps(one.approved_by)}",
        "",
    ]
    return "\n".join(lines)


def activate(path: Path, policy: DunningPolicy, one: Activation) -> None:
    """Add an activation to the file. Raises PolicyError when it does not count."""
    faults = list(entry_faults(policy, one))
    if faults:
        raise PolicyError(f"{path.name}: {policy.name}: {'; '.join(faults)}")
    with path.open("a", encoding="utf-8") as file:
        file.write(entry_text(one))
