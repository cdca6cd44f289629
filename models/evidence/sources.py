"""Sources by number: by which way a report came, as the column of a batch carries it.

A number is the 32-bit FNV-1a digest of the source's name, so it needs no table that travels along, and two processes
never disagree about it. Two names of one number would share their laws, which harms little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.columns.compiled import inlined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_SOURCE: Final = 0
"""Of reports that name none, as calls."""
_BASIS: Final = 2_166_136_261
_PRIME: Final = 16_777_619
_MASK: Final = 0xFFFF_FFFF


def source_number(name: str) -> int:
    """Give the number of a source."""
    digest = _BASIS
    for byte in name.encode():
        digest = (digest ^ byte) * _PRIME & _MASK
    return digest


@inlined
def source_at(blob: NDArray[np.uint8], start: int, end: int) -> int:
    """Give the number of the source whose name stands in these bytes."""
    digest = _BASIS
    for place in range(start, end):
        digest = (digest ^ int(blob[place])) * _PRIME & _MASK
    return digest
