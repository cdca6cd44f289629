"""A receiver of webhooks and an SMTP relay, as they are in a storm: slow, overrun, broken, away."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson


class Got(NamedTuple):
    """A request."""

    body: bytes
    headers: dict[str, str]

    @property
    def record(self) -> Any:
        return orjson.loads(self.body)


class Answer(NamedTuple):
    """How a request is answered; None does not answer at all."""

    status: int | None
    headers: Mapping[str, str] = MappingProxyType({})


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no fault."""


class WebhookReceiver:
    """Answers as `answers` says, which is given each request and how often its message has come."""

    def __init__(self, answers: Callable[[Got, int], Answer], port: int = 0, taken: list[Got] | None = None) -> None:
        self.got: list[Got] = []
        self.taken: list[Got] = [] if taken is None else taken
        """Those that were answered well, in order."""
        self.leaving = Event()
        self._lock = Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                if len(body := self.rfile.read(length)) < length:  # who sent it was killed on the way
                    self.close_connection = True
                    return
                got = Got(body, {name.lower(): value for name, value in self.headers.items()})
                answer = receiver.answer(got, answers)
                if answer.status is None:
                    receiver.leaving.wait(60)
                    self.close_connection = True
                    return
                with suppress(OSError):
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def do_GET(self) -> None:
                receiver.got.append(Got(b"null", {"followed": self.path}))
                self.send_error(404)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the base class says so)
                """Be quiet."""

        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def answer(self, got: Got, answers: Callable[[Got, int], Answer]) -> Answer:
        with self._lock:
            self.got.append(got)
            times = sum(one.headers.get("webhook-id") == got.headers["webhook-id"] for one in self.got)
            answer = answers(got, times)
            if answer.status is not None and 200 <= answer.status < 300:
                self.taken.append(got)
            return answer

    def close(self) -> None:
        self.leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SmtpRelay:
    """Takes mail; recipients are answered as `answers` says, which is given the address and how often it has come."""

    def __init__(self, answers: Callable[[str, int], str]) -> None:
        self.mail: list[str] = []
        self.asked: list[str] = []
        relay = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 relay")
                while line := self.rfile.readline().decode().strip():
                    verb = line[:4].upper()
                    if verb == "RCPT":
                        address = line.partition("<")[2].partition(">")[0]
                        relay.asked.append(address)
                        self.say(answers(address, relay.asked.count(address)))
                    elif verb == "DATA":
                        self.say("354 go on")
                        lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                        relay.mail.append("".join(lines))
                        self.say("250 taken")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 relay")

            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
