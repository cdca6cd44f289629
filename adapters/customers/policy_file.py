"""The policy file of customers' states: TOML with what `models.customers.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.customers.policy import CustomerPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_customer_policy(path: Path | None) -> CustomerPolicy:
    """Read a policy file; without one all is as usual. Raises `FaultsError` with a sentence for each wrong entry."""
    return (
        CustomerPolicy() if path is None else read_toml(path, CustomerPolicy, "--customers-policy", "docs/customers.md")
    )
