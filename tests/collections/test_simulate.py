"""A new policy over the past: what changes, why, account by account; and what an export holds."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from revcycle.cli import app
from revcycle.policy import past_in
from revcycle.policy import simulate as simulate_folders
from revcycle.refusal import RefusalError
from services.collections.core import AccountMessage, CollectionFact, DunningPolicy, PolicyBook
from services.collections.policies import POLICY_FOLDER
from services.collections.simulate import Past, compare, live, read_export, told_of
from services.collections.simulate.past import EXPORTED, Input, export_line, note
from shared.decider import Entry
from shared.policy import PolicyError
from shared.store.port import JournalLine
from tests.collections.policy_story import ending, level, policy, scored
from tests.collections.story import ACCOUNT, DAY_0, POLICY, SHELF, TENANT, Story, on, start_plan
from tests.collections.test_policy import add

LAST = on(200)
FEWER = policy(reminders=(level(45), level(90, final=True)), statement_every_days=45)


class Kept(Story):
    """A story that keeps its journal."""

    def __init__(self, *policies: DunningPolicy) -> None:
        super().__init__(*policies)
        self.entries: list[Entry[CollectionFact]] = []

    def tell(self, *messages: AccountMessage) -> "Kept":
        self.entries.extend(self.decider.run(self.snapshot, messages).entries)
        super().tell(*messages)
        return self


def past_of(story: Story, account_id: str = ACCOUNT) -> list[Input]:
    """What the account of a story was told, as its journal has it."""
    past = Past()
    for line in exported(story):
        note(past, json.loads(json.dumps(line).replace(ACCOUNT, account_id)))
    return past.accounts[TENANT, account_id]


def exported(story: Story) -> list[Any]:
    assert isinstance(story, Kept), "it keeps its journal"
    lines = (
        {
            "tenant": TENANT,
            "kind": "collection",
            "aggregate_id": ACCOUNT,
            "meta": {"occurred_at": entry.meta.occurred_at.isoformat(), "actor": entry.meta.actor},
            "fact": entry.fact.model_dump(mode="json"),
        }
        for entry in story.entries
    )
    found = (export_line(JournalLine("", line)) for line in lines)
    return [line for line in found if line is not None]


def compared(newer: DunningPolicy, past: dict[str, list[Input]]) -> Any:
    return compare(TENANT, past, (PolicyBook((POLICY,)), PolicyBook((newer,))), SHELF, LAST)


def test_a_life_lived_again_under_the_same_policy_is_the_same() -> None:
    story = Kept().owes(120_00)
    story.tell(scored(0, 40)).lives_to(20).pays("pay_1", 20_00, leaving=100_00)
    story.tell(start_plan(25, 30, installments=2)).lives_to(200)
    life = live(story.decider, TENANT, ACCOUNT, past_of(story), on(200))
    assert life.account.status == story.account.status == "written_off"
    names = {"statement": "statement.sent", "reminder": "reminder.sent", "placement": "account.placed"}
    did = [f"{(deed.on - DAY_0).days} {names.get(deed.what, 'account.written-off')}" for deed in life.deeds()]
    assert did == [event for event in story.told() if event.split()[1] in {*names.values(), "account.written-off"}]
    assert len(did) > 5


def test_the_difference_of_two_policies_is_explained() -> None:
    past = {"acct_1": past_of(Kept().owes(120_00)), "acct_2": past_of(Kept().owes(3_00), "acct_2")}
    found = compared(FEWER, past)
    (difference,) = found.differences
    assert difference.account_id == "acct_1"
    assert difference.first_on == on(30)
    assert difference.older == f"{on(30)} reminder 1 by letter, 120.00"
    assert difference.newer == f"{on(45)} reminder 1 by letter, 120.00"
    assert difference.contacts == -1
    assert f"older: level 1 is next: planned for {on(30)}" in difference.why
    assert f"newer: level 1 is next: planned for {on(45)}" in difference.why
    assert (found.older.contact_count, found.newer.contact_count) == (4, 3)
    assert (found.older.placed_cents, found.newer.placed_cents) == (120_00, 120_00)


def test_two_equal_policies_differ_nowhere() -> None:
    found = compared(POLICY, {"acct_1": past_of(Kept().owes(120_00))})
    assert found.differences == ()
    assert found.older == found.newer


def test_dollars_that_go_another_way_are_counted() -> None:
    gives_up = policy(endings=(ending("write_off", 100),), reminders=(level(30),))
    (difference,) = compared(gives_up, {"acct_1": past_of(Kept().owes(120_00))}).differences
    assert (difference.placed_cents, difference.written_off_cents) == (-120_00, 0)


def test_a_payment_soon_after_a_contact_that_is_not_made_is_at_risk() -> None:
    story = Kept().owes(120_00).lives_to(64).pays("pay_1", 120_00, leaving=0)
    late = policy(reminders=(level(30), level(90, final=True)), statement_every_days=90)
    (difference,) = compared(late, {"acct_1": past_of(story)}).differences
    assert difference.payments_at_risk_cents == 120_00
    assert difference.endings == ("settled", "settled")


def test_an_export_holds_what_came_from_outside_and_nothing_sealed() -> None:
    story = Kept().owes(120_00).lives_to(200)
    lines = exported(story)
    assert {line["fact"]["type"] for line in lines} <= EXPORTED
    assert "sealed:guarantor" not in json.dumps(lines)
    assert "reminder-prepared" not in {line["fact"]["type"] for line in lines}


def test_what_a_policy_made_is_told_to_nobody() -> None:
    story = Kept()
    story.owes(120_00).lives_to(40)
    made = [entry for entry in story.entries if entry.fact.type not in EXPORTED]
    assert made
    assert [told_of(entry.fact, TENANT, entry.meta.occurred_at) for entry in made] == [None] * len(made)


@pytest.mark.parametrize("line", ["no json", '{"tenant": "lakeside"}', '{"fact": {"type": "nothing"}}'])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "past.jsonl"
    good = json.dumps(exported(Kept().owes(120_00))[0])
    path.write_text(f"{good}\n{line}\n")
    with pytest.raises(PolicyError, match=r"past.jsonl: line 2: no line of an export"):
        read_export(path)
    with pytest.raises(RefusalError, match="line 2"):
        past_in(path)


@pytest.fixture
def export_file(tmp_path: Path) -> Path:
    path = tmp_path / "past.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in exported(Kept().owes(120_00).lives_to(150))))
    return path


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    shutil.copytree(POLICY_FOLDER, folder)
    add(folder / "dunning.toml", "reminders", "2026-12-01", "[{ day = 45 }, { day = 90, final = true }]")
    return folder


def test_the_command_says_what_would_change(export_file: Path, newer: Path) -> None:
    arguments = ["policy", "simulate", str(newer), "--tenant", TENANT, "--past", str(export_file)]
    arguments += ["--until", "2027-01-31", "--on", "2026-12-01"]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0, said.output
    assert "1 of 1 accounts differ" in said.output
    assert "reminder 1 by letter" in said.output
    shown = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert shown["differences"][0]["account_id"] == ACCOUNT
    # Before its first day the new version is not in it, and nothing differs.
    same = CliRunner().invoke(app, [*arguments[:-1], "2026-11-30"])
    assert "0 of 1 accounts differ" in same.output


def test_a_tenant_without_a_past_is_refused(export_file: Path, newer: Path) -> None:
    day = date(2026, 12, 1)
    with pytest.raises(RefusalError, match="no past of 'nobody'; there is one of: lakeside"):
        simulate_folders(past_in(export_file), "nobody", (POLICY_FOLDER, newer), (day, day))


def test_the_command_checks_a_folder(newer: Path) -> None:
    checked = CliRunner().invoke(app, ["policy", "check", str(newer), "--json"])
    assert [row["policy"] for row in json.loads(checked.output)] == ["*/2020-01-01", "*/2026-12-01"]
    add(newer / "dunning.toml", "reminders", "2026-12-02", '[{ day = 45, then = "nowhere" }]')
    refused = CliRunner().invoke(app, ["policy", "check", str(newer)])
    assert isinstance(refused.exception, RefusalError)
    assert "dunning.toml: from 2026-12-02: reminders: level 1: then: there is no step 'nowhere'" in str(
        refused.exception
    )


def test_the_command_lets_a_version_go_live_with_four_eyes(newer: Path) -> None:
    add(newer / "dunning.toml", "activation_approvals", "2026-12-01", "2")
    arguments = ["policy", "activate", "*/2026-12-01", "--policies", str(newer), "--by", "ann", "--reason", "simulated"]
    alone = CliRunner().invoke(app, arguments)
    assert isinstance(alone.exception, RefusalError)
    assert "takes two people" in str(alone.exception)
    assert isinstance(CliRunner().invoke(app, [*arguments, "--approved-by", "Ann "]).exception, RefusalError)
    both = CliRunner().invoke(app, [*arguments, "--approved-by", "bob"])
    assert both.exit_code == 0, both.output
    assert 'by = "ann"' in (newer / "activations.toml").read_text()
    assert '"goes_live": true' in CliRunner().invoke(app, ["policy", "check", str(newer), "--json"]).output
