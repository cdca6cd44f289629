"""Messages on their way: in the order of each contact, each until it is sent, refused, or holds no more.

A message is handed out when its contact has none on the way, its channel is open, and it is asked once more whether it
still holds. What has become of it is told by its status, once. Of a partition, all before the first message that has no
status yet is done.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.connectors.back_off import BackOff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from models.contracts.customers.reply import ReceiptStatus
    from models.sending.pace import Pace

    Refuse = Callable[[Mapping[str, Any]], ReceiptStatus | None]
    """Asked of a message why it is not to be sent any more."""
    Contact = tuple[str, str]

_SECOND: Final = 1000


class Outcome(NamedTuple):
    """What became of a try."""

    status: ReceiptStatus | None
    """None: it is to be tried again."""
    wait_seconds: float | None = None
    """How long the channel said to wait."""


@dataclass(slots=True)
class Message:
    """A message on its way."""

    record: Mapping[str, Any]
    """As in `customer.notification.events.v1`."""
    partition: int
    offset: int
    expires_at: int
    """Milliseconds since the epoch."""
    not_before: int = 0
    superseded: bool = False
    back_off: BackOff = field(default_factory=lambda: BackOff(1.0, 300.0))

    @property
    def contact(self) -> Contact:
        """Account and contact."""
        return self.record["account_id"], self.record["contact_id"]

    @property
    def name(self) -> str:
        """The notification's id."""
        return str(self.record["notification_id"])


class Ended(NamedTuple):
    """A message that has its status."""

    message: Message
    status: ReceiptStatus


class Outbox:
    """All messages of a process."""

    def __init__(self, paces: Mapping[str, Pace], refuse: Refuse, draw: Callable[[], float]) -> None:
        """`paces` are by channel; `draw` gives numbers from 0 to below 1."""
        self._paces, self._refuse, self._draw = paces, refuse, draw
        self._queues: dict[Contact, deque[Message]] = {}
        """The first one of each is due, or on the way."""
        self._due: dict[str, list[tuple[float, int, Contact]]] = {channel: [] for channel in paces}
        """By channel: when, a number that keeps the order, the contact."""
        self._number = 0
        self._on_the_way: dict[str, Message] = {}
        self._open: dict[int, dict[int, None]] = {}
        """By partition, offsets without a status, in order."""

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def done_before(self, partition: int, read_to: int) -> int:
        """Give the offset before which all is done of a partition that has been read so far."""
        return next(iter(self._open.get(partition, ())), read_to)

    def add(self, message: Message) -> None:
        """Take a message, in the order of its partition."""
        self._open.setdefault(message.partition, {})[message.offset] = None
        queue = self._queues.setdefault(message.contact, deque())
        for before in queue:
            before.superseded |= before.name == message.record["supersedes"]
        queue.append(message)
        if len(queue) == 1:
            self._schedule(message, message.not_before)

    def take(self, now: int, most: int) -> Iterator[Message | Ended]:
        """Give messages to send now (ms), so many at the most, and those that have their status without."""
        for channel, due in self._due.items():
            pace = self._paces[channel]
            while due and due[0][0] <= now and most > 0:
                message = self._queues[due[0][2]][0]
                status = self._status(message, now)
                if status is None and pace.opens_at(now) > now:
                    break
                heappop(due)
                if status is not None:
                    yield self._end(message, status)
                    continue
                pace.take(now)
                self._on_the_way[message.name] = message
                most -= 1
                yield message

    def tell(self, name: str, outcome: Outcome, now: int) -> Iterator[Ended]:
        """Take what became of a try; gives the message if it has its status by that."""
        message = self._on_the_way.pop(name)
        pace = self._paces[message.record["channel"]]
        if outcome.status is not None:
            pace.succeed()  # the channel has answered
            yield self._end(message, outcome.status)
            return
        pace.fail(now, self._draw(), outcome.wait_seconds)
        wait = max(message.back_off.next(self._draw()), outcome.wait_seconds or 0.0)
        self._schedule(message, min(now + wait * _SECOND, message.expires_at))

    def _status(self, message: Message, now: int) -> ReceiptStatus | None:
        if message.superseded:
            return "superseded"
        return "expired" if now >= message.expires_at else self._refuse(message.record)

    def _end(self, message: Message, status: ReceiptStatus) -> Ended:
        queue = self._queues[message.contact]
        queue.popleft()
        del self._open[message.partition][message.offset]
        if queue:
            self._schedule(queue[0], queue[0].not_before)
        else:
            del self._queues[message.contact]
        return Ended(message, status)

    def _schedule(self, message: Message, at: float) -> None:
        self._number += 1
        heappush(self._due[message.record["channel"]], (at, self._number, message.contact))
