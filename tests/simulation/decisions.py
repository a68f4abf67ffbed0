"""What payers make of a seed's claims, as data or as 835 files, whole and broken."""

import random
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.remittance import Header, ReceiveRemittance, remittance_id_of
from services.payments.core.remitted import RemittedAdjustment, RemittedClaim
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import ClaimPayment, Remittance835, write_835
from shared.x12.parties import Address, Party, Payer
from tests.simulation.chaos import START
from tests.simulation.moments import PAYER, REMITTED_FROM, REMITTED_UPTO, meta_of

Flaw: TypeAlias = Literal["", "npi"]
FileDamage: TypeAlias = Literal["", "again", "torn", "broken off", "no x12", "name", "locked"]
FileFate: TypeAlias = Literal["accepted", "rejected", "refused", "silent"]
IN_FILES = 0.4
"""How many of a payer's decisions come as an 835 file."""
SHARE_MIN = {False: 500, True: 1}
"""Of an account that is not entangled never so small that it is written off at once: when that is undone depends on
what else comes then."""


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


def remit(rng: random.Random, billed: Billed, share_min: int) -> None:
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


def left(rng: random.Random, tenant: str, decision: Decision) -> list[DroppedEra]:
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
