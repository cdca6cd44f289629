"""How many of a meter's messages arrive: a rate for all, or rates by head-end source and collector.

Loss clusters by collector, so what a meter's silence says depends on where it is. These are rates to begin with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.weights.parameters import Parameters

ANY: Final = "*"
FLOOR: Final = 0.02
"""No collector is given up: below this rate silence says nothing and a single report would decide everything."""
CEILING: Final = 0.9999


@dataclass(frozen=True, slots=True)
class DeliveryRate:
    """One row of a delivery table: `source` and `collector_id` may be `*`; the rate is a share from 0 to 1."""

    source: str
    collector_id: str
    rate: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivery rates laid over a network.

    `rates` has a row a class of collectors and a column a source of the model file; `point_class` gives each usage
    point's row, and points without a meter have the class -1.
    """

    rates: NDArray[np.float64]
    returns: NDArray[np.float64]
    """Of each class, the share of restoration messages that arrive."""
    point_class: NDArray[np.int16]


class DeliveryFaultsError(FaultsError):
    """A delivery table that does not fit model or network."""


def lay_delivery(network: Network, parameters: Parameters, rows: Iterable[DeliveryRate] = ()) -> Delivery:
    """Give each usage point the class of its collector's rates; later rows win over earlier ones.

    Raises `DeliveryFaultsError` for sources and collectors that nobody knows and for rates outside 0 to 1.
    """
    sources = list(parameters.sources)
    collectors = {network.collector_ids[i]: i for i in range(len(network.collector_ids))}
    by_collector = np.full((max(len(collectors), 1), len(sources)), parameters.delivery)
    faults: list[str] = []
    for row in rows:
        faults += _faults_of(row, sources, collectors)
        if not faults:
            column = slice(None) if row.source == ANY else sources.index(row.source)
            place = slice(None) if row.collector_id == ANY else collectors[row.collector_id]
            by_collector[place, column] = min(max(row.rate, FLOOR), CEILING)
    if faults:
        raise DeliveryFaultsError(faults)
    rates, classes = np.unique(by_collector, axis=0, return_inverse=True)
    point_class = classes.reshape(-1).astype(np.int16)[network.collector]
    returns = np.full(len(rates), parameters.restoration_delivery)
    return Delivery(rates, returns, np.where(_has_meter(network), point_class, np.int16(-1)).astype(np.int16))


def _faults_of(row: DeliveryRate, sources: list[str], collectors: dict[str, int]) -> list[str]:
    faults = []
    if row.source != ANY and row.source not in sources:
        faults.append(f"delivery: source {row.source!r} is not in the model file; use one of {', '.join(sources)} or *")
    if row.collector_id != ANY and row.collector_id not in collectors:
        faults.append(f"delivery: collector {row.collector_id!r} is not on the network; check collector_id")
    if not 0 <= row.rate <= 1:
        faults.append(f"delivery: rate {row.rate} is outside 0 to 1; give the share of messages that arrive")
    return faults


def _has_meter(network: Network) -> NDArray[np.bool_]:
    return np.diff(network.meter_ids.offsets) > 0
