"""A provider with a payer: enrollment for each transaction, and credentialing spans that hold or route claims."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import Contract, EnrollmentChanged, Message, Meta, ProviderStandingChanged, StandingSpan
from shared.decider import Decider, Effect, Fact
from shared.replaced import replace

Transaction: TypeAlias = Literal["270", "276", "278", "835", "837P", "837I", "837D"]
EnrollmentState: TypeAlias = Literal["not_enrolled", "requested", "submitted", "enrolled", "rejected", "ended"]
Credential: TypeAlias = Literal["credentialed", "pending", "terminated", "supervised"]
Network: TypeAlias = Literal["in", "out"]
"""Whether the provider takes part in the payer's network; credentialed is not yet contracted."""
CLAIMS: frozenset[str] = frozenset({"837P", "837I", "837D"})
ACTIONS: dict[Credential, Literal["send", "hold", "route"]] = {
    "credentialed": "send",
    "pending": "hold",
    "terminated": "hold",
    "supervised": "route",
}
NEXT: dict[EnrollmentState, frozenset[EnrollmentState]] = {
    "not_enrolled": frozenset({"requested", "submitted", "enrolled"}),
    "requested": frozenset({"submitted", "enrolled", "rejected", "not_enrolled"}),
    "submitted": frozenset({"enrolled", "rejected"}),
    "enrolled": frozenset({"ended", "enrolled"}),
    "rejected": frozenset({"requested", "submitted"}),
    "ended": frozenset({"requested", "submitted", "enrolled"}),
}
"""Which state may follow which."""


class Enrollment(Contract):
    """Where the enrollment for one transaction stands, from a date on. `task`: what somebody has to do for it."""

    transaction: Transaction
    state: EnrollmentState
    effective_from: date
    effective_to: date | None = None
    task: str | None = None


class CredentialSpan(Contract):
    """What the provider is to the payer on the days of a span. Under supervision claims name `route_to_npi`."""

    first: date
    last: date | None = None
    credential: Credential
    route_to_npi: str | None = None
    network: Network | None = None


class SetEnrollment(Message):
    """A person, or the clearinghouse's file, says where an enrollment stands."""

    type: Literal["eligibility.set-enrollment.v1"] = "eligibility.set-enrollment.v1"
    npi: str
    payer_id: str
    enrollment: Enrollment


class SetCredentials(Message):
    """All credentialing spans of the provider with the payer; they replace those before. `otherwise`: on other days."""

    type: Literal["eligibility.set-credentials.v1"] = "eligibility.set-credentials.v1"
    npi: str
    payer_id: str
    spans: tuple[CredentialSpan, ...]
    otherwise: Literal["send", "hold"] = "hold"


ProviderMessage: TypeAlias = SetEnrollment | SetCredentials


class EnrollmentSet(Fact):
    """An enrollment has a new state."""

    type: Literal["provider.enrollment-set.v1"] = "provider.enrollment-set.v1"
    npi: str
    payer_id: str
    enrollment: Enrollment


class CredentialsSet(Fact):
    """The spans are these now."""

    type: Literal["provider.credentials-set.v1"] = "provider.credentials-set.v1"
    npi: str
    payer_id: str
    spans: tuple[CredentialSpan, ...]
    otherwise: Literal["send", "hold"]


class ChangeRefused(Fact):
    """What was said cannot be; the person reads why."""

    type: Literal["provider.change-refused.v1"] = "provider.change-refused.v1"
    npi: str
    payer_id: str
    reasons: tuple[str, ...]


