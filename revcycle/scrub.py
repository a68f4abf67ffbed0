"""Rules and claims judged without a stack: what the claims service would say, and nothing kept."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

from revcycle.refusal import RefusalError
from services.claims.claim_kinds import lift
from services.claims.core.rules import Rule, RuleSet, circles
from services.claims.core.rules_document import RuleRefusedError, read_rule
from services.claims.core.rules_judge import Book, judge
from services.claims.core.rules_outcome import Judged
from services.claims.core.scrub import Case, scrubbed
from services.claims.from_x12 import content_of, findings_of
from services.claims.policies import claims_policy
from services.claims.rulebooks import RESERVED, base_book, base_rules
from shared.x12.claim837 import Claim837, read_837


class CheckedFile(NamedTuple):
    """A file of rules: those that are good, and every fault of the others, beginning with the rule it is in."""

    rules: tuple[Rule, ...]
    faults: tuple[str, ...]


class Tried(NamedTuple):
    """A claim by its patient control number, and what would be said of it."""

    control_number: str
    judged: Judged


def check_file(path: Path) -> CheckedFile:
    """The rules of a file: TOML or JSON, one rule, or several under `rule`. RefusalError when it is neither."""
    rules: list[Rule] = []
    faults: list[str] = []
    for place, document in enumerate(_documents(path), 1):
        name = str(document.get("id") or f"rule {place}")
        try:
            rules.append(read_rule(document, reserved=RESERVED))
        except RuleRefusedError as error:
            faults += [f"{name}: {fault}" for fault in error.faults]
    return CheckedFile(tuple(rules), (*faults, *circles(rules)))


def _documents(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        read: object = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise RefusalError(f"{path} is no {kind} document: {error}") from None
    found = cast("dict[str, Any]", read).get("rule", [read]) if isinstance(read, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in cast("list[object]", found)):
        raise RefusalError(f"{path} holds no rule: write one as a table, or several as [[rule]].")
    return cast("list[dict[str, Any]]", found)


def try_claims(chunks: Iterable[bytes], received_on: date, own: Sequence[Rule] = ()) -> Iterator[Tried]:
    """Each claim of an 837 under the checks, the base set and rules of one's own, which take the place of base rules.

    Duplicates and used control numbers are not looked up, and no table of the customer's is there. Raises `X12Error`.
    """
    policy, taken = claims_policy(), {rule.id for rule in own}
    book = Book(RuleSet([*(rule for rule in base_rules() if rule.id not in taken), *own]), base_book().reference)
    for item in read_837(chunks):
        if isinstance(item, Claim837):
            outcome = judge(book, content_of(item, lift(item)), received_on)
            case = Case(outcome.content, received_on, policy, findings=findings_of(item), judged=outcome.judged)
            yield Tried(item.patient_control_number, scrubbed(case))
