"""Many records at once: rows that share most of what they say, as columns, until they are written.

A blackout changes a million customers at one instant; as an object each they would be gigabytes. A model says *rows*:
groups of records with what they share, and columns of what differs. They are cut into stretches and made into records
only where they go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Record = dict[str, Any]

STRETCH: Final = 5000
"""Rows that are made into records at once."""


class Column(NamedTuple):
    """Stands in what a group shares for what each row says itself."""

    name: str


class Stretch(NamedTuple):
    """Some rows in a line, n each."""

    keys: list[str]
    groups: list[int]
    times: dict[str, list[str | None]]
    """By column."""


@dataclass(frozen=True, slots=True)
class SaidRows:
    """What a model wants to be published of many keys of one output, without what the frame adds."""

    output: str
    names: Callable[[NDArray[np.int32]], list[str]]
    """Gives the keys of numbers."""
    numbers: NDArray[np.int32]
    """Of each row's key, n."""
    groups: NDArray[np.int32]
    """Of each row, index in `shared`."""
    shared: Sequence[Mapping[str, Any]]
    """What a group's records say, keys apart; with `tombstone` the keys may be forgotten."""
    times: Mapping[str, NDArray[np.int64]]
    """By column, milliseconds since the epoch, negative for null."""

    def __len__(self) -> int:
        return len(self.numbers)

    def stretches(self) -> Iterator[Stretch]:
        """Give all rows, some at a time."""
        for first in range(0, len(self), STRETCH):
            cut = slice(first, first + STRETCH)
            times = {name: time_texts(column[cut]) for name, column in self.times.items()}
            yield Stretch(self.names(self.numbers[cut]), self.groups[cut].tolist(), times)

    def select(self, chosen: NDArray[np.bool_]) -> SaidRows:
        """Give some of the rows."""
        times = {name: column[chosen] for name, column in self.times.items()}
        numbers, groups = self.numbers[chosen], self.groups[chosen]
        return SaidRows(self.output, self.names, numbers, groups, self.shared, times)

    def contents(self) -> Iterator[tuple[str, Record]]:
        """Give each key with what is said of it."""
        for stretch in self.stretches():
            for row, (key, group) in enumerate(zip(stretch.keys, stretch.groups, strict=True)):
                yield key, _filled(self.shared[group], stretch.times, row)


@dataclass(frozen=True, slots=True)
class NumberedRows:
    """Rows as they are published: what the frame adds is known."""

    said: SaidRows
    key: str
    """The field that is the record's key."""
    first: int
    """Number of the first row."""
    updated_at: str
    organisation: str

    def added(self) -> Record:
        """Give what the frame adds to each record alike."""
        return {"schema_version": 1, "organisation": self.organisation, "updated_at": self.updated_at}

    def records(self) -> Iterator[Record]:
        """Give the records one by one, a tombstone as a line of a file."""
        added = self.added()
        for sequence, (key, content) in enumerate(self.said.contents(), start=self.first):
            record = {**content, self.key: key, "sequence": sequence, "updated_at": self.updated_at}
            yield record if "tombstone" in content else record | added | {"event_id": f"{key}:{self.updated_at}"}


def time_texts(times: NDArray[np.int64]) -> list[str | None]:
    """Write milliseconds since the epoch as `format_time` does; None for those that are negative."""
    if len(times) > 1:
        some, which = np.unique(times, return_inverse=True)
        if len(some) <= len(times) // 2:  # mostly they are those of few instants
            return list(map(time_texts(some).__getitem__, which.tolist()))
    texts: list[str | None] = np.datetime_as_string(
        np.maximum(times, 0).view("M8[ms]"), unit="ms", timezone="UTC"
    ).tolist()
    if (times >= 0).all():
        return texts
    return [text if known else None for text, known in zip(texts, (times >= 0).tolist(), strict=True)]


def digest_of(content: Mapping[str, Any]) -> int:
    """Digest what a record says, without what the frame adds, into 64 bits."""
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def _filled(shared: Mapping[str, Any], times: Mapping[str, list[str | None]], row: int) -> Record:
    return {
        name: times[value.name][row]
        if isinstance(value, Column)
        else _filled(value, times, row)
        if isinstance(value, dict)
        else value
        for name, value in shared.items()
    }
