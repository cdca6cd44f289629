"""One digest for all that is told apart by its content: BLAKE2b, in hexadecimal digits; and bytes as letters."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing_extensions import Buffer

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = [first + second for first in _LETTERS for second in _LETTERS]


def digest(*parts: Buffer, size: int = 8) -> str:
    """Digest parts, as if they were one, into `size` bytes of two digits each."""
    whole = blake2b(digest_size=size)
    for part in parts:
        whole.update(part)
    return whole.hexdigest()


def base32(whole: bytes) -> str:
    """Write bytes in letters: base 32 of RFC 4648 in lower case, without padding."""
    bits = len(whole) * 8
    letters = -(-bits // 5)
    last = 10 * (letters // 2 + letters % 2) - 10
    number = int.from_bytes(whole) << (last + 10 - bits)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(last, -1, -10)])[:letters]
