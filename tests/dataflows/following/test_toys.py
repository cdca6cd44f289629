"""The toy flows in a replay and live: right by an oracle written another way, the same after kills, everywhere."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.times.iso8601 import parse_time
from tests.peers.toys import FEEDER_COUNTS, TERRITORIES, TERRITORY_LOG, TOYS, with_toys
from tests.worlds.storms import CKT5, COMMAND, HOME, OUTAGE_FILES, faultline

ENDED = {"restored", "repaired", "momentary", "merged", "cancelled"}
MINUTE = 60_000


@pytest.fixture(scope="module")
def replayed(storm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("replayed")
    done = with_toys("replay", "--network", CKT5, "--input", storm, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


def read(folder: Path, topic: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / f"{topic}.jsonl").read_bytes().splitlines()]


def test_each_minute_has_the_outages_that_are_open_then(replayed: Path) -> None:
    revisions = read(replayed, "outage.lifecycle.events.v1")
    counts = read(replayed, FEEDER_COUNTS)
    seen: dict[str, set[str]] = defaultdict(set)
    for record in counts:
        last = {one["outage_id"]: one for one in revisions if one["updated_at"] <= record["updated_at"]}
        open_now = [one for one in last.values() if one["status"] not in ENDED]
        assert record["open_outages"] == sum(one["feeder_id"] == record["feeder_id"] for one in open_now)
        seen[record["updated_at"]].add(record["feeder_id"])
    first, last_minute = parse_time(revisions[0]["updated_at"]), parse_time(counts[-1]["updated_at"])
    minutes = range((first + MINUTE - 1) // MINUTE * MINUTE, last_minute + 1, MINUTE)
    assert [parse_time(at) for at in seen] == list(minutes)
    quiet = {one["updated_at"] for one in revisions}
    assert any(at not in quiet for at in seen), "also while nothing happens"


def test_each_territory_ends_with_the_outages_that_are_open(replayed: Path) -> None:
    last = {one["outage_id"]: one for one in read(replayed, "outage.lifecycle.events.v1")}
    expected: dict[str, int] = defaultdict(int)
    for one in last.values():
        expected[f"territory-{sum(one['zone_id'].encode()) % 3}"] += one["status"] not in ENDED
    told = {record["territory_id"]: record["open_outages"] for record in read(replayed, TERRITORIES)}
    assert told == expected


def test_flows_of_ones_own_change_nothing_of_what_they_follow(replayed: Path, storm: Path, tmp_path: Path) -> None:
    assert faultline("replay", "--network", CKT5, "--input", storm, "--output", tmp_path).returncode == 0
    for name in (*OUTAGE_FILES, "outage.clock.v1.jsonl"):
        assert (tmp_path / name).read_bytes() == (replayed / name).read_bytes()
    assert not list(tmp_path.glob("toy.*"))


def test_a_replay_that_is_killed_goes_on_to_the_same_bytes(replayed: Path, storm: Path, tmp_path: Path) -> None:
    output, state = tmp_path / "output", tmp_path / "state"
    options = ["--network", CKT5, "--input", storm, "--output", output, "--state", state, "--batch-size", 50]
    command = [*COMMAND, "replay", "--epoch-seconds", "0", *map(str, options)]
    counts, kills = output / f"{FEEDER_COUNTS}.jsonl", 0
    for share in (0.2, 0.5, 0.8):
        enough = share * (replayed / counts.name).stat().st_size
        process = subprocess.Popen(
            command,
            cwd=HOME,
            env=os.environ | {"FAULTLINE_FLOWS": TOYS},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and not (counts.exists() and counts.stat().st_size > enough):
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        kills += process.wait() != 0
    assert kills
    assert with_toys(*command[len(COMMAND) :]).returncode == 0
    for path in replayed.iterdir():
        assert (output / path.name).read_bytes() == path.read_bytes(), path.name


def test_lived_through_they_say_what_a_replay_says(replayed: Path, storm: Path, tmp_path: Path) -> None:
    """On a broker, each flow a process, the storm over several partitions; then as one, in the order of a replay."""
    done = with_toys("up", "--network", CKT5, "--input", storm, "--output", tmp_path, "--speed", 0)
    assert done.returncode == 0, done.stderr
    for topic in (FEEDER_COUNTS, TERRITORIES):
        assert (tmp_path / "outages" / f"{topic}.jsonl").read_bytes() == (replayed / f"{topic}.jsonl").read_bytes()
    assert "stopped cleanly" in (tmp_path / "territories.log").read_text()


def test_the_toys_show_in_topics_metrics_pages_and_objects(tmp_path: Path) -> None:
    objects = tmp_path / "k8s"
    done = with_toys("reference", "--output", tmp_path / "pages", "--kubernetes", objects)
    assert done.returncode == 0, done.stderr
    pages = {path.name: path.read_text() for path in (tmp_path / "pages").rglob("*.*")}
    for topic in (FEEDER_COUNTS, TERRITORIES, TERRITORY_LOG):
        assert f"`{topic}`" in pages["topics.md"]
        assert topic in orjson.loads(pages["asyncapi.json"])["channels"]
    assert {"feeder_count.schema.json", "territory.schema.json"} <= pages.keys()
    assert "## feeder count" in pages["events.md"]
    assert "## territories" in pages["flows.md"]
    assert "`feeders`, `territories`" in pages["metrics.md"]
    for name in ("base/flows/territories.yaml", "processes/processes.yaml", "topics/users.yaml"):
        assert "name: faultline-territories\n" in (objects / name).read_text()
    for name in ("topics/topics.yaml", "chart/templates/topics.yaml"):
        assert f"name: {TERRITORY_LOG}\n" in (objects / name).read_text()
    alerts = (objects / "monitoring" / "rules.yaml").read_text()
    assert "no process of the flow territories since 3 minutes: its topics stay" in alerts
    assert "feeders" in with_toys("run", "--help").stdout


def test_a_toy_is_small() -> None:
    for toy in (HOME / "tests" / "toys").glob("*.py"):
        assert len(toy.read_text().splitlines()) <= 60
