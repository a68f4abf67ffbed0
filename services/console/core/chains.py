"""Which steps of a story belong together: everything that followed from one beginning has its correlation. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.console.core.moments import Moment


def chains_of(moments: Sequence[Moment]) -> Mapping[UUID, int]:
    """A number from 1 for each chain of this story, by the moment's id, in the order in which the chains began.

    A moment that was kept before the console remembered correlations is told by its cause instead.
    """
    roots: dict[UUID, UUID] = {}
    for moment in moments:
        cause = moment.causation
        roots[moment.event_id] = moment.correlation or (roots.get(cause, cause) if cause else moment.event_id)
    numbers: dict[UUID, int] = {}
    for root in roots.values():
        numbers.setdefault(root, len(numbers) + 1)
    return {event_id: numbers[root] for event_id, root in roots.items()}
