"""Posting a payer's decision to the account's ledger, and undoing it when the payer reverses it.

Order does not matter: a decision waits for its charge, and a reversal waits for what it reverses. A reversal repeats
the original's groups and reasons with every amount negated (X12 RFI 1147), and is posted as the exact opposite of it.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from services.payments.core.account_facts import (
    AnyAccountFact,
    ClaimAdjudicated,
    ContractualAdjusted,
    LedgerAccount,
    MovedToPatient,
    Part,
    PayerPaymentPosted,
    RemittedClaimHeld,
    RepeatDiffered,
    sides,
)
from services.payments.core.account_messages import PostRemittedClaim
from services.payments.core.account_state import Account, Posting, Receivable, fold
from services.payments.core.adjudication import OUTSTANDING, Action, AdjustmentPolicy
from services.payments.core.line_matching import WHOLE_CLAIM, match_lines
from services.payments.core.person_facts import InsuredCorrectionFound
from services.payments.core.remitted import Position, RemittedAdjustment, RemittedClaim, digest_of

INSURANCE, PATIENT = LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE


def post_remitted(policy: AdjustmentPolicy, state: Account, command: PostRemittedClaim) -> tuple[AnyAccountFact, ...]:
    """Post, hold, or recognise a repeat: a place in a remittance counts once."""
    remitted, digest = command.remitted, digest_of(command.remitted)
    known = _digest_at(state, command.claim_id, remitted.place)
    if known is None:
        return _post_or_hold(policy, state, command.claim_id, remitted)
    if known == digest or digest in state.conflicts:
        return ()
    place = remitted.place
    return (
        RepeatDiffered(
            account_id=state.account_id,
            kind="remitted-claim",
            reference=place.remittance_id,
            position=place.claim,
            digest=digest,
        ),
    )


def post_held(policy: AdjustmentPolicy, state: Account, item_id: str) -> tuple[AnyAccountFact, ...]:
    """Everything held for this claim that can be posted now; one posting may make the next one possible."""
    facts: list[AnyAccountFact] = []
    for _ in range(len(state.held)):
        made = next((made for made in _postable(policy, state, item_id) if made), ())
        if not made:
            break
        facts += made
        state = fold(state, made)
    return tuple(facts)


def _postable(policy: AdjustmentPolicy, state: Account, item_id: str) -> Iterator[tuple[AnyAccountFact, ...]]:
    for one in state.held:
        if one.item_id == item_id:
            yield _post(policy, state, item_id, one.remitted)


def _post_or_hold(
    policy: AdjustmentPolicy, state: Account, item_id: str, remitted: RemittedClaim
) -> tuple[AnyAccountFact, ...]:
    posted = _post(policy, state, item_id, remitted)
    if posted:
        return posted
    waits_for: Literal["original", "charge"] = "original" if item_id in state.receivables else "charge"
    return (RemittedClaimHeld(account_id=state.account_id, item_id=item_id, waits_for=waits_for, remitted=remitted),)


def _post(
    policy: AdjustmentPolicy, state: Account, item_id: str, remitted: RemittedClaim
) -> tuple[AnyAccountFact, ...]:
    """The decision and its entries; nothing while what it needs has not come."""
    receivable = state.receivables.get(item_id)
    if receivable is None:
        return ()
    original = find_original(receivable, remitted) if remitted.is_reversal else None
    if remitted.is_reversal and original is None:
        return ()
    actions = _actions(policy, remitted, original)
    parts = parts_of(remitted, actions) if remitted.is_posted else ()
    adjudicated = ClaimAdjudicated(
        account_id=state.account_id,
        item_id=item_id,
        remitted=remitted,
        lines=match_lines(receivable.lines, remitted.lines),
        digest=digest_of(remitted),
        parts=parts,
        denied_cents=sum(part.amount_cents for part in parts if part.action in OUTSTANDING),
        reverses=original.place if original else None,
    )
    if not remitted.is_posted:
        return (adjudicated,)
    return adjudicated, *entries_of(adjudicated, actions), *_corrections(adjudicated)


def _corrections(decision: ClaimAdjudicated) -> Iterator[AnyAccountFact]:
    """A payer that knows the insured under another name or number (NM1*74): the next claim would be refused for it."""
    sealed, remitted = decision.remitted.sealed_corrected, decision.remitted
    if sealed is not None and not remitted.is_reversal:
        yield InsuredCorrectionFound(
            account_id=decision.account_id,
            item_id=decision.item_id,
            place=remitted.place,
            payer_id=remitted.payer_id,
            sealed_corrected=sealed,
        )


def find_original(receivable: Receivable, reversal: RemittedClaim) -> Posting | None:
    """The posting of this payer that a reversal undoes: every amount the opposite, and not undone yet.

    The payer's control number decides between several; one side may lack it.
    """
    negated = {code: -cents for code, cents in _sums(reversal).items()}
    candidates = (
        posting
        for posting in receivable.postings
        if posting.open
        and posting.payer_id == reversal.payer_id
        and (posting.charge_cents, posting.paid_cents) == (-reversal.charge_cents, -reversal.paid_cents)
        and {part.code: part.amount_cents for part in posting.parts} == negated
        and _same_control_number(posting, reversal)
    )
    exact = reversal.payer_claim_control_number
    return min(candidates, key=lambda one: (one.payer_claim_control_number != exact, one.place), default=None)


def _same_control_number(posting: Posting, reversal: RemittedClaim) -> bool:
    numbers = {posting.payer_claim_control_number, reversal.payer_claim_control_number} - {""}
    return len(numbers) <= 1


def parts_of(remitted: RemittedClaim, actions: dict[tuple[str, str], Action]) -> tuple[Part, ...]:
    """The decision by group and reason over claim and lines; what comes to nothing is left out."""
    return tuple(Part(*code, actions[code], cents) for code, cents in sorted(_sums(remitted).items()))


def _sums(remitted: RemittedClaim) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for _, one in remitted.every_adjustment():
        sums[one.group, one.reason] = sums.get((one.group, one.reason), 0) + one.amount_cents
    return {code: cents for code, cents in sums.items() if cents}


def _actions(
    policy: AdjustmentPolicy, remitted: RemittedClaim, original: Posting | None
) -> dict[tuple[str, str], Action]:
    """How each code is treated: by the policy of the day, and in a reversal exactly as the original was.

    A payer that only sends the claim on (23) decides nothing about any amount.
    """
    if not remitted.is_decision:
        return {(one.group, one.reason): Action.INFORMATIONAL for _, one in remitted.every_adjustment()}
    then = {part.code: part.action for part in original.parts} if original else {}
    codes = {(one.group, one.reason) for _, one in remitted.every_adjustment()}
    return {code: then.get(code) or policy.classify(*code, remitted.payment_date) for code in codes}


def entries_of(decision: ClaimAdjudicated, actions: dict[tuple[str, str], Action]) -> Iterator[AnyAccountFact]:
    """The money of a decision: what was paid, and each amount that nobody owes or that is the patient's."""
    remitted, place, reverses = decision.remitted, decision.remitted.place, decision.reverses
    if remitted.paid_cents:
        yield PayerPaymentPosted(
            account_id=decision.account_id,
            item_id=decision.item_id,
            place=place,
            reverses=reverses,
            **sides(LedgerAccount.PAYER_CASH, INSURANCE, remitted.paid_cents),
        )
    for line, one in _merged(_as_billed(decision)):
        made = _adjusting(actions[one.group, one.reason])
        if made is not None and one.amount_cents:
            fact, debit = made
            yield fact(
                account_id=decision.account_id,
                item_id=decision.item_id,
                place=place,
                reverses=reverses,
                line=line,
                group=one.group,
                reason=one.reason,
                quantity=one.quantity,
                **sides(debit, INSURANCE, one.amount_cents),
            )


