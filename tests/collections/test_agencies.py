"""Agencies from the placement to the last cent: files out and in, fees, recalls, second placements, and their lists."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.collections.core.agency_file import AGENCY_FILE
from shared.store.port import Key
from tests.collections.agency_kit import contracts, remittance, whole
from tests.collections.house import House, make_house
from tests.collections.story import ACCOUNT, TENANT, at, payment

OUT = "agency/agency_primary/out"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    made = make_house(tmp_path, contracts(tmp_path / "policy"))
    yield made
    await made.close()


async def placed(house: House, cents: int = 120_00, day: int = 121) -> str:
    """An account that was placed; the id of its placement."""
    await house.owes(cents)
    await house.lives_to(day)
    return str((await get(house, "/placements", account_id=ACCOUNT))[-1]["placement_id"])


async def get(house: House, path: str, **params: Any) -> Any:
    answer = await house.client("collector").get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sends(house: House, text: str, name: str = "file.csv", agency_id: str = "agency_primary") -> Any:
    """The agency's file comes by HTTP; what came of it."""
    client = house.client("integrator")
    params = {"agency_id": agency_id, "name": name}
    answer = await client.post("/agency-files", params=params, content=text.encode())
    assert answer.status_code == 201, answer.text
    await house.settle()
    return answer.json()


async def account_of(house: House) -> Any:
    key = Key(TENANT, ACCOUNT)
    decider = house.spec.deciders[0]
    return (await house.machine.store.load(decider, (key,)))[key].snapshot.state


async def test_a_placement_goes_out_in_a_numbered_file_with_its_totals(house: House) -> None:
    placement_id = await placed(house)
    (content,) = house.files(OUT).values()
    header, line, trailer = content.splitlines()
    assert header.startswith("HD,agency_primary,")
    assert line.startswith(f"PL,{placement_id},{ACCOUNT},MARY Q EXAMPLE,12 Elm Street,,Springfield,IL,62701,")
    assert ",120.00," in line
    assert trailer == "TR,1,1,120.00,0,0.00,0.00"
    (agency, _) = await get(house, "/agencies")
    (file,) = agency["files"]
    assert (file["number"], file["name"], file["placed_cents"]) == (1, "agency_primary-000001.csv", 120_00)
    await house.lives_to(125)
    assert len(house.files(OUT)) == 1


async def test_case_64_the_export_holds_every_eligible_account_once_and_the_fee_is_the_contract_s(house: House) -> None:
    owed = {f"acct_{n}": 100_00 + n for n in range(1, 6)}
    for account_id, cents in owed.items():
        await house.owes(cents, account_id=account_id)
    await house.lives_to(118)
    await house.owes(0, account_id="acct_5")
    await house.lives_to(125)
    lines = [line.split(",") for content in house.files(OUT).values() for line in content.splitlines()]
    sent = [line[2] for line in lines if line[0] == "PL"]
    assert sorted(sent) == ["acct_1", "acct_2", "acct_3", "acct_4"]
    placement_id = next(line[1] for line in lines if line[:1] == ["PL"] and line[2] == "acct_1")
    pay = remittance(f"PY,{placement_id},,R-1,C,2026-11-20,50.00,11.00", gross="50.00", fee="11.00", net="39.00")
    assert (await sends(house, pay))["accepted"] == 1
    dearer = remittance(f"PY,{placement_id},,R-2,C,2026-11-21,10.00,3.00", gross="10.00", fee="3.00", net="7.00")
    (note,) = (await sends(house, dearer, name="dearer.csv"))["notes"]
    assert note["code"] == "fee"


async def test_what_is_taken_back_before_its_file_never_leaves(house: House) -> None:
    await house.owes(120_00)
    await house.lives_to(120)
    assert (await get(house, "/placements", account_id=ACCOUNT))[0]["status"] == "waiting"
    await house.owes(0)
    await house.lives_to(125)
    assert house.files(OUT) == {}
    assert (await get(house, "/placements", account_id=ACCOUNT))[0]["status"] == "cancelled"


