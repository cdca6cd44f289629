"""The learned table: trees of questions about a situation, and what each of their ends adds to an estimate.

A tree asks at each of its nodes whether a field of the situation is at most a threshold. What stands at the ends that
a situation comes to is added up, by level: a level of 80 is the time by which power is back in 80 of 100 such cases.
All are whole numbers, in 1/256 of a logarithm to base 2 (`models.times.logarithms`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
import numpy as np

from models.digest import digest
from models.outages.estimate.situation import FIELDS
from models.refusal import FaultsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NODES: Final = 1_000_000
LARGEST: Final = 1 << 40
Column = list[Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]]


class TableFaultsError(FaultsError):
    """A table that cannot be used."""


class Period(msgspec.Struct, forbid_unknown_fields=True):
    """What a table was learned from. Times are ISO 8601 in UTC."""

    begins: str
    """The first outage that was published."""
    ends: str
    """The last one that was over."""
    outages: int
    passed_over: int
    """Rows without a usable beginning, publication or end."""
    zones: int


class Trees(msgspec.Struct, forbid_unknown_fields=True):
    """Nodes as columns, all trees after each other; an end has itself for both ways."""

    roots: Column
    level: Column
    """Of each tree, to which level it adds: an index of `levels`."""
    field: Column
    """Of each node, what is asked: an index of `fields`."""
    threshold: Column
    at_most: Column
    """The node behind a yes."""
    above: Column
    """The node behind a no."""
    value: Column
    """What an end adds; 0 of others."""


class Correction(msgspec.Struct, forbid_unknown_fields=True):
    """What calibration adds to each level in one case."""

    least: dict[str, Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]]
    """The situations that have at least so much of these fields."""
    situations: int
    """It was learned from."""
    add: Column


class TableFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file, whole."""

    format: Literal["faultline-estimates"]
    version: Literal[1]
    digest: str
    """Of everything else in it."""
    history: Period
    time_zone: str
    offsets: list[tuple[int, int]]
    """From when on (seconds since the epoch) the zone is how many seconds ahead of UTC."""
    fields: list[str]
    levels: Column
    """In percent, ascending."""
    base: Column
    """Of each level, what all situations begin with."""
    trees: Trees
    corrections: list[Correction]
    """The first one that fits counts."""


@dataclass(frozen=True, slots=True, eq=False)
class EstimateTable:
    """A table as arrays, ready to be applied."""

    file: TableFile
    roots: NDArray[np.int64]
    nodes: tuple[NDArray[np.int64], ...]
    """Field, threshold, at_most, above, value: N each."""
    first_tree: NDArray[np.int64]
    """Of each level, where its trees begin."""
    base: NDArray[np.int64]
    depth: int
    corrections: list[tuple[dict[str, int], NDArray[np.int64]]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of its content."""
        return self.file.digest

    def local(self, at: int) -> tuple[int, int]:
        """Give hour and weekday of a time (seconds since the epoch) in the utility's zone."""
        starts = [start for start, _ in self.file.offsets]
        place = max(int(np.searchsorted(starts, at, side="right")) - 1, 0)
        here = at + self.file.offsets[place][1]
        return here // 3600 % 24, (here // 86_400 + 3) % 7


def digest_of(file: TableFile) -> str:
    """Digest all of a file but its digest."""
    return digest(msgspec.json.encode(msgspec.structs.replace(file, digest=""), order="sorted"))


def write_table(file: TableFile) -> bytes:
    """Write a table with its digest: JSON, a field a line."""
    whole: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(file, digest=digest_of(file)))
    lines = [
        f"{msgspec.json.encode(name).decode()}:{msgspec.json.encode(value).decode()}" for name, value in whole.items()
    ]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def read_table(data: bytes, name: str) -> EstimateTable:
    """Read a table and check all of it; raises `TableFaultsError` with every fault. `name` is what messages call it."""
    try:
        file = msgspec.json.decode(data, type=TableFile)
    except msgspec.DecodeError as error:
        reason = str(error)
        raise TableFaultsError(
            [f"{name}: is no table of estimates ({reason[:1].lower()}{reason[1:]}); make one by faultline estimate fit"]
        ) from error
    if faults := _faults(file):
        raise TableFaultsError([f"{name}: {fault}; make it anew by faultline estimate fit" for fault in faults])
    return table_of(file)


def table_of(file: TableFile) -> EstimateTable:
    """Lay a file that is known to be right into arrays."""
    trees = file.trees
    columns = (trees.field, trees.threshold, trees.at_most, trees.above, trees.value)
    level = np.array(trees.level, np.int64)
    return EstimateTable(
        file,
        np.array(trees.roots, np.int64),
        tuple(np.array(column, np.int64) for column in columns),
        np.searchsorted(level, np.arange(len(file.levels) + 1)),
        np.array(file.base, np.int64),
        _depth(trees),
        [(one.least, np.array(one.add, np.int64)) for one in file.corrections],
    )


def _depth(trees: Trees) -> int:
    """How many questions the longest way asks; a question leads only to later nodes."""
    depth = [0] * len(trees.field)
    for node in range(len(depth) - 1, -1, -1):
        if trees.at_most[node] != node:
            depth[node] = 1 + max(depth[trees.at_most[node]], depth[trees.above[node]])
    return max(depth, default=0)


def _faults(file: TableFile) -> list[str]:
    trees, levels = file.trees, len(file.levels)
    nodes = len(trees.field)
    if file.digest != digest_of(file):
        return [f"its digest is {file.digest} and should be {digest_of(file)}, so something in it was changed"]
    ways = list(zip(range(nodes), trees.at_most, trees.above, strict=False))
    checks = {
        f"its fields are {', '.join(file.fields)} and not {', '.join(FIELDS)}": file.fields != list(FIELDS),
        "its levels are not ascending percentages with 10, 50 and 90": not _are_levels(file.levels),
        "its columns of nodes differ in length, or are too long": nodes > MOST_NODES
        or {len(column) for column in (trees.threshold, trees.at_most, trees.above, trees.value)} != {nodes},
        "its trees do not name their roots and levels in order": len(trees.roots) != len(trees.level)
        or trees.level != sorted(trees.level)
        or not all(0 <= level < levels for level in trees.level)
        or not all(0 <= root < nodes for root in trees.roots),
        "a question leads back, or nowhere": not all(
            yes == no == node or (node < yes < nodes and node < no < nodes) for node, yes, no in ways
        ),
        "a question is about no field": not all(0 <= asked < len(FIELDS) for asked in trees.field),
        "a level lacks its base or corrections": len(file.base) != levels
        or any(len(one.add) != levels for one in file.corrections),
        "a correction is about no field": not all({*FIELDS} >= {*one.least} for one in file.corrections),
        "its time zone has no offset, or they are not in order": not file.offsets
        or any(one >= other for (one, _), (other, _) in pairwise(file.offsets)),
    }
    return [fault for fault, found in checks.items() if found]


def _are_levels(levels: list[int]) -> bool:
    return levels == sorted({*levels}) and {10, 50, 90} <= {*levels} and levels[0] > 0 and levels[-1] < 100
