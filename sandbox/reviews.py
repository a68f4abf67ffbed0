"""A payer's answer (278) to a request for authorization, and to an inquiry about one it pended."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sandbox.chance import Chance
from sandbox.members import member
from sandbox.profiles import PayerProfile, Profile
from shared.x12.eligibility import Aaa
from shared.x12.review278 import Review278, ReviewDecision, ReviewedService

INQUIRY, CANCEL = "28", "3"
_RESPONSE, _FINAL = "11", "18"
_HALF = 2
_REFUSALS = {"invalid_id": "72", "not_found": "75", "inactive": "75"}
_DENIED = "0Y"
"""HCR03, a code number only."""


def decide(asked: Review278, payer: PayerProfile, seed: int, tries: int) -> Review278:
    """The answer to one 278; `tries` counts the inquiries about this request before this one.

    Who is not a member is refused (AAA). A member who needs no authorization is told so (NA). For the others the share
    of the payer's profile decides: pended until it was inquired about often enough, certified, modified, denied, or
    only by telephone.
    """
    event, who = asked.event, member(seed, payer, asked.member_id)
    if event is None or who.standing != "active":
        code = "15" if event is None else _REFUSALS.get(who.standing, "75")
        return _answer(asked, rejections=(Aaa(code, "C", "level 22"),))
    chance = Chance(seed, f"review/{payer.id}/{asked.member_id}/{_subject(event, asked)}")
    if event.certification_type == CANCEL:
        return _decided(asked, event, ReviewDecision("C", event.previous_authorization_number))
    if not who.authorization_required:
        return _decided(asked, event, ReviewDecision("NA"))
    return _of_chance(asked, event, payer.profile, chance, tries)


def _of_chance(asked: Review278, event: ReviewedService, profile: Profile, chance: Chance, tries: int) -> Review278:
    number = f"AUTH{chance.number('number') % 10**8:08d}"
    pends = chance.happens("pended", profile.review_pended_percent)
    if pends and tries < profile.review_pended_inquiries + (asked.purpose != INQUIRY):
        return _decided(asked, event, ReviewDecision("A4"))
    if chance.happens("by telephone", profile.review_contact_percent):
        return _decided(asked, event, ReviewDecision("CT"))
    if chance.happens("denied", profile.review_denied_percent):
        return _decided(asked, event, ReviewDecision("A3", "", _DENIED))
    if event.quantity and event.quantity > 1 and chance.happens("modified", profile.review_modified_percent):
        fewer = replace(event, quantity=Decimal(int(event.quantity) // _HALF))
        return _decided(asked, fewer, ReviewDecision("A6", number))
    return _decided(asked, event, ReviewDecision("A1", number))


def _subject(event: ReviewedService, asked: Review278) -> str:
    """What a decision is about: an inquiry names the same trace as its request."""
    return event.trace_number or asked.reference


def _decided(asked: Review278, event: ReviewedService, decision: ReviewDecision) -> Review278:
    """The event as it was asked for, with the decision; what is certified has days (DTP*007)."""
    first, last = event.service_from, event.service_to
    extras = event.extras
    if decision.action in ("A1", "A6") and first:
        extras = (*extras, ("DTP", "007", "RD8", f"{first:%Y%m%d}-{_last(first, last):%Y%m%d}"))
    answered = replace(
        event, trace_type="2", decision=decision, extras=extras, previous_authorization_number="", request_details=()
    )
    return _answer(asked, event=answered)


def _last(first: date, last: date | None) -> date:
    return last if last and last > first else first + timedelta(days=90)


def _answer(asked: Review278, event: ReviewedService | None = None, rejections: tuple[Aaa, ...] = ()) -> Review278:
    return replace(
        asked,
        purpose=_RESPONSE,
        transaction_type=_FINAL,
        is_response=True,
        event=event,
        services=(),
        rejections=rejections,
    )
