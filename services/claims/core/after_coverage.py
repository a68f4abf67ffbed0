"""What a claim makes of news about its coverage: it goes to whoever takes it, or a person hears of it."""

from datetime import date
from typing import Literal, TypeAlias

from shared.contracts import CoverageVerified, HoldReason

from .adjudication import standing
from .claim_facts import ClaimFact, ClaimStopped, CoverageNewsNoted
from .claim_messages import CoverageMessage, RecordCoverageNews
from .claim_state import Claim, Status
from .policy import Policy
from .rebilling import BECAUSE, WORK, CoverageWorkNoted, Found, RebillClaim, RouteSeen, why_not

Steps: TypeAlias = tuple[ClaimFact | RebillClaim, ...]

MANAGED_CARE = "managed-care"
BEFORE_SENDING = "before_sending"
IN_HOUSE = frozenset[Status]({"held", "waiting_coverage", "ready"})
"""Nobody outside has the claim, and no file that is being written."""


def route_of(state: Claim, message: CoverageMessage) -> RouteSeen | None:
    """Who takes the claim instead of the payer that was asked, where its 271 names somebody."""
    if not isinstance(message, CoverageVerified) or not message.route_to_payer_id:
        return None
    if message.route_to_payer_id in (message.payer_id, state.content.payer_id if state.content else None):
        return None
    return RouteSeen(
        coverage_id=message.coverage_id,
        service_date=message.service_date,
        payer_id=message.route_to_payer_id,
        name=message.managed_care or "",
    )


def before_sending(policy: Policy, state: Claim, day: date) -> Steps:
    """A claim in the house whose payer names another one goes there, or waits for a person who finds out."""
    route, content = state.route, state.content
    if route is None or content is None or state.coverage != "routed" or state.status not in IN_HOUSE:
        return ()
    if MANAGED_CARE in state.waived or any(one.rule == MANAGED_CARE for one in state.holds):
        return ()
    rule = policy.rebills.rule("managed_care", BEFORE_SENDING, day)
    refusal = "House policy leaves this to a person."
    if rule is not None:
        refusal = why_not(rule, policy.rebills, state.payer_changes, content.payer_id, route.payer_id)
    if rule is None or refusal:
        return (ClaimStopped(reasons=(managed_care_hold(refusal),), waivable=(MANAGED_CARE,)),)
    return (_rebill("managed_care", content.payer_id, route.payer_id, rule.id, name=route.name),)


def managed_care_hold(why: str) -> HoldReason:
    """Why a claim that belongs to another payer waits for a person."""
    message = f"{BECAUSE['managed_care']} {why} Correct the payer, or release the claim to the payer it names."
    return HoldReason(rule=MANAGED_CARE, field="payer_id", message=message)


def after_answer(policy: Policy, state: Claim, message: CoverageMessage, day: date) -> Steps:
    """A fresh answer about a claim that left: after a denial for its coverage it may go out again."""
    content = state.content
    if content is None or not isinstance(message, CoverageVerified) or state.status in IN_HOUSE:
        return ()
    if (message.coverage_id, message.service_date) != (state.coverage_id, content.service_from):
        return ()
    if route := route_of(state, message):
        return _bill_or_tell(policy, state, "managed_care", route.payer_id, day, name=route.name) or (
            _work("managed_care", (route.payer_id,), ""),
        )
    return _bill_or_tell(policy, state, "active", content.payer_id, day)


def after_news(policy: Policy, state: Claim, message: RecordCoverageNews) -> Steps:
    """Other payers are work for a person; coverage nobody knew of may answer a denial."""
    content, source = state.content, f"news:{message.source}"
    if (
        content is None
        or content.frequency_code == "8"
        or dict(state.coverage_seen).get(source, -1) >= message.sequence
    ):
        return ()
    heard = CoverageNewsNoted(source=source, sequence=message.sequence)
    if message.others:
        return (heard, _work("cob", message.others, ""))
    payer_id, day = message.payer_id, message.meta.occurred_at.date()
    if not payer_id or payer_id == content.payer_id:
        return (heard,)
    told = (_work("discovered", (payer_id,), ""),)
    if content.other_payers:
        return (heard, *told)
    steps = _bill_or_tell(policy, state, "discovered", payer_id, day, sealed=message.sealed_subscriber)
    return (heard, *(steps or told))


def _bill_or_tell(
    policy: Policy, state: Claim, found: Found, to: str, day: date, *, name: str = "", sealed: str | None = None
) -> Steps:
    """Nothing where no rule speaks of the claim's denial, or it is not denied."""
    decided, content = standing(state.remittances), state.content
    if state.status != "denied" or decided is None or decided.adjudication is None or content is None:
        return ()
    rule = policy.rebills.rule(found, decided.adjudication.category, day)
    if rule is None:
        return ()
    refusal = why_not(rule, policy.rebills, state.payer_changes, content.payer_id, to)
    if refusal:
        return (_work(found, (to,), refusal),)
    return (_rebill(found, content.payer_id, to, rule.id, name=name, sealed=sealed),)


def _rebill(
    found: Found, from_payer_id: str, to: str, rule: str, *, name: str = "", sealed: str | None = None
) -> RebillClaim:
    return RebillClaim(
        found=found,
        from_payer_id=from_payer_id,
        to_payer_id=to,
        to_payer_name=name,
        sealed_subscriber=sealed,
        rule=rule,
    )


def _work(kind: Found | Literal["cob"], payers: tuple[str, ...], refusal: str) -> CoverageWorkNoted:
    said = () if kind == "cob" else (BECAUSE[kind],)
    return CoverageWorkNoted(kind=kind, payers=payers, because=" ".join((*said, *filter(None, (refusal,)), WORK[kind])))


def could_not(kind: Found, payer_id: str, because: str) -> CoverageWorkNoted:
    """The claim was to be sent again, and could not be made."""
    return _work(kind, (payer_id,), because)
