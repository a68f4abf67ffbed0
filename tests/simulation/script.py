"""One seed's outside world, written down before anything runs: claims, what payers make of them, what patients pay."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeAlias, cast
from uuid import UUID

from services.claims.core.claim_messages import Identified, ReceiveClaim
from services.claims.core.content import ClaimContent
from services.claims.file_performer import claim_number
from services.claims.from_x12 import findings_of
from services.claims.intake import Arrival, Intake
from services.eligibility.core import Outcome
from services.payments.core.account_messages import PostPatientPayment, ReversalCause, ReversePatientPayment
from services.payments.core.remittance import Header, ReceiveRemittance, remittance_id_of
from services.payments.core.remitted import RemittedAdjustment, RemittedClaim
from shared.contracts import Meta
from shared.sealed import Pseudonyms
from shared.store.memory import MemoryStore
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Batch837, Claim837, read_837, write_837p
from shared.x12.claim837_views import Diagnosis, ServiceLine, Subscriber
from shared.x12.era835 import ClaimPayment, Remittance835, write_835
from shared.x12.parties import Address, Party, Payer, Person
from tests.claims.makers import content, line
from tests.simulation.chaos import START

Flaw: TypeAlias = Literal["", "npi"]
FileDamage: TypeAlias = Literal["", "again", "torn", "broken off", "no x12", "name", "locked"]
FileFate: TypeAlias = Literal["accepted", "rejected", "refused", "silent"]
PAYER = "60054"
SERVICE_DAY = date(2026, 6, 20)
DROPPED_ACCOUNT = 1
PSEUDONYMS = Pseudonyms(bytes(32))
INTAKE = Intake(MemoryStore(), cast("Any", None), PSEUDONYMS, cast("Any", None), cast("Any", None))
"""It only takes claims apart here."""
REMITTED_FROM, REMITTED_UPTO = 1, 3
IN_FILES = 0.4
"""How many of a payer's decisions come as an 835 file."""
PAID_IN, PLANNED_IN = 4, 5
PAID_UPTO, BACK_UPTO = 7, 10
"""The last moments in which entangled accounts are paid, and in which payments go back."""
GOES_BACK = 0.3
SHARE_MIN = {False: 500, True: 1}
"""Of an account that is not entangled never so small that it is written off at once: when that is undone depends on
what else comes then."""
DAYS = (0, 0, 2, 10, 20, 33, 40, 64, 72, 95, 125, 160, 200, 240)
MOMENTS = tuple(START + timedelta(days=days, minutes=30 * (number == 1)) for number, days in enumerate(DAYS))
"""When the business clock stands still for a while: everything settles before it jumps on."""


@dataclass(slots=True)
class Billed:
    """One claim and its fate. `accepted` is what the payer says to a claim that reaches it the first time."""

    tenant: str
    account_id: str
    claim_id: str
    charge_cents: int
    flaw: Flaw
    accepted: FileFate
    copies: int
    coverage_id: str
    control_number: str
    by_hand: bool = True  # through the API, one by one; else in a file
    remitted: list["Decision"] = field(default_factory=list["Decision"])


class Decision(NamedTuple):
    """What a payer makes of a claim and when; `era` is the file that says so, if it is not data."""

    moment: int
    message: ReceiveRemittance
    claim: RemittedClaim
    era: bytes = b""

    @property
    def remittance_id(self) -> str:
        """As payments knows it: the id of a file's remittance derives from what the file says."""
        header = self.message.header
        if not self.era:
            return self.message.remittance_id
        return remittance_id_of(header.payer_id, header.trace_number, header.payment_date, header.payment_cents)


class Script(NamedTuple):
    """What the outside world does."""

    billed: list[Billed]
    payments: list["PatientMoney"]
    coverage: dict[str, list[Outcome]]
    plans: list[tuple[str, str]]
    files: list["DroppedFile"]
    eras: list["DroppedEra"]
    torn: list[str]
    """Claims that a file breaks off in."""
    is_entangled: bool
    """Accounts have several payments, some of which go back, and small shares: then the order of the news decides what
    a balance is paid with, and whether it is so small for a while that it is written off."""


