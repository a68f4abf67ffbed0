"""What people of a long run do about plans: they agree, keep, miss, begin again and settle, and their cards answer."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from services.collections.core.plan_messages import (
    AcceptProposal,
    AutopayGiven,
    ConsentGiven,
    OfferSettlement,
    ProposePlan,
    ReAgePlan,
)
from tests.collections.plan_story import AUTOPAY_TEXT, TEXT

if TYPE_CHECKING:
    from tests.collections.year_people import Guarantor, People

OLD_ENOUGH = 62
"""Days after which a settlement may be offered: counted from the first statement, which goes out at once."""
LATE_RETURN = 0.06
"""How many of the installments that were taken come back, unlike in life, where they are fewer."""


class PlanPeople:
    """The part of `People` that is about plans."""

    def __init__(self, people: "People") -> None:
        self.people, self.random, self.book = people, people.random, people.book

    def asks(self, one: "Guarantor", day: int) -> None:
        """They agree to terms on the telephone; half of them by a stored card, which is then asked for."""
        open_cents = self.book.of(one.account_id).balance
        count = self.random.choice((3, 4, 6))
        one.plan += 1
        first_on = self.people.at.date() + timedelta(20)
        self._agree(ProposePlan, one, installments=count, first_due_on=first_on)
        if one.by_card:
            return
        cents, keeps = open_cents // count + count, self.random.random()
        for n in range(count if keeps < 0.6 else 1):
            self.people.on(day, 21 + 30 * n, 25 + 30 * n, lambda: self._pays(one, cents))

    def settles(self, one: "Guarantor", day: int) -> None:
        """Seven tenths for the whole, in one or two parts; most of them pay."""
        open_cents = self.book.of(one.account_id).balance
        if open_cents < 100_00 or one.plan or day < one.began + OLD_ENOUGH:
            return
        one.plan += 1
        settle_cents, count = -(-open_cents * 7 // 10), self.random.choice((1, 2))
        first_on = self.people.at.date() + timedelta(15)
        one.by_card = False
        self._agree(OfferSettlement, one, settle_cents=settle_cents, installments=count, first_due_on=first_on)
        keeps = self.random.random() < 0.75
        for n in range(count if keeps else 0):
            self.people.on(day, 16 + 30 * n, 18 + 30 * n, lambda: self._pays(one, settle_cents // count + 1))

    def charged(self, account_id: str, charge_id: str, cents: int) -> None:
        """What becomes of a charge: paid, on its way first, declined softly or hard; nearly always it is told."""
        payment_id, luck = f"pay_{charge_id}", self.random.random()
        day, at = self.people.today, self.people.at
        if luck < 0.2:
            self.book.pending(account_id, payment_id, cents, at)
        if luck < 0.6:
            self.people.on(day, 1, 3, lambda: self._taken(account_id, payment_id, cents))
        elif luck < 0.97:
            reason = "insufficient_funds" if luck < 0.9 else "stolen_card"
            self.people.on(day, 1, 2, lambda: self._declined(account_id, payment_id, reason))

    def broken(self, account_id: str, plan_id: str) -> None:
        """Some of those who broke a plan want another chance, and most of them take it."""
        if self.random.random() < 0.2:
            return
        one, day = self.people.known[account_id], self.people.today
        self.people.on(day, 2, 10, lambda: self._again(one, plan_id))
        if self.random.random() < 0.7:
            self.people.on(day, 12, 20, lambda: self._pays(one, self.book.of(account_id).balance))

    def _again(self, one: "Guarantor", plan_id: str) -> None:
        first_on = self.people.at.date() + timedelta(14)
        self._tell(ReAgePlan, one, plan_id=plan_id, first_due_on=first_on, role="collector")

    def _agree(self, order: type[ProposePlan | OfferSettlement], one: "Guarantor", **terms: Any) -> None:
        proposal_id = f"prop_{one.account_id}_{one.plan}_{self.people.today}"
        role = "operator" if order is OfferSettlement else "collector"
        self._tell(order, one, proposal_id=proposal_id, role=role, **terms)
        given = self._given(TEXT)
        one.by_card = one.by_card and order is ProposePlan
        method: Literal["card", "ach"] = self.random.choice(("card", "ach"))
        token = "sealed:pm"
        autopay = AutopayGiven(method=method, sealed_token=token, consent=self._given(AUTOPAY_TEXT))
        self._tell(
            AcceptProposal, one, proposal_id=proposal_id, consent=given, autopay=autopay if one.by_card else None
        )

    def _given(self, text: str) -> ConsentGiven:
        return ConsentGiven(how="phone", at=self.people.at, text_version=text, proof="rec_1")

    def _pays(self, one: "Guarantor", cents: int) -> None:
        self.book.pay(one.account_id, min(cents, max(0, self.book.of(one.account_id).balance)), self.people.at)

    def _taken(self, account_id: str, payment_id: str, cents: int) -> None:
        self.book.pay(account_id, cents, self.people.at, payment_id)
        if self.random.random() < LATE_RETURN:
            self.people.on(
                self.people.today, 2, 9, lambda: self.book.returned(account_id, payment_id, cents, self.people.at)
            )

    def _declined(self, account_id: str, payment_id: str, reason: str) -> None:
        self.book.failed(account_id, payment_id, self.people.at, reason)
        self.book.failed(account_id, payment_id, self.people.at, reason)  # told twice, as news are

    def _tell(
        self, order: type[ProposePlan | OfferSettlement | AcceptProposal | ReAgePlan], one: "Guarantor", **given: Any
    ) -> None:
        self.people.tell(order, one, **given)
