from bisect import bisect_left, bisect_right
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.network.network import Network
from models.refusal import FaultsError
from simulator.course import NEVER
from simulator.scoring.reading.interruptions import Calendar, Interrupted, read_interruptions

NOON = 1_783_857_600_000
ROWS = [
    ("p3", "F7", "2026-07-12T12:00:00.250Z", ""),
    ("p1", "F1", "2026-07-12T12:00:01.000Z", "2026-07-12T12:10:00.000Z"),
]


def as_csv(folder: Path) -> None:
    lines = [f"{point},{fault},{out},{back}" for point, fault, out, back in ROWS]
    (folder / "interruptions.csv").write_text("\n".join(["usage_point_id,fault_id,out_at,back_at", *lines, ""]))


def as_parquet(folder: Path) -> None:
    point, fault, out, back = zip(*ROWS, strict=True)
    times = [pa.array([at or None for at in part]).cast(pa.timestamp("ms", tz="UTC")) for part in (out, back)]
    table = pa.table(
        {
            "usage_point_id": list(point),
            "fault_id": pa.array(fault).dictionary_encode(),
            "out_at": times[0],
            "back_at": times[1],
        }
    )
    pyarrow.parquet.write_table(table, folder / "interruptions.parquet")


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_both_forms_say_the_same(town: Network, tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    found = read_interruptions(tmp_path, town, ["F0", "F1"])
    assert town.point_ids.take(found.point) == ["p1", "p3"]
    assert found.out_at.tolist() == [NOON + 1000, NOON + 250]
    assert found.back_at.tolist() == [NOON + 600_000, NEVER]
    assert found.fault.tolist() == [1, -1]


def test_who_is_out_when() -> None:
    point = np.array([2, 2, 0], np.int32)
    truth = Interrupted.of(point, np.array([50, 10, 5]), np.array([NEVER, 20, 7]))
    asked = [(0, 4), (0, 5), (0, 7), (1, 5), (2, 9), (2, 10), (2, 19), (2, 20), (2, 50), (2, NEVER - 1), (3, 60)]
    points, moments = (np.array(part) for part in zip(*asked, strict=True))
    assert truth.at(points.astype(np.int32), moments).tolist() == [-1, 0, -1, -1, -1, 1, 1, -1, 2, 2, -1]
    assert truth.next_out_at().tolist() == [NEVER, 50, NEVER]


def test_what_is_missing_or_of_another_network_is_refused(town: Network, tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match=r"interruptions\.csv"):
        read_interruptions(tmp_path, town, ["F0", "F1"])
    (tmp_path / "interruptions.csv").write_text(
        "usage_point_id,fault_id,out_at,back_at\np99,F1,2026-07-12T12:00:00Z,\n"
    )
    with pytest.raises(FaultsError, match="p99"):
        read_interruptions(tmp_path, town, ["F0", "F1"])


pairs = st.tuples(st.integers(0, 10_000_000), st.integers(NOON, NOON + 10 * 365 * 86_400_000))


@given(st.lists(pairs), pairs)
def test_pairs_of_a_large_utility_and_ten_years_stay_in_order(
    known: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    known.sort()
    point, moment = np.array(known, np.int64).reshape(-1, 2).T
    calendar = Calendar(moment)
    keys = calendar.keys(point.astype(np.int32), moment)
    wanted = calendar.keys(np.array(asked[:1], np.int32), np.array(asked[1:]))
    assert np.searchsorted(keys, wanted)[0] == bisect_left(known, asked)
    assert np.searchsorted(keys, wanted, "right")[0] == bisect_right(known, asked)


def test_the_shots_of_one_sequence_are_one_interruption() -> None:
    spans = [  # point, fault, out, back; fault 0 opened at 0, fault 1 at 100,000
        (0, 0, 0, 500),
        (0, 0, 1500, 5000),
        (0, 0, 6000, 3_600_000),
        (1, 0, 0, 500),
        (1, 1, 100_000, 200_000),
        (1, 1, 400_000, 500_000),
        (1, 1, 500_001, NEVER),
        (2, 1, 50_000, 60_000),
        (2, 1, 100_000, 900_000),
        (3, -1, 0, 10),
        (3, -1, 20, 30),
    ]
    point, fault, out_at, back_at = np.array(spans, np.int64).T
    truth = Interrupted.of(point.astype(np.int32), out_at, back_at, fault.astype(np.int32))
    joined = truth.joined(np.array([0, 100_000]))
    found = zip(*(part.tolist() for part in (joined.point, joined.fault, joined.out_at, joined.back_at)), strict=True)
    assert list(found) == [
        (0, 0, 0, 3_600_000),
        (1, 0, 0, 500),
        (1, 1, 100_000, 500_000),
        (1, 1, 500_001, NEVER),
        (2, 1, 50_000, 900_000),
        (3, -1, 0, 10),
        (3, -1, 20, 30),
    ]
