"""What a connector has surely handed on: by system, the moment up to which all that was heard of it stands on Kafka.

After a kill the next process knows from it where a gap begins. It is written in one step; one that cannot be read is
said so and counts as none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.files.whole import write_whole
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME: Final = "checkpoint.json"
FORMAT: Final = 1


class Checkpoint:
    """The checkpoint of one connector."""

    def __init__(self, folder: Path, connector: str) -> None:
        """Keep it in a folder, which is made. Raises `FaultsError` where that cannot be."""
        self._path = folder / NAME
        self._connector = connector
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FaultsError([f"state {folder}: cannot be made ({error.strerror}); give another folder"]) from error
        if not os.access(folder, os.W_OK):
            raise FaultsError([f"state {folder}: cannot be written; give another folder, or the right to write"])

    def read(self) -> dict[str, int]:
        """Give the moments by system, milliseconds; none at the first start.

        Raises `FaultsError` for one that is damaged or of another connector: a gap would go untold.
        """
        try:
            found: Any = orjson.loads(self._path.read_bytes())
            marks = {str(name): int(at) for name, at in found["marks"].items()}
            connector, version = found["connector"], found["format"]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise FaultsError([f"{self._path}: cannot be read ({error.strerror}); make it readable"]) from error
        except (ValueError, TypeError, KeyError, AttributeError):
            remedy = "remove it, and the time since the last run counts as the first start does: no gap is declared"
            raise FaultsError([f"{self._path}: is damaged; {remedy}"]) from None
        if (connector, version) != (self._connector, FORMAT):
            remedy = "give each connector a folder of its own"
            raise FaultsError([f"{self._path}: is of connector {connector!r}, format {version}; {remedy}"])
        return marks

    def write(self, marks: Mapping[str, int]) -> None:
        """Keep the moments, whole or not at all."""
        document = {"connector": self._connector, "format": FORMAT, "marks": dict(marks)}
        write_whole(self._path, orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
