"""A replay with the engine's trace on, without Bytewax: nothing is written or resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataflows.ingest.files import raw_source
from dataflows.outages.tracing import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from adapters.files.source import FileSource
    from dataflows.replay.settings import Prepared
    from models.evidence.batch import EvidenceBatch
    from models.ingest.origin_reader import Ingested
    from models.outages.engine import Engine


def trace_files(prepared: Prepared, zones: NDArray[np.bool_]) -> Traced:
    """Live through topic files, for some zones."""
    traced = Traced(prepared.network)
    engine = prepared.build_engine(None, zones)
    with traced.tracing(engine):
        for batch in batches_of(source_of(prepared)):
            traced.take(engine, [batch], [engine.advance(batch)])
    return traced


def live_through(prepared: Prepared) -> Engine:
    """Live through topic files, and return the engine as it is then."""
    engine = prepared.build_engine(None)
    for batch in batches_of(source_of(prepared)):
        engine.advance(batch)
    return engine


def source_of(prepared: Prepared) -> FileSource[Ingested]:
    """Make what reads the topic files."""
    return raw_source(prepared.files, prepared.network, prepared.settings.batch_size, prepared.later)


def batches_of(source: FileSource[Ingested]) -> Iterator[EvidenceBatch]:
    """Give all evidence of topic files, in the order of its log time."""
    reader = source.build_part("files", source.list_parts()[0], None)
    try:
        while True:
            yield from (ingested.batch for ingested in reader.next_batch())
    except StopIteration:
        return
    finally:
        reader.close()
