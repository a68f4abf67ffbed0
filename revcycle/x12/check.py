"""Everything wrong with a file: its syntax, and what only a reader of its kind notices."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from revcycle.x12.files import Opener
from shared.x12.ack277ca import read_277ca
from shared.x12.ack999 import Ack999, read_999
from shared.x12.ack_rules import check_999
from shared.x12.ack_ta1 import read_ta1
from shared.x12.acknowledge import check_file
from shared.x12.claim837 import Claim837, read_837
from shared.x12.claim_rules import check_claim
from shared.x12.code_rules import check_remittance_codes
from shared.x12.eligibility import read_270, read_271
from shared.x12.era835 import Remittance835, read_835
from shared.x12.era835_balance import Equation, Outcome, balance
from shared.x12.findings import Finding, Severity, X12Error
from shared.x12.review278 import read_278
from shared.x12.status import read_276, read_277

MAX_SHOWN = 1000
_MAX_REMEMBERED = 100_000
_SET = re.compile(rb"(?<![A-Za-z0-9])ST([^A-Za-z0-9 ])(837|835|27[0-8]|999)\1")
_OVERLAP = 8
_SYNTAX = ("IK", "AK", "TA", "TEXT", "FILE")
_READERS: dict[str, Callable[[Iterable[bytes]], Iterator[object]]] = {
    "270": read_270,
    "271": read_271,
    "276": read_276,
    "277": read_277,
    "278": read_278,
    "835": read_835,
    "837": read_837,
    "999": read_999,
}


@dataclass(slots=True)
class Checked:
    """What is wrong with one file: how many findings of each severity and code, and the first 1,000 of them."""

    severities: Counter[Severity] = field(default_factory=Counter[Severity])
    codes: Counter[str] = field(default_factory=Counter[str])
    findings: list[Finding] = field(default_factory=list[Finding])
    readable: bool = True

    @property
    def errors(self) -> int:
        return self.severities[Severity.ERROR]

    @property
    def more(self) -> int:
        """How many findings are counted but not held."""
        return sum(self.severities.values()) - len(self.findings)

    def add(self, finding: Finding) -> None:
        self.severities[finding.severity] += 1
        self.codes[finding.code] += 1
        if len(self.findings) < MAX_SHOWN:
            self.findings.append(finding)


def check(open_file: Opener) -> Checked:
    """Check a file in as many passes as it holds kinds of transaction sets, plus one. Raises nothing for bad input."""
    result, sets, seen = Checked(), set[str](), set[object]()
    try:
        for finding in check_file(_watching(open_file(), sets)):
            _once(finding, seen, result)
        for one in sorted(sets) or ["TA1"]:
            for finding in _beyond_syntax(one, open_file):
                _once(finding, seen, result)
    except X12Error as error:
        result.readable = False
        _once(error.finding, seen, result)
    result.findings.sort(key=lambda one: one.segment_number)
    return result


def _once(finding: Finding, seen: set[object], result: Checked) -> None:
    """Syntax is checked twice, by the loop tables and by the reader of the kind; each fault counts once."""
    syntax = finding.code.startswith(_SYNTAX)
    place = finding.code, finding.segment_number, finding.segment_tag, finding.element
    key = place if syntax else (*place, finding.message)
    if key not in seen:
        result.add(finding)
        if len(seen) < _MAX_REMEMBERED:
            seen.add(key)


def _watching(chunks: Iterable[bytes], sets: set[str]) -> Iterator[bytes]:
    """The chunks, noting which transaction sets begin in them."""
    end = b""
    for chunk in chunks:
        sets.update(found[2].decode() for found in _SET.finditer(end + chunk))
        end = chunk[-_OVERLAP:]
        yield chunk


def _beyond_syntax(kind: str, open_file: Opener) -> Iterator[Finding]:
    reader = read_ta1 if kind == "TA1" else _READERS.get(kind)
    if reader is None:
        return
    try:
        for item in reader(open_file()):
            yield from _findings(item)
        if kind == "277":
            for item in read_277ca(open_file()):
                yield from _findings(item)
    except X12Error as error:
        if error.finding.code != "FILE:set" or kind == "TA1":
            raise


def _findings(item: object) -> Iterator[Finding]:
    match item:
        case Finding(code="AK905:1"):
            pass  # a set of another kind: its own reader has its turn
        case Finding():
            yield item
        case Claim837():
            yield from item.findings
            yield from check_claim(item)
        case Remittance835():
            yield from item.findings
            yield from _unbalanced(item)
            yield from check_remittance_codes(item)
        case Ack999():
            yield from item.findings
            yield from check_999(item)
        case _:
            yield from getattr(item, "findings", ())


def _unbalanced(remittance: Remittance835) -> Iterator[Finding]:
    result = balance(remittance)
    rules = (
        ("line", result.lines, "SVC", 3, "2110", "SVC02 is not SVC03 plus the line's adjustments."),
        ("claim", result.claims, "CLP", 4, "2100", "CLP03 is not CLP04 plus the claim's and its lines' adjustments."),
        ("payment", (result.transaction,), "BPR", 2, "", "BPR02 is not the claims' payments less the PLB amounts."),
    )
    for name, equations, tag, element, loop, message in rules:
        for one in equations:
            place = *_place(remittance, one), tag, element, loop
            if one.outcome == Outcome.UNBALANCED:
                yield Finding(Severity.ERROR, f"SNIP3:{name}-balance", message, *place)
            elif one.outcome == Outcome.NOT_EVALUABLE:
                absent = "An amount is absent: whether this balances cannot be said."
                yield Finding(Severity.WARNING, f"SNIP3:{name}-not-evaluable", absent, *place)


def _place(remittance: Remittance835, one: Equation) -> tuple[int, int]:
    if one.claim is None:
        return 0, 0
    claim = remittance.claims[one.claim]
    if one.line is None:
        return claim.segment_number, claim.byte_offset
    return claim.lines[one.line].segment_number, 0
