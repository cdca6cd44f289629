"""What keeps us from a server, in words that end with what to do."""

from __future__ import annotations

import socket
from typing import Final

from asyncua import ua

from adapters.opcua.guards.client import MOST_BYTES

MOST_LETTERS: Final = 200
_MENDED: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ConnectionRefusedError, "nobody listens there; see whether the server runs, and on which port"),
    (TimeoutError, "no answer in time; see whether the server hangs, or something on the way drops what is sent"),
    (socket.gaierror, "no such host; correct the url, or see to the names"),
    (ConnectionError, "it hung up; see whether an OPC UA server answers there, and what its log says"),
    (OSError, "no way there; see to the network and the url"),
)


_LARGE: Final = frozenset(
    {"BadTcpMessageTooLarge", "BadResponseTooLarge", "BadRequestTooLarge", "BadEncodingLimitsExceeded"}
)
_TOO_LARGE: Final = (
    f"it sends more at once than is taken ({MOST_BYTES >> 20} MiB); see what answers there, take nodes with so large "
    "values out of the mapping, or set items_per_call lower"
)


def words(error: BaseException) -> str:
    """Put an error into a line."""
    if isinstance(error, ua.UaStatusCodeError) and (name := ua.StatusCode(error.code).name) in _LARGE:
        return f"{_TOO_LARGE} ({name})"
    text = " ".join(str(error).split())[:MOST_LETTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def unreachable(error: BaseException) -> str:
    """Say why a server was not reached, and what to do; what is in words already stays as it is."""
    if isinstance(error, ua.UaStatusCodeError):
        return words(error)
    text = " ".join(str(error).split())
    for kind, mended in _MENDED:
        if isinstance(error, kind):
            return f"{text}: {mended}" if text else mended
    return text or type(error).__name__
