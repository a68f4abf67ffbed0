"""Statements, reminders and placements: asking for them, and what their answers mean."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from services.collections.core.agency_account import TellAgency
from services.collections.core.agency_policy import NO_AGENCIES, AgencyBook
from services.collections.core.asking import (
    Asker,
    Plea,
    Route,
    allowed_until,
    contact_wish,
    find_way,
    judge_wish,
    may_act,
    notice_ends,
)
from services.collections.core.dispute_messages import SendNotice
from services.collections.core.facts import (
    CollectionFact,
    PlacementPrepared,
    PlacementRecalled,
    ReminderPrepared,
    StatementPrepared,
)
from services.collections.core.gate import Act, Carried, Purpose
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.identity import name
from services.collections.core.messages import (
    AccountEffect,
    Channel,
    LetterKind,
    PlaceAccount,
    RecallAccount,
    SendReminder,
    SendStatement,
)
from services.collections.core.person import MEDIA
from services.collections.core.person_facts import (
    CallAsked,
)
from services.collections.core.plan_policy import NO_PLANS, PlanBook
from services.collections.core.policy import DunningPolicy, PolicyBook, ReminderLevel
from services.collections.core.schedule import level_due
from services.collections.core.state import Account, Episode
from shared.contracts import Meta

Items: TypeAlias = tuple[CollectionFact | AccountEffect | SendNotice | TellAgency, ...]


STATEMENT_CHANNELS: tuple[Channel, ...] = ("letter", "email")
"""How a statement goes out: as a letter; where letters come back, by e-mail, if they agreed to that."""


NOTICE_PURPOSES = {
    "dispute_received": Purpose.VERIFICATION,
    "verification": Purpose.VERIFICATION,
    "dispute_resolved": Purpose.VERIFICATION,
    "opt_out_confirmed": Purpose.CONFIRMATION,
    "plan_due": Purpose.COLLECTION,
    "plan_broken": Purpose.COLLECTION,
    "assistance_missing": Purpose.ASSISTANCE,
    "assistance_granted": Purpose.ASSISTANCE,
    "assistance_denied": Purpose.ASSISTANCE,
}
"""What the gate hears each notice is for: those of a plan ask for money, the others do not."""


class Today(NamedTuple):
    """Under which policy, for whom and on which day (UTC) something is decided, and by which rules of the gate."""

    policy: DunningPolicy
    tenant: str
    on: date
    asker: Asker
    plans: PlanBook = NO_PLANS
    agencies: AgencyBook = NO_AGENCIES


class Books(NamedTuple):
    """What all accounts are decided by: the policies, the rules of the gate, and what is offered as plans."""

    policies: PolicyBook
    rules: RuleShelf
    plans: PlanBook = NO_PLANS
    agencies: AgencyBook = NO_AGENCIES

    def asker(self, meta: Meta, account_id: str = "") -> Asker:
        """Who asks the gate for a message: at its time, by the rules of its tenant and day.

        `account_id` where the message may be the first that the account hears.
        """
        rules = self.rules.on(meta.tenant, day_of(meta.occurred_at))
        return Asker(rules, meta.tenant, meta.occurred_at, str(meta.id), account_id)

    def today(self, policy: DunningPolicy, meta: Meta) -> Today:
        return Today(policy, meta.tenant, day_of(meta.occurred_at), self.asker(meta), self.plans, self.agencies)


def day_of(at: datetime) -> date:
    """The calendar day of a moment, UTC."""
    return at.astimezone(UTC).date()


def prepare_statement(today: Today, account: Account, episode: Episode) -> Items:
    """Ask for the next statement. While a plan is kept it asks for the next installment only."""
    asked = find_way(today.asker, account, Plea(action="state", channels=STATEMENT_CHANNELS))
    if asked.route is None:
        return asked.facts
    route, number = asked.route, account.statements + 1
    statement_id = name("stm", today.tenant, account.account_id, number)
    due_on, amount_due_cents = today.on + timedelta(today.policy.due_after_days), account.owed_cents
    unpaid = episode.plan.first_unpaid(account.owed_cents) if episode.plan is not None else None
    if unpaid is not None:
        due_on, amount_due_cents = max(unpaid[0].due_on, today.on), min(unpaid[1], account.owed_cents)
    prepared = StatementPrepared(
        account_id=account.account_id,
        statement_id=statement_id,
        episode=episode.number,
        number=number,
        balance_cents=account.owed_cents,
        due_on=due_on,
        channel=route.channel,
        reach_id=route.reach.id,
        decision_id=route.decision_id,
    )
    send = SendStatement(
        account_id=account.account_id,
        statement_id=statement_id,
        number=number,
        balance_cents=account.owed_cents,
        amount_due_cents=amount_due_cents,
        dated_on=today.on,
        due_on=due_on,
        sealed_guarantor=account.sealed_guarantor,
        channel=route.channel,
        reach_id=route.reach.id,
        sealed_reach=route.reach.sealed,
        language=account.person.language,
        not_before=later_than(today, route),
    )
    return (*asked.facts, prepared, send)


def prepare_reminder(today: Today, account: Account, episode: Episode) -> Items:
    """Ask for the highest reminder whose day has come; lower ones that were never sent are skipped.

    The first of them carries the validation notice where that law binds, and then goes by letter.
    """
    assert episode.due_on is not None, "a reminder needs the due date of a statement"
    level, reminder, skipped = level_due(today.policy, account, episode, today.on)
    notice_ends_on = None if episode.validation_sent_on else notice_ends(today.asker.rules, today.on)
    plea = reminder_plea(reminder, notice_ends_on)
    asked = find_way(today.asker, account, plea)
    if asked.route is None:
        return asked.facts
    route = asked.route
    reminder_id = name("rem", today.tenant, account.account_id, episode.number, level)
    if route.channel == "phone":
        return (*asked.facts, call_asked(today, account, plea, route, reminder_id, level))
    prepared = ReminderPrepared(
        account_id=account.account_id,
        reminder_id=reminder_id,
        episode=episode.number,
        level=level,
        final=reminder.final,
        skipped=skipped,
        balance_cents=account.owed_cents,
        days_overdue=max(0, (today.on - episode.due_on).days),
        channel=route.channel,
        reach_id=route.reach.id,
        decision_id=route.decision_id,
        notice_ends_on=notice_ends_on,
    )
    return (*asked.facts, prepared, send_reminder(today, account, prepared, reminder.template, episode.due_on, route))


def reminder_plea(reminder: ReminderLevel, notice_ends_on: date | None) -> Plea:
    """What a reminder asks of the gate: with the validation notice by letter only."""
    carries_notice = notice_ends_on is not None
    return Plea(
        action="remind",
        channels=("letter",) if carries_notice else reminder.channels,
        carries=frozenset({Carried.VALIDATION_NOTICE}) if carries_notice else frozenset(),
        threatens=frozenset({Act.PLACEMENT}) if reminder.final else frozenset(),
    )


def send_reminder(
    today: Today, account: Account, prepared: ReminderPrepared, template: str, due_on: date, route: Route
) -> SendReminder:
    """The work that a prepared reminder is."""
    return SendReminder(
        account_id=account.account_id,
        reminder_id=prepared.reminder_id,
        level=prepared.level,
        final=prepared.final,
        balance_cents=prepared.balance_cents,
        dated_on=today.on,
        due_on=due_on,
        days_overdue=prepared.days_overdue,
        sealed_guarantor=account.sealed_guarantor,
        channel=route.channel,
        reach_id=route.reach.id,
        sealed_reach=route.reach.sealed,
        language=account.person.language,
        template=template,
        notice_ends_on=prepared.notice_ends_on,
        charged_cents=min(account.standing.charged_cents, account.owed_cents),
        not_before=later_than(today, route),
    )


def call_asked(today: Today, account: Account, plea: Plea, route: Route, task_id: str, level: int) -> CallAsked:
    """Ask a person to call, in the hours that the gate allows."""
    assert account.episode is not None, "nobody is called about a balance that is not open"
    return CallAsked(
        account_id=account.account_id,
        task_id=task_id,
        episode=account.episode.number,
        level=level,
        purpose="reminder",
        asked_on=today.on,
        from_at=route.not_before,
        until=allowed_until(today.asker, account, plea, route),
        decision_id=route.decision_id,
    )


def later_than(today: Today, route: Route) -> datetime | None:
    """When it may go out, if that is not now."""
    return route.not_before if route.not_before > today.asker.at else None


def prepare_placement(today: Today, account: Account, episode: Episode, agency_id: str) -> Items:
    """Ask for the placement with an agency."""
    assert episode.first_statement_on is not None, "nothing is placed that was never stated"
    assert episode.due_on is not None, "nothing is placed that was never due"
    leave = may_act(today.asker, account, Act.PLACEMENT, "place")
    if not leave.allowed:
        return leave.facts
    again = (episode.placements,) if episode.placements else ()
    placement_id = name("plc", today.tenant, account.account_id, episode.number, *again)
    prepared = PlacementPrepared(
        account_id=account.account_id,
        placement_id=placement_id,
        episode=episode.number,
        agency_id=agency_id,
        balance_cents=account.owed_cents,
        decision_id=leave.decision_id,
    )
    place = PlaceAccount(
        account_id=account.account_id,
        placement_id=placement_id,
        agency_id=agency_id,
        balance_cents=account.owed_cents,
        claims=account.claims,
        number=episode.placements + 1,
        first_statement_on=episode.first_statement_on,
        due_on=episode.due_on,
        placed_on=today.on,
        sealed_guarantor=account.sealed_guarantor,
    )
    return (*leave.facts, prepared, place)


def recall(account: Account, placement_id: str, agency_id: str, on: date) -> Items:
    """Take an account back from the agency: it must stop at once, so it is told."""
    balance_cents = max(0, account.owed_cents)
    recalled = PlacementRecalled(
        account_id=account.account_id, placement_id=placement_id, agency_id=agency_id, balance_cents=balance_cents
    )
    tell = RecallAccount(
        account_id=account.account_id,
        placement_id=placement_id,
        agency_id=agency_id,
        balance_cents=balance_cents,
        recalled_on=on,
    )
    return (recalled, tell)


def still_wanted(account: Account, letter_id: str, kind: LetterKind) -> bool:
    """Whether what was asked for should still go out.

    Its episode is open, what it says is still owed to the cent, nobody excluded the account, and no plan makes it
    improper. What is not wanted is withdrawn, and the schedule asks again if something is still to be said.
    """
    letter, episode = account.letter(letter_id, kind), account.episode
    if letter is None or kind in {"recall", "notice"}:
        return letter is not None
    if episode is None or episode.number != letter.episode or letter.balance_cents != account.owed_cents:
        return False
    return account.standing.exclusion is None and (kind == "statement" or episode.plan is None)


def may_leave(asker: Asker, account: Account, letter_id: str, kind: LetterKind) -> bool:
    """Whether the gate allows at this very moment what it allowed when it was prepared; a recall needs no leave."""
    letter = account.letter(letter_id, kind)
    if letter is None or letter.channel not in MEDIA:
        act = None if letter is None or kind == "recall" else Act.PLACEMENT
        return act is None or may_act(asker, account, act, "place").allowed
    reach = account.person.reach(letter.reach_id)
    carries = frozenset({Carried.VALIDATION_NOTICE}) if letter.notice_ends_on is not None else frozenset[Carried]()
    threatens = frozenset({Act.PLACEMENT}) if letter.final else frozenset[Act]()
    purpose = NOTICE_PURPOSES.get(letter.notice, Purpose.COLLECTION)
    plea = Plea(action=kind, channels=(), purpose=purpose, carries=carries, threatens=threatens)
    if reach is None:
        return False
    return judge_wish(asker, account, contact_wish(plea, letter.channel, reach, asker.at), kind)[1].allowed
