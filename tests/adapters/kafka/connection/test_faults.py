"""Settings of a connection are refused with every fault at once, and what is not refused a client takes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.kafka.connection.connection import Connection
from adapters.kafka.connection.faults import connection_faults
from adapters.kafka.connection.log import CLIENT_LOG
from tests.peers.certificates import Authority, skip_without_openssl
from tests.peers.tokens import token

SECRET = "a secret"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A good file for each setting that wants one, and bad ones."""
    skip_without_openssl()
    folder = tmp_path_factory.mktemp("files")
    authority = Authority(folder / "authority")
    certificate, key = authority.issue("client", SECRET)
    texts = {"secret": f"{SECRET}\n", "empty": "\n", "token": token(), "ended": token(-1), "no_end": token(exp="soon")}
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "binary").write_bytes(b"\xff\xfe")
    return {
        **{name: folder / name for name in (*texts, "binary", "absent")},
        "ssl_ca_file": authority.certificate,
        "ssl_certificate_file": certificate,
        "ssl_key_file": key,
        "other_key": authority.issue("other")[1],
        "ssl_key_password_file": folder / "secret",
        "sasl_password_file": folder / "secret",
        "oauth_token_file": folder / "token",
        "oauth_client_secret_file": folder / "secret",
        "oauth_ca_file": authority.certificate,
    }


def faults(**given: Any) -> list[str]:
    return connection_faults(Connection(**{"bootstrap_servers": "127.0.0.1:1"} | given))


