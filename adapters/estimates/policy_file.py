"""The policy file of promises: TOML with what `models.outages.estimate.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.outages.estimate.policy import PromisePolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_policy(path: Path) -> PromisePolicy:
    """Read a policy file. Raises `FaultsError` with a sentence for each wrong entry."""
    return read_toml(path, PromisePolicy, "--promises", "docs/estimates.md")