class PatientMoney(NamedTuple):
    """What a patient pays, or what of it goes back, and when."""

    moment: int
    message: PostPatientPayment | ReversePatientPayment


class DroppedFile(NamedTuple):
    """A file that somebody drops: how many claims it brings; `damage` is what is wrong with it, if anything."""

    tenant: str
    name: str
    content: bytes
    claims: int
    damage: FileDamage = ""

    @property
    def file_id(self) -> str:
        """As the vault names it: by tenant and content."""
        return f"file_{sha256(self.tenant.encode() + bytes(1) + self.content).hexdigest()}"


class DroppedEra(NamedTuple):
    """A remittance file that the clearinghouse leaves at a moment; `damage` is what is wrong with it, if anything."""

    moment: int
    tenant: str
    name: str
    content: bytes
    damage: FileDamage = ""

    @property
    def file_id(self) -> str:
        """As the vault names it: by content."""
        return f"file_{sha256(self.content).hexdigest()}"


def write_script(rng: random.Random, claims: int, *, is_entangled: bool) -> Script:
    """One seed's outside world: so many claims of two accounts."""
    script = Script([], [], {}, [], [], [], [], is_entangled)
    for a in range(2):
        tenant, account = rng.choice(("lakeside", "northgate")), f"acct_{a}"
        for c in range((claims + 1 - a) // 2):
            billed = Billed(
                tenant,
                account,
                f"clm_{a}_{c}",
                rng.randrange(2_000, 50_000),
                rng.choice(("", "", "npi")),
                rng.choice(("accepted", "accepted", "accepted", "rejected", "refused", "silent")),
                rng.choice((0, 0, 1)),
                f"cov_{account}",
                f"PCN{a}{c}",
            )
            _remit(rng, billed, SHARE_MIN[is_entangled])
            script.eras.extend(era for decision in billed.remitted for era in _left(rng, tenant, decision))
            script.billed.append(billed)
        if a == DROPPED_ACCOUNT:
            account = _drop(rng, script, tenant)
        for billed in script.billed:
            script.coverage.setdefault(billed.coverage_id, _answers(rng))
        script.payments.extend(_money(rng, tenant, account, is_entangled=is_entangled))
        if rng.random() < 0.5:
            script.plans.append((tenant, account))
    return script


def _drop(rng: random.Random, script: Script, tenant: str) -> str:
    """The claims of the last account come in one file; its account, as the services name it.

    The same file comes again under another name, beside files that are damaged or are none at all.
    """
    billed = [one for one in script.billed if one.account_id == f"acct_{DROPPED_ACCOUNT}"]
    who = Subscriber(
        Person("DOE", "JANE", birth_date=date(1980, 2, 3), sex="F"),
        member_id=f"W{rng.randrange(10**8)}",
        relationship="18",
        payer_responsibility="P",
        claim_filing_code="CI",
    )
    us = Party(name="LAKESIDE", id="LAKESIDE", contact_name="EDI", contact_phone="5555550100")
    batch = Batch837(us, Party(name="CLEARING", id="CLEARING"), 1, 1, START, [_written(one, who) for one in billed])
    file = DroppedFile(tenant, "claims.837", write_837p(batch), len(billed))
    damages: tuple[FileDamage, ...] = ("torn", "no x12", "name", "again")
    script.files.append(file._replace(damage=rng.choice(("", "locked"))))
    for damage in damages:
        if rng.random() < 0.4:
            content = {"torn": file.content[: file.content.index(b"CLM*")], "no x12": b"Dear Sirs", "name": b"a note"}
            name = "note.txt" if damage == "name" else f"{damage.replace(' ', '-')}.837"
            script.files.append(DroppedFile(tenant, name, content.get(damage, file.content), 0, damage))
    assert not _name(file, billed), "the simulated file is not read"
    if rng.random() < 0.5:
        _tear(rng, script, tenant, batch)
    return billed[0].account_id


def _name(file: DroppedFile, billed: list[Billed]) -> list[str]:
    """Give claims the ids that they will get by their place in a file; those of claims that the file breaks off in."""
    torn: list[str] = []
    claims = [item for item in read_837([file.content]) if isinstance(item, Claim837)]
    for ordinal, claim in enumerate(claims):
        arrival = Arrival(claim_number(file.file_id, ordinal), claim, "simulated")
        if findings_of(claim):
            torn.append(arrival.claim_id)
            continue
        read = INTAKE.read(file.tenant, arrival)
        one = next(b for b in billed if b.control_number == claim.patient_control_number)
        one.claim_id, one.account_id, one.coverage_id, one.by_hand = (
            arrival.claim_id,
            read.account_id,
            read.coverage_id,
            False,
        )
    return torn


def _tear(rng: random.Random, script: Script, tenant: str, like: Batch837) -> None:
    """A file of two more claims that breaks off anywhere among them: what came whole is billed, what did not is not."""
    more = [
        Billed(tenant, "", "", rng.randrange(2_000, 50_000), "", "accepted", 0, "", f"PCNT{number}")
        for number in (0, 1)
    ]
    who = like.claims[0].subscriber
    whole = write_837p(replace(like, claims=tuple(_written(one, who) for one in more)))
    content = whole[: rng.randrange(whole.index(b"CLM*"), whole.index(b"SE*"))]
    file = DroppedFile(tenant, "broken-off.837", content, 0, "broken off")
    torn = _name(file, more)
    taken = [one for one in more if one.claim_id]
    script.torn.extend(torn)
    script.billed.extend(taken)
    script.files.append(file._replace(claims=len(taken) + len(torn)))


def _written(billed: Billed, who: Subscriber) -> Claim837:
    """A claim as its file has it; of one account all are one member's, and differ in their charges."""
    line = ServiceLine(
        number="1",
        line_control_number="1",
        procedure_qualifier="HC",
        procedure="99213",
        charge_cents=billed.charge_cents,
        unit="UN",
        units=Decimal(1),
        diagnosis_pointers=(1,),
        service_from=SERVICE_DAY,
        service_to=SERVICE_DAY,
    )
    address = Address("1 MAIN ST", "", "SPRINGFIELD", "IL", "62701")
    npi = "1234567890" if billed.flaw else "1234567893"
    return Claim837(
        patient_control_number=billed.control_number,
        charge_cents=billed.charge_cents,
        facility_code="11",
        frequency_code="1",
        provider_signature="Y",
        assignment="A",
        benefits_assigned="Y",
        release_of_information="Y",
        diagnoses=(Diagnosis("ABK", "J069"),),
        lines=(line,),
        billing=Party(name="LAKESIDE", npi=npi, tax_id="123456789", tax_id_qualifier="EI", address=address),
        subscriber=who,
        payer=Payer("PAYER ONE", PAYER),
    )


def _answers(rng: random.Random) -> list[Outcome]:
    """What a payer says about a coverage, one answer to each inquiry; the last one to all further ones."""
    refused = [Outcome(status="unavailable")] * rng.choice((0, 0, 1, 2))
    if rng.random() < 0.1:
        refused.append(Outcome(status="rejected", reject_codes=("42",)))
    last: list[Outcome] = [
        Outcome(status="active", copay_cents=2000),
        Outcome(status="active"),
        Outcome(status="active", authorization_service_types=("30",)),
        Outcome(status="inactive"),
        Outcome(status="rejected", reject_codes=("72",)),
        Outcome(status="unreadable"),
        Outcome(status="no_benefit_stated"),
        Outcome(status="unavailable"),
    ]
    return [*refused, rng.choice(last)]


def meta_of(rng: random.Random, tenant: str, subject: str, key: str, at: datetime = START) -> Meta:
    """The envelope of something that comes from outside."""
    return envelope(UUID(int=rng.getrandbits(128), version=4), tenant, subject, key, at)


def envelope(message_id: UUID, tenant: str, subject: str, key: str, at: datetime) -> Meta:
    """The envelope of a message with this id."""
    return Meta(
        id=message_id,
        tenant=tenant,
        occurred_at=at,
        source="outside",
        subject=subject,
        key=key,
        correlation=message_id,
        actor="client",
    )


def content_for(billed: Billed, *, mended: bool) -> ClaimContent:
    """The claim as it was keyed in, or as it should have been."""
    one = line(charge_cents=billed.charge_cents, units=Decimal(1), service_from=SERVICE_DAY, service_to=SERVICE_DAY)
    good = content(
        patient_control_number=billed.control_number, charge_cents=billed.charge_cents, lines=(one,), payer_id=PAYER
    )
    if mended or not billed.flaw:
        return good
    return good.model_copy(update={"billing": good.billing.model_copy(update={"npi": "1234567890"})})


def receive(meta: Meta, billed: Billed, claim_id: str, duplicate_of: str | None) -> ReceiveClaim:
    """The command that intake makes of a claim at the door."""
    return ReceiveClaim(
        meta=meta,
        claim_id=claim_id,
        account_id=billed.account_id,
        coverage_id=billed.coverage_id,
        content=content_for(billed, mended=False),
        identity=Identified(sealed_identity="sealed:1", sealed_subscriber="sealed:2", sealed_guarantor="sealed:3"),
        fingerprint=f"fp_{claim_id}",
        partner="clearinghouse",
        received_on=START.date(),
        origin="simulated",
        duplicate_of=duplicate_of,
    )


def _money(rng: random.Random, tenant: str, account: str, *, is_entangled: bool) -> Iterator[PatientMoney]:
    """One payment; of entangled accounts several, in parts and at several moments, some of which go back.

    Of two, the first may leave so little that it is written off before the second comes, or not.
    """
    yield PatientMoney(PAID_IN, first := _payment(rng, tenant, account, 0, PAID_IN))
    if not is_entangled:
        return
    paid = [first]
    for number in range(1, rng.randint(2, 4)):
        moment = rng.randint(PAID_IN, PAID_UPTO)
        paid.append(_payment(rng, tenant, account, number, moment))
        yield PatientMoney(moment, paid[-1])
    for payment in paid:
        if rng.random() < GOES_BACK:
            moment = rng.randint(PAID_UPTO + 1, BACK_UPTO)
            yield PatientMoney(moment, _back(rng, payment, moment))


def _payment(rng: random.Random, tenant: str, account: str, number: int, moment: int) -> PostPatientPayment:
    return PostPatientPayment(
        meta=meta_of(rng, tenant, f"account/{account}", account, MOMENTS[moment]),
        account_id=account,
        payment_id=f"pay_{account}_{number}",
        method="card",
        paid_cents=rng.randrange(100, 9_000),
        received_on=MOMENTS[moment].date(),
    )


def _back(rng: random.Random, payment: PostPatientPayment, moment: int) -> ReversePatientPayment:
    """A payment goes back: all of it, whatever it paid, or as a refund of what is not applied, which may be nothing."""
    cause: ReversalCause = rng.choice(("chargeback", "returned_check", "refund"))
    cents = rng.randint(1, payment.paid_cents) if cause == "refund" else payment.paid_cents
    return ReversePatientPayment(
        meta=meta_of(rng, payment.meta.tenant, payment.meta.subject, payment.meta.key, MOMENTS[moment]),
        account_id=payment.account_id,
        reversal_id=f"back_{payment.payment_id}",
        payment_id=payment.payment_id,
        reversed_cents=cents,
        cause=cause,
    )


def _remit(rng: random.Random, billed: Billed, share_min: int) -> None:
    """Paid, denied or nothing yet; sometimes taken back and paid anew."""
    fate = rng.choice(("paid", "paid", "denied", "corrected", "silent"))
    if fate == "silent":
        return
    moment = rng.randint(REMITTED_FROM, REMITTED_UPTO)
    patient, contract = rng.randrange(share_min, billed.charge_cents // 2), rng.randrange(billed.charge_cents // 3)
    if share_min == SHARE_MIN[True] and rng.random() < 0.3:
        patient = rng.randrange(share_min, SHARE_MIN[False])
    shares = {"50": billed.charge_cents} if fate == "denied" else {"45": contract, "2": patient}
    decisions = [("1", shares)]
    if fate == "corrected":
        decisions += [("22", shares), ("1", {"45": contract})]
    for number, (status, kept) in enumerate(decisions, 1):
        # What is taken back was paid before: the payer's own order, one moment after the other.
        at = moment if len(decisions) == 1 else number
        decision = Decision(at, *_remitted(rng, billed, number, status, kept))
        in_file = status == "1" and decision.message.imbalance is None and rng.random() < IN_FILES
        billed.remitted.append(decision._replace(era=_era(decision)) if in_file else decision)


def _era(decision: Decision) -> bytes:
    """The 835 of one decision."""
    header, claim = decision.message.header, decision.claim
    payment = ClaimPayment(
        patient_control_number=claim.patient_control_number,
        status=claim.status,
        charge_cents=claim.charge_cents,
        paid_cents=claim.paid_cents,
        patient_responsibility_cents=claim.patient_responsibility_cents or None,
        filing_code="12",
        payer_claim_control_number=claim.payer_claim_control_number,
        adjustments=tuple(Adjustment(one.group, one.reason, one.amount_cents) for one in claim.adjustments),
    )
    remittance = Remittance835(
        payment_cents=header.payment_cents,
        credit_debit="C",
        method=header.method,
        payment_format="CCP",
        payment_date=header.payment_date,
        trace_number=header.trace_number,
        payer_id=PAYER,
        payer=Payer("PAYER", PAYER, Address("1 MAIN ST", "", "SPRINGFIELD", "IL", "62701")),
        payee=Party(name="LAKESIDE", npi="1234567893"),
        claims=(payment,),
        handling="I",
    )
    return write_835([remittance], 1, 1, START, "PAYER", "LAKESIDE")


def _left(rng: random.Random, tenant: str, decision: Decision) -> list[DroppedEra]:
    """The file of a decision, and what else comes with it: torn anywhere, again under another name, or no 835."""
    if not decision.era:
        return []
    name, whole = decision.claim.remittance_id, decision.era
    eras = [DroppedEra(decision.moment, tenant, f"{name}.835", whole, rng.choice(("", "", "locked")))]
    contents: dict[FileDamage, bytes] = {
        "torn": whole[: rng.randrange(1, len(whole))],
        "again": whole,
        "no x12": b"Dear " + name.encode(),
        "name": b"about " + name.encode(),
    }
    for damage, text in contents.items():
        if rng.random() < 0.3:
            kind = "note.txt" if damage == "name" else "835"
            eras.append(DroppedEra(decision.moment, tenant, f"{damage.replace(' ', '-')}-{name}.{kind}", text, damage))
    return eras


def _remitted(
    rng: random.Random, billed: Billed, number: int, status: str, shares: dict[str, int]
) -> tuple[ReceiveRemittance, RemittedClaim]:
    """One decision; status 22 takes a former one back, with every amount negated."""
    sign = -1 if status == "22" else 1
    remittance_id = f"rem_{billed.claim_id}_{number}"
    remitted = RemittedClaim(
        remittance_id=remittance_id,
        position=1,
        payer_id=PAYER,
        payment_date=START.date(),
        patient_control_number=billed.control_number,
        payer_claim_control_number=f"ICN{billed.claim_id}",
        status=status,
        charge_cents=sign * billed.charge_cents,
        paid_cents=sign * (billed.charge_cents - sum(shares.values())),
        patient_responsibility_cents=sign * shares.get("2", 0),
        adjustments=tuple(
            RemittedAdjustment(group="PR" if reason == "2" else "CO", reason=reason, amount_cents=sign * cents)
            for reason, cents in shares.items()
            if cents
        ),
    )
    header = Header(
        payer_id=PAYER,
        trace_number=remittance_id,
        payment_cents=remitted.paid_cents,
        payment_date=START.date(),
        method="ACH",
        handling="I",
        claims=1,
        provider_adjustments=0,
        content_hash=remittance_id,
        file_id=remittance_id,
        transaction=1,
    )
    meta = meta_of(rng, billed.tenant, f"remittance/{remittance_id}", remittance_id)
    imbalance = "simulated" if rng.random() < 0.15 else None
    return ReceiveRemittance(
        meta=meta, remittance_id=remittance_id, header=header, imbalance=imbalance, postable=True
    ), remitted
