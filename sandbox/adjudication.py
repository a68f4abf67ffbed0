"""What a payer decides about a claim. Every line satisfies: charge = paid + sum of its adjustments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from sandbox.chance import Chance
from sandbox.held import HeldClaim, HeldLine
from sandbox.members import Member, member
from sandbox.profiles import PayerProfile

_STATUS = {"S": "2", "T": "3"}
_NOT_RECOGNISED = "4"
_SECONDARY_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Reduction:
    """One adjustment: group (CO, PR, OA, PI), reason code, cents."""

    group: str
    reason: str
    cents: int


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """One line, paid or not; `remarks` are its remark codes."""

    line: HeldLine
    paid_cents: int
    reductions: tuple[Reduction, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A claim adjudicated: CLP02, its lines, and remark codes of the claim as a whole."""

    status: str
    lines: tuple[DecidedLine, ...]
    remarks: tuple[str, ...] = ()

    @property
    def charge_cents(self) -> int:
        return sum(one.line.charge_cents for one in self.lines)

    @property
    def paid_cents(self) -> int:
        return sum(one.paid_cents for one in self.lines)

    @property
    def patient_cents(self) -> int:
        return sum(cut.cents for one in self.lines for cut in one.reductions if cut.group == "PR")


DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


def adjudicate(claim: HeldClaim, payer: PayerProfile, seed: int) -> Decision:
    """The payer's first decision: a function of seed, payer, member and control number."""
    chance, profile = Chance(seed, claim.subject), payer.profile
    status = _STATUS.get(claim.responsibility, "1")
    who = member(seed, payer, claim.member_id)
    if claim.encounter:
        return Decision(status, tuple(_denied(one, "CO", "24") for one in claim.lines))
    if refusal := _standing_refusal(who, claim):
        return refuse(claim, refusal)
    if claim.prior_cents is not None:
        return Decision(status, tuple(_after_others(claim)))
    if chance.happens("denied", profile.denied_percent):
        return refuse(claim, chance.weighted("denial", profile.denials))
    paid = tuple(_pay(claim, payer, seed, who, profile.contract_percent))
    if len(paid) > 1 and chance.happens("partial", profile.partial_percent):
        return Decision(status, _deny_one(paid, chance, profile.denials))
    return Decision(status, paid)


def readjudicate(claim: HeldClaim, payer: PayerProfile, seed: int) -> Decision:
    """The corrected decision after a reversal: another allowed amount, higher or lower."""
    change = Chance(seed, claim.subject).choice("correction", (-10, -5, 6))
    percent = min(100, max(1, payer.profile.contract_percent + change))
    who = member(seed, payer, claim.member_id)
    return Decision(_STATUS.get(claim.responsibility, "1"), tuple(_pay(claim, payer, seed, who, percent)))


def will_reverse(claim: HeldClaim, decision: Decision, payer: PayerProfile, seed: int) -> bool:
    """Whether the payer takes this payment back later; only ordinary payments are."""
    ordinary = decision.status == "1" and all(one.paid_cents > 0 for one in decision.lines)
    return ordinary and Chance(seed, claim.subject).happens("reversed", payer.profile.reversed_percent)


def negated(decision: Decision) -> Decision:
    """The reversal (CLP02 22): the same groups and reasons with every amount negated."""
    lines = (
        DecidedLine(
            replace(one.line, charge_cents=-one.line.charge_cents),
            -one.paid_cents,
            tuple(Reduction(cut.group, cut.reason, -cut.cents) for cut in one.reductions),
            one.remarks,
        )
        for one in decision.lines
    )
    return Decision("22", tuple(lines), decision.remarks)


def _standing_refusal(who: Member, claim: HeldClaim) -> str:
    match who.standing:
        case "inactive":
            return "CO-27"
        case "not_found" | "invalid_id":
            return "CO-31"
        case "active":
            return "CO-197" if who.authorization_required and not claim.authorized else ""


def refuse(claim: HeldClaim, denial: str) -> Decision:
    """Every line denied, for a reason named GROUP-REASON or GROUP-REASON-REMARK.

    CLP02 is 4 only when the patient is not known to the payer (X12 RFI 1423).
    """
    group, reason, remarks = _parts(denial)
    of_claim = tuple(one for one in remarks if one.startswith("MA"))
    of_lines = tuple(one for one in remarks if one not in of_claim)
    lines = tuple(replace(_denied(one, group, reason), remarks=of_lines) for one in claim.lines)
    status = _NOT_RECOGNISED if reason == "31" else _STATUS.get(claim.responsibility, "1")
    return Decision(status, lines, of_claim)


