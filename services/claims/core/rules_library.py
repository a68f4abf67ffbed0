"""A tenant's rule library: versions of its rules, from which day each is in force, and the tables it has loaded.

The documents and tables themselves lie beside it, named by digests; the library says which of them count. Nothing is
taken away: a rule that is changed is a new version, and one that is given up ends on a day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from shared.contracts import Event, Message, Meta
from shared.decider import Decider, Fact
from shared.replaced import replace

LIBRARY_ID = "library"
VERSIONS_MAX = 3_000
COMMANDS_KEPT = 50


class DraftRule(Message):
    """Keep a document as the next version of a rule. It was checked; its text lies under `digest`."""

    type: Literal["claims.draft-rule.v1"] = "claims.draft-rule.v1"
    rule_id: str
    digest: str
    title: str


class ActivateRule(Message):
    """Put a version into force for services from a day on; the one before it ends the day before."""

    type: Literal["claims.activate-rule.v1"] = "claims.activate-rule.v1"
    rule_id: str
    version: PositiveInt
    valid_from: date
    reason: str = Field(min_length=3, max_length=200)


class RetireRule(Message):
    """Let a rule end: for services from a day on, no version of it is in force."""

    type: Literal["claims.retire-rule.v1"] = "claims.retire-rule.v1"
    rule_id: str
    valid_from: date
    reason: str = Field(min_length=3, max_length=200)


class ListTable(Message):
    """A reference file was read: its table counts from now on, in place of the one of this kind and name before."""

    type: Literal["claims.list-table.v1"] = "claims.list-table.v1"
    kind: str
    name: str
    file_id: str
    rows: NonNegativeInt


class KeepRestrictions(Message):
    """Some patient of the tenant restricted what a plan may be told: from now on, claims are looked up."""

    type: Literal["claims.keep-restrictions.v1"] = "claims.keep-restrictions.v1"


LibraryMessage: TypeAlias = DraftRule | ActivateRule | RetireRule | ListTable | KeepRestrictions


class RuleDrafted(Fact):
    """There is a new version, in force nowhere yet."""

    type: Literal["rule-drafted"] = "rule-drafted"
    rule_id: str
    version: int
    digest: str
    title: str


class RuleActivated(Fact):
    """A version is in force from a day on. Who did it is in the fact's envelope."""

    type: Literal["rule-activated"] = "rule-activated"
    rule_id: str
    version: int
    valid_from: date
    reason: str
    command_id: UUID


class RuleRetired(Fact):
    """No version is in force from a day on."""

    type: Literal["rule-retired"] = "rule-retired"
    rule_id: str
    valid_from: date
    reason: str
    command_id: UUID


class TableListed(Fact):
    """A table counts."""

    type: Literal["table-listed"] = "table-listed"
    kind: str
    name: str
    file_id: str
    rows: int


class RestrictionsKept(Fact):
    """There are restrictions to look up."""

    type: Literal["restrictions-kept"] = "restrictions-kept"


class LibraryRefused(Fact):
    """What was asked for cannot be: there is no such version, or no room for another."""

    type: Literal["library-refused"] = "library-refused"
    why: str
    command_id: UUID


LibraryFact: TypeAlias = RuleDrafted | RuleActivated | RuleRetired | TableListed | RestrictionsKept | LibraryRefused


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version of a rule and where its document lies."""

    rule_id: str
    version: int
    digest: str
    title: str


@dataclass(frozen=True, slots=True)
class Activation:
    """A decision about a rule: this version from this day on; version 0 ends it."""

    rule_id: str
    version: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class Term:
    """A version in force between two days; without `last`, until further notice."""

    rule_id: str
    version: int
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A table that counts, by kind and name."""

    kind: str
    name: str
    file_id: str
    rows: int


@dataclass(frozen=True, slots=True)
class Library:
    """Everything a tenant's claims are judged by, by name."""

    versions: tuple[RuleVersion, ...] = ()
    activations: tuple[Activation, ...] = ()
    tables: tuple[Listed, ...] = ()
    restrictions: bool = False
    commands: tuple[UUID, ...] = ()

    def versions_of(self, rule_id: str) -> tuple[RuleVersion, ...]:
        """The versions of a rule, oldest first."""
        return tuple(one for one in self.versions if one.rule_id == rule_id)

    def terms_of(self, rule_id: str) -> tuple[Term, ...]:
        """When which version is in force, in order: a later decision outweighs an earlier one from its day on."""
        terms: list[Term] = []
        for one in self.activations:
            if one.rule_id == rule_id:
                before = one.valid_from - timedelta(days=1) if one.valid_from > date.min else date.min
                terms = [_ending(term, before) for term in terms if term.first < one.valid_from]
                terms.append(Term(rule_id, one.version, one.valid_from, None))
        return tuple(terms)


