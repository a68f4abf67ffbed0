"""A clearinghouse on a temporary folder, and claims to send it."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.clearinghouse import Clearinghouse
from sandbox.exchange import Exchange
from sandbox.profiles import Payers, read_payers
from sandbox.state import State
from shared.x12.acks import ClaimAck277CA, read_277ca
from shared.x12.claim837 import (
    Batch837,
    Claim837,
    Diagnosis,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
    write_837p,
)
from tests.sandbox.plain835 import PlainRemittance, read

START = datetime(2026, 7, 1, 8, tzinfo=UTC)
QUIET: dict[str, Any] = {
    "rejected_percent": 0,
    "denied_percent": 0,
    "partial_percent": 0,
    "reversed_percent": 0,
    "adjusted_percent": 0,
    "information_percent": 0,
    "inactive_percent": 0,
    "authorization_percent": 0,
    "unknown_member_percent": 0,
    "invalid_member_percent": 0,
    "unavailable_percent": 0,
    "slow_percent": 0,
    "odd_percent": 0,
    "vague_percent": 0,
}


def payers(**changes: Any) -> Payers:
    """One payer, `P1`, that pays every claim and answers every inquiry, with changes; `SILENT` never pays."""
    default = read_default() | QUIET | changes
    profiles = {"only": {"unlisted": True}, "silent": {"remits": False}}
    named = {"P1": {"name": "FIRST PAYER", "profile": "only"}, "SILENT": {"name": "SILENT", "profile": "silent"}}
    return Payers({"default": default, "profiles": profiles, "payers": named})


def read_default() -> dict[str, Any]:
    """What `payers.toml` gives every profile."""
    profile = read_payers().find("RC101").profile.model_dump()
    return {name: value for name, value in profile.items() if name not in ("name", "unlisted")}


def claim(number: str = "PCN1", charges: Sequence[int] = (15000, 4000), **changes: Any) -> Claim837:
    """A professional claim with a line for each charge in cents."""
    day = date(2026, 6, 20)
    lines = tuple(
        ServiceLine(
            number=str(place),
            line_control_number=f"{number}-{place}",
            procedure_qualifier="HC",
            procedure=f"9921{place}",
            charge_cents=cents,
            unit="UN",
            units=Decimal(1),
            diagnosis_pointers=(1,),
            service_from=day,
            service_to=day,
        )
        for place, cents in enumerate(charges, 1)
    )
    made = Claim837(
        patient_control_number=number,
        charge_cents=sum(charges),
        facility_code="11",
        frequency_code="1",
        provider_signature="Y",
        assignment="A",
        benefits_assigned="Y",
        release_of_information="Y",
        diagnoses=(Diagnosis("ABK", "I10"),),
        lines=lines,
        billing=Party("PRACTICE", npi="1234567893", tax_id="341200009", tax_id_qualifier="EI"),
        subscriber=Subscriber(
            Person("FOX", "ADA", birth_date=date(1970, 1, 1), sex="F"),
            member_id=f"M{number}",
            relationship="18",
            payer_responsibility="P",
            claim_filing_code="CI",
        ),
        payer=Payer("FIRST PAYER", "P1"),
    )
    return replace(made, **changes)


def file(claims: Sequence[Claim837], control: int = 1, transaction_type: str = "CH") -> bytes:
    """An 837P file."""
    return write_837p(
        Batch837(
            submitter=Party("PRACTICE", "46", "SENDER1", contact_name="BILLING", contact_phone="4195550100"),
            receiver=Party("SANDBOX", "46", "SANDBOXCH"),
            interchange_control_number=control,
            group_control_number=control,
            at=START,
            claims=claims,
            transaction_type=transaction_type,
        )
    )


class Desk:
    """The clearinghouse with its folders."""

    def __init__(self, root: Path, known: Payers, seed: int = 7) -> None:
        self.root = root
        self.state = State(root / "state")
        self.exchange = Exchange(root / "exchange", self.state)
        self.clearinghouse = Clearinghouse(self.state, self.exchange, known, seed)
        self.clearinghouse.start()

    def drop(self, content: bytes, name: str = "a.837", tenant: str = "lakeside") -> None:
        folder = self.root / "exchange" / tenant / "to_payer"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    def send(self, *claims: Claim837, control: int = 1, at: datetime = START) -> None:
        """Drop a file and let the clearinghouse take it."""
        self.drop(file(claims, control), f"{control}.837")
        self.clearinghouse.tick(at)

    def run(self, until: datetime | None = None) -> None:
        """Move from one due time to the next."""
        while due := self.state.next_due_at(until=until):
            self.clearinghouse.tick(due)

    def files(self, suffix: str, tenant: str = "lakeside") -> list[bytes]:
        paths = (self.root / "exchange" / tenant).glob(f"*/*.{suffix}")
        return [path.read_bytes() for path in sorted(paths, key=lambda path: path.stem.rpartition("-")[2])]

    def remittances(self, tenant: str = "lakeside") -> list[PlainRemittance]:
        return [one for content in self.files("835", tenant) for one in read(content)]

    def acknowledged(self) -> list[ClaimAck277CA]:
        files = self.files("277ca")
        return [one for content in files for one in read_277ca([content]) if isinstance(one, ClaimAck277CA)]


@contextmanager
def desk(root: Path, known: Payers | None = None, seed: int = 7) -> Generator[Desk]:
    """A clearinghouse that is closed at the end."""
    made = Desk(root, known or payers(), seed)
    try:
        yield made
    finally:
        made.state.close()
