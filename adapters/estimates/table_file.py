"""The file of a table of estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.estimate.table import TableFaultsError, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from models.outages.estimate.table import EstimateTable


def load_table(path: Path) -> EstimateTable:
    """Read and check a table. Raises `TableFaultsError` with every fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TableFaultsError([f"estimates {path}: {reason}; check --estimates"]) from error
    return read_table(data, f"estimates {path}")
