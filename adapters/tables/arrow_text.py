"""Packed texts to and from Arrow, without copying the text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.columns.packed_text import PackedText
from models.network.tables import Categories


def to_arrow(names: PackedText) -> pa.LargeStringArray:
    """See texts as an Arrow array, where an empty one is null."""
    present = np.packbits(names.lengths() > 0, bitorder="little")
    return pa.LargeStringArray.from_buffers(
        len(names), pa.py_buffer(names.offsets), pa.py_buffer(names.blob), pa.py_buffer(present)
    )


def from_arrow(column: pa.Array) -> PackedText:
    """Take an Arrow array of type `large_string`; null becomes the empty text."""
    full = column.fill_null("")
    _, offsets, blob = full.buffers()
    ends = np.frombuffer(offsets, np.int64, len(full) + 1, full.offset * 8) if len(full) else np.zeros(1, np.int64)
    text = np.frombuffer(blob, np.uint8) if blob is not None and blob.size else np.empty(0, np.uint8)
    return PackedText(text[ends[0] : ends[-1]], ends - ends[0])


def categories(names: PackedText) -> Categories:
    """Code texts in the order of their first appearance; an empty text is none."""
    coded = to_arrow(names).dictionary_encode()
    return Categories(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), from_arrow(coded.dictionary))


def replace_invalid(names: PackedText) -> tuple[PackedText, list[int]]:
    """Return texts that are proper UTF-8, and the rows that were not."""
    try:
        to_arrow(names).validate(full=True)
    except pa.ArrowInvalid:
        raw = [names.blob[start:end].tobytes() for start, end in zip(names.offsets, names.offsets[1:], strict=False)]
        texts = [text.decode("utf-8", "replace") for text in raw]
        invalid = [row for row, text in enumerate(texts) if text.encode() != raw[row]]
        return PackedText.of(texts), invalid
    return names, []
