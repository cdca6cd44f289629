"""The HTTP port of a process: `/metrics`, `/healthz` and `/readyz` for whoever watches it, and nothing else.

It has no login and shows no secret; it listens where it is told, which everywhere is 127.0.0.1 unless someone says
otherwise. A client has `LONGEST_SECONDS` for its whole request, and only `MOST_CONNECTIONS` may be open at a time: a
further one takes the place of the oldest that has not asked anything yet, so slow clients keep no probe out. Who asks
by a name (`Host`) that is neither this machine's nor allowed is refused: a page in an operator's browser could else
read the port through a name of its own that leads here.
"""

from __future__ import annotations

import errno
import logging
import socket
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from typing_extensions import override

from adapters.process.known_hosts import KnownHosts
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.metrics.registry import Metrics

log: Final = logging.getLogger("faultline")

LONGEST_SECONDS: Final = 10.0
MOST_CONNECTIONS: Final = 32

_POLL_SECONDS: Final = 0.1
_TEXT: Final = "text/plain; charset=utf-8"
_UNKNOWN_HOST: Final = b"no such host here; ask by the address, or allow the name with FAULTLINE_ALLOWED_HOSTS\n"
_ADDRESS_FAULTS: Final = {
    errno.EADDRINUSE: "the port is in use; stop what listens there or give another port",
    errno.EADDRNOTAVAIL: "this machine does not have that address; give one that it has, as 127.0.0.1",
    errno.EACCES: "this user may not listen there; give a port of 1024 or more",
}

Answer = tuple[HTTPStatus, bytes, str]
"""Status, body and content type."""


class Health(Protocol):
    """What a process knows about itself; asked from any thread, so it must answer at once."""

    def healthy(self) -> list[str]:
        """Say why the process is to be restarted; nothing if it is not."""

    def ready(self) -> list[str]:
        """Say why the process does not do its work yet; nothing if it does."""

    def epoch_age(self) -> float:
        """Return the seconds since an epoch was last made durable."""


class HttpPort:
    """A port that answers until it is closed, from threads that do not keep the process alive."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._thread = Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="http-port", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where the port listens, with the number that the system chose where 0 was asked for."""
        host, port = self._server.server_address[:2]
        return f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    def close(self) -> None:
        """Stop listening and cut what is still open."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.end_connections(opened_before=monotonic())


def serve(
    listen: str, metrics: Metrics, health: Health, hosts: str = "", longest_seconds: float = LONGEST_SECONDS
) -> HttpPort:
    """Answer on `listen`, an IP address and a port (`127.0.0.1:9100`, `[::1]:0`). Raises `FaultsError`.

    `hosts` are names that clients may ask by besides addresses and the machine's own, with commas between; `*` is any.
    """
    host, port = parse_address(listen)
    try:
        return HttpPort(_Server(host, port, _Routes(metrics, health), KnownHosts(hosts), longest_seconds))
    except OSError as error:
        reason = _ADDRESS_FAULTS.get(
            error.errno or 0, f"{(error.strerror or str(error)).lower()}; give another address"
        )
        raise FaultsError([f"cannot listen on {listen}: {reason}"]) from error


def parse_address(listen: str) -> tuple[str, int]:
    """Split an IP address and a port. Raises `FaultsError` for anything else: names are not looked up."""
    host, colon, port = listen.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    with suppress(ValueError):
        address = ip_address(host[1:-1] if bracketed else host)
        number = int(port) if port.isascii() and port.isdigit() else -1
        if colon and bracketed == (address.version == 6) and 0 <= number < 1 << 16:
            return str(address), number
    raise FaultsError([f"listen {listen!r} is no IP address and port; give one such as 127.0.0.1:9100 or [::1]:9100"])


class _Routes:
    """What each path answers."""

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health
        self._paths: dict[str, Callable[[str], Answer]] = {
            "/metrics": self._metrics_page,
            "/healthz": lambda _: self._status("healthy", health.healthy()),
            "/readyz": lambda _: self._status("ready", health.ready()),
        }

    def answer(self, target: str, accept: str) -> Answer:
        """Answer a request's target; a failure is logged and hidden from the client."""
        path = target.partition("?")[0]
        if path not in self._paths:
            return _plain(HTTPStatus.NOT_FOUND)
        try:
            return self._paths[path](accept)
        except Exception as error:  # noqa: BLE001 (whoever watches must get an answer, whatever is wrong)
            log.error("%s failed: %s: %s", path, type(error).__name__, error)  # noqa: TRY400 (the message says it all)
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _metrics_page(self, accept: str) -> Answer:
        return (HTTPStatus.OK, *self._metrics.exposition(accept))

    def _status(self, status: str, reasons: list[str]) -> Answer:
        body = {
            "status": f"not {status}" if reasons else status,
            "epoch_age_seconds": round(self._health.epoch_age(), 3),
            "reasons": reasons,
        }
        code = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return code, orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE), "application/json"


