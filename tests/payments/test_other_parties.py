"""Employers, attorneys, carriers outside of X12: what they owe, and what the guarantor is not asked for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.account_facts import LedgerAccount, LedgerFact
from services.payments.core.account_state import Account
from services.payments.core.ledger import prove, totals_of
from services.payments.core.other_party import OtherParty, due_at
from services.payments.core.other_party_messages import (
    AskOtherReduction,
    BillOtherParty,
    DecideOtherReduction,
    EndOtherParty,
    ReturnOtherPayment,
    SetOtherTerms,
    TakeOtherPayment,
)
from services.payments.core.other_share import OtherTerms
from services.payments.core.other_share_state import share_of
from services.payments.other_party_parts import other_party_decider
from services.payments.other_party_views import figures_of, open_lines
from shared.contracts import Message, PatientBalanceChanged
from shared.decider import Due, Snapshot
from tests.payments.kit import (
    ACCOUNT,
    AT,
    PROPERTY,
    SERVICE,
    TODAY,
    decision,
    granted,
    meta,
    paid,
    remitted,
    reversal_of,
    self_pay,
    submitted,
    written_off,
)
from tests.payments.test_money_back import reverse

PARTY = other_party_decider()


class House:
    """One account and its parties: what a party says in public, the account hears at once."""

    def __init__(self) -> None:
        self.account: Snapshot[Account] = Snapshot(ACCOUNT.initial)
        self.parties: dict[str, Snapshot[OtherParty]] = {}
        self.facts: list[Any] = []
        self.said: list[Message] = []
        self.told: list[Any] = []

    def hear(self, *messages: Any) -> "House":
        for message in messages:
            party_id = message.aggregate_id if isinstance(message, Due) else getattr(message, "party_id", "")
            if not party_id:
                self._account(message)
                continue
            self.told.append(message)
            decided = PARTY.run(self.parties.get(party_id, Snapshot(PARTY.initial)), (message,))
            self.parties[party_id] = decided.snapshot
            for event in decided.events:
                if event.type != "other-party.billed.v1":  # type: ignore[attr-defined]
                    self._account(event)
        return self

    def _account(self, message: Any) -> None:
        decided = ACCOUNT.run(self.account, (message,))
        self.account = decided.snapshot
        self.facts += decided.facts
        self.said += decided.events
        assert list(prove(self.state, self.facts)) == [], message
        assert totals_of(self.state).ties_out
        assert ACCOUNT.fold(self.facts) == self.state

    @property
    def state(self) -> Account:
        return self.account.state

    def party(self, party_id: str = "opty_1") -> OtherParty:
        return self.parties[party_id].state

    def figures(self, party_id: str = "opty_1") -> tuple[int, int, int, int, int]:
        return figures_of(self.state, party_id)

    def refusal(self, name: str, party_id: str = "opty_1") -> str:
        return self.party(party_id).answered.get(str(meta(name).id), "")


def terms(**changes: Any) -> OtherTerms:
    given: dict[str, Any] = {
        "kind": "employer",
        "percent": 100,
        "limit_cents": None,
        "covers_from": date(2026, 1, 1),
        "covers_until": date(2026, 12, 31),
    }
    return OtherTerms(**(given | changes))


def registered(
    name: str = "terms", until: date | None = None, party_id: str = "opty_1", **changes: Any
) -> SetOtherTerms:
    return SetOtherTerms(
        meta=_meta(name, party_id),
        party_id=party_id,
        account_id="acct_1",
        terms=terms(**changes),
        protected_until=until,
        sealed_contact="sealed:contact",
        reason="they wrote so",
    )


def _meta(name: str, party_id: str = "opty_1", actor: str = "ann") -> Any:
    return meta(name, subject=f"other_party/{party_id}").model_copy(update={"actor": actor})


def came(name: str, cents: int, reference: str = "", party_id: str = "opty_1") -> TakeOtherPayment:
    return TakeOtherPayment(
        meta=_meta(name, party_id), party_id=party_id, payment_id=name, method="check", reference=reference,
        paid_cents=cents, received_on=TODAY,
    )  # fmt: skip


def went(name: str, payment_id: str, cents: int, cause: Any = "returned", free_cents: int = 0) -> ReturnOtherPayment:
    return ReturnOtherPayment(
        meta=_meta(name), party_id="opty_1", return_id=name, payment_id=payment_id, returned_cents=cents, cause=cause,
        free_cents=free_cents, reason="the bank says so",
    )  # fmt: skip


def asked(name: str, cents: int, open_cents: int) -> AskOtherReduction:
    return AskOtherReduction(
        meta=_meta(name), party_id="opty_1", reduction_id=name, reduced_cents=cents, open_cents=open_cents,
        reason="agreed at the settlement",
    )  # fmt: skip


def decided(
    name: str, reduction: str, open_cents: int, actor: str = "bob", *, yes: bool = True
) -> DecideOtherReduction:
    return DecideOtherReduction(
        meta=_meta(name, actor=actor), party_id="opty_1", reduction_id=reduction, approved=yes, open_cents=open_cents,
        reason="as the policy says",
    )  # fmt: skip


def ended(name: str = "end", how: Any = "settled") -> EndOtherParty:
    return EndOtherParty(meta=_meta(name), party_id="opty_1", how=how, reason="the case is closed")


def balances(house: House) -> list[int]:
    return [one.balance_cents for one in house.said if isinstance(one, PatientBalanceChanged)]


def test_an_employer_owes_what_the_guarantor_is_not_asked_for_any_more() -> None:
    house = House().hear(self_pay("chg_1", 10_000), registered())
    assert house.state.owed_cents == 0
    assert house.figures() == (10_000, 0, 0, 10_000, 0)
    assert balances(house) == [10_000, 0]


def test_a_limit_is_for_everything_together_and_the_oldest_service_first() -> None:
    house = House().hear(
        self_pay("chg_2", 5_000, on=SERVICE + timedelta(3)), self_pay("chg_1", 4_000), registered(limit_cents=6_000)
    )
    moved = {item_id: share_of(item, "opty_1").moved_cents for item_id, item in house.state.receivables.items()}
    assert moved == {"chg_1": 4_000, "chg_2": 2_000}
    assert house.state.owed_cents == 3_000


def test_a_percentage_of_what_payers_leave_and_only_of_the_care_of_its_days() -> None:
    house = House().hear(
        submitted(), registered(percent=50), self_pay("chg_old", 700, on=date(2025, 12, 31)),
        remitted(decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})),
    )  # fmt: skip
    assert house.figures()[0] == 1_000
    assert house.state.owed_cents == 1_000 + 700


def test_its_payment_pays_its_share_and_never_the_guarantors() -> None:
    house = House().hear(self_pay("chg_1", 10_000), registered(limit_cents=6_000), came("opay_1", 7_500, "check 9"))
    assert house.figures() == (6_000, 6_000, 0, 0, 1_500)
    assert house.state.owed_cents == 4_000
    house.hear(came("opay_1", 7_500, "check 9"), came("opay_2", 7_500, "check 9"))
    assert house.figures() == (6_000, 6_000, 0, 0, 1_500)
    assert "reference and amount" in house.refusal("opay_2")


def test_what_its_bank_takes_back_is_owed_by_it_again() -> None:
    house = House().hear(self_pay("chg_1", 5_000), registered(), came("opay_1", 6_000), went("ret_1", "opay_1", 6_000))
    assert house.figures() == (5_000, 0, 0, 5_000, 0)
    house.hear(went("ret_1", "opay_1", 6_000), went("ret_2", "opay_1", 1))
    assert "0 cents" in house.refusal("ret_2")
    house.hear(came("opay_2", 6_000), went("ret_3", "opay_2", 2_000, "refund", free_cents=1_000))
    assert "1000 cents" in house.refusal("ret_3")


def test_a_letter_of_protection_rests_the_guarantor_until_it_expires() -> None:
    until = TODAY + timedelta(30)
    house = House().hear(self_pay("chg_1", 9_000), registered(until=until, kind="attorney"))
    assert house.state.owed_cents == 0
    due = due_at(house.party())
    assert due == datetime.combine(until + timedelta(1), time(), UTC)
    house.hear(came("opay_1", 2_000), _due(due))
    assert house.party().standing == "expired"
    assert (house.state.owed_cents, house.figures()) == (7_000, (2_000, 2_000, 0, 0, 0))
    assert balances(house) == [9_000, 0, 7_000]


def _due(at: datetime | None) -> Due:
    assert at is not None
    return Due(
        meta=_meta("due").model_copy(update={"occurred_at": at}), aggregate_id="opty_1", kind="other_party", due_at=at
    )


def test_a_deadline_that_is_not_the_partys_any_more_ends_nothing() -> None:
    house = House().hear(self_pay("chg_1", 100), registered(until=TODAY + timedelta(9)))
    house.hear(registered("later", until=TODAY + timedelta(60)), _due(AT + timedelta(10)))
    assert house.party().standing == "active"


def test_a_settlement_with_a_reduction_that_another_person_approves_leaves_nothing_for_the_guarantor() -> None:
    house = House().hear(self_pay("chg_1", 10_000), registered(until=TODAY + timedelta(30), kind="attorney"))
    house.hear(came("opay_1", 6_000), asked("red_1", 4_000, 4_000))
    assert house.figures()[3] == 4_000
    house.hear(decided("own", "red_1", 4_000, actor="ann"))
    assert "another person" in house.refusal("own")
    house.hear(decided("yes", "red_1", 4_000), ended())
    assert house.figures() == (10_000, 6_000, 4_000, 0, 0)
    assert (house.state.owed_cents, totals_of(house.state).reduced_cents) == (0, 4_000)


def test_no_more_is_reduced_than_is_open() -> None:
    house = House().hear(self_pay("chg_1", 1_000), registered(), asked("red_1", 1_001, 1_000))
    assert "1000 cents" in house.refusal("red_1")
    house.hear(asked("red_2", 900, 1_000), came("opay_1", 500), decided("late", "red_2", 500))
    assert "500 cents" in house.refusal("late")
    house.hear(decided("no", "red_2", 500, yes=False))
    assert house.party().reductions["red_2"].status == "declined"


def test_workers_compensation_is_never_the_guarantors_and_frees_what_they_paid() -> None:
    liable = House().hear(registered(kind="workers_compensation"))
    assert "guarantor_liable" in liable.refusal("terms")
    house = House().hear(self_pay("chg_1", 8_000), paid("pay_1", 3_000))
    house.hear(registered(kind="workers_compensation", guarantor_liable=False))
    assert house.figures()[0] == 8_000
    assert house.state.unapplied_cents == 3_000
    house.hear(ended(how="withdrawn"))
    assert (house.state.patient_cents, house.figures()[3]) == (0, 8_000)


def test_what_the_guarantor_paid_and_what_was_given_up_stays_where_it_is() -> None:
    house = House().hear(self_pay("chg_1", 8_000), paid("pay_1", 3_000), written_off("wo_1", 1_000), registered())
    assert house.figures()[0] == 4_000
    assert house.state.unapplied_cents == 0


def test_assistance_covers_what_the_party_does_not() -> None:
    house = House().hear(self_pay("chg_1", 8_000), registered(percent=50), granted(percent=100))
    assert house.figures()[3] == 4_000
    assert house.state.patient_cents == 0
    assert totals_of(house.state).written_off_cents == 4_000


def test_a_payers_reversal_takes_the_partys_share_back_before_anything_of_the_guarantors() -> None:
    first = decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})
    house = House().hear(submitted(), remitted(first), registered(), came("opay_1", 1_500))
    house.hear(remitted(reversal_of(first, "rem_2")))
    assert house.figures() == (0, 0, 0, 0, 1_500)
    assert house.state.patient_cents == 0
    house.hear(remitted(decision("rem_3", 5_000, {"CO-45": 2_000, "PR-2": 3_000})))
    assert house.figures() == (3_000, 1_500, 0, 1_500, 0)


def test_of_two_parties_the_first_in_order_is_asked_first() -> None:
    house = House().hear(
        registered(limit_cents=3_000), registered("second", party_id="opty_2", order=2), self_pay("chg_1", 5_000)
    )
    assert (house.figures("opty_1")[0], house.figures("opty_2")[0]) == (3_000, 2_000)


def test_an_invoice_is_what_was_open_when_it_was_made() -> None:
    house = House().hear(self_pay("chg_1", 5_000), registered())
    bill = BillOtherParty(meta=_meta("bill"), party_id="opty_1", lines=tuple(open_lines(house.state, "opty_1")))
    house.hear(bill, bill, came("opay_1", 5_000))
    [invoice] = house.party().invoices
    assert (invoice.number, invoice.billed_cents, invoice.due_on) == (1, 5_000, TODAY + timedelta(30))


def test_terms_that_cannot_hold_are_refused_with_the_reason() -> None:
    for name, message in (
        ("percent", registered("percent", percent=0)),
        ("days", registered("days", covers_until=date(2025, 1, 1))),
        ("limit", registered("limit", until=TODAY, limit_cents=5)),
        ("past", registered("past", until=TODAY - timedelta(1))),
        ("ever", registered("ever", until=TODAY + timedelta(9_999))),
    ):
        house = House().hear(message)
        assert house.refusal(name), name
        assert house.party().standing == ""


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("charge"), st.integers(1, 5_000)),
        st.tuples(st.just("decision"), st.integers(0, 10_000)),
        st.tuples(st.just("reversal"), st.just(0)),
        st.tuples(st.just("patient"), st.integers(1, 5_000)),
        st.tuples(st.just("chargeback"), st.integers(1, 5_000)),
        st.tuples(st.just("terms"), st.integers(1, 100)),
        st.tuples(st.just("carrier"), st.integers(1, 100)),
        st.tuples(st.just("party"), st.integers(1, 6_000)),
        st.tuples(st.just("return"), st.integers(1, 6_000)),
        st.tuples(st.just("reduce"), st.integers(1, 3_000)),
        st.tuples(st.just("grant"), st.integers(1, 100)),
        st.tuples(st.just("bad debt"), st.integers(1, 3_000)),
        st.tuples(st.just("end"), st.just(0)),
    ),
    min_size=3,
    max_size=18,
)


def made_of(house: House, number: int, what: str, figure: int) -> Any:
    """The message of one step of a random life."""
    name = f"{what}_{number}".replace(" ", "_")
    first = decision("rem_1", 5_000, {"CO-45": 1_000, "PR-2": 4_000})
    messages: dict[str, Callable[[], Any]] = {
        "charge": lambda: self_pay(f"chg_{number}", figure, on=SERVICE + timedelta(number)),
        "decision": lambda: remitted(decision("rem_1", figure, {"PR-2": 10_000 - figure})),
        "reversal": lambda: remitted(reversal_of(first, "rem_2")),
        "patient": lambda: paid(f"pay_{number}", figure),
        "chargeback": lambda: reverse(name, "pay_0", figure, "chargeback"),
        "terms": lambda: registered(name, percent=figure, limit_cents=figure * 70),
        "carrier": lambda: registered(name, party_id="opty_2", percent=figure, guarantor_liable=False, order=2),
        "party": lambda: came(name, figure),
        "return": lambda: went(name, next(iter(house.party().payments), "none"), figure),
        "reduce": lambda: asked(name, figure, house.figures()[3]),
        "grant": lambda: granted(percent=figure, sequence=number + 1),
        "bad debt": lambda: written_off(f"wo_{number}", figure),
        "end": lambda: ended(name),
    }
    return messages[what]()


@PROPERTY
@given(STEPS)
def test_whatever_happens_every_cent_is_somewhere_and_nothing_said_twice_counts_twice(
    steps: list[tuple[str, int]],
) -> None:
    house = House().hear(submitted(), registered(), paid("pay_0", 2_000))
    for number, (what, figure) in enumerate(steps):
        message = made_of(house, number, what, figure)
        house.hear(message)
        for reduction_id, one in house.party().reductions.items():
            if one.status == "waiting":
                house.hear(decided(f"yes {reduction_id}", reduction_id, house.figures()[3]))
        before = house.state
        house.hear(message)
        assert house.state == before, what
    of_one = [one for one in house.told if one.party_id == "opty_1"]
    at_once = PARTY.start(*of_one)
    assert at_once.snapshot.state == house.party() == PARTY.fold(at_once.facts)
    state = house.state
    assert all(share.open_cents >= 0 for item in state.receivables.values() for share in item.others)
    assert all(one.unapplied_cents >= 0 for one in state.other_money)
    entries = [fact for fact in house.facts if isinstance(fact, LedgerFact)]
    cash = sum(fact.effect_on(LedgerAccount.OTHER_CASH) for fact in entries)
    assert cash == sum(one.cents - one.returned_cents for one in house.party().payments.values())
