"""In place of Kafka's producer: records leave as sealed, numbered frames, several times, and nothing comes back."""

from __future__ import annotations

import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.producer import Tally
from models.contracts.topics import CONNECTOR_HEALTH, SCADA_EVENTS
from models.one_way.frames import OVERHEAD, Frame, Kind, payloads, seal
from models.one_way.heartbeat import TOLD_SECTIONS, Heartbeat, Section
from models.one_way.state_book import StateBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from adapters.kafka.clients.producer import Outgoing
    from adapters.one_way.numbers import Numbers
    from adapters.one_way.settings import OneWaySettings
    from adapters.one_way.ways import Way
    from models.one_way.frames import Key

STATES_AT_ONCE: Final = 100
"""Records of the full state in one turn: what happens meanwhile goes between them."""
MARGIN_MS: Final = 1_000
"""From the arrival of a value to its stand in the queue, at the most, the debounce apart."""


class OneWayProducer:
    """A `RecordProducer` for one thread. `poll` keeps it going and is called some times a second."""

    def __init__(
        self, sender: str, settings: OneWaySettings, key: Key, numbers: Numbers, way: Way, debounce_ms: int = 0
    ) -> None:
        """`debounce_ms` is the longest that a report is held back before it comes here."""
        self._sender, self._settings, self._key, self._numbers, self._way = sender, settings, key, numbers, way
        self._margin = MARGIN_MS + debounce_ms
        self._most = settings.frame_bytes - OVERHEAD
        self._book = StateBook()
        self._events: list[bytes] = []
        self._arrivals: list[int] = []
        self._copies: list[deque[tuple[float, bytes]]] = [deque() for _ in range(settings.copies - 1)]
        self._complete_to = now_ms() - self._margin
        self._devices: set[str] = set()
        self._sections: deque[Section] = deque(maxlen=TOLD_SECTIONS)
        self._told = 0
        self._beat_at = 0.0
        self._states: Iterator[bytes] = iter(())
        self._states_at = time.monotonic() + settings.full_state_seconds
        self.on_tally: Callable[[str, Tally], None] = lambda _topic, _tally: None
        self.on_full: Callable[[float], None] = lambda _seconds: None

    def send(self, topic: str, _partition: int, outgoing: Outgoing) -> None:
        """Take a record over. The state topic of health is made anew on the other side."""
        record = outgoing.value or b""
        if topic == SCADA_EVENTS:
            fields, _ = self._book.take(record)
            self._devices.add(fields["device_id"])
            self._arrivals.append(fields["received_at"])
            self._events.append(record)
        elif topic == CONNECTOR_HEALTH:
            self._send_events()
            self._send(Kind.HEALTH, [record])
            self.on_tally(topic, Tally(1, len(record)))

    def withhold(self, topic: str, outgoing: Outgoing) -> None:
        """Nothing is known of what the other side has."""
        raise NotImplementedError

    def poll(self) -> None:
        """Send what waits, the copies that are due, heartbeats and the full state."""
        self._send_events()
        now, now_wall = time.monotonic(), now_ms()
        heard = min(self._arrivals, default=now_wall)  # an empty queue has no more of what came before
        self._complete_to = max(self._complete_to, heard - self._margin)
        self._arrivals.clear()
        self._send_copies(now)
        self._send_states(now)
        if now >= self._beat_at:
            self._beat()
            self._beat_at = now + self._settings.heartbeat_seconds
        self._way.flush()

    def flush(self) -> None:
        """Send what waits, and keep the number on the disk."""
        self._send_events()
        self._way.flush()
        self._numbers.sync()

    def close(self) -> None:
        """Send the last copies and a heartbeat, at once, and let go of the way."""
        self._send_events()
        for copies in self._copies:
            for _, data in copies:
                self._way.send(data)
        self._beat()
        self._way.close()
        self._numbers.sync()
        self._numbers.close()

    def _send_events(self) -> None:
        if self._events:
            self._send(Kind.EVENTS, self._events)
            self.on_tally(SCADA_EVENTS, Tally(len(self._events), sum(map(len, self._events))))
            self._events = []

    def _send_states(self, now: float) -> None:
        if now >= self._states_at:
            self._states = self._book.records()
            self._states_at = now + self._settings.full_state_seconds
        if part := list(islice(self._states, STATES_AT_ONCE)):
            self._send(Kind.STATES, part)

    def _send(self, kind: Kind, records: Iterable[bytes]) -> None:
        for part, parts, payload in payloads(records, self._most):
            self._send_frame(kind, self._numbers.next(), payload, part, parts)

    def _send_frame(self, kind: Kind, number: int, payload: bytes, part: int = 1, parts: int = 1) -> None:
        place = self._numbers.epoch, number
        frame = Frame(self._sender, *place, kind, part, parts, self._complete_to, now_ms(), payload)
        data = seal(frame, self._key)
        self._way.send(data)
        if self._copies and kind is not Kind.HEARTBEAT:
            self._copies[0].append((time.monotonic() + self._settings.copy_seconds, data))

    def _send_copies(self, now: float) -> None:
        for copies, later in zip(self._copies, [*self._copies[1:], None], strict=False):
            while copies and copies[0][0] <= now:
                _, data = copies.popleft()
                self._way.send(data)
                if later is not None:
                    later.append((now + self._settings.copy_seconds, data))

    def _beat(self) -> None:
        """Tell how far the numbers go; a heartbeat has no copies, the next one says more."""
        number = self._numbers.number
        if number > self._told:
            self._sections.append(Section(self._told + 1, number, frozenset(self._devices)))
            self._told = number
            self._devices.clear()
        copies = self._settings.copy_seconds * len(self._copies)
        sections = list(self._sections)
        told = Heartbeat(self._numbers.epochs, sections, copies, self._settings.full_state_seconds)
        self._send_frame(Kind.HEARTBEAT, number, told.encode(self._most))
