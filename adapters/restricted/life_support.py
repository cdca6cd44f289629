"""The restricted table of usage points with somebody on life support. What is wrong with it is told without ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.tables.csv_table import read_csv_table
from adapters.tables.fields import ids
from adapters.tables.layout import LIFE_SUPPORT
from adapters.tables.parquet_table import read_parquet_table
from models.digest import digest
from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from adapters.tables.raw_table import RawTable
    from models.network.network import Network


def read_life_support(path: Path | None, network: Network) -> NDArray[np.bool_] | None:
    """Return of each usage point of a network whether it is in the table; None without a table.

    Raises `NetworkFaults`. Its rows are a fact of health each, so faults name lines only.
    """
    if path is None:
        return None
    table, points = _read(path, network)
    unknown = np.flatnonzero((points < 0) & (ids(table, "usage_point_id").lengths() > 0))
    table.add_faults(unknown, "the usage point is none of the network's; take it out, or correct it")
    if faults := table.report():
        raise NetworkFaults(faults)
    return _listed(points, network)


def listed_among(path: Path | None, network: Network) -> NDArray[np.bool_] | None:
    """As `read_life_support`, of another version of the network: whom that does not have is passed over."""
    return None if path is None else _listed(_read(path, network)[1], network)


def _listed(points: NDArray[np.int32], network: Network) -> NDArray[np.bool_]:
    listed = np.zeros(len(network.point_ids), np.bool_)
    listed[points[points >= 0]] = True
    return listed


def _read(path: Path, network: Network) -> tuple[RawTable, NDArray[np.int32]]:
    """The table, and the usage points of its rows by position, -1 of what the network does not have."""
    try:
        table = read_csv_table(path, LIFE_SUPPORT) if path.suffix == ".csv" else read_parquet_table(path, LIFE_SUPPORT)
    except OSError as error:
        raise NetworkFaults([f"{path}: cannot be read ({error.strerror}); give the table life_support"]) from error
    return table, network.point_index.find_names(network.point_ids, ids(table, "usage_point_id"))


def digest_of_table(path: Path | None) -> str:
    """Digest the table, whatever version of the network it is read with; empty without one."""
    return "" if path is None else digest(path.read_bytes())


def digest_of_life_support(listed: NDArray[np.bool_] | None) -> str:
    """Digest who is listed; empty without a table."""
    return "" if listed is None else digest(listed.tobytes())
