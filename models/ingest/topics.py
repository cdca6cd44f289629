"""The way in: an `Ingest` reads the lines of one partition of one raw topic, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.contracts.dead_letter import DeadLetter
from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, SCADA_EVENTS
from models.evidence_batch import END_OF_LOG, DeferredDeadLetter, EvidenceBatch
from models.ingest.calls import read_calls
from models.ingest.crew import read_crew
from models.ingest.meters import read_meters
from models.ingest.rows import Lines, Read
from models.ingest.scada import read_scada

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ingest.lines import Refusal
    from models.network import Network

_READERS: Final = {METER_EVENTS: read_meters, SCADA_EVENTS: read_scada, CALL_EVENTS: read_calls, CREW_EVENTS: read_crew}


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a batch of lines became."""

    batch: EvidenceBatch
    dead_letters: list[DeadLetter]
    """In the order of the lines; those of the crew topic wait in `batch.deferred` instead."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Reads one origin. It keeps nothing between batches: the origin's log time is handed from one to the next."""

    network: Network
    topic: str
    """One of `RAW_TOPICS`."""
    partition: int = 0

    @property
    def origin(self) -> str:
        """The origin's name in the evidence log."""
        return f"{self.topic}/{self.partition}"

    def read(self, lines: Sequence[bytes], first_offset: int, last_log_time: int) -> Ingested:
        """Turn lines into evidence and dead letters.

        `lines` have no line end; line i has the offset `first_offset + i`, blank ones too. `last_log_time` is that of
        the batch before, 0 at the start of the origin. The watermark is the log time reached.
        """
        batch = Lines(lines, first_offset, last_log_time)
        read = _READERS[self.topic](self.network, batch)
        rows = read.rows
        log_time = int(rows.log_time[-1]) if len(rows.log_time) else last_log_time
        deferred = [DeferredDeadLetter(at, letter) for at, letter in self._letters(read, batch)]
        waits = self.topic == CREW_EVENTS
        evidence = EvidenceBatch(
            origin=self.origin,
            watermark=log_time,
            points=read.points,
            devices=read.devices,
            crew=read.crew,
            deferred=deferred if waits else (),
            read=len(lines) - read.decoded.blank,
            refused=len(read.refusals),
            unused=read.unused,
            last_log_time=log_time,
            offsets=(first_offset, first_offset + len(lines)),
        )
        return Ingested(evidence, [] if waits else [refused.dead_letter for refused in deferred])

    def end(self, last_log_time: int) -> EvidenceBatch:
        """Say that the origin's last line has been read."""
        return EvidenceBatch(origin=self.origin, watermark=END_OF_LOG, last_log_time=last_log_time)

    def _letters(self, read: Read, lines: Lines) -> list[tuple[int, DeadLetter]]:
        """Write the dead letters in the order of the lines, each with the log time at its line."""
        refusals = sorted(read.refusals, key=_place)
        times = read.rows.log_time
        before = read.rows.place.searchsorted([refusal.place for refusal in refusals], "right") - 1
        return [
            (
                int(times[row]) if row >= 0 else lines.last_log_time,
                DeadLetter.of(
                    self.topic,
                    self.partition,
                    lines.first_offset + refusal.place,
                    refusal.reason.disposition,
                    refusal.reason.message,
                    lines.values[refusal.place],
                ),
            )
            for refusal, row in zip(refusals, before.tolist(), strict=True)
        ]


def _place(refusal: Refusal) -> int:
    return refusal.place
