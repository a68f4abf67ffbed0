"""Messages for payments' deciders, short enough to read in an example."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from hypothesis import HealthCheck, settings

from services.payments.core.account import make_account
from services.payments.core.account_facts import AnyAccountFact
from services.payments.core.account_messages import (
    AccountMessage,
    PostPatientPayment,
    PostRemittedClaim,
    PostSelfPayCharge,
)
from services.payments.core.account_state import Account
from services.payments.core.remitted import RemittedAdjustment, RemittedClaim, RemittedLine
from services.payments.policy import load_adjustments
from shared.contracts import (
    AccountWrittenOff,
    AssistanceEnded,
    AssistanceGranted,
    ClaimSubmitted,
    Event,
    Meta,
    SubmittedLine,
    WriteOffApproved,
)
from shared.decider import Decided

AT = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
TODAY = AT.date()
SERVICE = date(2026, 6, 1)
NAMESPACE = UUID(int=7)
ACCOUNT = make_account(load_adjustments())
PROPERTY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A shared machine may be slow: a property fails for what it finds, never for its time."""


def meta(name: str, *, subject: str = "account/acct_1", key: str = "acct_1", sequence: int = 0) -> Meta:
    """An envelope whose id is the name: the same name is the same message."""
    made = uuid5(NAMESPACE, name)
    return Meta(
        id=made,
        tenant="lakeside",
        occurred_at=AT,
        source="tests",
        subject=subject,
        key=key,
        sequence=sequence,
        correlation=made,
    )


def submitted(
    claim: str = "clm_a", charge_cents: int = 10_000, *, sequence: int = 1, frequency: str = "1", on: date = SERVICE
) -> ClaimSubmitted:
    return ClaimSubmitted(
        meta=meta(f"{claim} submitted {sequence}", subject=f"claim/{claim}", sequence=sequence),
        account_id="acct_1",
        claim_id=claim,
        patient_control_number=f"PCN-{claim}",
        payer_id="acme",
        billing_npi="1234567893",
        charge_cents=charge_cents,
        lines=(SubmittedLine(line_control_number="1", procedure="99213", charge_cents=charge_cents, service_from=on),),
        service_from=on,
        service_to=on,
        frequency_code=frequency,
        submission_id=f"sub_{claim}_{sequence}",
        submitted_on=TODAY,
        sealed_guarantor="sealed:guarantor",
    )


def adjustments(codes: dict[str, int]) -> tuple[RemittedAdjustment, ...]:
    """`{"CO-45": 2000}` as CAS triples."""
    pairs = ((code.split("-", 1), cents) for code, cents in codes.items())
    return tuple(RemittedAdjustment(group=group, reason=reason, amount_cents=cents) for (group, reason), cents in pairs)


def decision(
    remittance: str,
    paid_cents: int,
    cas: dict[str, int] | None = None,
    *,
    charge_cents: int = 10_000,
    status: str = "1",
    position: int = 1,
    control_number: str = "ICN-1",
    on_line: bool = True,
    pcn: str = "PCN-clm_a",
) -> RemittedClaim:
    """A CLP whose adjustments stand on its one line, or on the claim."""
    given = adjustments(cas or {})
    line = RemittedLine(
        procedure="99213", charge_cents=charge_cents, paid_cents=paid_cents, adjustments=given if on_line else ()
    )
    return RemittedClaim(
        remittance_id=remittance,
        position=position,
        payer_id="acme",
        payment_date=TODAY,
        patient_control_number=pcn,
        payer_claim_control_number=control_number,
        status=status,
        charge_cents=charge_cents,
        paid_cents=paid_cents,
        adjustments=() if on_line else given,
        lines=(line,) if on_line else (),
    )


