"""Requests for authorization on their way: a 278 out, a 278 back, read into what the payer decided.

Performs `SendReview`. Both sides of every conversation are kept sealed; a payer that says nothing is an outcome.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import uuid5

from services.eligibility.core.authorization import KIND, AuthorizationDecider
from services.eligibility.core.authorization_messages import (
    AskKind,
    ReviewAnswered,
    ReviewedItem,
    ReviewOutcome,
    ReviewPutOff,
    ReviewResumed,
    ReviewStatus,
    SendReview,
)
from services.eligibility.core.authorization_policy import ReviewBook
from services.eligibility.core.authorization_state import Review
from services.eligibility.core.check_messages import Rejection
from services.eligibility.payer_gate import Asked, PutOff
from services.eligibility.payer_limits import Waiting
from services.eligibility.payers import PayerConnection, person
from services.eligibility.settings import EligibilitySettings
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.identity import SubscriberIdentity
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import Performer, answer_meta
from shared.x12.findings import Finding, X12Error
from shared.x12.parties import Named
from shared.x12.review278 import Review278, ReviewedDiagnosis, ReviewedProvider, ReviewedService, read_278
from shared.x12.review278_write import write_278
from shared.x12.tokens import Segment
from shared.x12.values import period_of

REQUEST_GUIDE, INQUIRY_GUIDE = "005010X217", "005010X215"
_PURPOSE = {"request": "13", "cancel": "13", "inquiry": "28"}
"""BHT02: a request, its cancellation (which UM02 tells), a query."""
_CANCEL = "3"
STATUS: dict[str, ReviewStatus] = {
    "certified": "certified",
    "certified_partially": "partly_certified",
    "modified": "modified",
    "not_certified": "denied",
    "pended": "pended",
    "cancelled": "cancelled",
    "contact_payer": "contact_payer",
    "no_action_required": "not_required",
}
UNAVAILABLE = ReviewOutcome(status="unavailable")


class ReviewConnection:
    """Asks payers over the connection, through the gate and under the count of control numbers that inquiries go by."""

    def __init__(
        self,
        runtime: Runtime,
        settings: EligibilitySettings,
        decider: AuthorizationDecider,
        book: ReviewBook,
        payers: PayerConnection,
    ) -> None:
        self._runtime, self._settings = runtime, settings
        self._decider, self._book, self._payers = decider, book, payers

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {SendReview: self.send}

    async def send(self, key: Key, pending: Pending) -> Message:
        """Ask once. Repeated, it is the same question under another control number: the trace number is the same."""
        effect = pending.effect
        assert isinstance(effect, SendReview), "the worker was given one performer for one effect"
        state = (await self._runtime.store.load(self._decider, (key,)))[key].snapshot.state
        review = state.review(effect.request_id)
        assert review is not None, "an effect names a request of its account"
        said = await self._outcome(key, pending, effect, review)
        meta = answer_meta(key, pending, self._runtime.clock)
        account_id, request_id, ask, attempt = effect.account_id, effect.request_id, effect.ask, effect.attempt
        if isinstance(said, PutOff):
            return ReviewPutOff(
                meta=meta,
                account_id=account_id,
                request_id=request_id,
                ask=ask,
                attempt=attempt,
                times=effect.put_off + 1,
                wait_seconds=said.wait_seconds,
            )
        return ReviewAnswered(
            meta=meta, account_id=account_id, request_id=request_id, ask=ask, attempt=attempt, outcome=said
        )

    def resume(self, key: Key, pending: Pending) -> ReviewResumed | None:
        """The payer of a request that was put off speaks again."""
        effect = pending.effect
        if not isinstance(effect, SendReview) or not effect.put_off:
            return None
        meta = answer_meta(key, pending, self._runtime.clock).model_copy(update={"id": uuid5(pending.id, "resumed")})
        return ReviewResumed(
            meta=meta,
            account_id=effect.account_id,
            request_id=effect.request_id,
            ask=effect.ask,
            attempt=effect.attempt,
        )

    async def _outcome(self, key: Key, pending: Pending, effect: SendReview, review: Review) -> ReviewOutcome | PutOff:
        """What can be written goes through the payer's gate, as inquiries about coverage do."""
        now = self._runtime.clock.now()
        try:
            opened = await self._runtime.sealer.open(review.sealed_subscriber)
            identity = SubscriberIdentity.model_validate_json(opened)
            asked = review_278(review, identity, effect.ask, self._settings.submitter_id)
            number = await self._payers.take_number()
            request = write_278(asked, self._settings.submitter_id, review.payer_id[:15], number, now)
        except (SealBrokenError, X12Error):
            return ReviewOutcome(status="unclear", reason="unwritable")
        terms = self._book.of(review.payer_id, now.date())

        async def ask() -> Asked[ReviewOutcome]:
            answer, spoke = await self._payers.exchange(key.tenant, request, terms.timeout_seconds)
            conversation = await self._payers.keep(key, pending.id, request, answer or b"")
            said = UNAVAILABLE if answer is None else outcome_of(answer, asked.reference, effect.ask)
            return Asked(said.model_copy(update={"conversation": conversation}), spoke, well=answer is not None)

        return await self._payers.gate.through(review.payer_id, Waiting(KIND, key), ask)


