"""Asking the compliance gate about an account: what it is told, where a contact may go, and what is remembered of it.

Pure: the account's own state and the message's time are all that is heard, so an answer can be made again later from
the journal (`judged_again`).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.collections.core.evolve import evolve
from services.collections.core.facts import CollectionFact
from services.collections.core.gate import (
    Act,
    Address,
    Carried,
    Consent,
    Debt,
    Dispute,
    Finding,
    Medium,
    Party,
    PastContact,
    Person,
    Purpose,
    RuleBook,
    Verdict,
    Wish,
    judge,
)
from services.collections.core.gate_debts import period_ends
from services.collections.core.identity import name
from services.collections.core.messages import Channel
from services.collections.core.person import KINDS, MEDIA, DisputeRecord, Reach
from services.collections.core.person_facts import GateFinding, StepHeld, WishJudged
from services.collections.core.state import Account, Contact
from shared.replaced import replace

TODAY = timedelta(days=1)
"""How long a contact may wait for an hour that the gate allows before another day is tried."""
TRIES_MAX = 6
HALF_HOUR = timedelta(minutes=30)
HALF_HOURS = 48
COLLECTING = frozenset({"reminder", "final_notice", "other"})
SPOKEN = frozenset({"reached", "promised_to_pay", "refused_to_pay"})
WRITTEN = frozenset({Medium.LETTER, Medium.EMAIL})
GATE_PURPOSES = {"validation": Purpose.VALIDATION_NOTICE, "verification": Purpose.VERIFICATION} | {
    "confirmation": Purpose.CONFIRMATION,
    "notice": Purpose.ASSISTANCE,
}
"""What a contact was for, where it was not to ask for money."""


class Asker(NamedTuple):
    """By which rules, for whom, when and in which message (its id) something is asked.

    `account_id` is needed where the account may hear its first message.
    """

    rules: RuleBook
    tenant: str
    at: datetime
    message: str
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plea:
    """What a step of the policy wants: to reach the person by the first of these channels that may be used."""

    action: str
    channels: tuple[Channel, ...]
    purpose: Purpose = Purpose.COLLECTION
    carries: frozenset[Carried] = frozenset()
    threatens: frozenset[Act] = frozenset()
    reach_id: str = ""  # only there; empty: wherever the channel can go


class Route(NamedTuple):
    """How and where a contact may go, not before a moment, by which decision of the gate."""

    channel: Channel
    reach: Reach
    decision_id: str
    not_before: datetime


class Asked(NamedTuple):
    """What the gate said, for the journal; and the way, if there is one."""

    facts: tuple[CollectionFact, ...]
    route: Route | None


def person_of(account: Account) -> Person:
    """The person, as the gate knows persons."""
    record, case = account.person, account.person.bankruptcy
    standing = "none" if case is None or case.standing == "dismissed" else case.standing
    return Person(
        addresses=tuple(_address(one) for one in record.all_reaches()),
        zones=record.zones,
        state=record.state,
        minor=record.has("minor"),
        deceased=record.has("deceased"),
        active_duty=record.has("active_duty"),
        has_attorney=record.has("attorney"),
        employer_forbids=record.has("employer_forbids"),
        bankruptcy=standing,
        refused_hours=record.refused_hours,
        ceased_at=record.ceased_at,
        stops=record.stops,
        consents=tuple(
            Consent(kind=one.kind, given_at=one.given_at, address_id=one.reach_id, revoked_at=one.revoked_at)
            for one in record.consents
        ),
    )


def debt_of(account: Account) -> Debt:
    """The debt, as the gate knows debts. One account number is one debt."""
    record, episode = account.debt, account.episode
    first_on = None if episode is None else episode.newest_stated_on or episode.first_statement_on
    post = account.person.reach("post")
    return Debt(
        debt_id=account.account_id,
        owed_cents=account.owed_cents,
        qmb_cents=record.qmb_cents,
        medicaid_cents=record.medicaid_cents,
        protected_cents=record.protected_cents,
        standing=record.standing,
        incurred_on=record.incurred_on,
        delinquent_on=record.delinquent_on or (None if episode is None else episode.due_on),
        first_statement_on=first_on,
        first_contact_on=_first_contact_on(account),
        validation_sent_on=None if episode is None else episode.validation_sent_on,
        informed_on=_informed_on(account),
        undeliverable=post is not None and bool(post.wrong),
        disputes=tuple(_dispute(one) for one in record.disputes),
        action_notice_on=record.action_notice_on,
        actions_noticed=frozenset(Act(one) for one in record.actions_noticed),
        summary_sent=record.summary_sent,
        oral_effort_on=record.oral_effort_on,
        assistance=record.assistance,
        estimate_dispute_open=record.estimate_dispute_open,
        above_estimate_cents=record.above_estimate_cents,
        billed_on=first_on,
        plan_kept=episode is not None and episode.plan is not None,
        eligibility_pending=record.eligibility_pending,
        appeal_pending=record.appeal_pending,
    )


def past_of(account: Account) -> tuple[PastContact, ...]:
    """The contacts about the account. A call that came from the person counts too: nobody is called on top of it."""
    return tuple(_past(account.account_id, one) for one in account.contacts if one.channel in MEDIA)


def judge_wish(asker: Asker, account: Account, wish: Wish, action: str) -> tuple[WishJudged, Verdict]:
    """The gate's answer to one wish, as a fact and as it is."""
    verdict = judge(asker.rules, wish, person_of(account), debt_of(account), past_of(account))
    account_id = account.account_id or asker.account_id
    judged = WishJudged(
        account_id=account_id,
        decision_id=name(
            "dec", asker.tenant, account_id, asker.message, action, wish.act, wish.medium, wish.address_id
        ),
        action=action,
        act=wish.act.value,
        at=wish.at,
        medium=None if wish.medium is None else wish.medium.value,
        purpose=wish.purpose.value,
        party=wish.party.value,
        reach_id=wish.address_id,
        automated=wish.automated,
        carries=tuple(sorted(wish.carries)),
        threatens=tuple(sorted(wish.threatens)),
        allowed=verdict.allowed,
        findings=tuple(finding_of(one) for one in verdict.findings),
        checked=verdict.checked,
    )
    return judged, verdict


