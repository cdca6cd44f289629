"""A partition of a flow behind the outages as a Bytewax state: sealed bytes, in the same epoch as what it has read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from adapters.state.sealed import seal, unseal
from models.refusal import FaultsError
from models.timeline.moment import TimelineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.timeline.life import Life, Written
    from models.timeline.moment import Placed

OpenLife = Callable[[int, Mapping[str, Any] | None], "Life"]
"""Opens a partition anew, or from what it saved."""


@dataclass(slots=True)
class StateWatch:
    """What the state tells who watches: the partition, the state's bytes, and the seconds that it took."""

    snapshot: Callable[[int, int, float], None] = lambda *_: None


class KeyedState(StatefulBatchLogic["Placed", "list[Written]", bytes]):
    """One partition. Bytewax does not tell a state its key: without a snapshot the first moment tells it."""

    _life: Life | None

    def __init__(self, open_life: OpenLife, state: bytes | None, watch: StateWatch | None = None) -> None:
        self._open = open_life
        self._watch = watch or StateWatch()
        self._partition, self._life = -1, None
        if state is not None:
            self._partition, saved = unseal(state, "the snapshot of a partition")
            self._life = open_life(self._partition, saved)

    @override
    def on_batch(self, values: list[Placed]) -> tuple[Iterable[list[Written]], bool]:
        if self._life is None:
            self._partition = values[0].partition
            self._life = self._open(self._partition, None)
        try:
            written = [one for value in values for one in self._life.take(value.moment)]
        except TimelineError as error:
            raise FaultsError([f"partition {self._partition}: {error}; empty the state folder"]) from error
        return [written] if written else [], self.RETAIN

    @override
    def snapshot(self) -> bytes:
        assert self._life is not None  # noqa: S101  a state is made for its first moment
        begun = time.monotonic()
        state = seal((self._partition, self._life.save()))
        self._watch.snapshot(self._partition, len(state), time.monotonic() - begun)
        return state