ProviderFact: TypeAlias = EnrollmentSet | CredentialsSet | ChangeRefused


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider with one payer. Who has no credentialing spans here is not held by any."""

    npi: str = ""
    payer_id: str = ""
    enrollments: tuple[Enrollment, ...] = ()  # the newest of each transaction
    spans: tuple[CredentialSpan, ...] = ()
    otherwise: Literal["send", "hold"] = "send"

    def enrollment(self, transaction: str) -> Enrollment | None:
        return next((one for one in self.enrollments if one.transaction == transaction), None)

    def standing(self) -> tuple[StandingSpan, ...]:
        """What is to be done with claims, by date of service."""
        return tuple(
            StandingSpan(
                first=one.first,
                last=one.last,
                action=ACTIONS[one.credential],
                because=one.credential,
                route_to_npi=one.route_to_npi,
                network=one.network,
            )
            for one in self.spans
        )


class Standing(Contract):
    """What is to be done with one claim, and why."""

    action: Literal["send", "hold", "route"]
    because: str
    route_to_npi: str | None = None


def standing_on(provider: Provider, on: date, transaction: str) -> Standing:
    """Whether a claim for a service on a date, by a transaction, is sent, held or routed.

    An enrollment that is known and not in force holds; one that nobody recorded does not. Then the credentialing span
    of the date decides.
    """
    enrolled = provider.enrollment(transaction)
    if transaction in CLAIMS and enrolled is not None and not _in_force(enrolled, on):
        why = f"the provider's enrollment for {transaction} is {enrolled.state.replace('_', ' ')}"
        return Standing(action="hold", because=f"{why}: finish it, then release the claim")
    for one in provider.standing():
        if one.first <= on and (one.last is None or on <= one.last):
            return Standing(action=one.action, because=_sentence(one), route_to_npi=one.route_to_npi)
    if provider.otherwise == "hold":
        return Standing(action="hold", because=f"no credentialing span covers {on}: record one, or route the claim")
    return Standing(action="send", because="nothing is recorded that would hold it")


def _in_force(enrolled: Enrollment, on: date) -> bool:
    ends = enrolled.effective_to is None or on <= enrolled.effective_to
    if enrolled.state == "enrolled":
        return enrolled.effective_from <= on and ends
    return enrolled.state == "ended" and on < enrolled.effective_from


def _sentence(one: StandingSpan) -> str:
    until = f" until {one.last}" if one.last else ""
    return f"{one.because.replace('_', ' ')} since {one.first}{until}"


def decide(provider: Provider, message: ProviderMessage) -> tuple[ProviderFact | Effect, ...]:
    match message:
        case SetEnrollment():
            return _set_enrollment(provider, message)
        case SetCredentials():
            return _set_credentials(provider, message)
        case _:
            assert_never(message)


def _set_enrollment(provider: Provider, message: SetEnrollment) -> tuple[ProviderFact, ...]:
    new, known = message.enrollment, provider.enrollment(message.enrollment.transaction)
    if new == known:
        return ()
    reasons = tuple(_faults_of(new, known))
    if reasons:
        return (ChangeRefused(npi=message.npi, payer_id=message.payer_id, reasons=reasons),)
    return (EnrollmentSet(npi=message.npi, payer_id=message.payer_id, enrollment=new),)


def _faults_of(new: Enrollment, known: Enrollment | None) -> Iterator[str]:
    if new.effective_to is not None and new.effective_to < new.effective_from:
        yield f"the enrollment ends on {new.effective_to}, before it begins on {new.effective_from}"
    if known is None:
        return
    if new.state != known.state and new.state not in NEXT[known.state]:
        yield f"an enrollment that is {known.state.replace('_', ' ')} does not become {new.state.replace('_', ' ')}"
    if new.effective_from < known.effective_from and new.state != known.state:
        yield f"it is {known.state.replace('_', ' ')} since {known.effective_from}: the next state begins no earlier"


def _set_credentials(provider: Provider, message: SetCredentials) -> tuple[ProviderFact, ...]:
    spans = tuple(sorted(message.spans, key=lambda one: one.first))
    if (spans, message.otherwise) == (provider.spans, provider.otherwise):
        return ()
    if reasons := tuple(span_faults(spans)):
        return (ChangeRefused(npi=message.npi, payer_id=message.payer_id, reasons=reasons),)
    return (CredentialsSet(npi=message.npi, payer_id=message.payer_id, spans=spans, otherwise=message.otherwise),)


def span_faults(spans: Sequence[CredentialSpan]) -> Iterator[str]:
    """What is wrong with spans in order of their first day: each needs an end after its begin and days of its own."""
    for one in spans:
        if one.last is not None and one.last < one.first:
            yield f"the span from {one.first} ends on {one.last}, before it begins"
        if (one.credential == "supervised") != (one.route_to_npi is not None):
            yield f"the span from {one.first}: a supervised provider, and no other, names whom claims go out under"
    for one, following in pairwise(spans):
        if one.last is None or one.last >= following.first:
            ends = following.first - timedelta(days=1)
            yield f"the span from {one.first} runs into that from {following.first}: end it on {ends} or before"


def evolve(provider: Provider, fact: ProviderFact) -> Provider:
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case EnrollmentSet():
            others = [one for one in provider.enrollments if one.transaction != fact.enrollment.transaction]
            enrollments = tuple(sorted((*others, fact.enrollment), key=lambda one: one.transaction))
            return replace(provider, npi=fact.npi, payer_id=fact.payer_id, enrollments=enrollments)
        case CredentialsSet():
            return replace(provider, npi=fact.npi, payer_id=fact.payer_id, spans=fact.spans, otherwise=fact.otherwise)
        case ChangeRefused():
            return replace(provider, npi=fact.npi, payer_id=fact.payer_id)
        case _:
            assert_never(fact)


def publish(provider: Provider, fact: ProviderFact, meta: Meta) -> EnrollmentChanged | ProviderStandingChanged | None:
    """What changed, for whoever sends claims or waits for remittances."""
    match fact:
        case EnrollmentSet():
            return EnrollmentChanged(meta=meta, npi=fact.npi, payer_id=fact.payer_id, **fact.enrollment.model_dump())
        case CredentialsSet():
            return ProviderStandingChanged(
                meta=meta,
                npi=fact.npi,
                payer_id=fact.payer_id,
                spans=provider.standing(),
                otherwise=fact.otherwise,
            )
        case ChangeRefused():
            return None
        case _:
            assert_never(fact)


def provider_id(npi: str, payer_id: str) -> str:
    return f"{npi}.{payer_id}"


PROVIDER: Decider[Provider, ProviderMessage, ProviderFact] = Decider(
    service="eligibility",
    kind="provider",
    initial=Provider(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: provider_id(message.npi, message.payer_id),
    record_key=lambda provider: provider.npi,
    state_codec=TypeAdapter(Provider),
    message_codec=TypeAdapter(Annotated[ProviderMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[ProviderFact, Field(discriminator="type")]),
    index=lambda provider: {"npi": provider.npi, "payer_id": provider.payer_id},
)