def trace_of(request_id: str) -> str:
    """BHT03 and TRN02 of a request, which its answers echo: the same in every attempt and inquiry."""
    return request_id.removeprefix("auth_")[:30].upper()


def review_278(review: Review, identity: SubscriberIdentity, ask: AskKind, submitter_id: str) -> Review278:
    """The 278 for a request. An inquiry names the payer's number, where there is one, beside our own trace."""
    details, patient = review.details, identity.patient
    requester = Named(review.requester_name or "PROVIDER", "", "", "", "XX", review.requester_npi, "2")
    number = review.outcome.authorization_number if review.outcome else None
    event = ReviewedService(
        category=details.category,
        certification_type=_CANCEL if ask == "cancel" else "I",
        service_type=details.service_type,
        facility_code=details.place,
        facility_qualifier="B" if details.place else "",
        request_details=("", "U") if details.urgent else (),
        trace_number=trace_of(review.request_id),
        trace_type="1",
        trace_details=(f"9{submitter_id}",),
        previous_authorization_number=number or "",
        date_qualifier="435" if details.category == "AR" else "AAH",
        service_from=details.service_from,
        service_to=details.service_to,
        diagnosis_codes=_diagnoses(details.diagnoses),
        quantity_qualifier=details.quantity_unit,
        quantity=details.quantity,
        providers=_servicing(review),
    )
    return Review278(
        reference=trace_of(review.request_id),
        purpose=_PURPOSE[ask],
        is_response=False,
        payer=Named(review.payer_id, id_qualifier="PI", id=review.payer_id, entity_type="2"),
        requester=requester,
        subscriber=person(identity.subscriber),
        member_id=identity.member_id,
        dependent=None if patient is None else person(patient),
        event=event,
        services=() if ask == "inquiry" else tuple(_service(review, one) for one in details.items),
        version=INQUIRY_GUIDE if ask == "inquiry" else REQUEST_GUIDE,
    )


def _diagnoses(codes: tuple[str, ...]) -> tuple[ReviewedDiagnosis, ...]:
    """HI of ICD-10-CM codes: the first one is the principal diagnosis (ABK), the others are ABF."""
    return tuple(ReviewedDiagnosis("ABF" if n else "ABK", code.replace(".", "")) for n, code in enumerate(codes))


def _servicing(review: Review) -> tuple[ReviewedProvider, ...]:
    one = review.details.servicing
    if one is None:
        return ()
    named = Named(one.name, one.first_name, "", "", "XX", one.npi, "1" if one.first_name else "2")
    return (ReviewedProvider("FA" if one.facility else "SJ", named),)


def _service(review: Review, item: ReviewedItem) -> ReviewedService:
    details = review.details
    units = () if item.units is None else ("", item.unit, f"{item.units:f}")
    return ReviewedService(
        category="HS",
        certification_type="I",
        service_type=details.service_type,
        procedure_qualifier=item.qualifier,
        procedure=item.procedure,
        modifiers=item.modifiers,
        revenue_code=item.revenue_code,
        service_segment="SV2" if item.revenue_code else "SV1",
        service_details=units,
        date_qualifier="472",
        service_from=details.service_from,
        service_to=details.service_to,
    )


