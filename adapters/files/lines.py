"""Lines of a file, plain or compressed, so many at a time and from any place."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from adapters.files.compression import BLOCK, compressed, decompressed, reading

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

MOST_BYTES: Final = 32 << 20
"""Lines can be megabytes long: a batch ends here, however many lines were asked for."""
SLICE: Final = 64
"""Lines taken before the bytes are looked at again."""


class LineReader:
    """The lines of one file in order. All methods raise `UnreadableFileError` where the file breaks off."""

    def __init__(self, path: Path, position: int = 0) -> None:
        """Open the file at a place that `position` gave before."""
        self._path = path
        self.position = position
        """Where the next line starts, in bytes of the uncompressed content."""
        self.bytes_read = 0
        """How far into the file on disk the reader has come, what it has read ahead included."""
        with reading(path):
            self._raw = path.open("rb", buffering=0)
            self._content = decompressed(path, self._raw)
            self._skip(position)

    def read(self, number: int) -> list[bytes]:
        """Give the next lines without their ends, `number` at most; none at the end of the file.

        Fewer than asked for come where lines are very long.
        """
        lines: list[bytes] = []
        start = self.position
        with reading(self._path):
            while len(lines) < number and self.position - start < MOST_BYTES:
                some = list(islice(self._content, min(SLICE, number - len(lines))))
                if not some:
                    break
                self.position += sum(map(len, some))
                lines += _without_ends(some)
            self.bytes_read = self._raw.tell()
        return lines

    def at_end(self) -> bool:
        """Whether no line is left."""
        with reading(self._path):
            return not self._content.peek(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._content.close()
        self._raw.close()

    def _skip(self, size: int) -> None:
        if not compressed(self._path):
            self._content.seek(size)
            return
        while size and (block := self._content.read(min(size, BLOCK))):
            size -= len(block)


def _without_ends(lines: list[bytes]) -> list[bytes]:
    values = [line[:-1] for line in lines]
    if not lines[-1].endswith(b"\n"):
        values[-1] = lines[-1]
    return values
