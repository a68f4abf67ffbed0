"""The service from a balance on the topic to the files of mail house and agency, on memory."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.collections.core.statement_book import STATEMENT_BOOK
from services.collections.files import lay_out, take_back
from shared.identity import Guarantor
from shared.store.port import Key
from tests.collections.house import MARY, House, make_house
from tests.collections.story import ACCOUNT, TENANT, balance


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    yield built
    await built.close()


async def account(house: House) -> Any:
    key = Key(TENANT, ACCOUNT)
    return (await house.machine.store.load(house.spec.deciders[0], (key,)))[key].snapshot.state


async def test_a_balance_goes_the_whole_way_in_files_and_events(house: House) -> None:
    await house.owes(1_234_56)
    await house.lives_to(151)
    assert [event for event in house.events() if event != "contact.logged.v1"] == [
        "statement.sent.v1",
        "reminder.sent.v1",
        "balance.overdue.v1",
        "reminder.sent.v1",
        "reminder.sent.v1",
        "account.placed.v1",
        "account.written-off.v1",
    ]
    assert house.events().count("contact.logged.v1") == 5
    assert sorted(name[:4] for name in house.files("letters")) == ["rem_", "rem_", "rem_", "stm_"]
    assert len(house.files("agency")) == 1


async def test_the_statement_is_a_letter_a_person_can_read(house: House) -> None:
    await house.owes(1_234_56)
    ((name, letter),) = house.files("letters").items()
    assert name.startswith("stm_")
    told = " ".join(letter.split())
    for said in (
        "Lakeside Medical Group PO Box 100 Lakeside, IL 60001",
        "MARY Q EXAMPLE 12 Elm Street Springfield, IL 62701",
        "Statement number: 1 Date: July 1, 2026 Account number: acct_1",
        "You owe $1,234.56 Please pay $1,234.56 by July 31, 2026",
        "What your insurance still has to decide is not in it.",
        "Llame al 312-555-0142 si necesita ayuda en español.",
    ):
        assert said in told


async def test_the_first_reminder_tells_of_the_right_to_dispute_and_the_others_do_not(house: House) -> None:
    await house.owes(120_00)
    await house.lives_to(61)
    reminders = sorted((t for t in house.files("letters").values() if "REMINDER" in t), key=lambda t: "REMINDER 2" in t)
    told = " ".join(reminders[0].split())
    assert "You can dispute this debt, all of it or a part, through September 6, 2026." in told
    assert "No interest and no fees are in it." in told
    assert "dispute this debt" not in reminders[1]


async def test_the_final_notice_says_what_comes_next(house: House) -> None:
    await house.owes(120_00)
    await house.lives_to(90)
    last = [letter for letter in house.files("letters").values() if "FINAL NOTICE" in letter]
    assert len(last) == 1
    assert "collection agency" in last[0]
    assert "Was due on:      July 31, 2026" in last[0]


async def test_the_agency_gets_one_record_a_line(house: House) -> None:
    await house.owes(120_00)
    await house.lives_to(120)
    ((name, line),) = house.files("agency").items()
    record = json.loads(line)
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert name == f"{record['placement_id']}.json"
    assert record["guarantor"]["name"] == MARY.name
    assert (record["balance_cents"], record["creditor"], record["account_number"]) == (
        120_00,
        "Lakeside Medical Group",
        ACCOUNT,
    )
    assert (record["first_statement_on"], record["placed_on"]) == ("2026-07-01", "2026-10-29")

    await house.owes(0)
    recall = json.loads(house.files("agency")[f"{record['placement_id']}.recall.json"])
    assert (recall["record"], recall["placement_id"]) == ("recall", record["placement_id"])
    assert "guarantor" not in recall


@pytest.mark.parametrize(
    ("guarantor", "reason"),
    [
        (None, "guarantor_missing"),
        (Guarantor(name="MARY EXAMPLE"), "address_missing"),
    ],
)
async def test_what_cannot_be_written_becomes_work(house: House, guarantor: Guarantor | None, reason: str) -> None:
    await house.owes(120_00, guarantor=guarantor)
    assert (await account(house)).work == f"statement: {reason}"
    assert house.files("letters") == {}
    assert house.events() == []

    await house.owes(120_00)
    assert (await account(house)).work is None
    assert len(house.files("letters")) == 1


async def test_a_broken_seal_becomes_work(house: House) -> None:
    await house.owes(120_00, sealed="sealed:bm90IGEgc2VhbA==")
    assert (await account(house)).work == "statement: seal_broken"


async def test_an_unreadable_guarantor_becomes_work(house: House) -> None:
    await house.owes(120_00, sealed=await house.sealer.seal(TENANT, ACCOUNT, b'{"name": 7}'))
    assert (await account(house)).work == "statement: guarantor_unreadable"


async def test_a_tenant_without_a_letterhead_sends_nothing(house: House) -> None:
    await house.owes(120_00, tenant="newcomer")
    key = Key("newcomer", ACCOUNT)
    state = (await house.machine.store.load(house.spec.deciders[0], (key,)))[key].snapshot.state
    assert state.work == "statement: letterhead_missing"


async def test_a_letter_nobody_wants_any_more_is_not_written(house: House) -> None:
    """The balance is settled between the wish to write and the worker's turn."""
    sealed = await house.sealer.seal(TENANT, ACCOUNT, MARY.model_dump_json().encode())
    decider = house.spec.deciders[0]
    await house.machine.shell.transact(decider, [balance(0, 120_00, 1, guarantor=sealed), balance(0, 0, 2)])
    await house.settle()
    assert house.files("letters") == {}
    assert (await account(house)).outgoing == ()


