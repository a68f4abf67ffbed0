"""Whether a payer takes claims of a provider on a day: what eligibility publishes, kept by provider and payer.

Nobody who is not recorded is held. An enrollment that is known and not in force holds, and so does a day that no
credentialing span covers, where spans are kept (features S8 and E12).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import EnrollmentChanged, HoldReason, Meta, ProviderStandingChanged, StandingSpan
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

from .content import ClaimContent
from .rules_outcome import NOTHING_SAID, Explained, Judged

PROVIDER_STANDING = "provider-standing"
SOURCE = "eligibility: enrollments and credentialing spans of providers"
SECOND_LOOK = timedelta(minutes=10)
"""A claim that was judged just before the news may be kept just after the first look. A house rule."""


class StandingTold(Answer):
    """Every claim in the house heard of it."""

    type: Literal["claims.standing-told.v1"] = "claims.standing-told.v1"
    standing_id: str


StandingMessage: TypeAlias = EnrollmentChanged | ProviderStandingChanged | StandingTold


class TellStanding(Effect):
    """Look again at the claims in the house that name this provider and payer."""

    type: Literal["tell-standing"] = "tell-standing"
    npi: str
    payer_id: str


class EnrollmentKept(Fact):
    """An enrollment for one transaction stands so."""

    type: Literal["enrollment-kept"] = "enrollment-kept"
    npi: str
    payer_id: str
    transaction: str
    state: str
    effective_from: date
    effective_to: date | None
    sequence: int


class SpansKept(Fact):
    """The credentialing spans are these."""

    type: Literal["spans-kept"] = "spans-kept"
    npi: str
    payer_id: str
    spans: tuple[StandingSpan, ...]
    otherwise: Literal["send", "hold"]
    sequence: int


StandingFact: TypeAlias = EnrollmentKept | SpansKept


@dataclass(frozen=True, slots=True)
class ProviderStanding:
    """One provider with one payer, by the newest news of each kind; `sequence` is that of the last."""

    npi: str = ""
    payer_id: str = ""
    enrollments: tuple[EnrollmentKept, ...] = ()
    spans: tuple[StandingSpan, ...] = ()
    otherwise: Literal["send", "hold"] = "send"
    sequence: int = 0

    def span_on(self, on: date) -> StandingSpan | None:
        """What was recorded of a day."""
        return next((one for one in self.spans if one.first <= on and (one.last is None or on <= one.last)), None)

    def fault(self, on: date, transaction: str, supervising_npi: str = "") -> str:
        """Why a claim for a service on a day is not to be sent, in a sentence; "" where it is."""
        enrolled = next((one for one in self.enrollments if one.transaction == transaction), None)
        if enrolled is not None and not _in_force(enrolled, on):
            return "The provider is not enrolled with this payer for such claims on the date of service"
        span = self.span_on(on)
        if span is None:
            return (
                "No credentialing span of the provider covers the date of service" if self.otherwise == "hold" else ""
            )
        match span.action:
            case "send":
                return ""
            case "hold":
                how = span.because.replace("_", " ")
                return f"The provider's standing with this payer on the date of service is: {how}"
            case "route":
                if span.route_to_npi == supervising_npi:
                    return ""
                return "The provider works under supervision on the date of service: name the supervising provider"
            case _:
                assert_never(span.action)


def _in_force(enrolled: EnrollmentKept, on: date) -> bool:
    if enrolled.state == "enrolled":
        return enrolled.effective_from <= on and (enrolled.effective_to is None or on <= enrolled.effective_to)
    return enrolled.state == "ended" and on < enrolled.effective_from


def standing_id(npi: str, payer_id: str) -> str:
    return f"{npi}.{payer_id}"


def standings_of(content: ClaimContent) -> frozenset[str]:
    """Ids of all that is to be looked up for a claim."""
    if not content.payer_id:
        return frozenset()
    return frozenset(standing_id(npi, content.payer_id) for _, npi, _ in _providers(content))


def held_by_standing(content: ClaimContent, standings: Mapping[str, ProviderStanding]) -> Judged:
    """What keeps a claim in the house until its providers' standing covers its days. `standings` by id."""
    holds: dict[str, HoldReason] = {}
    supervising = content.supervising.npi if content.supervising else ""
    transaction = f"837{content.claim_type}"
    for field, npi, day in _providers(content):
        known = standings.get(standing_id(npi, content.payer_id))
        fault = known.fault(day, transaction, supervising) if known is not None and known.npi else ""
        if fault:
            message = f"{fault}. The claim goes out by itself once it is settled."
            holds.setdefault(field, HoldReason(rule=PROVIDER_STANDING, field=field, message=message))
    network = network_of(content, standings)
    if not holds and network is None:
        return NOTHING_SAID
    return Judged(
        network=network,
        holds=tuple(holds.values()),
        waivable=(PROVIDER_STANDING,) if holds else (),
        explained=tuple(Explained(rule=PROVIDER_STANDING, source=SOURCE, did="hold", at=field) for field in holds),
    )


