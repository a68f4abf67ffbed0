"""How a claim of any form becomes a `ReceiveClaim`: pseudonyms, seals, and the reservations behind two rules.

Ids derive from the file and the claim's place in it, or from the request, so reading the same thing again makes the
same commands and reserves the same keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple
from uuid import UUID, uuid5

from services.claims.claim_kinds import lift
from services.claims.core import Claim
from services.claims.core.claim_messages import CorrectClaim, Identified, ReceiveClaim
from services.claims.core.content import ClaimContent
from services.claims.core.edits_base import PastService
from services.claims.core.edits_over_time import counts_for_others, needs_past
from services.claims.core.past import Earlier, past_services
from services.claims.core.rules import Outcome
from services.claims.core.rules_judge import Book, judge
from services.claims.core.standing import held_by_standing
from services.claims.core.turns import Turns, before
from services.claims.from_x12 import content_of, findings_of
from services.claims.identity import (
    IDENTITY,
    LineIdentity,
    guarantor,
    guarantor_of,
    identity_of,
    patient_of,
    subscriber_identity,
)
from services.claims.past_services import ClaimDecider, earlier_claims
from services.claims.patients import AtDoor, Patients
from services.claims.routing import Routing
from services.claims.rulebooks import books_of
from services.claims.standings import standings
from shared.contracts import Meta
from shared.identity import seal_model
from shared.sealed import Pseudonyms, Sealer
from shared.store.port import Store
from shared.x12.claim837 import Claim837, Person, ServiceLine

DUPLICATES, CONTROL_NUMBERS = "claim", "pcn"
ORIGINAL = "1"
LAST = ("9999-12-31", "")
"""Of the order of claims: one that is just coming in came after all that are here."""


class Arrival(NamedTuple):
    """A claim at the door. `id` is the command's id; `origin` where it came from; `account_number` only some give."""

    id: UUID
    claim: Claim837
    origin: str
    account_number: str | None = None
    corrects: Claim | None = None  # the claim that this one takes the place of
    account_id: str | None = None  # of the claim that this one was made of

    @property
    def claim_id(self) -> str:
        return self.corrects.claim_id if self.corrects else f"clm_{self.id.hex}"


class Read(NamedTuple):
    """An arrival taken apart: what may lie in the clear, what is to be sealed, and its pseudonyms.

    `patient` is one person under one coverage, "" where the claim does not name both.

    `duplicate` is the key of the duplicate rule, "" where it does not hold; `fingerprint` digests the whole claim.
    """

    arrival: Arrival
    content: ClaimContent
    identity: bytes
    account_id: str
    coverage_id: str
    duplicate: str
    fingerprint: str
    patient: str = ""


