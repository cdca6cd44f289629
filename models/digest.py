"""One digest for all that is told apart by its content: BLAKE2b, in hexadecimal digits."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer


def digest(*parts: Buffer, size: int = 8) -> str:
    """Digest parts, as if they were one, into `size` bytes of two digits each."""
    whole = blake2b(digest_size=size)
    for part in parts:
        whole.update(part)
    return whole.hexdigest()