async def test_the_agency_takes_it_collects_and_earns_by_contract(house: House) -> None:
    placement_id = await placed(house)
    ack = await sends(house, whole(f"AK,{placement_id},NS-77,A,"))
    assert (ack["outcome"], ack["accepted"], ack["notes"]) == ("taken", 1, [])
    pay = remittance("PY,,NS-77,R-1,C,2026-11-20,50.00,11.00", gross="50.00", fee="11.00", net="39.00")
    taken = await sends(house, pay)
    assert (taken["kind"], taken["outcome"], taken["trace"], taken["notes"]) == ("payment", "taken", "CHK-1", [])
    shown = await get(house, f"/placements/{placement_id}")
    assert (shown["agency_number"], shown["collected_cents"], shown["fee_cents"]) == ("NS-77", 50_00, 11_00)
    assert shown["balance_cents"] == 70_00
    assert "agency-payment.reported.v1" in house.events()
    assert "agency-remittance.received.v1" in house.events()
    again = await sends(house, pay, name="copy.csv")
    assert again["file_id"] == taken["file_id"]
    assert house.events().count("agency-payment.reported.v1") == 1


async def test_a_file_with_a_wrong_total_is_parked_whole_with_the_figures(house: House) -> None:
    placement_id = await placed(house)
    wrong = remittance(f"PY,{placement_id},,R-1,C,2026-11-20,50.00,11.00", gross="50.00", fee="11.00", net="93.00")
    parked = await sends(house, wrong)
    assert (parked["outcome"], parked["accepted"], parked["needs_work"]) == ("parked", 0, True)
    assert parked["reason"] == "wrong totals: net_cents 9300 stated, 3900 found"
    short = remittance(
        f"PY,{placement_id},,R-1,C,2026-11-20,50.00,11.00", gross="50.00", fee="11.00", net="39.00", count=2
    )
    assert "lines 2 stated, 1 found" in (await sends(house, short))["reason"]
    assert "cut off" in (await sends(house, f"PY,{placement_id},,R-1,C,2026-11-20,50.00,11.00"))["reason"]
    assert "agency-payment.reported.v1" not in house.events()
    work = await get(house, "/agency-files", needs_work=True)
    assert len(work) == 3
    client = house.client("collector")
    path, key = f"/agency-files/{work[0]['file_id']}/close", {"Idempotency-Key": "close"}
    closed = await client.post(path, json={"reason": "sent anew"}, headers=key)
    assert (closed.status_code, closed.json()["needs_work"]) == (200, False)


async def test_lines_that_are_wrong_are_refused_and_their_neighbours_go_on(house: House) -> None:
    placement_id = await placed(house)
    lines = (
        f"PY,{placement_id},,R-1,C,2026-11-20,50.00,11.00",
        f"PY,{placement_id},,R-1,C,2026-11-20,50.00,11.00",
        f"PY,{placement_id},,R-1,C,2026-11-20,40.00,8.80",
        "PY,plc_unknown,,R-2,C,2026-11-20,10.00,2.20",
        f"PY,{placement_id},,R-3,C,2026-11-21,20.00,9.00",
        f"PY,{placement_id},,pay_x,D,2026-11-21,20.00,0.00",
        f"PY,{placement_id},,R-4,X,2026-11-21,5.00,0.00",
    )
    taken = await sends(house, remittance(*lines, gross="170.00", fee="42.00", net="128.00"))
    found = {note["line"]: (note["code"], note["reason"]) for note in taken["notes"]}
    assert (taken["outcome"], taken["accepted"], taken["refused"]) == ("taken", 2, 5)
    assert found[2] == ("refused", "the same payment was accounted for before")
    assert found[3] == ("refused", "this payment came before with other content")
    assert found[4][0] == "unknown"
    assert found[5][0] == "fee"
    assert found[6] == ("refused", "the agency was told of no such direct payment")
    assert found[7] == ("refused", "paid: C (collected) or D (direct) is wanted")
    assert (await get(house, f"/placements/{placement_id}"))["collected_cents"] == 70_00
    theirs = f"PY{placement_id:<24}{'':<20}{'R-9':<40}C20261120{100:>10}{40:>10}"
    sums = f"RM000001{100:>12}{0:>12}{100:>12}{'CHK-2':<30}20261201"
    billed = await sends(house, f"{theirs}\n{sums}\n", agency_id="agency_second")
    assert billed["reason"] == "wrong totals: fee_cents 0 stated, 40 found"
    free = theirs[:-2] + " 0"
    other = await sends(house, f"{free}\n{sums}\n", agency_id="agency_second")
    assert other["notes"][0]["reason"] == "the account is placed with another agency"


