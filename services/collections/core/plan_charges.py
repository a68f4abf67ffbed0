"""Taking installments by themselves: one try at a time, tried again where that can help, never more often than allowed.

Payments does the taking and keeps the money; here is only what is asked of it, and what its answers mean. A charge that
has no answer stands: nothing else is taken for any installment, and a person finds out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.collections.core.asking import may_act
from services.collections.core.facts import CollectionFact
from services.collections.core.gate import Act
from services.collections.core.identity import name
from services.collections.core.letters import Books, Items, Today, day_of
from services.collections.core.plan_days import open_ones
from services.collections.core.plan_facts import (
    AutopayAgreed,
    AutopayEnded,
    ChargeChased,
    InstallmentChargeAsked,
    InstallmentChargeEnded,
)
from services.collections.core.plan_messages import AutopayGiven
from services.collections.core.plan_policy import AutopayRules
from services.collections.core.plan_state import Authorization, AutopayEnd, Charge
from services.collections.core.state import Account, Plan
from shared.contracts import PatientPaymentFailed, PatientPaymentPending, PatientPaymentReceived
from shared.replaced import replace

ChargeNews = PatientPaymentReceived | PatientPaymentPending | PatientPaymentFailed


def autopay_refusals(rules: AutopayRules | None, given: AutopayGiven, at: datetime) -> Iterator[str]:
    """Why an authorization is not taken."""
    if rules is None:
        yield "no_autopay_offered: nobody has confirmed the rules of taking installments; see plans.toml"
        return
    if not rules.attempts_max(given.method):
        yield f"method_not_offered: nothing is taken by {given.method}"
    if given.consent.text_version != rules.text_version:
        yield f"other_authorization_text: the text in force is {rules.text_version}; show that one"
    if given.consent.at > at:
        yield "authorization_ahead: an authorization is recorded after it was given"
    if given.consent.how == "phone" and not given.consent.proof:
        yield "no_proof: name the recording that shows the authorization"


def set_autopay(account_id: str, plan: Plan, authorization: Authorization, heard: str) -> Items:
    """From now on installments are taken from this card or bank account."""
    agreed = AutopayAgreed(account_id=account_id, heard=heard, plan_id=plan.plan_id, authorization=authorization)
    return (agreed,)


def end_autopay(
    account_id: str, plan: Plan, why: AutopayEnd, reason: str = "", *, heard: str = ""
) -> tuple[CollectionFact, ...]:
    """Nothing is taken any more; nothing when nothing was."""
    autopay = None if plan.arrangement is None else plan.arrangement.autopay
    if autopay is None or autopay.ended:
        return ()
    ended = AutopayEnded(
        account_id=account_id,
        heard=heard,
        plan_id=plan.plan_id,
        authorization_id=autopay.authorization_id,
        why=why,
        reason=reason,
    )
    return (ended,)


def ask_charge(today: Today, account: Account, plan: Plan) -> Items:
    """Ask payments to take what is open of the first open installment, if it may be asked for at all."""
    rules = today.plans.on(today.tenant, today.on).autopay
    arrangement = plan.arrangement
    assert arrangement is not None, "a charge needs an arrangement"
    assert arrangement.autopay is not None, "a charge needs an authorization"
    if rules is None:
        return end_autopay(account.account_id, plan, "tried_enough", "the rules of autopay are not in force")
    leave = may_act(today.asker, account, Act.BILL, "plan_charge")
    if not leave.allowed:
        return leave.facts
    first = open_ones(plan, account.owed_cents)[0]
    attempt = len(arrangement.tries(first.number)) + 1
    charge = Charge(
        charge_id=name("apc", today.tenant, account.account_id, plan.plan_id, plan.agreed_at, first.number, attempt),
        number=first.number,
        attempt=attempt,
        cents=min(first.cents, account.owed_cents),
        asked_on=today.on,
        answer_by=today.on + timedelta(rules.answer_days),
    )
    asked = InstallmentChargeAsked(
        account_id=account.account_id,
        plan_id=plan.plan_id,
        charge=charge,
        authorization=arrangement.autopay,
        decision_id=leave.decision_id,
    )
    return (*leave.facts, asked)


def chase(account: Account, plan: Plan) -> Items:
    """A charge has no answer: a person finds out."""
    charge = None if plan.arrangement is None else plan.arrangement.open_charge
    assert charge is not None, "no charge is awaited"
    return (ChargeChased(account_id=account.account_id, plan_id=plan.plan_id, charge_id=charge.charge_id),)


def charge_news(books: Books, account: Account, news: ChargeNews) -> Items:
    """What became of a charge of ours. Money that came is the last word; other payments are none of this."""
    plan = None if account.episode is None else account.episode.plan
    charge = None if plan is None or plan.arrangement is None else plan.arrangement.charge(news.payment_id)
    if plan is None or charge is None or charge.outcome == "paid":
        return ()
    if isinstance(news, PatientPaymentReceived):
        return (_ended(account, plan, replace(charge, outcome="paid", retry_on=None)),)
    if isinstance(news, PatientPaymentPending):
        return () if charge.outcome != "asked" else (_ended(account, plan, replace(charge, outcome="pending")),)
    if charge.outcome == "failed":
        return ()
    return _failed(books, account, plan, charge, news)


def _failed(books: Books, account: Account, plan: Plan, charge: Charge, news: PatientPaymentFailed) -> Items:
    """Soft declines are tried again on another day, while the networks allow it; anything else ends the taking."""
    on = day_of(news.meta.occurred_at)
    rules, arrangement = books.plans.on(news.meta.tenant, on).autopay, plan.arrangement
    assert arrangement is not None, "a charge needs an arrangement"
    method = "card" if arrangement.autopay is None else arrangement.autopay.method
    soft = rules is not None and news.reason in rules.soft
    again = rules is not None and soft and charge.number > 0 and charge.attempt < rules.attempts_max(method)
    retry_on = on + timedelta(rules.retry_days(charge.attempt)) if rules is not None and again else None
    failed = _ended(account, plan, replace(charge, outcome="failed", reason=news.reason, retry_on=retry_on))
    if again:
        return (failed,)
    return (failed, *end_autopay(account.account_id, plan, "tried_enough" if soft else "hard_decline", news.reason))


def _ended(account: Account, plan: Plan, charge: Charge) -> InstallmentChargeEnded:
    return InstallmentChargeEnded(account_id=account.account_id, plan_id=plan.plan_id, charge=charge)
