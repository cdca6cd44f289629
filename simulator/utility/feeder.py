"""The devices along a grown feeder: a trunk in sections, fused laterals, fused branches of laterals, transformers.

Read along the tree from the substation: where much hangs on a street it is trunk, three-phase, cut into sections by
switches, reclosers and sectionalizers; what leaves it with less is a lateral behind a fuse; a single transformer hangs
on the trunk itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from models.network.network import ALL_PHASES
from simulator.utility.streets import NO_SITE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.utility.devices import DeviceTable
    from simulator.utility.streets import Growth, Streets

SECTIONS: Final = 5
"""A trunk device stands where so large a part of its feeder has been served since the one before."""
SECTION_DEVICES: Final = ("switch", "recloser", "sectionalizer", "switch")
TRUNK, LATERAL, BRANCH = range(3)


@dataclass(frozen=True, slots=True)
class Tree:
    """The streets of a substation as trees, one a feeder; lists by site."""

    children: list[list[int]]
    """Those with anything below, the heaviest first."""
    parent: list[int]
    weight: list[int]
    """Transformers below the site, its own included."""
    stands: list[bool]
    """Whether a transformer stands there."""
    business: list[bool]
    """Whether it serves business."""
    substation: int
    first: list[int]
    """Each feeder's first site; -1 for a feeder without transformers."""
    x: list[float]
    y: list[float]


class _Step(NamedTuple):
    site: int
    device: int
    line: int
    phases: int
    base: int
    """Weight below the device that protects this stretch of trunk."""
    section: int
    """Trunk devices passed."""


def plant_tree(
    streets: Streets, growth: Growth, points_at: NDArray[np.int64], business_at: NDArray[np.bool_], feeders: int
) -> Tree:
    """Sum up what hangs on each site."""
    count = streets.columns * streets.rows
    stands: list[bool] = (points_at > 0).tolist()
    weight = [int(there) for there in stands]
    children: list[list[int]] = [[] for _ in range(count)]
    first = [NO_SITE] * feeders
    for site in reversed(growth.order):
        if weight[site] == 0:
            continue
        children[site].sort(key=lambda child: -weight[child])
        before = growth.parent[site]
        if before == streets.substation:
            first[growth.feeder[site]] = site
        else:
            weight[before] += weight[site]
            children[before].append(site)
    x, y, business = streets.x.tolist(), streets.y.tolist(), business_at.tolist()
    return Tree(children, growth.parent, weight, stands, business, streets.substation, first, x, y)


class FeederBuilder:
    """Puts a feeder's devices into the table."""

    def __init__(self, tree: Tree, table: DeviceTable, urban: float, random: np.random.Generator) -> None:
        """Take the trees of a substation; `urban` from 0 (country) to 1 (dense town)."""
        count = len(tree.weight)
        self._tree, self._table = tree, table
        self._lateral_most = round(20 - 8 * urban)
        self._three_phase_share = 0.12 + 0.15 * urban
        self._chance: list[float] = random.random(count).tolist()
        self._single: list[int] = (1 << random.integers(0, 3, count)).tolist()
        self._place: list[float] = random.uniform(0.06, 0.2, count).tolist()
        self.transformer_sites: list[int] = []
        self.transformer_rows: list[int] = []

    def build(self, first: int, feeder: int, bus: int) -> list[tuple[int, int]]:
        """Add the feeder whose first site is given; returns (site, trunk device) along its trunk."""
        weight = self._tree.weight[first]
        breaker = self._add("breaker", bus, feeder, first, ALL_PHASES)
        section = max(self._lateral_most, weight // SECTIONS)
        trunk: list[tuple[int, int]] = []
        steps = [_Step(first, breaker, TRUNK, ALL_PHASES, weight, 0)]
        while steps:
            step = steps.pop()
            if step.line == TRUNK:
                trunk.append((step.site, step.device))
            if self._tree.stands[step.site]:
                self._add_transformer(step, feeder)
            for child in reversed(self._tree.children[step.site]):
                if step.line == TRUNK:
                    steps.append(self._leave_trunk(step, child, feeder, section))
                else:
                    steps.append(self._leave_lateral(step, child, feeder))
        return trunk

    def _leave_trunk(self, step: _Step, child: int, feeder: int, section: int) -> _Step:
        """What begins where a street leaves the trunk, or the trunk goes on."""
        weight = self._tree.weight[child]
        if weight >= self._lateral_most:
            heaviest = child == self._tree.children[step.site][0]
            if heaviest and step.base - weight < section:
                return step._replace(site=child)
            kind = SECTION_DEVICES[step.section % len(SECTION_DEVICES)]
            device = self._add(kind, step.device, feeder, child, ALL_PHASES)
            return _Step(child, device, TRUNK, ALL_PHASES, weight, step.section + 1)
        if weight == 1:
            return step._replace(site=child, line=LATERAL)
        three_phase = weight > 0.7 * self._lateral_most or self._chance[child] < self._three_phase_share
        phases = ALL_PHASES if three_phase else self._single[child]
        fuse = self._add("fuse", step.device, feeder, child, phases)
        return step._replace(site=child, line=LATERAL, phases=phases, device=fuse)

    def _leave_lateral(self, step: _Step, child: int, feeder: int) -> _Step:
        """Go on along the lateral, or behind a fuse of a branch."""
        goes_on = child == self._tree.children[step.site][0] or self._tree.weight[child] < 2
        if goes_on or step.line == BRANCH or self._chance[child] < 0.4:
            return step._replace(site=child)
        phases = step.phases if step.phases != ALL_PHASES or self._chance[child] > 0.8 else self._single[child]
        fuse = self._add("fuse", step.device, feeder, child, phases)
        return step._replace(site=child, line=BRANCH, phases=phases, device=fuse)

    def _add_transformer(self, step: _Step, feeder: int) -> None:
        business = self._tree.business[step.site]
        phases = step.phases if step.phases != ALL_PHASES or business else self._single[step.site]
        x, y = self._tree.x[step.site], self._tree.y[step.site]
        self.transformer_rows.append(self._table.add("transformer", step.device, feeder, (x, y), phases))
        self.transformer_sites.append(step.site)

    def _add(self, kind: str, above: int, feeder: int, site: int, phases: int) -> int:
        """Add a device a little way along the street that leads to the site."""
        before, part = self._tree.parent[site], self._place[site]
        x = self._tree.x[before] + part * (self._tree.x[site] - self._tree.x[before])
        y = self._tree.y[before] + part * (self._tree.y[site] - self._tree.y[before])
        return self._table.add(kind, above, feeder, (x, y), phases)
