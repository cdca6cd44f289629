"""What the engines of one process share: tables with a row for every usage point and device of the whole network.

Each engine reads and writes the rows of its own zones only, so that many engines take the memory of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.inference.forest import forest_of
from models.outages.inference.knowledge import NOBODY, nothing_known
from models.outages.inference.pass_columns import Found, workspace
from models.outages.state.quiet import Limits
from models.outages.weights.clock_laws import compile_clock_laws
from models.outages.weights.scores import compile_scores, without_silence

if TYPE_CHECKING:
    from models.network.network import Network
    from models.outages.weights.delivery import Delivery
    from models.outages.weights.parameters import Parameters

FOUND_AT_ONCE: Final = 1 << 16
"""Rows that a pass over many zones can find open; a zone has at most its devices and usage points."""


class Shared:
    """Network, parameters and delivery rates as tables, and what is known of each point and device."""

    def __init__(self, network: Network, parameters: Parameters, delivery: Delivery) -> None:
        self.network = network
        self.parameters = parameters
        self.scores = scores = compile_scores(parameters, delivery)
        self.without_silence = without_silence(scores)
        self.clock_laws = compile_clock_laws(parameters)
        self.limits = Limits(scores.coherence, scores.clock_tolerance, scores.scada_hold)
        self.forest = forest_of(network, delivery)
        self.points, self.devices = nothing_known(len(network.point_ids), len(network.device_ids))
        self._make_scratch()

    def _make_scratch(self) -> None:
        """Columns that one pass fills and the next one fills anew; the engines of a process take turns."""
        devices = len(self.network.device_ids)
        largest = int(np.diff(self.network.zone_point_start).max(initial=0))
        rows = max(largest + int(np.diff(self.network.zone_device_start).max(initial=0)), FOUND_AT_ONCE)
        self.work = workspace(devices, largest, self.scores.silent.shape[1])
        self.found = Found(
            what=np.zeros(rows, np.int32),
            posterior=np.zeros(rows, np.int64),
            reports=np.zeros(rows, np.int32),
            started=np.zeros(rows, np.int64),
        )
        self.at_device = np.full(devices, NOBODY, np.int32)
        self.values = np.zeros(devices, np.int64)
        self.dark = np.zeros(devices, np.int64)
        self.alive = np.zeros(devices, np.int64)
