"""A span for each record of the evidence log that ingest writes: from its first raw record until it is handed on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adapters.traces.spans import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.traces.spans import Spans
    from models.evidence.log_record import LogRecord


class IngestSpans:
    """Tells what ingest writes."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._since: float | None = None
        """When the first of what waits to be written was taken up."""

    def taken(self, seconds: float) -> None:
        """Note that raw records were converted."""
        if self._since is None:
            self._since = time.monotonic() - seconds

    def written(self, records: Sequence[tuple[int, LogRecord]]) -> None:
        """Tell of each record that has evidence."""
        now = time.monotonic()
        seconds = now - (now if self._since is None else self._since)
        self._since = None
        for partition, record in records:
            if (key := key_of(partition, record)) is not None:
                rows = sum(batch.rows() for batch in record.batches)
                attributes = {"faultline.evidence.partition": partition, "faultline.evidence.rows": rows}
                self._spans.end("ingest", seconds, attributes, key, ())
