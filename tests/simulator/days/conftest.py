"""Storms of good and bad days over one town, made once each and kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from adapters.network.load import load_network
from models.network.network import Network
from simulator.options import storm_options
from simulator.storm import Storm, simulate

Make = Callable[[str, int], Storm]


@pytest.fixture(scope="session")
def network(town: Path) -> Network:
    return load_network(town)


@pytest.fixture(scope="session")
def storm_of(network: Network) -> Make:
    """Return a function that makes the storm of a preset and seed."""

    @cache
    def make(preset: str, seed: int) -> Storm:
        return simulate(network, storm_options(seed, preset, {"faults_per_hour": 30.0}))

    return make
