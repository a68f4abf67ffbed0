"""Who performs what deposits and expected money ask of each other. May be repeated: both know what they took."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from services.payments.core.deposit import DepositDecider
from services.payments.core.deposit_messages import (
    Candidate,
    CandidatesFound,
    ClaimExpected,
    ExpectedClaimed,
    ExpectedReleased,
    FindExpected,
    LookAgain,
    ReleaseExpected,
)
from services.payments.core.expected import DepositsTold, ExpectedDecider, LetGoDeposit, TakeDeposit, TellDeposits
from shared.contracts import Message, Meta
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta

CANDIDATES_MAX = 100


class BankPerformers:
    """Brings deposits and expected money together."""

    def __init__(self, runtime: Runtime, deposit: DepositDecider, expected: ExpectedDecider) -> None:
        self._runtime, self._deposit, self._expected = runtime, deposit, expected

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            self._deposit.kind: {
                FindExpected: self.find,
                ClaimExpected: self.claim,
                ReleaseExpected: self.release,
            },
            self._expected.kind: {TellDeposits: self.tell},
        }

    async def find(self, key: Key, pending: Pending) -> Message:
        """Everything still missing with the deposit's trace."""
        effect = pending.effect
        assert isinstance(effect, FindExpected)
        where = {"trace": effect.trace}
        found = await self._runtime.store.find(self._expected, key.tenant, where, None, CANDIDATES_MAX)
        return CandidatesFound(
            meta=answer_meta(key, pending, self._runtime.clock),
            deposit_id=key.id,
            candidates=tuple(
                Candidate(
                    expected_id=one.expected_id,
                    open_cents=one.open_cents,
                    sent_on=one.sent_on,
                    method=one.method,
                    originator=one.originator,
                )
                for _, one in found
            ),
        )

    async def claim(self, key: Key, pending: Pending) -> Message:
        """Take the money for this deposit, if it is still missing."""
        effect = pending.effect
        assert isinstance(effect, ClaimExpected)
        meta = derived(pending, key, "take", "expected", effect.expected_id)
        decided = await self._runtime.shell.transact_one(
            self._expected,
            TakeDeposit(meta=meta, expected_id=effect.expected_id, deposit_id=key.id, taken_cents=effect.cents),
        )
        state = decided.snapshot.state
        return ExpectedClaimed(
            meta=answer_meta(key, pending, self._runtime.clock),
            deposit_id=key.id,
            expected_id=effect.expected_id,
            kind=state.kind,
            accepted=any(part.deposit_id == key.id for part in state.parts),
        )

    async def release(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, ReleaseExpected)
        meta = derived(pending, key, "let-go", "expected", effect.expected_id)
        command = LetGoDeposit(meta=meta, expected_id=effect.expected_id, deposit_id=key.id)
        await self._runtime.shell.transact_one(self._expected, command)
        meta = answer_meta(key, pending, self._runtime.clock)
        return ExpectedReleased(meta=meta, deposit_id=key.id, expected_id=effect.expected_id)

    async def tell(self, key: Key, pending: Pending) -> Message:
        """Let open deposits with this trace look again."""
        effect = pending.effect
        assert isinstance(effect, TellDeposits)
        where = {"trace": effect.trace}
        found = await self._runtime.store.find(self._deposit, key.tenant, where, None, CANDIDATES_MAX)
        told = [
            LookAgain(meta=derived(pending, key, f"look/{one.id}", "deposit", one.id), deposit_id=one.id)
            for one, _ in found
        ]
        await self._runtime.shell.transact(self._deposit, told)
        return DepositsTold(meta=answer_meta(key, pending, self._runtime.clock), expected_id=key.id)


def derived(pending: Pending, key: Key, name: str, kind: str, aggregate_id: str) -> Meta:
    """The envelope of a command that an effect sends; its id derives from the effect, so a repeat is the same."""
    made: UUID = uuid5(pending.id, name)
    return pending.cause.model_copy(
        update={
            "id": made,
            "tenant": key.tenant,
            "source": "payments",
            "subject": f"{kind}/{aggregate_id}",
            "key": aggregate_id,
            "sequence": 0,
            "causation": pending.id,
        }
    )
