"""Claims made of claims: a correction or void of an original, and the claim of the next payer after a decision."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid5

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.claim_messages import ReceiveClaim
from services.claims.core.next_payer import BillNextPayer, PriorDecision, ReportNextPayer, imbalance
from services.claims.core.successors import Refusing, Succession, payer_number
from services.claims.identity import IDENTITY, patient_of
from services.claims.intake import Arrival, Intake
from services.claims.policies import POLICY_FOLDER
from services.claims.to_x12 import claim837_of
from shared.contracts import Adjustment as Adjusted
from shared.contracts import LineDecision, Meta
from shared.decider import Decider, Pending
from shared.policy import PolicyError
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import answer_meta
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Claim837, LineAdjudication, OtherPayer, Person, ServiceLine, Subscriber

NAMESPACE = UUID("9d1c55b2-6c3f-5b0a-8d64-0d3cf1a0a9e7")
SELF = "18"
RESPONSIBILITIES = "PSTABCDEFGH"
CONTROL_NUMBER_MAX = 20
FIELDS = frozenset({"name", "advice", "valid_from", "source", "owner"})


class UnmatchedLineError(ValueError):
    """A line of the remittance is none of the claim."""


@cache
def refusing_payers(path: Path = POLICY_FOLDER / "successors.toml") -> tuple[Refusing, ...]:
    """Payers that take no corrections; PolicyError when an entry lacks its source or date."""
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file).get("refusing", [])
    for place, entry in enumerate(entries, 1):
        if missing := FIELDS - set(entry):
            msg = f"{path.name}: entry {place} lacks {', '.join(sorted(missing))}"
            raise PolicyError(msg)
    return tuple(Refusing(**{name: _frozen(value) for name, value in entry.items()}) for entry in entries)


def _frozen(value: Any) -> Any:
    return frozenset(cast("list[str]", value)) if isinstance(value, list) else value


async def opened(runtime: Runtime, state: Claim) -> Claim837:
    """A claim as an 837 carries it. Raises `SealBrokenError` once its key is deleted."""
    assert state.content is not None
    assert state.identity is not None
    identity = await runtime.sealer.open(state.identity.sealed_identity)
    return claim837_of(state.content, IDENTITY.validate_json(identity))


async def successor(
    runtime: Runtime,
    intake: Intake,
    cause: Meta,
    original: Claim,
    frequency: Succession,
    corrected: Claim837 | None,
) -> ReceiveClaim:
    """The command for a claim that replaces (7, every line again) or voids (8) the original at its payer.

    Nothing of the original changes: what the payer makes of it, its remittance will say.
    """
    claim = replace(
        corrected or await opened(runtime, original),
        frequency_code=frequency,
        payer_claim_control_number=payer_number(original),
        patient_control_number=_number_of(original),
    )
    origin = f"claim/{original.claim_id}/{frequency}"
    (command,) = await intake.commands(cause, (Arrival(cause.id, claim, origin, account_id=original.account_id),))
    return command


def _number_of(original: Claim) -> str:
    assert original.content is not None
    return original.content.patient_control_number


class NextPayers:
    """Performs `BillNextPayer`."""

    def __init__(self, runtime: Runtime, claim: Decider[Claim, ClaimMessage, ClaimFact], intake: Intake) -> None:
        self._runtime, self._claim, self._intake = runtime, claim, intake

    async def bill(self, key: Key, pending: Pending) -> ReportNextPayer:
        """Receive the next payer's claim. Safe to repeat: its id derives from the remittance."""
        assert isinstance(pending.effect, BillNextPayer)
        prior = pending.effect.prior
        state = (await self._runtime.store.load(self._claim, (key,)))[key].snapshot.state
        report = ReportNextPayer(meta=answer_meta(key, pending, self._runtime.clock), claim_id=key.id)
        because = imbalance(prior)
        if because:
            return report.model_copy(update={"because": because})
        try:
            made = for_next_payer(await opened(self._runtime, state), prior)
        except UnmatchedLineError:
            because = "A line of the remittance is none of this claim: bill the next payer by hand."
            return report.model_copy(update={"because": because})
        except SealBrokenError:
            because = "The identifiers of this claim cannot be opened any more: nobody can be billed."
            return report.model_copy(update={"because": because})
        arrival_id = uuid5(NAMESPACE, f"{key}/{prior.remittance_id}/{made.payer.id}")
        cause = pending.cause.model_copy(update={"id": pending.id, "tenant": key.tenant})
        arrival = Arrival(arrival_id, made, f"claim/{key.id}/next-payer", account_id=state.account_id)
        commands = await self._intake.commands(cause, (arrival,))
        known = {"qualified_medicare_beneficiary": state.is_of_qmb}
        await self._runtime.shell.transact(self._claim, [one.model_copy(update=known) for one in commands])
        return report.model_copy(update={"next_claim_id": arrival.claim_id, "payer_id": made.payer.id})


