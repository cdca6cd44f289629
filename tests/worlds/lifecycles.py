"""Outages for the alerts: a town of two areas, and revisions of outages in it."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import replace
from typing import Any

import numpy as np

from adapters.kafka.records.followed_record import RecordReader
from models.columns.packed_text import PackedText
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.network.network import Network
from models.timeline.moment import Followed
from models.times.iso8601 import format_time
from tests.worlds.networks import Device, Point, network_of

START = 1_782_900_000
"""Seconds since the epoch: a summer day of 2026."""
READER = RecordReader(output_of(OUTAGE_LIFECYCLE))


def town() -> Network:
    """Two substations with six fuses of ten points and three customers each; the northern is a territory, "nord"."""
    devices, points = [], []
    for side in "ns":
        devices.append(Device(f"{side}b", kind="breaker", substation=side))
        devices += [Device(f"{side}{fuse}", f"{side}b", "fuse", side) for fuse in range(6)]
        points += [Point(f"{side}{fuse}p{n}", f"{side}{fuse}", customers=3) for fuse in range(6) for n in range(10)]
    network = network_of(devices, points)
    ids = list(network.point_ids)
    fuse, number = np.array([int(name[1]) for name in ids]), np.array([int(name[3]) for name in ids])
    north = np.array([name[0] == "n" for name in ids])
    return replace(
        network,
        device_territory=np.array([-1 + (name[0] == "n") for name in network.device_ids], np.int32),
        territory_ids=PackedText.of(["nord"]),
        point_longitude=8.5 + fuse * 0.006 + (number % 3) * 0.0011,
        point_latitude=47.4 + north * 0.05 + number * 0.0007,
    )


def name_of(number: int) -> str:
    """An outage's id."""
    return b32encode(number.to_bytes(16, "big")).decode().lower().rstrip("=")


def revision(number: int, at: int, sequence: int = 1, **fields: Any) -> dict[str, Any]:
    """A revision of an outage at a second, sustained and of 30 customers below fuse n0 unless said otherwise."""
    outage, now = name_of(number), format_time(at * 1000)
    out = fields.get("customers_out", 30)
    none = (
        *(
            "substation_id",
            "feeder_id",
            "found_device_id",
            "supply_device_id",
            "phases_out",
            "restored_at",
            "nested_in",
        ),
        "merged_into",
        *("transferred_to", "parent_id", "follows", "planned", "cause", "operators", "place", "customers_served"),
        *("estimate_from", "estimate_to", "estimate_probability", "estimate_source", "etr_public", "etr_stage"),
    )
    return dict.fromkeys(none) | {
        "event_id": f"{outage}:1", "schema_version": 1, "organisation": "test", "sequence": sequence,
        "outage_id": outage, "revision": 1, "change": ["status"], "status": "detected", "zone_id": "z",
        "device_id": "n0", "device_kind": "fuse", "equivalent_device_ids": [], "evidence": "inferred",
        "confidence": 0.9, "alternatives": [], "crews": [], "started_at": now, "out_since": now, "detected_at": now,
        "sustained_at": now, "updated_at": now, "customers_affected": out, "customers_out": out,
        "customers_restored": 0, "customers_transferred": 0, "degraded": False, "network_version": "v",
        "priority_customers": {"critical": 0, "key": 0}, "customers_by_class": [], "areas": [],
        "restoration_steps": [],
        "priority_out": {"life_support": None, "critical": 0, "key": 0},
    } | fields  # fmt: skip


def ended(number: int, at: int, status: str = "restored", **fields: Any) -> dict[str, Any]:
    """The last revision of an outage."""
    return revision(number, at, status=status, customers_out=0, customers_affected=0, **fields)


def followed(*revisions: dict[str, Any]) -> list[Followed]:
    """Revisions as a flow reads them."""
    return [READER.take(one) for one in revisions]
