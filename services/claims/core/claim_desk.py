"""What a claim makes of people's tags, notes and ownership, and of restrictions that come after it."""

from .after_coverage import IN_HOUSE
from .claim_facts import ClaimFact, ClaimStopped, ClaimTransmitted, HoldsLifted, NewsHeard
from .claim_notes import (
    TAGS_MAX,
    AssignClaimOwner,
    ClaimNoted,
    ClaimOwned,
    ClaimTagged,
    DeskMessage,
    NoteClaim,
    TagClaim,
)
from .claim_onward import Facts, onward, then
from .claim_restricted import RecordRestriction, RestrictionNoted, ReturnClaim
from .claim_state import Claim
from .edits import SELF_PAY
from .rebilling import WORK, CoverageWorkNoted


def at_desk(state: Claim, message: DeskMessage) -> Facts:
    """Tags, notes and owner move nothing else. What goes past a limit is refused at the edge, and nothing here."""
    command_id = message.meta.id
    if not state.claim_id or command_id in state.commands:
        return ()
    match message:
        case TagClaim():
            return _tag(state, message)
        case NoteClaim():
            return (ClaimNoted(sealed_text=message.sealed_text, command_id=command_id),) if state.may_be_noted else ()
        case AssignClaimOwner():
            if message.owner == state.owner:
                return ()
            return (ClaimOwned(owner=message.owner, command_id=command_id),)


def _tag(state: Claim, message: TagClaim) -> Facts:
    added = tuple(one for one in dict.fromkeys(message.add) if one not in state.tags)
    removed = tuple(one for one in dict.fromkeys(message.remove) if one in state.tags and one not in message.add)
    if len(state.tags) + len(added) - len(removed) > TAGS_MAX or not (added or removed):
        return ()
    return (ClaimTagged(added=added, removed=removed, command_id=message.meta.id),)


def keep_from_plan(state: Claim, message: RecordRestriction) -> Facts:
    """A claim in the house waits, or goes on; one in a file is stopped before it is written; one that left is work."""
    if message.meta.id in state.commands:
        return ()
    made = _kept(state, message)
    return (NewsHeard(command_id=message.meta.id), *made) if made else ()


def _kept(state: Claim, message: RecordRestriction) -> Facts:
    wanted = () if state.content is not None and state.content.frequency_code == "8" else message.holds
    if state.status in IN_HOUSE:
        return _in_house(state, message.model_copy(update={"holds": wanted}))
    if not state.claim_id or set(wanted) == set(state.kept_from_plan):
        return ()
    noted: tuple[ClaimFact, ...] = (RestrictionNoted(holds=wanted),)
    if not wanted or state.status == "batched":
        return noted  # building leaves it out; a file that was written is withdrawn before it is delivered
    told = (*noted, plan_was_told(state))
    return (*told, ClaimStopped(reasons=wanted)) if state.status == "rejected" else told


def _in_house(state: Claim, message: RecordRestriction) -> Facts:
    now = tuple(one for one in state.holds if one.rule == SELF_PAY)
    over = state.kept_from_plan and not message.holds
    noted: Facts = (RestrictionNoted(holds=()),) if over else ()
    if set(now) == set(message.holds):
        return noted
    lifted: Facts = (HoldsLifted(rules=(SELF_PAY,)),) if now else ()
    if message.holds:
        return (*lifted, ClaimStopped(reasons=message.holds))
    return then(state, (*noted, *lifted), onward)


def leave_withdrawn(state: Claim, message: ReturnClaim) -> Facts:
    """A claim of a withdrawn file joins another one, unless the plan is not to be told of it."""
    if state.status != "batched" or state.submission_id != message.submission_id:
        return ()
    return (ClaimStopped(reasons=state.kept_from_plan),) if state.kept_from_plan else onward(state)


def after_transmission(before: Claim, facts: Facts) -> Facts:
    """A file that was built before the restriction came took the claim along."""
    sent = any(isinstance(one, ClaimTransmitted) for one in facts)
    return (*facts, plan_was_told(before)) if sent and before.kept_from_plan else facts


def plan_was_told(state: Claim) -> CoverageWorkNoted:
    """Work for a person: the claim cannot be taken back from here."""
    payer = state.content.payer_id if state.content else ""
    because = "The patient paid in full and asked that the plan not be told, and the claim had gone out before."
    return CoverageWorkNoted(kind="restricted", payers=(payer,), because=f"{because} {WORK['restricted']}")
