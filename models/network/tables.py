"""The tables of a utility as plain columns: what every importer hands over to `models/network/compiler.py`.

Ids that point to a device are rows of the device table here; the importer has looked them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.packed_text import PackedText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

UNSPECIFIED: Final = -1
"""In `ganged` and `telemetered`: the table leaves it to the default."""


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A column of few values: n codes into the values, -1 for none."""

    codes: NDArray[np.int32]
    values: PackedText

    @classmethod
    def of(cls, texts: Sequence[str]) -> Categories:
        """Code texts in the order of their first appearance; an empty text is none."""
        values = {text: code for code, text in enumerate(dict.fromkeys(filter(None, texts)))}
        return cls(np.array([values.get(text, -1) for text in texts], np.int32), PackedText.of(values))

    @classmethod
    def none(cls, rows: int) -> Categories:
        """Return a column that is empty throughout."""
        return cls(np.full(rows, -1, np.int32), PackedText.of(()))


@dataclass(frozen=True, slots=True, eq=False)
class DeviceColumns:
    """D devices in the order of their table."""

    device_id: PackedText
    kind: NDArray[np.uint8]
    """Index in `DEVICE_KINDS`."""
    parent: NDArray[np.int32]
    """Row of the next device towards the source, -1 for a root."""
    substation: Categories
    feeder: Categories
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    phases: NDArray[np.uint8]
    """Bits A = 1, B = 2, C = 4; 0 leaves it to the default (all)."""
    ganged: NDArray[np.int8]
    """1, 0 or `UNSPECIFIED` (then true but for fuses)."""
    telemetered: NDArray[np.int8]
    """1, 0 or `UNSPECIFIED` (then true for breakers and reclosers)."""
    other_parent: NDArray[np.int32]
    """Row of the device on a tie's other side, -1 none."""
    territory: Categories

    @classmethod
    def bare(cls, ids: Sequence[str], kind: Sequence[int], parent: Sequence[int], substation: Sequence[str]) -> Self:
        """Make devices of which no more is known; each substation has one feeder. They lie at 0° 0°."""
        rows, feeds = len(ids), Categories.of(substation)
        return cls(
            device_id=PackedText.of(ids),
            kind=np.array(kind, np.uint8),
            parent=np.array(parent, np.int32),
            substation=feeds,
            feeder=feeds,
            longitude=np.zeros(rows),
            latitude=np.zeros(rows),
            phases=np.zeros(rows, np.uint8),
            ganged=np.full(rows, UNSPECIFIED, np.int8),
            telemetered=np.full(rows, UNSPECIFIED, np.int8),
            other_parent=np.full(rows, -1, np.int32),
            territory=Categories.none(rows),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PointColumns:
    """P usage points in the order of their table."""

    usage_point_id: PackedText
    meter_id: PackedText
    """Empty: no meter."""
    device: NDArray[np.int32]
    """Row of the device that feeds the point."""
    load_kw: NDArray[np.float32]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    collector: Categories
    phases: NDArray[np.uint8]
    """0 leaves it to the default: the phases of the device."""
    customers: NDArray[np.int32]
    priority: NDArray[np.uint8]
    """Index in `PRIORITIES`."""
    account: Categories
    customer_class: Categories

    @classmethod
    def bare(cls, ids: Sequence[str], meter_ids: Sequence[str], device: NDArray[np.int32]) -> Self:
        """Make usage points of one customer each, of which no more is known; `device` are rows. They lie at 0° 0°."""
        rows = len(ids)
        return cls(
            usage_point_id=PackedText.of(ids),
            meter_id=PackedText.of(meter_ids),
            device=device,
            load_kw=np.ones(rows, np.float32),
            longitude=np.zeros(rows),
            latitude=np.zeros(rows),
            collector=Categories.none(rows),
            phases=np.zeros(rows, np.uint8),
            customers=np.ones(rows, np.int32),
            priority=np.zeros(rows, np.uint8),
            account=Categories.none(rows),
            customer_class=Categories.none(rows),
        )


@dataclass(frozen=True, slots=True, eq=False)
class AreaColumns:
    """In which areas usage points lie: n rows, of a point and a kind at most one."""

    point: NDArray[np.int32]
    """Row of the usage point."""
    kind: Categories
    """Such as county, municipality, postal code: whatever the utility reports by."""
    area: Categories

    @classmethod
    def none(cls) -> Self:
        """Return no areas at all."""
        return cls(np.empty(0, np.int32), Categories.none(0), Categories.none(0))
