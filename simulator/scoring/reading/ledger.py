"""The ledger of a replay in columns: the last entry of each outage and usage point, as an interruption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from models.contracts.outputs.membership import INTERRUPTIONS
from models.refusal import FaultsError
from simulator.course import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from models.network.network import Network

GAINED: Final = "gained"


class MembershipLine(msgspec.Struct, gc=False):
    """A record of the ledger, with the fields that the score needs."""

    outage_id: str
    usage_points: list[int]
    changes: list[str]
    out_at: list[int]
    at: list[int]


@dataclass(frozen=True, slots=True)
class LedgerIntervals:
    """n interruptions of usage points, as the ledger has them in the end; times in milliseconds."""

    point: NDArray[np.int64]
    """Position."""
    outage: NDArray[np.int64]
    """Number of the outage; -1 if the life cycle does not have it."""
    out_at: NDArray[np.int64]
    back_at: NDArray[np.int64]
    """`NEVER` of those who are out by an outage that is open, or ended without saying more of them."""

    @classmethod
    def of(cls, lines: Sequence[MembershipLine], number: Mapping[str, int], network: Network) -> Self:
        """Lay records, in their order; `number` has the outages."""
        counts = [len(line.usage_points) for line in lines]
        outage = np.repeat(np.array([number.get(line.outage_id, -1) for line in lines], np.int64), counts)
        points = network.point_position[_joined([line.usage_points for line in lines])].astype(np.int64)
        out_at, at = _joined([line.out_at for line in lines]), _joined([line.at for line in lines])
        changes = np.array([change for line in lines for change in line.changes], np.str_)
        pairs = (outage * len(network.point_ids) + points)[::-1]
        last = len(pairs) - 1 - np.sort(np.unique(pairs, return_index=True)[1])
        kept = last[np.isin(changes[last], INTERRUPTIONS)]
        back_at = np.where(changes[kept] == GAINED, NEVER, at[kept])
        return cls(points[kept], outage[kept], out_at[kept], back_at)


def read_ledger(path: Path) -> list[MembershipLine] | None:
    """Read the ledger of a replay; None where an older one wrote none. Raises `FaultsError`."""
    if not path.exists():
        return None
    try:
        return msgspec.json.Decoder(MembershipLine).decode_lines(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"{path} is no output of a replay: {error}; replay again"]) from None


def _joined(columns: list[list[int]]) -> NDArray[np.int64]:
    return np.array([value for column in columns for value in column], np.int64)
