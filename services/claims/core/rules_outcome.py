"""What came of looking a claim over: why it is held, what was changed or tagged, and which rule did it from what."""

from typing import Literal, TypeAlias

from pydantic import NonNegativeInt

from shared.contracts import Contract, HoldReason

Did: TypeAlias = Literal["hold", "set", "tag", "untag", "add", "remove", "price", "failed"]


class Explained(Contract):
    """One thing a rule did: where, from which fields, on whose authority.

    `values` are pairs of a field's path and its value; of a field that says too much about a person, only whether it
    is present. `version` is 0 for a check that is part of the program.
    """

    rule: str
    version: NonNegativeInt = 0
    source: str
    did: Did
    at: str
    values: tuple[tuple[str, str], ...] = ()


class Judged(Contract):
    """What rules and tables say of a claim. `waivable` are the rules among the holds that a person may overrule.

    `network`: whether its providers take part in the payer's network; None where nobody said it, or they differ.
    """

    holds: tuple[HoldReason, ...] = ()
    waivable: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    explained: tuple[Explained, ...] = ()
    network: Literal["in", "out"] | None = None

    def and_also(self, other: "Judged") -> "Judged":
        """Both judgements, this one first."""
        if self is NOTHING_SAID:
            return other
        if other is NOTHING_SAID:
            return self
        return Judged(
            holds=(*self.holds, *other.holds),
            waivable=tuple(sorted({*self.waivable, *other.waivable})),
            tags=tuple(dict.fromkeys((*self.tags, *other.tags))),
            explained=(*self.explained, *other.explained),
            network=other.network or self.network,
        )


NOTHING_SAID = Judged()
