"""The way out, from the sender's producer to the receiver's queue: by a socket that loses every fifth, and by files."""

from __future__ import annotations

import asyncio
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.connectors.clock import now_ms
from adapters.connectors.report_queue import ReportQueue
from adapters.kafka.clients.producer import Outgoing
from adapters.one_way.arrivals import FolderArrivals, make_arrivals
from adapters.one_way.devices import KnownDevices
from adapters.one_way.numbers import Numbers
from adapters.one_way.producer import OneWayProducer
from adapters.one_way.receiver import OneWayReceiver
from adapters.one_way.settings import OneWaySettings, ReceiverSettings
from adapters.one_way.ways import make_way
from models.contracts.topics import CONNECTOR_HEALTH, SCADA_EVENTS
from models.one_way.frames import Kind, make_key
from models.refusal import FaultsError
from tests.peers.kafka import eventually
from tests.peers.one_way import Relay, free_port

KEY, OTHER = make_key(b"k" * 32), make_key(b"o" * 32)
KEYS = {KEY.mark: KEY}
DEVICES = [f"device-{number:02}" for number in range(40)]


class Sender:
    """A sender in this thread; events are positions that alternate."""

    def __init__(self, home: Path, **way: Any) -> None:
        self.home, self.way = home, way
        self.truth: dict[str, str] = {}
        self._last: dict[str, bytes] = {}
        self.count = 0
        (home / "sender").mkdir(parents=True)

    def start(self, key: Any = KEY) -> None:
        quick = {"copies": 2, "copy_seconds": 0.02, "heartbeat_seconds": 0.05, "full_state_seconds": 0.5}
        given = (
            quick | {"key_file": "k", "frame_bytes": 600, "file_seconds": 0.02, "frames_per_second": 1000} | self.way
        )
        settings = OneWaySettings.model_validate(given)
        self.numbers = Numbers(self.home / "sender", now_ms())
        self._way = make_way(settings, self.numbers.epoch)
        self.producer = OneWayProducer("north", settings, key, self.numbers, self._way)
        for record in self._last.values():  # as a connector reads all states after its start
            self.producer.send(SCADA_EVENTS, -1, Outgoing(record))

    def report(self, device: str) -> None:
        self.count += 1
        self.truth[device] = "open" if self.count % 2 else "closed"
        at = now_ms()
        event: dict[str, Any] = {"event_id": f"e{self.count}", "device_id": device, "kind": "position", "source": "ems"}
        event |= {"position": self.truth[device], "received_at": at, "observed_at": at - 5, "node_id": f"n-{device}"}
        self._last[device] = orjson.dumps(event)
        self.producer.send(SCADA_EVENTS, -1, Outgoing(self._last[device]))

    def kill(self) -> None:
        """End it without a last word."""
        self._way.close()
        self.numbers.close()

    def turn(self) -> None:
        self.producer.poll()


class Receiver:
    """A receiver in a thread of its own, which may go and come again."""

    def __init__(self, home: Path, **way: Any) -> None:
        self.state = home / "receiver"
        self.state.mkdir()
        given = {"connector": "far", "state": self.state, "sender": "north", "key_files": ["k"], "window_seconds": 2}
        self.settings = ReceiverSettings.model_validate(given | way)
        self.marks: dict[str, int] = {}
        self.reports: list[dict[str, Any]] = []
        self.bytes: list[bytes] = []
        self.lost = 0

    def start(self, keys: Any = KEYS) -> None:
        self.here = True
        self.queue = ReportQueue(100_000)
        self.arrivals = make_arrivals(self.settings)
        known = KnownDevices(self.state)
        self.source = OneWayReceiver(self.settings, keys, self.arrivals, known, self.queue, self.marks)
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self.source.run(self._stop),), daemon=True
        )
        self._thread.start()

    def take(self) -> None:
        """As the delivery does: marks first, then what was put before them, then both are kept."""
        marks = self.source.marks()
        for report in self.queue.take(100_000, 0):
            self.bytes.append(report.value)
            self.reports.append(orjson.loads(report.value))
        self.marks = marks
        self.source.kept(marks)

    def stop(self) -> None:
        self.here = False
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
        self.take()
        self.lost += self.source.counts["packet_lost"]

    def place(self) -> tuple[int, int]:
        """Up to which frame all has gone through."""
        self.take()
        return self.marks.get("epoch", 0), self.marks.get("number", 0)

    def positions(self) -> dict[str, str]:
        return {one["device_id"]: one["position"] for one in self.reports if one["kind"] == "position"}

    def gaps(self) -> list[dict[str, Any]]:
        return [one for one in self.reports if one["kind"] == "gap"]


