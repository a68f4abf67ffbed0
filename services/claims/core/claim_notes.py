"""What people put on a claim, whatever its status: tags, notes and an owner (feature C10); and what they are told.

A tag stands in the clear and names nobody; a note may, so it is sealed. The owner is a member of staff.
"""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts import Message, Sealed
from shared.decider import Fact

TAGS_MAX = 20
NOTES_MAX = 1_000
TAG_PATTERN = "^[a-z0-9][a-z0-9-]{0,39}$"
Tag: TypeAlias = Annotated[str, StringConstraints(pattern=TAG_PATTERN)]


class TagClaim(Message):
    """A person adds tags to a claim, or takes them away; those that a rule set, too."""

    type: Literal["claims.tag-claim.v1"] = "claims.tag-claim.v1"
    claim_id: str
    add: tuple[Tag, ...] = ()
    remove: tuple[str, ...] = ()


class NoteClaim(Message):
    """A person writes something about a claim."""

    type: Literal["claims.note-claim.v1"] = "claims.note-claim.v1"
    claim_id: str
    sealed_text: Sealed


class AssignClaimOwner(Message):
    """Somebody answers for the claim from now on; nobody does where `owner` is empty."""

    type: Literal["claims.assign-claim-owner.v1"] = "claims.assign-claim-owner.v1"
    claim_id: str
    owner: str = Field(max_length=80)


DeskMessage: TypeAlias = TagClaim | NoteClaim | AssignClaimOwner


class ClaimTagged(Fact):
    """A person changed the claim's tags."""

    type: Literal["claim-tagged"] = "claim-tagged"
    added: tuple[str, ...]
    removed: tuple[str, ...]
    command_id: UUID


class ClaimNoted(Fact):
    """A person wrote a note. Its text is nowhere but in this fact."""

    type: Literal["claim-noted"] = "claim-noted"
    sealed_text: Sealed
    command_id: UUID


class ClaimOwned(Fact):
    """Somebody answers for the claim; nobody where `owner` is empty."""

    type: Literal["claim-owned"] = "claim-owned"
    owner: str
    command_id: UUID


DeskFact: TypeAlias = ClaimTagged | ClaimNoted | ClaimOwned
