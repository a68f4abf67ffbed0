"""What a person says about an account besides money: who the patient is, where a payment belongs, whose claim it is.

Every word is answered by a fact, with the reason when it is not done; asked again, nothing more happens.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from services.payments.core.account_facts import (
    AnyAccountFact,
    BalanceWrittenOff,
    ClaimAdjudicated,
    LedgerAccount,
    PatientPaymentApplied,
    PatientPaymentReleased,
    WriteOffReversed,
    sides,
)
from services.payments.core.account_messages import (
    CloseCorrection,
    MovePayment,
    NoteStandings,
    Shift,
    UnpostRemittedClaim,
)
from services.payments.core.account_state import Account, Receivable, fold
from services.payments.core.adjudication import OUTSTANDING, Action
from services.payments.core.line_matching import match_lines
from services.payments.core.person_facts import (
    ClaimUnposted,
    InsuredCorrectionClosed,
    PersonAnswered,
    StandingsLearned,
    StandingsNoted,
    Wish,
)
from services.payments.core.posting import entries_of
from services.payments.core.remitted import Position, RemittedAdjustment, RemittedClaim, digest_of
from shared.contracts import AuthorizationRequired, CoverageVerified

Answered: TypeAlias = NoteStandings | CloseCorrection | MovePayment | UnpostRemittedClaim
PATIENT, UNAPPLIED = LedgerAccount.PATIENT_RECEIVABLE, LedgerAccount.UNAPPLIED_CREDIT


def note_standings(state: Account, command: NoteStandings) -> tuple[AnyAccountFact, ...]:
    """Remember what is known of the patient; settling moves what may not be billed, in both directions."""
    item, standings = state.receivables.get(command.claim_id), tuple(sorted(set(command.standings)))
    if str(command.meta.id) in state.answered:
        return ()
    if item is None or not item.payer_id:
        return (_answer(state, command, "standings", "the account has no such claim"),)
    answered = _answer(state, command, "standings")
    if standings == item.standings:
        return (answered,)
    noted = StandingsNoted(
        account_id=state.account_id, item_id=command.claim_id, standings=standings, reason=command.reason
    )
    return answered, noted


def learn_standings(state: Account, event: CoverageVerified | AuthorizationRequired) -> tuple[AnyAccountFact, ...]:
    """A payer that says it (EB04 QM) is believed; one that does not say it denies nothing, so nothing is unlearned."""
    if not event.qualified_medicare_beneficiary or "qmb" in state.learned.get(event.claim_id, ()):
        return ()
    return (StandingsLearned(account_id=state.account_id, item_id=event.claim_id, standings=("qmb",)),)


def close_correction(state: Account, command: CloseCorrection) -> tuple[AnyAccountFact, ...]:
    """End the work on one decision that names another insured."""
    if str(command.meta.id) in state.answered:
        return ()
    item, place = state.receivables.get(command.claim_id), Position(command.remittance_id, command.position)
    if item is None or place not in item.corrections:
        return (_answer(state, command, "close-correction", "no correction of the insured waits there"),)
    closed = InsuredCorrectionClosed(
        account_id=state.account_id, item_id=command.claim_id, place=place, note=command.note
    )
    return _answer(state, command, "close-correction"), closed


def move_payment(state: Account, command: MovePayment) -> tuple[AnyAccountFact, ...]:
    """Take money off one claim and put it on another, by two entries that name the person's reason."""
    if str(command.meta.id) in state.answered:
        return ()
    because = _why_not_moved(state, command)
    answered = _answer(state, command, "move-payment", because)
    return (answered,) if because else (answered, *_moved(state, command))


def _why_not_moved(state: Account, command: MovePayment) -> str:
    there, cents = _lies(state, command.payment_id, command.from_item_id), command.moved_cents
    if command.from_item_id == command.to_item_id:
        return "from and to are the same"
    if cents > there:
        return f"only {there} cents of this payment lie there"
    if not command.to_item_id:
        return ""
    to = state.receivables.get(command.to_item_id)
    if to is None:
        return "the account has no such claim or charge to move it to"
    if cents > max(0, to.patient_cents):
        return f"only {max(0, to.patient_cents)} cents of that claim or charge are open for the patient"
    return ""


