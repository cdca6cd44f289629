"""Losses of several sources, instant by instant: a function of the outages' current states alone.

Partitions know their zones only, and each tells of the loss at its own head. What began together in several zones, more
of them than begin together by chance, is one group, and stays so while its outages began together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from models.digest import base32
from models.losses.heads import TOGETHER, Head, chance, is_rare, recently
from models.losses.output import OUTAGE_GROUPS, SOURCE_LOSSES
from models.timeline.moment import Followed, Said
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TELL: Final = 60_000
"""Numbers of customers are told at most so often (ms); outages that come or go, or end, at once."""


@dataclass(slots=True)
class Group:
    """Outages that began together."""

    group_id: str
    chance: float
    members: list[str] = field(default_factory=list)
    published_at: int = 0
    published: list[Any] = field(default_factory=list)
    """Outages and status of its last record."""
    changed: bool = True


class Losses:
    """All groups: the log has one key, so they are one partition's."""

    def __init__(self, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nothing, or with what `save` gave."""
        self._heads: dict[str, Head] = {}
        self._groups: dict[str, Group] = {}
        if saved:
            self._heads = {name: Head(*fields) for name, fields in saved["heads"].items()}
            self._groups = {name: Group(**fields) for name, fields in saved["groups"].items()}
        self._group_of = {name: group for group in self._groups.values() for name in group.members}

    def due(self) -> int | None:
        """Give the instant (ms) at which numbers that have changed are told."""
        return min((group.published_at + TELL for group in self._groups.values() if group.changed), default=None)

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Take states of outages at an instant (ms), in order, and say what there is to say then."""
        before = {name: group.group_id for name, group in self._group_of.items()}
        for followed in records:
            self._take(followed.record)
        for outage_id in dict.fromkeys((*(followed.record[0] for followed in records), *before)):
            if outage_id in self._heads and outage_id not in self._group_of:
                self._find(self._heads[outage_id])
        now = {name: group.group_id for name, group in self._group_of.items()}
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) != now.get(name):
                named = {"outage_id": name} | ({"group_id": now[name]} if name in now else {})
                yield Said(OUTAGE_GROUPS.name, named, gone=name not in now)
        for group in sorted(self._groups.values(), key=lambda one: one.group_id):
            yield from self._tell(group, instant)

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {
            "heads": {name: list(head) for name, head in self._heads.items()},
            "groups": {name: asdict(group) for name, group in self._groups.items()},
        }

    def _take(self, row: Sequence[Any]) -> None:
        """Put what is said of an outage in the place of what was said before, if it is at a head still."""
        name, group = row[0], self._group_of.get(row[0])
        if len(row) == 1:
            self._heads.pop(name, None)
        else:
            self._heads[name] = Head(*row)
        if group is not None:
            group.changed = True
            self._review(group)

    def _review(self, group: Group) -> None:
        """Keep the most zones' that began together; if they are of one zone only, it is no group."""
        heads = sorted((self._heads[name] for name in group.members if name in self._heads), key=lambda one: one.order)
        left = max((_together(heads, first) for first in heads), key=_zones, default=[])
        self._put(group, [one.outage_id for one in left] if _zones(left) > 1 else [])

    def _put(self, group: Group, members: list[str]) -> None:
        for name in group.members:
            del self._group_of[name]
        group.members, group.changed = members, True
        self._group_of.update(dict.fromkeys(members, group))

    def _find(self, head: Head) -> None:
        """Find the group of a head that has none."""
        for group in sorted(self._groups.values(), key=lambda one: one.group_id):
            starts = [head.started_at, *(self._heads[name].started_at for name in group.members)]
            if group.members and max(starts) - min(starts) <= TOGETHER:
                self._put(group, [*group.members, head.outage_id])
                return
        near = [one for one in self._heads.values() if abs(one.started_at - head.started_at) <= TOGETHER]
        free = sorted((one for one in near if one.outage_id not in self._group_of), key=lambda one: one.order)
        for first in free:
            some = _together(free, first)
            if head in some and self._found(some):
                return

    def _found(self, some: list[Head]) -> bool:
        """Make a group of heads, if so many zones' at once are no chance."""
        if _zones(some) < 2:
            return False
        recent = recently((one.started_at for one in self._heads.values()), some[0].started_at)
        by_chance = chance(_zones(some) - 1, recent)
        if not is_rare(by_chance):
            return False
        names = [one.outage_id for one in some]
        group_id = base32(blake2b("".join(names).encode(), digest_size=16).digest())
        group = self._groups[group_id] = Group(group_id, by_chance[0] / by_chance[1])
        self._put(group, names)
        return True

    def _tell(self, group: Group, instant: int) -> Iterator[Said]:
        heads = sorted((self._heads[name] for name in group.members), key=lambda one: one.order)
        if not heads:
            del self._groups[group.group_id]
            if group.published:
                yield Said(SOURCE_LOSSES.name, {"group_id": group.group_id}, gone=True)
            return
        status = "open" if any(one.is_open for one in heads) else "over"
        known = [status, *(one.outage_id for one in heads)]
        if not group.changed or (known == group.published and instant < group.published_at + TELL):
            return
        group.changed, group.published, group.published_at = False, known, instant
        yield Said(
            SOURCE_LOSSES.name,
            {
                "group_id": group.group_id,
                "status": status,
                "started_at": format_time(heads[0].started_at),
                "chance": group.chance,
                "zone_ids": sorted({one.zone_id for one in heads}),
                "outages": [
                    {
                        "outage_id": one.outage_id,
                        "zone_id": one.zone_id,
                        "device_id": one.device_id,
                        "started_at": format_time(one.started_at),
                    }
                    for one in heads
                ],
                "customers_out": sum(one.customers_out for one in heads),
                "customers_affected": sum(one.customers_affected for one in heads),
            },
        )


def _together(heads: Sequence[Head], first: Head) -> list[Head]:
    """Give those of heads, in their order, that began with one of them or after it, but together with it."""
    return [one for one in heads if first.order <= one.order and one.started_at <= first.started_at + TOGETHER]


def _zones(heads: Sequence[Head]) -> int:
    return len({one.zone_id for one in heads})
