"""A thousand claims with thirty planted faults: each held for its own reason, the other 970 submitted."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.claims.claim_kinds import lift
from services.claims.core import Claim
from services.claims.core.edits_base import Restriction
from services.claims.core.rules import RuleSet
from services.claims.core.rules_document import read_rule
from services.claims.core.rules_judge import Book, judge
from services.claims.core.scrub import Case, scrub
from services.claims.from_x12 import content_of
from services.claims.policies import claims_policy
from services.claims.reference_rows import read_rows
from services.claims.rulebooks import base_book, base_rules
from shared.contracts import AuthorizationRequired, CoverageInactive, CoverageVerified
from shared.csv_rows import RefusedRow
from shared.dated_table import DatedTable
from shared.x12.claim837 import Claim837, read_837
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.thousand import (
    AUTHORIZED,
    CLAIMS,
    FAULTS,
    INACTIVE,
    LARGE,
    MUE,
    PTP,
    RESTRICTED,
    START,
    file_of,
    planted,
    restrictions,
)
from tests.claims.world import coverage_answer


def test_the_checks_rules_and_tables_find_each_fault_by_themselves() -> None:
    """What the scrubber can tell without the payer's answer; the other 974 pass."""
    claims, expected = planted()
    reference = replace(base_book().reference, ptp=table_of("ptp", PTP), mue=table_of("mue", MUE))
    book = Book(RuleSet([*base_rules(), read_rule(LARGE)]), reference)
    kept = {member_of(one): (Restriction(RESTRICTED, RESTRICTED),) for one in restrictions(claims, expected)}
    found: dict[str, set[str]] = {}
    policy = claims_policy()
    for claim in claims:
        content = content_of(claim, lift(claim))
        outcome = judge(book, content, START, kept.get(claim.subscriber.member_id, ()))
        case = Case(outcome.content, START, policy, judged=outcome.judged)
        if holds := scrub(case):
            found[claim.patient_control_number] = {hold.rule for hold in holds}
    assert found == {number: {rule} for number, rule in expected.items() if rule not in (INACTIVE, AUTHORIZED)}


def table_of(kind: str, content: str) -> DatedTable:
    return DatedTable.of(one[1] for one in read_rows(kind, content.splitlines()) if not isinstance(one, RefusedRow))


def member_of(body: dict[str, Any]) -> str:
    return str(body["member_id"])


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


@pytest.mark.slow
async def test_thirty_faults_of_fifteen_kinds_are_each_held_for_their_own_reason(client: RulesClient) -> None:
    claims, expected = planted()
    assert (len(claims), len(expected), len(FAULTS)) == (CLAIMS, 30, 15)
    await client.load("ptp", PTP)
    await client.load("mue", MUE)
    await client.activate(LARGE)
    for body in restrictions(claims, expected):
        await client.send("/restrictions", body)

    await client.world.drop("day.837", file_of(claims))
    waiting = [one for one in await client.world.claims() if one.status == "waiting_coverage"]
    await client.world.tell(*(answer(one, expected) for one in waiting))

    taken = await client.world.claims()
    held = {number_of(one): {hold.rule for hold in one.holds} for one in taken if one.status == "held"}
    assert held == {number: {rule} for number, rule in expected.items()}
    assert sum(one.status == "submitted" for one in taken) == CLAIMS - 30
    sent = {
        one.patient_control_number
        for file in client.world.outbox().values()
        for one in read_837([file])
        if isinstance(one, Claim837)
    }
    assert sent == {one.patient_control_number for one in claims} - set(expected)


def number_of(claim: Claim) -> str:
    return claim.content.patient_control_number if claim.content else ""


def answer(claim: Claim, expected: Mapping[str, str]) -> CoverageVerified | CoverageInactive | AuthorizationRequired:
    """What the payer says of a claim's coverage."""
    rule = expected.get(number_of(claim))
    verified = coverage_answer(claim, inactive=rule == INACTIVE)
    if rule != AUTHORIZED:
        return verified
    return AuthorizationRequired.model_validate(
        {**verified.model_dump(exclude={"type"}), "service_types": ("30",)}, strict=False
    )
