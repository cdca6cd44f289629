"""Whom we talk to, and who we are: every refusal has words, nothing hangs, and no secret is written down."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asyncua.crypto import cert_gen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.opcua.connection import Identity
from adapters.opcua.guards.certificates import TrustList, make_own, read_certificate, thumbprint
from adapters.opcua.settings import OpcUaSettings, settings_faults
from models.refusal import FaultsError
from tests.peers.opcua_parties import OURS, SERVER_URI, Parties
from tests.peers.opcua_run import Running, point, settings_of
from tests.peers.opcua_server import PASSWORD, OpcUaServer

Serve = Callable[..., OpcUaServer]


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    return Parties(tmp_path_factory.mktemp("parties"))


@pytest.fixture
def fresh(parties: Parties) -> Parties:
    """The same, trusting nobody."""
    for path in parties.trust.iterdir():
        if path.is_file():
            path.unlink()
    return parties


def refused(settings: OpcUaSettings, identity: Identity, words: str) -> str:
    running = Running(settings, [point("a")], identity)
    try:
        running.wait(lambda: words in running.troubles)
        assert running.state == "starting"
        assert running.connector.counts["value"] == 0
        return running.troubles
    finally:
        running.stop()


@pytest.mark.parametrize("policy", ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"])
def test_each_policy_carries_values(
    serve: Serve, fresh: Parties, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "faultline")
    secret = fresh.folder / "password"
    secret.write_text(PASSWORD)
    server = serve("a", policies=[policy], certificate=fresh.server, key=fresh.server_key, users=True)
    settings = settings_of(server.url, security_policy=policy, user="operator", password_file=secret)
    running = Running(settings, [point("a")], fresh.trusting(fresh.server))
    try:
        running.connected()
        running.wait(lambda: running.positions("a") == ["open"])
        (expiry,) = [one for one in running.connector.certificates() if one.link == "ems"]
        assert expiry.at > datetime.now(UTC).timestamp() * 1000
    finally:
        running.stop()
    assert PASSWORD not in caplog.text


def test_a_server_is_refused_until_somebody_trusts_its_certificate(serve: Serve, fresh: Parties) -> None:
    server = serve("a", policies=["Basic256Sha256"], certificate=fresh.server, key=fresh.server_key)
    settings = settings_of(server.url, security_policy="Basic256Sha256")
    mark = thumbprint(read_certificate(fresh.server.read_bytes()))
    running = Running(settings, [point("a")], fresh.trusting(fresh.own))
    try:
        running.wait(lambda: "is not trusted; look at it" in running.troubles)
        assert mark in running.troubles
        assert running.connector.counts["value"] == 0
        aside = fresh.trust / "rejected" / f"{mark}.der"
        assert aside.read_bytes() == fresh.server.read_bytes()
        aside.rename(fresh.trust / "server.der")
        running.connected()
    finally:
        running.stop()


def test_a_server_that_offers_less_than_is_asked_for_is_refused(serve: Serve, fresh: Parties) -> None:
    server = serve("a", policies=["None"])
    settings = settings_of(server.url, security_policy="Basic256Sha256")
    told = refused(settings, fresh.trusting(fresh.server), "offers None None, not Basic256Sha256 SignAndEncrypt")
    assert "mend the server, or the settings" in told


def test_a_wrong_password_is_refused_with_words(serve: Serve, fresh: Parties) -> None:
    secret = fresh.folder / "wrong"
    secret.write_text("Tr0ub4dor")
    server = serve("a", policies=["Basic256Sha256"], certificate=fresh.server, key=fresh.server_key, users=True)
    settings = settings_of(server.url, security_policy="Basic256Sha256", user="operator", password_file=secret)
    told = refused(settings, fresh.trusting(fresh.server), "refuses us")
    assert "Tr0ub4dor" not in told


def test_a_server_that_claims_to_be_another_is_refused(serve: Serve, fresh: Parties) -> None:
    server = serve("a", policies=["Basic256Sha256"], certificate=fresh.server, key=fresh.server_key, uri="urn:other")
    settings = settings_of(server.url, security_policy="Basic256Sha256")
    refused(settings, fresh.trusting(fresh.server), "it says that it is urn:other")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "see whether an OPC UA server answers there"),
        (b"ACKF" + b"\xff" * 64, "see whether an OPC UA server answers there"),
        (b"", "see whether an OPC UA server answers there"),
        (None, "no answer in time; see whether the server hangs"),
    ],
)
def test_what_is_no_server_neither_hangs_nor_ends_the_connector(answer: bytes | None, words: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            open_ones.append(one)
            if answer is not None:
                one.sendall(answer)
                one.close()

    threading.Thread(target=serve, daemon=True).start()
    url = f"opc.tcp://127.0.0.1:{listener.getsockname()[1]}"
    running = Running(settings_of(url, timeout_seconds=0.5), [point("a")])
    try:
        running.wait(lambda: running.connector.counts["reconnect"] >= 2)
        running.wait(lambda: words in running.troubles)
    finally:
        running.stop()
        listener.close()
        for one in open_ones:
            one.close()


def authority_and_server(days: int) -> tuple[x509.Certificate, x509.Certificate, rsa.RSAPrivateKey]:
    """An authority, and a certificate that it has signed and that ends in so many days."""
    key, now = cert_gen.generate_private_key(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    builder = x509.CertificateBuilder().issuer_name(name).not_valid_before(now - timedelta(days=400))
    authority = builder.subject_name(name).public_key(key.public_key()).serial_number(1)
    authority = authority.not_valid_after(now + timedelta(days=9))
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    server_key = cert_gen.generate_private_key()
    server = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")]))
    server = server.public_key(server_key.public_key()).serial_number(2).not_valid_after(now + timedelta(days=days))
    server = server.add_extension(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(SERVER_URI)]), critical=False
    )
    return authority.sign(key, hashes.SHA256()), server.sign(key, hashes.SHA256()), key


def test_an_authority_vouches_until_it_revokes_or_time_is_up(tmp_path: Path) -> None:
    authority, server, key = authority_and_server(days=1)
    (tmp_path / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    trust = TrustList(tmp_path)
    assert trust.faults(server, SERVER_URI) == []
    assert "ended at" in trust.faults(server, SERVER_URI, datetime.now(UTC) + timedelta(days=2))[0]
    assert "begins at" in trust.faults(server, SERVER_URI, datetime.now(UTC) - timedelta(days=500))[0]
    now = datetime.now(UTC)
    revoked = x509.RevokedCertificateBuilder().serial_number(2).revocation_date(now).build()
    crl = x509.CertificateRevocationListBuilder().issuer_name(authority.subject).last_update(now)
    signed = crl.next_update(now + timedelta(days=1)).add_revoked_certificate(revoked).sign(key, hashes.SHA256())
    (tmp_path / "authority.crl").write_bytes(signed.public_bytes(serialization.Encoding.DER))
    assert TrustList(tmp_path).faults(server, SERVER_URI) == ["its certificate is revoked; have it replaced"]
    stranger, _, _ = authority_and_server(days=1)
    assert "is not trusted" in trust.faults(stranger, None)[0]


def test_a_trust_list_with_rubbish_is_refused_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_text("nothing")
    (tmp_path / "two.crl").write_bytes(b"\x30\x00")
    (tmp_path / "notes.txt").write_text("are left alone")
    with pytest.raises(FaultsError) as refusal:
        TrustList(tmp_path)
    assert len(refusal.value.faults) == 2


def test_own_certificates_are_a_pair_of_our_name(tmp_path: Path, parties: Parties) -> None:
    with pytest.raises(FaultsError, match="though its pair is there"):
        make_own(parties.own, tmp_path / "no.pem", OURS, "host")
    with pytest.raises(FaultsError, match="does not name urn:somebody; set application_uri to urn:faultline:connector"):
        make_own(parties.own, parties.own_key, "urn:somebody", "host")
    assert parties.own_key.stat().st_mode & 0o077 == 0


def test_settings_are_refused_with_every_fault_at_once(tmp_path: Path) -> None:
    endpoints = [
        {"name": "a", "urls": ["opc.tcp://user:pw@host:4840", "http://host:1"], "security_mode": "None"},
        {"name": "a", "urls": ["opc.tcp://host:4840"], "user": "x"},
        {"name": "c", "urls": ["opc.tcp://host:4840"], "security_policy": "None", "security_mode": "None"}
        | {"user": "x", "password_file": tmp_path / "no"},
    ]
    given = {"connector": "n", "network": "n", "mapping": "m", "state": "s", "endpoints": endpoints}
    faults = settings_faults(OpcUaSettings.model_validate(given))
    for words in (
        "endpoint a: stands twice",
        "url host:4840 is none",
        "url http://host:1 is none",
        "policy None and mode None go together",
        "user and password_file go together",
        "a password would go in the clear",
        "no such file",
        "setting trust is missing",
    ):
        assert any(words in fault for fault in faults), words
    assert not any("pw" in fault for fault in faults)
