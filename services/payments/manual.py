"""A check with its explanation of benefits, entered by a person: kept as an 835 of our own, and posted like any other.

The same three equations hold for it. The same check is posted once, whether it comes by hand or in a file, in either
order: the first that names payer, number and amount makes the remittance, and the other is compared with it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field

from services.payments.from_x12 import Incoming
from shared.http import Body
from shared.store.port import Store
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import (
    ClaimPayment,
    Party,
    Payer,
    ProviderAdjustment,
    Remark,
    Remittance835,
    ServicePayment,
    write_835,
)

Origin: TypeAlias = Literal["835", "hand"]
CHECKS = "check"
ANY_PAYER = "*"
CLAIMS_MAX = 1_000
CODE = r"^[A-Za-z0-9]{1,8}$"


class CasBody(Body):
    """One adjustment: group CO, PR, OA or PI, reason code and amount; positive lowers the payment."""

    group: Literal["CO", "PR", "OA", "PI", "CR"]
    reason: str = Field(pattern=CODE)
    amount_cents: int = Field(strict=True, ge=-99_999_999_99, le=99_999_999_99)


class LineBody(Body):
    """One service line as the explanation states it. A line without adjustments needs none."""

    procedure: str = Field(pattern=r"^[A-Za-z0-9]{1,10}$")
    modifiers: tuple[str, ...] = Field(default=(), max_length=4)
    line_control_number: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,30}$")
    service_date: date | None = None
    charge_cents: int = Field(strict=True, ge=-99_999_999_99, le=99_999_999_99)
    paid_cents: int = Field(strict=True, ge=-99_999_999_99, le=99_999_999_99)
    adjustments: tuple[CasBody, ...] = Field(default=(), max_length=30)
    remark_codes: tuple[str, ...] = Field(default=(), max_length=10)


class ClaimBody(Body):
    """One claim of the check."""

    patient_control_number: str = Field(pattern=r"^[A-Za-z0-9._/ -]{1,38}$", description="Ours: what CLP01 would echo.")
    status: Literal["1", "2", "3", "4", "19", "20", "21", "22", "23"] = "1"
    payer_claim_control_number: str = Field(default="", pattern=r"^[A-Za-z0-9._/-]{0,50}$")
    filing_code: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,2}$")
    charge_cents: int = Field(strict=True, ge=-99_999_999_99, le=99_999_999_99)
    paid_cents: int = Field(strict=True, ge=-99_999_999_99, le=99_999_999_99)
    adjustments: tuple[CasBody, ...] = Field(default=(), max_length=30)
    lines: tuple[LineBody, ...] = Field(default=(), max_length=200)
    remark_codes: tuple[str, ...] = Field(default=(), max_length=5)


class ProviderBody(Body):
    """An amount that belongs to no claim: positive was kept from the check."""

    provider_id: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$")
    code: str = Field(pattern=CODE)
    reference: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,50}$")
    amount_cents: int = Field(strict=True, ge=-99_999_999_99, le=99_999_999_99)


class CheckBody(Body):
    """One check or transfer with every claim that it pays."""

    payer_id: str = Field(pattern=r"^[A-Za-z0-9-]{1,30}$", description="As the payer's remittances name it (TRN03).")
    trace_number: str = Field(pattern=r"^[A-Za-z0-9-]{1,50}$", description="Check or transfer number.")
    payment_cents: int = Field(strict=True, ge=0, le=99_999_999_99)
    payment_date: date
    method: Literal["CHK", "ACH", "FWT", "NON"] = "CHK"
    claims: tuple[ClaimBody, ...] = Field(min_length=1, max_length=CLAIMS_MAX)
    provider_adjustments: tuple[ProviderBody, ...] = Field(default=(), max_length=100)
    reason: str = Field(min_length=3, max_length=500, description="Why it is entered by hand; no patient data.")
    another_check: bool = Field(
        default=False, description="It is another check than one of this number and amount that is known already."
    )


def file_of(body: CheckBody, at: datetime) -> bytes:
    """The check as an 835. `X12Error` for a text that X12 cannot carry."""
    return write_835([_remittance(body)], 1, 1, at, "BYHAND", "BYHAND")


def _remittance(body: CheckBody) -> Remittance835:
    return Remittance835(
        payment_cents=body.payment_cents,
        credit_debit="C",
        method=body.method,
        handling="I",
        payment_date=body.payment_date,
        trace_number=body.trace_number,
        payer_id=body.payer_id,
        payer=Payer(body.payer_id),
        payee=Party(),
        claims=tuple(_claim(one) for one in body.claims),
        provider_adjustments=tuple(
            ProviderAdjustment(
                one.provider_id, date(body.payment_date.year, 12, 31), one.code, one.reference, one.amount_cents
            )
            for one in body.provider_adjustments
        ),
        production_date=body.payment_date,
    )


def _claim(body: ClaimBody) -> ClaimPayment:
    every = (*body.adjustments, *(one for line in body.lines for one in line.adjustments))
    shares = [one.amount_cents for one in every if one.group == "PR"]
    return ClaimPayment(
        patient_control_number=body.patient_control_number,
        status=body.status,
        charge_cents=body.charge_cents,
        paid_cents=body.paid_cents,
        patient_responsibility_cents=sum(shares) or None,
        filing_code=body.filing_code,
        payer_claim_control_number=body.payer_claim_control_number,
        adjustments=_cas(body.adjustments),
        lines=tuple(_line(one) for one in body.lines),
        extras=((("MOA", "", "", *body.remark_codes),) if body.remark_codes else ()),
    )


def _line(body: LineBody) -> ServicePayment:
    return ServicePayment(
        procedure_qualifier="HC",
        procedure=body.procedure,
        modifiers=body.modifiers,
        charge_cents=body.charge_cents,
        paid_cents=body.paid_cents,
        service_date=body.service_date,
        line_control_number=body.line_control_number,
        adjustments=_cas(body.adjustments),
        remarks=tuple(Remark("HE", code) for code in body.remark_codes),
    )


def _cas(adjustments: Iterable[CasBody]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(one.group, one.reason, one.amount_cents) for one in adjustments)


def essence_of(era: Remittance835) -> str:
    """A fingerprint of what a remittance posts, the same for a file and for what a person typed from its paper.

    Claims by control number, status and amounts with their adjustments summed; provider adjustments by code. Names,
    dates of lines, remark codes and the order of things are not in it.
    """
    claims = sorted(
        (
            claim.patient_control_number.strip().upper(),
            claim.status,
            claim.charge_cents,
            claim.paid_cents,
            _sums((one.group, one.reason, one.amount_cents) for one in _every(claim)),
        )
        for claim in era.claims
    )
    providers = _sums(("PLB", one.code, one.amount_cents) for one in era.provider_adjustments)
    return hashlib.sha256(repr((claims, providers, era.payment_cents)).encode()).hexdigest()[:32]


def _every(claim: ClaimPayment) -> tuple[Adjustment, ...]:
    return (*claim.adjustments, *(one for line in claim.lines for one in line.adjustments))


def _sums(amounts: Iterable[tuple[str, str, int | None]]) -> tuple[tuple[str, str, int], ...]:
    sums: dict[tuple[str, str], int] = {}
    for group, reason, cents in amounts:
        sums[group, reason] = sums.get((group, reason), 0) + (cents or 0)
    return tuple((group, reason, cents) for (group, reason), cents in sorted(sums.items()) if cents)


class Holder(NamedTuple):
    """The remittance that a check is, by what came first, and whether that came in a file or by hand."""

    origin: str
    payer_id: str
    remittance_id: str


class Known(NamedTuple):
    """What is known of a check: the remittance of this very payer, and one of another payer with number and amount."""

    same: Holder
    alike: Holder | None


async def known_checks(store: Store, tenant: str, origin: Origin, checks: Sequence[Incoming]) -> Sequence[Known]:
    """For each check, who came first with its number and amount: this one, where nobody did.

    A payer may use a number again for another amount, and for the same amount on another day where it is nothing. A
    check without a number is compared with none.
    """
    mine = [Holder(origin, one.header.payer_id, one.remittance_id) for one in checks]
    wanted: dict[str, str] = {}
    for one, holder in zip(checks, mine, strict=True):
        for payer_id in (holder.payer_id, ANY_PAYER):
            if (key := check_key(one, payer_id)) is not None:
                wanted.setdefault(key, "|".join(holder))
    held: Mapping[str, str] = await store.reserve(tenant, CHECKS, wanted) if wanted else {}
    made: list[Known] = []
    for one, holder in zip(checks, mine, strict=True):
        same, alike = (_holder(held.get(check_key(one, payer) or "")) for payer in (holder.payer_id, ANY_PAYER))
        other = alike if alike is not None and alike.payer_id != holder.payer_id else None
        made.append(Known(same or holder, other))
    return made


def check_key(one: Incoming, payer_id: str) -> str | None:
    """What makes two checks one; None where there is no number to compare."""
    header = one.header
    number = header.trace_number.strip().upper().lstrip("0")
    if not number:
        return None
    day = "" if header.payment_cents else header.payment_date.isoformat()
    return f"{payer_id}|{number}|{header.payment_cents}|{day}"


def _holder(text: str | None) -> Holder | None:
    if not text:
        return None
    origin, rest = text.split("|", 1)
    payer_id, remittance_id = rest.rsplit("|", 1)
    return Holder(origin, payer_id, remittance_id)


def placed(one: Incoming, known: Known, origin: Origin) -> Incoming:
    """The check as the remittance it is: of a file, where it was entered by hand before under another date.

    One of another payer with the same number and amount, when one of the two was typed, is a doubt for a person.
    """
    if origin == "835" and known.same.origin == "hand":
        return one._replace(remittance_id=known.same.remittance_id)
    if origin == "835" and known.alike is not None and known.alike.origin == "hand":
        doubt = "TRN02: a check of this number and amount was entered by hand for another payer: is it the same?"
        return one._replace(imbalance="; ".join(filter(None, (one.imbalance, doubt))))
    return one if origin == "835" else one._replace(remittance_id=known.same.remittance_id)
