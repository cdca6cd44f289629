"""What the engine was given: who reported what, observed and received when. Read once from the topics' files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field, fields, replace
from typing import IO, TYPE_CHECKING, Final, TypeVar

import msgspec
import numpy as np
import zstandard

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, SCADA_EVENTS
from models.evidence.kinds import KIND_CODE
from models.refusal import FaultsError
from models.times.iso8601 import parse_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network

Line = TypeVar("Line", bound="Report")

SCADA_OPEN: Final = 0
"""Kind of a SCADA report that a device is open, whatever its quality."""
_CHUNK: Final = 1 << 26


class Report(msgspec.Struct, gc=False):
    """The times that every event carries."""

    observed_at: str | int
    received_at: str | int


class MeterReport(Report, gc=False):
    """The fields of a meter's event that the score needs."""

    meter_id: str
    kind: str


class ScadaReport(Report, gc=False):
    """The fields of a SCADA event that the score needs."""

    device_id: str
    position: str | None = None


class CallReport(Report, gc=False):
    """The fields of a call that the score needs."""

    kind: str
    usage_point_id: str | None = None
    account_id: str | None = None


class CrewReport(Report, gc=False):
    """The fields of a crew's report that the score needs."""

    device_id: str | None = None
    open_device_id: str | None = None
    found_device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """n reports, ordered by whom they are about."""

    subject: NDArray[np.int32]
    """Position of the usage point or device, never falling."""
    kind: NDArray[np.int8]
    """Code in `EVIDENCE_KINDS`; of a SCADA report `SCADA_OPEN`, or -1 for all else."""
    observed_at: NDArray[np.int64]
    received_at: NDArray[np.int64]
    log_time: NDArray[np.int64]
    """When the engine may know it: the latest `received_at` so far of its file."""

    def below(self, start: int, end: int) -> slice:
        """Return where the reports about subjects from `start` to `end` stand."""
        first, last = np.searchsorted(self.subject, np.array([start, end], self.subject.dtype))
        return slice(int(first), int(last))


@dataclass(frozen=True, slots=True)
class Evidence:
    """All reports that name somebody on the network."""

    points: Column
    """Of meters and callers."""
    devices: Column
    """Of SCADA."""
    ends_at: int
    """The last `received_at` of all topics: nobody can know of more. 0 without events."""
    crews: Column = field(default_factory=lambda: _NOTHING)
    """Of crews, once for each device that a report names."""


def read_evidence(folder: Path, network: Network) -> Evidence:
    """Read the topics' files of a simulation; lines that are no events are passed over, as the engine does."""
    meters = _logged(_meters(network, reports) for reports in _read(folder, METER_EVENTS, MeterReport))
    calls = _logged(_calls(network, reports) for reports in _read(folder, CALL_EVENTS, CallReport))
    devices = _logged(_devices(network, reports) for reports in _read(folder, SCADA_EVENTS, ScadaReport))
    crews = list(_read(folder, CREW_EVENTS, CrewReport))
    said = _logged(_reported(np.zeros(len(reports), np.int32), reports) for reports in crews)
    ends_at = max((int(part.log_time[-1]) for part in meters + calls + devices + said if len(part.log_time)), default=0)
    named = _logged(_crews(network, reports) for reports in crews)
    return Evidence(_ordered(meters + calls), _ordered(devices), ends_at, _ordered(named))


def _meters(network: Network, reports: list[MeterReport]) -> Column:
    kind = np.array([KIND_CODE.get(report.kind, -1) for report in reports], np.int8)
    return _reported(network.find_meters([report.meter_id for report in reports]), reports, kind)


def _devices(network: Network, reports: list[ScadaReport]) -> Column:
    opened = np.array([report.position == "open" for report in reports], np.bool_)
    kind = np.where(opened, SCADA_OPEN, -1).astype(np.int8)
    return _reported(network.find_devices([report.device_id for report in reports]), reports, kind)


