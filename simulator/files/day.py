"""What else a day's truth holds: the laws drawn, power that nobody knows of, meters that are not what they seem.

- `home_supply.csv`: who had power from a battery or generator although the line was dead, from when to when.
- `unlisted_ties.csv`: ties that stand in no table, by the devices below which they end. `unlisted_feeds.csv`: from when
  to when one of them fed all below a device from below another one.
- `meters.csv`: one row for each trait of a meter that is out of the ordinary: `mute`, `plc`, `hour_off`, `reset`,
  `whole_seconds`, `wrong_join` (with the usage point at which the tables have it).
- `delivery_by_hour.csv`: the share of last gasps that arrive by source, collector and hour from the start.
- `frozen_units.csv`: telemetry that stood still, from when to when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.times.iso8601 import format_time
from simulator.course import NEVER
from simulator.days.loss import HOUR_MS
from simulator.files.lines import csv_text
from simulator.files.truth import device_name
from simulator.telemetry.fleet import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from models.network.network import Network
    from simulator.days.observe import Heard
    from simulator.storm import Storm

_SENT_BY: Final = SOURCES[:2]
"""The sources that rates of delivery are drawn for."""


def write_day(folder: Path, network: Network, storm: Storm, heard: Heard) -> None:
    """Write the files into the folder of the truth."""
    _write(folder / "home_supply.csv", "usage_point_id,kind,from,to", _home(network, storm, heard))
    _write(folder / "unlisted_ties.csv", "tie_id,device_id,other_device_id", _ties(network, storm))
    _write(folder / "unlisted_feeds.csv", "tie_id,device_id,source_device_id,from,to", _feeds(network, storm))
    _write(folder / "meters.csv", "usage_point_id,trait,tables_have_it_at", _meters(network, heard))
    _write(folder / "delivery_by_hour.csv", "source,collector_id,from,rate", _delivery(network, heard))
    frozen = ([device_name(network, one.device), _time(one.since), _time(one.until)] for one in heard.frozen)
    _write(folder / "frozen_units.csv", "device_id,from,to", frozen)


def _write(path: Path, header: str, rows: Iterable[Iterable[str]]) -> None:
    lines = (",".join(csv_text(field).decode() for field in row) for row in rows)
    path.write_text("\n".join([header, *lines, ""]), "utf-8")


def _home(network: Network, storm: Storm, heard: Heard) -> Iterator[list[str]]:
    out = storm.interruptions
    for row, battery, since in zip(heard.home.row, heard.home.battery, heard.home.since, strict=True):
        name = network.point_ids[int(out.point[row])]
        yield [name, "battery" if battery else "generator", _time(int(since)), _time(int(out.back_at[row]))]


def _ties(network: Network, storm: Storm) -> Iterator[list[str]]:
    for number, ends in enumerate(storm.course.unlisted_ties):
        yield [device_name(network, len(network.parent) + number), *(network.device_ids[end] for end in ends)]


def _feeds(network: Network, storm: Storm) -> Iterator[list[str]]:
    for feed in storm.course.feeds:
        if feed.tie >= len(network.parent):
            places = [device_name(network, feed.tie), network.device_ids[feed.device], network.device_ids[feed.source]]
            yield [*places, _time(feed.closed_at), _time(feed.opened_at)]


def _meters(network: Network, heard: Heard) -> Iterator[list[str]]:
    meters = heard.meters
    traits = {
        "mute": meters.metered & ~meters.speaking,
        "plc": meters.metered & meters.carrier,
        "hour_off": meters.clocks.hour_off,
        "reset": meters.clocks.reset,
        "whole_seconds": meters.clocks.whole,
    }
    for trait, has in traits.items():
        yield from ([network.point_ids[point], trait, ""] for point in np.flatnonzero(has).tolist())
    for point in np.flatnonzero(meters.meter_of != np.arange(len(meters.meter_of))).tolist():
        yield [network.point_ids[point], "wrong_join", network.point_ids[int(meters.meter_of[point])]]


def _delivery(network: Network, heard: Heard) -> Iterator[list[str]]:
    delivery = heard.delivery
    for source, by_collector in zip(_SENT_BY, delivery.gasps, strict=True):
        for collector, rates in enumerate(by_collector):
            name = network.collector_ids[collector]
            for hour, rate in enumerate(rates.tolist()):
                yield [source, name, _time(delivery.start_at + hour * HOUR_MS), f"{rate:.6f}"]


def _time(at: int) -> str:
    return "" if at >= NEVER else format_time(at)
