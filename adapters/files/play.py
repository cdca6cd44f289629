"""Topic files played: the lines of all topics in the order of their log time, as a log would have taken them in."""

from __future__ import annotations

import heapq
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from adapters.files.lines import LineReader
from models.decoding.cut_line import CutLine
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from adapters.files.topics import TopicFile
    from models.network.network import Network

LINES_AT_ONCE = 5_000


class Played(NamedTuple):
    """A line at its turn; `value` None says that the topic's file has ended."""

    log_time: int
    """Milliseconds: the largest `received_at` of the file's accepted lines up to this one, 0 before the first."""
    place: int
    """Of the file among the files."""
    number: int
    """Of the line in its file, from 0, blank lines counted."""
    value: bytes | None


class Playback:
    """The files of some topics, open from `with` to its end. Reading raises `UnreadableFileError`."""

    def __init__(self, files: Sequence[TopicFile], network: Network) -> None:
        """Take the network by which ingest says which lines it accepts."""
        self.topics = [file.topic for file in files]
        self.too_long = 0
        """Lines that were left out: no raw topic takes a record of their size."""
        self._files = files
        self._network = network
        self._readers: list[LineReader] = []
        self._stack = ExitStack()

    def lines(self) -> Iterator[Played]:
        """Give all lines in the order of their log time; those of one file stay in their order."""
        return heapq.merge(*(self._lines(place, reader) for place, reader in enumerate(self._readers)))

    def bytes_to_read(self) -> int:
        """Give the size on disk of all files."""
        return sum(file.path.stat().st_size for file in self._files)

    def bytes_read(self) -> int:
        """How much of them has been read."""
        return sum(reader.bytes_read for reader in self._readers)

    def _lines(self, place: int, reader: LineReader) -> Iterator[Played]:
        origin = FileOrigin(OriginReader(self._network, self.topics[place]))
        number, ended = 0, False
        while not ended:
            lines = reader.read(LINES_AT_ONCE)
            ended = reader.at_end()
            judged, times = origin.take_times(lines, last=ended)
            for log_time, line in zip(times.tolist(), judged, strict=True):
                if isinstance(line, CutLine):
                    self.too_long += 1
                else:
                    yield Played(log_time, place, number, line)
                number += 1
        yield Played(origin.log_time, place, number, None)

    def __enter__(self) -> Self:
        self._readers = [self._stack.enter_context(LineReader(file.path)) for file in self._files]
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()
