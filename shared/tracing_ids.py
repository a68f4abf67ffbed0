"""Who belongs to which trace, told from envelopes alone: nothing is handed on beside a message, so nothing can be lost.

A trace is a story: its id is the correlation, which every message of the story carries through outbox, topic and store.
A span is one answer to one message by one aggregate, and its id derives from these, as the ids of facts do. So a reader
in another process, or half a year later, knows under which span a message was said: by what caused it, who said it and
about what. A repeat is the same span.
"""

from collections.abc import Mapping
from hashlib import sha1
from typing import Any
from uuid import UUID

from shared.contracts import Meta

TRACEPARENT = "traceparent"
SPAN_BYTES = 8


def trace_of(correlation: UUID) -> str:
    """The trace of a story, as 32 hexadecimal digits (W3C Trace Context: 16 bytes)."""
    return correlation.hex


def span_of(cause: UUID, source: str, subject: str) -> int:
    """The span in which a service answered a message for a subject; never 0, which would mean none."""
    digest = sha1(cause.bytes + f"{source}/{subject}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:SPAN_BYTES]) or 1


def said_in(meta: Meta) -> int:
    """The span in which a message was said; of one that nothing caused, a span of its own."""
    return span_of(meta.id if meta.causation is None else meta.causation, meta.source, meta.subject)


def is_kept(trace: int, share: float) -> bool:
    """Whether a trace is among the share that is kept: the same in every service. The id's own bits are not even."""
    drawn = int.from_bytes(sha1(trace.to_bytes(16), usedforsecurity=False).digest()[:SPAN_BYTES])
    return drawn < int(share * float(1 << 8 * SPAN_BYTES))


def traceparent(correlation: UUID, span: int, share: float = 1.0) -> str:
    """The header for other programs (W3C Trace Context, version 00); its last part says whether the trace is kept."""
    return f"00-{trace_of(correlation)}-{span:016x}-{is_kept(correlation.int, share):02x}"


def traceparent_of(headers: Mapping[str, bytes], share: float = 1.0) -> str | None:
    """Of a record, told from its headers; None where one of them is missing."""
    try:
        correlation = UUID(headers["ce_correlation"].decode())
        cause = UUID((headers.get("ce_causation") or headers["ce_id"]).decode())
        source, subject = headers["ce_source"].decode().rpartition("/")[2], headers["ce_subject"].decode()
    except (KeyError, ValueError):
        return None
    return traceparent(correlation, span_of(cause, source, subject), share)


def log_fields(meta: Meta) -> dict[str, Any]:
    """What a log line about a message carries."""
    return {"tenant": meta.tenant, "correlation": str(meta.correlation), "trace": trace_of(meta.correlation)}