class _Server(ThreadingHTTPServer):
    """Listens, and ends connections that have had their time."""

    request_queue_size = 128

    def __init__(self, host: str, port: int, routes: _Routes, hosts: KnownHosts, longest_seconds: float) -> None:
        self.routes = routes
        self.hosts = hosts
        self._longest_seconds = longest_seconds
        self._opened: dict[socket.socket, float] = {}
        """When each connection was opened, the oldest first."""
        self._requested: set[socket.socket] = set()
        """Those whose request is whole."""
        self._lock = Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    @override
    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own asks for the host's name, which can take long

    @override
    def verify_request(self, request: Any, client_address: Any) -> bool:
        with self._lock:
            if len(self._opened) >= MOST_CONNECTIONS:
                self._end(self._least_wanted())
            self._opened[request] = monotonic()
        return True

    def note_request(self, request: socket.socket) -> None:
        """Note that the request of a connection is whole."""
        with self._lock:
            if request in self._opened:
                self._requested.add(request)

    @override
    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._forget(request)
        super().shutdown_request(request)

    @override
    def service_actions(self) -> None:
        self.end_connections(opened_before=monotonic() - self._longest_seconds)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away or was cut is no news."""

    def end_connections(self, opened_before: float) -> None:
        """Cut connections, which ends the wait of their threads."""
        with self._lock:
            for request in [request for request, opened in self._opened.items() if opened <= opened_before]:
                self._end(request)

    def _least_wanted(self) -> socket.socket:
        return next((request for request in self._opened if request not in self._requested), next(iter(self._opened)))

    def _end(self, request: socket.socket) -> None:
        self._forget(request)
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def _forget(self, request: socket.socket) -> None:
        self._opened.pop(request, None)
        self._requested.discard(request)


class _Handler(BaseHTTPRequestHandler):
    """One request of one connection."""

    server: _Server

    def do_GET(self) -> None:
        self.server.note_request(self.connection)
        if not self.server.hosts.know(self.headers.get_all("Host", [])):
            self._send(HTTPStatus.MISDIRECTED_REQUEST, _UNKNOWN_HOST, _TEXT)
            return
        self._send(*self.server.routes.answer(self.path, self.headers.get("Accept", "")))

    def do_HEAD(self) -> None:
        self.do_GET()

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Stand in for every other method that a client may name."""
        if name.startswith("do_"):
            return lambda: self._send(*_plain(HTTPStatus.METHOD_NOT_ALLOWED))
        raise AttributeError(name)

    @override
    def send_response(self, code: int, message: str | None = None) -> None:
        """Leave out who serves and in which version."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request, without repeating it."""
        self._send(*_plain(HTTPStatus(code)))

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: probes come every few seconds."""

    def _send(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.close_connection = True
        self.send_response(status)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _plain(status: HTTPStatus) -> Answer:
    return status, f"{status.phrase.lower()}\n".encode(), _TEXT
