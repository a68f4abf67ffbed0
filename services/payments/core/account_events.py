"""The public face of the account's facts."""

from services.payments.core.account_facts import (
    AnyAccountFact,
    BalanceChanged,
    ClaimAdjudicated,
    ContractualAdjusted,
    CreditChanged,
    LedgerAccount,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
    PayerPaymentPosted,
)
from services.payments.core.account_state import Account
from services.payments.core.adjudication import Action
from services.payments.core.never_billed import Stops
from services.payments.core.patient_bills import bills_of, open_after, unapplied_of
from services.payments.core.person_facts import (
    ClaimUnposted,
    InsuredCorrectionFound,
    PersonWroteOff,
    WriteOffReverted,
)
from services.payments.core.remitted import REVERSAL, Position, RemittedLine
from services.payments.core.stopping import stopped_parts, with_learned
from shared.contracts import (
    Adjustment,
    AdjustmentPosted,
    ClaimRemitted,
    CreditBalanceCleared,
    CreditBalanceFound,
    Event,
    InsuredCorrected,
    LineDecision,
    Meta,
    PatientBalanceChanged,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    RemittancePlace,
    WriteOffPosted,
)


# One branch for each public fact: the table itself, not logic to take apart.
def publish(stops: Stops, state: Account, fact: AnyAccountFact, meta: Meta) -> Event | None:  # noqa: C901, PLR0911
    """The event made of a fact; entries inside the account (applications, transfers) stay private."""
    match fact:
        case ClaimAdjudicated():
            return _remitted(state, fact, _stopped_cents(stops, state, fact), meta) if fact.remitted.is_posted else None
        case ClaimUnposted():
            return _taken_back(state, fact, meta) if fact.was_posted else None
        case PersonWroteOff() | WriteOffReverted():
            return _given_up(fact, meta)
        case InsuredCorrectionFound():
            return InsuredCorrected(
                meta=meta,
                account_id=fact.account_id,
                claim_id=fact.item_id,
                payer_id=fact.payer_id,
                remittance_id=fact.place.remittance_id,
                position=fact.place.claim,
                sealed_corrected=fact.sealed_corrected,
            )
        case PayerPaymentPosted():
            return _paid(fact, meta)
        case ContractualAdjusted():
            return AdjustmentPosted(
                meta=meta,
                account_id=fact.account_id,
                claim_id=fact.item_id,
                remittance_id=fact.place.remittance_id,
                group=fact.group,
                reason=fact.reason,
                amount_cents=fact.effect_on(LedgerAccount.CONTRACTUAL_ADJUSTMENT),
            )
        case PatientPaymentTaken():
            return _payment_received(fact, meta)
        case PatientPaymentReversed() | PatientPaymentRestored():
            return _money_back(fact, meta)
        case CreditChanged() if fact.credit_cents:
            claim_id = fact.item_id or None
            return CreditBalanceFound(
                meta=meta, account_id=fact.account_id, claim_id=claim_id, credit_cents=fact.credit_cents
            )
        case CreditChanged():
            return CreditBalanceCleared(meta=meta, account_id=fact.account_id, claim_id=fact.item_id or None)
        case BalanceChanged():
            return PatientBalanceChanged(
                meta=meta,
                account_id=fact.account_id,
                balance_cents=fact.balance_cents,
                claims=fact.owing_items,
                sealed_guarantor=state.sealed_guarantor,
                bills=bills_of(state),
                unapplied_cents=unapplied_of(state),
            )
        case _:
            return None


def _stopped_cents(stops: Stops, state: Account, fact: ClaimAdjudicated) -> int:
    """Of what the payer stated as the patient's: what may not be billed, by what is known now."""
    item = with_learned(state, fact.item_id)
    assert item is not None, "a decision is posted on a claim"
    posting = next((one for one in item.postings if one.place == fact.remitted.place), None)
    stopped = stopped_parts(stops, item, posting) if posting is not None else ()
    return sum(part.amount_cents for part, _ in stopped if part.action is Action.PATIENT)


def _taken_back(state: Account, fact: ClaimUnposted, meta: Meta) -> ClaimRemitted:
    """A decision on the wrong claim is told like a payer's reversal of it (22), under the claim that it answered."""
    claim_id = _billed_claim(state, fact.item_id, fact.patient_control_number)
    follower = state.followers.get(claim_id)
    item = state.receivables[fact.item_id]
    return ClaimRemitted(
        meta=meta,
        account_id=fact.account_id,
        claim_id=claim_id,
        patient_control_number=follower.patient_control_number if follower else item.patient_control_number,
        remittance_id=fact.place.remittance_id,
        payer_id=fact.payer_id,
        status=REVERSAL,
        charge_cents=-fact.charge_cents,
        paid_cents=-fact.paid_cents,
        patient_responsibility_cents=0,
        denied_cents=-fact.denied_cents,
        payment_date=fact.payment_date,
        position=fact.place.claim,
        reverses=_place(fact.place),
        charged_claim_id="" if claim_id == fact.item_id else fact.item_id,
    )


