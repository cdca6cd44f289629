"""Planned works as the flow's log has them: of whom they take power, in all partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from models.contracts.inputs.planned_work import PlannedWorkEvent
from models.notifications.announcing.works import KINDS, STATUSES, Work, runs_of
from models.timeline.tables import Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WORK: Final = "work"


class WorkReader:
    """Reads records of `work.planned.events.v1`; what cannot be read `ingest` refuses."""

    def __init__(self, points_below: Callable[[str], Sequence[int]]) -> None:
        """`points_below` gives the stable numbers of the usage points below a device; none of one that is unknown."""
        self._points_below = points_below

    def __call__(self, key: str, value: bytes | None) -> Taken:
        """Take a report."""
        try:
            event = PlannedWorkEvent.model_validate_json(value or b"")
        except ValidationError:
            return Taken(key, None)
        report = [
            event.observed_at, STATUSES.index(event.status), KINDS.index(event.kind),
            event.planned_to, event.planned_from,
        ]  # fmt: skip
        runs = runs_of(self._points_below(event.device_id))
        work = Work(event.work_id, event.device_id, report, runs)
        return Taken(key, [WORK, *work] if runs else None, everywhere=True)
