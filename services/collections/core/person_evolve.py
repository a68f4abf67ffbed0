"""How facts about the person, their debt and the gate change an account. No rules here, so history always replays."""

from typing import assert_never

from services.collections.core.gate import Medium, RefusedHours, Stop
from services.collections.core.person import (
    Bankruptcy,
    CallTask,
    ConsentRecord,
    Hold,
    PersonRecord,
    Reach,
)
from services.collections.core.person_facts import (
    BankruptcyNoted,
    CallAsked,
    CallTaskEnded,
    CeaseNoted,
    ConsentGiven,
    ConsentWithdrawn,
    ContactChanged,
    DebtNoted,
    FlagNoted,
    GateFacts,
    HoldsReleased,
    HoursNoted,
    LanguageNoted,
    MediumAllowed,
    MediumStopped,
    PersonFacts,
    PlaceLearned,
    ReachChanged,
    ReachNoted,
    StepHeld,
    ValidationNoticeSent,
    WishJudged,
)
from services.collections.core.state import Account
from shared.replaced import replace

BLOCKED = "blocked: "
"""How work begins that the gate asked for; it ends when something is learned."""


ENVELOPE = frozenset({"type", "account_id", "heard"})
HEARD_KEPT = 100


def heard(account: Account, command: str) -> Account:
    """Remember a command by its id, so that a repeat of it says nothing."""
    if not command or command in account.heard:
        return account
    return replace(account, heard=(*account.heard, command)[-HEARD_KEPT:])


def learned(account: Account) -> Account:
    """Something new is known: what the gate held may be asked again."""
    work = None if account.work is not None and account.work.startswith(BLOCKED) else account.work
    return replace(account, holds=(), work=work)


def evolve_person(account: Account, fact: PersonFacts) -> Account:
    """Apply a fact about the person or their debt."""
    account = heard(account, fact.heard)
    if isinstance(fact, DebtNoted):
        changes = {name: value for name, value in fact if name not in ENVELOPE and value is not None}
        return learned(replace(account, debt=replace(account.debt, **changes)))
    return learned(replace(account, person=_person(account.person, fact)))


def _person(person: PersonRecord, fact: PersonFacts) -> PersonRecord:  # noqa: C901, PLR0911, PLR0912 - one case per fact
    match fact:
        case PlaceLearned():
            return replace(person, state=fact.state, zones=fact.zones, has_phone=fact.has_phone)
        case LanguageNoted():
            return replace(person, language=fact.language)
        case ReachNoted():
            return _with_reach(person, _reach(fact))
        case ReachChanged():
            return _reach_changed(person, fact)
        case HoursNoted():
            hours = (RefusedHours(begins=h.begins, ends=h.ends, weekdays=frozenset(h.weekdays)) for h in fact.hours)
            return replace(person, refused_hours=tuple(hours))
        case MediumStopped():
            medium = None if fact.medium is None else Medium(fact.medium)
            return replace(person, stops=(*person.stops, Stop(at=fact.at, medium=medium)))
        case MediumAllowed():
            kept = tuple(one for one in person.stops if fact.medium is not None and one.medium != fact.medium)
            return replace(person, stops=kept)
        case ConsentGiven():
            consent = ConsentRecord(fact.consent_id, fact.kind, fact.given_at, fact.reach_id, fact.proof)
            return replace(person, consents=(*person.consents, consent))
        case ConsentWithdrawn():
            consents = (
                replace(one, revoked_at=fact.at) if one.consent_id == fact.consent_id else one
                for one in person.consents
            )
            return replace(person, consents=tuple(consents))
        case FlagNoted():
            others = tuple(one for one in person.flags if one[0] != fact.flag)
            return replace(person, flags=(*others, (fact.flag, fact.since)) if fact.holds else others)
        case CeaseNoted():
            return replace(person, ceased_at=fact.at)
        case BankruptcyNoted():
            return replace(person, bankruptcy=_bankruptcy(fact))
        case DebtNoted() | HoldsReleased():
            return person
        case _:
            assert_never(fact)