def _given_up(fact: PersonWroteOff | WriteOffReverted, meta: Meta) -> WriteOffPosted:
    accounts = LedgerAccount.BAD_DEBT, LedgerAccount.DENIAL_WRITE_OFF
    return WriteOffPosted(
        meta=meta,
        account_id=fact.account_id,
        claim_id=fact.item_id,
        write_off_id=fact.write_off_id,
        side="patient" if LedgerAccount.BAD_DEBT in (fact.debit, fact.credit) else "payer",
        written_off_cents=sum(fact.effect_on(account) for account in accounts),
        reason=fact.reason if isinstance(fact, PersonWroteOff) else "reverted",
    )


def _remitted(state: Account, fact: ClaimAdjudicated, stopped_cents: int, meta: Meta) -> ClaimRemitted:
    remitted = fact.remitted
    stated_cents = sum(p.amount_cents for p in fact.parts if p.action is Action.PATIENT)
    claim_id = _billed_claim(state, fact.item_id, remitted.patient_control_number)
    return ClaimRemitted(
        meta=meta,
        account_id=fact.account_id,
        claim_id=claim_id,
        patient_control_number=remitted.patient_control_number,
        remittance_id=remitted.remittance_id,
        payer_id=remitted.payer_id,
        payer_claim_control_number=remitted.payer_claim_control_number or None,
        status=remitted.status,
        charge_cents=remitted.charge_cents,
        paid_cents=remitted.paid_cents,
        patient_responsibility_cents=stated_cents - stopped_cents,
        stopped_cents=stopped_cents,
        denied_cents=fact.denied_cents,
        adjustments=tuple(Adjustment(group=p.group, reason=p.reason, amount_cents=p.amount_cents) for p in fact.parts),
        payment_date=remitted.payment_date,
        remark_codes=remitted.remark_codes,
        lines=tuple(_line(line) for line in remitted.lines),
        filing_code=remitted.filing_code,
        forwarded_to=remitted.forwarded_to or None,
        position=remitted.position,
        reverses=_place(fact.reverses) if fact.reverses is not None else None,
        drg=remitted.drg,
        open_at_payer_cents=open_after(state, fact, stopped_cents),
        charged_claim_id="" if claim_id == fact.item_id else fact.item_id,
    )


def _billed_claim(state: Account, item_id: str, number: str) -> str:
    """Which claim a payer answered by this number: the charged one, or the one that followed it to this payer."""
    followers = (name for name, one in state.followers.items() if one.patient_control_number == number)
    return next((name for name in followers if state.root_of(name) == item_id), item_id)


def _place(position: Position) -> RemittancePlace:
    return RemittancePlace(remittance_id=position.remittance_id, position=position.claim)


def _line(line: RemittedLine) -> LineDecision:
    return LineDecision(
        line_control_number=line.line_control_number,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        paid_cents=line.paid_cents,
        adjustments=tuple(
            Adjustment(group=one.group, reason=one.reason, amount_cents=one.amount_cents) for one in line.adjustments
        ),
        remark_codes=line.remark_codes,
        units=None if line.units is None else f"{line.units:f}",
        allowed_cents=line.allowed_cents,
        service_date=line.service_date,
        revenue_code=line.revenue_code,
        original_procedure=line.original_procedure,
        original_modifiers=line.original_modifiers,
    )


def _paid(fact: PayerPaymentPosted, meta: Meta) -> PaymentPosted | PaymentReversed:
    remittance_id, paid_cents = fact.place.remittance_id, fact.effect_on(LedgerAccount.PAYER_CASH)
    if fact.reverses is not None and paid_cents < 0:
        return PaymentReversed(
            meta=meta,
            account_id=fact.account_id,
            claim_id=fact.item_id,
            remittance_id=remittance_id,
            reversed_cents=-paid_cents,
        )
    return PaymentPosted(
        meta=meta,
        account_id=fact.account_id,
        claim_id=fact.item_id,
        remittance_id=remittance_id,
        paid_cents=paid_cents,
    )


def _money_back(
    fact: PatientPaymentReversed | PatientPaymentRestored, meta: Meta
) -> PatientMoneyReversed | PatientMoneyRestored:
    if isinstance(fact, PatientPaymentReversed):
        return PatientMoneyReversed(
            meta=meta,
            account_id=fact.account_id,
            payment_id=fact.payment_id,
            reversal_id=fact.reversal_id,
            reversed_cents=fact.cents,
            cause=fact.cause,
        )
    return PatientMoneyRestored(
        meta=meta,
        account_id=fact.account_id,
        payment_id=fact.payment_id,
        reversal_id=fact.reversal_id,
        restored_cents=fact.cents,
    )


def _payment_received(fact: PatientPaymentTaken, meta: Meta) -> PatientPaymentReceived:
    return PatientPaymentReceived(
        meta=meta,
        account_id=fact.account_id,
        payment_id=fact.payment_id,
        method=fact.method,
        paid_cents=fact.cents,
        applied_cents=fact.applied_cents,
        unapplied_cents=fact.cents - fact.applied_cents,
    )
