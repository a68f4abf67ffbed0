"""What an account answers to proposals, decisions, consent and changes. Every refusal is kept with its reasons."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple, assert_never

from services.collections.core.asking import judge_wish
from services.collections.core.facts import CollectionFact, ContactMade, PlanAgreed, PlannedInstallment
from services.collections.core.gate import Act, Wish
from services.collections.core.identity import name
from services.collections.core.letters import Books, Items, day_of
from services.collections.core.plan_charges import autopay_refusals, end_autopay, set_autopay
from services.collections.core.plan_facts import (
    PlanArranged,
    PlanCancelled,
    PlanOrderRefused,
    PlanProposed,
    ProposalDecided,
)
from services.collections.core.plan_messages import (
    AcceptProposal,
    AutopayGiven,
    CancelPlan,
    ConsentGiven,
    DecideProposal,
    OfferSettlement,
    PlanMessage,
    PlanOrder,
    ProposePlan,
    ReAgePlan,
    SetAutopay,
)
from services.collections.core.plan_money import money_restored, money_returned
from services.collections.core.plan_offers import Choice, Judged, Terms, frame_of, judge_plan, plan_offers
from services.collections.core.plan_policy import PlanRules, Role
from services.collections.core.plan_re_age import join, re_age, rescheduled
from services.collections.core.plan_state import Arrangement, Authorization, Consent, Proposal
from services.collections.core.plan_terms import Installment
from services.collections.core.plans import being_placed, rested_days
from services.collections.core.policy import DunningPolicy
from services.collections.core.settlement import judge_settlement, may_approve
from services.collections.core.state import Account, Plan
from shared.contracts import PatientMoneyRestored, PatientMoneyReversed
from shared.replaced import replace

CHANNELS = {"phone": "phone", "web": "portal", "paper": "letter"}
"""By which way they agreed, as the contact log calls it."""


class Desk(NamedTuple):
    """What one command about plans is judged by: its account, the policies of its day, and that day."""

    books: Books
    account: Account
    order: PlanOrder
    rules: PlanRules
    dunning: DunningPolicy | None
    on: date

    @property
    def plan(self) -> Plan | None:
        return None if self.account.episode is None else self.account.episode.plan

    def refused(self, *reasons: str) -> tuple[CollectionFact, ...]:
        """The answer to a command that changes nothing."""
        command_id = str(self.order.meta.id)
        about = type(self.order).model_fields["type"].default
        refused = PlanOrderRefused(
            account_id=self.order.account_id, heard=command_id, command_id=command_id, about=about, reasons=reasons
        )
        return (refused,)


def hear_plan(books: Books, account: Account, message: PlanMessage) -> Items:
    """Every branch on what concerns plans alone. A command that was heard decides nothing."""
    if isinstance(message, PatientMoneyReversed):
        return money_returned(account, message)
    if isinstance(message, PatientMoneyRestored):
        return money_restored(account, message)
    if str(message.meta.id) in account.plans.heard:
        return ()
    return _ordered(desk_of(books, account, message), message)


def desk_of(books: Books, account: Account, order: PlanOrder) -> Desk:
    on, episode = day_of(order.meta.occurred_at), account.episode
    dunning = None if episode is None else books.policies.named(episode.policy)
    return Desk(books, account, order, books.plans.on(order.meta.tenant, on), dunning, on)


def _ordered(  # noqa: PLR0911 - one case per command
    desk: Desk,
    order: ProposePlan | OfferSettlement | DecideProposal | AcceptProposal | CancelPlan | ReAgePlan | SetAutopay,
) -> Items:
    match order:
        case ProposePlan():
            return propose(desk, order)
        case OfferSettlement():
            return offer_settlement(desk, order)
        case DecideProposal():
            return decide_proposal(desk, order)
        case AcceptProposal():
            return accept(desk, order)
        case CancelPlan():
            return cancel(desk, order)
        case ReAgePlan():
            made = re_age(desk.rules, desk.dunning, desk.account, order, desk.on)
            return made if not isinstance(made, str) else desk.refused(made)
        case SetAutopay():
            return _autopay(desk, order)
        case _:
            assert_never(order)


def offers(books: Books, account: Account, order: ProposePlan, role: Role) -> tuple[Choice, ...]:
    """The choices of an account as of a moment: `order` says for whom and when, and is not carried out."""
    desk = desk_of(books, account, order)
    obstacles = tuple(why_none(desk, joins=desk.plan is not None))
    return plan_offers(desk.rules, desk.dunning, account, desk.on, role, obstacles)


def why_none(desk: Desk, *, joins: bool) -> Iterator[str]:
    """What stands in the way of every plan and settlement of this account, whatever its terms."""
    account, episode = desk.account, desk.account.episode
    if episode is None or account.owed_cents <= 0:
        yield "no_balance_owed: nothing is owed that a plan could be for"
        return
    if desk.rules.conduct is None:
        yield "no_plans_offered: this client offers no plans; see plans.toml"
    if episode.placement is not None or being_placed(account, episode):
        yield "placed_with_agency: the account is with an agency; recall it first"
    if desk.plan is not None and not joins:
        yield "plan_already_active: another plan is being kept"
    yield from _may_not_be_billed(desk)


def _may_not_be_billed(desk: Desk) -> Iterator[str]:
    """What the compliance gate says of asking for this money at all."""
    asker = desk.books.asker(desk.order.meta, desk.order.account_id)
    _, verdict = judge_wish(asker, desk.account, Wish(act=Act.BILL, at=asker.at), "plan")
    yield from (f"{one.rule}: {one.reason}" for one in verdict.blocks)


def propose(desk: Desk, order: ProposePlan) -> Items:
    """Put terms on the table: judged by the policy, refused with every reason, or waiting for a second person."""
    joins = desk.plan is not None and desk.rules.conduct is not None and desk.rules.conduct.new_balances == "join"
    obstacles = tuple(why_none(desk, joins=joins))
    if obstacles or desk.dunning is None or desk.rules.conduct is None:
        return desk.refused(*obstacles)
    why_not = join(desk.plan, desk.account) if desk.plan is not None else ""
    if why_not:
        return desk.refused(why_not)
    if order.installments is None and order.installment_cents is None:
        return desk.refused("no_terms: say how many installments, or how much each")
    terms = Terms(
        order.variant,
        order.first_due_on,
        order.installments,
        order.installment_cents,
        order.down_payment_cents,
        order.every,
    )
    judged = judge_plan(desk.rules, desk.dunning, desk.account, terms, desk.on, order.role)
    if judged.refused:
        return desk.refused(*judged.refused)
    replaces = "" if desk.plan is None else desk.plan.plan_id
    return _proposed(desk, order, judged, desk.rules.conduct.offer_days, terms.variant, replaces)


def offer_settlement(desk: Desk, order: OfferSettlement) -> Items:
    """Offer to give a part up. Never for what may not be billed at all: that is not theirs to settle."""
    obstacles = tuple(why_none(desk, joins=False))
    if desk.rules.settlement is None:
        obstacles = (*obstacles, "no_settlements_offered: this client has adopted no limits for settlements")
    if obstacles or desk.rules.settlement is None or desk.rules.conduct is None:
        return desk.refused(*obstacles)
    judged = judge_settlement(desk.rules.settlement, desk.rules.conduct, desk.account, order, desk.on)
    if judged.refused:
        return desk.refused(*judged.refused)
    return _proposed(desk, order, judged, desk.rules.settlement.offer_days, "settlement", "")


def _proposed(
    desk: Desk, order: ProposePlan | OfferSettlement, judged: Judged, days: int, variant: str, replaces: str
) -> Items:
    is_plan = isinstance(order, ProposePlan)
    proposed = PlanProposed(
        account_id=order.account_id,
        heard=str(order.meta.id),
        proposal_id=order.proposal_id,
        kind="plan" if is_plan else "settlement",
        variant=variant,
        policy=desk.rules.versions,
        owed_cents=desk.account.owed_cents,
        total_cents=sum(one.amount_cents for one in judged.installments),
        installments=judged.installments,
        proposed_by=order.meta.actor,
        role=order.role,
        needs=judged.needs,
        expires_on=desk.on + timedelta(days),
        replaces=replaces,
        down_payment_cents=order.down_payment_cents if isinstance(order, ProposePlan) else 0,
    )
    return (proposed,)


def decide_proposal(desk: Desk, order: DecideProposal) -> Items:
    """Four eyes: never by the one who proposed it, and by an operator only."""
    proposal = desk.account.plans.proposal
    if proposal is None or proposal.proposal_id != order.proposal_id or proposal.status != "waiting":
        return desk.refused("nothing_waits: no such proposal waits for a second person")
    if order.meta.actor == proposal.proposed_by:
        return desk.refused("same_person: whoever proposed it cannot approve it: another person must")
    if order.role != "operator":
        return desk.refused("not_a_supervisor: this is for an operator to decide")
    rules, forgiven_cents = desk.rules.settlement, proposal.forgiven_cents
    if order.approved and forgiven_cents and not may_approve(rules, order.role, forgiven_cents, proposal.owed_cents):
        return desk.refused("too_much_given_up: above what this role may approve")
    decided = ProposalDecided(
        account_id=order.account_id,
        heard=str(order.meta.id),
        proposal_id=order.proposal_id,
        approved=order.approved,
        decided_by=order.meta.actor,
        reason=order.reason,
    )
    return (decided,)


def accept(desk: Desk, order: AcceptProposal) -> Items:
    """The guarantor agreed: the plan begins, if what was proposed still holds and the consent is to the right text."""
    proposal = desk.account.plans.proposal
    if proposal is None or proposal.proposal_id != order.proposal_id:
        return desk.refused("no_such_proposal: those terms are not on the table; a newer proposal takes their place")
    reasons = (*_stale(desk, proposal), *_consent_faults(desk, order))
    if reasons or desk.rules.conduct is None:
        return desk.refused(*reasons)
    installments = proposal.installments
    if proposal.down_payment_cents:
        installments = (Installment(desk.on, proposal.down_payment_cents), *installments[1:])
    arrangement = _arranged(desk, proposal, order)
    if desk.plan is not None:
        return _joined(order, desk.plan, arrangement, installments)
    plan_id = name("plan", order.meta.tenant, order.account_id, proposal.proposal_id)
    agreed = PlanAgreed(
        account_id=order.account_id,
        plan_id=plan_id,
        terms=proposal.proposal_id,
        total_cents=proposal.total_cents,
        installments=tuple(
            PlannedInstallment(due_on=one.due_on, amount_cents=one.amount_cents) for one in installments
        ),
        agreed_at=order.meta.occurred_at,
        forgiven_cents=proposal.forgiven_cents,
    )
    arranged = PlanArranged(
        account_id=order.account_id, heard=str(order.meta.id), plan_id=plan_id, arrangement=arrangement
    )
    return (agreed, arranged, _contact(order))


def _stale(desk: Desk, proposal: Proposal) -> Iterator[str]:
    """Why terms that were proposed do not hold any more."""
    if proposal.status not in {"offered", "approved"}:
        yield f"not_open: the proposal is {proposal.status}"
    if desk.on > proposal.expires_on:
        yield f"expired: it was open until {proposal.expires_on}; propose it again"
    if proposal.owed_cents != desk.account.owed_cents:
        yield "balance_changed: another balance is owed now; propose it again"
    if (desk.plan.plan_id if desk.plan is not None else "") != proposal.replaces:
        yield "plan_changed: another plan is kept, or none, than when it was proposed"
    after_first = proposal.installments[1 if proposal.down_payment_cents else 0].due_on
    if after_first < desk.on:
        yield "first_installment_in_the_past: propose it again with a later day"
    yield from why_none(desk, joins=bool(proposal.replaces))


def _consent_faults(desk: Desk, order: AcceptProposal) -> Iterator[str]:
    conduct, consent = desk.rules.conduct, order.consent
    if conduct is not None and consent.text_version != conduct.text_version:
        yield f"other_text: the text in force is {conduct.text_version}; show that one"
    if consent.at > order.meta.occurred_at:
        yield "consent_ahead: a consent is recorded after it was given"
    if consent.how in {"phone", "paper"} and not consent.proof:
        yield "no_proof: name the recording or the paper that shows it"
    if order.autopay is not None:
        yield from autopay_refusals(desk.rules.autopay, order.autopay, order.meta.occurred_at)


def _arranged(desk: Desk, proposal: Proposal, order: AcceptProposal) -> Arrangement:
    assert desk.rules.conduct is not None, "nothing is offered without it"
    assert desk.dunning is not None, "what is owed has a policy"
    settlement, conduct = desk.rules.settlement, desk.rules.conduct
    grace_days = frame_of(desk.rules.variant(proposal.variant), desk.dunning).grace_days
    if proposal.kind == "settlement" and settlement is not None:
        grace_days = settlement.grace_days
    return Arrangement(
        proposal_id=proposal.proposal_id,
        variant=proposal.variant,
        policy=proposal.policy,
        consent=consent_of(order.consent),
        grace_days=grace_days,
        misses_allowed=0 if proposal.kind == "settlement" else conduct.misses_allowed,
        extra_pays=conduct.extra_pays,
        remind_days_before=conduct.remind_days_before,
        forgiven_cents=proposal.forgiven_cents,
        autopay=None if order.autopay is None else authorization_of(order, order.autopay),
    )


def consent_of(given: ConsentGiven) -> Consent:
    return Consent(given.by, given.how, given.at, given.text_version, given.proof)


def authorization_of(order: PlanOrder, given: AutopayGiven) -> Authorization:
    authorization_id = name("aut", order.meta.tenant, order.account_id, order.meta.id)
    return Authorization(authorization_id, given.method, given.sealed_token, consent_of(given.consent))


def _joined(
    order: AcceptProposal, plan: Plan, arrangement: Arrangement, installments: tuple[Installment, ...]
) -> Items:
    """The whole balance goes into the plan that is kept: its story and its stored card go on."""
    assert plan.arrangement is not None, "only a plan with an arrangement is joined"
    before = plan.arrangement
    kept = replace(arrangement, re_ages=before.re_ages, autopay=arrangement.autopay or before.autopay)
    made = rescheduled(order, plan.plan_id, "joined", installments, replace(kept, charges=before.charges))
    return (made, _contact(order))


def _contact(order: AcceptProposal) -> ContactMade:
    return ContactMade(
        account_id=order.account_id,
        contact_id=f"con_{order.meta.id.hex[:20]}",
        channel=CHANNELS[order.consent.how],  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - each is one
        purpose="plan",
        outcome="reached",
        contacted_at=order.consent.at,
        direction="in",  # it is they who agree: no answer of the gate goes with it
    )


def cancel(desk: Desk, order: CancelPlan) -> Items:
    """End the plan that is kept. A charge that is on its way still comes, and lowers the balance."""
    plan, episode = desk.plan, desk.account.episode
    if plan is None or episode is None or plan.plan_id != order.plan_id:
        return desk.refused("no_such_plan: that plan is not being kept")
    cancelled = PlanCancelled(
        account_id=order.account_id,
        heard=str(order.meta.id),
        plan_id=plan.plan_id,
        reason=order.reason,
        balance_cents=max(0, desk.account.owed_cents),
        rested_days=rested_days(episode, desk.on),
        ended_on=desk.on,
    )
    return (cancelled,)


def _autopay(desk: Desk, order: SetAutopay) -> Items:
    plan = desk.plan
    if plan is None or plan.plan_id != order.plan_id or plan.arrangement is None:
        return desk.refused("no_such_plan: that plan is not being kept, or was agreed without an arrangement")
    heard = str(order.meta.id)
    if order.autopay is None:
        return end_autopay(order.account_id, plan, "revoked", heard=heard) or desk.refused(
            "no_autopay: nothing is taken"
        )
    faults = tuple(autopay_refusals(desk.rules.autopay, order.autopay, order.meta.occurred_at))
    if faults:
        return desk.refused(*faults)
    return set_autopay(order.account_id, plan, authorization_of(order, order.autopay), heard)
