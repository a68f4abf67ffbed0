"""What follows when something is learned of the person: what stops, what is taken back, what the gate says."""

from datetime import datetime

from services.collections.core.asking import Asker, judge_wish, reaches_of
from services.collections.core.evolve import evolve
from services.collections.core.facts import CollectionFact, ContactMade
from services.collections.core.gate import Act, Carried, Medium, Party, Purpose, Wish
from services.collections.core.letters import Items, day_of, recall
from services.collections.core.messages import LogContact
from services.collections.core.person import MEDIA
from services.collections.core.person_facts import (
    CallTaskEnded,
    ConsentWithdrawn,
    ContactChanged,
    MediumAllowed,
    MediumName,
    MediumStopped,
    PersonFacts,
    ReachChange,
    ReachChanged,
)
from services.collections.core.person_messages import AskGate, HearInbound, NotePerson, ReportDelivery
from services.collections.core.state import Account, Placement
from services.collections.core.write_off import discharged
from shared.decider import Effect

MEDIUM_NAMES: dict[str, MediumName] = {
    "call": "call",
    "text": "text",
    "email": "email",
    "letter": "letter",
    "portal": "portal",
}
SOFT_BOUNCES_MAX = 3
"""After so many delays in a row an address counts as unreachable."""


def note_person(account: Account, command: NotePerson) -> Items:
    """Note it once. An agency must stop where the law stays everything, so the account is taken back.

    What a bankruptcy court discharged is closed.
    """
    if str(command.meta.id) in account.heard:
        return ()
    noted = _named(account, command, command.learned)
    for fact in noted:
        account = evolve(account, fact)
    back = taken_back(account, command)
    for item in back:
        account = account if isinstance(item, Effect) else evolve(account, item)
    return (*noted, *back, *discharged(command.meta.tenant, account, noted))


def ask_gate(asker: Asker, account: Account, command: AskGate) -> Items:
    """Ask for a person who wants to contact or to act, and keep the answer by the command's id."""
    if str(command.meta.id) in account.heard:
        return ()
    wish = Wish(
        act=Act(command.act),
        at=asker.at,
        medium=None if command.medium is None else Medium(command.medium),
        purpose=Purpose(command.purpose),
        party=Party(command.party),
        address_id=command.reach_id,
        automated=command.automated,
        carries=frozenset(Carried(one) for one in command.carries),
        threatens=frozenset(Act(one) for one in command.threatens),
    )
    judged, _ = judge_wish(asker, account, wish, "contact")
    return (judged.model_copy(update={"heard": str(command.meta.id)}),)


def log_contact(asker: Asker, account: Account, command: LogContact) -> Items:
    """Keep what a person reports; once. A contact that we made is judged at its own moment, and a breach is work."""
    if account.contact(command.contact_id) is not None:
        return ()
    facts: list[CollectionFact] = []
    decision_id, breach, reach_id = "", "", command.reach_id or _best(account, command)
    if command.direction == "out" and command.channel in MEDIA:
        wish = Wish(
            act=Act.CONTACT,
            at=command.contacted_at,
            medium=MEDIA[command.channel],
            party=Party(command.party),
            address_id=reach_id,
            carries=frozenset({Carried.OPT_OUT}) if command.channel in {"text", "email"} else frozenset(),
        )
        judged, verdict = judge_wish(asker._replace(at=command.contacted_at), account, wish, "contact")
        decision_id, breach = judged.decision_id, "" if verdict.allowed else verdict.blocks[0].rule
        facts.append(judged)
    made = ContactMade(
        account_id=command.account_id,
        contact_id=command.contact_id,
        channel=command.channel,
        purpose=command.purpose,
        outcome=command.outcome,
        contacted_at=command.contacted_at,
        direction=command.direction,
        reach_id=reach_id,
        party=command.party,
        decision_id=decision_id,
        breach=breach,
        next_action_on=command.next_action_on,
    )
    facts.append(made)
    if command.outcome == "wrong_number" and account.person.reach(reach_id) is not None:
        facts.append(_changed(command.account_id, reach_id, "wrong", command.contacted_at, "wrong_number"))
    elif command.direction == "in" and account.person.reach(reach_id) is not None:
        facts.append(_changed(command.account_id, reach_id, "used", command.contacted_at))
    if any(task.task_id == command.task_id for task in account.call_tasks):
        facts.append(CallTaskEnded(account_id=command.account_id, task_id=command.task_id, how="called"))
    return tuple(facts)


