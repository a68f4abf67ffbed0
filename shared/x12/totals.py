"""The figures of a file: what a second reader must agree with to the cent.

Amounts are decimal strings with two places. The keys are those of the ground truth beside the sample corpus.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from shared.x12.claim837_read import read_837
from shared.x12.claim837_views import Claim837
from shared.x12.eligibility_read import read_271
from shared.x12.eligibility_views import Answer271
from shared.x12.envelope import TransactionHeader, identify, walk
from shared.x12.era835_balance import Equation, Outcome, balance
from shared.x12.era835_read import read_835
from shared.x12.era835_views import Remittance835
from shared.x12.findings import unreadable
from shared.x12.tokens import Segment

Opener = Callable[[], Iterable[bytes]]
_FIRST_BYTES = 4096
_LEVELS = {"2000A": "20", "2100A": "20", "2000B": "21", "2100B": "21", "2000C": "22", "2100C": "22"}


def totals(open_file: Opener) -> dict[str, Any]:
    """The figures of an 837, 835 or 271; `open_file` gives the file's bytes anew each time it is called.

    Raises `X12Error` when the file cannot be read or is of another kind.
    """
    kind = identify(_first_bytes(open_file()))
    match kind:
        case "837P" | "837I" | "837D":
            return claim_totals(open_file)
        case "835":
            return remittance_totals(open_file())
        case "271":
            return eligibility_totals(open_file())
        case _:
            raise unreadable("FILE:set", "Totals exist for 837, 835 and 271 files; this file is none of them.")


def _first_bytes(chunks: Iterable[bytes]) -> bytes:
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) >= _FIRST_BYTES:
            break
    return first


def decimal(cents: int) -> str:
    """Cents as a decimal string with two places."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def claim_totals(open_file: Opener) -> dict[str, Any]:
    """Figures of an 837."""
    counts = Counter(_counted(open_file()))
    frequencies: Counter[str] = Counter()
    mismatches: list[str] = []
    claims = charges = line_charges = dependents = diagnoses = 0
    for claim in read_837(open_file()):
        if not isinstance(claim, Claim837):
            continue
        lines = sum(line.charge_cents or 0 for line in claim.lines)
        claims += 1
        charges += claim.charge_cents or 0
        line_charges += lines
        dependents += claim.patient is not None
        diagnoses += sum(one.qualifier in _COUNTED_DIAGNOSES for one in claim.diagnoses)
        frequencies[claim.frequency_code] += 1
        if lines != claim.charge_cents:
            mismatches.append(claim.patient_control_number)
    return {
        "transactions": counts["ST"],
        "claims": claims,
        "service_lines": counts["SV"],
        "lx_count": counts["LX"],
        "total_charges": decimal(charges),
        "line_charges": decimal(line_charges),
        "dependents_claims": dependents,
        "subscribers": counts["HL22"],
        "billing_providers": counts["HL20"],
        "claims_line_sum_mismatch": mismatches,
        "frequency_codes": dict(frequencies),
        "diagnosis_codes": diagnoses,
    }


_COUNTED_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF", "ABJ", "BJ", "APR", "PR", "ABN", "BN"})


def _counted(chunks: Iterable[bytes]) -> Iterator[str]:
    for item in walk(chunks):
        if isinstance(item, TransactionHeader):
            yield "ST"
        elif isinstance(item, Segment):
            if item.tag == "HL":
                yield f"HL{item.get(3)}"
            elif item.tag == "LX":
                yield "LX"
            elif item.tag in ("SV1", "SV2", "SV3"):
                yield "SV"