def step(sender: Sender, receiver: Receiver | None = None) -> None:
    sender.turn()
    if receiver is not None:
        receiver.take()


def until(
    sender: Sender, receiver: Receiver, what: Callable[[], bool], move: Callable[[], None] = lambda: None
) -> None:
    """Keep both going until something is so."""

    def turned() -> bool:
        step(sender, receiver)
        move()
        return what()

    eventually(turned)


def settle(sender: Sender, receiver: Receiver) -> None:
    """Until all that was sent has come, or is known not to."""
    sender.turn()
    place = sender.numbers.epoch, sender.numbers.number
    until(sender, receiver, lambda: receiver.place() >= place)


def tell_devices(sender: Sender, receiver: Receiver) -> dict[str, Any]:
    """As a connector does at its start; without it a loss cannot name a device that has never been heard of."""
    told: dict[str, Any] = {
        "event_id": "north:1", "schema_version": 1, "connector": "north", "kind": "devices", "number": 1,
        "started_at": "2026-07-01T10:00:00.000Z", "updated_at": "2026-07-01T10:00:00.000Z", "state": "connected",
        "since": "2026-07-01T10:00:00.000Z", "interval_seconds": 5.0, "links": [], "queue_length": 0, "counts": {},
        "devices": 40, "devices_digest": "d", "part": 1, "parts": 1, "device_ids": DEVICES,
    }  # fmt: skip
    sender.producer.send(CONNECTOR_HEALTH, -1, Outgoing(orjson.dumps(told)))
    until(sender, receiver, lambda: receiver.source.devices == DEVICES)
    return told


def test_every_fifth_lost_restarts_and_an_absence(tmp_path: Path) -> None:
    port = free_port()
    receiver, relay = Receiver(tmp_path, udp=f"127.0.0.1:{port}"), Relay(port, KEY, 0.0)
    sender, draw = Sender(tmp_path, udp=f"127.0.0.1:{relay.port}"), random.Random(1)
    sender.start()
    receiver.start()

    def storm(events: int) -> None:
        for number in range(events):
            sender.report(draw.choice(DEVICES))
            if number % 3 == 0:
                step(sender, receiver if receiver.here else None)

    until(sender, receiver, lambda: bool(receiver.marks))
    tell_devices(sender, receiver)
    relay.share = 0.2
    begun = receiver.place()
    storm(400)
    settle(sender, receiver)
    assert receiver.source.counts["packet_lost"] > 0, "the relay is to lose some twice"
    named = {gap["device_id"]: gap for gap in receiver.gaps()}
    assert set(named) <= set(DEVICES)

    sender.kill()
    sender.start()
    storm(100)
    settle(sender, receiver)

    relay.through = False
    eventually(lambda: receiver.place() >= max(relay.passed))
    receiver.stop()
    storm(300)
    sender.producer.close()
    sender.start()
    storm(100)
    sender.producer.close()
    sender.start()
    storm(50)
    receiver.start()
    relay.through = True
    settle(sender, receiver)
    until(sender, receiver, lambda: receiver.positions() == sender.truth)
    settle(sender, receiver)
    relay.through = False
    eventually(lambda: receiver.place() >= max(relay.passed))
    ended = receiver.place()
    receiver.stop()
    sender.kill()
    relay.close()
    assert receiver.lost == len({key for key in relay.sent if begun < key <= ended} - relay.passed)
    assert_declared(sender, relay, receiver)


