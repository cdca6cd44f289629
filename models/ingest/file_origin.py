"""A topic file on its way through ingest: what the next lines have to decide waits for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from models.contracts.topics import METER_EVENTS
from models.decoding.cut_line import CutLine, cut_fields
from models.ingest.mounting.laid import Laid
from models.ingest.mounting.mountings import Mounting, Mountings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.ingest.origin_reader import Ingested, OriginReader

State = tuple[int, int, tuple[tuple[bytes, bytes], ...], tuple[tuple[str, str, int, int, int, int], ...]]
"""Offset of the next line, log time before it, lines that wait from there on (and what each was if cut), mountings."""


@dataclass(slots=True)
class FileOrigin:
    """One raw partition as a file; its lines are handed in in order, in any batches."""

    reader: OriginReader
    offset: int = 0
    """Of the first line that is not ingested yet."""
    log_time: int = 0
    """Of the last line ingested, milliseconds; 0 before the first accepted one."""
    held: tuple[bytes, ...] = ()
    """Lines from `offset` on that wait for those after them."""
    successors: list[tuple[int, OriginReader]] = field(default_factory=list)
    """What reads the lines from a log time on: with other versions of the network, in the order of these times."""
    mountings: Mountings = field(default_factory=Mountings)
    """Of the meters' file: who hangs elsewhere than the network says."""

    def __post_init__(self) -> None:
        self.reader = self._with_mountings(self.reader, 0)
        self.successors = [(at, self._with_mountings(reader, at)) for at, reader in self.successors]

    def _with_mountings(self, reader: OriginReader, at: int) -> OriginReader:
        if reader.topic != METER_EVENTS:
            return reader
        return replace(reader, laid=Laid(self.mountings, reader.network, reader.in_force._replace(at=at)))

    def take(self, lines: Sequence[bytes], *, last: bool) -> Ingested:
        """Ingest the next lines as far as they can be judged; all of them where they are the `last`."""
        return self._read([*self.held, *lines], ended=last)

    def take_in_turn(self, lines: Sequence[bytes], *, last: bool) -> list[Ingested]:
        """As `take`, with each version of the network what is its own."""
        values, done = [*self.held, *lines], []
        while self._succeed() and (border := self._border(values, last=last)) is not None:
            at, reader = self.successors.pop(0)
            if border:
                done.append(self._read(values[:border], ended=True))
                values = values[border:]
            self.reader, self.log_time = reader, max(self.log_time, at)
        done.append(self._read(values, ended=last))
        return done

    def _succeed(self) -> bool:
        """Whether a version is still to come; those whose time was reached before are taken up."""
        while self.successors and self.log_time >= self.successors[0][0]:
            self.reader = self.successors.pop(0)[1]
        return bool(self.successors)

    def _border(self, values: Sequence[bytes], *, last: bool) -> int | None:
        """The place of the first line that the next version reads; None if it is none of these."""
        times = self.reader.log_times(values, self.log_time, ended=last)
        place = int(times.searchsorted(self.successors[0][0]))
        return place if place < len(times) else None

    def _read(self, values: Sequence[bytes], *, ended: bool) -> Ingested:
        ingested = self.reader.read(values, self.offset, self.log_time, ended=ended)
        assert ingested.batch.offsets is not None  # noqa: S101  of a batch of lines
        self.mountings.take(ingested.mounted)
        self._move_on(values, ingested.batch.offsets[1] - self.offset, ingested.batch.last_log_time)
        return ingested

    def take_times(self, lines: Sequence[bytes], *, last: bool) -> tuple[list[bytes], NDArray[Any]]:
        """As `take`, but give only the lines that are judged, and the log time after each."""
        values = [*self.held, *lines]
        times, mounted = self.reader.times_and_mounted(values, self.offset, self.log_time, ended=last)
        self.mountings.take(mounted)
        self._move_on(values, len(times), int(times[-1]) if len(times) else self.log_time)
        return values[: len(times)], times

    def snapshot(self) -> State:
        """Give the state from which `resume` goes on, in built-in types."""
        held = tuple((bytes(line), line.envelope if isinstance(line, CutLine) else b"") for line in self.held)
        return self.offset, self.log_time, held, tuple(mounting.fields() for mounting in self.mountings.heard)

    @classmethod
    def resume(
        cls, reader: OriginReader, state: State, successors: Sequence[tuple[int, OriginReader]] = ()
    ) -> FileOrigin:
        """Go on from a snapshot."""
        offset, log_time, held, mounted = state
        waiting = tuple(_line(kept, envelope) for kept, envelope in held)
        known = Mountings(Mounting(*fields) for fields in mounted)
        return cls(reader, offset, log_time, waiting, list(successors), known)

    def _move_on(self, values: Sequence[bytes], count: int, log_time: int) -> None:
        self.offset, self.log_time, self.held = self.offset + count, log_time, tuple(values[count:])


def _line(kept: bytes, envelope: bytes) -> bytes:
    if not (fields := cut_fields(envelope)):
        return kept
    return CutLine.of(kept, fields["value_length"], fields["value_sha256"])
