"""What an acknowledgement speaks of: files and claims that were sent, by the numbers their partner quotes."""

from services.claims.core import SUBMISSION, Claim, ClaimFact, ClaimMessage
from services.claims.core.submission import Submission
from shared.decider import Decider
from shared.store.port import Store

FOUND_MAX = 20


class SentFiles:
    """The submissions of one tenant that one acknowledgement file names, each looked up once."""

    def __init__(self, store: Store, claim: Decider[Claim, ClaimMessage, ClaimFact], tenant: str) -> None:
        self._store, self._claim, self._tenant = store, claim, tenant
        self._known: dict[tuple[str, str], Submission | None] = {}

    async def find(self, index: str, number: str) -> Submission | None:
        """The one submission with this interchange or group control number; None when there is none, or more."""
        asked = (index, number)
        if asked not in self._known:
            self._known[asked] = await self._look_up(index, number)
        return self._known[asked]

    async def claim_of(self, control_number: str, submission: Submission | None) -> str | None:
        """The id of the one claim that is meant: in the file that is answered, or else the only one that was sent."""
        members = submission.members if submission is not None else ()
        in_file = [one.claim_id for one in members if one.patient_control_number == control_number]
        if not in_file:
            where = {"control_number": control_number}
            found = await self._store.find(self._claim, self._tenant, where, None, FOUND_MAX)
            in_file = [state.claim_id for _, state in found if state.submissions]
        return in_file[0] if len(in_file) == 1 else None

    async def _look_up(self, index: str, number: str) -> Submission | None:
        if not (number.isascii() and number.isdigit()):
            return None
        found = await self._store.find(SUBMISSION, self._tenant, {index: int(number)}, None, 2)
        return found[0][1] if len(found) == 1 else None
