"""A collector of a test's own: takes spans by OTLP over HTTP and keeps them."""

import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What came in: the requests as they were, and in them the spans."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.url = ""

    def services_by_trace(self) -> dict[bytes, set[str]]:
        """Who took part in each trace."""
        found: dict[bytes, set[str]] = defaultdict(set)
        for service, span in self.spans():
            found[span.trace_id].add(service)
        return found

    def spans(self) -> Generator[tuple[str, Any]]:
        """Each span and the service that made it."""
        for body in self.requests:
            request: Any = ExportTraceServiceRequest.FromString(body)
            for part in request.resource_spans:
                (service,) = (a.value.string_value for a in part.resource.attributes if a.key == "service.name")
                for scope in part.scope_spans:
                    for span in scope.spans:
                        yield service, span

    def unknown_parents(self) -> int:
        """Spans within a story that hang under a span which nobody made."""
        spans = list(self.spans())
        made = {(span.trace_id, span.span_id) for _, span in spans}
        return sum((span.trace_id, span.parent_span_id) not in made for _, span in spans if span.parent_span_id)


@contextmanager
def collecting() -> Generator[Collector]:
    """Listen on a free port until the block ends."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") is None:
                collector.requests.append(body)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with listening(Handler) as url:
        collector.url = f"{url}/v1/traces"
        yield collector


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Generator[str]:
    """A server of this handler on a free port, until the block ends; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
