"""Prices of a fee schedule: by payer, procedure and modifier on a day, in cents a unit."""

from collections.abc import Mapping

from shared.dated_table import ANY, DatedTable, joined

from .content import ClaimContent, ContentLine
from .rules_subject import Prices


def prices_of(schedules: Mapping[str, DatedTable]) -> Prices:
    """The price of a line by a named schedule: the payer's own before any payer's, with its modifier before without."""

    def price(schedule: str, line: ContentLine, content: ClaimContent) -> int | None:
        table, day = schedules.get(schedule), line.service_from or content.service_from
        if table is None or day is None:
            return None
        for payer in (content.payer_id, ANY):
            for modifier in (*line.modifiers, ""):
                found = table.at(joined(payer, line.procedure, modifier), day)
                if found is not None:
                    return int(found)
        return None

    return price
