"""An engine that knew the truth scores 1, 0, 0 on every preset, and each fault put into it shows in its figure."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from adapters.network.load import load_network
from models.network.network import Network
from models.times.iso8601 import format_time, parse_time
from simulator.files.folder import write_storm
from simulator.options import PRESETS, storm_options
from simulator.scoring.figures import figures
from simulator.scoring.reading.truth import Faults, read_truth
from simulator.scoring.score import score
from simulator.storm import simulate
from tests.simulator.grids import random_network
from tests.worlds.perfect_engine import Record, Records, perfect_records
from tests.worlds.storms import CKT5

Figures = dict[str, Any]
SMALL = {"full": {"faults_per_hour": 25.0, "duration_seconds": 7200.0, "crew_count": 3}}
MINUTE = 60_000


def scored(network: Network, folder: Path, records: Records) -> Figures:
    records.write(folder / "out")
    return figures(score(network, folder, folder / "out"))


def assert_perfect(shown: Figures, *, whole: bool = True) -> None:
    """Where not all outages are whole, the corrected curve cannot be exact."""
    for kind in ("devices", "services"):
        assert shown[kind]["f1"] in (1.0, None)
        assert (shown[kind]["missed"], shown[kind]["wrong"]) == (0, 0)
    for curve in ("corrected", "live") if whole else ("live",):
        found = shown["customers_out"][curve]
        assert found["error"] == 0
        assert found["noise"] in (1.0, None)
        assert found["customer_minutes"] in (0, None)
        assert found["net_customer_minutes"] in (0, None)
    assert shown["outages"]["per_fault"] in (None, 1.0) or shown["outages"]["per_fault"] < 1
    assert shown["outages"]["merged_or_cancelled_share"] in (0, None)
    assert shown["confidence"]["unconfirmed"]["ece"] in (0, None)
    for delay in ("detection_seconds", "detection_of_spoken_seconds", "half_covered_seconds"):
        assert shown[delay]["never"] == 0
    assert shown["momentary"]["reported_sustained"] == 0
    assert shown["restored"]["told_while_out"] == 0
    assert shown["restored"]["told_within_30_minutes_share"] in (1.0, None)
    assert {rule for rule, count in shown["violations"].items() if count} == set()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), preset=st.sampled_from(PRESETS), size=st.integers(8, 60))
def test_who_knows_the_truth_is_perfect_on_every_preset(seed: int, preset: str, size: int) -> None:
    network, _ = random_network(default_rng(seed), size)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_storm(folder, network, simulate(network, storm_options(seed, preset, SMALL.get(preset, {}))))
        truth = read_truth(folder, network)
        records = perfect_records(network, truth)
        shown = scored(network, folder, records)
        if beside_a_switch(truth.faults):
            shown["violations"].update(total=0, two_open_at_one_place=0)
        assert_perfect(shown, whole=records.whole)


def beside_a_switch(faults: Faults) -> bool:
    """Whether a device opens whose class a switch holds open: that counts, and to the truth both are outages."""
    switches = [n for n in range(len(faults)) if not faults.events[n]]
    return any(
        faults.place[event] == faults.place[switch]
        and faults.opened_at[event] < faults.closed_at[switch]
        and faults.opened_at[switch] < faults.closed_at[event]
        for event in range(len(faults))
        if faults.events[event]
        for switch in switches
    )


@dataclass
class World:
    """A storm on ckt5, what the perfect engine publishes of it, and how that scores."""

    network: Network
    folder: Path
    records: Records
    perfect: Figures

    def last(self, chosen: Callable[[Record], bool]) -> Record:
        """The last record of the first outage that ends as chosen."""
        ends = {record["outage_id"]: record for record in self.records.revisions}
        return next(record for record in ends.values() if chosen(record))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder, network = tmp_path_factory.mktemp("storm"), load_network(CKT5)
    options = {"faults_per_hour": 20.0, "duration_seconds": 7200.0, "crew_count": 3}
    write_storm(folder, network, simulate(network, storm_options(6, "full", options)))
    records = perfect_records(network, read_truth(folder, network))
    perfect = scored(network, folder, records)
    assert_perfect(perfect)
    return World(network, folder, records, perfect)


def lone(record: Record) -> bool:
    """A fault of a device, well counted, of which nothing else hangs."""
    is_fault = record["status"] == "restored" and record["device_kind"] != "service"
    return is_fault and record["customers_affected"] > 3 and not record["customers_transferred"]


def of(records: list[Record], outage: str) -> list[Record]:
    return [record for record in records if record["outage_id"] == outage]


def later(text: str, milliseconds: int) -> str:
    return format_time(parse_time(text) + milliseconds)


def shift(records: list[Record], names: tuple[str, ...], milliseconds: int) -> None:
    for record in records:
        record.update({name: later(record[name], milliseconds) for name in names if record[name]})


def in_order(records: list[Record]) -> None:
    records.sort(key=lambda record: record["updated_at"])


def drop(records: Records, target: Record) -> None:
    records.revisions[:] = [r for r in records.revisions if r["outage_id"] != target["outage_id"]]
    records.restorations[:] = [r for r in records.restorations if r["outage_id"] != target["outage_id"]]


def say_nothing(records: Records, _: Record) -> None:
    records.revisions.clear()
    records.restorations.clear()


def rename(records: Records, target: Record) -> None:
    """Name the feeder's breaker."""
    for record in of(records.revisions, target["outage_id"]):
        record["device_id"] = records.revisions[0]["device_id"]


