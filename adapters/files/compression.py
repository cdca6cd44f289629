"""Files plain or compressed, opened alike for reading; a file that breaks off says so instead of seeming to end."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import zstandard

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

BLOCK: Final = 1 << 20
LARGEST_WINDOW: Final = 1 << 27
"""Bytes that a frame may ask for; the format's own tool takes no more either, unless it is told to."""
SLICE: Final = 1 << 10
"""Bytes that are decompressed at once: a block of 4 bytes can hold 128 KiB, so this becomes 32 MiB at most."""


BROKEN: Final = (EOFError, zlib.error, zstandard.ZstdError)
"""What a compressed file raises that breaks off, or is not what the end of its name says."""


class UnreadableFileError(FaultsError):
    """A file that breaks off, or is not what the end of its name says."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong inside while reading `path` into one `UnreadableFileError` that names it."""
    try:
        yield
    except (*BROKEN, OSError) as error:
        raise UnreadableFileError(
            [f"cannot read {path}: {_reason(error)}; check the file, or write it again"]
        ) from error


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason[:1].lower() + reason[1:]


def compressed(path: Path) -> bool:
    """Whether the file's name says that it is compressed."""
    return path.suffix in {".gz", ".zst"}


def decompressed(path: Path, raw: io.FileIO) -> io.BufferedReader:
    """Give the content of `raw`, opened from `path`; the name's last suffix (`.gz`, `.zst`) tells the compression."""
    match path.suffix:
        case ".gz":
            return io.BufferedReader(gzip.GzipFile(fileobj=raw), BLOCK)
        case ".zst":
            return io.BufferedReader(_ZstandardFile(raw), BLOCK)
        case _:
            return io.BufferedReader(raw, BLOCK)


class _ZstandardFile(io.RawIOBase):
    """Frames of Zstandard one after the other. The library's own reader takes a frame that breaks off for the end."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._left = b""
        self._content = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        while not self._content:
            block = self._left or self._raw.read(BLOCK // 8)
            if not block:
                if self._frame is not None:
                    message = "the compressed file ends within a frame"
                    raise EOFError(message)
                return 0
            self._content = memoryview(self._decompress(block))
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._content))
        target[:size] = self._content[:size]
        self._content = self._content[size:]
        return size

    def _decompress(self, block: bytes) -> bytes:
        frame = self._frame or self._decompressor.decompressobj()
        content = frame.decompress(block[:SLICE])
        rest = block[SLICE:]
        self._frame, self._left = (None, frame.unused_data + rest) if frame.eof else (frame, rest)
        return content
