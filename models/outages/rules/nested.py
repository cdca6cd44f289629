"""Outages that show themselves only when the device above has closed: the branch that stays dark.

A nested outage starts, as an outage, at the close-in; its customers keep their own start. If one of its points turns
out to have had power since the close-in, the point goes back to the outage it came from, as restored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.ownership import give_back
from models.outages.inference.pass_columns import SETTLED, SUSPECTED
from models.outages.inference.posterior import either
from models.outages.rules.life_cycle import publish
from models.outages.rules.new_outage import Opening, open_new
from models.outages.state.deciding import note
from models.outages.state.partition import span_of
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def open_nested(partition: Partition, outage: Outage, device: int, point: int, closed_at: int, now: int) -> None:
    """Make a nested outage of a device, or of a lone usage point, whose points waited for word in vain."""
    if device >= 0:
        device = _likeliest(partition, device)
        span = span_of(partition, device)
    else:
        span = (point, point + 1)
    odds = _odds(partition, span)
    opening = Opening(device, point, span, posterior=odds, reports=0, started=closed_at, dark_branch=True)
    nested = open_new(partition, outage.zone, opening, now, "dark-branch")
    nested.started_at = closed_at
    if nested.stance == SUSPECTED:
        publish(partition, nested, now)
    nested.stance = SETTLED


def _likeliest(partition: Partition, device: int) -> int:
    """Of a class, the device that opens most often; ties go downstream."""
    priors, kinds = partition.scores.device_prior, partition.network.device_kind
    return max(class_members(partition.network, device), key=lambda member: (int(priors[kinds[member]]), member))


def _odds(partition: Partition, span: tuple[int, int]) -> int:
    """Log probability of "open on its own" against "all these restoration messages were lost"."""
    scores, forest = partition.scores, partition.forest
    meters = int((forest.delivery_class[span[0] : span[1]] < len(scores.silent) - 1).sum())
    lost = int(scores.restored_silent[-1]) * max(meters, 1)
    return min(0, int(scores.nested_prior) - int(either(int(scores.nested_prior), lost)))


def parent_of(partition: Partition, outage: Outage) -> Outage | None:
    """The outage that a nested one was found in, while it can still be corrected."""
    parent = partition.parents.get(outage.parent_id or "")
    return None if parent is None or parent.status in {"merged", "cancelled"} else parent


def retract(partition: Partition, outage: Outage, points: NDArray[np.int32], basis: str) -> None:
    """These points had power since the close-in: they go back to the outage above, as restored there."""
    parent = parent_of(partition, outage)
    assert parent is not None  # noqa: S101  asked before
    note(partition, "retracted", outage, other=parent.outage_id)
    counts = give_back(partition.forest, partition.points, points)
    outage.lose(counts)
    parent.gain(counts)
    parent.give_back(counts)
    at = parent.restored_at or outage.started_at
    parent.note(basis, at, parent.device, points.tolist(), int(counts[0]))
    partition.dirty[parent.outage_id] = parent
    partition.dirty[outage.outage_id] = outage
