"""Loads what a suit needs: `legal.toml` for everybody, `legal.<tenant>.toml` in its place for a client."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from services.collections.core.legal_policy import LegalBook, LegalTerms
from services.collections.policies import POLICY_FOLDER
from shared.auth import Role
from shared.policy import ENTRY_FIELDS, PolicyError

COMMON = "legal.toml"
TERMS: TypeAdapter[LegalTerms] = TypeAdapter(LegalTerms)


def legal_book(folder: Path = POLICY_FOLDER) -> LegalBook:
    """Every client's terms. PolicyError names the file, the entry and what is wrong with it."""
    own = {path.name.split(".")[1]: _read(path) for path in sorted(folder.glob("legal.*.toml"))}
    return LegalBook({"*": _read(folder / COMMON), **own})


def _read(path: Path) -> Sequence[LegalTerms]:
    with path.open("rb") as file:
        entries = tomllib.load(file).get("legal", ())
    return tuple(_terms(path.name, entry) for entry in entries)


def _terms(file: str, entry: dict[str, object]) -> LegalTerms:
    if lacking := ENTRY_FIELDS - entry.keys():
        msg = f"{file}: legal: an entry lacks {', '.join(sorted(lacking))}"
        raise PolicyError(msg)
    value, valid_from = dict(entry["value"]), entry["valid_from"]  # type: ignore[call-overload]
    try:
        made = TERMS.validate_python({**value, "valid_from": valid_from, "version": f"legal/{valid_from}"})
    except ValidationError as error:
        one = error.errors(include_url=False, include_context=False)[0]
        msg = f"{file}: legal from {valid_from}: {'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
        raise PolicyError(msg) from None
    if unknown := made.approves_by_role.keys() - set(get_args(Role)):
        msg = f"{file}: legal from {valid_from}: approves_by_role: there is no role {', '.join(sorted(unknown))}"
        raise PolicyError(msg)
    return made
