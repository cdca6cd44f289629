"""One outage on one canary zone, from its first message until it is known what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from models.contracts.outputs.outage import FINAL_STATUSES, TAKEN_BACK
from models.times.iso8601 import parse_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from models.canary.feeders import Opening
    from models.contracts.outputs.outage import OutageRecord

Found = Literal["right", "wrong", "missed"]
Restored = Literal["right", "missed"]
FOUND: Final[tuple[Found, ...]] = ("right", "wrong", "missed")
RESTORED: Final[tuple[Restored, ...]] = ("right", "missed")
_OVER: Final = ("restored", "repaired", "momentary")


class Result(NamedTuple):
    """What became of an exercise; delays in seconds, None where there is none."""

    found: Found
    """`right`: one outage, of that device, with all customers below it and no other. `wrong`: some other."""
    restored: Restored
    detection: float | None
    """From the arrival of the first gasp to the instant of the first revision, as `faultline score` has it."""
    publication: float | None
    """From that instant until the canary has read the revision: by two clocks, never negative."""
    restoration: float | None
    """From the arrival of the last message of power that is back to the instant of the last revision."""
    why: str
    """What is not as it should be, in words; empty if nothing."""


@dataclass(slots=True)
class _Seen:
    record: OutageRecord
    first_at: int
    """Instant of its first revision (ms)."""
    arrived_at: int


@dataclass(slots=True)
class Exercise:
    """A device that opens and closes; all times in milliseconds."""

    opening: Opening
    opened_at: int
    closed_at: int
    ends_at: int
    """Nothing is waited for any longer."""
    first_heard_at: int | None = None
    last_heard_at: int | None = None
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def heard(self, at: int) -> None:
        """A message has been handed over."""
        if self.first_heard_at is None:
            self.first_heard_at = at
        self.last_heard_at = at

    def take(self, record: OutageRecord, arrived_at: int) -> None:
        """Take a revision of an outage in the zone; those of outages from before the opening are none of its."""
        known = self._seen.get(record.outage_id)
        if known is not None:
            known.record = record
        elif parse_time(record.updated_at) >= self.opened_at and record.revision == 1:
            self._seen[record.outage_id] = _Seen(record, parse_time(record.updated_at), arrived_at)

    def due(self, now: int, waiting: int) -> bool:
        """Whether it is known what became of it; `waiting` messages are still to be handed over."""
        return now >= self.ends_at or (not waiting and bool(self._seen) and all(map(_is_over, self._seen.values())))

    def result(self) -> Result:
        """Say what became of it."""
        made = [one for one in self._seen.values() if one.record.status not in TAKEN_BACK]
        right = [one for one in made if one.record.device_id in self.opening.alike]
        first = min(right or made, key=lambda one: one.first_at, default=None)
        over = bool(made) and all(map(_is_back, made))
        found_at, read_at = (None, None) if first is None else (first.first_at, first.arrived_at)
        faults = self._faults(made)
        return Result(
            found="missed" if first is None else "wrong" if faults else "right",
            restored="right" if over else "missed",
            detection=_seconds(self.first_heard_at, found_at),
            publication=_seconds(found_at, read_at),
            restoration=_seconds(self.last_heard_at, max(map(_ended_at, made)) if over else None),
            why="; ".join([*faults, *(["not all of it is said to have power again"] if made and not over else [])]),
        )

    def _faults(self, made: list[_Seen]) -> list[str]:
        if not made:
            return ["no outage was published"]
        names = sorted(one.record.device_id or "a usage point" for one in made)
        if len(made) > 1 or made[0].record.device_id not in self.opening.alike:
            return [f"found at {', '.join(names)}"]
        affected, wanted = made[0].record.customers_affected, len(self.opening.meters)
        return [f"{affected} customers out, not {wanted}"] if affected != wanted else []


def _is_over(one: _Seen) -> bool:
    return one.record.status in FINAL_STATUSES


def _is_back(one: _Seen) -> bool:
    return one.record.status in _OVER and one.record.customers_out == 0


def _ended_at(one: _Seen) -> int:
    return parse_time(one.record.updated_at)


def _seconds(begin: int | None, end: int | None) -> float | None:
    return None if begin is None or end is None else max(end - begin, 0) / SECOND