def network_of(content: ClaimContent, standings: Mapping[str, ProviderStanding]) -> Literal["in", "out"] | None:
    """Whether all who bill or render take part in the payer's network on their days, or none of them does.

    None where nobody said it of any, or they differ: then a person looks.
    """
    said: set[Literal["in", "out"]] = set()
    for _, npi, day in _providers(content):
        known = standings.get(standing_id(npi, content.payer_id))
        span = known.span_on(day) if known is not None else None
        if span is not None and span.network is not None:
            said.add(span.network)
    return said.pop() if len(said) == 1 else None


def _providers(content: ClaimContent) -> Iterator[tuple[str, str, date]]:
    """Field, NPI and day of service of everybody who bills or renders."""
    for place, line in enumerate(content.lines):
        day = line.service_from or content.service_from
        if day is None:
            continue
        if content.billing.npi:
            yield "billing.npi", content.billing.npi, day
        if line.rendering is not None:
            if line.rendering.npi:
                yield f"lines[{place}].rendering.npi", line.rendering.npi, day
        elif content.rendering is not None and content.rendering.npi:
            yield "rendering.npi", content.rendering.npi, day


def decide(state: ProviderStanding, message: StandingMessage) -> tuple[StandingFact | Effect, ...]:
    """Keep what is newer than what is known, and tell the claims."""
    if isinstance(message, StandingTold) or message.meta.sequence <= state.sequence:
        return ()
    npi, payer_id, sequence = message.npi, message.payer_id, message.meta.sequence
    again_at = message.meta.occurred_at + SECOND_LOOK
    tell = (TellStanding(npi=npi, payer_id=payer_id), TellStanding(npi=npi, payer_id=payer_id, not_before=again_at))
    match message:
        case EnrollmentChanged():
            kept = EnrollmentKept(
                npi=npi,
                payer_id=payer_id,
                transaction=message.transaction,
                state=message.state,
                effective_from=message.effective_from,
                effective_to=message.effective_to,
                sequence=sequence,
            )
            return (kept, *tell)
        case ProviderStandingChanged():
            spans = SpansKept(
                npi=npi, payer_id=payer_id, spans=message.spans, otherwise=message.otherwise, sequence=sequence
            )
            return (spans, *tell)
        case _:
            assert_never(message)


def evolve(state: ProviderStanding, fact: StandingFact) -> ProviderStanding:
    """Apply one fact."""
    match fact:
        case EnrollmentKept():
            others = [one for one in state.enrollments if one.transaction != fact.transaction]
            enrollments = tuple(sorted((*others, fact), key=lambda one: one.transaction))
            return replace(state, npi=fact.npi, payer_id=fact.payer_id, enrollments=enrollments, sequence=fact.sequence)
        case SpansKept():
            return replace(
                state,
                npi=fact.npi,
                payer_id=fact.payer_id,
                spans=fact.spans,
                otherwise=fact.otherwise,
                sequence=fact.sequence,
            )
        case _:
            assert_never(fact)


def publish(_state: ProviderStanding, _fact: StandingFact, _meta: Meta) -> None:
    """Nothing: eligibility said it."""


STANDING: Decider[ProviderStanding, StandingMessage, StandingFact] = Decider(
    service="claims",
    kind="standing",
    initial=ProviderStanding(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: (
        message.standing_id if isinstance(message, StandingTold) else standing_id(message.npi, message.payer_id)
    ),
    record_key=lambda state: state.npi or "provider",
    state_codec=TypeAdapter(ProviderStanding),
    message_codec=TypeAdapter(Annotated[StandingMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[StandingFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(TellStanding),
    keeps_history=False,
)
