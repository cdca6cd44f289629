"""Runs of raw records into the intake: marks are obeyed where files are played, what is refused is kept."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.marks import BROKEN, NOT_PLAYED, mark_time
from adapters.kafka.records.raw import bounded, marks_of, record_columns, time_of
from models.ingest.intake import waits_for_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.kafka.clients.consumer import Run
    from adapters.kafka.connectors.raw_reading import RawReading
    from adapters.kafka.connectors.refused_records import RefusedRecords
    from models.decoding.validation import Reason


class RunIntake:
    """Takes records that follow each other in a partition."""

    def __init__(self, reading: RawReading, refused: RefusedRecords) -> None:
        self._reading, self._intake = reading, reading.intake
        self._refused = refused

    def take(self, run: Run) -> None:
        """Take a run of whatever size, control records among it."""
        stem, _ = self._reading.origin_of((run.topic, run.partition))
        for some in bounded(run):
            marks = marks_of(some)
            if marks and stem not in self._reading.played:
                self._take_records(some, dict.fromkeys(marks, NOT_PLAYED))
                continue
            start = 0
            for place, header in marks.items():
                self._take_records(some.part(start, place))
                self._obey(some.part(place, place + 1), header)
                start = place + 1
            self._take_records(some.part(start, len(some.messages)) if start else some)

    def _obey(self, run: Run, header: bytes) -> None:
        """Obey a mark of a played topic, unless it is broken."""
        stem, origin = self._reading.origin_of((run.topic, run.partition))
        message = run.messages[0]
        before = mark_time(header, time_of(message, self._intake.origins[origin].log_time))
        if before is None:
            self._take_records(run, {0: BROKEN})
        else:
            self._intake.mark(origin, offset_of(message), before)
            self._reading.watch.marked(stem)

    def _take_records(self, run: Run, reasons: Mapping[int, Reason] | None = None) -> None:
        """Take records that are no marks; `reasons` say what is against some, by place."""
        if not (messages := run.messages):
            return
        stem, origin = self._reading.origin_of((run.topic, run.partition))
        values, records = record_columns(run, self._intake.origins[origin].log_time)
        if (border := self._intake.border(origin, records.log_times)) is not None:
            self._take_records(run.part(0, border), reasons)
            later = {place - border: reason for place, reason in (reasons or {}).items()}
            self._take_records(run.part(border, len(messages)), later)
            return
        if reasons:
            records = replace(records, reasons=reasons)
        if waits_for_instant(stem):
            records = replace(records, envelopes=[dead_letter.pack(dead_letter.envelope_of(some)) for some in messages])
        begun = time.monotonic()
        ingested = self._intake.take(origin, values, records)
        self._reading.watch.taken(stem, ingested, time.monotonic() - begun)
        if ingested.mounted and self._reading.mountings is not None:
            self._reading.mountings.tell(ingested.mounted)
        if ingested.dead_letters:
            place = (stem, run.partition)
            self._refused.add(place, messages, records.offsets, ingested.dead_letters, self._intake.receipt)
