"""Loads the clients' agencies, their contracts and the formats of their files.

`agencies.toml` holds formats for everybody; `agencies.<tenant>.toml` a client's agencies, and formats of its own:

    [[agency]]
    valid_from = 2026-01-01
    source = "Contract of 12 November 2025, section 4"
    owner = "patient financial services"
    [agency.value]
    agency_id = "north_star"
    name = "North Star Recovery"
    format = "house_csv"
    fees = [ { bps = 2200, placement = 1 }, { bps = 3000 } ]
    statuses = { PTP = "promise", UNC = "uncollectible" }
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.collections.core.agency_format import FileFormat
from services.collections.core.agency_policy import Agency, AgencyBook
from services.collections.policies import POLICY_FOLDER
from shared.policy import ENTRY_FIELDS, PolicyError

COMMON = "agencies.toml"
FORMAT: TypeAdapter[FileFormat] = TypeAdapter(FileFormat)
AGENCY: TypeAdapter[Agency] = TypeAdapter(Agency)


def agency_book(folder: Path = POLICY_FOLDER) -> AgencyBook:
    """Every client's agencies. PolicyError names the file, the entry and what is wrong with it."""
    common = _formats(COMMON, _read(folder / COMMON))
    agencies: dict[str, Sequence[Agency]] = {}
    for path in sorted(folder.glob("agencies.*.toml")):
        own = _read(path)
        formats = {**common, **_formats(path.name, own)}
        versions = tuple(_agency(path.name, entry, formats) for entry in own.get("agency", ()))
        agencies[path.name.split(".")[1]] = versions
        _require_followers(path.name, versions)
    return AgencyBook(agencies)


def _formats(file: str, entries: Mapping[str, Any]) -> dict[str, FileFormat]:
    found: dict[str, FileFormat] = {}
    for entry in entries.get("format", ()):
        name = entry.get("name", "without a name")
        try:
            found[name] = FORMAT.validate_python(entry)
        except ValidationError as error:
            msg = f"{file}: format {name}: {_first(error)}"
            raise PolicyError(msg) from None
    return found


def _agency(file: str, entry: Mapping[str, Any], formats: Mapping[str, FileFormat]) -> Agency:
    if lacking := ENTRY_FIELDS - entry.keys():
        msg = f"{file}: agency: an entry lacks {', '.join(sorted(lacking))}"
        raise PolicyError(msg)
    value = dict(entry["value"])
    where = f"{file}: agency {value.get('agency_id', 'without an id')} from {entry['valid_from']}"
    format_ = formats.get(str(value.get("format")))
    if format_ is None:
        msg = f"{where}: format: name one of {', '.join(sorted(formats))}"
        raise PolicyError(msg)
    dated = {"valid_from": entry["valid_from"], "valid_to": entry.get("valid_to")}
    version = f"{value.get('agency_id')}/{entry['valid_from']}"
    try:
        return AGENCY.validate_python({**value, **dated, "version": version, "format": format_})
    except ValidationError as error:
        msg = f"{where}: {_first(error)}"
        raise PolicyError(msg) from None


def _require_followers(file: str, versions: Sequence[Agency]) -> None:
    known = {one.agency_id for one in versions}
    for one in versions:
        if one.then and one.then not in known:
            msg = f"{file}: agency {one.agency_id}: then: there is no agency {one.then!r}"
            raise PolicyError(msg)


def _first(error: ValidationError) -> str:
    one = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in one["loc"])
    return f"{place}: {one['msg']}" if place else one["msg"]


def _read(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
