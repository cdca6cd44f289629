"""The toy flows, named as an operator names flows of their own."""

from __future__ import annotations

import os
import subprocess
from typing import Final

from tests.worlds.storms import COMMAND, HOME

TOYS: Final = "tests.toys.feeder_counts,tests.toys.territories"
FEEDER_COUNTS: Final = "toy.feeder.counts.v1"
TERRITORIES: Final = "toy.territory.state.v1"
NAMES: Final = ("feeders", "territories")
TERRITORY_LOG: Final = "toy.territory.log.v1"


def with_toys(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that knows the toys to its end."""
    own = {name: value for name, value in os.environ.items() if name != "FAULTLINE_KAFKA"}
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(
        command, cwd=HOME, env=own | {"FAULTLINE_FLOWS": TOYS}, capture_output=True, text=True, check=False
    )
