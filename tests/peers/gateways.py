"""Stand-ins for REST gateways, with the shapes of the documents that their makers publish.

OPC UA Web API: OPC 10000-6, annex G.3 and its OpenAPI document; Kepware: the IoT Gateway's REST server manual.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.peers.gateway_subscription import Subscriptions

SERVER_TIME = "2026-07-01T10:00:00.0000000Z"


class Gateway:
    """A gateway on a port of its own; `values` are by node the members of an answer, `authorization` what it wants."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.values: dict[str, dict[str, Any]] = {}
        self.history: dict[str, list[dict[str, Any]]] = {}
        """By node what has been; two at a time."""
        self.authorization: str | None = None
        self.hangs_up: list[str] = []
        """Paths whose next answer does not get through, though what was asked for is done."""
        self.unknown: set[str] = set()
        """Paths that it does not know."""
        self.status = 200
        self.asked: list[tuple[str, str, Any]] = []
        self.body: bytes | None = None
        self.subscriptions = Subscriptions(lambda: self.values)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"https://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, request: Any) -> Any:
        """Give the document that answers a request."""
        parts = urlsplit(target)
        self.asked.append((method, parts.path, request))
        if parts.path in self.unknown:
            return None
        if (method, parts.path) == ("POST", "/opcua/read"):
            results = [
                self.values.get(node["NodeId"], {"StatusCode": {"Code": 0x8034_0000}})
                for node in request["NodesToRead"]
            ]
            return {"ResponseHeader": {"Timestamp": SERVER_TIME, "ServiceResult": {"Code": 0}}, "Results": results}
        if (method, parts.path) == ("POST", "/opcua/historyread"):
            results = [self._history(request["HistoryReadDetails"], node) for node in request["NodesToRead"]]
            return {"ResponseHeader": {"Timestamp": SERVER_TIME}, "Results": results}
        if method == "POST" and (known := self.subscriptions.answer(parts.path, request)) is not None:
            return known
        if (method, parts.path) == ("GET", "/iotgateway/read"):
            wanted = parse_qs(parts.query)["ids"]
            return {"readResults": [{"id": name, **self.values[name]} for name in wanted if name in self.values]}
        return None

    def _history(self, details: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
        if node["NodeId"] not in self.history:
            return {"StatusCode": {"Code": 0x8072_0000}}  # BadHistoryOperationUnsupported
        span = details["StartTime"], details["EndTime"]
        found = [one for one in self.history[node["NodeId"]] if span[0] <= one["SourceTimestamp"] <= span[1]]
        start = int(node.get("ContinuationPoint", "0"))
        more = {"ContinuationPoint": str(start + 2)} if len(found) > start + 2 else {}
        return {"HistoryData": {"UaTypeId": "i=656", "DataValues": found[start : start + 2]}, **more}


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            known = gateway.authorization in (None, self.headers.get("Authorization"))
            status = gateway.status if known else 401
            answer = gateway.answer(method, self.path, orjson.loads(sent) if sent else None) if status == 200 else {}
            body = gateway.body if gateway.body is not None else orjson.dumps(answer)
            if self.path in gateway.hangs_up:
                gateway.hangs_up.remove(self.path)
                self.close_connection = True
                return
            with suppress(OSError):
                self.send_response(404 if answer is None else status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the base class says so)
            pass

    return Handler
