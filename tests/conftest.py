"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from cli.machine_code import keep_machine_code
from tests.peers.kafka import kafka, own_broker, prefix
from tests.worlds.storms import simulate_storm, spoil

__all__ = ["kafka", "own_broker", "prefix", "spoiled_storm", "storm"]

keep_machine_code()

# Tests start a thousand commands: without this each would compile all that it imports anew where nothing else is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A broker of tests lives for minutes: what Java's second compiler does would cost more than it saves.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# The first call of a compiled loop takes as long as its compilation: no test is judged by its time. A commit passes or
# fails, the same everywhere: other examples at each run are for whoever looks for faults (FAULTLINE_EXAMPLES=random).
settings.register_profile("faultline", deadline=None, derandomize=os.environ.get("FAULTLINE_EXAMPLES") != "random")
settings.load_profile("faultline")


@pytest.fixture(scope="session")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a simulated storm."""
    folder = tmp_path_factory.mktemp("storms") / "storm"
    simulate_storm(folder)
    return folder


@pytest.fixture(scope="session")
def spoiled_storm(storm: Path) -> Path:
    """The same storm with garbage between its lines."""
    folder = storm.with_name("spoiled")
    spoil(storm, folder)
    return folder
