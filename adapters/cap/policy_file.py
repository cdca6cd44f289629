"""The policy file of alerts: TOML with what `models.alerts.issuing.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.alerts.issuing.policy import AlertPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_policy(path: Path, option: str = "--policy") -> AlertPolicy:
    """Read a policy file. Raises `FaultsError` with a sentence for each wrong entry."""
    return read_toml(path, AlertPolicy, option, "docs/cap.md")