def _ending(term: Term, last: date) -> Term:
    return replace(term, last=min(term.last or last, last))


def decide(state: Library, message: LibraryMessage) -> tuple[LibraryFact, ...]:
    """Answer one message."""
    if message.meta.id in state.commands:
        return ()
    match message:
        case DraftRule():
            return _draft(state, message)
        case ActivateRule():
            return _activate(state, message)
        case RetireRule():
            return _retire(state, message)
        case ListTable():
            return _list(state, message)
        case KeepRestrictions():
            return () if state.restrictions else (RestrictionsKept(),)
        case _:
            assert_never(message)


def _draft(state: Library, message: DraftRule) -> tuple[LibraryFact, ...]:
    known = state.versions_of(message.rule_id)
    if known and known[-1].digest == message.digest:
        return ()
    if len(state.versions) >= VERSIONS_MAX:
        why = f"the library holds {VERSIONS_MAX} versions of rules, and no more"
        return (LibraryRefused(why=why, command_id=message.meta.id),)
    version = len(known) + 1
    return (RuleDrafted(rule_id=message.rule_id, version=version, digest=message.digest, title=message.title),)


def _activate(state: Library, message: ActivateRule) -> tuple[LibraryFact, ...]:
    if message.version > len(state.versions_of(message.rule_id)):
        return (LibraryRefused(why="there is no such version of this rule", command_id=message.meta.id),)
    if len(state.activations) >= VERSIONS_MAX:
        why = f"the library holds {VERSIONS_MAX} decisions about rules, and no more"
        return (LibraryRefused(why=why, command_id=message.meta.id),)
    return (
        RuleActivated(
            rule_id=message.rule_id,
            version=message.version,
            valid_from=message.valid_from,
            reason=message.reason,
            command_id=message.meta.id,
        ),
    )


def _retire(state: Library, message: RetireRule) -> tuple[LibraryFact, ...]:
    if len(state.activations) >= VERSIONS_MAX:
        why = f"the library holds {VERSIONS_MAX} decisions about rules, and no more"
        return (LibraryRefused(why=why, command_id=message.meta.id),)
    return (
        RuleRetired(
            rule_id=message.rule_id, valid_from=message.valid_from, reason=message.reason, command_id=message.meta.id
        ),
    )


def _list(state: Library, message: ListTable) -> tuple[LibraryFact, ...]:
    listed = Listed(message.kind, message.name, message.file_id, message.rows)
    if listed in state.tables:
        return ()
    return (TableListed(kind=message.kind, name=message.name, file_id=message.file_id, rows=message.rows),)


def evolve(state: Library, fact: LibraryFact) -> Library:
    """Apply one fact."""
    match fact:
        case RuleDrafted():
            version = RuleVersion(fact.rule_id, fact.version, fact.digest, fact.title)
            return replace(state, versions=(*state.versions, version))
        case RuleActivated():
            decided = Activation(fact.rule_id, fact.version, fact.valid_from)
            return _remember(replace(state, activations=(*state.activations, decided)), fact.command_id)
        case RuleRetired():
            decided = Activation(fact.rule_id, 0, fact.valid_from)
            return _remember(replace(state, activations=(*state.activations, decided)), fact.command_id)
        case TableListed():
            others = tuple(one for one in state.tables if (one.kind, one.name) != (fact.kind, fact.name))
            return replace(state, tables=(*others, Listed(fact.kind, fact.name, fact.file_id, fact.rows)))
        case RestrictionsKept():
            return replace(state, restrictions=True)
        case LibraryRefused():
            return _remember(state, fact.command_id)
        case _:
            assert_never(fact)


def _remember(state: Library, command_id: UUID) -> Library:
    return replace(state, commands=(*state.commands, command_id)[-COMMANDS_KEPT:])


def publish(_state: Library, _fact: LibraryFact, _meta: Meta) -> Event | None:
    """Rules are the tenant's own business."""
    return None


LIBRARY: Decider[Library, LibraryMessage, LibraryFact] = Decider(
    service="claims",
    kind="rule_library",
    initial=Library(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda _: LIBRARY_ID,
    record_key=lambda _: LIBRARY_ID,
    state_codec=TypeAdapter(Library),
    message_codec=TypeAdapter(Annotated[LibraryMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[LibraryFact, Field(discriminator="type")]),
)
