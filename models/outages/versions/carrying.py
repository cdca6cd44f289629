"""A saved state of one version of the network as a state of the next one: what is known stays with whom it is about.

`FIELDS` says of every field of a state what becomes of it; a state with another field is refused, so that none is
forgotten. Stable numbers, ids, zones and times need nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from models.outages.feeding.ways import Ways
from models.outages.inference.knowledge import NOBODY, PENDING, Points, default_of
from models.outages.snapshot_tables import BY_ZONE
from models.outages.versions.partition_state import to_outage
from models.outages.versions.places import NO_KEY, NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.outages.state.outage import Outage
    from models.outages.versions.places import Places

Saved = dict[str, Any]
BY_METER: Final = ("mute", "source", "said_by")
"""Columns that are about a point's meter."""


def carried(saved: Saved, places: Places) -> Saved:
    """Give the state of the next version; outages whose device is gone stand at one that feeds who is out by them."""
    homes = _homes(saved, places)
    state = carried_partition(saved, places)
    state["set_aside"] = [
        (zone, aside | {"unsaid": [_outage(fields, places, homes) for fields in aside["unsaid"]]})
        for zone, aside in saved["set_aside"]
    ]
    return state


def carried_partition(saved: Saved, places: Places) -> Saved:
    """The same for what a partition knows alone."""
    homes = _homes(saved, places)
    state: Saved = {}
    for name, value in saved.items():
        carry = FIELDS[name]
        state[name] = value if carry is None else carry(value, places)
    state["outages"] = [_outage(fields, places, homes) for fields in saved["outages"]]
    return state


def carried_outage(outage: Outage, places: Places) -> Outage:
    """Give an outage that is over, and whose last revision has not been published."""
    return to_outage(_outage(msgspec.msgpack.decode(msgspec.msgpack.encode(asdict(outage))), places, {}))


def _version(_: str, places: Places) -> str:
    return places.new.network.version


def _points(saved: Saved, places: Places) -> Saved:
    rows, columns = _table(saved, places.points)
    known = np.frombuffer(saved["rows"], np.int64)
    other = places.exchanged(known[places.points[known] >= 0])
    columns[Points._fields.index("handed_on_by")][:] = NOBODY  # customers may be counted otherwise from now on
    for name in BY_METER:
        place = Points._fields.index(name)
        columns[place][other] = default_of(Points, name)[1]
    return _written(rows, columns)


def _devices(saved: Saved, places: Places) -> Saved:
    return _written(*_table(saved, places.devices))


def _table(saved: Saved, positions: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], list[np.ndarray[Any, Any]]]:
    """Rows that the next version has, where it has them, and their columns."""
    rows = positions[np.frombuffer(saved["rows"], np.int64)]
    here = rows >= 0
    return rows[here], [np.frombuffer(data, dtype)[here] for dtype, data in saved["columns"]]


def _written(rows: np.ndarray[Any, Any], columns: list[np.ndarray[Any, Any]]) -> Saved:
    return {"rows": rows.tobytes(), "columns": [(column.dtype.str, column.tobytes()) for column in columns]}


def _memory(saved: Saved, places: Places) -> Saved:
    state = {}
    for name, (rows, values) in saved.items():
        if name in BY_ZONE:
            state[name] = rows, values
            continue
        moved = places.rows(np.frombuffer(rows, np.int64))
        here = moved >= 0
        state[name] = moved[here].tobytes(), np.frombuffer(values, np.int64)[here].tobytes()
    return state


def _homes(saved: Saved, places: Places) -> dict[int, int]:
    """By slot, the device that feeds the first of the points that an outage has dark; -1 where none is left."""
    rows = places.points[np.frombuffer(saved["points"]["rows"], np.int64)]
    columns = dict(zip(Points._fields, saved["points"]["columns"], strict=True))
    owner, phase = (np.frombuffer(columns[name][1], columns[name][0]) for name in ("owner", "phase"))
    dark = (owner != NOBODY) & (rows >= 0) & (phase <= PENDING)
    order = np.flatnonzero(dark)[np.argsort(rows[dark], kind="stable")[::-1]]
    devices = places.new.network.point_device[rows[order]]
    return dict(zip(owner[order].tolist(), devices.tolist(), strict=True))


def _outage(fields: Saved, places: Places, homes: dict[int, int]) -> Saved:
    network = places.new.network
    alone = fields["device"] < 0
    device, point = places.device(fields["device"]), places.point(fields["service_point"])
    lost = device < 0 if not alone else point < 0
    if lost:
        device = homes.get(fields["slot"], NOWHERE)
        if device < 0:
            device = _above(fields, places)
        point = NOWHERE
    span = (point, point + 1) if device < 0 else (int(network.point_start[device]), int(network.point_end[device]))
    place = device if device >= 0 else int(network.point_device[point])
    area = places.area(fields["area"])
    if fields["area"] >= len(places.old.network.zone_ids):
        area = int(places.new.areas.of_device[place])
    return fields | {
        "device": device,
        "service_point": point,
        "span": span,
        "area": area,
        "confirmed": fields["confirmed"] and not lost,
        "supply": places.device(fields["supply"]),
        "found_device": places.device(fields["found_device"]),
        "alternatives": [(there, score) for at, score in fields["alternatives"] if (there := places.device(at)) >= 0],
        "steps": [_step(step, device, places) for step in fields["steps"]],
        "restorations": [_restored(restored, places) for restored in fields["restorations"]],
    }


def _step(step: tuple[int, int, int], device: int, places: Places) -> tuple[int, int, int]:
    """What closed, or the outage's own device in place of one that is gone."""
    at, closed, customers = step
    there = places.device(closed)
    return at, device if closed >= 0 and there < 0 else there, customers


