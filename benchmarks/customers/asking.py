"""A client that costs little: many connections, one request on each at a time, at a rate or as fast as it goes."""

from __future__ import annotations

import time
from collections import deque
from selectors import EVENT_READ, DefaultSelector
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from socket import socket


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket: socket = create_connection(("127.0.0.1", port))
        self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.due, self.left, self.head = 0.0, -1, b""

    def ask(self, request: bytes, due: float) -> None:
        self.due, self.left, self.head = due, -1, b""
        self.socket.sendall(request)

    def read(self) -> bool:
        """Take what has come; returns whether the answer is whole. Raises where it is another one than 200."""
        part = self.socket.recv(1 << 20)
        if not part:
            raise RuntimeError("the connection was closed")
        if self.left >= 0:
            self.left -= len(part)
            return self.left == 0
        self.head += part
        if (end := self.head.find(b"\r\n\r\n")) < 0:
            return False
        head = self.head[:end].lower()
        if b" 200 " not in head[:13]:
            raise RuntimeError(self.head.decode())
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        self.left = end + 4 + length - len(self.head)
        return self.left == 0


def ask(port: int, requests: Sequence[bytes], connections: int, rate: float | None = None) -> tuple[float, list[float]]:
    """Ask all; returns the seconds that it took, and those of each request, ascending.

    With a rate each request has its time, and what it waits for a free connection counts.
    """
    selector, free = DefaultSelector(), deque(_Connection(port) for _ in range(connections))
    every = list(free)
    for one in every:
        selector.register(one.socket, EVENT_READ, one)
    begun, sent, seconds = time.perf_counter(), 0, list[float]()
    while len(seconds) < len(requests):
        now = time.perf_counter()
        while free and sent < len(requests) and (rate is None or begun + sent / rate <= now):
            free.popleft().ask(requests[sent], now if rate is None else begun + sent / rate)
            sent += 1
        for key, _ in selector.select(0.001 if free and sent < len(requests) else 10.0):
            connection: _Connection = key.data
            if connection.read():
                seconds.append(time.perf_counter() - connection.due)
                free.append(connection)
    took = time.perf_counter() - begun
    for one in every:
        one.socket.close()
    return took, sorted(seconds)


def told(took: float, seconds: Sequence[float]) -> str:
    """Say how fast it was."""
    middle, tail = (seconds[len(seconds) * share // 100] * 1000 for share in (50, 99))
    return f"{len(seconds) / took:,.0f} requests/s, p50 {middle:.1f} ms, p99 {tail:.1f} ms"