def _lies(state: Account, payment_id: str, item_id: str) -> int:
    """How much of a payment lies on a claim or charge, or unapplied."""
    item = state.receivables.get(item_id)
    shares = state.credits if not item_id else item.patient_payments if item is not None else ()
    return sum(share.cents for share in shares if share.payment_id == payment_id)


def _moved(state: Account, command: MovePayment) -> Iterator[AnyAccountFact]:
    if command.from_item_id:
        yield PatientPaymentReleased(
            account_id=state.account_id,
            item_id=command.from_item_id,
            payment_id=command.payment_id,
            reason=command.reason,
            kept=not command.to_item_id,
            **sides(PATIENT, UNAPPLIED, command.moved_cents),
        )
    if command.to_item_id:
        yield PatientPaymentApplied(
            account_id=state.account_id,
            item_id=command.to_item_id,
            payment_id=command.payment_id,
            reason=command.reason,
            **sides(UNAPPLIED, PATIENT, command.moved_cents),
        )


def unpost_remitted(state: Account, command: UnpostRemittedClaim) -> tuple[AnyAccountFact, ...]:
    """Reverse every entry of a decision that is on the wrong claim, and forget that it was posted there."""
    if str(command.meta.id) in state.answered:
        return ()
    because = why_not_unposted(state, command.claim_id, command.remitted)
    answered = _answer(state, command, "unpost", because)
    return (answered,) if because else (answered, *_unposted(state, command))


def why_not_unposted(state: Account, claim_id: str, remitted: RemittedClaim) -> str:
    """Why a decision cannot be taken off a claim; empty when it can."""
    if any(one.remitted.place == remitted.place and one.item_id == claim_id for one in state.held):
        return ""
    item = state.receivables.get(claim_id)
    posting = next((one for one in item.postings if one.place == remitted.place), None) if item else None
    if posting is None:
        return "this decision is not posted on that claim"
    if posting.digest != digest_of(remitted):
        return "what is posted there says something else"
    if remitted.is_reversal:
        return "a reversal stands as long as the decision it reverses: it was found by its amounts"
    if posting.open or not remitted.can_be_reversed:
        return ""
    return "the payer reversed this decision already: nothing of it is left to take back"


def _unposted(state: Account, command: UnpostRemittedClaim) -> tuple[AnyAccountFact, ...]:
    remitted, item = command.remitted, state.receivables.get(command.claim_id)
    posting = next((one for one in item.postings if one.place == remitted.place), None) if item else None
    parts = posting.parts if posting is not None else ()
    unposted = ClaimUnposted(
        account_id=state.account_id,
        item_id=command.claim_id,
        place=remitted.place,
        status=remitted.status,
        payer_id=remitted.payer_id,
        charge_cents=remitted.charge_cents,
        paid_cents=remitted.paid_cents,
        denied_cents=sum(part.amount_cents for part in parts if part.action in OUTSTANDING),
        payment_date=remitted.payment_date,
        was_posted=posting is not None and remitted.is_posted,
        reason=command.reason,
        patient_control_number=remitted.patient_control_number,
    )
    if item is None or posting is None or not remitted.is_posted:
        return (unposted,)
    actions = {part.code: part.action for part in parts}
    return unposted, *_reversed_entries(item, command, actions)


def _reversed_entries(
    item: Receivable, command: UnpostRemittedClaim, actions: dict[tuple[str, str], Action]
) -> Iterator[AnyAccountFact]:
    """The decision's own entries, each the other way round. A code that came to nothing over the claim counts, too."""
    negated = opposite(command.remitted)
    codes = {(one.group, one.reason) for _, one in negated.every_adjustment()}
    undone = ClaimAdjudicated(
        account_id=command.account_id,
        item_id=command.claim_id,
        remitted=negated,
        lines=match_lines(item.lines, negated.lines),
        digest="",
        parts=(),
        denied_cents=0,
        reverses=command.remitted.place,
    )
    return entries_of(undone, {code: actions.get(code, Action.UNKNOWN) for code in codes})


