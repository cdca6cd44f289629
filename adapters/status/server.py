"""The port of the status API: uvicorn, with clients that send nothing, or too slowly, turned away."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from models.refusal import FaultsError

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

MOST_CONNECTIONS: Final = 512
REQUEST_SECONDS: Final = 10.0
"""Within which a connection has to have asked something whole."""


class BoundedProtocol(H11Protocol):
    """A connection that is closed where no whole request comes in time."""

    _due: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._due = self.loop.call_later(REQUEST_SECONDS, self._look)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._due is not None:
            self._due.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:  # nothing is being answered: idle, or half a request
            self.transport.close()
            return
        self._due = self.loop.call_later(REQUEST_SECONDS, self._look)


def serve_status(application: Starlette, address: tuple[str, int]) -> None:
    """Answer until the process is asked to stop. Raises `FaultsError` for an address that cannot be had."""
    config = uvicorn.Config(
        application,
        host=address[0],
        port=address[1],
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=16 << 10,
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends by them in its own way, and then raises them again
        signal.signal(number, lambda *_: None)
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        port = socket.create_server(address, family=family)
    except OSError as error:
        fault = f"{address[0]}:{address[1]} cannot be listened at ({error.strerror}); give another one by --listen"
        raise FaultsError([fault]) from error
    with port:
        uvicorn.Server(config).run(sockets=[port])
