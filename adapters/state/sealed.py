"""State as sealed bytes: a flipped bit in a recovery store is told, and never counted with."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

import msgspec

from models.refusal import FaultsError

_SEAL: Final = 16


class DamagedStateError(FaultsError):
    """A snapshot whose bytes are not those that were written."""


def seal(state: object) -> bytes:
    """Write a state of built-in types, with its digest before it."""
    content = msgspec.msgpack.encode(state)
    return blake2b(content, digest_size=_SEAL).digest() + content


def unseal(sealed: bytes, what: str) -> Any:  # noqa: ANN401 (whatever was sealed)
    """Read what `seal` wrote; raises `DamagedStateError` that names it."""
    content = sealed[_SEAL:]
    if blake2b(content, digest_size=_SEAL).digest() != sealed[:_SEAL]:
        fault = f"{what} is damaged; empty the state folder: the flow goes on from a checkpoint or the log"
        raise DamagedStateError([fault])
    return msgspec.msgpack.decode(content, strict=False)
