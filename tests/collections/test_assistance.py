"""Financial assistance: what the policy grants, what rests meanwhile, who decides, and what is taken back."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.collections.assistance import assistance_policy
from services.collections.assistance_letter import determination_text
from services.collections.core.assistance import Assessment, assess
from services.collections.core.assistance_messages import Income
from services.collections.core.assistance_policy import AssistancePolicy, PovertyTable, Program
from services.collections.core.assistance_state import Application
from services.collections.policies import POLICY_FOLDER, letterheads
from shared.policy import PolicyError
from tests.collections.house import House, make_house
from tests.collections.story import ACCOUNT, TENANT

POLICY = assistance_policy(production=False)
DAY = date(2026, 7, 1)
PROVEN = ("signed_application", "pay_stubs", "tax_return", "award_letter", "support_order", "income_statement")


def application(**known: Any) -> Application:
    """One of a household of three in Illinois with 5 July 2026 wages, all proven."""
    usual: dict[str, Any] = {
        "application_id": "fap_1",
        "account_id": ACCOUNT,
        "state": "IL",
        "household_size": 3,
        "incomes": (Income(kind="wages", annual_cents=5_000_000),),
        "documents": PROVEN,
        "received_on": DAY,
        "status": "open",
    }
    return Application(**{**usual, **known})


def said(**known: Any) -> Assessment:
    return assess(POLICY, TENANT, application(**known))


# The guideline of 2025 for three is 15,650 + 2 x 5,500 = 26,650.00 dollars.
@pytest.mark.parametrize(
    ("annual_cents", "discount", "percent"),
    [
        (0, 100, 0),
        (5_330_000, 100, 200),  # the limit itself still counts
        (5_330_001, 75, 200),
        (7_995_000, 75, 300),
        (7_995_001, 40, 300),
        (10_660_000, 40, 400),
        (10_660_001, 0, 400),
    ],
)
def test_the_scale_is_exact_at_its_limits(annual_cents: int, discount: int, percent: int) -> None:
    found = said(incomes=(Income(kind="wages", annual_cents=annual_cents),))
    assert (found.discount_percent, found.income_percent, found.missing) == (discount, percent, ())
    assert found.poverty == "poverty/2025-01-15"


@pytest.mark.parametrize(
    ("state", "size", "guideline"), [("AK", 1, 1_955_000), ("HI", 2, 2_432_000), ("TX", 9, 5_965_000)]
)
def test_the_guideline_is_that_of_the_state_and_household(state: str, size: int, guideline: int) -> None:
    table = POLICY.table(TENANT, DAY)
    assert table is not None
    assert table.guideline_cents(state, size) == guideline


def test_the_guideline_of_the_day_it_was_asked_counts() -> None:
    incomes = (Income(kind="wages", annual_cents=3_050_000),)  # 195 percent of 2025's for one, 203 of 2024's
    assert said(household_size=1, incomes=incomes).discount_percent == 100
    assert said(household_size=1, incomes=incomes, received_on=date(2024, 6, 1)).discount_percent == 75


def test_what_is_missing_is_named_and_nothing_is_decided() -> None:
    found = said(household_size=None, incomes=(Income(kind="benefits", annual_cents=1),), documents=("pay_stubs",))
    assert found.missing == ("household_size", "signed_application", "award_letter")
    assert found.discount_percent == 0


def test_whoever_is_enrolled_needs_no_proof() -> None:
    found = said(household_size=None, incomes=None, documents=(), enrolled_in=("unknown", "snap"))
    assert (found.discount_percent, found.missing, found.why) == (100, (), "enrolled in snap")


def test_production_decides_nothing_by_what_nobody_adopted_or_confirmed(tmp_path: Path) -> None:
    assert assess(assistance_policy(), TENANT, application()).missing == ("a program that the client has adopted",)
    (tmp_path / "assistance.toml").write_text((POLICY_FOLDER / "assistance.toml").read_text())
    common = (POLICY_FOLDER / "assistance.toml").read_text()
    program = common[common.index("[[program]]") :].replace("confirmed = false", "confirmed = true")
    own = tmp_path / f"assistance.{TENANT}.toml"
    own.write_text(program)
    waits = assess(assistance_policy(tmp_path), TENANT, application())
    assert waits.missing == ("an operator's confirmation of poverty/2025-01-15",)
    confirmed = 'version = "poverty/2025-01-15"\non = 2026-01-05\nby = "compliance"\nreason = "read"\n'
    own.write_text(f"{program}\n[[confirmed]]\n{confirmed}")
    assert assess(assistance_policy(tmp_path), TENANT, application()).discount_percent == 100


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (("up_to_percent = 300", "up_to_percent = 150"), "rising income"),
        (("discount_percent = 40", "discount_percent = 80"), "never more help"),
        (("discount_percent = 100", "discount_percent = 105"), "1 to 100 percent"),
        (("documents_days = 30", "documents_days = 0"), "some to bring"),
        (("always = ", "sometimes = "), "always"),
        (("contiguous = { first_cents = 15_650_00", "mainland = { first_cents = 15_650_00"), "contiguous"),
        (('owner = "financial assistance"', ""), "lacks owner"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(tmp_path: Path, instead: tuple[str, str], why: str) -> None:
    text = (POLICY_FOLDER / "assistance.toml").read_text()
    assert instead[0] in text
    (tmp_path / "assistance.toml").write_text(text.replace(*instead))
    with pytest.raises(PolicyError, match=why):
        assistance_policy(tmp_path)


@given(
    cents=st.integers(0, 20_000_000),
    more=st.integers(0, 5_000_000),
    size=st.integers(1, 12),
    state=st.sampled_from(["IL", "AK", "HI"]),
)
def test_more_income_never_helps_and_more_people_never_hurt(cents: int, more: int, size: int, state: str) -> None:
    def discount(income: int, people: int) -> int:
        incomes = (Income(kind="wages", annual_cents=income),)
        return said(incomes=incomes, household_size=people, state=state).discount_percent

    assert discount(cents + more, size) <= discount(cents, size) <= discount(cents, size + 1)


async def applied(house: House, **body: Any) -> dict[str, Any]:
    """An application over HTTP for the account of the story."""
    wanted = {"account_id": ACCOUNT, "state": "IL", **body}
    answer = await house.client("collector").post("/assistance", json=wanted, headers={"idempotency-key": "apply-1"})
    assert answer.status_code == 201, answer.text
    await house.settle()
    return dict(answer.json())


async def told(house: House, application_id: str, verb: str, body: dict[str, Any], who: str = "collector_1") -> Any:
    answer = await house.client("collector", sub=who).post(
        f"/assistance/{application_id}/{verb}",
        json=body,
        headers={"idempotency-key": f"{verb}-{who}-{len(str(body))}"},
    )
    await house.settle()
    return answer


async def test_while_it_is_open_nothing_asks_for_money_and_a_denial_lets_it_go_on(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(30_000)
    await house.lives_to(5)
    before = house.events().count("statement.sent.v1")
    assert before == 1
    asked = await applied(house, household_size=1, incomes=[{"kind": "wages", "annual_cents": 20_000_000}])
    assert asked["policy"]["missing"] == ["signed_application", "pay_stubs"]
    await house.lives_to(30)
    assert "reminder.sent.v1" not in house.events()
    await told(house, asked["application_id"], "amend", {"documents": ["signed_application", "pay_stubs"]})
    denied = await told(house, asked["application_id"], "decide", {"grants": False, "reason": "above the scale"})
    assert denied.json()["status"] == "denied"
    await house.lives_to(75)
    assert "reminder.sent.v1" in house.events()
    assert [one for one in house.events() if one.startswith("assistance")] == [
        "assistance.requested.v1",
        "assistance.denied.v1",
    ]
    await house.close()


def notices(house: House) -> list[str]:
    """The letters about the request that went to the mail house, each with its enclosure."""
    letters = {name: text for name, text in house.files("letters").items() if name.endswith(".txt")}
    found = [name for name, text in letters.items() if "YOUR REQUEST FOR HELP" in text]
    folder = house.exchange / TENANT / "letters"
    assert all((folder / name).with_suffix(".pdf").read_bytes().startswith(b"%PDF") for name in found)
    return found


async def test_the_applicant_is_written_to_through_the_gate_and_not_when_they_want_no_letters(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(30_000)
    asked = await applied(house, household_size=1, incomes=[{"kind": "wages", "annual_cents": 20_000_000}])
    assert len(notices(house)) == 1, "what is missing"
    await house.settle()
    assert len(notices(house)) == 1
    fap = asked["application_id"]
    await told(house, fap, "amend", {"documents": ["signed_application", "pay_stubs"]})
    await told(house, fap, "decide", {"grants": False, "reason": "above the scale"})
    assert len(notices(house)) == 2, "what was decided"
    client = house.client("collector")
    contacts = (await client.get(f"/accounts/{ACCOUNT}/contacts")).json()
    decisions = {one["decision_id"]: one for one in (await client.get(f"/accounts/{ACCOUNT}/decisions")).json()}
    written = [decisions[one["decision_id"]] for one in contacts if one["purpose"] == "notice"]
    assert [(one["purpose"], one["allowed"], one["same"]) for one in written] == [("assistance", True, True)] * 2
    assert "contact.logged.v1" in house.events()

    stop = {"cease": True, "at": str(house.machine.clock.time), "how": "letter", "reason": "wrote to us"}
    answer = await client.post(f"/accounts/{ACCOUNT}/wishes", json=stop, headers={"idempotency-key": "stop"})
    assert answer.status_code == 201, answer.text
    await told(house, fap, "amend", {"enrolled_in": ["snap"]})
    await told(house, fap, "decide", {"grants": True, "reason": "enrolled now"})
    await told(house, fap, "confirm", {"confirmed": True, "reason": "looks right"}, who="collector_2")
    last = (await client.get(f"/accounts/{ACCOUNT}/decisions")).json()[-1]
    assert last["purpose"] == "assistance"
    assert len(notices(house)) == 2 + last["allowed"], "what the gate says of it is what happens"
    await house.close()


async def test_a_grant_above_one_persons_limit_waits_for_another_and_is_public_without_incomes(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(30_000)
    asked = await applied(house, enrolled_in=["snap"])
    fap = asked["application_id"]
    waits = await told(house, fap, "decide", {"grants": True, "reason": "enrolled"})
    assert waits.json()["status"] == "waiting"
    again = await told(house, fap, "decide", {"grants": True, "reason": "enrolled"})
    assert (again.status_code, again.json()["status"]) == (200, "waiting"), "a repeat is the same answer, no refusal"
    same = await told(house, fap, "confirm", {"confirmed": True, "reason": "looks right"})
    assert same.status_code == 409
    assert "another person" in same.text
    granted = await told(house, fap, "confirm", {"confirmed": True, "reason": "looks right"}, who="collector_2")
    assert granted.json()["status"] == "granted"
    again = await told(house, fap, "confirm", {"confirmed": True, "reason": "looks right"}, who="collector_2")
    assert (again.status_code, again.json()["status"]) == (200, "granted")
    record = next(r for r in house.machine.bus.records if b"assistance.granted.v1" in dict(r.headers)["ce_type"])
    assert b"snap" not in (record.value or b"")
    ended = await told(house, fap, "end", {"how": "revoked", "reason": "was not enrolled"}, who="collector_2")
    assert ended.json()["status"] == "revoked"
    assert house.events()[-1] == "assistance.ended.v1"
    await house.close()


async def test_what_never_comes_lapses_and_what_comes_late_opens_it_again(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(30_000)
    asked = await applied(house)
    fap = asked["application_id"]
    await house.lives_to(40)
    shown = (await house.client("auditor").get(f"/assistance/{fap}")).json()
    assert shown["status"] == "lapsed"
    assert shown["ended_because"] == "not brought: household_size, incomes, signed_application"
    again = await told(house, fap, "amend", {"household_size": 2})
    assert again.json()["status"] == "open"
    await house.close()


async def test_refused_with_the_reason(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(30_000)
    nobody = await house.client("collector").post(
        "/assistance", json={"account_id": "acct_none", "state": "IL"}, headers={"idempotency-key": "apply-none"}
    )
    assert nobody.status_code == 404
    fap = (await applied(house))["application_id"]
    early = await told(house, fap, "decide", {"grants": True, "reason": "in a hurry"})
    assert early.status_code == 409
    assert "still missing: household_size, incomes, signed_application" in early.text
    assert (await told(house, fap, "end", {"how": "revoked", "reason": "nothing was granted"})).status_code == 409
    assert (await told(house, fap, "confirm", {"confirmed": True, "reason": "nothing waits"})).status_code == 409
    assert (await house.client("auditor").get("/assistance/fap_none")).status_code == 404
    stranger = house.client("collector", tenant="northgate")
    assert (await stranger.get(f"/assistance/{fap}")).status_code == 404
    await house.close()


async def test_the_letter_is_a_pdf_and_says_how_to_object(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(30_000)
    fap = (await applied(house, household_size=1, incomes=[]))["application_id"]
    answer = await house.client("collector").get(f"/assistance/{fap}/letter.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    await house.close()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("status", ["open", "granted", "denied"])
def test_letters_are_written_in_both_languages(language: str, status: str) -> None:
    head = letterheads()["lakeside"]
    state = application(status=status, documents=())
    if status != "open":
        state = decided(status == "granted")
    text = determination_text(head, state, assess(POLICY, TENANT, state), language)
    assert head.phone in text
    assert ("Usted" in text) == (language == "es")
    if status == "open":
        assert ("talones de pago" if language == "es" else "pay stubs") in text
    if status == "denied":
        assert ("otra vez" if language == "es" else "look again") in text


def decided(grants: bool) -> Application:
    from services.collections.core.assistance_facts import AssistanceDecided

    fact = AssistanceDecided(
        application_id="fap_1",
        grants=grants,
        discount_percent=75 if grants else 0,
        policy_percent=75 if grants else 0,
        income_percent=250 if grants else 520,
        program="program/2020-01-01",
        poverty="poverty/2025-01-15",
        covers_from=DAY,
        covers_until=DAY,
        refund_at_least_cents=500,
        reason="by the policy",
        decided_by="collector_1",
        decided_on=DAY,
        waits=False,
    )
    return application(status="granted" if grants else "denied", decision=fact)


def test_a_policy_needs_both_tables() -> None:
    policy = AssistancePolicy({"*": ()}, {"*": ()})
    assert assess(policy, TENANT, application()).missing == ("a program that the client has adopted",)
    assert policy.table(TENANT, DAY) is None
    assert isinstance(POLICY.program(TENANT, DAY), Program)
    assert isinstance(POLICY.table(TENANT, DAY), PovertyTable)
