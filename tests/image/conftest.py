"""What the tests of the image share."""

import os
from pathlib import Path

import pytest

from tests.peers.containers import unpack


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of FAULTLINE_IMAGE, laid out for runc."""
    return unpack(Path(os.environ["FAULTLINE_IMAGE"]), tmp_path_factory.mktemp("image"))
