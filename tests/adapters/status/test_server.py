"""The port of the status API: who keeps asking keeps the connection, who does not is turned away."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from adapters.status import server
from adapters.status.server import configure, listen

SECONDS = 0.3
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def serve(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a client against the port, where a request has to come within a third of a second."""
    monkeypatch.setattr(server, "REQUEST_SECONDS", SECONDS)

    async def answer(_: object) -> PlainTextResponse:
        return PlainTextResponse("here")

    async def both() -> None:
        with listen(("127.0.0.1", 0)) as port:
            ours = uvicorn.Server(configure(Starlette(routes=[Route("/", answer)])))
            running = asyncio.create_task(ours.serve(sockets=[port]))
            reader, writer = await asyncio.open_connection(*port.getsockname())
            try:
                await asyncio.wait_for(client(reader, writer), 60)
            finally:
                writer.close()
                ours.should_exit = True
                await running

    asyncio.run(both())


def test_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    with listen(("127.0.0.1", 0)) as port:
        assert port.proto == socket.IPPROTO_TCP  # by which asyncio knows where to send at once


def test_who_keeps_asking_is_never_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun = time.monotonic()
        while time.monotonic() < begun + 4 * SECONDS:
            writer.write(GET + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\nhere")).startswith(b"HTTP/1.1 200")

    serve(ask, monkeypatch)


@pytest.mark.parametrize("begun", [b"", GET, GET + b"\r\n" + GET])
def test_who_asks_nothing_whole_is_turned_away(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begun)
        with suppress(ConnectionError):
            assert (await reader.read()).count(b"here") == begun.count(b"\r\n\r\n")

    serve(dawdle, monkeypatch)


@pytest.mark.parametrize("endless", [GET + b"X: " + b"a" * 40_000, b"GET /" + b"a" * 40_000])
def test_a_head_without_an_end_is_refused(endless: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(endless)
        with suppress(ConnectionError):
            assert b" 431 " in await reader.read()

    serve(pour, monkeypatch)
