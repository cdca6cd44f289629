"""The version of the code that a state was made by."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import adapters
import dataflows
import models
from models.digest import digest

if TYPE_CHECKING:
    from types import ModuleType


def code_version() -> str:
    """Name the code that a state was made by: the release, and a hash over what has a say in the output."""
    sources = [path for package in (models, adapters, dataflows) for path in sorted(_folder(package).rglob("*.py"))]
    return f"{version('faultline')}+{digest(*(source.read_bytes() for source in sources))}"


def _folder(package: ModuleType) -> Path:
    return Path(package.__path__[0])
