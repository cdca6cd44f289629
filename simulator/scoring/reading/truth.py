"""What really happened, as `faultline simulate` wrote it: `truth/faults.jsonl` and `truth/interruptions.*`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from models.refusal import FaultsError
from models.times.iso8601 import parse_times
from simulator.course import NEVER
from simulator.scoring.reading.effect import had_effect
from simulator.scoring.reading.interruptions import read_interruptions
from simulator.scoring.reading.places import device_places, point_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.interruptions import Interrupted

MOMENTARY_MS: Final = 300_000


class FaultLine(msgspec.Struct, gc=False):
    """The fields of a fault's record that the score needs."""

    fault_id: str
    device_id: str | None
    usage_point_id: str | None
    kind: str
    opened_at: str
    closed_at: str | None
    momentary: bool
    nested_in: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class Faults:
    """All faults in the order of their file."""

    lines: Sequence[FaultLine]
    device: NDArray[np.int32]
    """Position; -1 for a single service."""
    point: NDArray[np.int32]
    """Position; -1 for a device."""
    place: NDArray[np.int64]
    opened_at: NDArray[np.int64]
    closed_at: NDArray[np.int64]
    """`NEVER` for what stays open past the end."""
    momentary: NDArray[np.bool_]
    events: NDArray[np.bool_]
    """Of kind fault or planned: no isolating switch."""
    felt: NDArray[np.bool_]
    """It interrupted somebody or kept somebody out, at a place that no earlier event held open."""
    announced: NDArray[np.bool_]
    """It is a planned work of which the planning had told: no fault."""

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Sustained faults and planned work of a device that anybody could feel, without what was announced."""
        return self.events & ~self.announced & self.felt & ~self.momentary & (self.device >= 0)

    @property
    def services(self) -> NDArray[np.bool_]:
        """Sustained faults and planned work of a single service that anybody could feel, without what was announced."""
        return self.events & ~self.announced & self.felt & ~self.momentary & (self.device < 0)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the simulator knows."""

    faults: Faults
    interrupted: Interrupted


def read_truth(folder: Path, network: Network) -> Truth:
    """Read the truth of a simulation's folder. Raises `FaultsError` where it is missing or of another network."""
    path = folder / "truth" / "faults.jsonl"
    if not path.is_file():
        raise FaultsError([f"{path} is missing; give the folder that faultline simulate wrote"])
    lines = msgspec.json.Decoder(FaultLine).decode_lines(path.read_bytes())
    faults = replace(lay_faults(lines, network), announced=_announced(folder / "truth", lines))
    interrupted = read_interruptions(folder / "truth", network, [line.fault_id for line in lines])
    return Truth(replace(faults, felt=faults.felt & had_effect(network, faults, interrupted)), interrupted)


def _announced(folder: Path, lines: Sequence[FaultLine]) -> NDArray[np.bool_]:
    path = folder / "planned_works.csv"
    rows = path.read_text("utf-8").splitlines()[1:] if path.is_file() else []
    works = {row.partition(",")[0] for row in rows}
    return np.array([line.fault_id in works for line in lines], np.bool_)


def lay_faults(lines: Sequence[FaultLine], network: Network) -> Faults:
    """Put faults into columns. Raises `FaultsError` for devices and usage points that the network does not have."""
    device = network.find_devices([line.device_id or "" for line in lines])
    point = network.find_points(["" if line.device_id else line.usage_point_id or "" for line in lines])
    if strange := np.flatnonzero((device < 0) & (point < 0)).tolist():
        raise FaultsError(
            [f"fault {lines[n].fault_id} is on no device of the network; score with its own" for n in strange]
        )
    opened_at = parse_times([line.opened_at for line in lines])
    closed_at = parse_optional_times([line.closed_at for line in lines])
    place = np.where(device < 0, point_places(network, point), device_places(network, device))
    events = np.array([line.kind in ("fault", "planned") for line in lines], np.bool_)
    # Of a single service the file counts those whom it interrupted: nobody, where a device above was open by then.
    customers = np.where(device < 0, network.customers[point], [line.customers for line in lines])
    return Faults(
        lines=lines,
        device=device,
        point=point,
        place=place,
        opened_at=opened_at,
        closed_at=closed_at,
        momentary=np.array([line.momentary for line in lines], np.bool_),
        events=events,
        felt=(customers > 0) & ~_held(place, opened_at, closed_at, events),
        announced=np.zeros(len(lines), np.bool_),
    )


def parse_optional_times(texts: Sequence[str | None]) -> NDArray[np.int64]:
    """Read times of which some are unknown: `NEVER` for those."""
    times = np.full(len(texts), NEVER, np.int64)
    known = [position for position, text in enumerate(texts) if text is not None]
    times[known] = parse_times([text for text in texts if text is not None])
    return times


def _held(
    place: NDArray[np.int64], opened_at: NDArray[np.int64], closed_at: NDArray[np.int64], events: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which faults open while their place stands open already: nobody can tell them from the first."""
    held = np.zeros(len(place), np.bool_)
    until: dict[int, int] = {}
    for fault in np.argsort(opened_at, kind="stable").tolist():
        if events[fault]:
            here = int(place[fault])
            held[fault] = until.get(here, 0) > opened_at[fault]
            until[here] = max(until.get(here, 0), int(closed_at[fault]))
    return held
