"""What keeps us from a server, in words that end with what to do."""

from __future__ import annotations

import socket
from typing import Final

MOST_LETTERS: Final = 200
_MENDED: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ConnectionRefusedError, "nobody listens there; see whether the server runs, and on which port"),
    (TimeoutError, "no answer in time; see whether the server hangs, or something on the way drops what is sent"),
    (socket.gaierror, "no such host; correct the url, or see to the names"),
    (ConnectionError, "it hung up; see whether an OPC UA server answers there, and what its log says"),
    (OSError, "no way there; see to the network and the url"),
)


def words(error: BaseException) -> str:
    """Put an error into a line."""
    text = " ".join(str(error).split())[:MOST_LETTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def unreachable(error: BaseException) -> str:
    """Say why a server was not reached, and what to do; what is in words already stays as it is."""
    text = " ".join(str(error).split())
    for kind, mended in _MENDED:
        if isinstance(error, kind):
            return f"{text}: {mended}" if text else mended
    return text or type(error).__name__
