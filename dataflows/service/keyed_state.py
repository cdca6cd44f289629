"""A partition of a flow as a Bytewax state: sealed bytes, in the same epoch as what it has read."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from adapters.kafka.records.checkpoints import CHECKPOINT_MS
from adapters.state.sealed import seal, unseal
from models.refusal import FaultsError
from models.timeline.moment import TimelineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.records.checkpoints import Checkpoint
    from models.timeline.life import Life, Written
    from models.timeline.moment import Placed


class OfPartition(Protocol):
    """What a partition takes."""

    @property
    def partition(self) -> int:
        """Its number."""


Value = TypeVar("Value", bound=OfPartition)
Step = TypeVar("Step")
OnSnapshot = Callable[[int, int, float], None]
"""Told the partition, the state's bytes, and the seconds that it took."""


class KeyedState(StatefulBatchLogic[Value, Step, bytes], Generic[Value, Step]):
    """One partition. Bytewax does not tell a state its key: without a snapshot the first value tells it.

    `begin` is called from the constructor of a state that goes on: what it needs has to be there before.
    """

    def __init__(self, state: bytes | None, on_snapshot: OnSnapshot = lambda *_: None) -> None:
        self.partition = -1
        self._on_snapshot = on_snapshot
        if state is not None:
            self.partition, saved = unseal(state, "the snapshot of a partition")
            self.begin(saved)

    @abstractmethod
    def begin(self, saved: Any | None) -> None:  # noqa: ANN401 (what `save` gave)
        """Begin with `partition`: anew, or from what was saved."""

    @abstractmethod
    def take(self, values: list[Value]) -> Iterable[Step]:
        """Take values of the partition."""

    @abstractmethod
    def save(self) -> Any:  # noqa: ANN401 (of built-in types)
        """Give all that the next value depends on."""

    @override
    def on_batch(self, values: list[Value]) -> tuple[Iterable[Step], bool]:
        if self.partition < 0:
            self.partition = values[0].partition
            self.begin(None)
        return self.take(values), self.RETAIN

    @override
    def snapshot(self) -> bytes:
        begun = time.monotonic()
        state = seal((self.partition, self.save()))
        self._on_snapshot(self.partition, len(state), time.monotonic() - begun)
        return state


CHECKPOINT: Final = "checkpoint"
"""As outputs are named."""
MakeCheckpoint = Callable[["Life", int], "Checkpoint"]
"""Makes a checkpoint of a turn."""
OpenLife = Callable[[int, Mapping[str, Any] | None], "Life"]
"""Opens a partition anew, or from what it saved."""


class LifeState(KeyedState["Placed", "list[Written]"]):
    """A partition that lives from moment to moment."""

    _life: Life
    _turn: int

    def __init__(
        self,
        open_life: OpenLife,
        state: bytes | None,
        on_snapshot: OnSnapshot = lambda *_: None,
        checkpoint: MakeCheckpoint | None = None,
    ) -> None:
        """With `checkpoint` one is written at the first instants of each hour."""
        self._open_life, self._checkpoint = open_life, checkpoint
        super().__init__(state, on_snapshot)

    @override
    def begin(self, saved: Any | None) -> None:
        self._life = self._open_life(self.partition, saved)
        self._turn = self._life.instant // CHECKPOINT_MS

    @override
    def take(self, values: list[Placed]) -> Iterable[list[Written]]:
        try:
            written = [one for value in values for one in self._life.take(value.moment)]
        except TimelineError as error:
            raise FaultsError([f"partition {self.partition}: {error}; empty the state folder"]) from error
        if self._checkpoint is not None and (turn := self._life.instant // CHECKPOINT_MS) > self._turn:
            self._turn = turn
            written.append((CHECKPOINT, self._checkpoint(self._life, turn)))
        return [written] if written else []

    @override
    def save(self) -> Any:
        return self._life.save()
