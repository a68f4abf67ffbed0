"""A story with plans: what is proposed, agreed, taken and returned, under the shipped rules of plans."""

from dataclasses import replace
from datetime import date
from typing import Any, Literal

from services.collections.core import PolicyBook, make_decider
from services.collections.core.person_facts import ConsentGiven as PersonConsent
from services.collections.core.person_facts import DebtNoted, ReachNoted
from services.collections.core.person_messages import NotePerson
from services.collections.core.plan_facts import PlanOrderRefused
from services.collections.core.plan_messages import (
    AcceptProposal,
    AutopayGiven,
    CancelPlan,
    ConsentGiven,
    DecideProposal,
    OfferSettlement,
    ProposePlan,
    ReAgePlan,
    SetAutopay,
)
from services.collections.core.plan_policy import PlanBook, PlanConduct, Role, Section, Version
from services.collections.core.plan_state import Arrangement, Proposal
from services.collections.core.policy import DunningPolicy
from services.collections.core.policy_messages import DescribeAccount
from services.collections.core.state import Plan
from services.collections.plan_policies import plan_book
from shared.contracts import PatientMoneyRestored, PatientMoneyReversed, PatientPaymentFailed, PatientPaymentPending
from tests.collections.story import ACCOUNT, POLICY, SHELF, Story, at, meta, on, payment

BOOK = plan_book(production=False)
RULES = BOOK.on("lakeside", date(2026, 7, 1))
assert RULES.conduct is not None
assert RULES.autopay is not None
TEXT, AUTOPAY_TEXT = RULES.conduct.text_version, RULES.autopay.text_version
PLAIN_DAYS = replace(RULES.conduct, closed_days="as_is")


def book_with(conduct: PlanConduct = PLAIN_DAYS, *more: Section) -> PlanBook:
    """The shipped rules with other conduct: without moved days, so that the days of a story are easy to count."""
    given = {type(one): one for one in (conduct, *more)}
    versions = tuple(one._replace(content=given.get(type(one.content), one.content)) for one in BOOK.clients["*"])
    return PlanBook({"*": versions})