def for_next_payer(claim: Claim837, prior: PriorDecision) -> Claim837:
    """The same services for the first payer that has not decided; the one that did becomes a prior payer (loop 2320).

    Adjustments go out at the level they were received at: the claim's in 2320, the lines' in 2430. Raises
    `UnmatchedLineError`.
    """
    place = next(n for n, one in enumerate(claim.other_payers) if one.paid_cents is None and one.adjudicated_on is None)
    target = claim.other_payers[place]
    rest = tuple(one for n, one in enumerate(claim.other_payers) if n != place)
    rank = RESPONSIBILITIES.find(claim.subscriber.payer_responsibility) + 1
    own = target.subscriber.relationship == SELF or not target.subscriber.relationship
    patient = patient_of(claim)
    subscriber = replace(
        target.subscriber,
        person=patient if own else target.subscriber.person,
        relationship=SELF if own else "",
        payer_responsibility=RESPONSIBILITIES[min(max(rank, 1), len(RESPONSIBILITIES) - 1)],
    )
    number = claim.patient_control_number[: CONTROL_NUMBER_MAX - 2]
    return replace(
        claim,
        patient_control_number=f"{number}-{rank + 1}",
        frequency_code="1",
        payer_claim_control_number="",
        prior_authorization_number="",
        referral_number="",
        subscriber=subscriber,
        payer=target.payer,
        patient=None if own else replace(patient, extras=()),
        patient_relationship="" if own else target.subscriber.relationship,
        other_payers=(_prior_payer(claim, prior), *rest),
        lines=_decided_lines(claim, prior),
    )


def _prior_payer(claim: Claim837, prior: PriorDecision) -> OtherPayer:
    """Loop 2320 of the payer that decided; with lines decided, the day stands at each of them (2430)."""
    relationship = claim.patient_relationship if claim.patient else SELF
    return OtherPayer(
        subscriber=_other_subscriber(claim.subscriber, relationship),
        payer=replace(claim.payer, extras=()),
        adjustments=_adjustments(prior.adjustments),
        paid_cents=prior.paid_cents,
        benefits_assigned=claim.benefits_assigned,
        release_of_information=claim.release_of_information,
        adjudicated_on=None if prior.lines else prior.decided_on,
        payer_claim_control_number=prior.payer_claim_control_number,
    )


def _other_subscriber(subscriber: Subscriber, relationship: str) -> Subscriber:
    """Loop 2330A has no birth date or sex (DMG)."""
    person: Person = replace(subscriber.person, birth_date=None, sex="", extras=())
    return replace(subscriber, person=person, relationship=relationship, extras=())


def _decided_lines(claim: Claim837, prior: PriorDecision) -> tuple[ServiceLine, ...]:
    lines = list(claim.lines)
    free = list(range(len(lines)))
    for decided in prior.lines:
        place = _line_of(lines, free, decided)
        free.remove(place)
        line = lines[place]
        one = LineAdjudication(
            payer_id=claim.payer.id,
            paid_cents=decided.paid_cents,
            procedure_qualifier=line.procedure_qualifier if line.procedure else "",
            procedure=decided.procedure or line.procedure,
            modifiers=decided.modifiers if decided.procedure else line.modifiers,
            revenue_code=line.revenue_code,
            units=line.units,
            adjustments=_adjustments(decided.adjustments),
            adjudicated_on=prior.decided_on,
        )
        lines[place] = replace(line, adjudications=(*line.adjudications, one))
    return tuple(lines)


def _line_of(lines: Sequence[ServiceLine], free: Sequence[int], decided: LineDecision) -> int:
    """By control number, else by procedure and charge; a line is never used twice."""
    for place in free:
        if decided.line_control_number and lines[place].line_control_number == decided.line_control_number:
            return place
    for place in free:
        if (lines[place].procedure, lines[place].charge_cents) == (decided.procedure, decided.charge_cents):
            return place
    raise UnmatchedLineError


def _adjustments(adjustments: Sequence[Adjusted]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(one.group, one.reason, one.amount_cents) for one in adjustments)
