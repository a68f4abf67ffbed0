"""Structured logs. Only fields on the list are written: an unknown field is dropped, so a value cannot slip in."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import structlog

Log: TypeAlias = structlog.stdlib.BoundLogger

FIELDS = frozenset(
    {
        "aggregates",
        "as_of",
        "attempt",
        "correlation",
        "count",
        "duration_ms",
        "effect",
        "error",
        "event",
        "field",
        "file_id",
        "findings",
        "id",
        "kind",
        "level",
        "lines",
        "method",
        "offset",
        "partition",
        "path",
        "payer_id",
        "port",
        "position",
        "reason",
        "remittance_id",
        "rule",
        "seconds",
        "sent",
        "service",
        "signal",
        "since",
        "status",
        "submission_id",
        "tenant",
        "timestamp",
        "topic",
        "trace",
        "type",
        "url",
    }
)
"""What a log line may hold: names, codes, counts and pseudonymous ids."""


def only_known_fields(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what is not on the list; say how many fields were dropped."""
    known = {name: value for name, value in line.items() if name in FIELDS}
    if len(known) < len(line):
        known["count_dropped_fields"] = len(line) - len(known)
    return known


def configure_logs(service: str, level: str) -> Log:
    """JSON lines on stderr for this process, the standard library's warnings included."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s", force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known_fields,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    log: Log = structlog.get_logger(service=service)
    return log
