"""What is asked before a guarantor is billed: each rule, a person's word, and that the book ties whatever waits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.account import make_account
from services.payments.core.account_messages import AccountMessage, SayBill
from services.payments.core.account_state import Account
from services.payments.core.before_bill import bills_due_at
from services.payments.core.bill_facts import BillDecided
from services.payments.core.bill_policy import BillPolicy, BillRules
from services.payments.core.ledger import prove
from services.payments.core.patient_bills import bill_of
from services.payments.policy import load_adjustments
from services.payments.policy.others import load_bill_policy
from shared.contracts import AssistanceDenied, AssistanceRequested, PatientBalanceChanged
from shared.decider import Due, Snapshot
from shared.replaced import replace
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import (
    AT,
    PROPERTY,
    SERVICE,
    TODAY,
    decision,
    granted,
    meta,
    paid,
    remitted,
    self_pay,
    submitted,
    written_off,
)

WORDS: dict[str, Any] = {"hold_reasons": ("client", "dispute"), "suppress_reasons": ("research",)}


class House:
    """One account under rules before a bill; each message is checked to leave a book that ties."""

    def __init__(self, **figures: Any) -> None:
        rules = BillRules(valid_from=date(2026, 1, 1), version="lakeside/2026-01-01", **(WORDS | figures))
        self.decider = make_account(replace(load_adjustments(), bills=BillPolicy({"lakeside": (rules,)})))
        self.at: Snapshot[Account] = Snapshot(self.decider.initial)
        self.facts: list[Any] = []
        self.said: list[int] = []

    def hear(self, *messages: AccountMessage, day: date = TODAY) -> "House":
        for message in messages:
            moved = message.meta.model_copy(update={"occurred_at": datetime.combine(day, time(9), UTC)})
            decided = self.decider.run(self.at, (message.model_copy(update={"meta": moved}),))
            self.at = decided.snapshot
            self.facts += decided.facts
            self.said += [one.balance_cents for one in decided.events if isinstance(one, PatientBalanceChanged)]
            assert list(prove(self.state, self.facts)) == []
            assert self.decider.fold(self.facts) == self.state
            assert self.state.balance_cents == self.state.billed_cents
        return self

    def wake(self) -> "House":
        """The next deadline comes."""
        at = bills_due_at(self.state)
        assert at is not None
        due = Due(meta=meta(f"due {at}"), aggregate_id="acct_1", kind="account", due_at=at)
        return self.hear(due, day=at.date())

    @property
    def state(self) -> Account:
        return self.at.state

    def why(self, item_id: str = "chg_1") -> str:
        bill = self.state.receivables[item_id].bill
        return "" if bill is None else bill.rule or bill.outcome


def word(name: str, word_: Any, reason: str = "", item_id: str = "chg_1", until: date | None = None) -> SayBill:
    return SayBill(
        meta=meta(name),
        account_id="acct_1",
        item_id=item_id,
        word=word_,
        reason=reason,
        until=until,
        note="they called",
    )


def application(kind: type[Any], sequence: int) -> Any:
    made = meta(f"application {sequence}", subject="assistance/fap_1", sequence=sequence)
    return kind(meta=made, account_id="acct_1", application_id="fap_1")


def test_without_rules_nothing_is_asked_and_nothing_recorded() -> None:
    house = House().hear(self_pay("chg_1", 500))
    assert house.said == [500]
    assert not any(isinstance(fact, BillDecided) for fact in house.facts)


def test_a_minimum_age_is_waited_for_and_says_by_which_version() -> None:
    house = House(minimum_age_days=5).hear(self_pay("chg_1", 500))
    assert (house.said, house.why()) == ([], "minimum age")
    assert bills_due_at(house.state) == datetime.combine(TODAY + timedelta(5), time(), UTC)
    house.wake()
    assert (house.said, house.why()) == ([500], "billed")
    decided = [fact for fact in house.facts if isinstance(fact, BillDecided)]
    assert [(one.outcome, one.version) for one in decided] == [
        ("held", "lakeside/2026-01-01"),
        ("billed", "lakeside/2026-01-01"),
    ]


def test_a_visit_waits_for_its_other_claim_and_goes_when_that_is_decided() -> None:
    house = House(claim_pending_days=30).hear(submitted("clm_b"), self_pay("chg_1", 500))
    assert house.why() == "claim pending"
    house.hear(remitted(decision("rem_1", 8_000, {"CO-45": 2_000}, pcn="PCN-clm_b"), "clm_b"))
    assert (house.said, house.why()) == ([500], "billed")


def test_a_claim_of_another_day_holds_nothing() -> None:
    house = House(claim_pending_days=30).hear(submitted("clm_b", on=SERVICE - timedelta(1)), self_pay("chg_1", 500))
    assert house.said == [500]


def test_what_is_contested_at_the_payer_waits_no_longer_than_the_rule_says() -> None:
    house = House(contested_days=10).hear(
        submitted(), remitted(decision("rem_1", 5_000, {"CO-197": 3_000, "PR-2": 2_000}))
    )
    assert house.why("clm_a") == "contested"
    assert house.wake().said == [2_000]


def test_money_of_the_account_that_waits_elsewhere_is_placed_first() -> None:
    prepaid = paid("pay_1", 300).model_copy(update={"reserved_for": "PCN-clm_b"})
    house = House(credit_days=20).hear(prepaid, self_pay("chg_1", 500))
    assert house.why() == "credit elsewhere"
    assert house.wake().said == [500]


def test_small_balances_are_not_billed_alone_and_are_together() -> None:
    house = House(small_cents=1_000).hear(self_pay("chg_1", 600))
    assert (house.why(), bills_due_at(house.state)) == ("small balance", None)
    house.hear(self_pay("chg_2", 600))
    assert (house.said, house.why(), house.why("chg_2")) == ([1_200], "billed", "billed")
    house.hear(paid("pay_1", 900))
    assert (house.said[-1], house.why("chg_2")) == (300, "billed"), "what was billed once stays billed"


def test_after_its_days_a_small_balance_is_billed_all_the_same() -> None:
    assert House(small_cents=1_000, small_days=60).hear(self_pay("chg_1", 600)).wake().said == [600]


def test_uninsured_care_is_screened_for_assistance_and_a_decision_ends_the_wait() -> None:
    house = House(screening_days=15, application_days=45).hear(self_pay("chg_1", 600))
    assert house.why() == "screening"
    house.hear(application(AssistanceRequested, 1))
    assert house.why() == "application"
    house.hear(application(AssistanceDenied, 2), application(AssistanceRequested, 1))
    assert (house.said, house.why()) == ([600], "billed")


def test_a_grant_gives_up_what_was_held_and_nothing_is_ever_billed() -> None:
    house = House(application_days=45).hear(self_pay("chg_1", 600), application(AssistanceRequested, 1))
    house.hear(granted(100))
    assert (house.said, house.state.owed_cents) == ([600, 0], 0)


def test_a_client_holds_a_bill_until_a_day_and_of_the_whole_account_until_it_is_let_go() -> None:
    house = House().hear(self_pay("chg_1", 500), word("hold", "hold", "client", until=TODAY + timedelta(7)))
    assert (house.said, house.why()) == ([500, 0], "person: client")
    assert house.wake().said == [500, 0, 500]
    house.hear(word("all", "hold", "dispute", item_id=""), self_pay("chg_2", 100), day=TODAY + timedelta(8))
    assert (house.state.billed_cents, house.why("chg_2")) == (0, "person: dispute")
    house.hear(word("go", "bill", item_id=""), day=TODAY + timedelta(9))
    assert house.said[-1] == 600


def test_a_suppressed_bill_stays_in_the_books_and_a_payment_pays_it() -> None:
    house = House().hear(word("no", "suppress", "research", item_id=""), self_pay("chg_1", 500))
    assert (house.said, house.state.owed_cents, house.state.held_cents) == ([], 500, 500)
    bill = bill_of("chg_1", house.state.receivables["chg_1"])
    assert (bill.owed_cents, bill.held_cents) == (0, 500)
    house.hear(paid("pay_1", 500))
    assert house.state.receivables["chg_1"].bill is None


def test_bad_debt_never_takes_what_was_not_billed() -> None:
    house = House().hear(self_pay("chg_1", 500), word("hold", "hold", "client"), self_pay("chg_2", 300))
    house.hear(written_off("wo_1", 300))
    assert [house.state.receivables[one].patient_cents for one in ("chg_1", "chg_2")] == [500, 0]


@pytest.mark.parametrize(
    ("said", "because"),
    [
        (word("a", "hold", "whim"), "client, dispute"),
        (word("b", "suppress", "client"), "research"),
        (word("c", "hold", "client", item_id="clm_x"), "no such claim"),
        (word("d", "hold", "client", until=TODAY), "after today"),
        (word("e", "bill"), "nobody holds"),
    ],
)
def test_a_word_that_cannot_be_is_refused_with_a_sentence(said: SayBill, because: str) -> None:
    house = House().hear(self_pay("chg_1", 500), said)
    assert because in house.state.answered[str(said.meta.id)]
    assert house.said == [500]


def test_the_shipped_rules_are_off_and_every_figure_has_its_source() -> None:
    rules = load_bill_policy().on("anybody", "1234567893", TODAY)
    assert rules.asks_nothing
    assert rules.version == "*/2012-01-01"


def test_a_client_and_one_of_its_practices_have_figures_of_their_own(tmp_path: Path) -> None:
    shipped = Path("services/payments/policy/before_bill.toml").read_text("utf-8")
    (tmp_path / "before_bill.toml").write_text(shipped)
    entry = '[[{}]]\nvalue = {}\nvalid_from = 2026-01-01\nsource = "agreed"\nowner = "ann"\n'
    (tmp_path / "before_bill.lakeside.toml").write_text(entry.format("minimum_age_days", 3))
    (tmp_path / "before_bill.lakeside.1234567893.toml").write_text(entry.format("minimum_age_days", 9))
    policy = load_bill_policy(tmp_path)
    found = [
        policy.on(*who, TODAY).minimum_age_days for who in (("lakeside", ""), ("lakeside", "1234567893"), ("x", ""))
    ]
    assert found == [3, 9, 0]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["charge", "pay", "claim", "decide", "hold", "suppress", "bill", "apply", "deny", "wait"]),
        st.integers(1, 2_000),
    ),
    min_size=2,
    max_size=14,
)


def made_of(number: int, what: str, cents: int, day: date) -> Any:
    """The message of one step of a random life."""
    name = f"{what}{number}"
    made: dict[str, Callable[[], Any]] = {
        "charge": lambda: self_pay(f"chg_{number}", cents),
        "pay": lambda: paid(f"pay_{number}", cents),
        "claim": lambda: submitted(f"clm_{number}"),
        "decide": lambda: remitted(decision(f"rem_{number}", 9_000, {"PR-2": 1_000})),
        "hold": lambda: word(name, "hold", "client", item_id="", until=day + timedelta(5)),
        "suppress": lambda: word(name, "suppress", "research", item_id=""),
        "bill": lambda: word(name, "bill", item_id=""),
        "apply": lambda: application(AssistanceRequested, number + 1),
        "deny": lambda: application(AssistanceDenied, number + 1),
        "wait": lambda: Due(meta=meta(name), aggregate_id="acct_1", kind="account", due_at=AT),
    }
    return made[what]()


@PROPERTY
@given(STEPS)
def test_what_waits_is_owed_and_never_announced_whatever_happens(steps: list[tuple[str, int]]) -> None:
    house = House(minimum_age_days=3, claim_pending_days=9, small_cents=700, small_days=20, application_days=30)
    day = TODAY
    for number, (what, cents) in enumerate(steps):
        day += timedelta(cents % 4)
        house.hear(made_of(number, what, cents, day), day=day)
        assert 0 <= house.state.held_cents <= max(0, house.state.owed_cents)
        due = bills_due_at(house.state)
        while due is not None and due.date() <= day:
            house.wake()
            due = bills_due_at(house.state)


async def test_what_waits_is_a_list_with_rule_and_version_and_a_person_lets_it_go(tmp_path: Path) -> None:
    cashier: Cashier = make_cashier(tmp_path)
    charge = {"account_id": "acct_1", "charge_cents": 5_000, "description_code": "99213", "service_date": "2026-06-20"}
    await cashier.made("/charges", {**charge, "guarantor": {"name": "Zoë Canary"}})
    hold = {"word": "hold", "reason": "client", "until": "2026-07-05", "note": "the client asks for it"}
    held = await cashier.made("/accounts/acct_1/bills/word", hold)
    assert (held["billed_cents"], held["held_cents"]) == (0, 5_000)
    [waits] = await cashier.get("/bills/waiting")
    assert [(one["rule"], one["version"], one["until"]) for one in waits["items"]] == [
        ("person: client", "*/2012-01-01", "2026-07-05")
    ]
    await cashier.days(4)
    assert await cashier.get("/bills/waiting") == []
    told = (await cashier.get("/accounts/acct_1/bills"))["decided"]
    assert [one["type"] for one in told] == [
        "account.bill-word-said.v1",
        "account.bill-decided.v1",
        "account.bill-decided.v1",
    ]
    assert (await cashier.post("/accounts/acct_1/bills/word", {**hold, "reason": "whim"})).status_code == 409
    assert (await cashier.get("/ledger/proof"))["proved"]
