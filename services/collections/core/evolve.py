"""How facts change an account. No rules here, so history always replays."""

from typing import Any, Literal, assert_never

from services.collections.core.agency_account import AgencyGaveBack, BalanceExplained
from services.collections.core.agency_evolve import evolve_agency
from services.collections.core.dispute_evolve import evolve_dispute
from services.collections.core.dispute_facts import (
    DisputeOpened,
    DisputeResolved,
    EvidenceAdded,
    NoticePrepared,
    NoticeWentOut,
)
from services.collections.core.facts import (
    BalanceNoted,
    BalanceSettled,
    BalanceWrittenOff,
    BecameOverdue,
    CollectionFact,
    ContactMade,
    DeadlineWorkedOff,
    DeliveryFailed,
    DeliveryWithdrawn,
    EpisodeOpened,
    PlacementMade,
    PlacementPrepared,
    PlacementRecalled,
    PlanAgreed,
    PlanFulfilled,
    PlanMissed,
    PlanPaymentCounted,
    PlanRefused,
    RecallSent,
    ReminderPrepared,
    ReminderWentOut,
    RetryAllowed,
    StatementPrepared,
    StatementWentOut,
)
from services.collections.core.messages import LetterKind
from services.collections.core.person_evolve import evolve_gate, evolve_person
from services.collections.core.person_facts import (
    CallAsked,
    CallTaskEnded,
    ContactChanged,
    PersonFact,
    StepHeld,
    ValidationNoticeSent,
    WishJudged,
)
from services.collections.core.plan_evolve import evolve_plans, with_plan_ended, without_breaks
from services.collections.core.plan_facts import PlanNews
from services.collections.core.plan_terms import Counted, Installment, in_order
from services.collections.core.policy_evolve import at_new_balance, at_new_episode, evolve_policy, stated
from services.collections.core.policy_facts import PolicyNews
from services.collections.core.state import Account, Contact, Episode, Letter, Placement, Plan, PlanRequest
from services.collections.core.work_facts import WorkFact
from services.collections.core.work_state import contacted, episode_began, episode_ended, with_work
from shared.replaced import replace

CONTACTS_KEPT = 100
PLAN_REQUESTS_KEPT = 20
"""How much of its past an account carries along; the journal keeps everything."""


def evolve(account: Account, fact: CollectionFact) -> Account:  # noqa: C901, PLR0911, PLR0912 - one case per fact
    """Apply one fact."""
    if not account.account_id:
        account = replace(account, account_id=fact.account_id)
    match fact:
        case BalanceNoted():
            return _balance_noted(account, fact)
        case EpisodeOpened():
            opened = Episode(number=fact.number, policy=fact.policy, opened_on=fact.opened_on)
            desk = episode_began(account.desk, fact.tenant)
            account = replace(account, episodes=fact.number, episode=opened, ended=None, desk=desk)
            return at_new_episode(without_breaks(account))
        case StatementPrepared():
            return _statement_prepared(account, fact)
        case ReminderPrepared():
            return _reminder_prepared(account, fact)
        case PlacementPrepared():
            return _placement_prepared(account, fact)
        case StatementWentOut():
            return _statement_went_out(account, fact)
        case ReminderWentOut():
            return _reminder_went_out(account, fact)
        case PlacementMade():
            return _placement_made(account, fact)
        case PlacementRecalled():
            return _placement_recalled(account, fact)
        case RecallSent():
            return _without_letter(account, fact.placement_id, "recall")
        case DeliveryFailed():
            return _delivery_failed(account, fact)
        case DeliveryWithdrawn():
            return _without_letter(_number_given_back(account, fact.letter_id), fact.letter_id, fact.kind)
        case RetryAllowed():
            return _in_episode(account, None, retry_on=None)
        case DeadlineWorkedOff():
            return replace(account, worked_on=fact.worked_on)
        case ContactMade():
            return _contact_made(account, fact)
        case BecameOverdue():
            return _in_episode(account, None, overdue=True)
        case PlanAgreed():
            return _plan_agreed(account, fact)
        case PlanRefused():
            return _requested(account, PlanRequest(fact.plan_id, fact.terms, fact.reasons))
        case PlanPaymentCounted():
            return _plan_payment_counted(account, fact)
        case PlanMissed() | PlanFulfilled():
            return _plan_ended(account, fact)
        case PlanNews():
            return evolve_plans(account, fact)
        case BalanceWrittenOff():
            given_up = account.written_off_cents + fact.written_off_cents
            return _episode_ended(replace(account, written_off_cents=given_up), "written_off")
        case BalanceSettled():
            return _episode_ended(account, "settled")
        case PolicyNews():
            return evolve_policy(account, fact)
        case AgencyGaveBack() | BalanceExplained():
            return evolve_agency(account, fact)
        case DisputeOpened() | EvidenceAdded() | DisputeResolved() | NoticePrepared() | NoticeWentOut():
            return evolve_dispute(account, fact)
        case WorkFact():
            return replace(account, desk=with_work(account.desk, fact))
        case PersonFact():
            return evolve_person(account, fact)
        case WishJudged() | StepHeld() | ValidationNoticeSent() | CallAsked() | CallTaskEnded() | ContactChanged():
            return evolve_gate(account, fact)
        case _:
            assert_never(fact)