def wish_judged(fact: WishJudged) -> Wish:
    """The wish that a stored decision was about."""
    return Wish(
        act=Act(fact.act),
        at=fact.at,
        medium=None if fact.medium is None else Medium(fact.medium),
        purpose=Purpose(fact.purpose),
        party=Party(fact.party),
        address_id=fact.reach_id,
        automated=fact.automated,
        carries=frozenset(Carried(one) for one in fact.carries),
        threatens=frozenset(Act(one) for one in fact.threatens),
    )


def judged_again(rules: RuleBook, before: Account, fact: WishJudged) -> Verdict:
    """A stored decision made anew. `before` is the fold of the journal's facts before it; `rules` those of its day."""
    return judge(rules, wish_judged(fact), person_of(before), debt_of(before), past_of(before))


def says_the_same(fact: WishJudged, verdict: Verdict) -> bool:
    """Whether a decision made anew is the stored one: answer, reasons, versions, and until when."""
    found = tuple(finding_of(one) for one in verdict.findings)
    return (fact.allowed, fact.findings, fact.checked) == (verdict.allowed, found, verdict.checked)


def finding_of(finding: Finding) -> GateFinding:
    return GateFinding(
        rule=finding.rule,
        version=finding.version,
        source=finding.source,
        effect=finding.effect.value,
        reason=finding.reason,
        until=finding.until,
    )


def find_way(asker: Asker, account: Account, plea: Plea) -> Asked:
    """The first channel and address that the gate allows, today at the latest; else the step is held, and why."""
    facts: list[CollectionFact] = []
    refused: list[tuple[WishJudged, Verdict]] = []
    for channel in plea.channels:
        for reach in reaches_of(account, channel):
            if plea.reach_id not in {"", reach.id}:
                continue
            judged, verdict = _soonest(asker, account, contact_wish(plea, channel, reach, asker.at), plea.action)
            facts.append(judged)
            account = evolve(account, judged)
            if verdict.allowed:
                return Asked(tuple(facts), Route(channel, reach, judged.decision_id, judged.at))
            refused.append((judged, verdict))
    return Asked((*facts, held(account, plea.action, refused)), None)


class Leave(NamedTuple):
    """Whether an action may be taken, by which decision; the facts hold its step where it may not."""

    allowed: bool
    decision_id: str
    facts: tuple[CollectionFact, ...]


def may_act(asker: Asker, account: Account, act: Act, action: str) -> Leave:
    """Whether an action that is no contact may be taken now; if not, its step is held."""
    judged, verdict = judge_wish(asker, account, Wish(act=act, at=asker.at), action)
    facts = (judged,) if verdict.allowed else (judged, held(account, action, [(judged, verdict)]))
    return Leave(verdict.allowed, judged.decision_id, facts)


def allowed_until(asker: Asker, account: Account, plea: Plea, route: Route) -> datetime:
    """The last half hour from the route's moment on in which the gate still allows it; a day at most."""
    until = route.not_before
    for _ in range(HALF_HOURS):
        wish = contact_wish(plea, route.channel, route.reach, until + HALF_HOUR)
        if not judge_wish(asker, account, wish, "contact")[1].allowed:
            break
        until += HALF_HOUR
    return until