async def test_an_attempt_that_died_is_taken_back_when_nobody_wants_it_any_more(house: House) -> None:
    """The worker wrote the letter and died before it could say so; then the balance was settled."""
    sealed = await house.sealer.seal(TENANT, ACCOUNT, MARY.model_dump_json().encode())
    decider, owed = house.spec.deciders[0], balance(0, 120_00, 1, guarantor=sealed)
    await house.machine.shell.transact(STATEMENT_BOOK, [owed])
    done = await house.machine.shell.transact(decider, [owed])
    ((key, decided),) = done.items()
    (pending,) = decided.started
    performers = house.spec.performers(house.runtime)[decider.kind]
    await performers[type(pending.effect)](key, pending)
    assert len(house.files("letters")) == 1

    await house.machine.shell.transact(decider, [balance(0, 0, 2)])
    await house.settle()
    assert house.files("letters") == {}
    assert house.events() == ["account.settled.v1"]


async def test_an_attempt_that_died_counts_when_the_mail_house_took_it(house: House) -> None:
    sealed = await house.sealer.seal(TENANT, ACCOUNT, MARY.model_dump_json().encode())
    decider, owed = house.spec.deciders[0], balance(0, 120_00, 1, guarantor=sealed)
    await house.machine.shell.transact(STATEMENT_BOOK, [owed])
    done = await house.machine.shell.transact(decider, [owed])
    ((key, decided),) = done.items()
    (pending,) = decided.started
    await house.spec.performers(house.runtime)[decider.kind][type(pending.effect)](key, pending)
    (letter,) = (house.exchange / TENANT / "letters").glob("*.pdf")
    (letter.parent / "taken").mkdir()
    letter.rename(letter.parent / "taken" / letter.name)

    await house.machine.shell.transact(decider, [balance(0, 0, 2)])
    await house.settle()
    assert house.events() == ["account.settled.v1", "statement.sent.v1", "contact.logged.v1"]


def test_a_file_that_was_taken_is_not_laid_out_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    lay_out(path, "one")
    lay_out(path, "one")
    (tmp_path / "taken").mkdir()
    path.rename(tmp_path / "taken" / "a.txt")
    lay_out(path, "one")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]
    assert not take_back(path)


async def test_no_identifier_leaves_its_seal(house: House) -> None:
    await house.owes(120_00)
    await house.lives_to(125)
    await house.owes(0)
    topics = b"".join(record.value for record in house.machine.bus.records)
    lines = [str(line.document) async for line in house.machine.store.journal_since(None)]
    state = str(await account(house))
    for secret in ("MARY", "Elm Street", "62701", "217-555"):
        assert secret.encode() not in topics
        assert not any(secret in line for line in lines)
        assert secret not in state
