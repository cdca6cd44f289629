"""Exchanges as they mostly are, in columns: a meter put up once, at a usage point where nobody else was put up since.

Messages of such meters need no look at a history: they are joined many at once. What is no such exchange any more is
left to `hanging`, which has the say; a property test holds both to the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.columns.hash_index import index_names
from models.columns.packed_text import PackedText
from models.ingest.mounting.mountings import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.columns.hash_index import HashIndex
    from models.ingest.mounting.mountings import Mounting


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """Such exchanges, n of them, as they were when this was made."""

    meter_ids: PackedText
    index: HashIndex
    position: NDArray[np.int32]
    since: NDArray[np.int64]
    log_time: NDArray[np.int64]
    partition: NDArray[np.int64]
    offset: NDArray[np.int64]
    holds: NDArray[np.bool_]
    """Which of them are still so."""
    by_name: Mapping[tuple[str, str], int]
    """Of meters and usage points, their places here."""

    @classmethod
    def of(cls, mountings: Sequence[Mounting], position: NDArray[np.int32]) -> Plain:
        """Put exchanges into columns, each with the position of its usage point."""
        names = PackedText.of([one.meter_id for one in mountings])
        columns = np.array([(one.since, *one.name, one.log_time) for one in mountings], np.int64).reshape(-1, 4)
        since, partition, offset, log_time = columns.T.copy()
        places = {named: place for place, one in enumerate(mountings) for named in subjects(one)}
        holds = np.ones(len(mountings), np.bool_)
        return cls(names, index_names(names), position, since, log_time, partition, offset, holds, places)

    def spoil(self, mountings: Iterable[Mounting]) -> None:
        """What these are about is no such exchange any more."""
        self.holds[self.spoilt_by(named for one in mountings for named in subjects(one))] = False

    def spoilt_by(self, names: Iterable[tuple[str, str]]) -> list[int]:
        """The places of meters and usage points."""
        return [self.by_name[named] for named in names if named in self.by_name]

    def find(
        self, meter_ids: PackedText, partition: int, offset: NDArray[np.int64], log_time: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Find the exchanges of meters that their messages, with these places, see; -1 none."""
        found = self.index.find_names(self.meter_ids, meter_ids)
        here = np.maximum(found, 0)
        sees = np.where(self.partition[here] == partition, self.offset[here] < offset, self.log_time[here] <= log_time)
        return np.where((found >= 0) & sees & self.holds[here], found, -1).astype(np.int32)


def subjects(mounting: Mounting) -> list[tuple[str, str]]:
    """What a mounting is about: its meter, and the usage point if there is one."""
    point = [("point", mounting.usage_point_id)] if mounting.usage_point_id != NOWHERE else []
    return [("meter", mounting.meter_id), *point]