class PlanStory(Story):
    """An account whose guarantor cannot pay at once."""

    def __init__(self, *policies: DunningPolicy, plans: PlanBook | None = None) -> None:
        super().__init__(*policies)
        chosen = book_with() if plans is None else plans
        self.decider = make_decider(PolicyBook(policies or (POLICY,)), SHELF, plans=chosen)
        self.orders = 0

    def order(self, kind: Any, actor: str = "collector_1", **given: Any) -> "PlanStory":
        self.orders += 1
        name = f"{kind.__name__}/{self.today}/{self.orders}"
        self.tell(kind(meta=meta(name, self.today, actor=actor), account_id=ACCOUNT, **given))
        return self

    def proposes(self, first_due: int, *, role: Role = "collector", actor: str = "collector_1", **terms: Any) -> Any:
        return self.order(
            ProposePlan,
            actor,
            proposal_id=f"prop_{self.orders}",
            first_due_on=on(first_due),
            role=role,
            **terms,
        )

    def settles(self, cents: int, first_due: int, *, role: Role = "collector", **terms: Any) -> Any:
        return self.order(
            OfferSettlement,
            proposal_id=f"prop_{self.orders}",
            settle_cents=cents,
            first_due_on=on(first_due),
            role=role,
            **terms,
        )

    def decides(self, *, approved: bool = True, actor: str = "supervisor", role: Role = "operator") -> Any:
        given = {"approved": approved, "role": role, "reason": "seen"}
        return self.order(DecideProposal, actor, proposal_id=self.proposal.proposal_id, **given)

    def accepts(self, autopay: Literal["card", "ach"] | None = None, **changes: Any) -> Any:
        given = None if autopay is None else self.authorization(autopay)
        values: dict[str, Any] = {"consent": consent(self.today), "autopay": given, **changes}
        return self.order(AcceptProposal, proposal_id=self.proposal.proposal_id, **values)

    def authorization(self, method: Literal["card", "ach"] = "card") -> AutopayGiven:
        given = consent(self.today, text_version=AUTOPAY_TEXT)
        return AutopayGiven(method=method, sealed_token="sealed:pm_1", consent=given)

    def cancels(self) -> Any:
        return self.order(CancelPlan, plan_id=self.plan.plan_id, reason="guarantor_asked")

    def re_ages(self, plan_id: str, first_due: int) -> Any:
        return self.order(ReAgePlan, plan_id=plan_id, first_due_on=on(first_due), role="collector")

    def sets_autopay(self, method: Literal["card", "ach"] | None) -> Any:
        given = None if method is None else self.authorization(method)
        return self.order(SetAutopay, plan_id=self.plan.plan_id, autopay=given)

    def charge_fails(self, reason: str) -> Any:
        charge = self.arrangement.charges[-1]
        self.orders += 1
        return self.tell(
            PatientPaymentFailed(
                meta=meta(f"failed/{charge.charge_id}", self.today),
                account_id=ACCOUNT,
                payment_id=charge.payment_id,
                method="card",
                reason=reason,
            )
        )

    def charge_is_pending(self) -> Any:
        charge = self.arrangement.charges[-1]
        return self.tell(
            PatientPaymentPending(
                meta=meta(f"pending/{charge.charge_id}", self.today),
                account_id=ACCOUNT,
                payment_id=charge.payment_id,
                method="ach",
                pending_cents=charge.cents,
            )
        )

    def charge_is_paid(self) -> Any:
        charge = self.arrangement.charges[-1]
        return self.pays(charge.payment_id, charge.cents, leaving=self.account.balance_cents - charge.cents)

    def money_leaves(self, payment_id: str, cents: int, *, leaving: int) -> Any:
        self.sequence += 1
        self.tell(
            PatientMoneyReversed(
                meta=meta(f"reversed/{payment_id}", self.today, sequence=self.sequence),
                account_id=ACCOUNT,
                payment_id=payment_id,
                reversal_id=f"rev_{payment_id}",
                reversed_cents=cents,
                cause="ach_return",
            )
        )
        return self.owes(leaving)

    def money_comes_back(self, payment_id: str, cents: int, *, leaving: int) -> Any:
        self.sequence += 1
        self.tell(
            PatientMoneyRestored(
                meta=meta(f"restored/{payment_id}", self.today, sequence=self.sequence),
                account_id=ACCOUNT,
                payment_id=payment_id,
                reversal_id=f"rev_{payment_id}",
                restored_cents=cents,
            )
        )
        return self.owes(leaving)

    def tell_hardship(self) -> Any:
        return self.order(DescribeAccount, tags=("hardship",))

    def protects(self, cents: int) -> Any:
        fact = DebtNoted(account_id=ACCOUNT, qmb_cents=cents)
        return self.order(NotePerson, learned=(fact,))

    def reaches_by_email(self) -> Any:
        noted = ReachNoted(
            account_id=ACCOUNT,
            reach_id="mail",
            kind="email",
            sealed="sealed:mail",
            zones=("America/Chicago",),
            of_workplace=False,
            confirmed=True,
        )
        given = PersonConsent(
            account_id=ACCOUNT, consent_id="con", kind="email", given_at=at(self.today), reach_id="", proof="p"
        )
        return self.order(NotePerson, learned=(noted, given))

    @property
    def proposal(self) -> Proposal:
        assert self.account.plans.proposal is not None, "nothing is on the table"
        return self.account.plans.proposal

    @property
    def plan(self) -> Plan:
        assert self.account.episode is not None, "nothing is owed"
        assert self.account.episode.plan is not None, f"no plan is kept: {self.refusals()}"
        return self.account.episode.plan

    @property
    def arrangement(self) -> Arrangement:
        assert self.plan.arrangement is not None, "a plain plan"
        return self.plan.arrangement

    @property
    def schedule(self) -> list[tuple[int, int]]:
        """Day of the story and cents of each installment."""
        return [((one.due_on - on(0)).days, one.amount_cents) for one in self.plan.installments]

    def refusals(self) -> list[str]:
        """The codes of every reason that something was refused for."""
        found = (one for fact in self.facts if isinstance(fact, PlanOrderRefused) for one in fact.reasons)
        return [one.split(":")[0] for one in found]


def consent(day: int, **changes: Any) -> ConsentGiven:
    """By phone, on a recording."""
    given: dict[str, Any] = {"how": "phone", "at": at(day, 11), "text_version": TEXT, "proof": "rec_1"}
    return ConsentGiven(**{**given, **changes})


def kept(day: int = 10, **terms: Any) -> PlanStory:
    """A balance of 300 and a plan of three from day 20 on, agreed on day 10."""
    story = PlanStory().owes(300_00).lives_to(day)
    assert isinstance(story, PlanStory)
    autopay = terms.pop("autopay", None)
    wanted: dict[str, Any] = {"installments": 3, **terms}
    story.proposes(20, **wanted).accepts(autopay=autopay)
    story.forgets()
    return story


__all__ = ["BOOK", "PLAIN_DAYS", "POLICY", "RULES", "PlanStory", "Version", "book_with", "consent", "kept", "payment"]