def reversal_of(original: RemittedClaim, remittance: str, position: int = 1) -> RemittedClaim:
    """CLP02 22: the same groups and reasons, every amount negated."""

    def negated(cas: tuple[RemittedAdjustment, ...]) -> tuple[RemittedAdjustment, ...]:
        return tuple(one.model_copy(update={"amount_cents": -one.amount_cents}) for one in cas)

    lines = tuple(
        line.model_copy(
            update={
                "charge_cents": -line.charge_cents,
                "paid_cents": -line.paid_cents,
                "adjustments": negated(line.adjustments),
            }
        )
        for line in original.lines
    )
    return original.model_copy(
        update={
            "remittance_id": remittance,
            "position": position,
            "status": "22",
            "charge_cents": -original.charge_cents,
            "paid_cents": -original.paid_cents,
            "adjustments": negated(original.adjustments),
            "lines": lines,
        }
    )


def remitted(content: RemittedClaim, claim: str = "clm_a") -> PostRemittedClaim:
    name = f"{claim} {content.remittance_id} {content.position} {content.model_dump_json()}"
    return PostRemittedClaim(meta=meta(name), account_id="acct_1", claim_id=claim, remitted=content)


def paid(payment: str, cents: int, claim: str | None = None, *, message: str | None = None) -> PostPatientPayment:
    return PostPatientPayment(
        meta=meta(message or f"{payment} {cents}"),
        account_id="acct_1",
        payment_id=payment,
        method="card",
        paid_cents=cents,
        claim_id=claim,
        received_on=TODAY,
    )


def self_pay(charge: str, cents: int, *, on: date = SERVICE) -> PostSelfPayCharge:
    return PostSelfPayCharge(
        meta=meta(f"{charge} {cents}"),
        account_id="acct_1",
        charge_id=charge,
        charge_cents=cents,
        description_code="99213",
        service_date=on,
        sealed_guarantor="sealed:guarantor",
    )


def written_off(write_off: str, cents: int) -> AccountWrittenOff:
    return AccountWrittenOff(
        meta=meta(f"{write_off} {cents}", subject="account/acct_1", sequence=1),
        account_id="acct_1",
        write_off_id=write_off,
        written_off_cents=cents,
        reason="bad_debt",
    )


def denial_given_up(name: str, cents: int, claim: str = "clm_a") -> WriteOffApproved:
    return WriteOffApproved(
        meta=meta(f"{name} {cents}", subject=f"work/{claim}", sequence=1),
        account_id="acct_1",
        claim_id=claim,
        patient_control_number=f"PCN-{claim}",
        payer_id="acme",
        written_off_cents=cents,
        category="timely_filing",
        requested_by="ann",
        approved_by="bob",
    )


def granted(percent: int = 100, *, sequence: int = 2, name: str = "fap_1", least_cents: int = 500) -> AssistanceGranted:
    return AssistanceGranted(
        meta=meta(f"{name} {percent} {sequence}", subject=f"assistance/{name}", sequence=sequence),
        account_id="acct_1",
        application_id=name,
        discount_percent=percent,
        covers_from=SERVICE,
        covers_until=TODAY,
        refund_at_least_cents=least_cents,
    )


def ungranted(name: str = "fap_1", *, sequence: int = 3) -> AssistanceEnded:
    return AssistanceEnded(
        meta=meta(f"{name} ended {sequence}", subject=f"assistance/{name}", sequence=sequence),
        account_id="acct_1",
        application_id=name,
        how="revoked",
    )


class Given:
    """`given(history).when(message)`: what the message alone decides after the history."""

    def __init__(self, history: Iterable[AccountMessage]) -> None:
        self.before = ACCOUNT.start(*history).snapshot

    def when(self, *messages: AccountMessage) -> Decided[Account, AnyAccountFact]:
        return ACCOUNT.run(self.before, messages)


def given(*history: AccountMessage) -> Given:
    return Given(history)


def said(decided: Decided[Account, AnyAccountFact]) -> dict[str, Event]:
    """The events by the name of their class; the last one wins."""
    return {type(event).__name__: event for event in decided.events}
