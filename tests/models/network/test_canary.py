"""Canary zones move nothing that is real, keep their places for ever, and cannot meet a utility's own ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.network.load import compile_folder
from models.network.canary.names import canary_places, canary_zones, is_canary
from models.network.canary.rows import reserved
from models.network.faults import NetworkFaults
from models.network.network import Network
from models.network.summary import summarise
from tests.worlds.golden import GOLDEN
from tests.worlds.networks import Device, Point, columns_of

TABLES = GOLDEN / "network"


def places(network: Network) -> dict[str, int]:
    partitions = network.zone_partition.tolist()
    return {name: part for name, part in zip(network.zone_ids, partitions, strict=True) if not is_canary(name)}


@pytest.mark.parametrize("first", [False, True])
def test_they_come_and_go_and_real_zones_stay(first: bool) -> None:
    before = compile_folder(TABLES, None, 3, canaries=first)
    after = compile_folder(TABLES, before, 3, canaries=not first)
    with_them, without = (before, after) if first else (after, before)
    assert [int(with_them.zone_partition[zone]) for zone in canary_zones(with_them)] == [0, 1, 2]
    assert canary_zones(without) == []
    assert places(before) == places(after) == places(compile_folder(TABLES, None, 3))
    last = compile_folder(TABLES, after, 3, canaries=True)
    known = {last.zone_ids[zone]: part for zone, part in canary_places(last.zone_ids).items()}
    assert known == {last.zone_ids[zone]: int(last.zone_partition[zone]) for zone in canary_zones(last)}
    counted, real = summarise(last), summarise(compile_folder(TABLES, None, 3))
    assert counted.canary_zones == 3
    for name in ("customers", "zones", "feeders", "devices", "usage_points", "collectors", "classes", "levels"):
        assert getattr(counted, name) == getattr(real, name), name


def test_without_them_a_network_is_what_it_was() -> None:
    assert compile_folder(TABLES, None, 3).version == compile_folder(TABLES, None, 3, canaries=False).version


def test_their_ids_are_kept() -> None:
    own = "faultline.canary.x"
    devices = [Device("root", kind="source", substation=f"{own}1"), Device(f"{own}2", "root", feeder=f"{own}3")]
    points = [Point(f"{own}4", "root", meter=f"{own}5", collector=f"{own}6")]
    faults = reserved(*columns_of(devices, points))
    assert [fault.partition(" '")[0] for fault in faults] == [
        "zone", "feeder", "device", "usage point", "meter", "collector",
    ]  # fmt: skip
    assert reserved(*columns_of([Device("root", kind="source")], [Point("p", "root")])) == []


def test_tables_with_such_ids_are_refused(tmp_path: Path) -> None:
    for name in ("devices", "usage_points"):
        text = (TABLES / f"{name}.csv").read_text("utf-8")
        (tmp_path / f"{name}.csv").write_text(text.replace("hartford-1", "faultline.canary.00001"), "utf-8")
    with pytest.raises(NetworkFaults, match="kept for canary zones"):
        compile_folder(tmp_path)