class Intake:
    """Makes commands of arrivals."""

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        pseudonyms: Pseudonyms,
        routing: Routing,
        claim: ClaimDecider,
        patients: Patients,
    ) -> None:
        self._store, self._sealer, self._pseudonyms, self._routing = store, sealer, pseudonyms, routing
        self._claim, self._patients = claim, patients
        self._books = books_of(store)

    async def commands(self, cause: Meta, arrivals: Sequence[Arrival]) -> list[ReceiveClaim]:
        """One command for each arrival, in order; `cause` gives tenant, time and actor."""
        tenant = cause.tenant
        read = [self.read(tenant, arrival) for arrival in arrivals]
        duplicates = await self._reserve(tenant, DUPLICATES, [(one.duplicate, one.arrival) for one in read])
        numbers = await self._reserve(tenant, CONTROL_NUMBERS, [(control_number_key(a.claim), a) for a in arrivals])
        outcomes = await self.judged(tenant, cause.occurred_at.date(), read, cause)
        return [
            await self._command(
                cause, one, outcome, duplicates.get(one.arrival.claim_id), numbers.get(one.arrival.claim_id)
            )
            for one, outcome in zip(read, outcomes, strict=True)
        ]

    async def judged(
        self, tenant: str, received_on: date, read: Sequence[Read], cause: Meta | None = None
    ) -> list[Outcome]:
        """Each claim under the tenant's rules and tables as they are now; with `cause` they came in, and take turns."""
        shelf = await self._books.shelf(tenant)
        kept = await self._books.restrictions(tenant, shelf.library, {one.coverage_id for one in read})
        known = await standings(self._store, tenant, [one.content for one in read])
        found = [judge(shelf.book, one.content, received_on, kept.get(one.coverage_id, ())) for one in read]
        past = await self._past(tenant, shelf.book, read, found, cause)
        found = [
            judge(shelf.book, one.content, received_on, kept.get(one.coverage_id, ()), past[place])
            if past[place]
            else first
            for place, (one, first) in enumerate(zip(read, found, strict=True))
        ]
        return [Outcome(one.content, one.judged.and_also(held_by_standing(one.content, known))) for one in found]

    async def _past(
        self, tenant: str, book: Book, read: Sequence[Read], found: Sequence[Outcome], cause: Meta | None
    ) -> list[tuple[PastService, ...]]:
        """Earlier services for each claim that a table asks about, those before it in the batch included.

        Nothing is looked up where no table asks: what a claim needs shows once rules and bundles are done with it.
        """
        asks = [
            bool(one.patient) and needs_past(outcome.content, book.reference)
            for one, outcome in zip(read, found, strict=True)
        ]
        wanted = {one.coverage_id for one, needed in zip(read, asks, strict=True) if needed}
        # Turns before the look at what is stored: whoever came before is then seen in one of the two.
        turns = await self._turns(book, read, found, cause) if cause else {}
        here = await earlier_claims(self._store, self._claim, tenant, wanted)
        past: list[tuple[PastService, ...]] = []
        for one, outcome, needed in zip(read, found, asks, strict=True):
            claim_id, content = one.arrival.claim_id, outcome.content
            known = here.get(one.patient, [])
            if cause and one.patient in turns:
                known = before(turns[one.patient], one.arrival.id, known, cause.occurred_at)
            past.append(past_services(known, claim_id, content) if needed else ())
            if one.coverage_id in wanted and one.patient:
                here.setdefault(one.patient, []).append(Earlier(claim_id, content, LAST))
        return past

    async def _turns(self, book: Book, read: Sequence[Read], found: Sequence[Outcome], cause: Meta) -> dict[str, Turns]:
        """A turn for each claim whose services may count for or against others of its patient."""
        at_door = [
            AtDoor(one.patient, one.arrival.claim_id, one.arrival.id, outcome.content)
            for one, outcome in zip(read, found, strict=True)
            if one.patient and counts_for_others(outcome.content, book.reference)
        ]
        return await self._patients.turns(cause, at_door)

    async def correction(self, cause: Meta, arrival: Arrival) -> CorrectClaim:
        """The command that puts an arrival into the place of the claim it corrects."""
        (received,) = await self.commands(cause, (arrival,))
        return CorrectClaim(
            meta=received.meta,
            claim_id=received.claim_id,
            coverage_id=received.coverage_id,
            content=received.content,
            identity=received.identity,
            partner=received.partner,
            duplicate_of=received.duplicate_of,
            control_number_held_by=received.control_number_held_by,
            judged=received.judged,
            patient=received.patient,
        )

    def read(self, tenant: str, arrival: Arrival) -> Read:
        """Take an arrival apart."""
        claim, of = arrival.claim, self._pseudonyms.of
        parts = lift(claim)
        content, identity = content_of(claim, parts), IDENTITY.dump_json(identity_of(claim, parts.kept))
        given = arrival.account_number
        own = arrival.corrects.account_id if arrival.corrects else arrival.account_id
        account = (given,) if given else _account_parts(guarantor_of(claim), claim)
        return Read(
            arrival,
            content,
            identity,
            account_id=own or of("acct", tenant, *account),
            coverage_id=of("cov", tenant, claim.payer.id, claim.subscriber.member_id or arrival.claim_id),
            duplicate=of("dup", tenant, *_duplicate_parts(claim)) if claim.frequency_code == ORIGINAL else "",
            fingerprint=of("fp", tenant, identity.decode(), content.model_dump_json()),
            patient=of("pat", tenant, *person) if (person := _person_parts(claim)) else "",
        )

    async def _reserve(self, tenant: str, rule: str, wanted: Sequence[tuple[str, Arrival]]) -> dict[str, str]:
        """For each claim id whose key another claim holds, that other claim."""
        first: dict[str, str] = {}
        for key, arrival in wanted:
            if key:
                first.setdefault(key, arrival.claim_id)
        held: Mapping[str, str] = await self._store.reserve(tenant, rule, first) if first else {}
        return {a.claim_id: held[key] for key, a in wanted if key and held[key] != a.claim_id}

    async def _command(
        self, cause: Meta, read: Read, outcome: Outcome, duplicate_of: str | None, number_held_by: str | None
    ) -> ReceiveClaim:
        arrival, claim, account_id = read.arrival, read.arrival.claim, read.account_id
        tenant = cause.tenant
        identity = Identified(
            sealed_identity=await self._sealer.seal(tenant, account_id, sealed_part(read, outcome.content)),
            sealed_subscriber=await seal_model(self._sealer, tenant, account_id, subscriber_identity(claim)),
            sealed_guarantor=await seal_model(self._sealer, tenant, account_id, guarantor(claim)),
        )
        return ReceiveClaim(
            meta=_meta(cause, arrival, account_id),
            claim_id=arrival.claim_id,
            account_id=account_id,
            coverage_id=read.coverage_id,
            content=outcome.content,
            identity=identity,
            fingerprint=read.fingerprint,
            partner=self._routing.partner_of(claim.payer.id, read.content.claim_type),
            received_on=cause.occurred_at.date(),
            origin=arrival.origin,
            duplicate_of=duplicate_of,
            control_number_held_by=number_held_by,
            findings=findings_of(claim),
            judged=outcome.judged,
            patient=read.patient,
        )


