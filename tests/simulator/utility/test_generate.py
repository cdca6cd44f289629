"""An invented utility is a valid network and looks like one, whatever its size, seed and place."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.network.load import compile_folder
from adapters.tables.write import write_tables
from models.network.network import DEVICE_KINDS
from models.refusal import FaultsError
from simulator.utility.generate import UtilityPart, draw_utility
from simulator.utility.territory import DEFAULT_EXTENT

TRUNK: set[str | None] = {"breaker", "recloser", "sectionalizer", "switch"}
ABOVE: dict[str, set[str | None]] = {
    "source": {None},
    "substation_transformer": {"source"},
    "bus": {"substation_transformer"},
    "breaker": {"bus"},
    "fuse": TRUNK | {"fuse"},
    "transformer": TRUNK | {"fuse"},
}
EXTENTS = st.sampled_from([DEFAULT_EXTENT, (-0.01, 51.0, 0.01, 51.02), (178.0, -50.0, 180.0, -30.0)])


@pytest.fixture(scope="module")
def town() -> list[UtilityPart]:
    return list(draw_utility(60_000, 11))


@settings(max_examples=25)
@given(st.integers(1, 9_000), st.integers(0, 2**63), EXTENTS)
def test_any_size_seed_and_place_is_a_network_without_faults_in_both_forms(
    count: int, seed: int, extent: tuple[float, float, float, float]
) -> None:
    versions = set()
    for form in ("csv", "parquet"):
        with TemporaryDirectory() as folder:
            parts = (part.tables for part in draw_utility(count, seed, extent))
            _, points = write_tables(Path(folder), form, parts)
            network = compile_folder(Path(folder))
            versions.add(network.version)
    west, south, east, north = extent
    assert len(versions) == 1
    assert points == count == len(network.point_ids)
    assert west <= network.point_longitude.min() <= network.point_longitude.max() <= east
    assert south <= network.point_latitude.min() <= network.point_latitude.max() <= north


def test_devices_follow_each_other_as_in_a_utility(town: list[UtilityPart]) -> None:
    seen: Counter[str] = Counter()
    for part in town:
        table = part.devices
        kinds = dict(zip(table["device_id"].tolist(), table["kind"].tolist(), strict=True))
        fed = Counter(part.usage_points["device_id"].tolist())
        seen.update(kinds.values())
        known = {""}
        for device, kind, parent in zip(
            *(table[name].tolist() for name in ("device_id", "kind", "parent_id")), strict=True
        ):
            assert parent in known
            known.add(device)
            assert kinds.get(parent) in ABOVE.get(kind, TRUNK)
            assert (fed[device] > 0) == (kind == "transformer")
            assert fed[device] <= 14
    assert set(seen) == set(DEVICE_KINDS)


def test_whatever_is_single_phase_hangs_on_a_fuse_or_is_a_transformer(town: list[UtilityPart]) -> None:
    for part in town:
        table = part.devices
        phases = dict(zip(table["device_id"].tolist(), table["phases"].tolist(), strict=True))
        for kind, device, parent in zip(
            *(table[name].tolist() for name in ("kind", "device_id", "parent_id")), strict=True
        ):
            assert kind in {"fuse", "transformer"} or phases[device] == "ABC"
            assert set(phases[device]) <= set(phases.get(parent, "ABC"))


def test_ties_stand_between_two_feeders(town: list[UtilityPart]) -> None:
    for part in town:
        table = part.devices
        feeder = dict(zip(table["device_id"].tolist(), table["feeder_id"].tolist(), strict=True))
        ties = np.flatnonzero(table["kind"] == "tie").tolist()
        assert ties
        for tie in ties:
            assert feeder[table["parent_id"][tie]] == table["feeder_id"][tie]
            assert feeder[table["other_parent_id"][tie]] not in {table["feeder_id"][tie], ""}


def test_counts_are_those_of_a_utility(town: list[UtilityPart]) -> None:
    for part in town:
        assert 3_000 <= len(part.usage_points["usage_point_id"]) <= 6_000
        assert 4 <= np.count_nonzero(part.devices["kind"] == "breaker") <= 8


def test_transformers_feed_eight_points_in_town_and_two_in_the_country(town: list[UtilityPart]) -> None:
    dense = draw_utility(12_000, 3, (-0.04, 51.0, 0.04, 51.04))
    sizes = [np.unique(part.usage_points["device_id"], return_counts=True)[1] for part in (*dense, *town)]
    means = [float(points.mean()) for points in sizes]
    assert 6.5 < max(means) < 8.5
    rural = sizes[means.index(min(means))]
    assert 2 < rural.mean() < 2.6
    assert 0.15 <= np.mean(rural == 1) <= 0.25


@settings(max_examples=30)
@given(st.integers(75, 4_000), st.integers(0, 1000))
def test_a_collector_hears_75_to_150_meters_wherever_there_are_so_many(count: int, seed: int) -> None:
    for part in draw_utility(count, seed):
        heard = Counter(part.usage_points["collector_id"][part.usage_points["meter_id"] != ""].tolist())
        assert heard.total() < 75 or 75 <= min(heard.values()) <= max(heard.values()) <= 150


def test_the_meters_of_a_collector_are_near_each_other(town: list[UtilityPart]) -> None:
    for part in town:
        points = part.usage_points
        metered = points["meter_id"] != ""
        collector = np.unique(points["collector_id"][metered])
        places = np.stack((points["longitude"].astype(float), points["latitude"].astype(float)))
        whole = np.ptp(places, axis=1).prod()
        own = [np.ptp(places[:, points["collector_id"] == name], axis=1).prod() for name in collector.tolist()]
        assert np.median(own) < 4 * whole / len(collector)


def test_ids_are_unique_and_shares_are_as_meant(town: list[UtilityPart]) -> None:
    column = {name: np.concatenate([part.usage_points[name] for part in town]) for name in town[0].usage_points}
    meters = column["meter_id"][column["meter_id"] != ""]
    count = len(column["usage_point_id"])
    assert len(np.unique(column["usage_point_id"])) == count == 60_000
    assert len(np.unique(meters)) == len(meters)
    assert 0.003 < 1 - len(meters) / count < 0.007
    shares = {name: times / count for name, times in Counter(column["priority"].tolist()).items()}
    listed = np.concatenate([part.life_support["usage_point_id"] for part in town])
    assert 0.002 < len(listed) / count < 0.004
    assert set(shares) == {"none", "critical", "key"}
    assert 0.001 < shares["critical"] < 0.003
    assert 0.004 < shares["key"] < 0.006
    points_of_account = Counter(column["account_id"].tolist())
    assert 0.005 < np.mean([points > 1 for points in points_of_account.values()]) < 0.03
    assert 0.9 < np.mean(column["customers"] == 1) < 1
    assert column["load_kw"].astype(float).min() > 0


def test_service_areas_do_not_overlap_and_feeders_keep_together(town: list[UtilityPart]) -> None:
    """The nearest transformer of another substation is seldom nearer than the nearest of the own feeder."""
    kind, feeder, substation = (
        np.concatenate([part.devices[name] for part in town]) for name in ("kind", "feeder_id", "substation_id")
    )
    places = np.stack(
        [np.concatenate([part.devices[name] for part in town]).astype(float) for name in ("longitude", "latitude")]
    )
    chosen = np.flatnonzero(kind == "transformer")
    sample = chosen[:: len(chosen) // 400]
    gap = np.hypot(*(places[:, sample, None] - places[:, None, chosen]))
    gap[gap == 0] = np.inf
    nearest = chosen[gap.argmin(axis=1)]
    assert np.mean(substation[nearest] == substation[sample]) > 0.97
    assert np.mean(feeder[nearest] == feeder[sample]) > 0.8


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        (tmp_path / name).mkdir()
        for form in ("csv", "parquet"):
            (tmp_path / name / form).mkdir()
            parts = (part.tables for part in draw_utility(9_000, seed))
            write_tables(tmp_path / name / form, form, parts)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 8
    for file in files:
        content = [(tmp_path / name / file).read_bytes() for name in ("one", "same", "other")]
        assert [first == second for first, second in pairwise(content)] == [True, False]


def test_all_that_makes_no_sense_is_told_at_once() -> None:
    with pytest.raises(FaultsError) as refused:
        draw_utility(0, -1, (3.0, 3.0, 3.0, 3.0))
    assert len(refused.value.faults) == 3
