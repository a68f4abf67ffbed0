"""A second, naive reader of 835 files: the balance is checked with arithmetic that the sandbox does not share."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class PlainLine:
    """SVC02, SVC03 and the CAS amounts under it."""

    charge: Decimal
    paid: Decimal
    cuts: list[tuple[str, str, Decimal]] = field(default_factory=list[tuple[str, str, Decimal]])


@dataclass
class PlainPayment:
    """One CLP with its lines; `elements` are CLP01 onwards."""

    elements: list[str]
    lines: list[PlainLine] = field(default_factory=list[PlainLine])

    @property
    def control_number(self) -> str:
        return self.elements[0]

    @property
    def status(self) -> str:
        return self.elements[1]

    @property
    def charge(self) -> Decimal:
        return Decimal(self.elements[2])

    @property
    def paid(self) -> Decimal:
        return Decimal(self.elements[3])


@dataclass
class PlainRemittance:
    """One ST of an 835."""

    payment: list[str]
    trace: str = ""
    payee: str = ""
    claims: list[PlainPayment] = field(default_factory=list[PlainPayment])
    provider_level: list[tuple[str, Decimal]] = field(default_factory=list[tuple[str, Decimal]])

    @property
    def amount(self) -> Decimal:
        return Decimal(self.payment[1])

    @property
    def method(self) -> str:
        return self.payment[3]

    @property
    def date(self) -> str:
        return self.payment[15]


def read(content: bytes) -> list[PlainRemittance]:
    """Every transaction set."""
    found: list[PlainRemittance] = []
    for text in content.decode().split("~"):
        tag, *elements = text.strip().split("*")
        match tag:
            case "BPR":
                found.append(PlainRemittance(elements))
            case "TRN":
                found[-1].trace = elements[1]
            case "N1" if elements[0] == "PE":
                found[-1].payee = elements[3]
            case "CLP":
                found[-1].claims.append(PlainPayment(elements))
            case "SVC":
                found[-1].claims[-1].lines.append(PlainLine(Decimal(elements[1]), Decimal(elements[2])))
            case "CAS":
                triples = zip(elements[1::3], elements[2::3], strict=False)
                line = found[-1].claims[-1].lines[-1]
                line.cuts += [(elements[0], reason, Decimal(amount)) for reason, amount in triples]
            case "PLB":
                pairs = zip(elements[2::2], elements[3::2], strict=True)
                found[-1].provider_level += [(code.split(":")[0], Decimal(amount)) for code, amount in pairs]
            case _:
                pass
    return found


def assert_balanced(one: PlainRemittance) -> None:
    """X221A1 section 1.10.2: line, claim, transaction."""
    for claim in one.claims:
        for line in claim.lines:
            assert line.charge == line.paid + sum(amount for _, _, amount in line.cuts)
        assert claim.charge == sum(line.charge for line in claim.lines)
        assert claim.paid == sum(line.paid for line in claim.lines)
    assert one.amount == sum(claim.paid for claim in one.claims) - sum(amount for _, amount in one.provider_level)
    assert one.amount >= 0
    assert (one.method == "NON") == (one.amount == 0)
