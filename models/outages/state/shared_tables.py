"""What the engines of one process share: tables with a row for every usage point and device of the whole network.

Each engine reads and writes the rows of its own zones only, so that many engines take the memory of one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from models.network.feeding.arrangement import rearranged, supply_of
from models.network.feeding.ties import Ties
from models.outages.context.breakdown import Breakdown
from models.outages.context.ledger import BY_NOBODY
from models.outages.delivery.memory import nothing_remembered
from models.outages.inference.forest import forest_of
from models.outages.inference.knowledge import nothing_known
from models.outages.inference.options import quiet_options
from models.outages.state.areas import areas_of
from models.outages.weights.clock_laws import compile_clock_laws
from models.outages.weights.scores import compile_scores, without_silence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.estimate.estimator import Estimator
    from models.outages.weights.delivery import Delivery
    from models.outages.weights.parameters import Parameters
    from models.outages.weights.scores import Scores


class Shared:
    """Network, parameters and delivery rates as tables, and what is known of each point and device."""

    scores: Scores

    def __init__(
        self,
        network: Network,
        parameters: Parameters,
        delivery: Delivery,
        estimator: Estimator | None = None,
        life_support: NDArray[np.bool_] | None = None,
        like: Shared | None = None,
    ) -> None:
        """`estimator` says when power will be back; without one nobody does but crews.

        `life_support` says of each usage point whether somebody there depends on it; None unknown. `like` are
        tables of the same parameters, whose weights are taken over where the rates are the same.
        """
        self.network = network
        self.normal: Shared = self
        """Those of the network as it normally is fed."""
        self.supply: NDArray[np.int32] | None = None
        """By device from which one power comes to it (`supply_of`); None where all are fed the normal way."""
        self.life_support = life_support
        self.estimator = estimator
        self.parameters = parameters
        self.delivery = delivery
        scores: Scores = like.scores if self._weighs_as(like) else compile_scores(parameters, delivery)
        self.scores, self.without_silence = scores, without_silence(scores)
        self.clock_laws = compile_clock_laws(parameters)
        self.forest = forest_of(network, delivery)
        self.points, self.devices = nothing_known(len(network.point_ids), len(network.device_ids))
        self.breakdown = Breakdown(network, life_support)
        self.interrupted_by = np.full(len(network.point_ids), BY_NOBODY, np.int32)
        self.areas, self.ties = areas_of(network), Ties(network)
        self.telemetered = np.ascontiguousarray(network.telemetered).view(np.ndarray)
        self.memory = nothing_remembered(len(self.forest.row_class), len(network.zone_ids))
        self.quiet = quiet_options(self.forest, scores, self.telemetered)

    def _weighs_as(self, like: Shared | None) -> TypeGuard[Shared]:
        """Whether other tables have the same parameters and rates."""
        return (
            like is not None
            and like.parameters is self.parameters
            and np.array_equal(like.delivery.rates, self.delivery.rates)
            and np.array_equal(like.delivery.returns, self.delivery.returns)
        )

    def arranged(self, ways: Mapping[int, tuple[int, int]]) -> Shared:
        """Tables of the network as it is fed otherwise, by `ways` (`models.network.feeding`); nothing is known there.

        Without any they are the normal ones, in which rows are written anew.
        """
        normal = self.normal
        if not ways:
            return normal
        network = rearranged(normal.network, ways)
        order = normal.network.point_position[network.point_number]
        delivery = replace(normal.delivery, point_class=normal.delivery.point_class[order])
        life_support = None if normal.life_support is None else normal.life_support[order]
        shared = Shared(network, normal.parameters, delivery, normal.estimator, life_support, normal)
        shared.normal, shared.supply = normal, supply_of(normal.network, network, ways)
        return shared