def hear_inbound(account: Account, command: HearInbound) -> Items:
    """A message came in: it is a contact, it shows the address is theirs, and it may say to stop, by any words."""
    if account.contact(command.contact_id) is not None:
        return ()
    at, reach_id = command.received_at, command.reach_id
    came = ContactMade(
        account_id=command.account_id,
        contact_id=command.contact_id,
        channel=command.channel,
        purpose="other",
        outcome=command.meaning,
        contacted_at=at,
        direction="in",
        reach_id=reach_id,
        next_action_on=None if command.meaning in {"stop", "start"} else day_of(at),
    )
    facts: list[CollectionFact] = [came]
    if account.person.reach(reach_id) is not None:
        facts.append(_changed(command.account_id, reach_id, "used", at))
    medium = MEDIA[command.channel].value if command.channel in MEDIA else None
    if command.meaning == "stop":
        facts += stop(account, None if command.stops_everything else _medium(medium), reach_id, command)
    elif command.meaning == "start":
        facts.append(MediumAllowed(account_id=command.account_id, medium=_medium(medium), at=at))
    return tuple(facts)


def stop(account: Account, medium: MediumName | None, reach_id: str, command: HearInbound) -> list[CollectionFact]:
    """They want no more: the medium stops, and consents to machines at that address are taken back at once."""
    stopped = MediumStopped(account_id=command.account_id, medium=medium, at=command.received_at, how=command.channel)
    withdrawn = [
        ConsentWithdrawn(
            account_id=command.account_id, consent_id=one.consent_id, at=command.received_at, how=command.channel
        )
        for one in account.person.consents
        if one.revoked_at is None and (medium is None or one.reach_id in {"", reach_id})
    ]
    return [stopped, *withdrawn]


def report_delivery(account: Account, command: ReportDelivery) -> Items:
    """What became of a contact. An address that is dead is not used again; the schedule finds another way."""
    contact = account.contact(command.contact_id)
    if contact is None or str(command.meta.id) in account.heard:
        return ()
    changed = ContactChanged(
        account_id=command.account_id,
        contact_id=command.contact_id,
        outcome=command.report,
        at=command.reported_at,
        next_action_on=command.next_action_on,
        heard=str(command.meta.id),
    )
    facts: list[CollectionFact] = [changed]
    reach = account.person.reach(contact.reach_id)
    if reach is None:
        return (changed,)
    if command.report in {"bounced", "returned_mail"}:
        facts.append(_changed(command.account_id, reach.id, "wrong", command.reported_at, command.report))
    elif command.report == "delayed":
        facts.append(_changed(command.account_id, reach.id, "soft_bounce", command.reported_at))
        if reach.soft_bounces + 1 >= SOFT_BOUNCES_MAX:
            facts.append(_changed(command.account_id, reach.id, "wrong", command.reported_at, "unreachable"))
    elif command.report == "complained":
        medium = MEDIA[contact.channel].value if contact.channel in MEDIA else None
        facts.append(
            MediumStopped(
                account_id=command.account_id, medium=_medium(medium), at=command.reported_at, how=contact.channel
            )
        )
    return tuple(facts)


def taken_back(account: Account, command: NotePerson) -> Items:
    """What an agency may not go on with is recalled at once: bankruptcy, death, a minor, identity theft."""
    placed, case = agency_has(account), account.person.bankruptcy
    stays = (case is not None and case.standing != "dismissed") or account.debt.standing != "open"
    if placed is None or not (stays or account.person.has("deceased") or account.person.has("minor")):
        return ()
    return recall(account, placed.placement_id, placed.agency_id, day_of(command.meta.occurred_at))


def missed_calls(account: Account, at: datetime) -> tuple[CallTaskEnded, ...]:
    """Calls that were asked for and not made while they were allowed: the policy's next step takes their place."""
    missed = (task for task in account.call_tasks if task.until < at)
    return tuple(CallTaskEnded(account_id=account.account_id, task_id=task.task_id, how="expired") for task in missed)


def agency_has(account: Account) -> Placement | None:
    """The placement under which an agency may be at work: of the open balance, or from before it was written off."""
    episode = account.episode
    return episode.placement if episode is not None and episode.placement is not None else account.left_with


def _named(account: Account, command: NotePerson, learned: tuple[PersonFacts, ...]) -> tuple[PersonFacts, ...]:
    """Facts of this account under the command's id, whatever was written in them."""
    own = {"account_id": account.account_id or command.account_id, "heard": str(command.meta.id)}
    return tuple(fact.model_copy(update=own) for fact in learned)


def _best(account: Account, command: LogContact) -> str:
    known = reaches_of(account, command.channel)
    return known[0].id if known else ""


def _medium(value: str | None) -> MediumName | None:
    return None if value is None else MEDIUM_NAMES[value]


def _changed(account_id: str, reach_id: str, change: ReachChange, at: datetime, why: str = "") -> ReachChanged:
    return ReachChanged(account_id=account_id, reach_id=reach_id, change=change, at=at, why=why)