def start_late(records: Records, target: Record) -> None:
    for record in of(records.revisions, target["outage_id"]):
        record["started_at"] = record["detected_at"] = later(record["started_at"], 2 * MINUTE + 1)
    in_order(records.revisions)


def publish_twice(records: Records, target: Record) -> None:
    copies = [
        r | {"outage_id": "twice", "event_id": f"twice:{r['revision']}"}
        for r in of(records.revisions, target["outage_id"])
    ]
    records.revisions += copies
    in_order(records.revisions)


def merge(records: Records, target: Record) -> None:
    last = of(records.revisions, target["outage_id"])[-1]
    last.update(status="merged", restored_at=None)


def withdraw_another(records: Records, target: Record) -> None:
    first, last = of(records.revisions, target["outage_id"])[0], target
    another = first | {"outage_id": "false", "event_id": "false:1", "device_id": "somewhere"}
    records.revisions += [
        another,
        another | {"event_id": "false:2", "revision": 2, "status": "cancelled", "updated_at": last["updated_at"]},
    ]
    in_order(records.revisions)


def repeat(records: Records, target: Record) -> None:
    again = target | {"revision": target["revision"] + 1, "event_id": "again"}
    records.revisions.append(again)


def doubt(records: Records, _: Record) -> None:
    for record in records.revisions:
        record["confidence"] = 0.6


def doubt_what_scada_says(records: Records, _: Record) -> None:
    for record in records.revisions:
        record.update(confidence=0.6, evidence="confirmed")


def restore_early(records: Records, target: Record) -> None:
    shift(of(records.restorations, target["outage_id"]), ("updated_at",), -10 * MINUTE)
    in_order(records.restorations)


def restore_late(records: Records, target: Record) -> None:
    shift(of(records.restorations, target["outage_id"]), ("updated_at",), 31 * MINUTE)
    in_order(records.restorations)


def restore_twice(records: Records, target: Record) -> None:
    records.restorations += [r | {"event_id": "again"} for r in of(records.restorations, target["outage_id"])[-1:]]


def last_too_long(records: Records, target: Record) -> None:
    for record in (*of(records.restorations, target["outage_id"]), of(records.revisions, target["outage_id"])[-1]):
        record["restored_at"] = later(record["restored_at"], 20 * MINUTE)


def waver(records: Records, target: Record) -> None:
    """Say for three minutes that nobody is out."""
    first, last = of(records.revisions, target["outage_id"])[0], of(records.revisions, target["outage_id"])[-1]
    count = first["customers_out"]
    nobody = {"customers_out": 0, "customers_restored": count, "customers_affected": count}
    at = parse_time(first["updated_at"])
    for minutes, change in ((10, nobody), (13, {})):
        records.revisions.append(
            first | change | {"event_id": f"{minutes}", "updated_at": format_time(at + minutes * MINUTE)}
        )
    in_order(records.revisions)
    assert last["updated_at"] > later(first["updated_at"], 15 * MINUTE)


def detect_late(records: Records, target: Record) -> None:
    first = of(records.revisions, target["outage_id"])[0]
    first["updated_at"] = later(first["updated_at"], 4 * MINUTE)
    in_order(records.revisions)


