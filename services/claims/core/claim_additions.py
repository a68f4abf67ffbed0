"""What others than a person add to a claim in the house: an authorization's number, and papers that go with it."""

from typing import TypeAlias

from shared.contracts import AuthorizationGranted

from .after_coverage import IN_HOUSE
from .claim_facts import AuthorizationEntered, ClaimFact, PapersAnnounced
from .claim_messages import AnnouncePapers
from .claim_onward import reconsider, then
from .claim_state import Claim, Status

Facts: TypeAlias = tuple[ClaimFact, ...]
PWK_MAX = 10
"""Loop 2300 of every guide of the 837 holds so many."""
MAY_ANNOUNCE = frozenset[Status]({*IN_HOUSE, "rejected"})
"""Nobody outside has the claim: it goes out with what is announced."""


def enter_authorization(state: Claim, message: AuthorizationGranted) -> Facts:
    """The number goes into REF*G1 of a claim that names none, and what stopped the claim for want of it is over.

    Only for the coverage and day that the claim names now, and only while it is in the house.
    """
    source = f"{message.meta.subject}/{message.coverage_id}/{message.service_date}"
    content = state.content
    if content is None or dict(state.coverage_seen).get(source, -1) >= message.meta.sequence:
        return ()
    if state.status not in IN_HOUSE or (message.coverage_id, message.service_date) != (
        state.coverage_id,
        content.service_from,
    ):
        return ()
    entered = AuthorizationEntered(
        request_id=message.request_id,
        authorization_number=message.authorization_number,
        source=source,
        sequence=message.meta.sequence,
    )
    return then(state, (entered,), reconsider)


def announce_papers(state: Claim, message: AnnouncePapers) -> Facts:
    """The claim will say (PWK) that papers come, and under which number; not once it left, and not an eleventh time."""
    if state.status not in MAY_ANNOUNCE or message.segment in state.papers or len(state.papers) >= PWK_MAX:
        return ()
    return (PapersAnnounced(segment=message.segment),)
