"""Payers' answers read: a 271's bytes into the outcome of a check, and into typed benefits."""

from collections.abc import Iterable
from datetime import date

from services.eligibility.core import Outcome
from services.eligibility.core.benefit_terms import Benefits, Share
from services.eligibility.core.benefits import read_benefits
from services.eligibility.core.check_messages import Rejection
from services.eligibility.core.directory import DEFAULT, PayerTerms
from shared.x12.eligibility import Answer271, read_271
from shared.x12.findings import X12Error

UNAVAILABLE = Outcome(status="unavailable")
UNREADABLE = Outcome(status="unreadable")


def answer_to(content: bytes, trace_number: str) -> Answer271 | None:
    """The answer to one inquiry, matched by its trace number, never by its place; None when there is none.

    A payer that rejects above the subscriber echoes no trace number, only the inquiry's reference (BHT03).
    """
    try:
        answers = [one for one in read_271([content]) if isinstance(one, Answer271)]
    except X12Error:
        return None
    asked = [
        one for one in answers if trace_number in {one.trace_number, one.reference if not one.trace_number else ""}
    ]
    if not asked:
        return None
    # A subscriber level that only carries its dependent says nothing; the last level is the person asked about.
    return next((one for one in reversed(asked) if one.status != "unknown"), asked[-1])


def outcome_of(
    content: bytes,
    trace_number: str,
    on: date | None = None,
    terms: PayerTerms = DEFAULT,
    conversation: str | None = None,
) -> Outcome:
    """What a 271 amounts to for the person asked about. An odd answer is unknown, never inactive."""
    said = answer_to(content, trace_number)
    if said is None:
        return UNREADABLE.model_copy(update={"conversation": conversation}) if conversation else UNREADABLE
    return outcome_of_answer(said, on, terms, conversation)


def outcome_of_answer(
    said: Answer271, on: date | None = None, terms: PayerTerms = DEFAULT, conversation: str | None = None
) -> Outcome:
    """What one answer amounts to on a service date."""
    rejections = tuple(
        Rejection(code=one.code, follow_up=one.follow_up, loop=one.loop, valid=one.valid)
        for one in (*said.rejections, *(each for benefit in said.benefits for each in benefit.rejections))
    )
    codes = tuple(dict.fromkeys(one.code for one in rejections))
    if said.status == "rejected":
        return Outcome(status="rejected", reject_codes=codes, rejections=rejections, conversation=conversation)
    benefits = read_benefits(said, on, terms)
    if benefits.standing == "active":
        return _active(benefits, on, conversation)
    return Outcome(
        status="inactive" if benefits.standing == "inactive" else "no_benefit_stated",
        cause=benefits.cause,
        reject_codes=codes,
        rejections=rejections,
        other_payers=benefits.other_payers,
        conversation=conversation,
    )


def _active(benefits: Benefits, on: date | None, conversation: str | None) -> Outcome:
    """Active coverage with the patient's share, as far as the payer said it, in network first."""
    shares = sorted(benefits.shares, key=lambda one: one.network == "out")
    needed = [kind for one in benefits.authorization if one.need == "yes" for kind in one.service_types]
    span = next((one for one in benefits.spans if one.standing == "active" and (on is None or one.holds(on))), None)
    managed = benefits.managed_care
    return Outcome(
        status="active",
        authorization_service_types=tuple(dict.fromkeys(needed)),
        copay_cents=_first_cents(one.cents for one in _of(shares, "copay")),
        deductible_remaining_cents=_first_cents(one.remaining_cents for one in _of(shares, "deductible")),
        coinsurance_percent=next((one.percent for one in _of(shares, "coinsurance") if one.percent is not None), None),
        plan=benefits.plan or None,
        plan_type=benefits.plan_type,
        referral_required={"yes": True, "no": False, "unknown": None}[benefits.referral.need],
        covered_from=None if span is None else span.first,
        covered_to=None if span is None else span.last,
        managed_care=None if managed is None else managed.name,
        route_to_payer_id=None if managed is None else managed.route_to_payer_id,
        other_payers=benefits.other_payers,
        qualified_medicare_beneficiary=benefits.qualified_medicare_beneficiary,
        conversation=conversation,
    )


def _of(shares: Iterable[Share], kind: str) -> list[Share]:
    return [one for one in shares if one.kind == kind]


def _first_cents(values: Iterable[int | None]) -> int | None:
    return next((value for value in values if value is not None), None)
