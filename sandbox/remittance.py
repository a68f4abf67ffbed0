"""From decisions to an 835: one transaction set per payee, balanced by arithmetic of its own.

Payment (BPR02) = sum of what claims pay (CLP04) - sum of provider-level adjustments (PLB). What reversals take beyond
the day's payments is carried as a forwarding balance (FB) and taken from the payee's next remittances.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sandbox.adjudication import DecidedLine, Decision, Reduction
from sandbox.chance import Chance
from sandbox.held import HeldClaim
from sandbox.profiles import PayerProfile
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import (
    Account,
    Address,
    ClaimPayment,
    Party,
    Payer,
    ProviderAdjustment,
    Remark,
    Remittance835,
    ServicePayment,
)

_GROUPS = ("PR", "CO", "PI", "OA")


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim in a remittance: what was decided, under which payer claim control number."""

    claim: HeldClaim
    decision: Decision
    payer_claim_control_number: str
    received_on: date


@dataclass(frozen=True, slots=True)
class PayDay:
    """What a remittance is about: payer, payee's NPI, tenant and payment date."""

    seed: int
    tenant: str
    payer: PayerProfile
    payee_npi: str
    on: date

    @property
    def chance(self) -> Chance:
        return Chance(self.seed, f"payday/{self.tenant}/{self.payer.id}/{self.payee_npi}/{self.on}")

    @property
    def payer_tax_id(self) -> str:
        return f"9{Chance(self.seed, f'payer/{self.payer.id}').number('tax') % 10**8:08d}"


def remit(day: PayDay, entries: Sequence[Entry], carried_cents: int) -> tuple[Remittance835, int]:
    """The remittance of a payee, and the forwarding balance to carry from now on.

    `carried_cents` is what the payee still owes from earlier reversals.
    """
    paid = sum(one.decision.paid_cents for one in entries)
    adjustments = [*_interest_and_recovery(day, entries, paid)]
    rest = paid - sum(one.amount_cents or 0 for one in adjustments)
    taken = min(carried_cents, max(0, rest)) if rest > 0 else min(0, rest)
    if taken:
        adjustments.append(_adjustment(day, "FB", f"FB{day.on:%Y%m%d}", taken))
    return _remittance(day, entries, rest - taken, adjustments), carried_cents - taken


def _interest_and_recovery(day: PayDay, entries: Sequence[Entry], paid_cents: int) -> Iterator[ProviderAdjustment]:
    """Now and then interest (L6), a recovery (WO), or a recovery the provider has refunded itself (WO with 72)."""
    if paid_cents <= 0 or not day.chance.happens("adjusted", day.payer.profile.adjusted_percent):
        return
    reference = entries[0].payer_claim_control_number
    amount = min(paid_cents // 4, day.chance.between("amount", 100, 9000))
    if not amount:
        return
    match day.chance.choice("kind", ("L6", "WO", "72")):
        case "L6":
            yield _adjustment(day, "L6", reference, -min(amount, 1500))
        case "WO":
            yield _adjustment(day, "WO", reference, amount)
        case _:
            yield _adjustment(day, "WO", reference, amount)
            yield _adjustment(day, "72", reference, -amount)


def _adjustment(day: PayDay, code: str, reference: str, cents: int) -> ProviderAdjustment:
    return ProviderAdjustment(day.payee_npi, date(day.on.year, 12, 31), code, reference, cents)


def _remittance(
    day: PayDay, entries: Sequence[Entry], payment_cents: int, adjustments: Sequence[ProviderAdjustment]
) -> Remittance835:
    first, profile = entries[0].claim, day.payer.profile
    pays = payment_cents > 0
    electronic = pays and profile.method == "ACH"
    trace = f"{day.on:%y%m%d}{day.chance.number('trace') % 10**9:09d}"
    return Remittance835(
        payment_cents=payment_cents,
        credit_debit="C",
        method=profile.method if pays else "NON",
        payment_date=day.on,
        trace_number=trace,
        payer_id=f"1{day.payer_tax_id}",
        payer=_payer(day),
        payee=Party(first.billing_name, npi=day.payee_npi, tax_id=first.billing_tax_id, tax_id_qualifier="TJ"),
        claims=tuple(map(_payment, entries)),
        provider_adjustments=tuple(adjustments),
        production_date=day.on,
        handling="I" if pays else "H",
        payment_format="CCP" if electronic else "",
        sender_account=Account("01", "999999992", "DA", "100200300") if electronic else None,
        receiver_account=Account("01", "999988880", "DA", "400500600") if electronic else None,
        originator_id=f"1{day.payer_tax_id}" if electronic else "",
    )


def _payer(day: PayDay) -> Payer:
    address = Address("1 PAYER PLAZA", "", "COLUMBUS", "OH", "432150001")
    contact = ("PER", "BL", "PROVIDER SERVICES", "TE", "8005550100")
    return Payer(day.payer.name, "", address, "", (("REF", "2U", day.payer.id), contact))


def _payment(entry: Entry) -> ClaimPayment:
    claim, decision = entry.claim, entry.decision
    notes = (("MOA", "", "", *decision.remarks),) if decision.remarks else ()
    return ClaimPayment(
        patient_control_number=claim.control_number,
        status=decision.status,
        charge_cents=decision.charge_cents,
        paid_cents=decision.paid_cents,
        patient_responsibility_cents=None if decision.status == "22" else decision.patient_cents,
        filing_code=claim.filing_code or "CI",
        payer_claim_control_number=entry.payer_claim_control_number,
        lines=tuple(map(_service, decision.lines)),
        received_date=entry.received_on,
        statement_from=claim.service_from,
        statement_to=claim.service_to,
        patient=claim.patient,
        insured=claim.insured if claim.insured != claim.patient else None,
        rendering=claim.rendering,
        facility_code=claim.facility_code,
        frequency_code=claim.frequency_code,
        extras=notes,
    )


def _service(one: DecidedLine) -> ServicePayment:
    line = one.line
    allowed = one.paid_cents + sum(cut.cents for cut in one.reductions if cut.group == "PR" or cut.reason == "253")
    return ServicePayment(
        procedure_qualifier=line.qualifier,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        paid_cents=one.paid_cents,
        units=line.units,
        line_control_number=line.control_number,
        service_date=line.service_from,
        service_to=line.service_to if line.service_to != line.service_from else None,
        adjustments=tuple(map(_cas, sorted(one.reductions, key=lambda cut: _GROUPS.index(cut.group)))),
        remarks=tuple(Remark("HE", code) for code in one.remarks),
        allowed_cents=allowed if one.paid_cents > 0 else None,
    )


def _cas(cut: Reduction) -> Adjustment:
    return Adjustment(cut.group, cut.reason, cut.cents)
