"""Tables from outside on their way into a flow's log: how a record of one is read, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.contracts.outputs.dead_letter import Disposition

    ReadTable = Callable[[str, bytes | None], "Taken"]
    """Reads a record's key and value. Raises `RefusedRecordError`."""

BEGIN, END = "begin", "end"
"""What stands in the log, for all, before and after a table that is told as a whole: what does not come is gone."""


class Passed(NamedTuple):
    """A record that goes on to another topic, which drops what comes twice."""

    topic: str
    key: str
    value: bytes
    at: int
    """Its time, milliseconds since the epoch."""


class Taken(NamedTuple):
    """What is taken of a record."""

    key: str
    """By which it has its partition of the log."""
    said: Any
    """What the flow is to know, in JSON's types; None: nothing."""
    passed: tuple[Passed, ...] = ()
    everywhere: bool = False
    """Whether all partitions of the log are to know it, whatever its key; nothing of it is passed on."""


class RefusedRecordError(ValueError):
    """A record that cannot be read, told without a word of what stands in it."""

    def __init__(self, reason: str, disposition: Disposition = "schema", instead: Taken | None = None) -> None:
        """`instead` is taken all the same."""
        super().__init__(reason)
        self.disposition, self.instead = disposition, instead