def sealed_part(read: Read, content: ClaimContent) -> bytes:
    """What is to be sealed of a claim: its lines' parts follow the lines that rules added or removed."""
    before, after = ([line.line_control_number for line in one.lines] for one in (read.content, content))
    if before == after:
        return read.identity
    identity = IDENTITY.validate_json(read.identity)
    parts = dict(zip(before, identity.lines, strict=False))
    lines = tuple(parts.get(number, LineIdentity()) for number in after)
    return IDENTITY.dump_json(replace(identity, lines=lines))


def _meta(cause: Meta, arrival: Arrival, account_id: str) -> Meta:
    """A claim's story starts here: its correlation is its own."""
    return cause.model_copy(
        update={
            "id": arrival.id,
            "source": "claims",
            "subject": f"claim/{arrival.claim_id}",
            "key": account_id,
            "sequence": 0,
            "causation": cause.id,
            "correlation": arrival.id,
        }
    )


def _account_parts(owner: Person, claim: Claim837) -> tuple[str, ...]:
    """A guarantor by name and member id; the birth date only stands in for a missing member id.

    An 837 gives the subscriber's birth date only where the subscriber is the patient: a family would fall apart by it.
    """
    born = owner.birth_date.isoformat() if owner.birth_date else ""
    return owner.last_name, owner.first_name, claim.subscriber.member_id or born


def _person_parts(claim: Claim837) -> tuple[str, ...]:
    """What tells a patient from the others of a coverage: first name and birth date, as the duplicate rule has them."""
    patient = patient_of(claim)
    if not (claim.payer.id and claim.subscriber.member_id and patient.birth_date):
        return ()
    return claim.payer.id, claim.subscriber.member_id, patient.first_name.casefold(), patient.birth_date.isoformat()


def _duplicate_parts(claim: Claim837) -> tuple[str, ...]:
    """What makes two claims one service: payer, member, patient, provider, and each line's date, code and charge."""
    patient = patient_of(claim)
    provider = claim.rendering or claim.billing
    lines = sorted(_line_part(line, claim) for line in claim.lines)
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    who = (claim.payer.id, claim.subscriber.member_id, patient.first_name, born)
    return (*who, provider.npi, claim.facility_code, *lines)


def _line_part(line: ServiceLine, claim: Claim837) -> str:
    rendering = line.rendering.npi if line.rendering else ""
    parts = (
        rendering,
        line.service_from,
        line.service_to,
        line.bundle or line.procedure,
        *line.modifiers,
        line.place_of_service or claim.facility_code,
        line.units,
        line.charge_cents,
    )
    return "/".join(str(part) for part in parts)


def control_number_key(claim: Claim837) -> str:
    """The key of "one claim per patient control number"; a replacement or void rightly repeats its original's."""
    return claim.patient_control_number if claim.frequency_code == ORIGINAL else ""


def arrival_id(namespace: UUID, file_id: str, ordinal: int) -> UUID:
    """The id of the claim at a place of a file."""
    return uuid5(namespace, f"{file_id}/{ordinal}")
