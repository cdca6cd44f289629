"""A town for the tests of the simulator, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.storms import faultline


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a town of a few thousand usage points, with every kind of device in it."""
    folder = tmp_path_factory.mktemp("town")
    made = faultline("network", "generate", "--usage-points", 4000, "--seed", 3, "--output", folder)
    assert made.returncode == 0, made.stderr
    return folder
