"""Digests of a file's sections, all at once: SHA-256, which processors have in hardware, on several threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Buffer

MOST_THREADS: Final = 4


def section_digests(sections: Sequence[Buffer]) -> list[str]:
    """Digest each section into 64 hexadecimal digits; the interpreter's lock is not held meanwhile."""
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        return list(pool.map(_digest, sections))


def _digest(section: Buffer) -> str:
    return sha256(section).hexdigest()
