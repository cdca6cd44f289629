"""What may have happened: when each device was open, and from it when each usage point was dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.models.histories.zone import Zone

NEVER = 1 << 60
"""The end of what has not ended."""
Interval = tuple[int, int]
"""From the first millisecond to the one after the last."""
History = tuple[Interval, ...]
"""When something was open or dark: intervals in order, none of which touches the next."""


@dataclass(frozen=True)
class Picture:
    """The past of a zone up to an instant."""

    openings: Mapping[int, History] = field(default_factory=dict)
    """When each node was open; of a node that never was, nothing."""
    fed: Mapping[int, int] = field(default_factory=dict)
    """Devices below which power comes from elsewhere, and since when."""

    @property
    def open_now(self) -> dict[int, int]:
        """Nodes that are open, and since when."""
        return {node: past[-1][0] for node, past in self.openings.items() if past and past[-1][1] == NEVER}

    @property
    def closed_again(self) -> dict[int, list[Interval]]:
        """Intervals of nodes that ended: dips where they are short, outages where they are long."""
        ended = {node: [one for one in past if one[1] < NEVER] for node, past in self.openings.items()}
        return {node: past for node, past in ended.items() if past}

    def shifted(self, by: int) -> Picture:
        """The same, later by so many milliseconds."""
        moved = {n: tuple((a + by, b if b == NEVER else b + by) for a, b in past) for n, past in self.openings.items()}
        return Picture(moved, {device: since + by for device, since in self.fed.items()})

    def dark_above(self, zone: Zone, node: int) -> History:
        """When the feed of a node was without power."""
        return self._dark(node_path[:-1] if (node_path := zone.path(node))[-1] == node else node_path)

    def dark(self, zone: Zone, point: int) -> History:
        """When a usage point was without power."""
        return self._dark(zone.path(~point))

    def _dark(self, path: Iterable[int]) -> History:
        dark: History = ()
        for node in path:
            dark = union([*dark, *self.openings.get(node, ())])
            if node in self.fed:
                dark = tuple((a, min(b, self.fed[node])) for a, b in dark if a < self.fed[node])
        return dark


def union(intervals: Iterable[Interval]) -> History:
    """Merge intervals that overlap or touch."""
    merged: list[Interval] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return tuple(merged)


def covers(history: History, at: int) -> bool:
    return any(first <= at < last for first, last in history)
