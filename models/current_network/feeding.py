"""The network as it is fed while something stands otherwise than normally, from the records that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.network.feeding.arrangement import rearranged
from models.network.feeding.paths import ALWAYS, NEVER, OUTSIDE, UNFED, find_paths
from models.network.feeding.ties import Ties
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from models.network.network import Network

Ways = dict[int, tuple[int, int]]
"""As `rearranged` takes them: by segment that is not fed the normal way."""


def as_fed(network: Network, zone: int, off_normal: Iterable[Mapping[str, Any]]) -> Network:
    """Give the network with what is off normal in a zone; a supply from another zone is taken to have power.

    A part that no way leads to stays where it normally is.
    """
    ways = _ways(network, zone, list(off_normal))
    return rearranged(network, ways) if ways else network


def _ways(network: Network, zone: int, off_normal: list[Mapping[str, Any]]) -> Ways:
    first, last = network.zone_device_start[zone : zone + 2].tolist()
    opened = np.where(network.other_parent[first:last] >= 0, np.int64(ALWAYS), np.int64(NEVER))
    closed = np.full(last - first, ALWAYS, np.int64)
    for record, device in _placed(network, "device_id", off_normal):
        if record["position"] == "open":
            opened[device - first] = parse_time(record["since"])
        elif record["kind"] == "device":
            opened[device - first], closed[device - first] = NEVER, parse_time(record["since"])
    links = list(_links(network, zone, off_normal, (opened, closed)))
    joins = np.array([link[1:] for link in links], np.int64).reshape(-1, 3)
    parent = network.parent[first:last].astype(np.int64)
    parent = np.where(parent < 0, OUTSIDE, parent - first)
    paths = find_paths(parent, network.device_end[first:last].astype(np.int64) - first, opened, closed, joins)
    own = np.arange(last - first)
    other = (paths.over != UNFED) & ((paths.over != own) | (paths.above != parent))
    codes = [*(own + first).tolist(), *(link[0] for link in links)]
    return {
        first + segment: (codes[paths.over[segment]], _whole(int(paths.above[segment]), first))
        for segment in np.flatnonzero(other).tolist()
    }


def _links(
    network: Network,
    zone: int,
    off_normal: list[Mapping[str, Any]],
    stand: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Iterator[tuple[int, int, int, int]]:
    """Closed ties, jumpers and generators: over which device, or a code below -1; both segments; since when."""
    first, last = network.zone_device_start[zone : zone + 2].tolist()
    opened, closed = stand
    for tie in Ties(network).of_zone[zone]:
        here = first <= tie < last
        since = int(closed[tie - first]) if here and opened[tie - first] == NEVER else None
        if since is not None:
            sides = [_within(int(side), first, last) for side in (network.parent[tie], network.other_parent[tie])]
            yield tie, sides[0], sides[1], since
    for number, (record, device) in enumerate(_placed(network, "device_id", off_normal)):
        since, code = parse_time(record["since"]), OUTSIDE - 1 - number
        if record["kind"] == "generator":
            yield code, OUTSIDE, device - first, since
        elif record["kind"] == "jumper":
            for _, other in _placed(network, "other_device_id", [record]):
                yield code, device - first, _within(other, first, last), since


def _placed(
    network: Network, name: str, records: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Give records with the position of the device that they name, where the network has it."""
    for record in records:
        device = int(network.find_devices([record[name] or ""])[0])
        if device >= 0:
            yield record, device


def _within(device: int, first: int, last: int) -> int:
    return device - first if first <= device < last else OUTSIDE


def _whole(segment: int, first: int) -> int:
    return first + segment if segment >= 0 else OUTSIDE
