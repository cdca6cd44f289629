"""A secret in a file, as Docker, Kubernetes and systemd give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_secret(path: Path) -> str:
    """Return a file's text without the line's end after it; raises `OSError`, and `ValueError` if there is no text."""
    try:
        secret = path.read_bytes().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None  # the error has the bytes
    if not secret:
        raise ValueError("is empty")
    return secret
