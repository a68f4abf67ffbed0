"""HTTP of the archive: every file that came or left, found by day, partner, kind, state, number, or the claim in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import Field

from services.claims.api import Here
from services.claims.core import ACK_FILE, INTAKE_FILE, SUBMISSION, Claim
from services.claims.core.ack_file import AckFile
from services.claims.core.intake_file import IntakeFile
from services.claims.core.submission import Submission
from services.claims.parts import Parts
from services.claims.routing import Routing
from shared.auth import Principal
from shared.decider import Decider, Scalar
from shared.http import Body, Run, allow
from shared.runtime import Runtime
from shared.store.port import Key

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Direction: TypeAlias = Literal["sent", "received", "acknowledgement"]
Row: TypeAlias = dict[str, Any]
DAYS_MAX = 92
CLAIMS_MAX = 20
"""Claims of one control number that are looked up: a replacement and a void have their original's."""
INDEXED = ("type", "status", "partner", "source", "sender", "sender_application", "interchange")
DECIDERS: Mapping[Direction, Decider[Any, Any, Any]] = {
    "sent": SUBMISSION,
    "received": INTAKE_FILE,
    "acknowledgement": ACK_FILE,
}

router = APIRouter()


class Search(Body):
    """What is known of the file; all that is given must fit. `last` is included."""

    direction: Direction | None = None
    type: str | None = Field(default=None, description="837P, 837I, 837D; the form it came in; ta1, 999, 277ca, 277.")
    status: str | None = None
    partner: str | None = None
    source: Literal["folder", "upload"] | None = None
    sender: str | None = Field(default=None, description="ISA06 of a file that came; MSH-4 of an HL7 file.")
    sender_application: str | None = Field(default=None, description="GS02 of a file that came; MSH-3 of an HL7 file.")
    interchange: int | None = Field(default=None, description="ISA13 of a file that was sent.")
    claim: str | None = None
    patient_control_number: str | None = None
    first: date | None = None
    last: date | None = None
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/archive")
async def archive(run: Run, caller: Reader, parts: Here, asked: Annotated[Search, Query()]) -> Row:
    """Files by direction, day and id. `more` says that there are others: narrow the search, or ask for fewer days.

    By claim or patient control number: the file it came in, those it left with, and those that answered.
    """
    days = tuple(_days(asked))
    if asked.claim or asked.patient_control_number:
        rows = await _files_of(run, caller.tenant, parts, asked)
    else:
        rows = await _files(run, caller.tenant, parts, asked, days)
    fitting = [one for one in rows if _fits(one, asked, days)]
    return {"files": fitting[: asked.limit], "more": len(fitting) > asked.limit}


def _days(asked: Search) -> Iterator[date]:
    first, last = asked.first or asked.last, asked.last or asked.first
    if first is None or last is None:
        return
    count = (last - first).days + 1
    if not 0 < count <= DAYS_MAX:
        raise HTTPException(422, f"from first to last are 1 to {DAYS_MAX} days")
    yield from (first + timedelta(days=n) for n in range(count))


async def _files(run: Runtime, tenant: str, parts: Parts, asked: Search, days: Sequence[date]) -> list[Row]:
    given: dict[str, Scalar] = {name: value for name in INDEXED if (value := getattr(asked, name)) is not None}
    rows: list[Row] = []
    directions: Iterable[Direction] = (asked.direction,) if asked.direction else DECIDERS
    for direction in directions:
        named = _as_sender(given, parts.routing) if direction == "acknowledgement" else given
        for day in days or (None,):
            where = named if day is None else {**named, "day": day.isoformat()}
            wanted = asked.limit + 1 - len(rows)
            if wanted > 0:
                found = await run.store.find(DECIDERS[direction], tenant, where, None, wanted)
                rows += [shown(state, parts.routing) for _, state in found]
    return rows


def _as_sender(given: Mapping[str, Scalar], routing: Routing) -> Mapping[str, Scalar]:
    """What comes back from a partner names it as its sender (ISA06), by the id that we send to."""
    partner = routing.partners.get(str(given.get("partner", "")))
    if partner is None or given.get("sender", partner.receiver.id) != partner.receiver.id:
        return given
    return {**{name: value for name, value in given.items() if name != "partner"}, "sender": partner.receiver.id}


async def _files_of(run: Runtime, tenant: str, parts: Parts, asked: Search) -> list[Row]:
    """What the claims themselves remember: no file needs an index by its claims."""
    if asked.claim:
        key = Key(tenant, asked.claim)
        claims = [(await run.store.load(parts.claim, (key,)))[key].snapshot.state]
    else:
        where: dict[str, Scalar] = {"control_number": asked.patient_control_number or ""}
        claims = [state for _, state in await run.store.find(parts.claim, tenant, where, None, CLAIMS_MAX)]
    rows: list[Row] = []
    for direction, names in _names_of(claims).items():
        keys = [Key(tenant, name) for name in dict.fromkeys(names)]
        if not keys:
            continue
        found = await run.store.load(DECIDERS[direction], keys)
        states = [found[key].snapshot.state for key in keys]
        rows += [shown(state, parts.routing) for state in states if state.status != "absent"]
    return rows


def _names_of(claims: Iterable[Claim]) -> Mapping[Direction, list[str]]:
    """The ids of the files that a claim came in, left with, and was answered by."""
    names: dict[Direction, list[str]] = {"sent": [], "received": [], "acknowledgement": []}
    for one in claims:
        names["sent"] += one.submissions
        names["received"].append(one.origin.partition("/")[0])
        names["acknowledgement"] += [ack.ack_id.partition("/")[0] for ack in (*one.acks, *one.early_acks)]
    return names


def _fits(row: Row, asked: Search, days: Sequence[date]) -> bool:
    said = {name: getattr(asked, name) for name in ("direction", *INDEXED)}
    return all(value is None or row[name] == value for name, value in said.items()) and (not days or row["day"] in days)


def shown(state: Submission | IntakeFile | AckFile, routing: Routing) -> Row:
    """One file, in the same words for each direction; nothing of what is in it."""
    blank: Row = {"partner": None, "source": None, "interchange": None, "sender": None, "sender_application": None}
    if isinstance(state, Submission):
        return {
            **blank,
            "direction": "sent",
            "file_id": state.submission_id,
            "type": f"837{state.claim_type}",
            "status": state.status,
            "partner": state.partner,
            "interchange": state.interchange,
            "day": state.created_at.date() if state.created_at else None,
            "size": state.size,
        }
    if isinstance(state, IntakeFile):
        named: Row = {"direction": "received", "type": state.form, "source": state.source}
    else:
        partners = (name for name, one in routing.partners.items() if one.receiver.id == state.sender)
        named = {"direction": "acknowledgement", "type": state.extension, "partner": next(partners, None)}
    return {
        **blank,
        **named,
        "file_id": state.file_id,
        "status": state.status,
        "sender": state.sender or None,
        "sender_application": state.sender_application or None,
        "day": state.registered_on,
        "size": state.size,
    }
