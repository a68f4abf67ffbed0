"""Takes in what an agency sends: acknowledgements, updates, payments, and the list of what it holds.

A file is taken whole or parked whole by its totals; its lines are then taken or refused one by one. Taking the same
file again, after a crash or under another name, changes nothing.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple
from uuid import uuid5

from services.collections.core.agency_file import AGENCY_FILE, AgencyFile, FileKind, LineNote, RecordAgencyFile, Sums
from services.collections.core.agency_format import Line, read_lines
from services.collections.core.agency_policy import Agency, AgencyBook, Paid
from services.collections.core.agency_totals import COLLECTED, DIRECT, Whole, inventory_notes, read_whole
from services.collections.core.placement import PlacementCommand, PlacementDecider
from services.collections.core.placement_messages import AgencyAcked, AgencyPaid, AgencyUpdated, LearnedReach
from services.collections.core.placement_state import PlacedAccount
from shared.contracts import Meta
from shared.runtime import Runtime
from shared.store.port import Key

PAGE = 200
ACCEPTED = frozenset({"A", "Y", "accepted"})
REFUSED = frozenset({"R", "N", "rejected"})
UNKNOWN = "no placement of this agency has this number"
BYTES_MAX = 64 << 20


class WrongAgencyFileError(ValueError):
    """A file that cannot be kept as one of an agency: its text says what to do."""


class Found(NamedTuple):
    """A line and the placement that it is about; empty where nobody knows one."""

    line: Line
    placement_id: str


class AgencyIntake:
    """Takes files in for one client at a time."""

    def __init__(self, runtime: Runtime, book: AgencyBook, placements: PlacementDecider) -> None:
        self._runtime, self._book, self._placements = runtime, book, placements

    def terms_of(self, tenant: str, agency_id: str) -> Agency:
        """The terms by which a file is read; WrongAgencyFileError where the client has no such agency."""
        on = self._runtime.clock.now().date()
        terms = self._book.find(tenant, agency_id, on) or self._book.newest(tenant, agency_id)
        if terms is None:
            raise WrongAgencyFileError("this client has no such agency: enter its contract first")
        return terms

    async def take(self, meta: Meta, agency_id: str, name: str, content: bytes) -> AgencyFile:
        """Take a file in; `meta` is its arrival, whose key is the file's id. What came of it, once."""
        terms = self.terms_of(meta.tenant, agency_id)
        file_id = meta.key
        known = await self._known(Key(meta.tenant, file_id))
        if known.file_id:
            return known
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            reason = "it is not text in UTF-8: ask the agency to export it as plain text"
            return await self._record(meta, agency_id, name, Whole("unknown", (), Sums(), Sums(), {}, reason), ())
        whole = read_whole(terms, read_lines(terms.format, text))
        if whole.parked:
            return await self._record(meta, agency_id, name, whole, ())
        notes = await self._take_lines(meta, agency_id, terms, whole)
        return await self._record(meta, agency_id, name, whole, notes)

    async def _take_lines(self, meta: Meta, agency_id: str, terms: Agency, whole: Whole) -> list[LineNote]:
        found = await self._found(meta.tenant, agency_id, whole.lines)
        notes = [LineNote(line=one.line.number, reason=one.line.wrong) for one in found if one.line.wrong]
        notes += [_unknown(one.line) for one in found if not one.line.wrong and not one.placement_id]
        good = [one for one in found if one.placement_id and not one.line.wrong]
        if whole.kind == "inventory":
            return [*notes, *await self._compare(meta.tenant, agency_id, good)]
        for start in range(0, len(good), PAGE):
            notes += await self._tell(meta, agency_id, terms, whole.kind, good[start : start + PAGE])
        return notes

    async def _tell(
        self, meta: Meta, agency_id: str, terms: Agency, kind: FileKind, page: Sequence[Found]
    ) -> list[LineNote]:
        """Tell the placements of a page of lines; what they refuse, and fees that differ from the contract."""
        notes: list[LineNote] = []
        commands: list[PlacementCommand] = []
        for one in page:
            command = await self._command(meta, agency_id, terms, kind, one)
            if isinstance(command, str):
                notes.append(LineNote(line=one.line.number, placement_id=one.placement_id, reason=command))
            else:
                commands.append(command)
        decided = await self._runtime.shell.transact(self._placements, commands)
        for one in page:
            row = decided.get(Key(meta.tenant, one.placement_id))
            if row is not None:
                notes += _answered(row.snapshot.state, meta.key, one.line.number)
        return notes

    async def _command(
        self, meta: Meta, agency_id: str, terms: Agency, kind: FileKind, found: Found
    ) -> PlacementCommand | str:
        """The line as its placement hears it, or what is wrong with it."""
        line, values = found.line, found.line.values
        own = meta.model_copy(
            update={
                "id": uuid5(meta.id, f"{line.number}"),
                "subject": f"placement/{found.placement_id}",
                "key": found.placement_id,
            }
        )
        placement_id, file_id = found.placement_id, meta.key
        match kind:
            case "ack":
                said = values["accepted"]
                if said not in ACCEPTED | REFUSED:
                    return "accepted: A or R is wanted"
                return AgencyAcked(
                    meta=own,
                    placement_id=placement_id,
                    agency_id=agency_id,
                    file_id=file_id,
                    line=line.number,
                    accepted=said in ACCEPTED,
                    agency_number=values.get("agency_number") or "",
                    code=values.get("reason") or "",
                )
            case "update":
                return AgencyUpdated(
                    meta=own,
                    placement_id=placement_id,
                    agency_id=agency_id,
                    file_id=file_id,
                    line=line.number,
                    code=values["status"],
                    meaning=terms.statuses.get(values["status"]),
                    on=values["on"],
                    promised_on=values.get("promised_on"),
                    promised_cents=max(0, values.get("promised_cents") or 0),
                    reaches=await self._reaches(meta.tenant, placement_id, line),
                )
            case _:
                paid: Paid | None = "collected" if values["paid"] in COLLECTED else None
                paid = "direct" if values["paid"] in DIRECT else paid
                if paid is None:
                    return "paid: C (collected) or D (direct) is wanted"
                return AgencyPaid(
                    meta=own,
                    placement_id=placement_id,
                    agency_id=agency_id,
                    file_id=file_id,
                    line=line.number,
                    reference=values["reference"],
                    paid=paid,
                    cents=values["cents"],
                    fee_cents=values["fee_cents"],
                    received_on=values["received_on"],
                )

    async def _reaches(self, tenant: str, placement_id: str, line: Line) -> tuple[LearnedReach, ...]:
        """Telephone and e-mail that the agency found, sealed before anything is kept."""
        made: list[LearnedReach] = []
        for column in ("phone", "email"):
            if value := line.values.get(column):
                sealed = await self._runtime.sealer.seal(tenant, placement_id, str(value).encode())
                made.append(LearnedReach(kind="phone" if column == "phone" else "email", sealed=sealed))
        return tuple(made)

    async def _found(self, tenant: str, agency_id: str, lines: Sequence[Line]) -> list[Found]:
        """The placement of each line: by our own id of it, or by the agency's number."""
        named = {str(line.values.get("placement_id")) for line in lines if line.values.get("placement_id")}
        known: dict[str, PlacedAccount] = {}
        wanted = sorted(named)
        for start in range(0, len(wanted), PAGE):
            keys = [Key(tenant, one) for one in wanted[start : start + PAGE]]
            rows = await self._runtime.store.load(self._placements, keys)
            known |= {key.id: row.snapshot.state for key, row in rows.items() if row.snapshot.state.placement_id}
        found: list[Found] = []
        for line in lines:
            own, number = line.values.get("placement_id"), line.values.get("agency_number")
            if own:
                found.append(Found(line, str(own) if own in known else ""))
                continue
            where = {"agency_number": f"{agency_id}/{number}"}
            among = await self._runtime.store.find(self._placements, tenant, where, None, 2) if number else ()
            found.append(Found(line, among[0][0].id if len(among) == 1 else ""))
        return found

    async def _compare(self, tenant: str, agency_id: str, listed: Sequence[Found]) -> list[LineNote]:
        """What we placed against what they hold; an account they list twice differs by its second line."""
        theirs: dict[str, tuple[int, int]] = {}
        twice: list[LineNote] = []
        for one in listed:
            held = one.line.number, one.line.values["balance_cents"]
            if one.placement_id in theirs:
                twice.append(LineNote(line=held[0], placement_id=one.placement_id, reason="they list it twice"))
            theirs.setdefault(one.placement_id, held)
        ours = {name: state async for name, state in self._of_agency(tenant, agency_id)}
        foreign = [_unknown(one.line) for one in listed if one.placement_id not in ours]
        return [*twice, *foreign, *inventory_notes(ours, theirs)]

    async def _of_agency(self, tenant: str, agency_id: str) -> AsyncIterator[tuple[str, PlacedAccount]]:
        after: str | None = None
        while True:
            page = await self._runtime.store.find(self._placements, tenant, {"agency_id": agency_id}, after, PAGE)
            for key, state in page:
                yield key.id, state
            if len(page) < PAGE:
                return
            after = page[-1][0].id

    async def _known(self, key: Key) -> AgencyFile:
        return (await self._runtime.store.load(AGENCY_FILE, (key,)))[key].snapshot.state

    async def _record(
        self, meta: Meta, agency_id: str, name: str, whole: Whole, notes: Sequence[LineNote]
    ) -> AgencyFile:
        refused = sum(one.code in {"refused", "unknown"} and one.line > 0 for one in notes)
        taken = not whole.parked
        command = RecordAgencyFile(
            meta=meta,
            file_id=meta.key,
            agency_id=agency_id,
            kind=whole.kind,
            name=name[:255],
            outcome="taken" if taken else "parked",
            reason=whole.parked,
            stated=whole.stated,
            found=whole.found,
            accepted=len(whole.lines) - refused if taken else 0,
            refused=refused,
            notes=tuple(notes),
            notes_found=len(notes),
            trace=str(whole.trailer.get("trace") or ""),
            payments=len(whole.lines) if whole.kind == "payment" else 0,
            remitted_on=whole.trailer.get("remitted_on"),
        )
        return (await self._runtime.shell.transact_one(AGENCY_FILE, command)).snapshot.state