def evolve_gate(account: Account, fact: GateFacts) -> Account:
    """Apply what the gate said, and what came of it."""
    match fact:
        case WishJudged():
            return _judged(account, fact)
        case StepHeld():
            hold = Hold(fact.action, fact.until, fact.rule, fact.decision_id)
            return replace(account, holds=(*_other_holds(account, fact.action), hold), work=fact.work or account.work)
        case ValidationNoticeSent():
            return _validation_sent(account, fact)
        case CallAsked():
            return _call_asked(account, fact)
        case CallTaskEnded():
            kept = tuple(one for one in account.call_tasks if one.task_id != fact.task_id)
            return replace(account, call_tasks=kept)
        case ContactChanged():
            contacts = (
                replace(one, outcome=fact.outcome, next_action_on=fact.next_action_on or one.next_action_on)
                if one.contact_id == fact.contact_id
                else one
                for one in account.contacts
            )
            return replace(heard(account, fact.heard), contacts=tuple(contacts))
        case _:
            assert_never(fact)


def _judged(account: Account, fact: WishJudged) -> Account:
    account = replace(heard(account, fact.heard), decisions=account.decisions + 1)
    return replace(account, holds=_other_holds(account, fact.action)) if fact.allowed else account


def _other_holds(account: Account, action: str) -> tuple[Hold, ...]:
    return tuple(one for one in account.holds if one.action != action)


def _validation_sent(account: Account, fact: ValidationNoticeSent) -> Account:
    episode = account.episode
    if episode is None or episode.number != fact.episode:
        return account
    noticed = replace(episode, validation_sent_on=fact.sent_on, validation_ends_on=fact.ends_on)
    return replace(account, episode=noticed)


def _call_asked(account: Account, fact: CallAsked) -> Account:
    task = CallTask(fact.task_id, fact.asked_on, fact.from_at, fact.until, fact.purpose, fact.decision_id)
    account = replace(account, call_tasks=(*account.call_tasks, task))
    episode = account.episode
    if episode is None or episode.number != fact.episode:
        return account
    reminded = replace(episode, level=max(episode.level, fact.level), last_letter_on=fact.asked_on, retry_on=None)
    return replace(account, episode=reminded)


def _with_reach(person: PersonRecord, reach: Reach) -> PersonRecord:
    others = tuple(one for one in person.reaches if one.id != reach.id)
    return replace(person, reaches=(*others, reach))


def _reach(fact: ReachNoted) -> Reach:
    return Reach(
        id=fact.reach_id,
        kind=fact.kind,
        sealed=fact.sealed,
        zones=fact.zones,
        of_workplace=fact.of_workplace,
        confirmed=fact.confirmed,
        ownership_checked_on=fact.ownership_checked_on,
        handed_over_on=fact.handed_over_on,
    )


def _reach_changed(person: PersonRecord, fact: ReachChanged) -> PersonRecord:  # noqa: PLR0911 - one case per change
    reach = person.reach(fact.reach_id)
    if reach is None:
        return person
    match fact.change:
        case "confirmed":
            return _with_reach(person, replace(reach, confirmed=True, wrong="", soft_bounces=0))
        case "wrong":
            return _with_reach(person, replace(reach, wrong=fact.why or "wrong", confirmed=False))
        case "right":
            return _with_reach(person, replace(reach, wrong="", soft_bounces=0))
        case "refused" | "wanted":
            return _with_reach(person, replace(reach, refused=fact.change == "refused"))
        case "used":
            return _with_reach(person, replace(reach, used_at=fact.at))
        case "ownership_checked":
            return _with_reach(person, replace(reach, ownership_checked_on=fact.at.date()))
        case "handed_over":
            return _with_reach(person, replace(reach, handed_over_on=fact.at.date()))
        case "soft_bounce":
            return _with_reach(person, replace(reach, soft_bounces=reach.soft_bounces + 1))
        case _:
            assert_never(fact.change)


def _bankruptcy(fact: BankruptcyNoted) -> Bankruptcy:
    return Bankruptcy(fact.case_id, fact.chapter, fact.standing, fact.filed_on, fact.closed_on, fact.sealed_case)