def opposite(remitted: RemittedClaim) -> RemittedClaim:
    """The same decision with every amount that posts negated."""

    def negated(cas: Sequence[RemittedAdjustment]) -> tuple[RemittedAdjustment, ...]:
        return tuple(one.model_copy(update={"amount_cents": -one.amount_cents}) for one in cas)

    lines = tuple(
        line.model_copy(
            update={
                "charge_cents": -line.charge_cents,
                "paid_cents": -line.paid_cents,
                "adjustments": negated(line.adjustments),
            }
        )
        for line in remitted.lines
    )
    return remitted.model_copy(
        update={
            "charge_cents": -remitted.charge_cents,
            "paid_cents": -remitted.paid_cents,
            "adjustments": negated(remitted.adjustments),
            "lines": lines,
        }
    )


def shifts_of(facts: Iterable[AnyAccountFact]) -> tuple[Shift, ...]:
    """Where one message's facts moved patients' money and write-offs, net, by claim and source."""
    sums: dict[tuple[str, str, str], int] = {}
    for fact in facts:
        for key, cents in _shift(fact):
            sums[key] = sums.get(key, 0) + cents
    return tuple(
        Shift.model_validate({"kind": kind, "item_id": item_id, "source": source, "cents": cents})
        for (kind, item_id, source), cents in sums.items()
        if cents
    )


def _shift(fact: AnyAccountFact) -> Iterator[tuple[tuple[str, str, str], int]]:
    match fact:
        case PatientPaymentApplied():
            yield ("payment", fact.item_id, fact.payment_id), fact.cents
        case PatientPaymentReleased():
            yield ("payment", fact.item_id, fact.payment_id), -fact.cents
        case WriteOffReversed() if fact.write_off_id:
            yield ("write-off", fact.item_id, fact.write_off_id), -fact.cents
        case _:
            return


def put_back(state: Account, shifts: Sequence[Shift]) -> Iterator[AnyAccountFact]:
    """Bring patients' money back to where it lay before a decision moved it, as far as it is still where it went."""
    for one in shifts:
        if one.kind == "payment" and one.cents > 0:
            cents = min(one.cents, _lies(state, one.source, one.item_id))
            made = _released(state, one, cents) if cents else ()
            state = fold(state, made)
            yield from made
    for one in shifts:
        item = state.receivables.get(one.item_id)
        if one.cents > 0 or item is None:
            continue
        open_cents = max(0, item.patient_cents)
        wanted = min(-one.cents, open_cents)
        made = _restored(state, one, wanted if one.kind == "write-off" else min(wanted, _lies(state, one.source, "")))
        state = fold(state, made)
        yield from made


def _released(state: Account, shift: Shift, cents: int) -> tuple[AnyAccountFact, ...]:
    return (
        PatientPaymentReleased(
            account_id=state.account_id,
            item_id=shift.item_id,
            payment_id=shift.source,
            **sides(PATIENT, UNAPPLIED, cents),
        ),
    )


def _restored(state: Account, shift: Shift, cents: int) -> tuple[AnyAccountFact, ...]:
    if not cents:
        return ()
    if shift.kind == "payment":
        return (
            PatientPaymentApplied(
                account_id=state.account_id,
                item_id=shift.item_id,
                payment_id=shift.source,
                **sides(UNAPPLIED, PATIENT, cents),
            ),
        )
    return (
        BalanceWrittenOff(
            account_id=state.account_id,
            item_id=shift.item_id,
            write_off_id=shift.source,
            reason="restored",
            **sides(LedgerAccount.BAD_DEBT, PATIENT, cents),
        ),
    )


def _answer(state: Account, command: Answered, wish: Wish, because: str = "") -> PersonAnswered:
    return PersonAnswered(account_id=state.account_id, command_id=str(command.meta.id), wish=wish, because=because)
