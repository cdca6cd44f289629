"""Servers that are not what they should be: each is refused with words, nothing hangs, and no secret gets out."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.opcua.guards.certificates import make_own
from models.refusal import FaultsError
from tests.peers.opcua_node import NodeOpcUaServer
from tests.peers.opcua_parties import OURS, SERVER_URI, Parties
from tests.peers.opcua_run import Running, point, settings_of
from tests.peers.opcua_server import NAMESPACE, PASSWORD, OpcUaServer

Run = Callable[..., Running]
Start = Callable[..., OpcUaServer]
POLICY = "Basic256Sha256"
OPC_UA = "http://opcfoundation.org/UA/"
MOST_SENT = 24 << 20
"""Bytes that a server that never ends a message gets rid of: what is taken, and what sockets hold."""


@pytest.fixture
def parties(tmp_path: Path) -> Parties:
    made = Parties(tmp_path)
    (tmp_path / "password").write_text(PASSWORD)
    return made


def secured(parties: Parties, server: OpcUaServer, **rest: Any) -> Any:
    who = {"user": "operator", "password_file": parties.folder / "password"}
    return settings_of(server.url, security_policy=POLICY, timeout_seconds=4.0, **(who | rest))


def refused(running: Running, words: str) -> None:
    running.wait(lambda: words in running.troubles)
    assert running.state == "starting"
    assert running.connector.counts["value"] == 0


@pytest.mark.parametrize("make", [OpcUaServer, NodeOpcUaServer])
def test_certificates_that_are_wrong_on_either_side(
    start: Start, run: Run, parties: Parties, make: type[OpcUaServer]
) -> None:
    """A server's that has ended, though it is trusted; ours, of which a server knows nothing."""
    options = {"policies": [POLICY], "certificate": parties.server, "key": parties.server_key}
    server = start(make, nodes=["a"], strict=True, **options)
    settings = secured(parties, server, user=None, password_file=None)
    refused(run(settings, [point("a")], parties.trusting(parties.server)), "have it put into its trust list")
    server.kill()
    parties.expire(parties.server, parties.server_key, SERVER_URI)
    ended = start(make, nodes=["a"], users=True, **options)
    refused(run(secured(parties, ended), [point("a")], parties.trusting(parties.server)), "its certificate ended at")


def test_our_own_certificate_that_has_ended_is_told_at_the_start(parties: Parties) -> None:
    parties.expire(parties.own, parties.own_key, OURS)
    with pytest.raises(FaultsError, match=r"own\.der: ended at .*; renew it"):
        make_own(parties.own, parties.own_key, OURS, "host")


def test_who_shows_a_trusted_certificate_without_its_key_learns_nothing(
    start: Start, run: Run, parties: Parties
) -> None:
    other = parties.folder / "other.pem"
    make_own(parties.folder / "other.der", other, SERVER_URI, "host")
    options = {"policies": [POLICY], "certificate": parties.server, "key": other, "users": True}
    server = start(OpcUaServer, nodes=["a"], **options)
    refused(run(secured(parties, server), [point("a")], parties.trusting(parties.server)), "no answer in time")


@pytest.mark.parametrize("make", [OpcUaServer, NodeOpcUaServer])
def test_a_user_that_a_server_does_not_know_is_refused_with_words(
    start: Start, run: Run, parties: Parties, make: type[OpcUaServer]
) -> None:
    options = {"policies": [POLICY], "certificate": parties.server, "key": parties.server_key, "users": True}
    server = start(make, nodes=["a"], **options)
    who = parties.trusting(parties.server)
    unknown, nobody = {"user": "stranger"}, {"user": None, "password_file": None}
    refused(run(secured(parties, server, **unknown), [point("a")], who), "the user may not; see to its rights there")
    refused(run(secured(parties, server, **nobody), [point("a")], who), "refuses us: it ")


def test_a_user_may_be_a_certificate_and_another_one_is_refused(start: Start, run: Run, parties: Parties) -> None:
    folder, who = parties.folder, parties.trusting(parties.server)
    users = [
        {"user_certificate_file": folder / f"{name}.der", "user_key_file": folder / f"{name}.pem"} for name in "xy"
    ]
    for user in users:
        make_own(user["user_certificate_file"], user["user_key_file"], "urn:user", "host")
    options = {"certificate": parties.server, "key": parties.server_key, "users": True}
    server = start(OpcUaServer, nodes=["a"], policies=[POLICY], user_certificate=folder / "x.der", **options)
    known, other = (secured(parties, server, user=None, password_file=None, **user) for user in users)
    run(known, [point("a")], who).connected()
    refused(run(other, [point("a")], who), "the user may not; see to its rights there")