def remittance_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of an 835."""
    remittances = [one for one in read_835(chunks) if isinstance(one, Remittance835)]
    claims = [claim for one in remittances for claim in one.claims]
    lines = [line for claim in claims for line in claim.lines]
    at_claims = [one for claim in claims for one in claim.adjustments]
    at_lines = [one for line in lines for one in line.adjustments]
    groups: Counter[str] = Counter()
    for one in (*at_claims, *at_lines):
        groups[one.group] += one.amount_cents or 0
    provider = [one.amount_cents for remittance in remittances for one in remittance.provider_adjustments]
    per_transaction = [_transaction(one) for one in remittances]
    balances = [balance(one) for one in remittances]
    return {
        "transactions": len(remittances),
        "claims": len(claims),
        "service_lines": len(lines),
        "total_charge": _sum(claim.charge_cents for claim in claims),
        "total_paid": _sum(claim.paid_cents for claim in claims),
        "patient_responsibility": _sum(claim.patient_responsibility_cents for claim in claims),
        "cas": {group: decimal(cents) for group, cents in sorted(groups.items())},
        "cas_claim_level": _sum(one.amount_cents for one in at_claims),
        "cas_line_level": _sum(one.amount_cents for one in at_lines),
        "plb_total": _sum(provider),
        "plb_count": len(provider),
        "bpr_amount": _sum(_signed(one) for one in remittances),
        "reversals": sum(claim.status == "22" for claim in claims),
        "claims_out_of_balance": [
            one.claims[equation.claim].patient_control_number
            for one, result in zip(remittances, balances, strict=True)
            for equation in _unbalanced(result.claims)
            if equation.claim is not None
        ],
        "lines_out_of_balance": sum(len(_unbalanced(result.lines)) for result in balances),
        "per_transaction": per_transaction,
        "balances": all(one["balances"] for one in per_transaction),
    }


def _unbalanced(equations: Sequence[Equation]) -> list[Equation]:
    return [one for one in equations if one.outcome == Outcome.UNBALANCED]


def _sum(amounts: Iterable[int | None]) -> str:
    return decimal(sum(one or 0 for one in amounts))


def _signed(one: Remittance835) -> int:
    amount = one.payment_cents or 0
    return -amount if one.credit_debit == "D" else amount


def _transaction(one: Remittance835) -> dict[str, Any]:
    equation = balance(one).transaction
    return {
        "st02": one.transaction,
        "bpr": decimal(_signed(one)),
        "paid": _sum(claim.paid_cents for claim in one.claims),
        "plb": _sum(adjustment.amount_cents for adjustment in one.provider_adjustments),
        "trn": one.trace_number,
        "claims": len(one.claims),
        "bpr03": one.credit_debit,
        "handling": f"{one.handling}/{one.method}",
        "balances": equation.outcome == Outcome.BALANCED,
        "difference": decimal(equation.difference_cents or 0),
    }


def eligibility_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of a 271."""
    answers: list[Answer271] = []
    members: list[dict[str, Any]] = []
    seen: list[str] = []
    above: list[str] = []
    subscriber: object = None
    for answer in read_271(chunks):
        if not isinstance(answer, Answer271):
            continue
        answers.append(answer)
        if answer.transaction not in seen:
            seen.append(answer.transaction)
            above += [_rejection(one.loop, one.code) for one in answer.rejections if one.loop[-1:] in "AB"]
        identity = answer.transaction, answer.subscriber, answer.member_id
        if answer.dependent is not None and identity != subscriber:
            members.append(_member("22", answer.subscriber.last_name, answer.subscriber.first_name))
        subscriber = identity
        if answer.subscriber.last_name or answer.member_id:
            members.append(_answered(answer))
    states = Counter(one["status"] for one in members)
    return {
        "transactions": len(seen),
        "subscribers": sum(one["level"] == "22" for one in members),
        "dependents": sum(one["level"] == "23" for one in members),
        "members": members,
        "eb_count": sum(one["eb"] for one in members),
        "aaa": above + [f"{one['level']}:{code}" for one in members for code in one["aaa"]],
        **{state: states[state] for state in ("active", "inactive", "unknown", "rejected")},
    }


def _rejection(loop: str, code: str) -> str:
    return f"{_LEVELS.get(loop, '')}:{code}"


def _member(level: str, last_name: str, first_name: str) -> dict[str, Any]:
    name = f"{last_name},{first_name}"
    return {"level": level, "name": name, "status": "unknown", "eb": 0, "eb01": [], "aaa": []}


def _answered(answer: Answer271) -> dict[str, Any]:
    person = answer.dependent or answer.subscriber
    own = [one.code for one in answer.rejections if one.loop[-1:] not in ("A", "B")]
    below = [one.code for benefit in answer.benefits for one in benefit.rejections]
    return _member("23" if answer.dependent else "22", person.last_name, person.first_name) | {
        "status": answer.status,
        "eb": len(answer.benefits),
        "eb01": sorted({benefit.code for benefit in answer.benefits}),
        "aaa": own + below,
    }
