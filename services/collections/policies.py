"""Loads the service's dated policies and its letterheads.

`dunning.toml` holds every figure for everybody; `dunning.<tenant>.toml` the figures in which a tenant differs;
`dunning.<tenant>.<variant>.toml` those of a second policy of that tenant, with `applies`: for which accounts it is.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.collections.core import ANY_TENANT, DunningPolicy, PolicyBook
from services.collections.core.policy_charges import LateCharge, LawRow
from services.collections.core.policy_conditions import Condition
from services.collections.core.policy_levels import Ending, ReminderLevel, title_of
from services.collections.policy_activations import ACTIVATIONS, Activation, read_activations, without_unapproved
from services.collections.render import Letterhead
from shared.policy import PolicyError, in_force

POLICY_FOLDER = Path(__file__).parent / "policy"
TEMPLATE_FOLDER = Path(__file__).parent / "templates"
COMMON = "dunning.toml"
LAWS = "late_charges.toml"
VARIANT_ONLY = frozenset({"applies", "rank"})
"""Figures of a variant: the policy for everybody is for everybody."""
LETTERHEADS: TypeAdapter[dict[str, Letterhead]] = TypeAdapter(dict[str, Letterhead])
STRUCTURED: Mapping[str, TypeAdapter[Any]] = {
    "reminders": TypeAdapter(tuple[ReminderLevel, ...]),
    "endings": TypeAdapter(tuple[Ending, ...]),
    "late_charges": TypeAdapter(tuple[LateCharge, ...]),
    "applies": TypeAdapter(Condition),
}
LAW_ROWS: TypeAdapter[tuple[LawRow, ...]] = TypeAdapter(tuple[LawRow, ...])


def policy_book(folder: Path = POLICY_FOLDER, templates: Path = TEMPLATE_FOLDER) -> PolicyBook:
    """Every version in force of every tenant's policy. Raises PolicyError naming the file, the figure and what to do.

    A version that needs an approval and has none is not in it; the one before goes on.
    """
    versions = all_versions(folder, templates)
    return PolicyBook(without_unapproved(versions, read_activations(folder / ACTIVATIONS)))


def activations(folder: Path = POLICY_FOLDER) -> Sequence[Activation]:
    """Who let which version of a policy go live, when and why."""
    return read_activations(folder / ACTIVATIONS)


def all_versions(folder: Path = POLICY_FOLDER, templates: Path = TEMPLATE_FOLDER) -> tuple[DunningPolicy, ...]:
    """Every version, whether somebody has approved it or not. Raises PolicyError."""
    common = _entries(folder / COMMON)
    laws = law_rows(folder / LAWS)
    versions = list(_versions(ANY_TENANT, "", COMMON, common, laws))
    tenants = {
        path.name.split(".")[1]: _entries(path) for path in sorted(folder.glob("dunning.*.toml")) if _is_own(path)
    }
    for path in sorted(folder.glob("dunning.*.toml")):
        tenant, *variant = path.name.removesuffix(".toml").split(".")[1:]
        own = _entries(path)
        _refuse_unknown(path.name, own, common, is_variant=bool(variant))
        base = common if not variant else {**common, **tenants.get(tenant, {})}
        versions += _versions(tenant, ".".join(variant), path.name, {**base, **own}, laws)
    known = template_names(templates)
    for fault in (fault for policy in versions for fault in template_faults(policy, known)):
        raise PolicyError(fault)
    return tuple(versions)


def template_names(folder: Path = TEMPLATE_FOLDER) -> frozenset[str]:
    """What a level may name as its text: the files of the folder, by channel and language where they have folders."""
    return frozenset(path.name.split(".")[0] for path in folder.rglob("*.*") if path.is_file())


def template_faults(policy: DunningPolicy, known: frozenset[str]) -> Iterator[str]:
    """Levels whose text does not exist."""
    for number, level in enumerate(policy.reminders, start=1):
        if level.text not in known:
            told = f"{policy.name}: reminders: {title_of(level, number)}: template"
            yield f"{told}: there is no {level.text!r}; write it, or name one of {', '.join(sorted(known))}"


def law_rows(path: Path = POLICY_FOLDER / LAWS) -> tuple[LawRow, ...]:
    """What the law of each state allows to be charged for being late; without a row nothing is."""
    if not path.exists():
        return ()
    try:
        return LAW_ROWS.validate_python(_entries(path).get("row", ()))
    except ValidationError as error:
        raise PolicyError(f"{path.name}: row: {told(error)}") from None


def letterheads(path: Path = POLICY_FOLDER / "letterhead.toml") -> Mapping[str, Letterhead]:
    """Who writes for each tenant."""
    with path.open("rb") as file:
        return LETTERHEADS.validate_python(tomllib.load(file))


def told(error: ValidationError) -> str:
    """Every fault of a figure: where, and what is wanted; never what stood there."""
    return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())


def _is_own(path: Path) -> bool:
    return path.name.count(".") == 2


def _refuse_unknown(file: str, own: Mapping[str, Any], common: Mapping[str, Any], *, is_variant: bool) -> None:
    unknown = own.keys() - common.keys() - (VARIANT_ONLY if is_variant else frozenset[str]())
    if unknown:
        msg = f"{file}: {', '.join(sorted(unknown))}: no such figure in {COMMON}"
        raise PolicyError(msg)
    if is_variant and "applies" not in own:
        msg = f"{file}: applies: a second policy says for whom it is; add it, or name the file after the tenant alone"
        raise PolicyError(msg)


def _entries(path: Path) -> dict[str, Sequence[Mapping[str, Any]]]:
    with path.open("rb") as file:
        try:
            return tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"{path.name}: not TOML: {error}") from None


def _versions(
    tenant: str, variant: str, file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]], laws: tuple[LawRow, ...]
) -> tuple[DunningPolicy, ...]:
    """One policy for each day on which a figure changes, from the first day on which all of them have a value."""
    begins = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    return tuple(_policy(tenant, variant, file, figures, day, laws) for day in sorted(days) if day >= begins)


def _policy(
    tenant: str, variant: str, file: str, figures: Mapping[str, Any], day: date, laws: tuple[LawRow, ...]
) -> DunningPolicy:
    values = {name: in_force(file, name, entries, day) for name, entries in figures.items()}
    who = f"{tenant}.{variant}" if variant else tenant
    try:
        for name in STRUCTURED.keys() & values.keys():
            values[name] = _structured(name, values[name])
        return DunningPolicy(name=f"{who}/{day}", tenant=tenant, variant=variant, valid_from=day, laws=laws, **values)
    except (TypeError, ValueError) as error:
        msg = f"{file}: from {day}: {error}"
        raise PolicyError(msg) from None


def _structured(name: str, value: Any) -> Any:
    try:
        return STRUCTURED[name].validate_python(value)
    except ValidationError as error:
        raise PolicyError(f"{name}: {told(error)}") from None