async def test_a_direct_payment_is_told_to_the_agency_once(house: House) -> None:
    placement_id = await placed(house)
    house.sequence += 1
    paid = payment(121, "pay_direct", 30_00, house.sequence)
    await house.receives(paid)  # type: ignore[arg-type]
    await house.owes(90_00)
    await house.owes(80_00)
    await house.lives_to(123)
    told = house.files(OUT)["agency_primary-000002.csv"].splitlines()
    assert any(line.startswith(f"PM,{placement_id},") and ",pay_direct,30.00,90.00" in line for line in told)
    assert any(line.startswith(f"AJ,{placement_id},") and line.endswith("10.00,80.00") for line in told)
    fee = remittance(f"PY,{placement_id},,pay_direct,D,2026-10-30,30.00,6.60", gross="0.00", fee="6.60", net="-6.60")
    assert "that is a bill" in (await sends(house, fee))["reason"]
    both = remittance(
        f"PY,{placement_id},,pay_direct,D,2026-10-30,30.00,6.60",
        f"PY,{placement_id},,R-1,C,2026-10-30,40.00,8.80",
        gross="40.00",
        fee="15.40",
        net="24.60",
    )
    assert (await sends(house, both))["notes"] == []
    assert (await get(house, f"/placements/{placement_id}"))["balance_cents"] == 40_00


async def test_what_one_agency_gives_back_the_next_one_has_and_none_has_it_twice(house: House) -> None:
    placement_id = await placed(house)
    await sends(house, whole(f"AK,{placement_id},NS-1,A,"))
    await sends(house, whole(f"UP,{placement_id},,2026-11-02,UNC,,,,"))
    await house.lives_to(125)
    first, second = sorted(await get(house, "/placements", account_id=ACCOUNT), key=lambda one: one["number"])
    assert (first["status"], first["agency_id"]) == ("returned", "agency_primary")
    assert (second["status"], second["agency_id"], second["number"]) == ("sent", "agency_second", 2)
    (content,) = house.files("agency/agency_second/out").values()
    assert {len(line) for line in content.splitlines() if line.startswith("PL")} == {261}
    late = await sends(house, whole(f"UP,{placement_id},,2026-11-03,PTP,2026-12-01,20.00,,"))
    assert late["notes"][0]["reason"] == "the agency has it no more: it was returned"


async def test_an_agency_that_refuses_an_account_leaves_it_to_the_next_and_to_a_person(house: House) -> None:
    placement_id = await placed(house, 40_00)
    await sends(house, whole(f"AK,{placement_id},,R,NOADDR"))
    assert (await account_of(house)).episode.placement is None
    await house.lives_to(123)
    account = await account_of(house)
    assert account.work == (
        "no agency takes it: agency_primary: it gave the account back; agency_second: it takes nothing below 5000 cents"
    )


async def test_time_that_is_over_brings_an_account_back_with_a_recall(house: House) -> None:
    await placed(house, 120_00)
    (shown,) = await get(house, "/placements", account_id=ACCOUNT)
    assert shown["held_until"] == "2027-01-27"


async def test_news_of_a_death_takes_the_account_back_and_contact_data_is_sealed(house: House) -> None:
    placement_id = await placed(house)
    lines = (
        f"UP,{placement_id},,2026-11-02,PTP,2026-12-01,20.00,217-555-0199,mary@example.org",
        f"UP,{placement_id},,2026-11-02,ZZZ,,,,",
    )
    taken = await sends(house, whole(*lines))
    assert taken["accepted"] == 2
    shown = await get(house, f"/placements/{placement_id}")
    assert (shown["promised_cents"], shown["work"]) == (
        20_00,
        "the agency reports ZZZ: say in its contract what that means",
    )
    account = await account_of(house)
    assert {one.kind for one in account.person.reaches} == {"phone", "email"}
    assert all("example.org" not in str(record.value) for record in house.machine.bus.records)
    await sends(house, whole(f"UP,{placement_id},,2026-11-03,DEC,,,,"))
    assert (await account_of(house)).episode.placement is None
    assert (await get(house, f"/placements/{placement_id}"))["status"] == "recalled"
    await house.lives_to(124)
    assert any(f"RC,{placement_id}," in text for text in house.files(OUT).values())


