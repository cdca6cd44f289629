"""`faultline estimate fit`: a table from a history, as a person calls it."""

from __future__ import annotations

from pathlib import Path

from adapters.estimates.table_file import load_table
from tests.worlds.storms import HOME, faultline

HISTORY = HOME / "tests" / "data" / "estimates" / "history.csv"


def test_a_history_gives_a_table(tmp_path: Path) -> None:
    head = HISTORY.read_text().splitlines(keepends=True)[:600]
    history, table = tmp_path / "history.csv", tmp_path / "table.json"
    history.write_text("".join([*head, "Napa,2020-01-01T10:00Z,2020-01-01T10:05Z,,7,,,,\n"]))
    done = faultline("estimate", "fit", str(history), "--time-zone", "America/Los_Angeles", "--output", str(table))
    assert done.returncode == 0
    assert "passed over 1 rows: a beginning, publication or end is missing" in done.stderr
    period = load_table(table).file.history
    assert (period.outages + period.passed_over, period.zones) == (600, 3)
    assert done.stdout.splitlines() == [
        f"{table}: learned from {period.outages:,} outages of 3 zones, {period.begins} to {period.ends}",
        f"digest {load_table(table).digest}",
    ]


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("zone_id,started_at\n")
    done = faultline("estimate", "fit", str(history), "--time-zone", "UTC")
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(": ")[2].split(";")[0] for line in done.stderr.splitlines()] == [
        "column published_at is missing",
        "column restored_at is missing",
        "column customers is missing",
    ]
