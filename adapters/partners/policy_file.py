"""The policy file of partners: TOML with what `models.partners.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.partners.policy import PartnerPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_partner_policy(path: Path | None, option: str = "--policy") -> PartnerPolicy:
    """Read a policy file; without one all is as usual. Raises `FaultsError` with a sentence for each wrong entry."""
    return PartnerPolicy() if path is None else read_toml(path, PartnerPolicy, option, "docs/partners.md")
