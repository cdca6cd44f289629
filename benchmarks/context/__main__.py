"""A historical storm at its size: whether every record has the crews, the plan and the place that the input has.

Run it with `python -m benchmarks.context [INCIDENTS] [--network DIR] [--keep SHARE]`: PG&E's storm of October 2019, or
another public map's incidents in the same form, is laid over the network (of about a million usage points for all of
it) and replayed. Each record is held to the reports and announcements that had come in before its instant, and each
outage is given to the alerts by itself: one that is planned must never be warned of. With `--live` the storm also goes
through Kafka and the flows (of FAULTLINE_KAFKA, with topics for playing, else an embedded broker), and what they
publish has to be the replay's to the byte.
"""

# ruff: noqa: E402  (machine code is kept before anything imports numba)
from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Final

import orjson
from rich.console import Console

from cli.machine_code import keep_machine_code

keep_machine_code()  # before anything imports numba

from adapters.kafka.playing.outcome import kept_topics
from adapters.network.load import load_network
from benchmarks.context.judge import judge
from cli.live.live import LivePlan
from cli.replay.command import replay_files
from cli.simulate.run import Request, make
from cli.up.run import run_live
from dataflows.replay.settings import ReplaySettings
from simulator.scoring.figures import figures
from simulator.scoring.score import score

DATA: Final = Path(__file__).parents[2] / "tests" / "data"
CUT: Final = DATA / "storms" / "pge-2019-10-27-crews" / "incidents.csv"
FEEDER: Final = DATA / "networks" / "ckt5"


def main() -> None:
    given = arguments()
    with TemporaryDirectory(prefix="faultline-context-") as home:
        storm, output = (given.folder or Path(home)) / "storm", (given.folder or Path(home)) / "output"
        begun = process_time()
        request = Request(given.network, storm, given.incidents, None, None)
        made = make(request, given.seed, None, {} if given.keep is None else {"keep": given.keep})
        print(f"{made.counts} in {process_time() - begun:.0f} s of a core")
        begun = process_time()
        replay_files(ReplaySettings(storm / "network", storm, output))
        print(f"replayed in {process_time() - begun:.0f} s of a core")
        network = load_network(storm / "network")
        found = judge(network, storm, output)
        planned = figures(score(network, storm, output))["planned"]
        other = differ(storm, output) if given.live else []
    print({**found.counts, "planned": planned})
    for what, outages in found.wrong.items():
        print(f"{what}: {len(outages):,} records, as of outage {outages[0]}")
    if found.wrong or planned["faults_said_planned"] or other:
        sys.exit("; ".join(other) or 1)


def differ(storm: Path, output: Path) -> list[str]:
    """Have the storm go through Kafka, and name the topics of which the bytes are not the replay's."""
    live = output.with_name("live")
    live.mkdir(exist_ok=True)
    # Fed as fast as it goes, an origin may wait for minutes until it is read: left out, it would come late.
    (live / "patient.toml").write_text("left_out_seconds = 3600.0\n", "utf-8")
    os.environ["FAULTLINE_MODEL"] = str(live / "patient.toml")
    lived = run_live(LivePlan(storm / "network", storm, live), Console())
    if lived is None:
        return ["stopped before the storm was over"]
    print(f"{lived[0]:,} records through Kafka and the flows in {lived[1]:.0f} s")
    other = []
    for topic in kept_topics():
        mine, theirs = (folder / f"{topic}.jsonl" for folder in (output, live / "outages"))
        same = _without_tombstones(mine) == _without_tombstones(theirs)
        print(f"{topic}: {theirs.stat().st_size:,} bytes, {'the same' if same else 'others than the replay has'}")
        other += [] if same else [f"{topic} has other bytes through Kafka"]
    return other


def _without_tombstones(path: Path) -> list[bytes]:
    """Read the records of a topic: on Kafka a tombstone has no value, though it has a number of its own."""
    lines = path.read_bytes().splitlines()
    records = [record for line in lines if not (record := orjson.loads(line)).get("tombstone")]
    if len(records) == len(lines):
        return lines
    return [orjson.dumps(record | {"sequence": number}) for number, record in enumerate(records, start=1)]


def arguments() -> Namespace:
    """Read what is asked for."""
    parser = ArgumentParser(prog="python -m benchmarks.context", description=__doc__)
    parser.add_argument("incidents", type=Path, nargs="?", default=CUT, help="CSV, crew_status.csv beside it")
    parser.add_argument("--network", type=Path, default=FEEDER)
    parser.add_argument("--keep", type=float, help="share of the incidents; by default what the network bears")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", action="store_true", help="through Kafka, too: the same bytes")
    parser.add_argument("--folder", type=Path, help="where storm and output stay")
    return parser.parse_args()


if __name__ == "__main__":
    main()
