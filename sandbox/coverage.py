"""A payer's answer (271) to an inquiry (270)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from sandbox.chance import Chance
from sandbox.members import Member, member
from sandbox.profiles import PayerProfile
from shared.x12.eligibility import Aaa, Answer271, Benefit, BenefitDate, Inquiry270, Party
from shared.x12.parties import Payer

_HEALTH_PLAN = ("30",)
_OFFICE_VISIT = ("98",)
_MANY = ("1", "33", "35", "47", "48", "50", "86", "88", "98", "AL", "MH", "UC")
_VISIT, _YEAR, _REMAINING = "27", "23", "29"


def answer(inquiry: Inquiry270, payer: PayerProfile, seed: int, unavailable: bool) -> Answer271:
    """What the payer says about the person asked about.

    `unavailable`: AAA 42, the payer cannot answer now. Otherwise active with the member's own share, inactive, AAA 72
    (invalid member identifier), AAA 75 (not found), or codes that state no benefit at all.
    """
    member_id = inquiry.member_id or found_by_name(inquiry, payer, seed)
    who = member(seed, payer, member_id)
    rejections = _rejections(who, unavailable)
    return Answer271(
        trace_number=inquiry.trace_number,
        payer=Payer(payer.name[:60], payer.id),
        provider=inquiry.provider,
        subscriber=inquiry.subscriber,
        member_id=member_id,
        dependent=inquiry.dependent,
        relationship=inquiry.relationship,
        rejections=rejections,
        benefits=() if rejections else tuple(_benefits(who, payer)),
        reference=inquiry.reference or inquiry.trace_number,
        originator_id=inquiry.originator_id,
        group_number=inquiry.group_number,
        dates=() if rejections else _plan_dates(inquiry.service_date, who),
        provider_code=inquiry.provider_code,
        sender_id=inquiry.receiver_id,
        receiver_id=inquiry.sender_id,
        sender_qualifier=inquiry.receiver_qualifier,
        receiver_qualifier=inquiry.sender_qualifier,
        usage=inquiry.usage,
    )


def found_by_name(inquiry: Inquiry270, payer: PayerProfile, seed: int) -> str:
    """The member number a payer finds by name and birth date, for a share of the people asked about; else nothing."""
    person = inquiry.subscriber
    if person.birth_date is None or not person.last_name:
        return ""
    name = f"{person.last_name}/{person.first_name}/{person.birth_date:%Y%m%d}".upper()
    chance = Chance(seed, f"name/{payer.id}/{name}")
    if not chance.happens("found", payer.profile.found_by_name_percent):
        return ""
    return f"N{chance.number('member') % 10**9:09d}"


def _rejections(who: Member, unavailable: bool) -> tuple[Aaa, ...]:
    if unavailable:
        return (Aaa("42", "R", "2100A"),)
    match who.standing:
        case "invalid_id":
            return (Aaa("72", "C", "2100C"),)
        case "not_found":
            return (Aaa("75", "C", "2100C"),)
        case "active" | "inactive":
            return ()


def _plan_dates(asked: date | None, who: Member) -> tuple[BenefitDate, ...]:
    """Plan year of the date asked about; an inactive member's plan ended before it."""
    if asked is None:
        return ()
    begin = date(asked.year, 1, 1)
    if who.standing == "inactive":
        ended = asked - timedelta(days=31)
        return (BenefitDate("347", ended, ended),)
    return (BenefitDate("291", begin, date(asked.year, 12, 31)),)


def _benefits(who: Member, payer: PayerProfile) -> Iterator[Benefit]:
    if who.vague:
        yield _contact_another()
    elif who.standing == "inactive":
        yield Benefit("6", "IND", _HEALTH_PLAN)
    else:
        yield from _active(who, payer)


def _active(who: Member, payer: PayerProfile) -> Iterator[Benefit]:
    services = _MANY if who.odd else _HEALTH_PLAN
    needs = True if who.authorization_required else None
    plan = payer.profile.insurance_type
    yield Benefit("1", "IND", services, plan, "SANDBOX PLAN", authorization_required=needs, in_network=True)
    if who.managed_care:
        coordinator = Party(payer.profile.managed_care_name, "PI", payer.profile.managed_care_id)
        yield Benefit("MC", "", _HEALTH_PLAN, entities=(("PR", coordinator),))
    yield Benefit("B", "IND", _OFFICE_VISIT, time_period=_VISIT, amount_cents=who.copay_cents, in_network=True)
    share = Decimal(who.coinsurance_percent) / 100
    yield Benefit("A", "IND", _HEALTH_PLAN, time_period=_YEAR, percent=share, in_network=True)
    left = who.deductible_remaining_cents
    yield Benefit("C", "IND", _HEALTH_PLAN, time_period=_YEAR, amount_cents=max(50000, left), in_network=True)
    yield Benefit("C", "IND", _HEALTH_PLAN, time_period=_REMAINING, amount_cents=left, in_network=True)
    yield Benefit("A", "IND", _HEALTH_PLAN, time_period=_YEAR, percent=Decimal("0.4"), in_network=False)
    yield Benefit("G", "IND", _HEALTH_PLAN, time_period=_YEAR, amount_cents=600000, in_network=True)
    yield Benefit("G", "IND", _HEALTH_PLAN, time_period=_REMAINING, amount_cents=450000 + left, in_network=True)
    if who.odd:
        yield from _oddities()


def _oddities() -> Iterator[Benefit]:
    """Codes that a reader must not stumble over: limits, another payer, a carve-out, an amount without period."""
    yield Benefit("F", "IND", ("AL",), quantity_qualifier="VS", quantity=Decimal(20))
    yield Benefit("R", "", _HEALTH_PLAN, entities=(("PRP", Party("ANOTHER PLAN", "PI", "RC103")),))
    yield Benefit("CB", "", ("88",))
    yield Benefit("G", "FAM", _HEALTH_PLAN, amount_cents=800000)
    yield _contact_another()


def _contact_another() -> Benefit:
    """EB*U: the entity named answers, not this payer."""
    party = Party("BEHAVIORAL HEALTH VENDOR", contact_phone="8005550199")
    return Benefit("U", "", ("MH",), entities=(("VN", party),), messages=("BENEFITS ARE ADMINISTERED BY A VENDOR",))
