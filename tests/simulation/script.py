"""One seed's outside world, written down before anything runs: claims, what payers make of them, what patients pay."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple, cast

from services.claims.core.claim_messages import Identified, ReceiveClaim
from services.claims.core.content import ClaimContent
from services.claims.file_performer import claim_number
from services.claims.from_x12 import findings_of
from services.claims.intake import Arrival, Intake
from services.eligibility.core import Outcome
from shared.contracts import Meta
from shared.sealed import Pseudonyms
from shared.store.memory import MemoryStore
from shared.x12.claim837 import Batch837, Claim837, read_837, write_837p
from shared.x12.claim837_views import Diagnosis, ServiceLine, Subscriber
from shared.x12.parties import Address, Party, Payer, Person
from tests.claims.makers import content, line
from tests.simulation.chaos import START
from tests.simulation.decisions import SHARE_MIN, Billed, DroppedEra, FileDamage, left, remit
from tests.simulation.moments import PAYER
from tests.simulation.money import CashErrand, PatientMoney, deposits_of, in_cash, patients_money, saved_money

SERVICE_DAY = date(2026, 6, 20)
DROPPED_ACCOUNT = 1
PSEUDONYMS = Pseudonyms(bytes(32))
NOTHING = cast("Any", None)
INTAKE = Intake(MemoryStore(), NOTHING, PSEUDONYMS, NOTHING, NOTHING, NOTHING)
"""It only takes claims apart here."""


class Script(NamedTuple):
    """What the outside world does."""

    billed: list[Billed]
    payments: list[PatientMoney]
    coverage: dict[str, list[Outcome]]
    plans: list[tuple[str, str]]
    files: list["DroppedFile"]
    eras: list[DroppedEra]
    torn: list[str]
    """Claims that a file breaks off in."""
    cash: list[CashErrand]
    """The patients' money as it is told: by card with its webhooks, or by check; and the bank's deposits."""
    is_entangled: bool
    """Accounts have several payments, some of which go back, and small shares: then the order of the news decides what
    a balance is paid with, and whether it is so small for a while that it is written off."""


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


def write_script(rng: random.Random, claims: int, *, is_entangled: bool) -> Script:
    """One seed's outside world: so many claims of two accounts."""
    script = Script([], [], {}, [], [], [], [], [], is_entangled)
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
            remit(rng, billed, SHARE_MIN[is_entangled])
            script.eras.extend(era for decision in billed.remitted for era in left(rng, tenant, decision))
            script.billed.append(billed)
        if a == DROPPED_ACCOUNT:
            account = _drop(rng, script, tenant)
        for billed in script.billed:
            script.coverage.setdefault(billed.coverage_id, _answers(rng))
        script.payments.extend(patients_money(rng, tenant, account, is_entangled=is_entangled))
        if rng.random() < 0.5:
            script.plans.append((tenant, account))
    luck = random.Random(rng.getrandbits(64))
    script.payments.extend(saved_money(luck, "lakeside"))
    script.cash.extend(in_cash(luck, script.payments))
    script.cash.extend(deposits_of(luck, script.billed))
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
