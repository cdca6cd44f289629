"""The policy file of suspected joins: TOML with what `models.suspects.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.suspects.policy import SuspectPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_suspect_policy(path: Path | None) -> SuspectPolicy:
    """Read a policy file; without one all is as usual. Raises `FaultsError` with a sentence for each wrong entry."""
    return SuspectPolicy() if path is None else read_toml(path, SuspectPolicy, "--suspects-policy", "docs/suspects.md")
