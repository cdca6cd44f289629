"""A version of the network in force from an instant on, in place of those that the log releases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.kafka.connectors.evidence_source import EvidenceRecord
    from models.outages.engine import Engine


class OtherVersion:
    """Stands between the log of a partition and its engine."""

    def __init__(self, engine: Engine, version: str, begin: int) -> None:
        """`begin` is a whole second, in milliseconds; an engine that has lived through nothing is of the version."""
        self._engine, self._version, self._begin = engine, version, begin
        self._begun = engine.state.watermarks.last_instant == 0

    def take(self, item: EvidenceRecord) -> EvidenceRecord:
        """Give a record as the engine is to take it: without a release of what would be in force later.

        Nothing from `begin` on is complete before a watermark lies there: that is early enough.
        """
        if not self._begun and any(batch.watermark >= self._begin for batch in item.record.batches):
            self._begun = True
            state = self._engine.state
            pending = state.releases.pending
            if (pending[-1].version if pending else state.partition.network.version) != self._version:
                self._engine.release(self._version, self._begin)
        release = item.record.release
        if release is not None and (self._begun or release[1] >= self._begin):
            return item._replace(record=replace(item.record, release=None))
        return item
