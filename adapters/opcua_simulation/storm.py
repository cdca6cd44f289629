"""What a storm asks of the simulated server: which devices it serves, and since when they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.network.network import Network

BEFORE_MS: Final = 60_000
"""How long before the storm all devices were closed."""


def served_devices(network: Network, named: Iterable[str]) -> list[str]:
    """Give the telemetered devices, and those that the storm names."""
    telemetered = [network.device_ids[place] for place in np.flatnonzero(network.telemetered).tolist()]
    return list(dict.fromkeys([*telemetered, *named]))
