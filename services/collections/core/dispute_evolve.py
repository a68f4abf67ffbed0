"""How facts about disputes and notices change an account. No rules here, so history always replays."""

from typing import Any, assert_never

from services.collections.core.dispute_facts import (
    DisputeFacts,
    DisputeOpened,
    DisputeResolved,
    EvidenceAdded,
    NoticePrepared,
    NoticeWentOut,
)
from services.collections.core.person import DisputeRecord
from services.collections.core.person_evolve import learned
from services.collections.core.state import Account, Letter
from shared.replaced import replace


def evolve_dispute(account: Account, fact: DisputeFacts) -> Account:
    """Apply a fact about a dispute. One that opens or ends may change what the gate says."""
    match fact:
        case DisputeOpened():
            opened = replace(account.debt, disputes=(*account.debt.disputes, _record(fact)))
            return learned(replace(account, debt=opened))
        case EvidenceAdded():
            dispute = account.debt.dispute(fact.dispute_id)
            known = () if dispute is None else dispute.evidence
            return _changed(account, fact.dispute_id, evidence=(*known, (fact.document_id, fact.document)))
        case DisputeResolved():
            return learned(_changed(account, fact.dispute_id, outcome=fact.outcome, resolved_on=fact.resolved_on))
        case NoticePrepared():
            return _notice_prepared(account, fact)
        case NoticeWentOut():
            return _notice_went_out(account, fact)
        case _:
            assert_never(fact)


def _record(fact: DisputeOpened) -> DisputeRecord:
    return DisputeRecord(
        dispute_id=fact.dispute_id,
        kind=fact.kind,
        written=fact.written,
        received_on=fact.received_on,
        disputed_cents=fact.disputed_cents,
        repeats=fact.repeats,
        after=fact.after,
        in_validation_period=fact.in_validation_period,
    )


def _notice_prepared(account: Account, fact: NoticePrepared) -> Account:
    letter = Letter(
        id=fact.notice_id,
        kind="notice",
        episode=0,
        number=0,
        balance_cents=0,
        channel=fact.channel,
        reach_id=fact.reach_id,
        decision_id=fact.decision_id,
        notice=fact.notice,
        dispute_id=fact.dispute_id,
    )
    return replace(account, outgoing=(*account.outgoing, letter))


def _notice_went_out(account: Account, fact: NoticeWentOut) -> Account:
    kept = tuple(letter for letter in account.outgoing if (letter.id, letter.kind) != (fact.notice_id, "notice"))
    account = replace(account, outgoing=kept)
    if fact.notice != "verification":
        return account
    return learned(_changed(account, fact.dispute_id, verified_on=fact.sent_on))


def _changed(account: Account, dispute_id: str, **changes: Any) -> Account:
    disputes = tuple(replace(one, **changes) if one.dispute_id == dispute_id else one for one in account.debt.disputes)
    return replace(account, debt=replace(account.debt, disputes=disputes))
