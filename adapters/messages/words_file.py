"""The file of words: TOML with what `models.messages.words` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.messages.words import MessageWords

if TYPE_CHECKING:
    from pathlib import Path


def read_words(path: Path | None) -> MessageWords:
    """Read a file of words; without one the built-in ones hold. Raises `FaultsError` with all wrong entries."""
    return MessageWords() if path is None else read_toml(path, MessageWords, "--words", "docs/customers.md")
