"""The wire format of the contracts, for those inside."""

from shared.contracts.wire import (
    SOURCE_PREFIX,
    Record,
    UnreadableError,
    commands_topic,
    dead_letter_topic,
    events_topic,
    explain,
    from_record,
    header_map,
    make_record,
    meta_of_headers,
    to_record,
    type_in,
    type_of,
)

__all__ = [
    "SOURCE_PREFIX",
    "Record",
    "UnreadableError",
    "commands_topic",
    "dead_letter_topic",
    "events_topic",
    "explain",
    "from_record",
    "header_map",
    "make_record",
    "meta_of_headers",
    "to_record",
    "type_in",
    "type_of",
]