def _as_billed(decision: ClaimAdjudicated) -> Iterator[tuple[int, RemittedAdjustment]]:
    """Every adjustment with the number of the line as it was billed; the claim's (0) where none can be told."""
    for line, one in decision.remitted.every_adjustment():
        yield (decision.lines[line - 1] if line else WHOLE_CLAIM), one


def _merged(adjustments: Iterable[tuple[int, RemittedAdjustment]]) -> Iterable[tuple[int, RemittedAdjustment]]:
    """One entry per line and code, though a payer may repeat a CAS."""
    merged: dict[tuple[int, str, str], RemittedAdjustment] = {}
    for line, one in adjustments:
        before = merged.get((line, one.group, one.reason))
        merged[line, one.group, one.reason] = one if before is None else _together(before, one)
    return [(line, one) for (line, _, _), one in merged.items()]


def _together(first: RemittedAdjustment, second: RemittedAdjustment) -> RemittedAdjustment:
    stated = [one.quantity for one in (first, second) if one.quantity is not None]
    quantity = sum(stated, Decimal(0)) if stated else None
    return first.model_copy(update={"amount_cents": first.amount_cents + second.amount_cents, "quantity": quantity})


def _adjusting(action: Action) -> tuple[type[ContractualAdjusted] | type[MovedToPatient], LedgerAccount] | None:
    """The entry an action makes; informational and denied amounts make none."""
    match action:
        case Action.CONTRACTUAL:
            return ContractualAdjusted, LedgerAccount.CONTRACTUAL_ADJUSTMENT
        case Action.PATIENT:
            return MovedToPatient, PATIENT
        case Action.INFORMATIONAL | Action.DENIAL | Action.UNKNOWN:
            return None


def _digest_at(state: Account, item_id: str, place: Position) -> str | None:
    """The fingerprint of what stands at this place of the remittance, posted or held."""
    receivable = state.receivables.get(item_id)
    posted = ((one.place, one.digest) for one in receivable.postings) if receivable else ()
    held = ((one.remitted.place, digest_of(one.remitted)) for one in state.held)
    return next((digest for at, digest in (*posted, *held) if at == place), None)
