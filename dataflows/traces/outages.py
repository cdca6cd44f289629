"""A span for each batch of evidence that an engine takes, linked to those that wrote its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.traces.spans import key_of

if TYPE_CHECKING:
    from adapters.kafka.connectors.evidence_source import EvidenceRecord
    from adapters.traces.spans import Spans
    from models.outages.publishing import Published


class OutagesSpans:
    """Tells what engines take and publish."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._seconds = 0.0

    def evaluated(self, seconds: float) -> None:
        """Note how long the engine took; what it took and published is told next."""
        self._seconds = seconds

    def advanced(self, partition: int, published: list[Published], items: list[EvidenceRecord]) -> None:
        """Tell of a batch in which evidence was, or of which something came."""
        keys = [key for item in items if (key := key_of(partition, item.record)) is not None]
        revisions = sum(len(some.lifecycle) for some in published)
        if keys or revisions:
            attributes = {
                "faultline.evidence.partition": partition,
                "faultline.evidence.offset": items[0].offset,
                "faultline.evidence.records": len(items),
                "faultline.revisions": revisions,
            }
            self._spans.end("outages", self._seconds, attributes, None, keys)
