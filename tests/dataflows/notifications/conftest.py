"""What the tests of notifications play."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.golden import replay_golden


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden storm's records."""
    output = tmp_path_factory.mktemp("replayed")
    replay_golden(output)
    return output
