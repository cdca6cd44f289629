"""Topic files lived through without Bytewax, for what the engine says of them alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dataflows.replay.tracing import batches_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.files.source import FileSource
    from dataflows.replay.settings import Prepared
    from models.ingest.origin_reader import Ingested
    from models.outages.publishing import Published


@dataclass(slots=True)
class FilesLived:
    """A run, and how far it has come."""

    prepared: Prepared
    batches: int = 0
    last_log_time: int = 0
    """Of all topics, in milliseconds."""
    _source: FileSource[Ingested] = field(init=False)

    def __post_init__(self) -> None:
        self._source = source_of(self.prepared)

    def bytes_to_read(self) -> int:
        """Give the size of all files."""
        return sum(file.path.stat().st_size for file in self.prepared.files)

    def bytes_read(self) -> int:
        """Give how much of them has been read."""
        return self._source.reader.bytes_read() if self._source.reader else 0

    def published(self) -> Iterator[Published]:
        """Live through them."""
        engine = self.prepared.build_engine(None)
        for batch in batches_of(self._source):
            self.batches += 1
            self.last_log_time = max(self.last_log_time, batch.last_log_time)
            yield engine.advance(batch)
