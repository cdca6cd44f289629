import gzip
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from adapters.estimates.history_csv import HistoryFaultsError, read_history
from adapters.process.time_zone import offsets_of
from models.refusal import FaultsError

HEAD = "zone_id,started_at,published_at,restored_at,customers,planned_kind\n"
GOOD = "A,2020-01-01T10:00Z,2020-01-01T10:05Z,2020-01-01T12:00Z,7,\n"


def test_each_row_counts_or_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        HEAD
        + "B,2020-01-02T10:00Z,2020-01-02T10:05Z,2020-01-02T12:00Z,900,maintenance\n"
        + GOOD
        + GOOD.replace(",7,", ",many,")
        + GOOD.replace("12:00Z", "10:05Z")
        + GOOD.replace("2020-01-01T12:00Z", "")
        + GOOD.replace("2020-01-01T12:00Z", "2020-07-01T12:00Z")
        + GOOD.replace("2020-01-01T10:00Z", "20-01-01T10:00:00Z")
        + GOOD.replace("7,", "7,party")
    )
    read = read_history(path)
    history = read.history
    assert read.row.tolist() == [1, 0]
    assert (history.zone.tolist(), history.customers.tolist(), history.planned.tolist()) == ([1, 0], [7, 900], [0, 1])
    assert (history.restored_at - history.published_at).tolist() == [115 * 60] * 2
    assert sorted(read.passed_over.items()) == [
        ("a beginning, publication or end is missing or lies before 2000", 1),
        ("began, published and restored do not follow each other", 1),
        ("customers is no whole number of at most nine digits", 1),
        ("lasted for over 60 days, or was published so late", 1),
        ("planned_kind is none of maintenance, safety_shutoff, switching", 1),
        ("started_at is no time of ISO 8601 with a zone", 1),
    ]


def test_missing_columns_are_told_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("zone_id,started_at,customers\n")
    with pytest.raises(HistoryFaultsError) as refused:
        read_history(path)
    assert [fault.split(": ")[1] for fault in refused.value.faults] == [
        "column published_at is missing; write zone_id,started_at,published_at,restored_at,customers on line 1",
        "column restored_at is missing; write zone_id,started_at,published_at,restored_at,customers on line 1",
    ]
    with pytest.raises(HistoryFaultsError, match="no such file"):
        read_history(tmp_path / "none.csv")


def test_rows_that_end_early_are_passed_over_and_files_that_do_are_told(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("zone_id,started_at,published_at,restored_at,customers\nA,2020-01-01T10:00Z\n,,,,\n")
    assert sum(read_history(path).passed_over.values()) == 2
    for name, content in (("cut.csv.gz", gzip.compress(path.read_bytes())[:-12]), ("no.csv.zst", b"no archive")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(HistoryFaultsError, match="write it again"):
            read_history(tmp_path / name)


def test_offsets_are_those_of_the_zone() -> None:
    begins, ends = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2019, 2021))
    offsets = offsets_of("America/Los_Angeles", begins, ends)
    starts = np.array([start for start, _ in offsets])
    zone = ZoneInfo("America/Los_Angeles")
    for at in range(begins, ends, 5 * 3600 + 17):
        ahead = offsets[int(np.searchsorted(starts, at, side="right")) - 1][1]
        assert datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset().total_seconds() == ahead  # type: ignore[union-attr]
    with pytest.raises(FaultsError, match="is not known here"):
        offsets_of("Mars/Olympus", begins, ends)
