"""A guarantor's account with one billing client: the ledger of every claim and self-pay charge.

What must hold after every fact, for each claim and for the account:
charge = payer paid + adjusted + patient paid + written off + denials given up + outstanding, to the cent, and
debits = credits.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias, assert_never

from pydantic import TypeAdapter

from services.payments.core.account_assistance import assist, note_end, note_grant
from services.payments.core.account_charges import charge, charge_of, repeated, root, submit
from services.payments.core.account_events import publish
from services.payments.core.account_facts import (
    AnyAccountFact,
    BalanceWrittenOff,
    DenialGivenUp,
    DenialWrittenOff,
    DiscriminatedAccountFact,
    LedgerAccount,
    LedgerFact,
    PatientPaymentTaken,
    WriteOffTaken,
    sides,
)
from services.payments.core.account_messages import (
    AccountMessage,
    AnyAccountMessage,
    CloseCorrection,
    DecideWriteOff,
    FreePrepayment,
    MovePayment,
    NoteStandings,
    PersonsWord,
    PostPatientPayment,
    PostRemittedClaim,
    PostSelfPayCharge,
    RefundPayer,
    RequestWriteOff,
    RestoreMoney,
    ReversePatientPayment,
    RevertWriteOff,
    SayBill,
    UnpostRemittedClaim,
)
from services.payments.core.account_money_back import give_back, item_of_refund, spendable
from services.payments.core.account_others import hear_other, share_out
from services.payments.core.account_person import (
    close_correction,
    learn_standings,
    move_payment,
    note_standings,
    put_back,
    unpost_remitted,
)
from services.payments.core.account_state import Account, Share, evolve, fold, owner
from services.payments.core.account_write_offs import (
    decide_write_off,
    recover_bad_debt,
    request_write_off,
    revert_write_off,
    take_back,
)
from services.payments.core.adjudication import AdjustmentPolicy
from services.payments.core.allocation import apply_chosen
from services.payments.core.before_bill import bills_due_at, decide_bills, hear_application, say_bill
from services.payments.core.posting import post_held, post_remitted
from services.payments.core.remitted import digest_of
from services.payments.core.settling import (
    Step,
    announce_balance,
    announce_credit,
    apply_credits,
    coordinate,
    in_turn,
    match_oldest,
    owing,
    take_back_denial_write_off,
    unwind,
)
from services.payments.core.stopping import stop_shares
from shared.contracts import (
    AccountWrittenOff,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    AuthorizationRequired,
    ClaimSubmitted,
    CoverageVerified,
    LateChargeRaised,
    Meta,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
    SettlementUndone,
    WriteOffApproved,
)
from shared.decider import Decider, Due, Scalar, named_by

PATIENT = LedgerAccount.PATIENT_RECEIVABLE
AccountDecider: TypeAlias = Decider[Account, AccountMessage, AnyAccountFact]


account_of = named_by("account_id")
"""The account a message is for."""


class Ruling(NamedTuple):
    """The client's policy, and the message that it is applied to: who is the client, and which day it is."""

    codes: AdjustmentPolicy
    meta: Meta


