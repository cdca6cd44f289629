"""OAuth tokens without a signature, and an endpoint on this machine that gives them, for tests."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import orjson

CLIENT, SECRET = "faultline-ingest", "the client's secret"


def token(seconds: float = 3600, **claims: object) -> str:
    """Give a JWT that ends some seconds from now."""
    payload = {"sub": "meter-reader", "exp": int(time.time() + seconds)} | claims
    parts = (urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in ({"alg": "none"}, payload))
    return ".".join([*parts, ""])


class _Endpoint(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        known = self.headers["Authorization"] == f"Basic {b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
        given = {"access_token": token(), "token_type": "Bearer", "expires_in": 300}
        body = orjson.dumps(given if known else {"error": "invalid_client"})
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, the base class says so
        pass


@contextmanager
def token_endpoint(certificate: Path, key: Path) -> Iterator[str]:
    """Serve tokens by HTTPS to `CLIENT`; gives the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), _Endpoint) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join()