async def test_the_inventory_shows_what_they_hold_otherwise(house: House) -> None:
    placement_id = await placed(house)
    await sends(house, whole(f"AK,{placement_id},NS-1,A,"))
    agrees = await sends(house, "IV,,NS-1,120.00\nTT,1,120.00\n")
    assert (agrees["kind"], agrees["notes"]) == ("inventory", [])
    differs = await sends(house, "IV,,NS-1,99.00\nIV,,NS-1,99.00\nIV,,NS-9,5.00\nTT,3,\n")
    assert [(n["code"], n["ours_cents"], n["theirs_cents"]) for n in differs["notes"]] == [
        ("unknown", 0, 5_00),
        ("refused", 0, 0),
        ("balance", 120_00, 99_00),
    ]
    missing = await sends(house, "IV,,NS-9,5.00\nTT,1,\n")
    assert [n["code"] for n in missing["notes"]] == ["unknown", "missing"]


async def test_a_person_takes_an_account_back(house: House) -> None:
    placement_id = await placed(house)
    client, key = house.client("collector"), {"Idempotency-Key": "recall"}
    answer = await client.post(f"/accounts/{ACCOUNT}/recall", json={"reason": "the guarantor called"}, headers=key)
    assert (answer.status_code, answer.json()["placement_id"]) == (200, placement_id)
    await house.settle()
    assert (await get(house, f"/placements/{placement_id}"))["status"] == "recalled"
    again = await client.post(
        f"/accounts/{ACCOUNT}/recall", json={"reason": "once more"}, headers={"Idempotency-Key": "b"}
    )
    assert again.status_code == 409
    await house.lives_to(130)
    account = await account_of(house)
    assert (account.episode.placement, account.hold("place").rule) == (None, "recalled")


async def test_dropped_files_are_taken_parked_or_put_aside_with_their_reason(house: House) -> None:
    placement_id = await placed(house)
    inbox = house.exchange / TENANT / "agency" / "agency_primary" / "in"
    inbox.mkdir(parents=True)
    (inbox / "1.csv").write_text(whole(f"AK,{placement_id},NS-1,A,"))
    (inbox / "2.csv").write_text(whole(f"AK,{placement_id},NS-1,A,"))
    (inbox / "3.csv").write_text("AK,x,y,A,\nTT,9,\n")
    (inbox / "4.csv").write_bytes(b"\xff\xfe\x00")
    foreign = house.exchange / TENANT / "agency" / "nobody" / "in"
    foreign.mkdir(parents=True)
    (foreign / "5.csv").write_text("TT,0,\n")
    (loop,) = house.spec.loops(house.runtime)
    assert await loop.step() == 5
    lying = {folder: len(list((inbox / folder).glob("*"))) for folder in ("taken", "duplicates", "parked")}
    assert lying == {"taken": 1, "duplicates": 1, "parked": 2}
    assert len(list((foreign / "quarantine").glob("*"))) == 1
    assert await loop.pending() == 0
    found = await house.machine.store.find(AGENCY_FILE, TENANT, {"outcome": "parked"}, None, 10)
    assert sorted(file.reason[:12] for _, file in found) == ["it is not te", "wrong totals"]


async def test_an_agency_that_nobody_configured_gets_one_record_an_account(tmp_path: Path) -> None:
    plain = make_house(tmp_path)
    await plain.owes(120_00)
    await plain.lives_to(121)
    (record,) = plain.files("agency").values()
    assert '"record":"placement"' in record
    assert at(0) < plain.machine.clock.time
    await plain.close()
