"""Whether a process makes spans. What they are made with is loaded only where they are wanted."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.tracing import Tracing


def tracing_of(endpoint: str | None, share: float, service: str) -> "Tracing | None":
    """None without an endpoint; RuntimeError where the extra `otel` is not installed."""
    if endpoint is None:
        return None
    try:
        from shared.tracing import open_tracing
    except ImportError as missing:
        msg = "REVCYCLE_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: install revcycle-shared[otel]"
        raise RuntimeError(msg) from missing
    return open_tracing(service, endpoint, share)
