"""Outages that gain, lose, restore and hand over usage points at random, as the engine may say it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from adapters.kafka.records.followed_record import RecordReader
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, ZONE_HEALTH
from models.timeline.moment import Followed
from models.times.iso8601 import format_time
from tests.worlds.lifecycles import name_of, revision

READERS = {topic: RecordReader(output_of(topic)) for topic in (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, ZONE_HEALTH)}
Entry = tuple[int, str, int, int, str | None]
"""Usage point, change, out_at, at, other."""
WORK = {
    "work_id": "w1", "kind": "maintenance", "device_id": "n0",
    "planned_from": "2026-07-01T10:00:00.000Z", "planned_to": "2026-07-01T16:00:00.000Z",
}  # fmt: skip
HELD: dict[str, Any] = {"acknowledged_at": None, "publication_held": True, "disputed_by": [], "commands": []}
CREW = {"crew_id": "c1", "kind": "line", "status": "en_route", "at": "2026-07-01T10:00:00.000Z", "eta": None}


@dataclass
class Town:
    """Two zones of ten points each; one point is out by one outage at most."""

    draw: random.Random
    now: int = 0
    """Milliseconds since the epoch."""
    owner: dict[int, int] = field(default_factory=dict)
    out_at: dict[int, int] = field(default_factory=dict)
    returned: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By point, the outage that restored it last and when."""
    ever: dict[int, dict[int, int]] = field(default_factory=dict)
    """By outage and point, when it was restored."""
    removed: set[int] = field(default_factory=set)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    aside: set[int] = field(default_factory=set)
    health: Counter[int] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    _entries: dict[int, list[Entry]] = field(default_factory=dict)
    _busy: set[int] = field(default_factory=set)

    def step(self, now: int) -> list[tuple[str, dict[str, Any]]]:
        """What an instant says: records by topic, in order of topic and sequence."""
        self.now, self._entries, self._busy = now, {}, set()
        acts = [self.begin, self.begin, self.restore, self.restore, self.lose, self.hand_over, self.end, self.regain]
        acts += [self.correct, *[self.promise] * 3, self.revise, self.revise, self.leave]
        for act in self.draw.choices(acts, k=self.draw.randint(0, 4)):
            act()
        order = self.draw.sample(sorted(self._entries), len(self._entries))
        said = [(OUTAGE_LIFECYCLE, self._revision(outage)) for outage in order]
        said += [(OUTAGE_MEMBERSHIP, self._ledger(outage)) for outage in order if self._entries[outage]]
        return said + self._health()

    def begin(self) -> None:
        zone = self.draw.randint(0, 1)
        if zone in self.aside:
            return
        known = [one for one in self._open() if one % 2 == zone and self._is_free(one)]
        number = max(self.facts, default=0) // 2 * 2 + 2 + zone
        if known and self.draw.random() < 0.3:
            number = self.draw.choice(known)
        self.facts.setdefault(number, {"revision": 0})
        for point in self._some(set(range(10 * zone, 10 * zone + 10)) - self.owner.keys() - self.removed):
            since = self.returned[point][1] + 1 if point in self.returned else 0
            self._gain(number, point, max(since, self.now - self.draw.randint(0, 5000)))
        self._touch(number)

    def restore(self) -> None:
        if (number := self._pick()) is None:
            return
        change = self.draw.choice(["restored_confirmed", "restored_inferred"])
        for point in self._some(self._members(number)):
            at = max(self.out_at[point], self.now - self.draw.randint(0, 3000))
            self._note(number, (point, change, self.out_at[point], at, None))
            self._return(number, point, at)
        if not self._members(number):
            self.facts[number] |= {"status": "restored", "restored_at": format_time(self.now)}

    def lose(self) -> None:
        if (number := self._pick()) is None:
            return
        whole = self.draw.random() < 0.4
        if whole:
            self.facts[number] |= {"status": "cancelled"}
        for point in self._members(number) if whole else self._some(self._members(number)):
            self._note(number, (point, "lost", self.out_at[point], self.now, None))
            del self.owner[point]

    def hand_over(self) -> None:
        number = self._pick()
        heirs = [one for one in self._open() if number is not None and one != number and one % 2 == number % 2]
        heirs = [one for one in heirs if one not in self._busy]
        if number is None or not heirs:
            return
        heir, merged = self.draw.choice(heirs), self.draw.random() < 0.4
        self._touch(heir)
        for point in self._members(number) if merged else self._some(self._members(number)):
            self._note(number, (point, "transferred", self.out_at[point], self.now, name_of(heir)))
            if self.draw.random() < 0.3:  # it is back as soon as it is the heir's
                self._note(heir, (point, "restored_confirmed", self.out_at[point], self.now, None))
                self._return(heir, point, self.now)
            else:
                self._gain(heir, point, self.out_at[point], name_of(number))
        if merged:
            self.facts[number] |= {"status": "merged", "merged_into": name_of(heir)}

    def end(self) -> None:
        """By other rules: the ledger says no more of it."""
        if (number := self._pick()) is None or self.draw.random() < 0.5:
            return
        self.facts[number] |= {"status": "restored", "restored_at": format_time(self.now)}
        for point in self._members(number):
            self._return(number, point, self.now)

    def regain(self) -> None:
        """It was told to be back and is not, or is out once more."""
        if (number := self._pick()) is None:
            return
        for point, (by, at) in sorted(self.returned.items()):
            if by == number and point not in self.owner and point not in self.removed:
                wrong = self.draw.random() < 0.5
                self._gain(number, point, self.out_at[point] if wrong else max(self.now, at + 1))

    def correct(self) -> None:
        """A restoration was earlier than it was said."""
        over = [one for one, facts in self.facts.items() if facts.get("status") == "restored" and self._is_free(one)]
        if not over:
            return
        number = self.draw.choice(over)
        self._touch(number)
        for point, at in sorted(self.ever.get(number, {}).items()):
            mine = self.returned.get(point, (0, 0))[0] == number and point not in self.owner
            if point not in self.removed:
                earlier = max(self.out_at[point], at - self.draw.choice([0, 700])) if mine else at
                self._note(number, (point, "restored_confirmed", self.out_at[point] if mine else at, earlier, None))
                self.ever[number][point] = earlier
                self.returned |= {point: (number, earlier)} if mine else {}

    def revise(self) -> None:
        if (number := self._pick()) is None:
            return
        facts: list[dict[str, Any]] = [{"crews": [CREW]}, {"planned": WORK}, {"evidence": "confirmed"}]
        facts += [{"etr_public": None, "etr_stage": "assessing"}, {"degraded": True}, {"sustained_at": None}]
        facts += [{"operators": HELD}, {"operators": None}]
        self.facts[number] |= self.draw.choice(facts)

    def promise(self) -> None:
        if (number := self._pick()) is not None:
            soon = self.draw.randint(self.now // 60_000 + 1, self.now // 60_000 + 30) * 60_000
            self.facts[number] |= {"etr_public": format_time(soon), "etr_stage": "outage"}

    def leave(self) -> None:
        if (number := self._pick()) is None or self.draw.random() < 0.2:
            return
        for point in self._some(self._members(number))[:1]:
            self._note(number, (point, "removed", self.out_at[point], self.now, None))
            self.removed.add(point)
            del self.owner[point]

    def _open(self) -> list[int]:
        return [one for one, facts in self.facts.items() if "status" not in facts]

    def _is_free(self, number: int) -> bool:
        return number not in self._busy and number % 2 not in self.aside

    def _pick(self) -> int | None:
        free = [one for one in self._open() if self._is_free(one)]
        if not free:
            return None
        number = self.draw.choice(free)
        self._touch(number)
        return number

    def _touch(self, number: int) -> None:
        self._busy.add(number)
        self._entries.setdefault(number, [])

    def _members(self, number: int) -> list[int]:
        return sorted(point for point, owner in self.owner.items() if owner == number)

    def _some(self, points: Any) -> list[int]:
        return sorted(self.draw.sample(sorted(points), self.draw.randint(0, min(len(points), 6))))

    def _gain(self, number: int, point: int, out_at: int, other: str | None = None) -> None:
        self.owner[point], self.out_at[point] = number, out_at
        self._note(number, (point, "gained", out_at, out_at, other))

    def _return(self, number: int, point: int, at: int) -> None:
        self.returned[point] = (number, at)
        self.ever.setdefault(number, {})[point] = at
        del self.owner[point]

    def _note(self, number: int, entry: Entry) -> None:
        self._touch(number)
        self._entries[number].append(entry)

    def _revision(self, number: int) -> dict[str, Any]:
        facts = self.facts[number]
        facts["revision"] += 1
        one = revision(number, self.now // 1000, self._next(OUTAGE_LIFECYCLE), **facts)
        return one | {"event_id": f"{name_of(number)}:{facts['revision']}", "zone_id": f"z{number % 2}"}

    def _ledger(self, number: int) -> dict[str, Any]:
        points, changes, out_at, at, others = map(list, zip(*self._entries[number], strict=True))
        return {
            "event_id": f"{name_of(number)}:{self.facts[number]['revision']}", "schema_version": 1,
            "organisation": "test", "sequence": self._next(OUTAGE_MEMBERSHIP), "outage_id": name_of(number),
            "revision": self.facts[number]["revision"], "zone_id": f"z{number % 2}", "network_version": "v",
            "updated_at": format_time(self.now), "part": 1, "parts": 1, "usage_points": points, "changes": changes,
            "out_at": out_at, "at": at, "others": others,
        }  # fmt: skip

    def _health(self) -> list[tuple[str, dict[str, Any]]]:
        if self.draw.random() < 0.9:
            return []
        zone = self.draw.randint(0, 1)
        self.aside ^= {zone}
        self.health[zone] += 1
        return [
            (
                ZONE_HEALTH,
                {
                    "event_id": f"z{zone}:{self.health[zone]}", "schema_version": 1, "organisation": "test",
                    "sequence": self._next(ZONE_HEALTH), "zone_id": f"z{zone}", "revision": self.health[zone],
                    "status": "quarantined" if zone in self.aside else "healthy", "since": format_time(self.now),
                    "updated_at": format_time(self.now), "evidence_partition": 0, "evidence_offset": 0,
                    "error": "it failed" if zone in self.aside else None, "outage_ids": [],
                },
            )
        ]  # fmt: skip

    def _next(self, topic: str) -> int:
        self.numbers[topic] += 1
        return self.numbers[topic]


def followed(said: list[tuple[str, dict[str, Any]]]) -> list[Followed]:
    """Records as a flow reads them."""
    return [READERS[topic].take(record) for topic, record in said]
