"""Topic files as one Bytewax source: always on from the file whose log time lags most.

Delivery: the snapshot holds each file's place and the state of its origin, so a resumed run reads on with the next
line, no line twice and none left out. What stands ahead of the slowest file, and waits downstream, is a batch a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from adapters.files.lines import LineReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.files.topics import TopicFile

Item = TypeVar("Item")
State = dict[str, tuple[int, bool, Any]]
"""By topic: the place in the file, whether the end was said, and the state of the origin (built-in types only)."""

PARTITION: Final = "00000"


class Origin(Protocol[Item]):
    """What turns the lines of one file into items, and knows how far the file's log time has come."""

    @property
    def watermark(self) -> int:
        """Milliseconds; no line to come has a log time below it."""

    def take(self, lines: Sequence[bytes], *, last: bool) -> list[Item]:
        """Turn the next lines of the file into items; `last` says that no line is left."""

    def snapshot(self) -> Any:  # noqa: ANN401
        """Give the state in built-in types, from which the origin is built again."""


class FileSource(FixedPartitionedSource[Item, State], Generic[Item]):
    """Reads the files of several topics; one partition owns them all, because they are read in step."""

    def __init__(
        self, files: Sequence[TopicFile], batch_size: int, build_origin: Callable[[str, Any], Origin[Item]]
    ) -> None:
        """Take `batch_size` lines at once; `build_origin` is given the topic and a snapshot or None."""
        self._files = files
        self._batch_size = batch_size
        self._build_origin = build_origin
        self.reader: FileReader[Item] | None = None
        """The partition while it runs, for whoever shows progress."""

    @override
    def list_parts(self) -> list[str]:
        return [PARTITION]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: State | None) -> FileReader[Item]:
        states = resume_state or {}
        started = [_Reading(file, states.get(file.topic), self._build_origin) for file in self._files]
        self.reader = FileReader(started, self._batch_size)
        return self.reader


class FileReader(StatefulSourcePartition[Item, State]):
    """The one partition of a `FileSource`. Reading raises `UnreadableFileError` where a file breaks off."""

    def __init__(self, files: Sequence[_Reading[Item]], batch_size: int) -> None:
        self._files = files
        self._batch_size = batch_size

    @override
    def next_batch(self) -> list[Item]:
        open_files = [file for file in self._files if not file.ended]
        if not open_files:
            raise StopIteration
        lagging = min(open_files, key=lambda file: (file.origin.watermark, file.topic))
        return lagging.take(self._batch_size)

    @override
    def snapshot(self) -> State:
        return {file.topic: (file.lines.position, file.ended, file.origin.snapshot()) for file in self._files}

    @override
    def close(self) -> None:
        for file in self._files:
            file.lines.close()

    def bytes_read(self) -> int:
        """How many bytes on disk have been read, over all files."""
        return sum(file.lines.bytes_read for file in self._files)

    def watermark(self) -> int | None:
        """Give the smallest watermark of the files that have not ended, in milliseconds; None when all have."""
        return min((file.origin.watermark for file in self._files if not file.ended), default=None)


class _Reading(Generic[Item]):
    """One file under way: the reader, its origin, and whether the end has been said."""

    def __init__(
        self,
        file: TopicFile,
        state: tuple[int, bool, Any] | None,
        build_origin: Callable[[str, Any], Origin[Item]],
    ) -> None:
        position, self.ended, origin = state or (0, False, None)
        self.topic = file.topic
        self.lines = LineReader(file.path, position)
        self.origin = build_origin(file.topic, origin)

    def take(self, number: int) -> list[Item]:
        lines = self.lines.read(number)
        self.ended = self.lines.at_end()
        return self.origin.take(lines, last=self.ended)
