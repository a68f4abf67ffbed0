"""Disputes: taken in, kept with their evidence, verified and resolved, also after the balance ended."""

from typing import assert_never

from services.collections.core.answers import place_learned, undelivered
from services.collections.core.asking import Plea, find_way
from services.collections.core.dispute_facts import (
    DisputeOpened,
    DisputeResolved,
    EvidenceAdded,
    NoticePrepared,
    NoticeWentOut,
)
from services.collections.core.dispute_messages import (
    AddEvidence,
    DisputeMessage,
    NoticeDelivered,
    NoticeKind,
    OpenDispute,
    ResolveDispute,
    SendNotice,
    SendVerification,
    TellOfAssistance,
)
from services.collections.core.evolve import evolve
from services.collections.core.facts import CollectionFact, ContactMade
from services.collections.core.identity import name
from services.collections.core.letters import NOTICE_PURPOSES, Books, Items, day_of, recall
from services.collections.core.messages import Channel, ContactPurpose
from services.collections.core.person import DisputeRecord
from services.collections.core.person_facts import DebtNoted, StepHeld, WishJudged
from services.collections.core.person_messages import HearInbound
from services.collections.core.person_rules import agency_has, hear_inbound
from services.collections.core.state import Account
from shared.contracts import Meta
from shared.decider import Effect

NOTICES: dict[str, NoticeKind] = {
    "dispute_received": "dispute_received",
    "verification": "verification",
    "dispute_resolved": "dispute_resolved",
    "opt_out_confirmed": "opt_out_confirmed",
    "plan_due": "plan_due",
    "plan_broken": "plan_broken",
    "assistance_missing": "assistance_missing",
    "assistance_granted": "assistance_granted",
    "assistance_denied": "assistance_denied",
}
LOGGED_AS: dict[str, ContactPurpose] = {
    "opt_out_confirmed": "confirmation",
    "plan_due": "plan",
    "plan_broken": "plan",
    "assistance_missing": "notice",
    "assistance_granted": "notice",
    "assistance_denied": "notice",
}
"""What the contact log calls a notice that was none about a dispute."""
NOTICE_CHANNELS: tuple[Channel, ...] = ("letter", "email")


def hear_dispute(books: Books, account: Account, message: DisputeMessage) -> Items:
    """Every branch on what concerns disputes."""
    match message:
        case OpenDispute():
            return open_dispute(books, account, message)
        case AddEvidence():
            return add_evidence(account, message)
        case SendVerification():
            return send_verification(books, account, message)
        case ResolveDispute():
            return resolve(books, account, message)
        case TellOfAssistance():
            return tell_of_assistance(books, account, message)
        case NoticeDelivered():
            return notice_answered(books, account, message)
        case _:
            assert_never(message)


def open_dispute(books: Books, account: Account, command: OpenDispute) -> Items:
    """Take a dispute in, take the account back from the agency, and say that it was received.

    It is taken in whenever it comes: about a balance that was paid or written off too.
    """
    if account.debt.dispute(command.dispute_id) is not None:
        return ()
    episode = account.episode
    ends_on = None if episode is None else episode.validation_ends_on
    opened = DisputeOpened(
        account_id=command.account_id,
        dispute_id=command.dispute_id,
        kind=command.kind,
        written=command.written,
        received_on=command.received_on,
        disputed_cents=command.disputed_cents,
        repeats=command.repeats,
        after="" if episode is not None else account.ended or "",
        in_validation_period=ends_on is not None and command.received_on <= ends_on,
    )
    facts: list[CollectionFact] = [opened]
    if command.kind == "identity_theft":
        facts.append(DebtNoted(account_id=command.account_id, standing="identity_theft"))
    for fact in facts:
        account = evolve(account, fact)
    if command.repeats:
        return tuple(facts)
    placed = agency_has(account)
    back = (
        ()
        if placed is None
        else recall(account, placed.placement_id, placed.agency_id, day_of(command.meta.occurred_at))
    )
    return (*facts, *back, *notice(books, account, command.meta, "dispute_received", command.dispute_id))


def tell_of_assistance(books: Books, account: Account, command: TellOfAssistance) -> Items:
    """Ask for the letter of an application, once for each command: by letter only, for its papers go with it."""
    heard = str(command.meta.id)
    if heard in account.heard:
        return ()
    kind = command.notice
    plea = Plea(action=f"notice_{kind}", channels=("letter",), purpose=NOTICE_PURPOSES[kind])
    made = notice(books, account, command.meta, kind, "", plea=plea)
    asked = next((one for one in made if isinstance(one, WishJudged)), None)
    named = (
        one.model_copy(update={"heard": heard})
        if one is asked
        else one.model_copy(update={"application_id": command.application_id})
        if isinstance(one, SendNotice)
        else one
        for one in made
    )
    return tuple(named)


def add_evidence(account: Account, command: AddEvidence) -> Items:
    """A document belongs to the dispute; once."""
    dispute = account.debt.dispute(command.dispute_id)
    if dispute is None or dispute.has(command.document_id):
        return ()
    return (
        EvidenceAdded(
            account_id=command.account_id,
            dispute_id=command.dispute_id,
            document_id=command.document_id,
            document=command.document,
        ),
    )


def send_verification(books: Books, account: Account, command: SendVerification) -> Items:
    """Send the verification with its packet; not without anything that verifies, and not twice."""
    dispute = account.debt.dispute(command.dispute_id)
    if dispute is None or cannot_verify(account, dispute):
        return ()
    return notice(books, account, command.meta, "verification", command.dispute_id)


