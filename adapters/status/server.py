"""The port of the status API: uvicorn, with clients that send nothing, or too slowly, turned away."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from models.refusal import FaultsError

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

MOST_CONNECTIONS: Final = 512
REQUEST_SECONDS: Final = 10.0
"""Within which a connection has to have asked something whole."""
MOST_HEAD_BYTES: Final = 16 << 10
"""Of a request's line and headers."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed where no whole request comes in time, or the head of one has no end."""

    _due: asyncio.TimerHandle | None = None
    _asked_at = 0.0
    """When the last whole request came, or the connection, by the loop's clock."""
    _head_bytes = 0
    """Of what has come since the last whole head, while the next one is awaited."""
    _in_head = True

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._asked_at = self.loop.time()
        self._due = self.loop.call_later(REQUEST_SECONDS, self._look)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._due is not None:
            self._due.cancel()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    @override
    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._asked_at = self.loop.time()
        self._in_head, self._head_bytes = True, 0

    def _look(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        answering = cycle is not None and not cycle.response_complete
        wait = REQUEST_SECONDS if answering else self._asked_at + REQUEST_SECONDS - self.loop.time()
        if wait <= 0:  # nothing is being answered, and what has come is nothing, or half a request
            self.transport.close()
            return
        self._due = self.loop.call_later(wait, self._look)


def configure(application: Starlette) -> uvicorn.Config:
    """Say how the application is served."""
    return uvicorn.Config(
        application,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )


def serve_status(application: Starlette, address: tuple[str, int]) -> None:
    """Answer until the process is asked to stop. Raises `FaultsError` for an address that cannot be had."""
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends by them in its own way, and then raises them again
        signal.signal(number, lambda *_: None)
    with listen(address) as port:
        uvicorn.Server(configure(application)).run(sockets=[port])


def listen(address: tuple[str, int]) -> socket.socket:
    """Listen at an address. Raises `FaultsError` for one that cannot be had."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        made = socket.create_server(address, family=family)
    except OSError as error:
        fault = f"{address[0]}:{address[1]} cannot be listened at ({error.strerror}); give another one by --listen"
        raise FaultsError([fault]) from error
    # asyncio sends at once (TCP_NODELAY) only where a socket names its protocol; else each answer waits for the
    # client's late acknowledgement of its head, some 40 ms
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, made.detach())
