"""An OAuth token in a file that somebody else renews, such as a Kubernetes projected token."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING

import orjson

from adapters.kafka.connection.log import CLIENT_LOG
from adapters.kafka.connection.secret_file import read_secret

if TYPE_CHECKING:
    from pathlib import Path


def token_callback(path: Path, _config: str) -> tuple[str, float]:
    """Return what `read_token` does, and log what it raises: a client's `oauth_cb`.

    A client calls it in a thread of its own: at first, when four fifths of a token's time are over, and ten seconds
    after it has raised. It says nothing about what was raised.
    """
    try:
        return read_token(path)
    except (OSError, ValueError) as error:
        CLIENT_LOG.error("the token in %s cannot be used: %s", path, getattr(error, "strerror", None) or error)
        raise


def read_token(path: Path) -> tuple[str, float]:
    """Return the JWT and when it ends, in seconds since 1970.

    Raises `OSError`, and `ValueError` if there is no token that is good now.
    """
    token = read_secret(path)
    end = _end(token)
    if end <= time.time():  # noqa: TID251, a token ends by the wall clock
        raise ValueError("has a token that has ended; whoever renews it is late")
    return token, end


def _end(token: str) -> float:
    try:
        payload = token.split(".")[1]
        return float(orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])
    except (LookupError, TypeError, ValueError):
        raise ValueError("has no JWT with an end (exp)") from None  # the error may have the token
