"""What an acknowledgement speaks of: files and claims that were sent, by the numbers their partner quotes."""

from typing import NamedTuple

from services.claims.core import SUBMISSION, Claim, ClaimFact, ClaimMessage
from services.claims.core.submission import Submission
from services.claims.routing import Routing
from shared.decider import Decider
from shared.store.port import Store

FOUND_MAX = 20
PAPERS = "attachment_files"


class SentPapers(NamedTuple):
    """A 275 that was sent: whose papers, and which of their sendings."""

    claim_id: str
    sending_id: str


class SentFiles:
    """The submissions of one tenant that one acknowledgement file names, each looked up once."""

    def __init__(
        self, store: Store, claim: Decider[Claim, ClaimMessage, ClaimFact], tenant: str, routing: Routing
    ) -> None:
        self._store, self._claim, self._tenant, self._routing = store, claim, tenant, routing
        self._known: dict[tuple[str, str, str], Submission | None] = {}

    async def find(self, index: str, number: str, sender_id: str = "") -> Submission | None:
        """The one submission with this interchange or group control number; None when there is none, or more.

        Each partner has a count of its own, so a number may be at several: then `sender_id`, the ISA06 of the
        acknowledgement, tells whose it is.
        """
        asked = (index, number, sender_id)
        if asked not in self._known:
            self._known[asked] = await self._look_up(*asked)
        return self._known[asked]

    async def papers_of(self, number: str, sender_id: str = "") -> SentPapers | None:
        """The one 275 with this control number, of the partner with this ISA06 where several have it."""
        if not (number.isascii() and number.isdigit()):
            return None
        found: dict[str, SentPapers] = {}
        for partner in self._routing.partners.values():
            name = f"{partner.id}/{int(number):09d}"
            notes = await self._store.notes(PAPERS, self._tenant, name[:-1], 10)
            for note in (one for one in notes if one["id"] == name):
                found[partner.receiver.id] = SentPapers(str(note["claim_id"]), str(note["sending_id"]))
        return found.get(sender_id) or (next(iter(found.values())) if len(found) == 1 else None)

    async def claim_of(self, control_number: str, submission: Submission | None) -> str | None:
        """The id of the one claim that is meant: in the file that is answered, or else the only one that was sent.

        An answer about a file of ours is about a claim in it, or about none.
        """
        if submission is not None:
            members = submission.members
            in_file = [one.claim_id for one in members if one.patient_control_number == control_number]
        else:
            where = {"control_number": control_number}
            found = await self._store.find(self._claim, self._tenant, where, None, FOUND_MAX)
            in_file = [state.claim_id for _, state in found if state.submissions]
        return in_file[0] if len(in_file) == 1 else None

    async def _look_up(self, index: str, number: str, sender_id: str) -> Submission | None:
        if not (number.isascii() and number.isdigit()):
            return None
        rows = await self._store.find(SUBMISSION, self._tenant, {index: int(number)}, None, FOUND_MAX)
        found = [state for _, state in rows]
        if len(found) > 1:
            found = [one for one in found if self._routing.partners[one.partner].receiver.id == sender_id]
        return found[0] if len(found) == 1 else None
