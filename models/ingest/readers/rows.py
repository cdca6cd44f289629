"""What the topics share: events in columns with their offsets, judged and split into accepted rows and dead letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.decoding.line_decoder import Refusal
from models.decoding.validation import Reason, short
from models.ingest.readers.admission import Verdict, admit, admit_logged, refuse_times
from models.times.iso8601 import INVALID, YEAR_2000, parse_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.decoding.line_decoder import Decoded, LineDecoder
    from models.evidence.batch import CommandRow, CrewRow, DeviceRows, PointRows, WorkRow
    from models.ingest.mounting.mountings import Mounting

_OBSERVED_AT: Final = attrgetter("observed_at")
_RECEIVED_AT: Final = attrgetter("received_at")


@dataclass(frozen=True, slots=True)
class Lines:
    """A batch of one origin as it was read: line i has offset `first_offset + i`, unless `records` says else."""

    values: Sequence[bytes]
    first_offset: int
    last_log_time: int
    """Log time before the batch, milliseconds; 0 before the origin's first accepted line."""
    ended: bool = True
    """No line follows: what the next lines would decide is decided without them."""
    records: RecordColumns | None = None
    """What a log says of the lines; None where log times follow from the lines themselves, as in a file."""

    def offsets(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the offsets of lines by their places in the batch."""
        return self.first_offset + places if self.records is None else self.records.offsets[places]

    def end(self, until: int) -> int:
        """Return the offset after the lines before a place."""
        return self.first_offset + until if self.records is None else int(self.records.offsets[-1]) + 1

    def envelope(self, place: int) -> bytes:
        """Return what a dead letter of the line has to give back besides its bytes."""
        return self.records.envelopes[place] if self.records and self.records.envelopes else b""


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """Records of one partition of a log, n of them, in its order. None of them is blank: an empty one is refused."""

    offsets: NDArray[np.int64]
    """Rising, gaps allowed."""
    log_times: NDArray[np.int64]
    """Milliseconds, never falling."""
    envelopes: Sequence[bytes] = ()
    """Opaque, a record each; empty where nobody will ask."""
    reasons: Mapping[int, Reason] = field(default_factory=dict)
    """By place, what the log says against a record that is no event."""


@dataclass(slots=True)
class Rows:
    """The events of a batch, n of them, in columns that all topics have."""

    events: list[Any]
    place: NDArray[np.int64]
    """Of the event's line in the batch, from 0."""
    observed_at: NDArray[np.int64]
    received_at: NDArray[np.int64]
    verdict: NDArray[np.uint8]
    log_time: NDArray[np.int64]
    """After each row; set by `judge`."""
    until: int = -1
    """Lines from this place on are not judged yet; set by `judge`."""


@dataclass(frozen=True, slots=True)
class Read:
    """All that a topic's reader made of a batch of lines."""

    decoded: Decoded
    rows: Rows
    refusals: Sequence[Refusal]
    points: PointRows | None = None
    devices: DeviceRows | None = None
    crew: Sequence[CrewRow] = ()
    works: Sequence[WorkRow] = ()
    commands: Sequence[CommandRow] = ()
    unused: int = 0
    """Accepted lines that change nothing: the mounting of a meter that the network does not have."""
    mounted: Sequence[Mounting] = ()
    """Which meters hang elsewhere from now on."""


def read_rows(decoded: Decoded, lines: int, observed: Callable[[Any], Any] = _OBSERVED_AT) -> Rows:
    """Put the decoded events of so many lines into columns and read their times; `observed` gives the sender's."""
    events = decoded.events
    observed_at = parse_times(list(map(observed, events)))
    received_at = parse_times(list(map(_RECEIVED_AT, events)))
    place = np.arange(lines)
    if decoded.left_out:
        place = np.delete(place, decoded.left_out)
    verdict = ((observed_at == INVALID) | (received_at < YEAR_2000)).view(np.uint8)
    return Rows(events, place, observed_at, received_at, verdict, np.empty(0, np.int64))


def optional_times(values: Sequence[str | int | None], verdict: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Read a time that may be missing, n int64 with 0 for none; what is no time makes its row ill-formed."""
    times = np.zeros(len(values), np.int64)
    if values.count(None) == len(values):
        return times
    given = [row for row, value in enumerate(values) if value is not None]
    if given:
        read = parse_times([value for value in values if value is not None])
        verdict[np.asarray(given)[read == INVALID]] = Verdict.ILL_FORMED
        times[given] = read
    return times


def judge(rows: Rows, known: NDArray[np.bool_], lines: Lines, *, any_clock: bool = False) -> NDArray[np.intp]:
    """Decide every row that can be decided and return the indices of the accepted ones.

    With `any_clock` none is refused for its `received_at`: one that is not believed does not move the log time.
    """
    rows.verdict[~known & (rows.verdict == Verdict.ACCEPTED)] = Verdict.UNKNOWN
    if lines.records is None:
        rows.log_time, rows.until = admit(rows, len(lines.values), lines.last_log_time, ended=lines.ended)
    else:
        rows.log_time, rows.until = lines.records.log_times[rows.place], len(lines.values)
        admit_logged(rows, rows.log_time)
    if any_clock:
        rows.verdict[np.isin(rows.verdict, (Verdict.RECEIVED_ALONE, Verdict.RECEIVED_LATE))] = Verdict.ACCEPTED
    return np.flatnonzero((rows.verdict == Verdict.ACCEPTED) & (rows.place < rows.until))


def refuse_rows(
    rows: Rows, lines: Lines, decoder: LineDecoder, unknown_reason: Callable[[int], Reason]
) -> list[Refusal]:
    """Give each row that was not accepted its reason: `unknown_reason` that of one that names an unknown thing."""
    refusals = []
    for row in np.flatnonzero((rows.verdict != Verdict.ACCEPTED) & (rows.place < rows.until)).tolist():
        place = int(rows.place[row])
        verdict = int(rows.verdict[row])
        if verdict == Verdict.ILL_FORMED:
            reason = decoder.explain(lines.values[place])
        elif verdict == Verdict.UNKNOWN:
            reason = unknown_reason(row)
        else:
            before = int(rows.log_time[row])  # a refused row does not move it
            reason = refuse_times(verdict, int(rows.received_at[row]), before)
        refusals.append(Refusal(place, reason))
    return refusals


def unknown_device(device_id: str, field: str = "device_id") -> Reason:
    """Say that the device in a field is not on the network."""
    advice = f"add it to the devices or correct {field}"
    return Reason("unknown-device", f"device {short(device_id)} is not on the network: {advice}")
