"""How many of the points that `faultline connect verify` lists are wrong, and how many that are wrong it lists.

Run it with `python -m benchmarks.checkout [--usage-points N] [--presets full,good,bad,worst] [--seeds 1-8]`. A town
lives through a season of storms of each preset, a month apart. In each draw a share of its telemetered points is
inverted, as many silenced and twice as many swapped in pairs. Those could be found that are of devices that opened
under load for three minutes, or that speak of one. A minute a preset.
"""

from __future__ import annotations

import csv
import random
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from adapters.files.topics import find_topic_files
from adapters.network.load import load_network
from benchmarks.command import faultline
from dataflows.ingest.files import raw_source
from dataflows.replay.tracing import batches_of
from models.checkout.findings import check_points
from models.checkout.meters import MetersBelow
from models.checkout.testimony import LASTING_MS, NEVER, Testimony
from models.contracts.topics import METER_EVENTS, SCADA_EVENTS
from models.ingest.origin_reader import OriginReader
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.checkout.findings import Finding
    from models.checkout.testimony import Told
    from models.network.network import Network

TURNED = {"open": "closed", "closed": "open"}
LEAST_METERS = 8
AT_ONCE_MS = 5_000
Events = list[dict[str, Any]]


def main() -> None:
    """Measure, and print a row a preset."""
    parser = ArgumentParser()
    parser.add_argument("--usage-points", type=int, default=30_000)
    parser.add_argument("--presets", default="full,good,bad,worst")
    parser.add_argument("--seeds", default="1-8", help="Of the storms of a season.")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.02)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        town = Path(folder) / "town"
        faultline("network", "generate", "--usage-points", given.usage_points, "--seed", 1, "--output", town)
        for preset in given.presets.split(","):
            print(f"{preset:<6} {measure(given, town, Path(folder) / preset, preset)}", flush=True)


def measure(given: Namespace, town: Path, folder: Path, preset: str) -> str:
    """Live through the season of a preset, and judge each draw of wrong points."""
    network = load_network(town)
    first, last = map(int, given.seeds.split("-"))
    meters, events, opened = Testimony(network), list[dict[str, Any]](), set[int]()
    for number, seed in enumerate(range(first, last + 1)):
        storm = folder / str(seed)
        start = f"20{26 + number // 12}-{number % 12 + 1:02}-10T12:00:00Z"
        options = "--seed", seed, "--preset", preset, "--start", start
        faultline("simulate", "--network", town, "--output", storm, *options)
        for batch in batches_of(raw_source(find_topic_files(storm, [METER_EVENTS]), network, 10_000)):
            meters.take(batch)
        events += map(msgspec.json.decode, (storm / f"{SCADA_EVENTS}.jsonl").read_bytes().splitlines())
        opened |= opened_under_load(network, storm / "truth")
    below = MetersBelow(network, meters.interruptions())
    devices = [network.device_ids[at] for at in np.flatnonzero(network.telemetered).tolist()]
    counts = Counter({"alarm": len(check_points(network, below, told(network, events)).findings)})
    for draw in range(given.draws):
        spoiled, truth, astray = spoil(events, devices, random.Random(draw), given.share)
        checkout = check_points(network, below, told(network, spoiled))
        count(counts, network, checkout.findings, truth, astray, opened)
    return line(counts)


def opened_under_load(network: Network, truth: Path) -> set[int]:
    """Give the telemetered devices that stood open for three minutes, with eight points dark from then on."""
    points = {name: at for at, name in enumerate(network.point_ids)}
    with (truth / "interruptions.csv").open(newline="") as file:
        rows = [
            (
                points[row["usage_point_id"]],
                parse_time(row["out_at"]),
                parse_time(row["back_at"]) if row["back_at"] else NEVER,
            )
            for row in csv.DictReader(file)
        ]
    point, begin, end = np.array(rows, np.int64).T
    devices = {name: at for at, name in enumerate(network.device_ids) if network.telemetered[at]}
    with (truth / "operations.csv").open(newline="") as file:
        operations = [row for row in csv.DictReader(file) if row["device_id"] in devices]
    closed: dict[str, int] = {}
    found = set()
    for row in reversed(operations):
        name, at = row["device_id"], parse_time(row["at"])
        if row["position"] == "open" and closed.get(name, NEVER) - at >= LASTING_MS:
            device = devices[name]
            below = (point >= network.point_start[device]) & (point < network.point_end[device])
            dark = below & (np.abs(begin - at) <= AT_ONCE_MS) & (end - begin >= LASTING_MS)
            if np.count_nonzero(dark) >= LEAST_METERS:
                found.add(device)
        closed[name] = at
    return found


def told(network: Network, events: Events) -> dict[int, Told]:
    """Give what devices told, by these events."""
    testimony = Testimony(network)
    testimony.take(OriginReader(network, SCADA_EVENTS).read([msgspec.json.encode(one) for one in events], 0, 0).batch)
    return testimony.told()


def spoil(
    events: Events, devices: list[str], draw: random.Random, share: float
) -> tuple[Events, dict[str, str], dict[str, str]]:
    """Invert, silence and swap points; gives what is wrong with which, and whom those that are swapped speak of."""
    some = round(share * len(devices))
    chosen = draw.sample(devices, 4 * some)
    truth = dict(zip(chosen, ["inverted"] * some + ["dead"] * some + ["swapped"] * 2 * some, strict=True))
    astray = dict(zip(chosen[2 * some :: 2], chosen[2 * some + 1 :: 2], strict=True))
    astray |= {second: first for first, second in astray.items()}
    spoiled = []
    for event in events:
        wrong = truth.get(event["device_id"])
        if wrong == "inverted" and event["kind"] == "position":
            spoiled.append(event | {"position": TURNED.get(event["position"], event["position"])})
        elif wrong == "swapped":
            spoiled.append(event | {"device_id": astray[event["device_id"]]})
        elif wrong != "dead":
            spoiled.append(event)
    return spoiled, truth, astray


def count(
    counts: Counter[str],
    network: Network,
    findings: Iterable[Finding],
    truth: dict[str, str],
    astray: dict[str, str],
    opened: set[int],
) -> None:
    """Count what is right of a list, and what it has of the points that could be found."""
    listed = set[str | None]()
    for finding in findings:
        name = network.device_ids[finding.device]
        other = None if finding.other is None else network.device_ids[finding.other]
        kind = "swapped" if finding.kind == "mis_mapped" else finding.kind
        wrong = truth.get(name)
        named = wrong == kind and other in (None, astray.get(name))
        counts["listed"] += 1
        counts["wrong"] += wrong is not None
        counts["named"] += named
        counts[f"{finding.kind} of {wrong}"] += 1
        listed |= {name, other}
    names = {network.device_ids[device] for device in opened}
    could = {name for name in truth if name in names or astray.get(name) in names}
    counts["could"] += len(could)
    counts["found"] += len(could & listed)
    counts["all"] += len(truth)


def line(counts: Counter[str]) -> str:
    """Write a row."""
    listed, could = max(counts["listed"], 1), max(counts["could"], 1)
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts) if " of " in kind)
    return (
        f"listed {counts['listed']}, wrong {counts['wrong']} ({counts['wrong'] / listed:.0%}), "
        f"in the way said {counts['named']} ({counts['named'] / listed:.0%}); found {counts['found']} of {could} "
        f"({counts['found'] / could:.0%}), of all {counts['all']}; listed where nothing is wrong {counts['alarm']} "
        f"[{kinds}]"
    )


if __name__ == "__main__":
    main()
