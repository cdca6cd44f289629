"""Alarms as a client knows them: what is newer wins, and a refresh says what no longer holds (OPC 10000-9, 5.5.7).

A refresh sends every retained condition again, live events in between. What was known and does not come again has
cleared while nobody listened; only what was shelved may be missing and hold all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from models.telemetry.reports import Report, event_id
from models.telemetry.status_codes import trust_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.telemetry.points import Point

MOST_KNOWN: Final = 200_000
"""Conditions that are remembered; of more, those that ended first are forgotten."""
CLEARED: Final = "cleared: the refresh did not bring it"


class Condition(NamedTuple):
    """A condition, or a branch of it, as an event tells of it. Ids name the URIs of their namespaces."""

    condition_id: str
    branch_id: str
    """Empty for the condition's current state."""
    time: int
    """Of the change, microseconds since the epoch."""
    arrival: int
    source_node: str = ""
    condition_type: str | None = None
    retain: bool = True
    active: bool | None = None
    acknowledged: bool | None = None
    confirmed: bool | None = None
    shelved: bool = False
    """Suppressed or shelved: an operator does not want to see it."""
    severity: int | None = None
    message: str | None = None
    status: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What it is a state of."""
        return self.condition_id, self.branch_id

    @property
    def holds(self) -> bool:
        """Whether it is of interest: a refresh would bring it."""
        return self.retain or bool(self.active)

    def state(self) -> tuple[object, ...]:
        """What an event may change."""
        return self.retain, self.active, self.acknowledged, self.confirmed, self.shelved, self.severity


class ConditionBook:
    """The conditions of one redundant set of servers."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Condition] = {}
        self._suspect: set[tuple[str, str]] | None = None

    def __len__(self) -> int:
        return sum(1 for condition in self._known.values() if condition.holds)

    def __iter__(self) -> Iterator[Condition]:
        return iter(self._known.values())

    @property
    def refreshing(self) -> bool:
        """Whether a refresh is under way."""
        return self._suspect is not None

    def take(self, condition: Condition) -> bool:
        """Take an event; whether it says anything new. One older than what is known moves nothing."""
        if self._suspect is not None:
            self._suspect.discard(condition.key)
        known = self._known.get(condition.key)
        if known is not None and (condition.time < known.time or condition.state() == known.state()):
            return False
        if known is None and not condition.holds:
            return False  # it ended before anybody here knew of it
        self._known.pop(condition.key, None)
        self._known[condition.key] = condition
        self._forget()
        return True

    def begin_refresh(self) -> None:
        """All that is known may have changed."""
        self._suspect = {key for key, condition in self._known.items() if condition.holds}

    def end_refresh(self, now: int) -> list[Condition]:
        """Clear what the refresh did not bring, at `now` in microseconds; returns what has changed so."""
        suspect, self._suspect = self._suspect or set(), None
        cleared = []
        for key in sorted(suspect):
            known = self._known[key]
            if known.shelved:
                continue
            gone = known._replace(time=now, arrival=now, retain=False, active=False, message=CLEARED)
            self._known[key] = gone
            cleared.append(gone)
        return cleared

    def give_up_refresh(self) -> None:
        """The refresh has not come to its end: nothing follows from what it has not brought."""
        self._suspect = None

    def _forget(self) -> None:
        if len(self._known) > MOST_KNOWN:
            ended = [key for key, condition in self._known.items() if not condition.holds]
            for key in ended[: MOST_KNOWN // 10] or list(self._known)[:1]:
                del self._known[key]


def report_condition(point: Point, condition: Condition) -> Report:
    """Report a condition's state."""
    fields = {
        "event_id": event_id(
            point.endpoint, condition.condition_id, condition.branch_id, condition.time, *condition.state()
        ),
        "device_id": point.device_id,
        "kind": "alarm",
        "quality": trust_of(condition.status).quality,
        "observed_at": condition.time // 1000,
        "received_at": condition.arrival // 1000,
        "source": point.endpoint,
        "severity": condition.severity,
        "active": condition.active,
        "acknowledged": condition.acknowledged,
        "condition_type": condition.condition_type,
        "node_id": condition.condition_id,
        "status_code": condition.status,
        "message": condition.message,
    }
    if condition.shelved:
        fields["message"] = f"{condition.message or ''} (shelved or suppressed)".strip()
    return Report(point.device_id, orjson.dumps({name: value for name, value in fields.items() if value is not None}))
