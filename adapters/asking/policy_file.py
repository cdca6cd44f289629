"""The policy file of whom to ask: TOML with what `models.asking.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.asking.policy import AskingPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_asking_policy(path: Path | None) -> AskingPolicy:
    """Read a policy file; without one all is as usual. Raises `FaultsError` with a sentence for each wrong entry."""
    return AskingPolicy() if path is None else read_toml(path, AskingPolicy, "--asking-policy", "docs/asking.md")
