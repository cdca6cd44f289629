"""How many wrong joins a season of storms shows, and how many of those that are suspected are wrong.

Run it with `python -m benchmarks.suspects [--usage-points N] [--storms S] [--share W] [--seed X]`. A town is generated,
and a share of its meters joined to one of the five transformers nearest to their own. Storms happen to the town as it
is, and are replayed on the network as it is modelled; the flow's model takes what the replays say, one storm after the
other. A season of 12 storms over 5,000 usage points takes some minutes.
"""

from __future__ import annotations

import csv
import random
import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from adapters.network.load import load_network
from benchmarks.command import faultline
from cli.reading.moments import moments_of
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.suspects.news import evidence_of
from models.suspects.policy import SuspectPolicy
from models.suspects.suspects import Suspects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.timeline.moment import Said

NEAREST = 5


def main() -> None:
    """Measure, and print a line a storm."""
    parser = ArgumentParser()
    parser.add_argument("--usage-points", type=int, default=5000)
    parser.add_argument("--storms", type=int, default=12)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=9)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        measure(given, Path(folder))


def measure(given: Namespace, folder: Path) -> None:
    """Play the season in a folder."""
    town, modelled = folder / "town", folder / "modelled"
    faultline("network", "generate", "--usage-points", given.usage_points, "--seed", given.seed, "--output", town)
    truth = join_wrongly(town, modelled, given)
    model = Suspects(load_network(modelled), SuspectPolicy(), [])
    known: dict[str, dict[str, Any]] = {}
    print(f"{len(truth)} of {given.usage_points:,} meters at a wrong transformer")
    for storm in range(given.storms):
        files, output = folder / "storm", folder / "output"
        start = f"20{26 + storm // 12}-{storm % 12 + 1:02}-10T12:00:00Z"
        seed = ("--seed", 100 + storm, "--preset", "full", "--start", start)
        faultline("simulate", "--network", town, "--output", files, *seed)
        faultline("replay", "--network", modelled, "--input", files, "--output", output)
        live(model, output, known)
        print(f"after storm {storm + 1}: {figures(known, truth)}", flush=True)


def join_wrongly(town: Path, modelled: Path, given: Namespace) -> dict[str, str]:
    """Write the tables with wrong joins; returns by usage point the transformer where it really is."""
    shutil.copytree(town, modelled)
    draw = random.Random(given.seed)
    with (town / "devices.csv").open(newline="") as file:
        transformers = [row for row in csv.DictReader(file) if row["kind"] == "transformer"]
    with (town / "usage_points.csv").open(newline="") as file:
        points = list(csv.DictReader(file))
    places = np.array([[float(row["longitude"]), float(row["latitude"])] for row in transformers])
    places[:, 0] *= np.cos(np.radians(places[:, 1].mean()))
    at = {row["device_id"]: number for number, row in enumerate(transformers)}
    truth = {}
    for point in points:
        own = at.get(point["device_id"])
        if own is not None and draw.random() < given.share:
            near = np.argsort(((places - places[own]) ** 2).sum(axis=1))[1 : NEAREST + 1].tolist()
            truth[point["usage_point_id"]] = point["device_id"]
            point["device_id"] = transformers[draw.choice(near)]["device_id"]
    with (modelled / "usage_points.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, points[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(points)
    return truth


def live(model: Suspects, output: Path, known: dict[str, dict[str, Any]]) -> None:
    """Take what a replay says, and go on until all of it is settled."""
    for moment in moments_of(output, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP):
        pass_time(model, moment.instant, known)
        records = [one._replace(record=evidence_of(one)) for one in moment.records]
        keep(known, model.live(moment.instant, records))
    pass_time(model, None, known)


def pass_time(model: Suspects, until: int | None, known: dict[str, dict[str, Any]]) -> None:
    while (due := model.due()) is not None and (until is None or due < until):
        keep(known, model.live(due, []))


def keep(known: dict[str, dict[str, Any]], said: Iterable[Said]) -> None:
    for one in said:
        known.pop(one.fields["usage_point_id"], None)
        if not one.gone:
            known[one.fields["usage_point_id"]] = dict(one.fields)


def figures(known: dict[str, dict[str, Any]], truth: dict[str, str]) -> str:
    right = known.keys() & truth.keys()
    named = [truth[name] in {one["device_id"] for one in known[name]["better"]} for name in right]
    first = [truth[name] == known[name]["better"][0]["device_id"] for name in right]
    share = len(right) / max(len(known), 1)
    of = max(len(right), 1)
    return (
        f"{len(known)} suspected, {share:.1%} of them right, {len(right) / len(truth):.1%} found; "
        f"the right transformer named first {sum(first) / of:.0%}, among three {sum(named) / of:.0%}"
    )


if __name__ == "__main__":
    main()
