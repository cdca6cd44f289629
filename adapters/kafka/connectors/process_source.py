"""A Bytewax source with one partition a process, in which one consumer reads all that the process has.

So the partitions of Kafka may become more, and go to another number of processes, without Bytewax's store knowing any.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from adapters.state.sealed import unseal

if TYPE_CHECKING:
    from adapters.process.pulse import Pulse

Item = TypeVar("Item")

PARTITION: Final = "00000"
IDLE_SECONDS: Final = 0.02
"""How long a poll waits for records where there is nothing else to do."""


class ProcessSource(FixedPartitionedSource[Item, bytes]):
    """Opens the process's reader from what its snapshot holds."""

    def __init__(self, pulse: Pulse, snapshot_name: str) -> None:
        """`snapshot_name` is what a fault calls the snapshot."""
        self._pulse = pulse
        self._snapshot_name = snapshot_name

    @abstractmethod
    def open(self, saved: Any | None) -> StatefulSourcePartition[Item, bytes]:  # noqa: ANN401 (what `snapshot` sealed)
        """Open the reader where a snapshot stands, or anew."""

    @override
    def list_parts(self) -> list[str]:
        return [PARTITION]

    @override
    def build_part(
        self, step_id: str, for_part: str, resume_state: bytes | None
    ) -> StatefulSourcePartition[Item, bytes]:
        return self.open(None if resume_state is None else unseal(resume_state, self._snapshot_name))
