"""Random small networks with ties, and an account of its own of who has power: paths over closed devices."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from numpy.random import Generator

from models.network.network import Network
from models.times.iso8601 import parse_time
from tests.worlds.networks import Device, Point, network_of

BELOW = {
    "source": ("bus",),
    "bus": ("breaker",),
    "breaker": ("switch", "recloser", "fuse", "sectionalizer", "transformer"),
    "recloser": ("switch", "fuse", "sectionalizer", "transformer"),
    "sectionalizer": ("switch", "fuse", "transformer"),
    "switch": ("switch", "recloser", "fuse", "transformer"),
    "fuse": ("fuse", "transformer"),
    "transformer": (),
}


def random_network(lots: Generator, size: int) -> tuple[Network, list[Device]]:
    """Grow one or two trees by lot, hang points below some devices, and tie trunks together."""
    devices: list[Device] = []
    for zone in range(int(lots.integers(1, 3))):
        grown = [Device(f"z{zone}/root", kind="source", substation=f"z{zone}", feeder="")]
        while len(grown) < size:
            parent = grown[int(lots.integers(max(0, len(grown) - 6), len(grown)))]
            if kinds := BELOW[parent.kind]:
                kind = str(lots.choice(kinds))
                feeder = parent.feeder or (f"z{zone}/{len(grown)}" if kind == "breaker" else "")
                grown.append(Device(f"z{zone}/{len(grown)}", parent.id, kind, f"z{zone}", feeder))
            elif all(device.kind == "transformer" for device in grown[-6:]):
                break
        devices += grown
    trunk = [device for device in devices if device.kind in ("breaker", "recloser", "sectionalizer", "switch")]
    for number in range(min(4, len(trunk) // 2)):
        one, other = lots.choice(len(trunk), 2, replace=False).tolist()
        devices.append(
            Device(
                f"tie{number}",
                trunk[one].id,
                "tie",
                trunk[one].substation,
                trunk[one].feeder,
                other_parent=trunk[other].id,
            )
        )
    feeding = [device for device in devices if device.kind not in ("source", "bus", "tie")]
    points = [
        Point(f"{device.id}/p{number}", device.id, collector=f"c{number}", customers=int(lots.integers(1, 3)))
        for device in feeding
        for number in range(int(lots.integers(0, 4)))
    ]
    return network_of(devices, points or [Point("p", devices[0].id)]), devices


def powered_points(network: Network, devices: list[Device], operations: dict[str, bool]) -> set[int]:
    """Return the points that have power, where `operations` says which devices stand open and which ties closed."""
    links = defaultdict(list)
    for device in devices:
        if device.kind == "tie":
            if operations.get(device.id) is False:
                links[device.parent].append(device.other_parent)
                links[device.other_parent].append(device.parent)
        elif not operations.get(device.id, False):
            links[device.parent].append(device.id)
            links[device.id].append(device.parent)
    reached, waiting = {""}, [""]
    while waiting:
        for beyond in links[waiting.pop()]:
            if beyond not in reached:
                reached.add(beyond)
                waiting.append(beyond)
    return {
        point for point, device in enumerate(network.point_device.tolist()) if network.device_ids[device] in reached
    }


def told_interruptions(folder: Path) -> list[tuple[str, str, int, int | None]]:
    """Read point, fault, out and back of every interruption in the truth."""
    with (folder / "truth" / "interruptions.csv").open(encoding="utf-8", newline="") as stream:
        return [
            (
                row["usage_point_id"],
                row["fault_id"],
                parse_time(row["out_at"]),
                parse_time(row["back_at"]) if row["back_at"] else None,
            )
            for row in csv.DictReader(stream)
        ]


def told_faults(folder: Path) -> list[dict[str, Any]]:
    """Read the faults of the truth."""
    return [json.loads(line) for line in (folder / "truth" / "faults.jsonl").read_bytes().splitlines()]


def unlisted_ties(folder: Path) -> list[Device]:
    """Read the ties that stand in no table, where there are any."""
    path = folder / "truth" / "unlisted_ties.csv"
    rows = csv.DictReader(path.read_text().splitlines()) if path.exists() else ()
    return [Device(row["tie_id"], row["device_id"], "tie", other_parent=row["other_device_id"]) for row in rows]


def worked_out_interruptions(
    folder: Path, network: Network, devices: list[Device]
) -> list[tuple[str, int, int | None]]:
    """Follow the operations of the truth, instant by instant; return point, out and back of every interruption."""
    devices = devices + unlisted_ties(folder)
    changes: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    with (folder / "truth" / "operations.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            changes[parse_time(row["at"])].append((row["device_id"], row["position"] == "open"))
    services: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    for fault in told_faults(folder):
        if fault["usage_point_id"]:
            services[parse_time(fault["opened_at"])].append((str(fault["usage_point_id"]), True))
            if fault["closed_at"]:
                services[parse_time(fault["closed_at"])].append((str(fault["usage_point_id"]), False))
    stands: dict[str, bool] = {}
    cut_off: set[str] = set()
    out_since: dict[str, int] = {}
    found: list[tuple[str, int, int | None]] = []
    names = network.point_ids.take(range(len(network.point_ids)))
    for at in sorted({*changes, *services}):
        stands.update(changes[at])
        for point, is_open in services[at]:
            (cut_off.add if is_open else cut_off.discard)(point)
        powered = {names[point] for point in powered_points(network, devices, stands)} - cut_off
        found += [(point, out_since.pop(point), at) for point in sorted(powered & out_since.keys())]
        for point in names:
            if point not in powered:
                out_since.setdefault(point, at)
    return found + [(point, since, None) for point, since in out_since.items()]