def test_every_fault_is_told_at_once(files: dict[str, Path]) -> None:
    told = faults(
        bootstrap_servers="here, [::1]:9092, kafka:0,",
        ssl_ca_file=files["absent"],
        sasl_mechanism="OAUTHBEARER",
        sasl_username="",
        oauth_token_endpoint="http://identity.example/token",
        oauth_client_secret_file=files["empty"],
    )
    assert told == [
        'kafka: bootstrap_servers has "here"; write host:port, with commas between several',
        'kafka: bootstrap_servers has "kafka:0"; write host:port, with commas between several',
        'kafka: bootstrap_servers has ""; write host:port, with commas between several',
        "kafka: sasl_username is empty; leave it out or give it a value",
        (
            "kafka: ssl_ca_file is set, but security_protocol PLAINTEXT has no TLS; "
            "choose SSL or SASL_SSL, or leave it out"
        ),
        "kafka: sasl_mechanism is set, but security_protocol PLAINTEXT has no login; choose SASL_SSL, or leave it out",
        (
            "kafka: sasl_username is set, but sasl_mechanism is OAUTHBEARER; "
            "choose PLAIN or SCRAM-SHA-512, or leave it out"
        ),
        "kafka: sasl_mechanism OAUTHBEARER without oauth_token_file needs oauth_client_id; set it",
        "kafka: oauth_token_endpoint would get the client's secret unencrypted; write https://",
        f"kafka: ssl_ca_file {files['absent']} cannot be read: no such file or directory; give a readable file",
        f"kafka: oauth_client_secret_file {files['empty']} is empty; put in what belongs there",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ended", "has a token that has ended; whoever renews it is late"),
        ("no_end", "has no JWT with an end (exp)"),
        ("secret", "has no JWT with an end (exp)"),
        ("empty", "is empty"),
        ("binary", "is not UTF-8"),
        ("absent", "cannot be read: no such file or directory"),
    ],
)
def test_a_token_that_is_not_good_is_refused(name: str, words: str, files: dict[str, Path]) -> None:
    (told,) = faults(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", oauth_token_file=files[name])
    assert words in told


@pytest.mark.parametrize(
    "changed",
    [
        {"ssl_key_file": "other_key"},
        {"ssl_key_password_file": "token"},
        {"ssl_key_password_file": None},
        {"ssl_certificate_file": "secret"},
    ],
)
def test_a_key_that_does_not_open_or_fit_is_refused(changed: dict[str, str | None], files: dict[str, Path]) -> None:
    names = {name: name for name in ("ssl_certificate_file", "ssl_key_file", "ssl_key_password_file")} | changed
    given = {name: files[file] for name, file in names.items() if file is not None}
    (told,) = faults(security_protocol="SSL", **given)
    assert "do not fit, or the key stays locked" in told


def test_an_authority_without_a_certificate_is_refused(files: dict[str, Path]) -> None:
    (told,) = faults(security_protocol="SSL", ssl_ca_file=files["secret"])
    assert "has no certificate in PEM form" in told


GOOD: list[dict[str, Any]] = [
    {},
    {"security_protocol": "SSL", "ssl_ca_file": None, "ssl_certificate_file": None, "ssl_key_file": None}
    | {"ssl_key_password_file": None},
    {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "u", "ssl_ca_file": None}
    | {"sasl_password_file": None},
    {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "OAUTHBEARER", "oauth_token_file": None},
    {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER", "oauth_client_secret_file": None}
    | {"oauth_client_id": "c", "oauth_token_endpoint": "https://127.0.0.1:1", "oauth_ca_file": None},
]
SETTINGS: dict[str, Any] = {name: value for good in GOOD for name, value in good.items()} | {"oauth_scope": "s"}


@given(
    good=st.sampled_from(GOOD),
    left_out=st.sets(st.sampled_from(sorted(SETTINGS)), max_size=2),
    added=st.sets(st.sampled_from(sorted(SETTINGS)), max_size=2),
    protocol=st.none() | st.sampled_from(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
)
@settings(max_examples=300)
def test_what_is_not_refused_a_client_takes(
    good: dict[str, Any], left_out: set[str], added: set[str], protocol: str | None, files: dict[str, Path]
) -> None:
    chosen = {name: SETTINGS[name] for name in added} | {name: good[name] for name in good.keys() - left_out}
    chosen |= {} if protocol is None else {"security_protocol": protocol}
    given = {name: files.get(name) if value is None else value for name, value in chosen.items()}
    connection = Connection(bootstrap_servers="127.0.0.1:1", **given)
    assert SECRET not in f"{connection!r} {connection} {connection.shown()} {connection_faults(connection)}"
    if not connection_faults(connection):
        taken = connection.client_settings()
        # Where a login is, all of it is; a client would take less.
        assert ("sasl.mechanism" in taken) == taken["security.protocol"].startswith("SASL")
        assert ("sasl.password" in taken) == ("sasl.username" in taken)
        assert ("oauth_cb" in taken) + ("sasl.oauthbearer.client.secret" in taken) == (
            taken.get("sasl.mechanism") == "OAUTHBEARER"
        )
        if "oauth_cb" not in taken:  # a client waits a second for its first token
            Producer(taken).close()
    elif not left_out and not added and protocol is None:
        raise AssertionError(connection_faults(connection))


def test_what_is_shown_says_where_secrets_come_from(files: dict[str, Path]) -> None:
    connection = Connection(
        bootstrap_servers="127.0.0.1:1",
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="reader",
        sasl_password_file=files["secret"],
    )
    assert connection.client_settings()["sasl.password"] == SECRET
    assert connection.shown() == {
        "bootstrap_servers": "127.0.0.1:1",
        "client_id": "faultline",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_username": "reader",
        "sasl_password_file": f"from {files['secret']}",
    }


def test_a_secret_that_is_no_file_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as refused:
        Connection.model_validate({"bootstrap_servers": "127.0.0.1:1", "sasl_password": SECRET})
    assert SECRET not in str(refused.value)


def test_a_client_says_the_same_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for line in ("down (after 3ms in state CONNECT)", "down (after 17ms in state CONNECT)", "up"):
        CLIENT_LOG.error("%s", f"a broker of this test is {line}")
    assert [record.getMessage().split()[-1] for record in caplog.records] == ["CONNECT)", "up"]
