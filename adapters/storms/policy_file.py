"""The policy file of storms: TOML with what `models.storms.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.storms.policy import StormPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_storm_policy(path: Path | None, option: str = "--policy") -> StormPolicy:
    """Read a policy file; without one all is as usual. Raises `FaultsError` with a sentence for each wrong entry."""
    return StormPolicy() if path is None else read_toml(path, StormPolicy, option, "docs/consuming.md")
