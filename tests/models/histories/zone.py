"""A small zone, told to the oracle of histories: devices, usage points, and how well each point's messages arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Meter:
    """How well the messages of one point's meter arrive."""

    gasps: Mapping[str, float]
    """Share of its last gasps that arrive, by head-end source of the model file; which of them it is nobody knows."""
    returns: float
    """Share of its restoration messages that arrive."""


@dataclass(frozen=True)
class Zone:
    """Devices and usage points by number; a parent's number is below its children's, -1 above the roots.

    A *node* is a device, or `~point` for a usage point that can lose power alone: one whose device feeds others too.
    """

    kinds: Sequence[str]
    parents: Sequence[int]
    feeds: Sequence[int]
    """The device of each usage point."""
    meters: Sequence[Meter | None]
    telemetered: frozenset[int] = frozenset()
    ties: frozenset[int] = frozenset()
    """Devices below which a tie of the tables ends."""
    children: list[list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        below: list[list[int]] = [[] for _ in self.kinds]
        for device, parent in enumerate(self.parents):
            if parent >= 0:
                below[parent].append(device)
        object.__setattr__(self, "children", below)

    @cached_property
    def direct(self) -> list[list[int]]:
        """The usage points that each device feeds itself."""
        return [[p for p, device in enumerate(self.feeds) if device == d] for d in range(len(self.kinds))]

    @cached_property
    def below(self) -> list[frozenset[int]]:
        """The usage points below each device."""
        fed = [set(points) for points in self.direct]
        for device in reversed(range(len(self.kinds))):
            if self.parents[device] >= 0:
                fed[self.parents[device]] |= fed[device]
        return [frozenset(points) for points in fed]

    @property
    def roots(self) -> list[int]:
        return [device for device, parent in enumerate(self.parents) if parent < 0]

    @cached_property
    def services(self) -> frozenset[int]:
        """The usage points that are nodes of their own."""
        return frozenset(point for point, device in enumerate(self.feeds) if len(self.below[device]) > 1)

    def kind(self, node: int) -> str:
        return self.kinds[node] if node >= 0 else "service"

    def path(self, node: int) -> list[int]:
        """The nodes from the source down to this one; of a point, with the point where it is a node."""
        device = self.feeds[~node] if node < 0 else node
        up = [] if node >= 0 or ~node not in self.services else [node]
        while device >= 0:
            up.append(device)
            device = self.parents[device]
        return up[::-1]

    @cached_property
    def classes(self) -> dict[int, tuple[int, ...]]:
        """For each node those that no usage point can tell from it, itself among them, in order."""
        alike = {
            device: tuple(other for other, points in enumerate(self.below) if points == mine and mine) or (device,)
            for device, mine in enumerate(self.below)
        }
        return alike | {~point: (~point,) for point in self.services}
