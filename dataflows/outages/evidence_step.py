"""One record of the evidence log through the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.kafka.connectors.evidence_source import EvidenceRecord
    from models.outages.engine import Engine
    from models.outages.publishing import Published


def take_record(engine: Engine, item: EvidenceRecord) -> Iterator[Published]:
    """Give what the engine publishes for a record, step by step."""
    if what := item.foreign or item.skipped_gap:
        yield engine.pass_over(item.offset, what, item.appended_at)
    for batch in item.record.batches:
        if item.skipped_gap:
            engine.skip_gap(batch)
        yield engine.advance(batch, item.appended_at, item.offset)
    if item.record.release is not None:
        engine.release(*item.record.release)
    for zone in item.record.resume_zones:
        yield engine.resume(zone, item.offset)