def make_account(policy: AdjustmentPolicy) -> AccountDecider:
    """The account's decider under a policy of adjustment codes."""
    return Decider(
        service="payments",
        kind="account",
        initial=Account(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=partial(publish, policy.stops),
        aggregate_id=account_of,
        record_key=lambda state: state.account_id,
        state_codec=TypeAdapter(Account),
        message_codec=TypeAdapter(AnyAccountMessage),
        fact_codec=TypeAdapter(DiscriminatedAccountFact),
        index=_index,
        due=bills_due_at,
    )


# One branch for each message: the table itself, not logic to take apart.
def decide(policy: AdjustmentPolicy, state: Account, message: AccountMessage) -> tuple[AnyAccountFact, ...]:  # noqa: C901, PLR0911
    """What a message makes of the account: its own facts, then what follows from them."""
    state = owner(state, account_of(message))
    ruling = Ruling(policy, message.meta)
    match message:
        case Due() | SayBill() | AssistanceRequested() | AssistanceDenied():
            return _on_bills(ruling, state, message)
        case ClaimSubmitted():
            return _settled(ruling, state, root(state, message), submit(state, message))
        case CoverageVerified() | AuthorizationRequired():
            return _settled(ruling, state, message.claim_id, learn_standings(state, message))
        case PostRemittedClaim():
            on_root = message.model_copy(update={"claim_id": state.root_of(message.claim_id)})
            return _settled(ruling, state, on_root.claim_id, post_remitted(policy, state, on_root))
        case PostSelfPayCharge():
            return _settled(ruling, state, message.charge_id, charge(state, message))
        case PostPatientPayment():
            return _settled(ruling, state, message.claim_id or "", _take_payment(state, message))
        case (
            OtherPartyTermsSet()
            | OtherPartyEnded()
            | OtherPartyPaid()
            | OtherPartyPaymentReturned()
            | OtherPartyReductionAgreed()
        ):
            return _settled(ruling, state, "", hear_other(state, message))
        case LateChargeRaised() | AccountWrittenOff() | SettlementUndone() | AssistanceGranted() | AssistanceEnded():
            return _on_collections(ruling, state, message)
        case ReversePatientPayment() | RefundPayer() | RestoreMoney() | FreePrepayment():
            return _settled(ruling, state, item_of_refund(state, message), give_back(state, message))
        case WriteOffApproved():
            denied = message.model_copy(update={"claim_id": state.root_of(message.claim_id)})
            return _settled(ruling, state, denied.claim_id, _give_up_denial(state, denied))
        case (
            NoteStandings()
            | CloseCorrection()
            | RequestWriteOff()
            | DecideWriteOff()
            | RevertWriteOff()
            | MovePayment()
            | UnpostRemittedClaim()
        ):
            return _on_persons_word(ruling, state, message)
        case _:
            assert_never(message)


def _on_collections(
    ruling: Ruling,
    state: Account,
    message: LateChargeRaised | AccountWrittenOff | SettlementUndone | AssistanceGranted | AssistanceEnded,
) -> tuple[AnyAccountFact, ...]:
    match message:
        case LateChargeRaised():
            return _settled(ruling, state, message.charge_id, charge(state, charge_of(message)))
        case AccountWrittenOff():
            return _settled(ruling, state, "", _write_off(state, message))
        case SettlementUndone():
            return _settled(ruling, state, "", tuple(take_back(state, message.write_off_id)))
        case AssistanceGranted():
            return _settled(ruling, state, "", (*note_grant(state, message), *hear_application(state, message)))
        case AssistanceEnded():
            return _settled(ruling, state, "", (*note_end(state, message), *hear_application(state, message)))
        case _:
            assert_never(message)


# One branch for each word: the table itself, not logic to take apart.
def _on_persons_word(ruling: Ruling, state: Account, message: PersonsWord) -> tuple[AnyAccountFact, ...]:  # noqa: PLR0911
    match message:
        case NoteStandings():
            return _settled(ruling, state, message.claim_id, note_standings(state, message))
        case CloseCorrection():
            return _settled(ruling, state, message.claim_id, close_correction(state, message))
        case RequestWriteOff():
            return _settled(ruling, state, message.item_id, request_write_off(ruling.codes.write_offs, state, message))
        case DecideWriteOff():
            asked = state.asked_write_offs.get(message.write_off_id)
            made = decide_write_off(ruling.codes.write_offs, state, message)
            return _settled(ruling, state, asked.item_id if asked else "", made)
        case RevertWriteOff():
            made = revert_write_off(state, message)
            return _settled(ruling, state, next(_items_of(made), ""), made)
        case MovePayment():
            return _settled(ruling, state, message.to_item_id, move_payment(state, message))
        case UnpostRemittedClaim():
            message = message.model_copy(update={"claim_id": state.root_of(message.claim_id)})
            made = unpost_remitted(state, message)
            return _settled(ruling, state, message.claim_id, made, lambda now: put_back(now, message.shifts))
        case _:
            assert_never(message)


def _settled(
    ruling: Ruling,
    state: Account,
    item_id: str,
    facts: tuple[AnyAccountFact, ...],
    before_credits: Step = lambda _: (),
) -> tuple[AnyAccountFact, ...]:
    """The facts, and what follows for the claims and charges that they are about."""
    if not facts:
        return ()
    touched = dict.fromkeys((item_id, *_items_of(facts)))
    return in_turn(
        state,
        lambda _: facts,
        *(step for one in touched for step in _steps_of(ruling, one)),
        share_out,
        *(unwind(one) for one in touched),
        assist,
        before_credits,
        apply_credits(first=item_id),
        *(announce_credit(one) for one in touched),
        partial(decide_bills, ruling.codes.bills, ruling.meta),
        announce_balance,
    )


def _on_bills(
    ruling: Ruling, state: Account, message: Due | SayBill | AssistanceRequested | AssistanceDenied
) -> tuple[AnyAccountFact, ...]:
    """What is said about the guarantor's bills, and what becomes of them. No money moves."""
    match message:
        case Due():
            said: tuple[AnyAccountFact, ...] = ()
        case SayBill():
            said = say_bill(ruling.codes.bills, state, message)
        case AssistanceRequested() | AssistanceDenied():
            said = hear_application(state, message)
        case _:
            assert_never(message)
    return in_turn(state, lambda _: said, partial(decide_bills, ruling.codes.bills, ruling.meta), announce_balance)


def _steps_of(ruling: Ruling, item_id: str) -> tuple[Step, ...]:
    """What follows for one claim or charge, in this order."""
    return (
        lambda now: post_held(ruling.codes, now, item_id),
        take_back_denial_write_off(item_id),
        coordinate(item_id),
        lambda now: stop_shares(ruling.codes.stops, now, item_id),
    )


def _items_of(facts: tuple[AnyAccountFact, ...]) -> Iterator[str]:
    return (fact.item_id for fact in facts if isinstance(fact, LedgerFact) and fact.item_id)


def _take_payment(state: Account, command: PostPatientPayment) -> tuple[AnyAccountFact, ...]:
    """The money arrives as unapplied credit; settling applies it at once as far as something is owed."""
    without = ("received_on",) if command.reserved_for else ("received_on", "reserved_for")
    digest = digest_of(command, *without)
    known = next((one.digest for one in state.payments if one.id == command.payment_id), None)
    if known is not None:
        return repeated(state, "payment", command.payment_id, known, digest)
    taken = PatientPaymentTaken(
        account_id=command.account_id,
        item_id="",
        payment_id=command.payment_id,
        method=command.method,
        received_on=command.received_on,
        digest=digest,
        applied_cents=0,
        reserved_for=command.reserved_for,
        **sides(LedgerAccount.PATIENT_CASH, LedgerAccount.UNAPPLIED_CREDIT, command.paid_cents),
    )
    chosen = () if command.reserved_for else tuple(apply_chosen(fold(state, (taken,)), command))
    recovered = () if command.reserved_for else tuple(recover_bad_debt(fold(state, (taken, *chosen))))
    now = fold(state, (taken, *chosen, *recovered))
    rest = match_oldest(spendable(now), owing(now, command.claim_id))
    applied_cents = sum(one.cents for one in chosen) + sum(
        one.cents for one in rest if one.source == command.payment_id
    )
    return taken.model_copy(update={"applied_cents": applied_cents}), *chosen, *recovered


def _write_off(state: Account, event: AccountWrittenOff) -> tuple[AnyAccountFact, ...]:
    """Bad debt for what is still open, oldest first; what was paid meanwhile is not written off."""
    digest = f"{event.write_off_id}/{event.written_off_cents}"
    known = next((one.digest for one in state.write_offs if one.id == event.write_off_id), None)
    if known is not None:
        return repeated(state, "write-off", event.write_off_id, known, digest)
    billed = tuple(one for one in owing(state) if one[1].bill is None or not one[1].bill.waits)
    posted = match_oldest((Share(event.write_off_id, event.written_off_cents),), billed)
    taken = WriteOffTaken(
        account_id=event.account_id,
        write_off_id=event.write_off_id,
        asked_cents=event.written_off_cents,
        posted_cents=sum(one.cents for one in posted),
    )
    entries = (
        BalanceWrittenOff(
            account_id=event.account_id,
            item_id=one.item_id,
            write_off_id=event.write_off_id,
            reason=event.reason,
            **sides(LedgerAccount.BAD_DEBT, PATIENT, one.cents),
        )
        for one in posted
    )
    return (taken, *entries)


def _give_up_denial(state: Account, event: WriteOffApproved) -> tuple[AnyAccountFact, ...]:
    """What two people gave up, as far as it is still denied and open: what was paid meanwhile is not written off."""
    write_off_id = str(event.meta.id)
    digest = f"{write_off_id}/{event.written_off_cents}"
    known = next((one.digest for one in state.write_offs if one.id == write_off_id), None)
    if known is not None:
        return repeated(state, "write-off", write_off_id, known, digest)
    item = state.receivables.get(event.claim_id)
    open_cents = 0 if item is None else max(0, min(item.denied_cents, item.insurance_cents))
    posted_cents = min(event.written_off_cents, open_cents)
    given_up = DenialGivenUp(
        account_id=event.account_id,
        item_id=event.claim_id,
        write_off_id=write_off_id,
        asked_cents=event.written_off_cents,
        posted_cents=posted_cents,
    )
    if not posted_cents:
        return (given_up,)
    entry = DenialWrittenOff(
        account_id=event.account_id,
        item_id=event.claim_id,
        write_off_id=write_off_id,
        category=event.category,
        requested_by=event.requested_by,
        approved_by=event.approved_by,
        **sides(LedgerAccount.DENIAL_WRITE_OFF, LedgerAccount.INSURANCE_RECEIVABLE, posted_cents),
    )
    return (given_up, entry)


def _index(state: Account) -> Mapping[str, Scalar]:
    return {
        "owes": state.owed_cents > 0,
        "credit": state.owed_cents < 0 or any(item.credit_cents for item in state.receivables.values()),
        "held": bool(state.held),
        "corrected": any(item.corrections for item in state.receivables.values()),
        "write_off_waits": any(one.status == "waiting" for one in state.asked_write_offs.values()),
        "bill_waits": any(item.bill is not None and item.bill.waits for item in state.receivables.values()),
        "stopped": any(item.stopped for item in state.receivables.values()),
    }
