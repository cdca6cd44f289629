"""The rows of canary zones, laid behind those of a utility's tables."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np

from models.columns.packed_text import PackedText
from models.network.canary.names import PREFIX, zone_id_of
from models.network.network import DEVICE_KINDS
from models.network.tables import Categories, DeviceColumns, PointColumns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Columns = TypeVar("Columns", DeviceColumns, PointColumns)
BRANCHES: Final = 3
TRANSFORMERS: Final = 2
"""On each branch."""
METERS: Final = 12
"""Below each transformer: so many that the ten devices together are found as fast as the faults of a storm."""


class _Row(NamedTuple):
    device_id: str
    kind: str
    parent: int


def with_canaries(
    devices: DeviceColumns, points: PointColumns, partitions: Iterable[int]
) -> tuple[DeviceColumns, PointColumns]:
    """Add the canary zones of these evidence partitions behind the rows of a utility's tables.

    They stand in the middle of the utility, so that nothing that is drawn or measured by places is the larger for them.
    """
    first, rows, zones, feeders = len(devices.parent), list[_Row](), list[str](), list[int]()
    for partition in partitions:
        zones.append(zone_id_of(partition))
        feeders += _feed(rows, zones[-1], first)
    each = len(rows) // max(len(zones), 1)
    meters = [(row, f"{rows[row - first].device_id}.{number}") for row in feeders for number in range(METERS)]
    east, north = _middle(devices.longitude), _middle(devices.latitude)
    canaries = replace(
        DeviceColumns.bare(
            [row.device_id for row in rows],
            [DEVICE_KINDS.index(row.kind) for row in rows],
            [row.parent for row in rows],
            [zone for zone in zones for _ in range(each)],
        ),
        longitude=np.full(len(rows), east),
        latitude=np.full(len(rows), north),
        # Nothing but meters speaks here: of what is telemetered, silence would say that it is closed.
        telemetered=np.zeros(len(rows), np.int8),
    )
    names = [name for _, name in meters]
    metered = replace(
        PointColumns.bare(names, names, np.array([row for row, _ in meters], np.int32)),
        longitude=np.full(len(meters), east),
        latitude=np.full(len(meters), north),
    )
    return _joined(devices, canaries), _joined(points, metered)


def reserved(devices: DeviceColumns, points: PointColumns) -> list[str]:
    """Say which ids of a utility's tables begin as those of canaries do."""
    named = (
        ("zone", devices.substation.values),
        ("feeder", devices.feeder.values),
        ("device", devices.device_id),
        ("usage point", points.usage_point_id),
        ("meter", points.meter_id),
        ("collector", points.collector.values),
    )
    return [
        f"{what} {name!r}: ids that begin with {PREFIX} are kept for canary zones; give another one"
        for what, names in named
        if PREFIX.encode() in names.blob.tobytes()  # millions of ids: each is looked at only where there is a reason
        for name in names
        if name.startswith(PREFIX)
    ]


def _feed(rows: list[_Row], zone_id: str, first: int) -> list[int]:
    """Add a zone's devices to `rows`, the first of which has the number `first`; returns those with usage points."""

    def add(name: str, kind: str, parent: int) -> int:
        rows.append(_Row(f"{zone_id}{name}", kind, parent))
        return first + len(rows) - 1

    breaker = add(".breaker", "breaker", add(".source", "source", -1))
    fed = []
    for branch in range(1, BRANCHES + 1):
        fuse = add(f".fuse{branch}", "fuse", breaker)
        fed += [add(f".transformer{branch}{n}", "transformer", fuse) for n in range(1, TRANSFORMERS + 1)]
    return fed


def _middle(degrees: NDArray[np.float64]) -> float:
    known = degrees[np.isfinite(degrees)]
    return float(np.median(known)) if len(known) else 0.0


def _joined(before: Columns, after: Columns) -> Columns:
    """Put the rows of one table behind those of another."""
    return type(before)(
        **{field.name: _behind(*(getattr(one, field.name) for one in (before, after))) for field in fields(before)}
    )


def _behind(before: Any, after: Any) -> Any:  # noqa: ANN401  a column of either table
    if isinstance(before, PackedText):
        return before.followed_by(after)
    if isinstance(before, Categories):
        codes = np.where(after.codes < 0, np.int32(-1), after.codes + np.int32(len(before.values)))
        return Categories(
            np.concatenate([before.codes, codes]).astype(np.int32), before.values.followed_by(after.values)
        )
    return np.concatenate([before, after]).astype(before.dtype)
