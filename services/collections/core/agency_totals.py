"""An agency's file as a whole: its kind, whether its totals agree with its lines, and what an inventory lacks.

What does not add up is parked whole with both figures; nothing of it counts, for nobody knows which line is wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.collections.core.agency_file import FileKind, LineNote, Sums
from services.collections.core.agency_format import Line
from services.collections.core.agency_policy import Agency
from services.collections.core.placement_state import PlacedAccount

KINDS: Mapping[str, FileKind] = {
    "ack": "ack",
    "update": "update",
    "payment_in": "payment",
    "inventory": "inventory",
}
TRAILERS = frozenset({"totals", "remittance"})
COLLECTED, DIRECT = frozenset({"C", "collected"}), frozenset({"D", "direct"})


class Whole(NamedTuple):
    """A file as read. `parked` says why nothing of it may count; empty where it may."""

    kind: FileKind
    lines: Sequence[Line]
    stated: Sums
    found: Sums
    trailer: Mapping[str, Any]
    parked: str = ""


def read_whole(terms: Agency, lines: Iterable[Line]) -> Whole:
    """The lines without header and trailer, and whether they add up."""
    read = list(lines)
    trailers = [one for one in read if one.kind in TRAILERS]
    body = [one for one in read if one.kind not in TRAILERS and one.kind != "header"]
    kinds: list[FileKind] = list(dict.fromkeys(KINDS[one.kind] for one in body if one.kind in KINDS))
    kind: FileKind = kinds[0] if len(kinds) == 1 else "unknown"
    found = _found(terms, kind, body)
    if len(trailers) != 1 or trailers[0].wrong or read[-1].kind not in TRAILERS:
        why = "its last line is no trailer that can be read: it may be cut off; ask the agency for the whole file"
        return Whole(kind, body, Sums(), found, {}, why)
    stated, trailer = _stated(trailers[0]), trailers[0].values
    if len(kinds) > 1 or not body:
        return Whole(kind, body, stated, found, trailer, "its lines are of several kinds, or there are none")
    if kind == "payment" and trailers[0].kind != "remittance":
        return Whole(kind, body, stated, found, trailer, "a file of payments ends with the sums of its remittance")
    return Whole(kind, body, stated, found, trailer, _disagrees(kind, stated, found))


def _stated(line: Line) -> Sums:
    said = {name: line.values.get(name) or 0 for name in Sums.model_fields}
    return Sums(**{**said, "lines": max(0, said["lines"])})


def _found(terms: Agency, kind: FileKind, body: Sequence[Line]) -> Sums:
    """What the lines come to. An agency that bills its fees keeps nothing back."""
    good = [one.values for one in body if not one.wrong]
    if kind == "inventory":
        return Sums(lines=len(body), balance_cents=sum(one["balance_cents"] for one in good if "balance_cents" in one))
    if kind != "payment":
        return Sums(lines=len(body))
    paid = [one for one in good if "fee_cents" in one]
    gross_cents = sum(one["cents"] for one in paid if one["paid"] in COLLECTED)
    fee_cents = sum(one["fee_cents"] for one in paid)
    net_cents = gross_cents - fee_cents if terms.remits == "net" else gross_cents
    return Sums(lines=len(body), gross_cents=gross_cents, fee_cents=fee_cents, net_cents=net_cents)


def _disagrees(kind: FileKind, stated: Sums, found: Sums) -> str:
    """Both figures of each sum that differs; an inventory need not state its balance."""
    names = ["lines"]
    if kind == "payment":
        names += ["gross_cents", "fee_cents", "net_cents"]
    if kind == "inventory" and stated.balance_cents:
        names.append("balance_cents")
    differ = [
        f"{name} {getattr(stated, name)} stated, {getattr(found, name)} found"
        for name in names
        if getattr(stated, name) != getattr(found, name)
    ]
    if not differ and kind == "payment" and found.net_cents < 0:
        return f"net_cents {found.net_cents}: the agency asks for money; that is a bill, not a remittance"
    return f"wrong totals: {'; '.join(differ)}" if differ else ""


def inventory_notes(ours: Mapping[str, PlacedAccount], theirs: Mapping[str, tuple[int, int]]) -> list[LineNote]:
    """Where what we placed and what they hold differ. `theirs` maps placements to line and balance."""
    notes: list[LineNote] = []
    for placement_id, placed in ours.items():
        listed = theirs.get(placement_id)
        if placed.status == "waiting":
            continue  # it has not left yet
        if placed.is_live and listed is None:
            reason = "they do not list an account that we placed with them"
            notes.append(_note(0, placed, "missing", reason, placed.balance_cents, 0))
        elif listed is not None and not placed.is_live:
            reason = f"they list an account that was {placed.status}"
            notes.append(_note(listed[0], placed, "ended", reason, 0, listed[1]))
        elif listed is not None and listed[1] != placed.balance_cents:
            reason = "they hold it with another balance"
            notes.append(_note(listed[0], placed, "balance", reason, placed.balance_cents, listed[1]))
    return notes


def _note(line: int, placed: PlacedAccount, code: Any, reason: str, ours_cents: int, theirs_cents: int) -> LineNote:
    return LineNote(
        line=line,
        placement_id=placed.placement_id,
        agency_number=placed.agency_number,
        code=code,
        reason=reason,
        ours_cents=ours_cents,
        theirs_cents=theirs_cents,
    )
