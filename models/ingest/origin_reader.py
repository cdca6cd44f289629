"""The way in: an `OriginReader` reads the lines of one partition of one raw topic, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, OPERATOR_COMMANDS, SCADA_EVENTS, WORK_EVENTS
from models.decoding.cut_line import CutLine, without_cut
from models.evidence.batch import END_OF_LOG, EvidenceBatch, RefusedLine
from models.ingest.mounting.laid import FROM_THE_START, InForce, Laid
from models.ingest.readers.calls import read_calls
from models.ingest.readers.crew import read_crew
from models.ingest.readers.meters import read_meters
from models.ingest.readers.operator_commands import read_commands
from models.ingest.readers.planned_work import read_planned_work
from models.ingest.readers.rows import Lines, Read, RecordColumns
from models.ingest.readers.scada import read_scada

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.decoding.line_decoder import Refusal
    from models.ingest.mounting.mountings import Mounting
    from models.network.network import Network

_READERS: Final = {
    SCADA_EVENTS: read_scada,
    CALL_EVENTS: read_calls,
    CREW_EVENTS: read_crew,
    WORK_EVENTS: read_planned_work,
    OPERATOR_COMMANDS: read_commands,
}


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a batch of lines became."""

    batch: EvidenceBatch
    dead_letters: list[RefusedLine]
    """In the order of the lines; those of the crew topic wait in `batch.deferred` instead."""
    mounted: Sequence[Mounting] = ()
    """Which meters hang elsewhere from now on; whoever keeps them hands them to the next batch."""


@dataclass(frozen=True, slots=True)
class OriginReader:
    """Reads one origin. It keeps nothing between batches: the origin's log time is handed from one to the next."""

    network: Network
    topic: str
    """One of `RAW_TOPICS`."""
    partition: int = 0
    in_force: InForce = FROM_THE_START
    """Of the network."""
    laid: Laid | None = None
    """Who hangs elsewhere than the network says; what is read of meters tells of more."""

    @property
    def origin(self) -> str:
        """The origin's name in the evidence log."""
        return f"{self.topic}/{self.partition}"

    def read(self, lines: Sequence[bytes], first_offset: int, last_log_time: int, *, ended: bool = True) -> Ingested:
        """Turn lines into evidence and dead letters.

        `lines` have no line end; line i has the offset `first_offset + i`, blank ones too. `last_log_time` is that of
        the batch before, 0 at the start of the origin. The watermark is the log time reached. If the origin has not
        `ended`, some of the last lines may be left for the next batch, which begins with them: `batch.offsets` says so.
        """
        return self._read(Lines(without_cut(lines), first_offset, last_log_time, ended), lines)

    def read_log(self, values: Sequence[bytes], records: RecordColumns, last_log_time: int) -> Ingested:
        """Turn records of a log, whose offsets and log times are given, into evidence and dead letters."""
        return self._read(Lines(values, int(records.offsets[0]), last_log_time, records=records), values)

    def _read(self, batch: Lines, values: Sequence[bytes]) -> Ingested:
        """Read a batch; `values` are its lines as they came, some of them perhaps cut."""
        read = self._events(batch)
        until = read.rows.until
        log_time = _log_time(read, batch)
        refused = self._refused(read, batch, values)
        waits = self.topic == CREW_EVENTS
        evidence = EvidenceBatch(
            origin=self.origin,
            watermark=log_time,
            points=read.points,
            devices=read.devices,
            crew=read.crew,
            works=read.works,
            commands=read.commands,
            deferred=refused if waits else (),
            read=int(np.searchsorted(read.rows.place, until)) + sum(some.place < until for some in _undecoded(read)),
            refused=len(refused),
            unused=read.unused,
            last_log_time=log_time,
            offsets=(batch.first_offset, batch.end(until)),
        )
        return Ingested(evidence, [] if waits else refused, read.mounted)

    def _events(self, batch: Lines) -> Read:
        if self.topic == METER_EVENTS:
            return read_meters(self.network, batch, self.laid, self.partition)
        return _READERS[self.topic](self.network, batch)

    def log_times(self, lines: Sequence[bytes], last_log_time: int, *, ended: bool = True) -> NDArray[np.int64]:
        """Give the origin's log time after each of the lines, in milliseconds: what a log would stamp them with.

        If the origin has not `ended`, some of the last lines may have none yet: fewer times than lines are given.
        """
        return self.times_and_mounted(lines, 0, last_log_time, ended=ended)[0]

    def times_and_mounted(
        self, lines: Sequence[bytes], first_offset: int, last_log_time: int, *, ended: bool
    ) -> tuple[NDArray[np.int64], Sequence[Mounting]]:
        """As `log_times`, and which meters hang elsewhere from these lines on."""
        batch = Lines(without_cut(lines), first_offset, last_log_time, ended)
        read = self._events(batch)
        return _times_at(read, batch, np.arange(read.rows.until)), read.mounted

    def end(self, last_log_time: int) -> EvidenceBatch:
        """Say that the origin's last line has been read."""
        return EvidenceBatch(origin=self.origin, watermark=END_OF_LOG, last_log_time=last_log_time)

    def _refused(self, read: Read, lines: Lines, values: Sequence[bytes]) -> list[RefusedLine]:
        """Give the refused lines in their order."""
        refusals = sorted(refusal for refusal in read.refusals if refusal.place < read.rows.until)
        if not refusals:
            return []
        places = np.array([refusal.place for refusal in refusals])
        times, offsets = _times_at(read, lines, places), lines.offsets(places)
        known = lines.records.reasons if lines.records is not None else {}
        refused = []
        for (place, reason), log_time, offset in zip(refusals, times.tolist(), offsets.tolist(), strict=True):
            line, envelope, why = values[place], lines.envelope(place), known.get(place, reason)
            if isinstance(line, CutLine):
                envelope, why = line.envelope, line.reason
            refused.append(RefusedLine(log_time, self.topic, self.partition, offset, *why, bytes(line), envelope))
        return refused


def _times_at(read: Read, lines: Lines, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the log times at lines by their places: a line without an event has that of the one before."""
    if lines.records is not None:
        return lines.records.log_times[places]
    times = np.concatenate([[lines.last_log_time], read.rows.log_time])
    return times[read.rows.place.searchsorted(places, "right")]


def _log_time(read: Read, lines: Lines) -> int:
    """Return the log time after the batch."""
    if lines.records is not None:
        return int(lines.records.log_times[-1])
    rows = int(np.searchsorted(read.rows.place, read.rows.until))
    return int(read.rows.log_time[rows - 1]) if rows else lines.last_log_time


def _undecoded(read: Read) -> Sequence[Refusal]:
    """The lines that were no event: refused without a row."""
    return read.decoded.refusals
