"""Loads `policy/inquiries.toml`: how long answers may take, and when payers are asked."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.claims.core.watch_policy import ANY, Expectation, InquiryTerms, WatchBook, ids_used_twice
from services.claims.policies import POLICY_FOLDER
from shared.policy import PolicyError

_EXPECTATIONS = TypeAdapter(list[Expectation])
_INQUIRIES = TypeAdapter(list[InquiryTerms])
_AWAITED = ("file", "claim", "remittance")


def watch_book(
    path: Path = POLICY_FOLDER / "inquiries.toml", *, real_time: bool = True, on_paper: frozenset[str] = frozenset()
) -> WatchBook:
    """Every entry; PolicyError naming the entry that lacks a field, repeats an id, or a wait that has no figure.

    Without a real-time connection, payers that would be asked over HTTP are asked by file. `on_paper` are the partners
    that get paper.
    """
    with path.open("rb") as file:
        table = tomllib.load(file)
    expectations = _read(_EXPECTATIONS, path.name, "expectation", table)
    inquiries = _read(_INQUIRIES, path.name, "inquiry", table)
    for one in (*expectations, *inquiries):
        figures = (one.amount,) if isinstance(one, Expectation) else _figures(one)
        if min(figures) < 1 or not one.source or not one.owner:
            msg = f"{path.name}: {one.id}: figures are whole numbers from 1, and source and owner are not empty"
            raise PolicyError(msg)
    if twice := ids_used_twice((*expectations, *inquiries)):
        msg = f"{path.name}: these ids are used twice: {', '.join(sorted(twice))}"
        raise PolicyError(msg)
    for awaits in _AWAITED:
        if not any(one.awaits == awaits and one.of == ANY and one.valid_from.year <= 2000 for one in expectations):
            msg = f'{path.name}: an expectation of "*" for {awaits} must hold from 2000 on, or its loss goes unseen'
            raise PolicyError(msg)
    if not real_time:
        inquiries = [replace(one, transport="file") if one.transport == "http" else one for one in inquiries]
    return WatchBook(tuple(expectations), tuple(inquiries), on_paper)


def _figures(one: InquiryTerms) -> tuple[int, ...]:
    return (one.first_after_days, one.every_days, one.retry_hours, one.answer_within_hours, one.inquiries_max)


def _read(codec: TypeAdapter[Any], file: str, name: str, table: dict[str, Any]) -> Any:
    entries: list[dict[str, Any]] = table.get(name, [])
    try:
        return codec.validate_python(entries)
    except ValidationError as error:
        fault = error.errors()[0]
        place, *field = fault["loc"]
        entry_id = entries[place].get("id", place) if isinstance(place, int) else place
        msg = f"{file}: {name} {entry_id}: {'.'.join(str(step) for step in field)}: {fault['msg']}"
        raise PolicyError(msg) from None