def outcome_of(content: bytes, trace: str, ask: AskKind) -> ReviewOutcome:
    """What a 278 answers to our request, matched by its trace or reference, never by its place."""
    try:
        reviews = [one for one in read_278([content]) if isinstance(one, Review278)]
    except X12Error:
        return ReviewOutcome(status="unclear", reason="unreadable")
    own = [one for one in reviews if trace in (one.reference, one.event.trace_number if one.event else "")]
    if not own:
        return ReviewOutcome(status="unclear", reason="no_match")
    return _read(own[-1], ask)


def _read(said: Review278, ask: AskKind) -> ReviewOutcome:
    """The decision on the event counts; without one, that of its services, where they agree.

    Services that were decided differently amount to a part: nothing is certified that the payer did not certify.
    """
    parts = [one for one in (said.event, *said.services) if one is not None]
    rejections = tuple(
        Rejection(code=one.code, follow_up=one.follow_up, loop=one.loop, valid=one.valid)
        for one in (*said.rejections, *(each for part in parts for each in part.rejections))
    )
    decided = [one for one in parts if one.decision is not None]
    if not decided:
        return ReviewOutcome(status="rejected" if rejections else "unclear", rejections=rejections)
    whole = said.event if said.event and said.event.decision else decided[0]
    status = STATUS.get(whole.decision.outcome, "unclear") if whole.decision else "unclear"
    among: set[ReviewStatus] = {STATUS.get(one.decision.outcome, "unclear") for one in decided if one.decision}
    if whole is not said.event and len(among) > 1:
        status = _of_several(among)
    if ask == "cancel" and status == "certified":
        status = "cancelled"  # the payer certifies the cancellation
    assert whole.decision is not None, "it was chosen for its decision"
    numbers = dict.fromkeys(one.decision.authorization_number for one in decided if one.decision)
    units, (first, last) = _units(whole, decided), _days(whole, decided)
    number = whole.decision.authorization_number or next((one for one in numbers if one), "")
    return ReviewOutcome(
        status=status,
        action=whole.decision.action,
        reason=whole.decision.reason or next((one.decision.reason for one in decided if one.decision), ""),
        authorization_number=number or None,
        service_from=first,
        service_to=last,
        units=units,
        unit="" if units is None else _unit(whole, decided),
        rejections=rejections,
    )


def _of_several(among: set[ReviewStatus]) -> ReviewStatus:
    """Services that were decided differently: still open while one is, else a part where any was certified."""
    if "pended" in among:
        return "pended"
    return "partly_certified" if among & {"certified", "modified", "partly_certified"} else "unclear"


def _days(whole: ReviewedService, decided: list[ReviewedService]) -> tuple[date | None, date | None]:
    """The certification's own days (DTP*007, DTP*036) before those of the service. An admission (435) has no last."""
    for one in (whole, *decided):
        first, last = _certified_days(one)
        if first or last:
            return first, last
    dated = next((one for one in (whole, *decided) if one.service_from), None)
    if dated is None:
        return None, None
    return dated.service_from, None if dated.date_qualifier == "435" else dated.service_to


def _certified_days(one: ReviewedService) -> tuple[date | None, date | None]:
    first: date | None = None
    last: date | None = None
    findings: list[Finding] = []
    for kept in one.extras:
        if kept[0] == "DTP" and len(kept) > 3 and kept[1] in ("007", "036"):
            begins, ends = period_of(kept[2], kept[3], Segment("DTP", kept[1:]), findings)
            if kept[1] == "007":
                first, last = begins, ends if kept[2] == "RD8" else last
            else:
                last = ends
    return first, last


def _units(whole: ReviewedService, decided: list[ReviewedService]) -> Decimal | None:
    """HSD02 where the payer says it; else the units of the services it decided (SV104, SV205)."""
    said = next((one.quantity for one in (whole, *decided) if one.quantity is not None), None)
    if said is not None:
        return said
    counted = [one.service_details[2] for one in decided if len(one.service_details) > 2 and one.service_details[2]]
    try:
        return sum((Decimal(one) for one in counted), Decimal(0)) if counted else None
    except ArithmeticError:
        return None


def _unit(whole: ReviewedService, decided: list[ReviewedService]) -> str:
    return next((one.quantity_qualifier for one in (whole, *decided) if one.quantity is not None), "UN")
