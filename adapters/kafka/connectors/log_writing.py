"""When an ingest process writes what waits to the evidence log, and as which records."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.producer import Outgoing
from models.evidence.log_record import encode_record
from models.ingest.intake import ENOUGH_ROWS

if TYPE_CHECKING:
    from adapters.kafka.connectors.raw_reading import RawReading

HEARTBEAT_SECONDS: Final = 1.0
"""Each evidence partition hears of each origin at least so often."""
SOONEST_SECONDS: Final = 0.05
"""Not more often than this do all partitions hear that a second of log time is complete."""
Written = list[tuple[str, list[Outgoing]]]
"""Records by the name of their evidence partition."""


class LogWriting:
    """Writes some partitions' evidence as soon as there is enough, and all partitions' watermarks at a steady pace."""

    def __init__(self, reading: RawReading) -> None:
        self._intake, self._watch = reading.intake, reading.watch
        self._everywhere_at = 0.0
        self._second = 0
        """Of log time, complete when all partitions were last written to."""

    def write_if_due(self, *, caught_up: bool) -> Written:
        """Give what is to be written now; `caught_up` says that nothing more is there to be read."""
        since = time.monotonic() - self._everywhere_at
        second = self._intake.watermark() // 1000
        if since > HEARTBEAT_SECONDS or (second > self._second and since > SOONEST_SECONDS):
            return self.write(everywhere=True)
        waiting = self._intake.rows_waiting
        return self.write(everywhere=False) if waiting >= ENOUGH_ROWS or (waiting and caught_up) else []

    def write(self, *, everywhere: bool) -> Written:
        """Give all evidence that waits; `everywhere` lets each partition have the watermarks."""
        receipt = self._intake.receipt
        records = self._intake.flush(everywhere=everywhere)
        self._watch.written(records)
        if everywhere:
            self._everywhere_at, self._second = time.monotonic(), self._intake.watermark() // 1000
            self._watch.flushed(self._intake)
        return [
            (f"{partition:05d}", [Outgoing(encode_record(record), b"%d" % partition, receipt=receipt)])
            for partition, record in records
        ]