def _above(fields: Saved, places: Places) -> int:
    """The nearest device above that is left; else the first one of the zone, which the outage ends at."""
    network = places.old.network
    at = int(fields["device"] if fields["device"] >= 0 else network.point_device[fields["service_point"]])
    while at >= 0:
        if (device := places.device(at)) >= 0:
            return device
        at = int(network.parent[at])
    after = places.new.network
    return min(int(after.zone_device_start[fields["zone"]]), len(after.device_ids) - 1)


def _restored(restored: Saved, places: Places) -> Saved:
    points = [there for point in restored["points"] if (there := places.point(point)) >= 0]
    return restored | {"device": places.device(restored["device"]), "points": points}


def _ended(saved: list[Any], places: Places) -> list[Any]:
    return [(name, (due, zone, places.class_key(key), word)) for name, (due, zone, key, word) in saved]


def _last_of_class(saved: list[Any], places: Places) -> list[Any]:
    """Of classes that have become one the latest outage counts."""
    latest: dict[int, tuple[int, str]] = {}
    for key, (name, at) in saved:
        if (there := places.class_key(key)) != NO_KEY:
            latest[there] = max(latest.get(there, (at, name)), (at, name))
    return [(key, (name, at)) for key, (at, name) in latest.items()]


def _spoken_of(saved: list[Any], places: Places) -> list[Any]:
    zones: dict[int, list[int]] = {}
    for _, devices in saved:
        for there in [there for device in devices if (there := places.device(device)) >= 0]:
            zones.setdefault(int(places.new.network.device_zone[there]), []).append(there)
    return [(zone, sorted(devices)) for zone, devices in sorted(zones.items())]


def _by_device(saved: list[Any], places: Places) -> list[Any]:
    return [(there, since) for device, since in saved if (there := places.device(device)) >= 0]


def _by_area(saved: list[Any], places: Places) -> list[Any]:
    """Of areas that have become one the larger value counts."""
    values: dict[int, int] = {}
    for area, value in saved:
        there = places.area(area)
        values[there] = max(value, values.get(there, value))
    return list(values.items())


def _timers(saved: list[Any], places: Places) -> list[Any]:
    return sorted({(at, places.area(area)) for at, area in saved})


def _works(saved: Any, places: Places) -> Any:  # noqa: ANN401 (as it stands in the state)
    tidied_at, works = saved
    class_of = places.new.network.class_of
    left = []
    for _, (work_id, device, latest, started_at) in works:
        if (there := places.device(device)) >= 0:
            left.append((int(class_of[there]), (work_id, there, latest, started_at)))
    return tidied_at, sorted(left)


def _crews_at(saved: Any, places: Places) -> Any:  # noqa: ANN401 (as it stands in the state)
    crews, causes, operator_at = saved
    there = [(*crew[:-1], places.class_key(crew[-1])) for crew in crews]
    return [crew for crew in there if crew[-2] or crew[-1] != NO_KEY], causes, operator_at


def _ledger(saved: tuple[list[Any], list[bytes]], places: Places) -> tuple[list[Any], list[bytes]]:
    published = []
    for outage_id, rows, states, out_at in saved[0]:
        points = places.points[np.frombuffer(rows, np.int64)]
        order = np.argsort(points, kind="stable")[np.count_nonzero(points < 0) :]
        state, since = np.frombuffer(states, np.uint8)[order], np.frombuffer(out_at, np.int64)[order]
        published.append((outage_id, points[order].tobytes(), state.tobytes(), since.tobytes()))
    points, *times = (np.frombuffer(column, np.int64) for column in saved[1])
    there = places.points[points]
    order = np.argsort(there, kind="stable")[np.count_nonzero(there < 0) :]
    return published, [column[order].tobytes() for column in (there, *times)]


def _backfeed(saved: Saved, _: Places) -> Saved:
    """Sections may be others, so all of them are looked at."""
    return saved | {"why": None}


def _ways(saved: Saved, places: Places) -> Saved:
    return Ways.restored(saved).carried(places.new.network).save()


_CARRIED: Final[dict[str, Callable[[Any, Places], Any]]] = {
    "network": _version,
    "ways": _ways,
    "points": _points,
    "devices": _devices,
    "memory": _memory,
    "ended": _ended,
    "last_of_class": _last_of_class,
    "spoken_of": _spoken_of,
    "backfeed": _backfeed,
    "drawn_at": _by_area,
    "fed": _by_device,
    "pauses": _by_area,
    "timers": _timers,
    "works": _works,
    "crews_at": _crews_at,
    "ledger": _ledger,
}
FIELDS: Final[dict[str, Callable[[Any, Places], Any] | None]] = {
    **_CARRIED,
    **dict.fromkeys(
        (
            "layout",
            "abnormal",
            "outages",
            "known",
            "survivors",
            "untimed",
            "deaf_until",
            "slots",
            "vacant",
            "crews",
            "estimates",
            "ranges",
            "renew",
            "sequences",
            "passed_over",
            "completed",
            "foreign_reports",
            "totals",
            "watermarks",
            "offsets",
            "releases",
            "degraded",
            "deaf",
            "waiting_points",
            "waiting_devices",
            "quarantined",
            "set_aside",
            "health_revisions",
            "waiting_crew",
            "answered",
            "borne_out",
            "waiting_commands",
            "waiting_works",
            "deferred",
        )
    ),
}
"""By field, what makes it one of the next version; None of what needs nothing, or is seen to in `carried`."""
