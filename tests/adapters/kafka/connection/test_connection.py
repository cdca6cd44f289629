"""Every way to connect, against a real broker: the right secret leads in, a wrong one is refused in plain words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from adapters.kafka.clients.fenced_producer import FencedProducer
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.connection.connection import Connection
from adapters.kafka.connection.faults import connection_faults
from adapters.kafka.connection.reach import unreachable
from tests.peers.certificates import Authority, skip_without_openssl
from tests.peers.kafka import eventually, skip_without_kafka
from tests.peers.secure_kafka import PASSWORD, USER, SecureKafka, secure_kafka
from tests.peers.tokens import CLIENT, SECRET, token, token_endpoint

KEY_PASSWORD = "sesame"
WRONG = "a wrong secret"
SECRETS = (PASSWORD, KEY_PASSWORD, SECRET, WRONG)
WAYS = ("TLS", "MUTUAL", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OPEN", "TOKEN", "OIDC")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    skip_without_openssl()
    skip_without_kafka()
    with secure_kafka(tmp_path_factory.mktemp("secure")) as broker:
        yield broker


@pytest.fixture(scope="module")
def ways(secure: SecureKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """The settings of each way to connect."""
    folder = tmp_path_factory.mktemp("secrets")

    def secret(name: str, text: str) -> Path:
        (folder / name).write_text(text + "\n")
        return folder / name

    certificate, key = secure.authority.issue("client", KEY_PASSWORD)
    own = {
        "ssl_certificate_file": certificate,
        "ssl_key_file": key,
        "ssl_key_password_file": secret("key", KEY_PASSWORD),
    }
    user = {"sasl_username": USER, "sasl_password_file": secret("password", PASSWORD)}
    ca = {"ssl_ca_file": secure.authority.certificate}
    tls = {"bootstrap_servers": secure.address("TLS"), "security_protocol": "SSL", **ca}
    login = {"bootstrap_servers": secure.address("LOGIN"), "security_protocol": "SASL_SSL", **ca}
    oauth = login | {"sasl_mechanism": "OAUTHBEARER"}
    client = {"oauth_client_id": CLIENT, "oauth_client_secret_file": secret("client", SECRET)}
    with token_endpoint(*secure.authority.issue("endpoint")) as endpoint:
        yield {
            "TLS": tls,
            "MUTUAL": tls | own | {"bootstrap_servers": secure.address("MUTUAL")},
            **{name: login | user | {"sasl_mechanism": name} for name in WAYS[2:5]},
            "OPEN": user
            | {
                "bootstrap_servers": secure.address("OPENLOGIN"),
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-256",
            },
            "TOKEN": oauth | {"oauth_token_file": secret("token", token())},
            "OIDC": oauth | client | {"oauth_token_endpoint": endpoint, "oauth_ca_file": secure.authority.certificate},
        }


@pytest.fixture(autouse=True)
def silent(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No test lets a secret out, by a log or otherwise."""
    caplog.set_level(logging.DEBUG)
    yield
    said = "".join([caplog.text, *capfd.readouterr()])
    assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize("way", WAYS)
def test_the_right_secret_leads_in(way: str, ways: dict[str, dict[str, Any]], secure: SecureKafka) -> None:
    connection = Connection(**ways[way])
    assert connection_faults(connection) == []
    assert unreachable(connection) == []
    topic = f"way.{way}"
    admin = AdminClient({"bootstrap.servers": secure.broker.bootstrap})
    for made in admin.create_topics([NewTopic(topic, 1, 1)]).values():
        made.result(120)
    # No client is polled first: a token is there without that.
    producer = Producer(connection.client_settings())
    producer.produce(topic, way.encode())
    assert producer.flush(60) == 0
    fenced = FencedProducer(connection.client_settings, {0: topic}, 60)
    fenced.fence()
    fenced.send(topic, 0, Outgoing(b"fenced"))
    fenced.flush()
    consumer = Consumer(connection.client_settings() | {"group.id": "nobody"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert [message.value() for message in consumer.consume(2, 60)] == [way.encode(), b"fenced"]
    consumer.close()


@pytest.mark.parametrize(
    ("way", "setting", "content", "words"),
    [
        ("PLAIN", "sasl_password_file", WRONG, "Invalid username or password; check sasl_mechanism"),
        ("SCRAM-SHA-512", "sasl_password_file", WRONG, "invalid credentials with SASL mechanism SCRAM-SHA-512"),
        ("TOKEN", "oauth_token_file", token(86400, sub=""), "invalid_token"),
        ("OIDC", "oauth_client_secret_file", WRONG, "Failed to acquire SASL OAUTHBEARER token"),
    ],
    ids=["PLAIN", "SCRAM", "TOKEN", "OIDC"],
)
def test_a_wrong_secret_is_refused(
    way: str, setting: str, content: str, words: str, ways: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text(content)
    connection = Connection(**ways[way] | {setting: tmp_path / "wrong"})
    assert connection_faults(connection) == []
    (told,) = unreachable(connection)
    assert told.startswith(f"kafka {connection.bootstrap_servers}: ")
    assert words in told
    assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize(
    ("way", "kept", "seconds", "words"),
    [
        ("MUTUAL", ("bootstrap_servers", "security_protocol", "ssl_ca_file"), 5, "certificate"),
        (
            "TLS",
            ("bootstrap_servers",),
            1,
            "no answer within 1 s; check that it runs, its address and security_protocol",
        ),
    ],
)
def test_too_little_security_is_refused(
    way: str, kept: tuple[str, ...], seconds: float, words: str, ways: dict[str, dict[str, Any]]
) -> None:
    connection = Connection(**{name: ways[way][name] for name in kept})
    assert connection_faults(connection) == []
    assert words in "\n".join(unreachable(connection, seconds))


def test_a_broker_of_another_authority_is_refused(ways: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    (told, *_) = unreachable(Connection(**ways["TLS"] | {"ssl_ca_file": stranger.certificate}))
    assert "broker certificate could not be verified" in told
    assert told.endswith("; check ssl_ca_file, and that the broker's certificate names this host")


def test_a_token_is_read_anew_before_it_ends(ways: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "token"
    first, second = token(8), token(600)
    path.write_text(first)
    settings = Connection(**ways["TOKEN"] | {"oauth_token_file": path}).client_settings()
    read: list[str] = []

    def callback(config: str) -> tuple[str, float]:
        given: tuple[str, float] = settings["oauth_cb"](config)
        read.append(given[0])
        path.write_text(second)
        return given

    client = AdminClient(settings | {"oauth_cb": callback})
    assert client.list_topics(timeout=120).brokers
    eventually(lambda: len(read) > 1)
    assert read == [first, second]


def test_nobody_there_is_told() -> None:
    (told,) = unreachable(Connection(bootstrap_servers="127.0.0.1:1"), 3)
    assert told == (
        "kafka 127.0.0.1:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused; "
        "check that it runs, its address and security_protocol"
    )
