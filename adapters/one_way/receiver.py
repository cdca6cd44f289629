"""The receiver: what comes over the way, checked, in order, with its losses declared; a source of reports."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from adapters.connectors.clock import now_ms, pause
from adapters.one_way.link import ReceiverLink
from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.one_way.frames import Kind, UnsealError, unseal
from models.one_way.heartbeat import Sections, decode
from models.one_way.state_book import StateBook
from models.one_way.window import Loss, Place, Window
from models.telemetry.reports import Report, report_gap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.connectors.report_queue import ReportQueue
    from adapters.connectors.source import CertificateExpiry
    from adapters.one_way.arrivals import Arrivals, Numbered
    from adapters.one_way.devices import KnownDevices
    from adapters.one_way.settings import ReceiverSettings
    from models.contracts.outputs.connector_health import LinkHealth
    from models.one_way.frames import Frame, Key

log: Final = logging.getLogger("faultline")
TURN_SECONDS: Final = 0.05
MOST_HEALTH: Final = 1_000
"""Records of the sender's health that wait; of more the oldest go, for the newest counts."""
WHY: Final = "records of it were lost on the one-way link"
NOWHERE: Final = (0, 0)


class OneWayReceiver:
    """See `adapters.connectors.source.Source`."""

    def __init__(
        self,
        settings: ReceiverSettings,
        keys: Mapping[bytes, Key],
        arrivals: Arrivals,
        devices: KnownDevices,
        queue: ReportQueue,
        marks: Mapping[str, int],
    ) -> None:
        """`marks` are those of the checkpoint."""
        self.counts: Counter[str] = Counter()
        self.health: deque[ConnectorHealthRecord] = deque(maxlen=MOST_HEALTH)
        """What the sender has told of its own health, to be passed on."""
        self._settings, self._keys, self._arrivals, self._queue = settings, keys, arrivals, queue
        self._devices, self._book, self._sections = devices, StateBook(), Sections()
        self._window = Window(int(settings.window_seconds * 1000), place_of(marks))
        self._marks = dict(marks)
        self._pieces: list[bytes] = []
        self._link = ReceiverLink(settings, arrivals.name)

    @property
    def devices(self) -> Sequence[str]:
        """Devices that the sender has told of."""
        return self._devices.names

    async def run(self, stop: asyncio.Event) -> None:
        """Take what comes until it is asked to stop."""
        await asyncio.gather(self._arrivals.run(self._take, stop), self._turns(stop))

    def links(self) -> list[LinkHealth]:
        """Say how the way stands."""
        return [self._link.health(len(self.devices))]

    def marks(self) -> dict[str, int]:
        """The place up to which all has been handed on."""
        return dict(self._marks)

    def kept(self, marks: Mapping[str, int]) -> None:
        """These marks stand in the checkpoint."""
        if (place := place_of(marks)) is not None:
            self._arrivals.kept(place[:2])

    def certificates(self) -> list[CertificateExpiry]:
        """Tell of none: keys do not end by themselves."""
        return []

    async def _turns(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._turn()
            await pause(stop, TURN_SECONDS)
        await self._turn()

    def _take(self, data: bytes) -> Numbered:
        try:
            frame = unseal(data, self._keys)
            if frame.sender != self._settings.sender:
                raise UnsealError(f"is of {frame.sender!r}, not of {self._settings.sender!r}")  # noqa: TRY301
        except UnsealError as error:
            self.counts["packet_refused"] += 1
            self._link.refuse(str(error))
            return NOWHERE
        now = time.monotonic_ns() // 1_000_000
        self.counts["packet"] += 1
        if frame.kind is Kind.HEARTBEAT:
            heartbeat = decode(frame.payload)
            self._window.hear(frame, heartbeat, now)
            self._sections.take(frame.epoch, heartbeat.sections)
            self._link.hear(frame, heartbeat)
        else:
            self._window.take(frame, now)
            self._link.hear(frame)
        return frame.epoch, frame.number

    async def _turn(self) -> None:
        """Hand on what can go on, then declare what is lost, and only then move the mark."""
        gone: dict[str, tuple[int, int]] = {}
        for one in self._window.release(time.monotonic_ns() // 1_000_000):
            if isinstance(one, Loss):
                self._lose(one, gone)
            else:
                self._hand_on(one)
        place = self._window.place
        self.counts["packet_repeat"] = self._window.repeats
        for device, (begin, end) in sorted(gone.items()):
            self.counts["gap"] += 1
            name = self._settings.connector
            self._queue.put(name, f"gap {device}", report_gap(name, device, begin, end, WHY), now_ms())
        await asyncio.to_thread(self._devices.keep)  # datagrams do not wait for a disk
        if place is not None:
            self._marks = {"epoch": place.epoch, "number": place.number, "complete_to": place.complete_to}

    def _lose(self, loss: Loss, gone: dict[str, tuple[int, int]]) -> None:
        self._pieces.clear()
        self.counts["packet_lost"] += loss.frames
        self._link.lose(loss)
        named = self._sections.devices(loss.epoch, loss.first, loss.last) if loss.last is not None else None
        for device in self.devices if named is None else named:
            begin, end = gone.get(device, (loss.begin, loss.end))
            gone[device] = min(begin, loss.begin), max(end, loss.end)

    def _hand_on(self, frame: Frame) -> None:
        if frame.parts > 1:
            if frame.part == 1:
                self._pieces.clear()
            self._pieces.append(frame.payload)
            if len(self._pieces) < frame.parts:
                return
            frame = frame._replace(payload=b"".join(self._pieces), parts=1)
            self._pieces.clear()
        for record in frame.records():
            try:
                self._take_record(record, frame.kind)
            except (ValueError, TypeError, KeyError) as error:  # the sender is of another version
                self.counts["unfit"] += 1
                self._link.refuse(f"holds what this version does not read: {record[:80]!r} ({type(error).__name__})")

    def _take_record(self, record: bytes, kind: Kind) -> None:
        if kind is Kind.HEALTH:
            health = ConnectorHealthRecord.model_validate_json(record)
            self._devices.told(health)
            self.health.append(health)
        else:
            self._report(record, state=kind is Kind.STATES)

    def _report(self, record: bytes, *, state: bool) -> None:
        fields, new = self._book.take(record)
        device, at = fields["device_id"], now_ms()
        self._devices.add(device)
        if state and not new:
            self.counts["repeat"] += 1
            return
        self.counts["gap" if fields["kind"] == "gap" else "alarm" if fields["kind"] == "alarm" else "value"] += 1
        self._link.value(at, at - int(fields["received_at"]))
        self._queue.put(
            fields["source"], f"{device} {fields['kind']} {fields.get('node_id')}", Report(device, record), at
        )


def place_of(marks: Mapping[str, int]) -> Place | None:
    """Read the place in marks; None where there is none yet."""
    return Place(marks["epoch"], marks["number"], marks["complete_to"]) if marks else None
