"""Spans that end as they are told, sent by OTLP over HTTP in a thread of their own.

Nothing of a span stands in a record: whoever has a record works out from what it holds which span wrote it, and links
to that. Without an address there are none, and the SDK is not needed.
"""

from __future__ import annotations

import time
from hashlib import blake2b
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.evidence.log_record import LogRecord

SECONDS: Final = 3.0
"""For which a receiver that does not answer holds up the end of a process, at most about."""
_TRACE_BYTES: Final = 16
_ID_BYTES: Final = 24
_NANOSECONDS: Final = 1_000_000_000


class SpanKey(NamedTuple):
    """The ids of a span that two processes know without telling each other."""

    trace_id: int
    span_id: int


def key_of(partition: int, record: LogRecord) -> SpanKey | None:
    """Give the span that wrote a record of the evidence log, by the raw records that are in it; None for a heartbeat.

    A record that is written again after a crash has the same.
    """
    carried = [(batch.origin, batch.offsets) for batch in record.batches if batch.offsets is not None]
    if not carried:
        return None
    name = repr((partition, carried, sorted(record.topic_ids.items())))
    digest = blake2b(name.encode(), digest_size=_ID_BYTES).digest()
    return SpanKey(int.from_bytes(digest[:_TRACE_BYTES], "big"), int.from_bytes(digest[_TRACE_BYTES:], "big"))


class Spans:
    """Where the spans of a process go. For one thread."""

    def __init__(self, address: str, flow: str, process: int, version: str) -> None:
        """Send to an address of OTLP over HTTP. Raises `FaultsError` where the SDK is missing."""
        self._trace = _library("opentelemetry.trace")
        sdk, processors = _library("opentelemetry.sdk.trace"), _library("opentelemetry.sdk.trace.export")
        exporter = _library("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter(
            address, timeout=SECONDS
        )
        self._nowhere = _library("opentelemetry.context").Context()
        self._ids = _ids(_library("opentelemetry.sdk.trace.id_generator").RandomIdGenerator)
        about = {"service.name": f"faultline-{flow}", "service.instance.id": str(process), "service.version": version}
        resource = _library("opentelemetry.sdk.resources").Resource(about)
        # It sends what is left when the interpreter ends.
        self._provider = sdk.TracerProvider(resource=resource, id_generator=self._ids)
        self._provider.add_span_processor(processors.BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("faultline", version)

    def end(
        self, name: str, seconds: float, attributes: Mapping[str, int], key: SpanKey | None, links: Iterable[SpanKey]
    ) -> None:
        """Tell of what has just ended after some seconds; without a key it has ids of its own."""
        now = time.time_ns()
        self._ids.key = key
        span = self._tracer.start_span(
            name,
            context=self._nowhere,
            links=[self._trace.Link(self._of(link)) for link in links],
            attributes=dict(attributes),
            start_time=now - round(seconds * _NANOSECONDS),
        )
        span.end(now)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _of(self, key: SpanKey) -> Any:  # noqa: ANN401 (the SDK's)
        sampled = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        return self._trace.SpanContext(key.trace_id, key.span_id, is_remote=True, trace_flags=sampled)


def find_spans(address: str | None, flow: str, process: int, version: str) -> Spans | None:
    """Give where spans go, None where nobody asked for them. Raises `FaultsError`."""
    return None if address is None else Spans(address, flow, process, version)


def _ids(random: type[Any]) -> Any:  # noqa: ANN401 (the SDK's)
    """Make what gives a span the ids of its key, once, and others ids by chance."""

    class Ids(random):  # type: ignore[misc]
        key: SpanKey | None = None

        def generate_trace_id(self) -> int:
            return int(super().generate_trace_id()) if self.key is None else self.key.trace_id

        def generate_span_id(self) -> int:
            return int(super().generate_span_id()) if self.key is None else self.key.span_id

    return Ids()


def _library(name: str) -> Any:  # noqa: ANN401 (a module)
    try:
        return import_module(name)
    except ImportError as error:
        reason = "OpenTelemetry is not installed, which traces need; pip install --requirement requirements/traces.txt"
        raise FaultsError([reason]) from error
