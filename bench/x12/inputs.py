"""The files that are read: the same bytes for the same seed and size, on every machine.

`examples` are the guides' published examples, one transaction set after another in a seeded order: every segment a
guide shows, few claims a set, amounts that repeat. `invented` are files as a clearinghouse sends them: many claims a
set, and names and amounts that do not repeat, so that nothing is read from a cache that a real file would not fill.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from samples.generate import generate
from shared.x12.adjustments import Adjustment
from shared.x12.eligibility import Answer271, Benefit, BenefitDate, write_271
from shared.x12.era835 import (
    Account,
    Address,
    ClaimPayment,
    Named,
    Party,
    Payer,
    ProviderAdjustment,
    Remark,
    Remittance835,
    ServicePayment,
    write_835,
)
from shared.x12.parties import Person
from shared.x12.tokens import Segment, read_segments

CORPUS = Path(__file__).parents[2] / "samples" / "corpus"
AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
_EXAMPLES = {
    "837P": ("837p", "stupidedi/X222A1_*", "HC", "005010X222A1"),
    "835": ("835", "stupidedi/X221A1_*", "HP", "005010X221A1"),
    "271": ("271", "stupidedi/X279_*", "HB", "005010X279A1"),
}
# x12sdk refuses these two, so they would compare nothing.
_LEFT_OUT = {"X222A1_oxygen.edi", "X222A1_wheelchair.edi"}
_CLAIMS_PER_REMITTANCE = 100
_PAYER = Payer("ALDER HEALTH PLAN", "RC101", Address("1 PLAN WAY", "", "TOLEDO", "OH", "43604"), "XV")
_ACCOUNT = Account("01", "999999992", "DA", "123456")
_CONTACT = ("PER", "BL", "PROVIDER SERVICES", "TE", "8005550100")


def examples(kind: str, sets: int, seed: int) -> bytes:
    """`sets` published examples in one functional group, with control numbers of their own."""
    folder, pattern, functional_id, version = _EXAMPLES[kind]
    files = sorted(one for one in (CORPUS / folder).glob(pattern) if one.name not in _LEFT_OUT)
    bodies = [list(_transaction(one)) for one in files]
    chance = random.Random(seed)
    lines = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'SENDER':15}*ZZ*{'RECEIVER':15}*260701*1200*^*00501*000000001*0*P*:",
        f"GS*{functional_id}*SENDER*RECEIVER*20260701*1200*1*X*{version}",
    ]
    for number in range(1, sets + 1):
        body = chance.choice(bodies)
        third = f"*{version}" if kind != "835" else ""
        lines += [f"ST*{kind[:3]}*{number:06d}{third}", *body, f"SE*{len(body) + 2}*{number:06d}"]
    lines += [f"GE*{sets}*1", "IEA*1*000000001"]
    return "".join(f"{line}~\n" for line in lines).encode()


def _transaction(path: Path) -> Iterator[str]:
    """What stands between ST and SE."""
    inside = False
    for segment in read_segments([path.read_bytes()]):
        if segment.tag == "SE":
            return
        if inside:
            yield _text(segment)
        inside = inside or segment.tag == "ST"


def _text(segment: Segment) -> str:
    """With the delimiters of the new ISA."""
    text, own = "*".join((segment.tag, *segment.elements)), segment.delimiters
    return text.translate({ord(own.component): ":", ord(own.repetition): "^"})


def invented(kind: str, claims: int, seed: int) -> bytes:
    """A file of `claims` claims (271: answers)."""
    match kind:
        case "837P":
            return generate(2 * claims, seed)["lakeside"]
        case "835":
            return invented_835(claims, seed)
        case _:
            return _invented_271(claims, seed)


def invented_835(claims: int, seed: int) -> bytes:
    """Remittances of a hundred claims, one to six lines a claim, every equation balanced."""
    chance = random.Random(seed)
    sizes = [min(_CLAIMS_PER_REMITTANCE, claims - start) for start in range(0, claims, _CLAIMS_PER_REMITTANCE)]
    remittances = [_remittance(chance, number, size) for number, size in enumerate(sizes, 1)]
    return write_835(remittances, 1, 1, AT, "ALDER", "LAKESIDE")


def _remittance(chance: random.Random, number: int, size: int) -> Remittance835:
    claims = tuple(_claim(chance, number * _CLAIMS_PER_REMITTANCE + index) for index in range(size))
    kept = chance.randrange(-50_00, 50_00)
    provider = () if number % 3 else (ProviderAdjustment("1975167606", date(2026, 12, 31), "WO", f"R{number}", kept),)
    paid = sum(one.paid_cents or 0 for one in claims) - sum(one.amount_cents or 0 for one in provider)
    return Remittance835(
        payment_cents=paid,
        credit_debit="C",
        method="ACH",
        payment_format="CCP",
        sender_account=_ACCOUNT,
        receiver_account=_ACCOUNT,
        originator_id="1999999999",
        payment_date=date(2026, 7, 1),
        trace_number=f"EFT{number:08d}",
        payer_id="1999999999",
        payer=Payer(_PAYER.name, _PAYER.id, _PAYER.address, _PAYER.id_qualifier, (_CONTACT,)),
        payee=Party("LAKESIDE FAMILY MEDICINE", npi="1975167606"),
        claims=claims,
        provider_adjustments=provider,
        production_date=date(2026, 7, 1),
        handling="I",
        transaction=f"{number:04d}",
        summaries=(("LX", "1"),),
    )


def _claim(chance: random.Random, number: int) -> ClaimPayment:
    day = date(2026, 6, 30) - timedelta(days=chance.randrange(300))
    lines = tuple(_line(chance, f"{number:07d}{place:02d}", day) for place in range(chance.randint(1, 6)))
    owed = sum(one.amount_cents or 0 for line in lines for one in line.adjustments if one.group == "PR")
    return ClaimPayment(
        patient_control_number=f"LA{number:09d}",
        status=chance.choice(("1", "1", "1", "2")),
        charge_cents=sum(line.charge_cents or 0 for line in lines),
        paid_cents=sum(line.paid_cents or 0 for line in lines),
        patient_responsibility_cents=owed or None,
        filing_code="12",
        payer_claim_control_number=f"{chance.randrange(10**14):014d}",
        lines=lines,
        patient=Named(_name(chance), _name(chance), id_qualifier="MI", id=f"M{chance.randrange(10**10):010d}"),
        rendering=Named(_name(chance), _name(chance), id_qualifier="XX", id="1781999291"),
        received_date=day + timedelta(days=3),
        facility_code="11",
        frequency_code="1",
        allowed_cents=sum(line.allowed_cents or 0 for line in lines),
        provider_summary="1",
    )


def _line(chance: random.Random, control_number: str, day: date) -> ServicePayment:
    charge = chance.randrange(20_00, 2_000_00)
    written_off = chance.randrange(charge)
    allowed = charge - written_off
    owed = chance.choice((0, 0, min(allowed, 25_00), allowed // 5))
    taken = [Adjustment("CO", "45", written_off)] if written_off else []
    taken += [Adjustment("PR", chance.choice("123"), owed)] if owed else []
    return ServicePayment(
        procedure_qualifier="HC",
        procedure=f"{chance.randrange(99202, 99499)}",
        modifiers=("25",) if chance.random() < 0.2 else (),
        charge_cents=charge,
        paid_cents=allowed - owed,
        units=Decimal(1),
        line_control_number=control_number,
        service_date=day,
        adjustments=tuple(taken),
        remarks=(Remark("HE", "N381"),) if chance.random() < 0.3 else (),
        allowed_cents=allowed,
    )


def _invented_271(answers: int, seed: int) -> bytes:
    chance = random.Random(seed)
    return write_271([_answer(chance, number) for number in range(1, answers + 1)], 1, AT)


def _answer(chance: random.Random, number: int) -> Answer271:
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(30_000))
    return Answer271(
        trace_number=f"T{number:09d}",
        payer=Payer("ALDER HEALTH PLAN", "RC101"),
        provider=Party("LAKESIDE FAMILY MEDICINE", npi="1975167606"),
        subscriber=Person(_name(chance), _name(chance), birth_date=born, sex=chance.choice("FM")),
        member_id=f"M{chance.randrange(10**10):010d}",
        reference=f"R{number:09d}",
        originator_id="9999999999",
        dates=(BenefitDate("346", date(2026, 1, 1), date(2026, 1, 1)),),
        benefits=tuple(_benefits(chance)),
        sender_id="ALDER",
        receiver_id="LAKESIDE",
    )


def _benefits(chance: random.Random) -> Iterator[Benefit]:
    """Active coverage with many service types, then copays, coinsurance and deductibles."""
    kinds = ("1", "33", "35", "47", "48", "50", "86", "88", "98", "AL", "MH", "UC")
    yield Benefit(code="1", coverage_level="IND", service_types=kinds, insurance_type="HM", plan="GOLD")
    for code in chance.choices("ABCG", k=chance.randint(3, 12)):
        yield Benefit(
            code=code,
            coverage_level="IND",
            service_types=(chance.choice(kinds),),
            insurance_type="HM",
            time_period="27" if code == "B" else "23",
            amount_cents=None if code == "A" else chance.randrange(1_00, 9_000_00),
            percent=Decimal(chance.randrange(5, 60)) / 100 if code == "A" else None,
            in_network=chance.random() < 0.5,
        )


def _name(chance: random.Random) -> str:
    return "".join(chance.choices("ABCDEFGHILMNOPRSTU", k=chance.randint(4, 9)))
