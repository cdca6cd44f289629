"""A state of one version of the network taken up as one of the next, between two instants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from models.outages.feeding.abnormal import ALL
from models.outages.snapshot import read_state, restore_state, save_state
from models.outages.state.partition import Partition
from models.outages.versions.carrying import carried
from models.outages.versions.places import Places
from models.outages.versions.settling import settle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.engine_state import EngineState
    from models.outages.state.shared_tables import Shared


def take_up(state: EngineState, shared: Shared, zones: NDArray[np.bool_] | None, now: int) -> EngineState:
    """Give the state that the instant `now` (ms), the first one of the next version, begins with.

    `zones` are those that are kept, as `Engine` takes them. The old state is of no use after that: what does not depend
    on the network is handed on.
    """
    before = state.partition
    places = Places(before.shared, shared)
    saved = carried(read_state(save_state(state)), places)
    partition = Partition(shared, before.writer.organisation, zones)
    partition.trace, partition.now = before.trace, now
    taken = replace(state, partition=partition)
    repeats, undeciding = state.backlog.offsets.repeats, state.backlog.undeciding
    restore_state(taken, saved)
    taken.backlog.offsets.repeats, taken.backlog.undeciding = repeats, undeciding
    taken.releases.pending.pop(0)
    crossed = places.crossed()
    partition.noted.update([ALL, *shared.network.device_number[crossed].tolist()])
    partition.switched.update(np.unique(shared.network.device_zone[crossed]).tolist())
    settle(partition, places)
    return taken
