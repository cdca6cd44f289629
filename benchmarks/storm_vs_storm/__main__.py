"""The same storm twice: its channels joined by polls and point to point, as utilities have them, and by events.

`python -m benchmarks.storm_vs_storm [--usage-points N] [--seed N] [--peak-customers N] [--kept FOLDER] [--svg FILE]`:
a town and a storm are made and replayed with the flow `customers`; what it says is what the engine knows, in both. So
what is compared are the joints alone: the polled outage management system has Faultline's inference, at once and for
nothing. Hour by hour: of how many customers app, IVR, CIS and board do not show the engine's last record, for how long
already, of how many they differ among each other, and what the engine is asked. Then the whole storm, with each
assumption moved (`worlds.py` names them, and where they come from).
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.storm_vs_storm.course import make, read_course
from benchmarks.storm_vs_storm.play import play
from benchmarks.storm_vs_storm.plot import draw
from benchmarks.storm_vs_storm.tables import hours, whole
from benchmarks.storm_vs_storm.worlds import MOVED, READ


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--usage-points", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak-customers", type=int, default=50_000)
    parser.add_argument("--kept", type=Path, help="Where town, storm and output stay, and are taken from another time.")
    parser.add_argument("--svg", type=Path, help="File for the picture.")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = options.kept or Path(name)
        if not (folder / "out").exists():
            make(folder, options.usage_points, options.seed, options.peak_customers)
        course = read_course(folder / "out", options.usage_points)
    polled = {name: play(course, world) for name, world in MOVED.items()}
    read = {name: play(course, world) for name, world in READ.items()}
    written = max(look.written for look in read["events"]) / 60
    print(f"{len(course.second):,} records of {course.customers:,} customers, at most {written:,.0f} a second")
    print()
    for line in hours(course, {"polled": polled["polled"], "events": read["events"]}):
        print(line)
    print()
    for line in whole({**polled, **read}):
        print(line)
    if options.svg:
        options.svg.write_text(draw(course, polled["polled"], read["events"], list(polled.values())), encoding="utf-8")


if __name__ == "__main__":
    main()