def test_of_a_pair_one_that_makes_no_sense_does_not_hide_the_other(node: OpcUaServer, run: Run) -> None:
    node.tell(namespaces=[OPC_UA, "urn:utility:server", NAMESPACE])
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            with suppress(OSError):
                while True:
                    with listener.accept()[0] as one:
                        one.recv(1000)
                        one.sendall(b"ACKF" + struct.pack("<IIIIII", 28, 0, 65_535, 65_535, 0, 0))
                        one.recv(1000)
                        one.sendall(b"OPNF" + struct.pack("<I", 20) + b"\x01" * 12)

        threading.Thread(target=talk, daemon=True).start()
        url = f"opc.tcp://127.0.0.1:{listener.getsockname()[1]}"
        running = run(settings_of(url, node.url, timeout_seconds=2.0), [point("a")]).connected()
        assert running.connector.links()[0].server == node.url


def test_a_password_is_not_given_where_others_can_read_it(start: Start, run: Run, parties: Parties) -> None:
    options = {"certificate": parties.server, "key": parties.server_key, "users": True, "clear": True}
    server = start(OpcUaServer, nodes=["a"], policies=[f"{POLICY} Sign"], **options)
    settings = secured(parties, server, security_mode="Sign")
    refused(run(settings, [point("a")], parties.trusting(parties.server)), "wants the password in the clear")


@pytest.mark.parametrize(
    ("namespaces", "words"),
    [
        ([NAMESPACE, "urn:x", "urn:y"], f"begin with {NAMESPACE}, not with OPC UA's own"),
        ([OPC_UA, NAMESPACE, NAMESPACE], f"names the namespace {NAMESPACE} twice"),
        ([OPC_UA, *(f"urn:{number}" for number in range(20_000))], "has 20,001 namespaces"),
        ([], "begin with nothing"),
    ],
)
def test_a_server_that_lies_about_its_namespaces(
    node: OpcUaServer, run: Run, namespaces: list[str], words: str
) -> None:
    node.tell(namespaces=namespaces)
    running = run(settings_of(node.url), [point("a")])
    refused(running, words)
    node.tell(namespaces=[OPC_UA, "urn:utility:server", NAMESPACE])
    running.connected()
    node.tell(namespaces=namespaces)
    running.wait(lambda: words in running.troubles)


@pytest.fixture(scope="module")
def node() -> Iterator[OpcUaServer]:
    server = NodeOpcUaServer(nodes=["a", "text:String"])
    yield server.start()
    server.kill()


def test_a_value_that_is_huge_is_told_until_it_is_gone(node: OpcUaServer, run: Run) -> None:
    node.tell(namespaces=[OPC_UA, "urn:utility:server", NAMESPACE])
    running = run(settings_of(node.url, retry_seconds=5.0), [point("a"), point("text")])
    running.wait(lambda: running.positions("text") == ["unknown"])
    node.tell(huge={"names": ["text"], "bytes": 20 << 20})
    running.wait(lambda: "it sends more at once than is taken (16 MiB)" in running.troubles)
    node.tell(huge={"names": ["text"], "bytes": 1})
    running.wait(lambda: running.connector.links()[0].points_followed == 2)
    assert len(str(running.events[-1])) < 2000


def test_a_server_that_hangs_is_given_up_and_found_again(node: OpcUaServer, run: Run) -> None:
    quick = {"timeout_seconds": 2.0, "stale_seconds": 2.0}
    node.tell(namespaces=[OPC_UA, "urn:utility:server", NAMESPACE])
    running = run(settings_of(node.url, **quick), [point("a")]).connected()
    node.freeze()
    late = run(settings_of(node.url, **quick), [point("a")])
    for one in (running, late):
        one.wait(lambda: "no answer in time; see whether the server hangs" in one.troubles)  # noqa: B023
    node.thaw()
    for one in (running, late):
        one.connected()
    node.put("a", True)
    for one in (running, late):
        one.wait(lambda: one.positions("a")[-1:] == ["closed"])  # noqa: B023 (waited for at once)


@pytest.mark.parametrize("endless", ["part", "message"])
def test_a_message_that_does_not_end_is_not_waited_for(run: Run, endless: str) -> None:
    listener, sent = socket.create_server(("127.0.0.1", 0)), list[int]()

    def talk(one: socket.socket) -> None:
        one.recv(1000)
        limits = struct.pack("<IIIII", 0, 65_535, 65_535, 0, 0)
        if endless == "part":
            parts = iter([b"ACKF" + struct.pack("<I", 0xFFFF_FFFF), *[b"x" * 60_000] * 10_000])
        else:
            one.sendall(b"ACKF" + struct.pack("<I", 28) + limits)
            one.recv(1000)
            heads = (struct.pack("<IIIII", 60_000, 0, 0, number, 1) for number in range(1, 10_000))
            parts = (b"MSGC" + head + b"x" * (60_000 - 24) for head in heads)
        sent.append(0)
        with suppress(OSError), one:
            for part in parts:
                one.sendall(part)
                sent[-1] += len(part)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        url = f"opc.tcp://127.0.0.1:{listener.getsockname()[1]}"
        running = run(settings_of(url, timeout_seconds=5.0), [point("a")])
        running.wait(lambda: "it sends more at once than is taken (16 MiB)" in running.troubles)
        running.wait(lambda: running.connector.counts["reconnect"] >= 2)
        assert 0 < max(sent) < MOST_SENT
    finally:
        listener.close()
