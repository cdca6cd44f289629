"""How probable an opening is: the sum over all explanations, by the same pass that finds the best one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.columns.compiled import compiled
from models.outages.inference.pass_columns import IMPOSSIBLE, Workspace
from models.outages.weights.scores import SOFT_MAXIMUM

if TYPE_CHECKING:
    from models.outages.inference.forest import Forest


@compiled
def either(a: int, b: int) -> int:
    """log(exp(a) + exp(b)) in units, from a table: the same on every machine."""
    high, low = max(a, b), min(a, b)
    gap = high - low
    return high + (SOFT_MAXIMUM[gap] if gap < len(SOFT_MAXIMUM) else 0)


@compiled
def _log_posterior(forest: Forest, work: Workspace, d: int) -> int:
    """Log probability that d is open: nothing above it is, and of its own two cases this one."""
    total = work.open_score[d] - work.either[d]
    above = forest.parent[d]
    while above >= 0:
        total += work.closed_either[above] - work.either[above]
        above = forest.parent[above]
    return total


@compiled
def class_posterior(forest: Forest, work: Workspace, d: int) -> int:
    """Log probability that one of the devices of d's class is open, from the pass just made."""
    top = forest.class_of[d]
    total = IMPOSSIBLE
    for member in range(top, forest.device_end[top]):
        if forest.class_of[member] == top:
            total = either(total, _log_posterior(forest, work, member))
        elif forest.point_end[member] > forest.point_start[member]:
            break
    return min(total, 0)


@compiled
def service_posterior(forest: Forest, work: Workspace, alone: int, d: int) -> int:
    """Log probability that a service of device d with weight `alone` is out on its own."""
    total = alone - either(alone, 0)
    while d >= 0:
        total += work.closed_either[d] - work.either[d]
        d = forest.parent[d]
    return min(total, 0)
