"""Storms and when they are over, as one model: the second follows from the same outages, and from whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.storms.ending.endings import Endings
from models.storms.storms import Storms
from models.storms.sums import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.storms.policy import StormPolicy
    from models.timeline.moment import Followed, Said


class StormsWithEndings:
    """All storms of a partition, with their ends."""

    def __init__(
        self, policy: StormPolicy, offsets: Sequence[tuple[int, int]], saved: Mapping[str, Any] | None = None
    ) -> None:
        """As `Storms`; what one of before endings saved goes on, with the outages that are shown from then on."""
        self._storms = Storms(policy, offsets, saved)
        self._endings = Endings(policy, saved.get("endings") if saved else None)

    def due(self) -> int | None:
        """Give the instant (ms) of the next timer."""
        times = self._storms.due(), self._endings.due()
        return min((at for at in times if at is not None), default=None)

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Say of storms what there is to say, then when they are over."""
        for state in [followed.record for followed in records if not isinstance(followed.record, dict)]:
            if len(state) == 1:
                self._endings.forget(state[0])
            else:
                self._endings.take(Shown(*state), instant)
        yield from self._storms.live(instant, records)
        yield from self._endings.tell(instant, self._storms.going_on(), self._storms.members)

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return self._storms.save() | {"endings": self._endings.save()}
