"""What a claim makes of a payer's decision: its outcome, the deadlines that run from it, and appeals against it."""

from datetime import date

from shared.contracts import AppealDecided, ClaimAppealed, ClaimRemitted
from shared.decider import Due

from .adjudication import remit_outcome, remitted_of, standing, undecided_payers
from .claim_deadlines import Running, after_denial, levels_of, next_level, to_next_payer
from .claim_facts import AppealNoted, ClaimAdjudicated, ClaimFact, DeadlineCalledOut, RemittanceKept, Remitted
from .claim_state import UNACCEPTED, Claim, Status, due, open_deadlines
from .policy import Policy

FURTHER_LEVEL = frozenset({"upheld", "partly_overturned", "dismissed"})
"""Answers to an appeal that leave something to go on with."""


IN_THE_HOUSE = frozenset[Status]({"held", "waiting_coverage", "ready", "batched"})


def remit(policy: Policy, state: Claim, message: ClaimRemitted) -> tuple[ClaimFact, ...]:
    """A payer's decision; one that overtook the news that the claim was sent is kept for it."""
    if message.meta.sequence <= state.remitted_sequence:
        return ()
    levels = levels_of(policy, state.content) if state.content else None
    remitted = remitted_of(policy, state, message, levels)
    if not state.was_sent:
        return (RemittanceKept(remitted=remitted, account_id=message.account_id),)
    return (adjudicated(policy, state, remitted, message.meta.occurred_at.date()),)


def adjudicated(policy: Policy, state: Claim, remitted: Remitted, today: date) -> ClaimAdjudicated:
    """The decision with the deadlines that run from its day."""
    outcome = remit_outcome(remitted)
    if outcome in ("rejected", "reversed") and state.status in IN_THE_HOUSE:
        outcome = "noted"  # it is being mended already, and goes out by the scrubber only
    if outcome == "reversed" and remitted.reverses and (left := standing((*state.remittances, remitted))) is not None:
        return _takes_back_another(policy, state, remitted, left, today)
    deadlines = _deadlines(policy, state, remitted, outcome, today)
    return ClaimAdjudicated(remitted=remitted, outcome=outcome, deadlines=deadlines)


def _takes_back_another(
    policy: Policy, state: Claim, remitted: Remitted, left: Remitted, today: date
) -> ClaimAdjudicated:
    """A reversal of a decision that another one has replaced, or will have: that one stands, with its deadlines."""
    stands = remit_outcome(left)
    same = standing(state.remittances) is left
    deadlines = state.deadlines if same else _deadlines(policy, state, left, stands, today)
    return ClaimAdjudicated(remitted=remitted, outcome="reversed", stands=stands, deadlines=deadlines)


def _deadlines(policy: Policy, state: Claim, remitted: Remitted, outcome: str, today: date) -> tuple[Running, ...]:
    content, day = state.content, remitted.payment_date
    if content is None or outcome not in ("denied", "paid"):
        return ()
    kept = remitted.adjudication
    follows = kept is not None and kept.next_action == "rebill_other_payer"
    onward = to_next_payer(policy, content, undecided_payers(content), day, today) if follows else ()
    if outcome == "paid":
        return onward
    return (*after_denial(policy, content, day, today, remitted.denied_cents), *onward)


def note_appeal(policy: Policy, state: Claim, message: ClaimAppealed | AppealDecided) -> tuple[ClaimFact, ...]:
    """An appeal meets its level's deadline; an answer that leaves something starts the next level's."""
    level, sequence = message.level, message.meta.sequence
    if state.content is None or dict(state.appeals_seen).get(level, -1) >= sequence:
        return ()
    if isinstance(message, ClaimAppealed):
        return (AppealNoted(level=level, sequence=sequence),)
    further: tuple[Running, ...] = ()
    if message.outcome in FURTHER_LEVEL:
        today = message.meta.occurred_at.date()
        further = next_level(policy, state.content, message.decided_on, today, level, message.disputed_cents)
    return (AppealNoted(level=level, sequence=sequence, outcome=message.outcome, deadlines=further),)


def call_out(state: Claim, message: Due) -> tuple[ClaimFact, ...]:
    """Each deadline whose next day has come is called out once."""
    now = message.meta.occurred_at
    due_at = due(state)
    if due_at is None or due_at > now:
        return ()
    today = now.date()
    near = [one for one in open_deadlines(state) if one.warns_next_on is not None and one.warns_next_on <= today]
    return (*_filing_near(state, today), *(_near(one, today) for one in near))


def _filing_near(state: Claim, today: date) -> tuple[DeadlineCalledOut, ...]:
    warned = _passed(state.warn_on, today)
    if state.deadline_on is None or state.status not in UNACCEPTED or warned <= state.warned:
        return ()
    days_left = max((state.deadline_on - today).days, 0)
    return (DeadlineCalledOut(deadline_on=state.deadline_on, days_left=days_left, warned=warned),)


def _near(one: Running, today: date) -> DeadlineCalledOut:
    return DeadlineCalledOut(
        kind=one.kind,
        level=one.level,
        rule=one.rule,
        deadline_on=one.on,
        days_left=max((one.on - today).days, 0),
        warned=_passed(one.warn_on, today),
    )


def _passed(days: tuple[date, ...], today: date) -> int:
    return sum(day <= today for day in days)
