"""The end of PG&E's storms, asked about again and again while they were restored.

`python -m benchmarks.estimate.ending FOLDER`. The table is learned from what was over before; of the storm's outages
only what was published by each look is known, planned ones and safety shut-offs are of no storm. Beside it a straight
line from the most customers out through those that are out now.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from adapters.estimates.learning import learn
from adapters.process.time_zone import offsets_of
from benchmarks.estimate.pge import TIME_ZONE, read_outages
from models.outages.estimate.apply import remaining
from models.outages.estimate.history import Looks, situations
from models.storms.ending.endings import Job, estimate
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.outages.estimate.history import History

HOUR: Final = 3600
STORMS: Final = {
    "8 October 2019": ("2019-10-08T07:00Z", "2019-10-14T07:00Z"),
    "23 October 2019": ("2019-10-23T07:00Z", "2019-10-26T07:00Z"),
    "26 October 2019": ("2019-10-26T07:00Z", "2019-11-04T07:00Z"),
}
SHARE: Final = 0.95
LOOKS: Final = 10


class Look(NamedTuple):
    """Hours: since the most were out, until the share has power by the range, its middle, the truth and the line."""

    hours: float
    low: float
    middle: float
    high: float
    truth: float
    line: float


Step = tuple[int, str, str]
"""Since when (seconds) a crew has a status."""


class Storm(NamedTuple):
    """The outages that were published in its time, and the first range of each (seconds from its publication)."""

    history: History
    low: list[int]
    high: list[int]
    steps: list[list[Step]]
    """What its crews do, in order; empty where nobody knows."""


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.estimate.ending", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds the history")
    history = read_outages(parser.parse_args().folder).history
    for name, span in STORMS.items():
        begins, ends = (parse_time(at) // 1000 for at in span)
        looks = list(looks_at(storm_of(history, begins, ends), begins, ends))
        held = sum(look.low <= look.truth <= look.high for look in looks)
        off, line = (np.mean([abs(at - look.truth) for look, at in pairs]) for pairs in middles(looks))
        print(f"{name}: holds {held} of {len(looks)}, {off:.1f} h off, a straight line {line:.1f} h")
        for look in looks:
            print("   " + " ".join(f"{value:6.1f}" for value in look))


def middles(looks: list[Look]) -> tuple[list[tuple[Look, float]], list[tuple[Look, float]]]:
    """Each look with what the simulation says, and with what the line does."""
    return [(look, look.middle) for look in looks], [(look, look.line) for look in looks]


def storm_of(history: History, begins: int, ends: int) -> Storm:
    """Learn from what was over before a storm, and estimate its outages when they were published."""
    offsets = offsets_of(TIME_ZONE, int(history.published_at[0]), ends)
    table = learn(history.take(history.restored_at <= begins), TIME_ZONE, offsets, 0)
    at = history.published_at
    rows = np.flatnonzero((at >= begins) & (at < ends) & (history.planned == 0))
    left = remaining(table, situations(history, Looks(rows, at[rows]), offsets))
    low, high = (left[:, table.file.levels.index(level)].tolist() for level in (10, 90))
    return Storm(history.take(rows), low, high, [[] for _ in rows])


def looks_at(storm: Storm, begins: int, ends: int) -> Iterator[Look]:
    """Look from the second hour after the most were out on, as long as fewer have power than the share."""
    times = range(begins, ends, HOUR // 6)
    out = [_out(storm.history, at) for at in times]
    top, most = times[int(np.argmax(out))], max(out)
    hours = [at for at in range(top + 2 * HOUR, ends, HOUR) if _truth(storm.history, at) > at]
    for place in np.linspace(0, len(hours) - 1, LOOKS).astype(int).tolist():
        now = hours[place]
        fields = estimate(list(_jobs(storm, now)), now, SHARE, now)
        if fields["restored_by"] is None:
            continue
        low, middle, high = (
            (parse_time(fields[name]) / 1000 - now) / HOUR for name in ("restored_from", "restored_by", "restored_to")
        )
        left = fields["customers_out"] - (1 - SHARE) * fields["customers_affected"]
        slope = (most - fields["customers_out"]) / (now - top)
        line = left / slope / HOUR if slope > 0 else float("inf")
        yield Look((now - top) / HOUR, low, middle, high, (_truth(storm.history, now) - now) / HOUR, line)


def _out(history: History, at: int) -> int:
    return int(history.customers[(history.published_at <= at) & (history.restored_at > at)].sum())


def _truth(history: History, now: int) -> int:
    """When the share of the customers known by now had power."""
    known = history.take(history.published_at <= now)
    order = np.argsort(known.restored_at, kind="stable")
    back = np.cumsum(known.customers[order])
    return int(known.restored_at[order][np.searchsorted(back, SHARE * back[-1])])


def _jobs(storm: Storm, now: int) -> Iterator[Job]:
    """What the flow would know at a look."""
    history = storm.history
    columns = (history.published_at, history.restored_at, history.customers, history.zone)
    rows = zip(*(column.tolist() for column in columns), storm.low, storm.high, storm.steps, strict=True)
    for published, restored, customers, zone, low, high, steps in rows:
        if published <= now:
            is_open, known = restored > now, [step for step in steps if step[0] <= now]
            out = customers if is_open else 0
            there = next((at for at, _, status in known if status == "on_site"), None)
            crews = {crew for _, crew, _ in known} - {crew for _, crew, status in known if status == "completed"}
            area, over = [("region", str(zone), out, customers)], None if is_open else restored
            times = published, published + low, published + high
            yield Job(*times, None, customers, out, area, sorted(crews), there, over)


if __name__ == "__main__":
    main()
