"""What the engine said: the three outage files of a replay, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
import numpy as np

from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_STATE
from models.refusal import FaultsError
from models.times.iso8601 import parse_times
from simulator.scoring.places import named_places
from simulator.scoring.truth import parse_optional_times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network

Line = TypeVar("Line", bound="Numbered")

FINAL: Final = ("restored", "momentary", "merged", "cancelled")
SET_ASIDE: Final = ("momentary", "merged", "cancelled")
"""An outage that ends so is neither right nor wrong."""


class Numbered(msgspec.Struct, gc=False):
    """What every record has."""

    event_id: str
    sequence: int
    outage_id: str
    revision: int
    updated_at: str


class StateLine(Numbered, gc=False, kw_only=True):
    """A record of the current state topic: a revision, or the tombstone of an outage that is forgotten."""

    event_id: str = ""
    revision: int = 0

    def __post_init__(self) -> None:
        """Name a tombstone."""
        self.event_id = self.event_id or f"{self.outage_id}:tombstone"


class RevisionLine(Numbered, gc=False):
    """The fields of a life cycle record that the score needs."""

    status: str
    zone_id: str
    device_id: str
    device_kind: str
    started_at: str
    sustained_at: str | None
    restored_at: str | None
    customers_affected: int
    customers_out: int
    customers_restored: int
    priority_customers: dict[str, int]


class RestorationLine(Numbered, gc=False):
    """The fields of a restoration record that the score needs."""

    basis: str
    restored_at: str
    customers_restored: int
    customers_out: int
    device_id: str
    usage_point_ids: list[str] | None


@dataclass(frozen=True, slots=True)
class Revisions:
    """All life cycle records in the order of their file."""

    lines: Sequence[RevisionLine]
    outage: NDArray[np.int32]
    """Number of the outage, in the order in which they first appear."""
    updated_at: NDArray[np.int64]
    customers_out: NDArray[np.int64]
    first: NDArray[np.int64]
    """Row of the first record of each outage."""
    last: NDArray[np.int64]
    """Row of the last record of each outage."""


@dataclass(frozen=True, slots=True)
class Outages:
    """Each outage as its last record has it."""

    ids: Sequence[str]
    status: Sequence[str]
    service: NDArray[np.bool_]
    place: NDArray[np.int64]
    device: NDArray[np.int32]
    """Position; -1 for a usage point."""
    detected_at: NDArray[np.int64]
    """The instant of the first revision."""
    started_at: NDArray[np.int64]
    sustained_at: NDArray[np.int64]
    """`NEVER` while it is not known to be sustained."""
    restored_at: NDArray[np.int64]
    """`NEVER` while it is open."""
    customers_affected: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Those that can be right or wrong: not merged, cancelled or momentary."""
        return np.array([status not in SET_ASIDE for status in self.status], np.bool_)


@dataclass(frozen=True, slots=True)
class Restorations:
    """All restoration records in the order of their file."""

    lines: Sequence[RestorationLine]
    outage: NDArray[np.int32]
    """Number of the outage; -1 if the life cycle does not have it."""
    device: NDArray[np.int32]
    """Position; -1 for a usage point."""
    restored_at: NDArray[np.int64]
    updated_at: NDArray[np.int64]
    customers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Output:
    """What one replay wrote."""

    revisions: Revisions
    outages: Outages
    restorations: Restorations
    states: Sequence[Numbered]
    """The records of the current state topic."""


def read_output(folder: Path, network: Network) -> Output:
    """Read a replay's output. Raises `FaultsError` for missing files and unreadable lines."""
    topics = (OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_STATE)
    paths = [folder / f"{topic}.jsonl" for topic in topics]
    if missing := [
        f"{path} is missing; give the folder that faultline replay wrote" for path in paths if not path.is_file()
    ]:
        raise FaultsError(missing)
    lines = _read(paths[0], RevisionLine)
    return lay_output(lines, _read(paths[1], RestorationLine), _read(paths[2], StateLine), network)


def lay_output(
    lines: Sequence[RevisionLine], restorations: Sequence[RestorationLine], states: Sequence[Numbered], network: Network
) -> Output:
    """Put the records of an output into columns."""
    number: dict[str, int] = {}
    outage = np.array([number.setdefault(line.outage_id, len(number)) for line in lines], np.int32)
    first, last = np.full(len(number), len(lines), np.int64), np.zeros(len(number), np.int64)
    np.minimum.at(first, outage, np.arange(len(lines)))
    np.maximum.at(last, outage, np.arange(len(lines)))
    updated_at = parse_times([line.updated_at for line in lines])
    customers_out = np.array([line.customers_out for line in lines], np.int64)
    revisions = Revisions(lines, outage, updated_at, customers_out, first, last)
    return Output(
        revisions, _outages(revisions, list(number), network), _restorations(restorations, number, network), states
    )


def _outages(revisions: Revisions, ids: list[str], network: Network) -> Outages:
    last = [revisions.lines[row] for row in revisions.last]
    service = np.array([line.device_kind == "service" for line in last], np.bool_)
    devices = [line.device_id for line in last]
    return Outages(
        ids=ids,
        status=[line.status for line in last],
        service=service,
        place=named_places(network, devices, service),
        device=network.find_devices(devices),
        detected_at=revisions.updated_at[revisions.first],
        started_at=parse_times([line.started_at for line in last]),
        sustained_at=parse_optional_times([line.sustained_at for line in last]),
        restored_at=parse_optional_times([line.restored_at for line in last]),
        customers_affected=np.array([line.customers_affected for line in last], np.int64),
    )


def _restorations(lines: Sequence[RestorationLine], number: dict[str, int], network: Network) -> Restorations:
    return Restorations(
        lines=lines,
        outage=np.array([number.get(line.outage_id, -1) for line in lines], np.int32),
        device=network.find_devices([line.device_id for line in lines]),
        restored_at=parse_times([line.restored_at for line in lines]),
        updated_at=parse_times([line.updated_at for line in lines]),
        customers=np.array([line.customers_restored for line in lines], np.int64),
    )


def _read(path: Path, form: type[Line]) -> list[Line]:
    try:
        return msgspec.json.Decoder(form).decode_lines(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"{path} is no output of a replay: {error}; replay again"]) from None
