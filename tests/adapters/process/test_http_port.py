import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection, HTTPMessage
from threading import Thread
from threading import enumerate as threads
from time import monotonic

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from adapters.metrics.registry import Metrics
from adapters.metrics.tables.service import QUEUE_FULL_WAITS
from adapters.process.http_port import LONGEST_SECONDS, MOST_CONNECTIONS, HttpPort, parse_address, serve
from models.refusal import FaultsError

DEADLINE = 240.0


class ManyMetrics(Metrics):
    """More of them than the buffers of a connection hold."""

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        return bytes(1 << 24), f"text/plain{accept}"


class State:
    """The health of a process that the tests have in hand."""

    def __init__(self) -> None:
        self.sick: list[str] = []
        self.busy: list[str] = []
        self.age = 1.5

    def healthy(self) -> list[str]:
        return self.sick

    def ready(self) -> list[str]:
        return self.busy

    def epoch_age(self) -> float:
        return self.age


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("outages")


@pytest.fixture
def port(metrics: Metrics, state: State) -> Iterator[HttpPort]:
    with closing(serve("127.0.0.1:0", metrics, state)) as port:
        yield port


def connect(port: HttpPort) -> socket.socket:
    return socket.create_connection(parse_address(port.address), DEADLINE)


def ask(port: HttpPort, path: str, method: str = "GET", **headers: str) -> tuple[int, HTTPMessage, bytes]:
    with closing(HTTPConnection(port.address, timeout=DEADLINE)) as connection:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def say(port: HttpPort, request: bytes) -> bytes:
    """Send bytes as they are, and read to the end."""
    with connect(port) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))


def value(name: str, families: Iterable[Metric]) -> float:
    (family,) = [family for family in families if family.name == name]
    return family.samples[0].value


def answering() -> set[Thread]:
    return {thread for thread in threads() if thread.is_alive() and "process_request_thread" in thread.name}


def until_cut(client: socket.socket, drip: bytes = b"") -> None:
    """Wait until the port has cut the connection, dripping bytes into it meanwhile."""
    client.settimeout(0.02)
    deadline = monotonic() + DEADLINE
    while monotonic() < deadline:
        try:
            client.sendall(drip)
            if not client.recv(1):
                return
        except TimeoutError:
            continue
        except ConnectionError:
            return
    pytest.fail("the port holds the connection")


def test_metrics_come_as_text_and_as_open_metrics(port: HttpPort, metrics: Metrics) -> None:
    metrics.counter(QUEUE_FULL_WAITS).inc(7)
    status, headers, body = ask(port, "/metrics?debug=1")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert value("faultline_queue_full_waits", read_text(body.decode())) == 7
    status, headers, body = ask(port, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert status == 200
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert value("faultline_queue_full_waits", read_open_metrics(body.decode())) == 7  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("path", "word"), [("/healthz", "healthy"), ("/readyz", "ready")])
def test_health_and_readiness_tell_why_not(port: HttpPort, state: State, path: str, word: str) -> None:
    status, headers, body = ask(port, path)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/json", "no-store")
    assert orjson.loads(body) == {"status": word, "epoch_age_seconds": 1.5, "reasons": []}
    reasons = ["no epoch was made durable for 90 s", "the broker is away"]
    state.sick, state.busy = (reasons, []) if word == "healthy" else ([], reasons)
    state.age = float("inf")
    status, _, body = ask(port, path)
    assert status == 503
    assert orjson.loads(body) == {"status": f"not {word}", "epoch_age_seconds": None, "reasons": reasons}
    assert {ask(port, other)[0] for other in {"/healthz", "/readyz"} - {path}} == {200}


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metrics/../healthz", "/HEALTHZ", "/favicon.ico", "*"])
def test_there_is_nothing_else(port: HttpPort, path: str) -> None:
    assert ask(port, path)[::2] == (404, b"not found\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_other_methods_are_refused(port: HttpPort, method: str) -> None:
    status, headers, _ = ask(port, "/healthz", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/healthz", "/nothing"])
def test_head_is_get_without_the_body(port: HttpPort, path: str) -> None:
    status, _, body = ask(port, path)
    head_status, head_headers, head_body = ask(port, path, "HEAD")
    assert (head_status, head_body) == (status, b"")
    assert int(head_headers["Content-Length"]) == len(body)


def test_nobody_is_told_who_serves_and_in_which_version(port: HttpPort) -> None:
    answers = [
        say(port, request) for request in (b"GET /healthz HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n", b"\x16\x03\r\n")
    ]
    assert answers[0].startswith(b"HTTP/1.0 200 ")
    for answer in answers:
        assert b"Server" not in answer
        assert b"Python" not in answer
        assert b"nonsense" not in answer


def test_a_request_that_is_too_long_is_refused(port: HttpPort) -> None:
    assert b" 414 " in say(port, b"GET /" + b"a" * 65_532)
    assert b" 431 " in say(port, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101)


def test_a_failure_is_answered_and_logged(
    port: HttpPort, state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(state, "epoch_age", lambda: "never")
    assert ask(port, "/healthz")[::2] == (500, b"internal server error\n")
    assert [(record.levelname, record.getMessage()[:29]) for record in caplog.records] == [
        ("ERROR", "/healthz failed: TypeError: t")
    ]


def test_many_ask_at_once_while_the_metrics_move(port: HttpPort, metrics: Metrics) -> None:
    def scrape(number: int) -> int:
        metrics.counter(QUEUE_FULL_WAITS).inc()
        status, _, body = ask(port, "/metrics" if number % 2 else "/readyz")
        assert body.endswith(b"\n")
        return status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(scrape, range(200))) == {200}


def test_a_client_that_drips_its_request_is_cut(metrics: Metrics, state: State) -> None:
    with closing(serve("127.0.0.1:0", metrics, state, longest_seconds=0.3)) as port, connect(port) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\n")
        until_cut(client, drip=b"a")


def test_a_client_that_does_not_read_is_cut(state: State) -> None:
    with closing(serve("127.0.0.1:0", ManyMetrics("outages"), state, longest_seconds=3)) as port:
        before = answering()
        with connect(port) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            deadline = monotonic() + DEADLINE
            while not (held := answering() - before) and monotonic() < deadline:
                continue
            (thread,) = held
            thread.join(DEADLINE)
            assert not thread.is_alive()


def test_slow_clients_keep_no_probe_out(port: HttpPort) -> None:
    """More connections than are allowed drip their requests; each probe is answered all the same, and they are cut."""
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(port)) for _ in range(MOST_CONNECTIONS + 8)]
        for client in slow:
            with suppress(ConnectionError):
                client.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert {ask(port, path)[0] for path in ("/healthz", "/readyz", "/metrics") * 20} == {200}
        until_cut(slow[0], drip=b"a")