def assert_declared(sender: Sender, relay: Relay, receiver: Receiver) -> None:
    """Each event has come, or lies within a gap of its device."""
    heard = {one["event_id"] for one in receiver.reports if one["kind"] == "position"}
    frames = [frame for frame in relay.sent.values() if frame.kind is Kind.EVENTS]
    events = [orjson.loads(one) for frame in frames for one in frame.records()]
    spans = [(gap["device_id"], gap["gap_from"], gap["observed_at"]) for gap in receiver.gaps()]
    missing = [event for event in events if event["event_id"] not in heard]
    assert len(missing) > 100
    for event in missing:
        spanned = [begin <= event["received_at"] <= end for device, begin, end in spans if device == event["device_id"]]
        assert any(spanned), event
    assert len(heard | {event["event_id"] for event in missing}) == sender.count


def test_losses_are_counted_to_the_frame(tmp_path: Path) -> None:
    port = free_port()
    receiver, relay = Receiver(tmp_path, udp=f"127.0.0.1:{port}"), Relay(port, KEY, 0.0)
    sender, draw = (
        Sender(tmp_path, udp=f"127.0.0.1:{relay.port}", full_state_seconds=600),
        random.Random(2),
    )
    sender.start()
    receiver.start()
    until(sender, receiver, lambda: bool(receiver.marks))
    tell_devices(sender, receiver)
    relay.share = 0.3
    begun = receiver.place()
    for _ in range(300):
        sender.report(draw.choice(DEVICES))
        step(sender, receiver)
    settle(sender, receiver)
    receiver.stop()
    sender.kill()
    relay.close()
    lost = {key for key in relay.sent if key > begun} - relay.passed
    assert receiver.lost == len(lost) > 5
    concerned = {orjson.loads(one)["device_id"] for key in lost for one in relay.sent[key].records()}
    assert concerned <= {gap["device_id"] for gap in receiver.gaps()}
    ids = [one["event_id"] for one in receiver.reports if one["kind"] == "position"]
    assert ids == sorted(set(ids), key=lambda name: int(name[1:])), "in order, once each"
    (link,) = receiver.source.links()
    assert link.state == "degraded"
    assert "states are right again after the next full state" in link.troubles[0]


def test_files_that_a_diode_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    sender, receiver = Sender(tmp_path, folder=near), Receiver(tmp_path, folder=far)
    draw = random.Random(3)

    def move(share: float = 0.0) -> None:
        for path in sorted(near.glob("*.frames"), key=lambda _: draw.random()):
            if draw.random() >= share:
                shutil.move(path, far / path.name)
            else:
                path.unlink()

    sender.start()
    receiver.start()
    sender.report(DEVICES[0])
    until(sender, receiver, lambda: bool(receiver.reports), move)
    for number in range(200):
        sender.report(draw.choice(DEVICES))
        sender.turn()
        if number % 20 == 0:
            move(0.2)
            receiver.take()
    until(sender, receiver, lambda: receiver.positions() == sender.truth, move)
    receiver.stop()
    receiver.start()
    for device in DEVICES:
        sender.report(device)
    until(sender, receiver, lambda: receiver.positions() == sender.truth, move)
    until(sender, receiver, lambda: len(list(far.iterdir())) < 5, move)
    monkeypatch.setattr("adapters.one_way.arrivals.GROWING_SECONDS", 0.5)  # files come whole here, by a rename
    (far / "000-1.frames").write_bytes(b"\0\0\0\xffshort")
    eventually((far / "000-1.frames.damaged").exists)
    receiver.stop()
    sender.kill()


