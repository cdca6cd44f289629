"""A town of seven usage points, and short ways to say what happened there and what was said of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.network.load import compile_folder
from models.network.network import Network
from models.times.iso8601 import format_time
from simulator.scoring.reading.records import RestorationLine, RevisionLine
from simulator.scoring.reading.truth import FaultLine

NOON = 1_783_857_600_000
"""2026-07-12T12:00:00Z."""

DEVICES = """device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude
S,source,,,east,0,0
B,breaker,S,one,east,0,0
L1,fuse,B,one,east,0,0
T1,transformer,L1,one,east,0,0
T2,transformer,L1,one,east,0,0
L2,fuse,B,one,east,0,0
T3,transformer,L2,one,east,0,0
W,source,,,west,0,0
T4,transformer,W,,west,0,0
"""
POINTS = """usage_point_id,meter_id,device_id,load_kw,longitude,latitude,customers,account_id
p1,m1,T1,1,0,0,2,
p2,m2,T1,1,0,0,1,
p3,m3,T2,1,0,0,1,
p4,m4,T3,1,0,0,3,shop
p5,m5,T3,1,0,0,1,shop
p6,m6,W,1,0,0,1,
p7,m7,T4,1,0,0,1,
"""


def clock(seconds: float) -> str:
    """Seconds after noon as a time on the wire."""
    return format_time(NOON + round(1000 * seconds))


@pytest.fixture(scope="session")
def town_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """L2 and T3 are one class, so are S and B; T2 and T4 feed one usage point each."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "devices.csv").write_text(DEVICES)
    (folder / "usage_points.csv").write_text(POINTS)
    return folder


@pytest.fixture(scope="session")
def town(town_tables: Path) -> Network:
    return compile_folder(town_tables)


@pytest.fixture
def fault() -> Callable[..., FaultLine]:
    """Say that a device (or a usage point) opened; times are seconds after noon."""

    def say(fault_id: str, device: str | None, opened: float, closed: float | None, **more: Any) -> FaultLine:
        known: dict[str, Any] = {
            "usage_point_id": None,
            "kind": "fault",
            "momentary": closed is not None and closed - opened <= 300,
            "nested_in": None,
            "customers": 1,
        }
        closed_at = None if closed is None else clock(closed)
        return FaultLine(
            fault_id=fault_id, device_id=device, opened_at=clock(opened), closed_at=closed_at, **(known | more)
        )

    return say


@pytest.fixture
def revision() -> Callable[..., RevisionLine]:
    """Say one revision of an outage; times are seconds after noon."""

    def say(outage: str, number: int, at: float, device: str, started: float, **more: Any) -> RevisionLine:
        affected, out = more.pop("affected", 1), more.pop("out", 0)
        restored = more.pop("restored", None)
        known: dict[str, Any] = {
            "event_id": f"{outage}:{number}",
            "sequence": 1,
            "status": "detected" if out else "restored",
            "zone_id": "east",
            "device_kind": "fuse",
            "sustained_at": None,
            "restored_at": None if restored is None else clock(restored),
            "customers_affected": affected,
            "customers_out": out,
            "customers_restored": affected - out,
            "priority_customers": {"critical": 0, "key": 0},
        }
        return RevisionLine(
            outage_id=outage,
            revision=number,
            updated_at=clock(at),
            device_id=device,
            started_at=clock(started),
            **(known | more),
        )

    return say


@pytest.fixture
def restoration() -> Callable[..., RestorationLine]:
    """Say that customers of an outage are back; times are seconds after noon."""

    def say(outage: str, at: float, restored: float, customers: int, device: str, **more: Any) -> RestorationLine:
        known: dict[str, Any] = {
            "event_id": f"{outage}:{at}",
            "sequence": 1,
            "revision": 1,
            "basis": "confirmed",
            "customers_out": 0,
            "usage_point_ids": None,
        }
        return RestorationLine(
            outage_id=outage,
            updated_at=clock(at),
            restored_at=clock(restored),
            customers_restored=customers,
            device_id=device,
            **(known | more),
        )

    return say