def test_connections_that_have_asked_make_room_last(state: State) -> None:
    with closing(serve("127.0.0.1:0", ManyMetrics("outages"), state)) as port, connect(port) as scraping:
        scraping.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert scraping.recv(4) == b"HTTP"
        with ExitStack() as stack:
            for _ in range(2 * MOST_CONNECTIONS):
                stack.enter_context(connect(port))
            rest = b"".join(iter(lambda: scraping.recv(1 << 20), b""))
        assert len(rest) > 1 << 24


HOSTS = {
    200: ["127.0.0.1:9464", "[::1]:9464", "[::1]", "10.1.2.3", "localhost:1", "LOCALHOST.", "probe.example:80"],
    421: [
        "evil.example",
        "evil.example:9464",
        "",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "probe",
        "::1:x",
    ],
}


@pytest.mark.parametrize(("status", "host"), [(status, host) for status, hosts in HOSTS.items() for host in hosts])
def test_only_known_names_are_answered(metrics: Metrics, state: State, status: int, host: str) -> None:
    with closing(serve("127.0.0.1:0", metrics, state, "other.example, probe.example")) as port:
        assert ask(port, "/healthz", Host=host)[0] == status


def test_any_name_can_be_allowed_and_none_is_needed(metrics: Metrics, state: State, port: HttpPort) -> None:
    with closing(serve("127.0.0.1:0", metrics, state, "*")) as open_port:
        assert ask(open_port, "/healthz", Host="evil.example")[0] == 200
    assert b" 200 " in say(port, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert b" 421 " in say(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")


def test_closing_frees_the_port_and_cuts_what_is_open(metrics: Metrics, state: State) -> None:
    first = serve("127.0.0.1:0", metrics, state)
    with connect(first) as client:
        client.sendall(b"GET /")
        assert ask(first, "/healthz")[0] == 200
        first.close()
        until_cut(client)
    with closing(serve(first.address, metrics, state)) as second:
        assert second.address == first.address
        assert ask(second, "/healthz")[0] == 200


def test_a_port_in_use_is_refused_in_words(port: HttpPort, metrics: Metrics, state: State) -> None:
    with pytest.raises(FaultsError, match=f"cannot listen on {port.address}: the port is in use; stop what listens"):
        serve(port.address, metrics, state)


def test_an_address_of_another_machine_is_refused_in_words(metrics: Metrics, state: State) -> None:
    with pytest.raises(FaultsError, match=r"cannot listen on 192\.0\.2\.1:0: this machine does not have that address"):
        serve("192.0.2.1:0", metrics, state)


def test_it_listens_on_version_6_where_the_machine_has_it(metrics: Metrics, state: State) -> None:
    try:
        port = serve("[::1]:0", metrics, state)
    except FaultsError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with closing(port):
        assert port.address.startswith("[::1]:")
        assert ask(port, "/healthz")[0] == 200


NO_ADDRESSES = ["", "9100", ":9100", "localhost:9100", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"]
MORE_NO_ADDRESSES = [
    "127.0.0.1:-1",
    "127.0.0.1: 1",
    "::1:9100",
    "[127.0.0.1]:1",
    "127.0.0.1:\N{SUPERSCRIPT TWO}",
    "[::1]",
]


@pytest.mark.parametrize("listen", NO_ADDRESSES + MORE_NO_ADDRESSES)
def test_what_is_no_address_and_port_is_refused_in_words(listen: str) -> None:
    with pytest.raises(FaultsError, match="is no IP address and port; give one such as") as refused:
        parse_address(listen)
    assert len(refused.value.faults) == 1


@given(address=st.ip_addresses(), port=st.integers(0, 65535))
def test_every_address_and_port_is_understood(address: object, port: int) -> None:
    text = f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"
    assert parse_address(text) == (str(address), port)


def test_a_request_has_a_limit_by_default() -> None:
    assert 0 < LONGEST_SECONDS <= 30
