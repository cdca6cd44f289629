"""What was weighed when a device was found open: the device, those above it, the best one below it. For a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.pass_columns import IMPOSSIBLE
from models.outages.state.trace import Weighed

if TYPE_CHECKING:
    from models.outages.rules.new_outage import Opening
    from models.outages.state.partition import Partition


def weigh_rivals(partition: Partition, opening: Opening) -> list[Weighed]:
    """Scores of the pass just made; nothing if nobody asked for a trace."""
    if partition.trace is None:
        return []
    network, scores = partition.network, partition.work.open_score
    device = opening.device if opening.device >= 0 else int(network.point_device[opening.service_point])
    above, below = [device], range(device + 1, int(network.device_end[device]))
    while (parent := int(network.parent[above[-1]])) >= 0:
        above.append(parent)
    likeliest = max(below, key=lambda one: (int(scores[one]), -one), default=device)
    weighed = [one for one in dict.fromkeys([*above, likeliest]) if scores[one] != IMPOSSIBLE]
    found = [Weighed(network.device_ids[one], int(scores[one])) for one in weighed]
    parts = int(partition.work.closed_score[device])
    return [*found, Weighed(f"all below {network.device_ids[device]} apart", parts)]
