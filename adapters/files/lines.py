"""Lines of a file, plain or compressed, so many at a time and from any place.

A byte order mark at the beginning is passed over. However long a line is, little of it is held: over `LONGEST` bytes it
is a `CutLine`, with the digest of the whole.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from adapters.files.compression import BLOCK, compressed, decompressed, reading
from models.decoding.cut_line import KEPT, LONGEST, CutLine

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

MOST_BYTES: Final = 32 << 20
"""Lines can be megabytes long: a batch ends here, however many lines were asked for."""


class LineReader:
    """The lines of one file in order. All methods raise `UnreadableFileError` where the file breaks off."""

    def __init__(self, path: Path, position: int = 0) -> None:
        """Open the file at a place that `position` gave before."""
        self._path = path
        self.position = position
        """Where the next line starts, in bytes of the uncompressed content."""
        self.bytes_read = 0
        """How far into the file on disk the reader has come, what it has read ahead included."""
        self._whole: list[bytes] = []
        """Lines that are read, without their ends."""
        self._next = 0
        """Which of them is given next."""
        self._begun = b""
        """What is read behind them, mostly a part of the next line."""
        self._reached = position
        """Up to where the content is read."""
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
            while len(lines) < number and self.position - start < MOST_BYTES and self._has_next():
                some = self._whole[self._next : self._next + number - len(lines)]
                self._next += len(some)
                self.position = min(self.position + _size(some), self._reached)
                if start == 0 and not lines:
                    some[0] = _without_mark(some[0])
                lines += some
            self.bytes_read = self._raw.tell()
        return lines

    def beginning(self) -> bytes:
        """Give some of what comes next, without reading on; nothing at the end of the file."""
        with reading(self._path):
            return self._content.peek(1)[:BLOCK]

    def at_end(self) -> bool:
        """Whether no line is left."""
        with reading(self._path):
            return self._next == len(self._whole) and not self._begun and not self._content.peek(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._content.close()
        self._raw.close()

    def _has_next(self) -> bool:
        """Read on until a line is whole; false at the end of the file."""
        while self._next == len(self._whole):
            lines, feed, rest = self._begun.rpartition(b"\n")
            if feed:
                self._take(lines.split(b"\n"), rest)
            elif len(self._begun) > LONGEST:
                self._whole, self._next = [self._cut()], 0
            elif block := self._block():
                self._begun += block
            elif self._begun:  # the last line has no line feed
                self._take([self._begun], b"")
            else:
                return False
        return True

    def _take(self, lines: list[bytes], rest: bytes) -> None:
        if len(lines[0]) > LONGEST:  # no other one can be: a block is no longer
            lines[0] = CutLine.of(lines[0], len(lines[0]), sha256(lines[0]).hexdigest())
        self._whole, self._next, self._begun = lines, 0, rest

    def _cut(self) -> CutLine:
        """Read a long line to its end, holding a block of it at a time."""
        kept, length, digest = self._begun[:KEPT], len(self._begun), sha256(self._begun)
        self._begun = b""
        while block := self._block():
            part, feed, self._begun = block.partition(b"\n")
            length += len(part)
            digest.update(part)
            if feed:
                break
        return CutLine.of(kept, length, digest.hexdigest())

    def _block(self) -> bytes:
        block = self._content.read(BLOCK)
        self._reached += len(block)
        return block

    def _skip(self, size: int) -> None:
        if not compressed(self._path):
            self._content.seek(size)
            return
        while size and (block := self._content.read(min(size, BLOCK))):
            size -= len(block)


def _without_mark(line: bytes) -> bytes:
    """Give a file's first line without the mark that some editors write before it."""
    return line if isinstance(line, CutLine) else line.removeprefix(BOM_UTF8)


def _size(lines: list[bytes]) -> int:
    """Give the size of lines in their file. Only the first one can be cut."""
    cut = lines[0].length - len(lines[0]) if isinstance(lines[0], CutLine) else 0
    return sum(map(len, lines)) + len(lines) + cut