def _episode_ended(account: Account, how: Literal["settled", "written_off"]) -> Account:
    placed = None if account.episode is None or how == "settled" else account.episode.placement
    desk, left_with = episode_ended(account.desk), placed or account.left_with
    return replace(account, episode=None, ended=how, work=None, holds=(), call_tasks=(), left_with=left_with, desk=desk)


def _contact_made(account: Account, fact: ContactMade) -> Account:
    contact = Contact(
        contact_id=fact.contact_id,
        channel=fact.channel,
        purpose=fact.purpose,
        outcome=fact.outcome,
        contacted_at=fact.contacted_at,
        direction=fact.direction,
        reach_id=fact.reach_id,
        party=fact.party,
        decision_id=fact.decision_id,
        next_action_on=fact.next_action_on,
    )
    work = account.work or (f"breach: {fact.breach}" if fact.breach else None)
    desk = contacted(account.desk, fact.channel, fact.outcome, fact.contacted_at.date(), fact.next_action_on)
    return replace(account, contacts=(*account.contacts, contact)[-CONTACTS_KEPT:], work=work, desk=desk)


def _balance_noted(account: Account, fact: BalanceNoted) -> Account:
    balance_before_cents = account.balance_cents
    account = replace(
        account,
        balance_cents=fact.balance_cents,
        balance_sequence=fact.sequence,
        claims=fact.claims,
        sealed_guarantor=fact.sealed_guarantor,
        written_off_cents=fact.written_off_cents,
    )
    account = at_new_balance(account, fact.balance_cents - balance_before_cents)
    stated_cents = 0 if account.episode is None else account.episode.stated_cents
    return _in_episode(account, None, stated_cents=min(stated_cents, account.owed_cents))


def _statement_prepared(account: Account, fact: StatementPrepared) -> Account:
    letter = Letter(
        id=fact.statement_id,
        kind="statement",
        episode=fact.episode,
        number=fact.number,
        balance_cents=fact.balance_cents,
        due_on=fact.due_on,
        channel=fact.channel,
        reach_id=fact.reach_id,
        decision_id=fact.decision_id,
    )
    return replace(account, statements=fact.number, outgoing=(*account.outgoing, letter))


def _reminder_prepared(account: Account, fact: ReminderPrepared) -> Account:
    letter = Letter(
        id=fact.reminder_id,
        kind="reminder",
        episode=fact.episode,
        number=fact.level,
        balance_cents=fact.balance_cents,
        days_overdue=fact.days_overdue,
        final=fact.final,
        channel=fact.channel,
        reach_id=fact.reach_id,
        decision_id=fact.decision_id,
        notice_ends_on=fact.notice_ends_on,
    )
    return replace(account, outgoing=(*account.outgoing, letter))


def _placement_prepared(account: Account, fact: PlacementPrepared) -> Account:
    letter = Letter(
        id=fact.placement_id,
        kind="placement",
        episode=fact.episode,
        number=0,
        balance_cents=fact.balance_cents,
        agency_id=fact.agency_id,
        channel="agency",
        reach_id="",
        decision_id=fact.decision_id,
    )
    return replace(account, outgoing=(*account.outgoing, letter))


def _statement_went_out(account: Account, fact: StatementWentOut) -> Account:
    account = _told(_without_letter(account, fact.statement_id, "statement"), fact)
    if account.episode is not None and account.episode.first_statement_on is None:
        return _in_episode(account, fact.episode, first_statement_on=fact.sent_on, due_on=fact.due_on)
    return account


def _reminder_went_out(account: Account, fact: ReminderWentOut) -> Account:
    account = _told(_without_letter(account, fact.reminder_id, "reminder"), fact)
    account = _in_episode(account, fact.episode, level=fact.level)
    return _in_episode(account, fact.episode, final_notice_on=fact.sent_on) if fact.final else account