def test_where_nobody_takes_the_files_away_the_oldest_go(tmp_path: Path) -> None:
    (tmp_path / "near").mkdir()
    sender = Sender(tmp_path, folder=tmp_path / "near", most_files=3)
    sender.start()
    names: set[str] = set()

    def many() -> bool:
        sender.turn()
        names.update(path.name for path in (tmp_path / "near").iterdir() if path.suffix == ".frames")
        return len(names) > 6

    eventually(many)
    assert len(list((tmp_path / "near").glob("*.frames"))) <= 3
    sender.kill()


def test_who_has_another_key_or_name_is_refused_and_a_new_key_takes_over(tmp_path: Path) -> None:
    port = free_port()
    receiver, sender = Receiver(tmp_path, udp=f"127.0.0.1:{port}"), Sender(tmp_path, udp=f"127.0.0.1:{port}")
    receiver.start(KEYS | {OTHER.mark: OTHER})
    sender.start(make_key(b"stranger" * 4))
    until(sender, receiver, lambda: receiver.source.counts["packet_refused"] > 3)
    assert receiver.marks == {}
    assert "which is not among the key_files" in receiver.source.links()[0].troubles[0]
    for key in (KEY, OTHER):
        sender.kill()
        sender.start(key)
        sender.report(DEVICES[0])
        until(sender, receiver, lambda: receiver.marks.get("epoch") == sender.numbers.epoch)
    until(sender, receiver, lambda: receiver.positions() == sender.truth)
    receiver.stop()
    sender.kill()


def test_long_records_and_the_health_of_the_sender_come_over(tmp_path: Path) -> None:
    port = free_port()
    receiver, sender = Receiver(tmp_path, udp=f"127.0.0.1:{port}"), Sender(tmp_path, udp=f"127.0.0.1:{port}")
    receiver.start()
    sender.start()
    until(sender, receiver, lambda: bool(receiver.marks))
    told = tell_devices(sender, receiver)
    assert receiver.source.health[0].model_dump() == told
    receiver.stop()
    sender.kill()
    assert KnownDevices(receiver.state).names == DEVICES


def test_a_file_that_is_still_coming_is_waited_for(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    sender, receiver = Sender(tmp_path, folder=near), Receiver(tmp_path, folder=far)
    sender.start()
    receiver.start()
    sender.report(DEVICES[0])
    until(sender, receiver, lambda: any(path.stat().st_size > 600 for path in near.glob("*.frames")))
    path = max(near.glob("*.frames"), key=lambda one: one.stat().st_size)
    content, coming = path.read_bytes(), far / path.name
    coming.write_bytes(content[:-5])
    assert isinstance(receiver.arrivals, FolderArrivals)
    growing = receiver.arrivals.growing
    until(sender, receiver, lambda: coming in growing)
    assert receiver.positions() == {}
    assert receiver.marks == {}
    coming.write_bytes(content)
    until(sender, receiver, lambda: receiver.positions() == sender.truth)
    assert coming not in growing
    assert list(far.glob("*.damaged")) == []
    receiver.stop()
    sender.kill()


def test_what_another_version_has_sent_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    port = free_port()
    receiver, sender = Receiver(tmp_path, udp=f"127.0.0.1:{port}"), Sender(tmp_path, udp=f"127.0.0.1:{port}")
    receiver.start()
    sender.start()
    until(sender, receiver, lambda: bool(receiver.marks))
    sender.producer.send(CONNECTOR_HEALTH, -1, Outgoing(b'{"schema_version":2}'))
    sender.report(DEVICES[0])
    until(sender, receiver, lambda: receiver.positions() == sender.truth)
    assert receiver.source.counts["unfit"] == 1
    assert "what this version does not read" in receiver.source.links()[0].troubles[0]
    receiver.stop()
    sender.kill()


@pytest.mark.parametrize("content", [b"{", b"[[1]]", b'{"a":1}'])
def test_numbers_that_are_damaged_are_refused(tmp_path: Path, content: bytes) -> None:
    Numbers(tmp_path, 5).close()
    (tmp_path / "one_way.json").write_bytes(content)
    with pytest.raises(FaultsError, match="remove both"):
        Numbers(tmp_path, 6)
