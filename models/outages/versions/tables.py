"""The engine's tables of each version of the network, made when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import ANY, lay_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.estimate.estimator import Estimator
    from models.outages.weights.delivery import DeliveryRate
    from models.outages.weights.parameters import Parameters


class Tables:
    """Engines of one process share the tables of a version; the last engine that leaves it frees them."""

    def __init__(
        self,
        network_of: Callable[[str], Network],
        parameters: Parameters,
        rates: Sequence[DeliveryRate],
        estimator: Estimator | None,
        life_support: Callable[[Network], NDArray[np.bool_] | None] = lambda _network: None,
    ) -> None:
        """`network_of` gives the network of a version, `life_support` who depends on power there."""
        self._life_support = life_support
        self._network_of, self._estimator = network_of, estimator
        self._parameters, self._rates = parameters, rates
        self._made: WeakValueDictionary[str, Shared] = WeakValueDictionary()
        self._latest: Shared | None = None

    def of(self, version: str) -> Shared:
        """Give the tables of a version. Rates of collectors that it does not have are left out."""
        shared = self._made.get(version)
        if shared is None:
            network = self._network_of(version)
            collectors = {ANY, *network.collector_ids}
            rates = [row for row in self._rates if row.collector_id in collectors]
            delivery = lay_delivery(network, self._parameters, rates)
            given = self._parameters, delivery, self._estimator, self._life_support(network)
            shared = self._made[version] = Shared(network, *given, self._latest)
        self._latest = shared
        return shared
