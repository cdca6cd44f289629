"""What the tests of notifications play."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.worlds.golden import GOLDEN
from tests.worlds.storms import COMMAND, HOME


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden storm's records."""
    output = tmp_path_factory.mktemp("replayed")
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    arguments = ["--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", output]
    command = [*COMMAND, "replay", *map(str, arguments)]
    done = subprocess.run(command, cwd=HOME, env=own, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return output
