"""Many texts in two arrays, instead of an object for each: five million ids cost their bytes and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, overload

import numpy as np

from models.columns.compiled import compiled, read_only

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

SPARSE: Final = 4
"""Texts that take less than one byte in so many of those around them are read one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedText(Sequence[str]):
    """An immutable sequence of n texts; text i is `blob[offsets[i]:offsets[i + 1]]` in UTF-8.

    Both arrays may lie in a memory-mapped file; they are seen read only here.
    """

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    """n + 1 entries, never falling."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "blob", read_only(self.blob))
        object.__setattr__(self, "offsets", read_only(self.offsets))

    @classmethod
    def of(cls, texts: Iterable[str]) -> PackedText:
        """Pack texts, whatever they hold; a lone surrogate is kept as it is and equals no proper text."""
        texts = texts if isinstance(texts, list | tuple) else list(texts)
        joined = "".join(texts)
        if joined.isascii():  # characters are bytes: one encoding for all
            blob, lengths = joined.encode(), map(len, texts)
        else:
            encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
            blob, lengths = b"".join(encoded), map(len, encoded)
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(np.fromiter(lengths, np.int64, len(texts)), out=offsets[1:])
        return cls(np.frombuffer(blob, np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        return iter(self.take(np.arange(len(self))))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        position = range(len(self))[index]
        start, end = self.offsets[position : position + 2].tolist()
        return str(self.blob.data[start:end], "utf-8")

    def take(self, positions: NDArray[np.integer] | Sequence[int]) -> list[str]:
        """Return the texts at many positions (none of them negative)."""
        rows = np.asarray(positions, np.int64)
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        first, last = (int(starts.min()), int(ends.max())) if len(rows) else (0, 0)
        if last - first <= SPARSE * int((ends - starts).sum()):
            whole = str(self.blob.data[first:last], "utf-8", "replace")
            if whole.isascii():  # characters are bytes: one text is cut up in half the time
                places = zip((starts - first).tolist(), (ends - first).tolist(), strict=True)
                return [whole[start:end] for start, end in places]
        blob, places = self.blob.data, zip(starts.tolist(), ends.tolist(), strict=True)
        return [str(blob[start:end], "utf-8") for start, end in places]

    def lengths(self) -> NDArray[np.int64]:
        """Return the length of each text in bytes."""
        return np.diff(self.offsets)

    def gather(self, positions: NDArray[np.integer]) -> PackedText:
        """Return the texts at many positions, packed anew."""
        offsets = np.zeros(len(positions) + 1, np.int64)
        np.cumsum(self.offsets[positions + 1] - self.offsets[positions], out=offsets[1:])
        blob = np.empty(offsets[-1], np.uint8)
        _copy_texts(self.blob, self.offsets, positions, blob)
        return PackedText(blob, offsets)

    def followed_by(self, other: PackedText) -> PackedText:
        """Return these texts and others behind them, packed anew."""
        offsets = np.concatenate([self.offsets - self.offsets[0], other.offsets[1:] - other.offsets[0] + self._size()])
        blobs = [one.blob[one.offsets[0] : one.offsets[-1]] for one in (self, other)]
        return PackedText(np.concatenate(blobs), offsets)

    def _size(self) -> int:
        return int(self.offsets[-1] - self.offsets[0])


def gather_spans(blob: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> PackedText:
    """Pack the texts that stand in some bytes, text i at `blob[start[i]:end[i]]`."""
    offsets = np.zeros(len(start) + 1, np.int64)
    np.cumsum(end - start, out=offsets[1:])
    packed = np.empty(offsets[-1], np.uint8)
    _copy_spans(blob, start, end, packed)
    return PackedText(packed, offsets)


@compiled
def _copy_spans(
    blob: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64], target: NDArray[np.uint8]
) -> None:
    written = 0
    for text in range(len(start)):
        for byte in range(start[text], end[text]):
            target[written] = blob[byte]
            written += 1


@compiled
def _copy_texts(
    blob: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    positions: NDArray[np.integer],
    target: NDArray[np.uint8],
) -> None:
    written = 0
    for position in positions:
        for byte in range(offsets[position], offsets[position + 1]):
            target[written] = blob[byte]
            written += 1
