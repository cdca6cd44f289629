"""The network as the engine sees it: a forest of switching devices and the usage points that they feed.

Read this first. Devices stand in *depth-first order*: each device comes before all that it feeds, so everything below
a device is one slice, `[d, device_end[d])`. Usage points stand in the order of the devices that feed them, so the
points below a device are one slice too, `[point_start[d], point_end[d])`, first those that it feeds directly. A sum
over all customers below a device is therefore a difference of two entries of a cumulative sum.

A *zone* is the area of one substation: its trees stand next to each other, so a zone is a slice as well. A *class* are
the devices that no usage point can tell apart: whichever of them opens, the same points lose power. Its topmost
device stands for it.

A *position* (index into these arrays) belongs to one version of the network. A *stable number* keeps its meaning from
version to version and is never given twice: the evidence log and all state carry numbers.

`models/network/compiler.py` makes this from the two tables, `adapters/network/compiled_file.py` keeps it in a file.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.columns.hash_index import HashIndex
    from models.columns.packed_text import PackedText

DEVICE_KINDS: Final = (
    "source",
    "bus",
    "substation_transformer",
    "breaker",
    "recloser",
    "sectionalizer",
    "fuse",
    "switch",
    "tie",
    "transformer",
)
"""`device_kind` is an index into these. A transformer opens as its cut-out; switch and tie never trip by themselves."""

PRIORITIES: Final = ("none", "critical", "key")
"""`priority` is an index into these. Who depends on life support is a fact of health and stands in no network."""

PHASES: Final = {"A": 1, "B": 2, "C": 4}
ALL_PHASES: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """D devices, P usage points and Z zones in read-only arrays; -1 means none wherever an index is kept."""

    version: str
    """Hash over the content, hexadecimal; equal content has equal versions."""

    device_ids: PackedText
    device_kind: NDArray[np.uint8]
    parent: NDArray[np.int32]
    """The next device towards the source; -1 for a root."""
    device_end: NDArray[np.int32]
    """The devices below d, itself included, are `[d, device_end[d])`."""
    point_start: NDArray[np.int32]
    point_end: NDArray[np.int32]
    """The usage points below d are `[point_start[d], point_end[d])`."""
    direct_end: NDArray[np.int32]
    """The usage points that d feeds directly are `[point_start[d], direct_end[d])`."""
    level: NDArray[np.int16]
    """Devices above d; 0 for a root."""
    class_of: NDArray[np.int32]
    """The topmost device with the same usage points below; the device itself if it has none."""
    device_zone: NDArray[np.int32]
    feeder: NDArray[np.int32]
    """Index in `feeder_ids`."""
    device_phases: NDArray[np.uint8]
    """Sum of A = 1, B = 2, C = 4."""
    ganged: NDArray[np.bool_]
    """All phases open together."""
    telemetered: NDArray[np.bool_]
    other_parent: NDArray[np.int32]
    """Of a tie: the device on its other side."""
    device_longitude: NDArray[np.float64]
    """Degrees, WGS 84."""
    device_latitude: NDArray[np.float64]
    device_territory: NDArray[np.int32]
    """Index in `territory_ids`."""
    device_number: NDArray[np.int32]
    """Stable number of each device."""
    device_position: NDArray[np.int32]
    """Position of each stable number; -1 for a device of an earlier version that is gone."""

    point_ids: PackedText
    meter_ids: PackedText
    """Empty for a point without a meter: it can never report."""
    point_device: NDArray[np.int32]
    """The device that feeds the point."""
    customers: NDArray[np.int32]
    priority: NDArray[np.uint8]
    collector: NDArray[np.int32]
    """Index in `collector_ids`; never -1 (without a collector the feeder stands for it, without that the zone)."""
    point_phases: NDArray[np.uint8]
    load_kw: NDArray[np.float32]
    point_longitude: NDArray[np.float64]
    point_latitude: NDArray[np.float64]
    account: NDArray[np.int32]
    """Index in `account_ids`."""
    point_group: NDArray[np.int32]
    """Which points are alike in class and areas (`models/network/groups.py`)."""
    point_number: NDArray[np.int32]
    point_position: NDArray[np.int32]

    zone_ids: PackedText
    """Zones keep their place from version to version; one that is gone stays, with nothing in it."""
    feeder_ids: PackedText
    collector_ids: PackedText
    account_ids: PackedText
    territory_ids: PackedText
    class_ids: PackedText
    """Classes of customers, such as residential."""
    area_kind_ids: PackedText
    """Kinds of areas that are reported by, such as county: a point lies in one of each kind at most."""
    area_ids: PackedText
    """By kind, then by id; of two kinds an id may be the same."""
    area_kind: NDArray[np.int32]
    """Index in `area_kind_ids` of each area."""
    group_class: NDArray[np.int32]
    """Index in `class_ids` of each group of points."""
    group_area_start: NDArray[np.int32]
    """The areas of group g are `group_areas[group_area_start[g]:group_area_start[g + 1]]`, indices in `area_ids`."""
    group_areas: NDArray[np.int32]
    zone_device_start: NDArray[np.int32]
    """Z + 1 entries: the devices of zone z are `[zone_device_start[z], zone_device_start[z + 1])`."""
    zone_point_start: NDArray[np.int32]
    zone_partition: NDArray[np.int32]
    """Partition of the evidence log that has all that is said of the zone."""
    evidence_partitions: int
    account_start: NDArray[np.int32]
    """The usage points of account a are `account_points[account_start[a]:account_start[a + 1]]`."""
    account_points: NDArray[np.int32]

    meter_index: HashIndex
    point_index: HashIndex
    device_index: HashIndex
    account_index: HashIndex

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, read_only(value))

    def find_meters(self, ids: Sequence[str]) -> NDArray[np.int32]:
        """Return the position of the usage point of each meter, -1 unknown; fast for batches of thousands."""
        return self.meter_index.find(self.meter_ids, ids)

    def find_points(self, ids: Sequence[str]) -> NDArray[np.int32]:
        """Return the position of each usage point by its id, -1 unknown."""
        return self.point_index.find(self.point_ids, ids)

    def find_devices(self, ids: Sequence[str]) -> NDArray[np.int32]:
        """Return the position of each device by its id, -1 unknown."""
        return self.device_index.find(self.device_ids, ids)

    def device_at(self, number: int) -> int:
        """Return the position of a device by its stable number; -1 for none, and for one that is not here."""
        return int(self.device_position[number]) if 0 <= number < len(self.device_position) else -1

    def points_of_account(self, account_id: str) -> NDArray[np.int32]:
        """Return the positions of an account's usage points, ascending; none if the account is unknown."""
        account = int(self.account_index.find(self.account_ids, [account_id])[0])
        if account < 0:
            return np.empty(0, np.int32)
        return self.account_points[self.account_start[account] : self.account_start[account + 1]]