def _told(account: Account, fact: StatementWentOut | ReminderWentOut) -> Account:
    """A letter went out: what it said the guarantor knows. A balance that fell meanwhile is known as it is."""
    episode = account.episode
    if episode is None or episode.number != fact.episode:
        return account
    if account.says_something_new(fact.balance_cents):
        episode = replace(episode, newest_stated_on=fact.sent_on)
    stated_cents = min(fact.balance_cents, account.owed_cents)
    episode = replace(episode, last_letter_on=fact.sent_on, stated_cents=stated_cents, retry_on=None)
    waits = account.hold("place")  # for a person: a letter changes nothing of that
    work = account.work if waits is not None and waits.until is None else None
    return replace(stated(account), episode=episode, work=work)


def _placement_made(account: Account, fact: PlacementMade) -> Account:
    account = _without_letter(account, fact.placement_id, "placement")
    placement = Placement(fact.placement_id, fact.agency_id, fact.placed_cents, fact.placed_on)
    account = _in_episode(account, fact.episode, placement=placement, retry_on=None)
    if account.episode is not None and account.episode.number == fact.episode:
        account = _in_episode(account, None, placements=account.episode.placements + 1)
    return replace(account, work=None)


def _placement_recalled(account: Account, fact: PlacementRecalled) -> Account:
    recall = Letter(
        id=fact.placement_id,
        kind="recall",
        episode=0,
        number=0,
        balance_cents=fact.balance_cents,
        agency_id=fact.agency_id,
    )
    account = replace(account, outgoing=(*account.outgoing, recall))
    if account.left_with is not None and account.left_with.placement_id == fact.placement_id:
        account = replace(account, left_with=None)
    placed = account.episode.placement if account.episode is not None else None
    if placed is None or placed.placement_id != fact.placement_id:
        return account
    return _in_episode(account, None, placement=None)


def _delivery_failed(account: Account, fact: DeliveryFailed) -> Account:
    account = _without_letter(_number_given_back(account, fact.letter_id), fact.letter_id, fact.kind)
    account = _in_episode(account, fact.episode, retry_on=fact.retry_on)
    return replace(account, work=f"{fact.kind}: {fact.reason}")


def _number_given_back(account: Account, letter_id: str) -> Account:
    """A statement that never went out does not count: its number is used again, unless a later one has followed."""
    for letter in account.outgoing:
        if (letter.id, letter.kind, letter.number) == (letter_id, "statement", account.statements):
            return replace(account, statements=account.statements - 1)
    return account


def _without_letter(account: Account, letter_id: str, kind: LetterKind) -> Account:
    kept = tuple(letter for letter in account.outgoing if (letter.id, letter.kind) != (letter_id, kind))
    return replace(account, outgoing=kept)


def _plan_agreed(account: Account, fact: PlanAgreed) -> Account:
    installments = tuple(Installment(item.due_on, item.amount_cents) for item in fact.installments)
    plan = Plan(fact.plan_id, fact.total_cents, installments, fact.agreed_at, returned=account.plans.returned)
    return _requested(_in_episode(account, None, plan=plan), PlanRequest(fact.plan_id, fact.terms))


def _plan_payment_counted(account: Account, fact: PlanPaymentCounted) -> Account:
    assert account.episode is not None, "a payment was counted to a plan of no episode"
    plan = account.episode.plan
    assert plan is not None, "a payment was counted to no plan"
    counted = in_order((*plan.payments, Counted(fact.payment_id, fact.paid_cents, fact.paid_on)))
    heard_at = max(plan.heard_at, fact.sequence)
    return _in_episode(account, None, plan=replace(plan, payments=counted, heard_at=heard_at))


def _plan_ended(account: Account, fact: PlanMissed | PlanFulfilled) -> Account:
    account = with_plan_ended(account, "broken" if isinstance(fact, PlanMissed) else "completed", fact.ended_on)
    assert account.episode is not None, "a plan ended in no episode"
    return _in_episode(account, None, plan=None, rested_days=account.episode.rested_days + fact.rested_days)


def _requested(account: Account, request: PlanRequest) -> Account:
    return replace(account, plan_requests=(*account.plan_requests, request)[-PLAN_REQUESTS_KEPT:])


def _in_episode(account: Account, number: int | None, **changes: Any) -> Account:
    """Change the open episode, if it is the one meant (None: whichever is open)."""
    episode = account.episode
    if episode is None or number not in {None, episode.number}:
        return account
    return replace(account, episode=replace(episode, **changes))