def _parts(denial: str) -> tuple[str, str, tuple[str, ...]]:
    group, reason, *remarks = denial.split("-")
    return group, reason, tuple(remarks)


def _denied(line: HeldLine, group: str, reason: str) -> DecidedLine:
    return DecidedLine(line, 0, _cuts((group, reason, line.charge_cents)))


def _deny_one(lines: Sequence[DecidedLine], chance: Chance, denials: dict[str, int]) -> tuple[DecidedLine, ...]:
    """One line other than the first, which carries the visit's copay, is denied."""
    place = chance.between("denied line", 1, len(lines) - 1)
    group, reason, remarks = _parts(chance.weighted("line denial", _of_lines(denials)))
    denied = replace(_denied(lines[place].line, group, reason), remarks=remarks)
    return (*lines[:place], denied, *lines[place + 1 :])


def _of_lines(denials: dict[str, int]) -> dict[str, int]:
    """Denials that make sense for a single line: not those of the patient, the payer or the whole claim."""
    whole = ("31", "22", "109", "29")
    return {name: weight for name, weight in denials.items() if _parts(name)[1] not in whole and "-MA" not in name}


def _pay(claim: HeldClaim, payer: PayerProfile, seed: int, who: Member, percent: int) -> Iterator[DecidedLine]:
    """Lines at the contract's rate, with the member's copay, deductible and coinsurance taken off in that order."""
    copay_left, deductible_left = who.copay_cents, who.deductible_remaining_cents
    for line in claim.lines:
        allowed = _allowed(line, payer, seed, percent)
        copay = min(copay_left, allowed)
        deductible = min(deductible_left, allowed - copay)
        coinsurance = _share(allowed - copay - deductible, who.coinsurance_percent)
        due = allowed - copay - deductible - coinsurance
        sequestered = _share(due, payer.profile.sequestration_percent)
        copay_left, deductible_left = copay_left - copay, deductible_left - deductible
        cuts = _cuts(
            ("PR", "1", deductible),
            ("PR", "2", coinsurance),
            ("PR", "3", copay),
            ("CO", "45", line.charge_cents - allowed),
            ("CO", "253", sequestered),
        )
        yield DecidedLine(line, due - sequestered, cuts)


def _allowed(line: HeldLine, payer: PayerProfile, seed: int, percent: int) -> int:
    """The contract's rate for a procedure: the same for every claim of the payer."""
    spread = payer.profile.contract_spread
    rate = percent + Chance(seed, f"contract/{payer.id}/{line.procedure}").between("rate", -spread, spread)
    return _share(line.charge_cents, min(100, max(1, rate)))


def _after_others(claim: HeldClaim) -> Iterator[DecidedLine]:
    """A later payer: OA-23 for what earlier ones paid and took off, then most of the rest."""
    for line, prior in zip(claim.lines, _priors(claim), strict=True):
        settled = min(line.charge_cents, max(0, prior))
        rest = line.charge_cents - settled
        paid = _share(rest, _SECONDARY_PERCENT)
        yield DecidedLine(line, paid, _cuts(("PR", "2", rest - paid), ("OA", "23", settled)))


def _priors(claim: HeldClaim) -> list[int]:
    """What earlier payers settled of each line: as its lines say, else in proportion to the charges."""
    on_lines = [one.prior_cents for one in claim.lines]
    if all(one is not None for one in on_lines):
        return [one or 0 for one in on_lines]
    left, charges_left = claim.prior_cents or 0, sum(one.charge_cents for one in claim.lines)
    shares: list[int] = []
    for line in claim.lines:
        share = left * line.charge_cents // charges_left if charges_left else 0
        shares.append(share)
        left, charges_left = left - share, charges_left - line.charge_cents
    return shares


def _share(cents: int, percent: int) -> int:
    """A percentage of an amount, half a cent upwards."""
    return (cents * percent + 50) // 100


def _cuts(*amounts: tuple[str, str, int]) -> tuple[Reduction, ...]:
    """Adjustments without those of nothing."""
    return tuple(Reduction(*one) for one in amounts if one[2])