def notice_ends(rules: RuleBook, on: date) -> date | None:
    """The last day of the validation period of a notice sent on a day; None where that law does not bind."""
    figures = {rule.name: provision.figures for rule, provision in rules.in_force(on)}
    if not figures.keys() >= {"validation_notice", "validation_period"}:
        return None
    return period_ends(on, figures["validation_period"])


def held(account: Account, action: str, refused: list[tuple[WishJudged, Verdict]]) -> StepHeld:
    """When the gate may be asked again with hope. Where time alone helps nothing, a person is asked."""
    until = min((one.earliest for _, one in refused if one.earliest is not None), default=None)
    last = refused[-1] if refused else None
    rule = last[1].blocks[0].rule if last is not None else "no_address"
    return StepHeld(
        account_id=account.account_id,
        action=action,
        until=until,
        rule=rule,
        decision_id="" if last is None else last[0].decision_id,
        work=None if until is not None else f"blocked: {action}: {rule}",
    )


def reaches_of(account: Account, channel: Channel) -> tuple[Reach, ...]:
    """Where a channel can go, best first: confirmed and lately used before others; none that is wrong or refused."""
    kinds = KINDS.get(channel, ())
    known = account.person.all_reaches()
    usable = [one for one in known if one.kind in kinds]
    fit = [one for one in usable if not one.wrong and not one.refused]
    return tuple(sorted(fit or usable[:1], key=lambda one: (one.confirmed, one.used_at is not None), reverse=True))


def contact_wish(plea: Plea, channel: Channel, reach: Reach, at: datetime) -> Wish:
    """The wish to contact the person. What goes out by text or e-mail always says how to opt out."""
    written = {Carried.OPT_OUT} if channel in {"text", "email"} else set[Carried]()
    return Wish(
        act=Act.CONTACT,
        at=at,
        medium=MEDIA[channel],
        purpose=plea.purpose,
        address_id=reach.id,
        carries=plea.carries | written,
        threatens=plea.threatens,
    )


def _soonest(asker: Asker, account: Account, wish: Wish, action: str) -> tuple[WishJudged, Verdict]:
    """The answer now; or, when an hour of today helps, the answer for that hour."""
    judged, verdict = judge_wish(asker, account, wish, action)
    at = wish.at
    for _ in range(TRIES_MAX):
        soon = verdict.earliest
        if verdict.allowed or soon is None or not at < soon <= wish.at + TODAY:
            return judged, verdict
        at = soon
        later, later_verdict = judge_wish(asker, account, replace(wish, at=at), action)
        if later_verdict.allowed:
            return later, later_verdict
        verdict = later_verdict
    return judge_wish(asker, account, wish, action)


def _address(reach: Reach) -> Address:
    return Address(
        id=reach.id,
        zones=reach.zones,
        of_workplace=reach.of_workplace,
        wrong=bool(reach.wrong),
        refused=reach.refused,
        used_by_person_at=reach.used_at,
        ownership_checked_on=reach.ownership_checked_on,
        handed_over_on=reach.handed_over_on,
    )


def _dispute(record: DisputeRecord) -> Dispute:
    return Dispute(
        received_on=record.received_on,
        written=record.written,
        verified_on=record.verified_on,
        repeats=bool(record.repeats),
        resolved=bool(record.outcome),
    )


def _past(account_id: str, contact: Contact) -> PastContact:
    party = Party(contact.party) if contact.party in set(Party) else Party.OTHER
    return PastContact(
        debt_id=account_id,
        medium=MEDIA[contact.channel],
        at=contact.contacted_at,
        party=party,
        address_id=contact.reach_id,
        connected=contact.outcome != "not_connected",
        conversation=contact.outcome in SPOKEN,
        purpose=GATE_PURPOSES.get(contact.purpose, Purpose.COLLECTION),
    )


def _first_contact_on(account: Account) -> date | None:
    """When the open balance was first collected: by a reminder or a call. A statement only says what is owed."""
    if account.episode is None:
        return None
    days = (one.contacted_at.date() for one in account.contacts if _collects(one))
    return min((day for day in days if day >= account.episode.opened_on), default=None)


def _collects(contact: Contact) -> bool:
    return (contact.direction, contact.party) == ("out", "consumer") and contact.purpose in COLLECTING


def _informed_on(account: Account) -> date | None:
    """Since when they may know of the debt: spoken with, or written to with nothing come back yet."""
    return min((one.contacted_at.date() for one in account.contacts if _informs(one)), default=None)


def _informs(contact: Contact) -> bool:
    return contact.outcome in SPOKEN or (contact.outcome == "sent" and MEDIA.get(contact.channel) in WRITTEN)
