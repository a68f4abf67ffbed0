"""Claims, decisions and judgements, short enough to read in an example."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.payments.core.allowed import Codes
from services.payments.core.contract_bill import Prices, Service
from services.payments.core.contract_terms import VersionBody
from services.payments.core.decided import Billed, Cas, Decided, DecidedLine
from services.payments.core.remitted import Position
from services.payments.core.underpaid import Case, Yardstick, judge
from services.payments.policy import load_adjustments
from services.payments.policy.patient import load_shares
from services.payments.policy.underpayments import load_underpayment_policy
from tests.payments.agreed import DAY, PAYER, in_force, schedule, service, version

PAID_ON = date(2026, 6, 20)
POLICY = load_underpayment_policy()
CODES = Codes(load_adjustments(), load_shares(), POLICY.on("lakeside", PAID_ON))
PRICES = schedule({"99213": 100_00, "97110": 30_00, "97140": 28_00})
DISPUTE = {"days": 60, "source": "Agreement 7.2"}
BODY = version(dispute=DISPUTE)


def cas(codes: Mapping[str, int]) -> tuple[Cas, ...]:
    """`{"CO-45": 100_00}`."""
    pairs = ((code.split("-", 1), cents) for code, cents in codes.items())
    return tuple(Cas(group, reason, cents) for (group, reason), cents in pairs)


def billed(*services: Service, **changes: Any) -> Billed:
    made = services or (service(),)
    whole = Billed(
        sequence=1,
        patient_control_number="PCN-1",
        payer_id="acme",
        claim_type="P",
        billing_npi="1234567893",
        place_of_service="11",
        drg="",
        service_from=DAY,
        service_to=DAY,
        charge_cents=sum(one.charge_cents for one in made),
        services=made,
        line_control_numbers=tuple(str(one.number) for one in made),
    )
    return whole._replace(**changes)


def line(
    codes: Mapping[str, int], *, number: int = 1, procedure: str = "99213", charge_cents: int = 200_00, **changes: Any
) -> DecidedLine:
    """Paid is what the adjustments leave, so that the line balances."""
    adjustments = cas(codes)
    made = DecidedLine(
        line_control_number=str(number),
        procedure=procedure,
        modifiers=(),
        original_procedure="",
        original_modifiers=(),
        revenue_code="",
        units=None,
        service_date=DAY,
        charge_cents=charge_cents,
        paid_cents=charge_cents - sum(one.cents for one in adjustments),
        allowed_cents=None,
        adjustments=adjustments,
    )
    return made._replace(**changes)


def decided(*lines: DecidedLine, at: str = "era_1", number: str = "ICN-1", **changes: Any) -> Decided:
    made = Decided(
        place=Position(at, 1),
        sequence=1,
        payer_id=PAYER,
        payer_claim_control_number=number,
        status="1",
        filing_code="12",
        payment_date=PAID_ON,
        charge_cents=sum(one.charge_cents for one in lines),
        paid_cents=sum(one.paid_cents for one in lines),
        drg="",
        claim_adjustments=(),
        lines=lines,
    )
    return made._replace(**changes)


def yardstick(body: VersionBody = BODY, prices: Prices = PRICES, **rules: Any) -> Yardstick:
    return Yardstick((in_force(body),), prices, replace(CODES, rules=replace(CODES.rules, **rules)))


def cases(
    claim: Billed, decisions: Sequence[Decided], gone: Sequence[str] = (), measure: Yardstick | None = None
) -> tuple[Case, ...]:
    """`gone` names the remittances that were taken back."""
    standing = frozenset(one.place for one in decisions if one.place.remittance_id not in gone)
    return judge(claim, decisions, standing, measure or yardstick())


def case(*lines: DecidedLine, claim: Billed | None = None, measure: Yardstick | None = None, **changes: Any) -> Case:
    [made] = cases(claim or billed(), [decided(*lines, **changes)], measure=measure)
    return made