def _unknown(line: Line) -> LineNote:
    return LineNote(
        line=line.number,
        agency_number=str(line.values.get("agency_number") or "")[:40],
        code="unknown",
        reason=UNKNOWN,
        theirs_cents=line.values.get("balance_cents") or line.values.get("cents") or 0,
    )


def _answered(placed: PlacedAccount, file_id: str, line: int) -> Iterator[LineNote]:
    """What a placement said to a line, and a fee that is not the contract's."""
    because = placed.answer(file_id, line)
    if because:
        yield LineNote(line=line, placement_id=placed.placement_id, reason=because)
    for one in placed.payments:
        if (one.file_id, one.line) == (file_id, line) and one.said_fee_cents != one.fee_cents:
            yield LineNote(
                line=line,
                placement_id=placed.placement_id,
                code="fee",
                reason="the contract gives another fee: the payment counts; ask the agency about the difference",
                ours_cents=one.fee_cents,
                theirs_cents=one.said_fee_cents,
            )


def require_size(size_bytes: int) -> None:
    """WrongAgencyFileError for a file that is too long to be read in one piece."""
    if size_bytes > BYTES_MAX:
        msg = f"it has more than {BYTES_MAX} bytes: ask the agency for one of each day"
        raise WrongAgencyFileError(msg)
