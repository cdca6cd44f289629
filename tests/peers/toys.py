"""The toy flows, named as an operator names flows of their own."""

from __future__ import annotations

import subprocess
from typing import Final

from tests.worlds.storms import with_flows

TOYS: Final = "tests.toys.feeder_counts,tests.toys.territories"
FEEDER_COUNTS: Final = "toy.feeder.counts.v1"
TERRITORIES: Final = "toy.territory.state.v1"
NAMES: Final = ("feeders", "territories")
TERRITORY_LOG: Final = "toy.territory.log.v1"


def with_toys(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that knows the toys to its end."""
    return with_flows(TOYS, *arguments)