def never_sustained(records: Records, target: Record) -> None:
    for record in of(records.revisions, target["outage_id"]):
        record["sustained_at"] = None


def as_sustained(records: Records, target: Record) -> None:
    last = of(records.revisions, target["outage_id"])[-1]
    last.update(status="restored", restored_at=later(last["started_at"], 10 * MINUTE))


def lose_on_the_way(records: Records, target: Record) -> None:
    for record in of(records.revisions, target["outage_id"]):
        record["transferred_to"] = None


def momentary(record: Record) -> bool:
    return (
        record["status"] == "momentary"
        and parse_time(record["restored_at"]) - parse_time(record["started_at"]) < 4 * MINUTE
    )


def of_a_service(record: Record) -> bool:
    return bool(record["status"] == "restored" and record["device_kind"] == "service")


def repaired(record: Record) -> bool:
    return bool(record["status"] == "repaired")


FAULTS: list[tuple[Callable[[Records, Record], None], Callable[[Record], bool], dict[str, float]]] = [
    (
        drop,
        lone,
        {
            "devices.missed": 1,
            "detection_seconds.never": 1,
            "customers_out.live.net_customer_minutes": -1e-9,
        },
    ),
    (say_nothing, lone, {"half_covered_seconds.never": 1e-9, "detection_of_spoken_seconds.never_share": 1.0}),
    (drop, of_a_service, {"services.missed": 1}),
    (rename, lone, {"devices.missed": 1, "devices.wrong": 1, "confidence.unconfirmed.ece": 1e-9}),
    (start_late, lone, {"devices.missed": 1, "devices.wrong": 1, "customers_out.corrected.customer_minutes": 1e-9}),
    (publish_twice, lone, {"devices.wrong": 1, "violations.two_open_at_one_place": 1e-9, "outages.per_fault": 1e-9}),
    (merge, lone, {"devices.missed": 1, "devices.missed_but_set_aside": 1, "outages.merged": 1}),
    (withdraw_another, lone, {"outages.cancelled": 1, "outages.merged_or_cancelled_share": 1e-9}),
    (repeat, lone, {"outages.records_per_outage": 1e-9}),
    (doubt, lone, {"confidence.unconfirmed.ece": 0.4}),
    (doubt_what_scada_says, lone, {"confidence.confirmed.ece": 0.4}),
    (restore_early, lone, {"restored.told_while_out": 1e-9}),
    (restore_late, lone, {"restored.told_within_30_minutes_share": -1e-9}),
    (restore_twice, lone, {"violations.restored_twice": 1}),
    (last_too_long, lone, {"customers_out.corrected.net_customer_minutes": 1e-9}),
    (waver, lone, {"customers_out.live.noise": 1e-9, "customers_out.live.error": 1e-9}),
    (detect_late, lone, {"detection_seconds.p99": 1e-9, "half_covered_seconds.p99": 1e-9}),
    (never_sustained, lone, {"sustained_seconds.never": 1}),
    (as_sustained, momentary, {"momentary.reported_sustained": 1e-9}),
    (
        lose_on_the_way,
        repaired,
        {"violations.transferred_to_nobody": 1e-9, "customers_out.corrected.net_customer_minutes": 1e-9},
    ),
]
"""The fault, the outage that has it, and by how much which figure changes: exactly, or beyond a tiny amount."""


@pytest.mark.parametrize(("put_in", "chosen", "changes"), FAULTS, ids=lambda part: getattr(part, "__name__", None))
def test_each_fault_shows_in_its_figure(
    world: World,
    put_in: Callable[[Records, Record], None],
    chosen: Callable[[Record], bool],
    changes: dict[str, float],
    tmp_path: Path,
) -> None:
    records = deepcopy(world.records)
    put_in(records, world.last(chosen))
    records.write(tmp_path / "out")
    shown = figures(score(world.network, world.folder, tmp_path / "out"))
    for name, change in changes.items():
        moved = figure(shown, name) - (figure(world.perfect, name) or 0)
        if abs(change) < 1e-6:
            assert moved * change > 0, name
        else:
            assert moved == pytest.approx(change), name


def figure(shown: Figures, name: str) -> Any:
    for part in name.split("."):
        shown = shown[part]
    return shown
