"""A network between a sender and a receiver that lets datagrams through one way, and not all of them."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress

from models.one_way.frames import Frame, Key, Kind, unseal


class Relay:
    """Between them: it loses datagrams by a seeded draw, and notes what each was."""

    def __init__(self, target: int, key: Key, share: float = 0.2) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._target, self.share, self._draw = target, share, random.Random(16).random
        self._keys = {key.mark: key}
        self.through = True
        self.sent: dict[tuple[int, int], Frame] = {}
        self.passed: set[tuple[int, int]] = set()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while data := self._socket.recv(65_536):
                frame = unseal(data, self._keys)
                if frame.kind is not Kind.HEARTBEAT:
                    self.sent[frame[1:3]] = frame
                if self.through and self._draw() >= self.share:
                    if frame.kind is not Kind.HEARTBEAT:  # theirs is the number of the frame before
                        self.passed.add(frame[1:3])
                    self._socket.sendto(data, ("127.0.0.1", self._target))

    def close(self) -> None:
        self._socket.close()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