def _crews(network: Network, reports: list[CrewReport]) -> Column:
    """A report speaks for the device that the crew is sent to, the one it found open and the damaged one."""
    named = [
        (device, report)
        for report in reports
        for device in dict.fromkeys((report.device_id, report.open_device_id, report.found_device_id))
        if device is not None
    ]
    return _reported(network.find_devices([device for device, _ in named]), [report for _, report in named])


def _calls(network: Network, reports: list[CallReport]) -> Column:
    """A call by account speaks for each usage point of the account."""
    point = network.find_points([report.usage_point_id or "" for report in reports])
    named = [
        point[n : n + 1] if report.usage_point_id is not None else network.points_of_account(report.account_id or "")
        for n, report in enumerate(reports)
    ]
    spoken = [report for report, points in zip(reports, named, strict=True) for _ in points]
    kind = np.array([KIND_CODE.get(report.kind, -1) for report in spoken], np.int8)
    return _reported(np.concatenate([*named, np.empty(0, np.int32)]), spoken, kind)


def _reported(subject: NDArray[np.int32], reports: list[Line], kind: NDArray[np.int8] | None = None) -> Column:
    received_at = parse_times([report.received_at for report in reports])
    return Column(
        subject.astype(np.int32),
        np.full(len(reports), -1, np.int8) if kind is None else kind,
        parse_times([report.observed_at for report in reports]),
        received_at,
        received_at,
    )


def _logged(parts: Iterable[Column]) -> list[Column]:
    """Keep what is about somebody known at a known time, and give it the log time of its line."""
    kept, latest = [], 0
    for part in parts:
        known = (part.subject >= 0) & (part.observed_at >= 0) & (part.received_at >= 0)
        log_time = np.maximum.accumulate(np.maximum(part.received_at[known], latest))
        latest = int(log_time[-1]) if len(log_time) else latest
        kept.append(replace(_chosen(part, known), log_time=log_time))
    return kept


def _ordered(parts: list[Column]) -> Column:
    """Join columns and order them by whom they are about."""
    joined = Column(
        *(np.concatenate([getattr(part, field.name) for part in [_NOTHING, *parts]]) for field in fields(Column))
    )
    return _chosen(joined, np.argsort(joined.subject, kind="stable"))


def _chosen(column: Column, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Column:
    return Column(*(getattr(column, field.name)[rows] for field in fields(Column)))


_NOTHING: Final[Column] = Column(
    np.empty(0, np.int32), np.empty(0, np.int8), *(np.empty(0, np.int64) for _ in range(3))
)


def _read(folder: Path, topic: str, form: type[Line]) -> Iterator[list[Line]]:
    """Decode a topic's file, some ten thousand lines at a time."""
    decoder = msgspec.json.Decoder(form)
    for chunk in _chunks(folder, topic):
        try:
            yield decoder.decode_lines(chunk)
        except msgspec.DecodeError:
            yield [report for line in chunk.splitlines() for report in _decode(decoder, line)]


def _decode(decoder: msgspec.json.Decoder[Line], line: bytes) -> list[Line]:
    try:
        return [decoder.decode(line)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def _chunks(folder: Path, topic: str) -> Iterator[bytes]:
    """Read whole lines, many at a time."""
    rest = b""
    for path in sorted(folder.glob(f"{topic}.jsonl*")):
        with _open(path) as file:
            while block := file.read(_CHUNK):
                whole, end, rest_of_block = block.rpartition(b"\n")
                if end:
                    yield rest + whole
                    rest = rest_of_block
                else:
                    rest += block
            yield rest
            rest = b""


def _open(path: Path) -> IO[bytes]:
    match path.suffix:
        case ".jsonl":
            return path.open("rb")
        case ".gz":
            return gzip.open(path, "rb")  # type: ignore[return-value]
        case ".zst":
            return zstandard.open(path, "rb")  # type: ignore[no-any-return]
    raise FaultsError([f"{path} is in a form that nobody reads; keep the topic as .jsonl, .jsonl.gz or .jsonl.zst"])
