"""A receiver of OpenTelemetry's spans, by OTLP over HTTP, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override

from scripts.kafka.ports import HOST


class Span(NamedTuple):
    """What is looked at of a span."""

    service: str
    name: str
    key: tuple[int, int]
    """Ids of trace and span."""
    links: frozenset[tuple[int, int]]
    seconds: float
    attributes: dict[str, int]


def _key(of: Any) -> tuple[int, int]:
    return int.from_bytes(of.trace_id, "big"), int.from_bytes(of.span_id, "big")


def _spans(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        about = {one.key: one.value.string_value for one in resource.resource.attributes}
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            assert not span.parent_span_id, "spans of batches are linked, and have no parents"
            seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
            counts = {one.key: one.value.int_value for one in span.attributes}
            yield Span(about["service.name"], span.name, _key(span), frozenset(map(_key, span.links)), seconds, counts)


@contextmanager
def receiver() -> Iterator[tuple[str, list[Span]]]:
    """Give the address, and what has been received."""
    received: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.extend(_spans(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/v1/traces", received
        server.shutdown()