def cannot_verify(account: Account, dispute: DisputeRecord) -> str:
    """Why no verification goes out now; empty when one may."""
    if dispute.outcome:
        return "the dispute is resolved"
    verifying = any((one.dispute_id, one.notice) == (dispute.dispute_id, "verification") for one in account.outgoing)
    if dispute.verified_on is not None or verifying:
        return "its verification has gone out, or is under way"
    return "" if dispute.evidence else "nothing verifies the debt yet: add evidence first"


def resolve(books: Books, account: Account, command: ResolveDispute) -> Items:
    """Answer the dispute, and tell the person. A debt that was thought stolen is open again when it stands."""
    dispute = account.debt.dispute(command.dispute_id)
    if dispute is None or cannot_resolve(dispute, command.outcome):
        return ()
    resolved = DisputeResolved(
        account_id=command.account_id,
        dispute_id=command.dispute_id,
        outcome=command.outcome,
        resolved_on=day_of(command.meta.occurred_at),
    )
    facts: list[CollectionFact] = [resolved]
    if dispute.kind == "identity_theft" and command.outcome != "corrected":
        facts.append(DebtNoted(account_id=command.account_id, standing="open"))
    for fact in facts:
        account = evolve(account, fact)
    return (*facts, *notice(books, account, command.meta, "dispute_resolved", command.dispute_id, command.outcome))


def cannot_resolve(dispute: DisputeRecord, outcome: str) -> str:
    """Why it cannot be answered like this; empty when it can. 12 CFR 1006.38: a written one is verified first."""
    if dispute.outcome:
        return "the dispute is resolved"
    unverified = dispute.written and not dispute.repeats and dispute.verified_on is None
    if outcome == "stands" and unverified:
        return "it came in writing: send the verification before you say that the debt stands"
    return ""


def hear_message(books: Books, account: Account, message: HearInbound) -> Items:
    """A message from the person. A stop is confirmed once, where it came from; a dispute in it is one in writing."""
    heard = hear_inbound(account, message)
    for item in heard:
        account = account if isinstance(item, Effect) else evolve(account, item)
    if not heard or message.meaning not in {"stop", "dispute"}:
        return heard
    if message.meaning == "stop":
        answerable = message.channel in {"text", "email"}
        return (*heard, *_confirm(books, account, message)) if answerable else heard
    dispute = OpenDispute(
        meta=message.meta,
        account_id=message.account_id,
        dispute_id=f"dsp_{message.contact_id}",
        kind="other",
        written=True,
        received_on=day_of(message.received_at),
    )
    return (*heard, *open_dispute(books, account, dispute))


def _confirm(books: Books, account: Account, message: HearInbound) -> Items:
    """One confirmation, and only while the law leaves time for it: where none may go, none is missed."""
    plea = Plea(
        action="notice_opt_out_confirmed",
        channels=(message.channel,),
        purpose=NOTICE_PURPOSES["opt_out_confirmed"],
        reach_id=message.reach_id,
    )
    made = notice(books, account, message.meta, "opt_out_confirmed", "", plea=plea)
    return tuple(item for item in made if not isinstance(item, StepHeld))


def notice(
    books: Books,
    account: Account,
    meta: Meta,
    kind: NoticeKind,
    dispute_id: str,
    outcome: str = "",
    *,
    plea: Plea | None = None,
) -> Items:
    """Ask for a notice by a way that the gate allows; without one it is work."""
    asker = books.asker(meta, account.account_id)
    common = Plea(action=f"notice_{kind}", channels=NOTICE_CHANNELS, purpose=NOTICE_PURPOSES[kind])
    asked = find_way(asker, account, plea or common)
    if asked.route is None:
        return asked.facts
    route, notice_id = asked.route, name("ntc", meta.tenant, account.account_id, meta.id, kind)
    prepared = NoticePrepared(
        account_id=account.account_id,
        notice_id=notice_id,
        notice=kind,
        dispute_id=dispute_id,
        channel=route.channel,
        reach_id=route.reach.id,
        decision_id=route.decision_id,
    )
    send = SendNotice(
        account_id=account.account_id,
        notice_id=notice_id,
        notice=kind,
        dispute_id=dispute_id,
        outcome=outcome,
        balance_cents=max(0, account.owed_cents),
        dated_on=day_of(meta.occurred_at),
        sealed_guarantor=account.sealed_guarantor,
        channel=route.channel,
        reach_id=route.reach.id,
        sealed_reach=route.reach.sealed,
        language=account.person.language,
        not_before=route.not_before if route.not_before > meta.occurred_at else None,
    )
    return (*asked.facts, prepared, send)


def notice_answered(books: Books, account: Account, answer: NoticeDelivered) -> Items:
    """The person was told. What could not go out goes another way; where there is none it is work."""
    letter = account.letter(answer.notice_id, "notice")
    if letter is None:
        return ()
    kind = NOTICES[letter.notice]
    if answer.outcome != "delivered":
        lost = undelivered(letter, answer, day_of(answer.meta.occurred_at))
        for item in lost:
            account = account if isinstance(item, Effect) else evolve(account, item)
        elsewhere = answer.reason == "address_refused" and not kind.startswith("plan_")
        return (*lost, *notice(books, account, answer.meta, kind, letter.dispute_id)) if elsewhere else lost
    went_out = NoticeWentOut(
        account_id=answer.account_id,
        notice_id=letter.id,
        notice=kind,
        dispute_id=letter.dispute_id,
        sent_on=day_of(answer.meta.occurred_at),
    )
    contact = ContactMade(
        account_id=answer.account_id,
        contact_id=letter.id,
        channel=letter.channel,
        purpose=LOGGED_AS.get(kind, "verification"),
        outcome="sent",
        contacted_at=answer.meta.occurred_at,
        reach_id=letter.reach_id,
        decision_id=letter.decision_id,
    )
    return (went_out, contact, *place_learned(account, answer))
