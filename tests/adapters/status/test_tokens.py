"""Tokens of OAuth 2.0: what opens something, and everything that does not."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from adapters.status import key_sets
from adapters.status.access import Access, Issuer
from adapters.status.gate import Gate
from adapters.status.tokens import Caller, RefusedError
from models.refusal import FaultsError
from tests.peers.kafka import eventually

NOW, DAY = int(time.time()), 86_400
"""Cases are made when tests are collected, and may run many minutes later."""
RSA, OTHER = (rsa.generate_private_key(65537, 2048) for _ in range(2))
EC = ec.generate_private_key(ec.SECP256R1())
ISSUER = "https://login.example/customers"
CLAIMS = {
    "iss": ISSUER,
    "aud": "status",
    "exp": NOW + DAY,
    "sub": "ada",
    "scope": "openid power.own",
    "account_id": "A1",
}


def jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}


SET = {"keys": [jwk(RSA, "r", use="sig"), jwk(EC, "e", alg="ES256"), {"kty": "oct", "kid": "o", "k": "c2VjcmV0"}]}


def issuer(path: Path, **more: Any) -> Issuer:
    given = {"name": "sign-in", "issuer": ISSUER, "audience": "status", "jwks_file": str(path)}
    return Issuer(**{**given, "everybody_scope": "power.all", "account_scope": "power.own", **more})


def token(key: Any = RSA, algorithm: str = "RS256", kid: str = "r", headers: Any = (), **claims: Any) -> str:
    said = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode(said, key, algorithm, headers={"kid": kid, **dict(headers)})


def by_hand(head: dict[str, Any], claims: dict[str, Any], key: rsa.RSAPrivateKey | None) -> str:
    """A token without the library that reads it."""
    parts = [urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in (head, claims)]
    signed = b".".join(parts)
    signature = key.sign(signed, padding.PKCS1v15(), SHA256()) if key else b""
    return b".".join([signed, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_bytes(orjson.dumps(SET))
    return path


@pytest.fixture
def gate(keys: Path) -> Gate:
    return Gate(Access(issuers=[issuer(keys)]))


def admit(gate: Gate, credentials: str, now: float = NOW) -> Caller:
    return gate.admit(f"Bearer {credentials}", now)


@pytest.mark.parametrize("given", [
    token(), token(EC, "ES256", "e"), by_hand({"alg": "RS256", "kid": "r"}, CLAIMS, RSA),
    token(aud=["other", "status"]), token(scope=None, scp=["power.own"]), token(scope=None, scp="power.own"),
    token(headers={"typ": "at+jwt"}),
], ids=range(7))  # fmt: skip
def test_a_good_token_opens_one_account(gate: Gate, given: str) -> None:
    assert admit(gate, given)[:3] == admit(gate, given)[:3] == ("sign-in", "ada", "A1")


def test_the_wider_scope_counts(gate: Gate) -> None:
    assert admit(gate, token(scope="power.own power.all"))[:3] == ("sign-in", "ada", None)
    assert admit(gate, token(scope="power.all", sub=None, client_id="ivr", account_id=None)).name == "ivr"


PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
HEAD, BODY, SIGNATURE = token().split(".")
WRONG = {
    "nothing": "", "no token": "a.b.c", "two parts": f"{HEAD}.{BODY}", "unsigned": f"{HEAD}.{BODY}.",
    "none": by_hand({"alg": "none", "kid": "r"}, CLAIMS, None),
    "public key as secret": token("secret" * 9, "HS256", "o"),
    "another body": f"{HEAD}.{token(account_id='A2').split('.')[1]}.{SIGNATURE}",
    "another key": token(OTHER), "unknown key": token(OTHER, kid="x"), "other kind": token(EC, "ES256", "r"),
    "key in the head": token(OTHER, headers={"jwk": jwk(OTHER, "r")}),
    "critical": token(headers={"crit": ["x"], "x": 1}),
    "ended": token(exp=NOW - 100), "no end": token(exp=None), "not yet": token(nbf=NOW + DAY),
    "issuer": token(iss="https://login.example/staff"), "no issuer": token(iss=None),
    "issuer's kind": token(iss=None, x=[ISSUER]),
    "audience": token(aud="other"), "no audience": token(aud=None), "end's kind": token(exp="never"),
}  # fmt: skip


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_what_is_no_good_token_is_refused(gate: Gate, given: str) -> None:
    with pytest.raises(RefusedError) as refused:
        admit(gate, given)
    assert refused.value.status == 401
    assert refused.value.challenge == "Bearer" if not given else refused.value.challenge.startswith("Bearer error=")


@pytest.mark.parametrize("given", [
    token(scope="openid"), token(scope=None), token(scope=[1]), token(scope="power.ownx"), token(account_id=None),
    token(account_id=""), token(account_id=7), token(account_id=["A1"]),
], ids=range(8))  # fmt: skip
def test_a_token_that_opens_nothing_says_what_would(gate: Gate, given: str) -> None:
    with pytest.raises(RefusedError) as refused:
        admit(gate, given)
    assert refused.value.status == 403
    assert 'error="insufficient_scope"' in refused.value.challenge
    assert 'scope="power.all power.own"' in refused.value.challenge


def test_a_token_that_was_good_ends(gate: Gate) -> None:
    given = token()
    assert admit(gate, given, NOW).account_id == admit(gate, given, NOW + DAY).account_id == "A1"
    with pytest.raises(RefusedError, match="has ended"):
        admit(gate, given, NOW + DAY + 30)
    assert admit(gate, token(exp=int(time.time()) - 5)).account_id == "A1"  # clocks may differ by thirty seconds


def test_keys_are_taken_up_and_given_up(
    keys: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(key_sets, "AGAIN_SECONDS", 0.05)
    gate, old, new = Gate(Access(issuers=[issuer(keys)])), token(), token(OTHER, kid="new")
    gate.open()
    try:
        assert opens(gate, old)
        assert not opens(gate, new)
        keys.write_bytes(orjson.dumps({"keys": [jwk(OTHER, "new")]}))
        eventually(lambda: opens(gate, new), 30.0)  # asked for by its name, long before the file is due
        assert not opens(gate, old)
        keys.write_bytes(b"{}")
        eventually(lambda: not opens(gate, token(kid="x")) and "cannot be read" in caplog.text, 30.0)
        assert opens(gate, new)
    finally:
        gate.close()


def opens(gate: Gate, given: str) -> bool:
    try:
        return admit(gate, given).account_id == "A1"
    except RefusedError:
        return False


class Keys(BaseHTTPRequestHandler):
    answers: ClassVar[list[tuple[int, bytes]]] = []

    def do_GET(self) -> None:
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_keys_come_from_an_address_that_may_be_away(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "AGAIN_SECONDS", 0.05)
    too_large = b" " * (key_sets.MOST_BYTES + 1)
    Keys.answers = [(500, b""), (302, b""), (200, b"no json"), (200, too_large), (200, orjson.dumps(SET))]
    given = issuer(Path("-"), jwks_file=None, jwks_url=f"http://127.0.0.1:{port}/keys?all=1")
    gate = Gate(Access(issuers=[given]))
    assert "sign-in" in gate.lacking()[0]
    with pytest.raises(RefusedError) as refused:
        admit(gate, token())
    assert refused.value.status == 503
    gate.open()
    try:
        eventually(lambda: not gate.lacking(), 30.0)
        assert opens(gate, token(EC, "ES256", "e"))
    finally:
        gate.close()


@pytest.mark.parametrize(("document", "why"), [
    (b"", "JSON"), (b"[]", "set of keys"), (b'{"keys": []}', "no public key"),
    (b'{"keys": [1, {"kty": "RSA"}]}', "no public key"),
    (orjson.dumps({"keys": [jwk(RSA, "r", use="enc")]}), "no public key"),
    (orjson.dumps({"keys": [jwk(RSA, "r") | {"kid": ["r"]}]}), "no public key"),
    (orjson.dumps({"keys": [jwk(rsa.generate_private_key(65537, 1024), "r")]}), "no public key"),  # noqa: S505
    (orjson.dumps({"keys": [jwk(ec.generate_private_key(ec.SECP384R1()), "e")]}), "no public key"),
    (orjson.dumps({"keys": [{**RSAAlgorithm.to_jwk(RSA, as_dict=True), "kid": "r"}]}), "no public key"),
], ids=range(9))  # fmt: skip
def test_a_file_that_verifies_nothing_is_refused_at_once(keys: Path, document: bytes, why: str) -> None:
    keys.write_bytes(document)
    with pytest.raises(FaultsError, match="jwks_file") as refused:
        Gate(Access(issuers=[issuer(keys), issuer(keys.with_name("none"), name="b", issuer="b")]))
    assert len(refused.value.faults) == 2
    assert why in refused.value.faults[0] or why == "JSON"


@pytest.mark.parametrize("wrong", [
    {"jwks_url": "https://login.example/keys"}, {"jwks_file": None}, {"jwks_file": None, "jwks_url": "http://login.example/keys"},
    {"jwks_file": None, "jwks_url": "login.example"}, {"everybody_scope": None, "account_scope": None},
    {"algorithms": ["HS256"]}, {"algorithms": []}, {"audience": ""}, {"leeway_seconds": 1000},
], ids=str)  # fmt: skip
def test_an_issuer_that_would_be_of_no_use_or_unsafe_is_refused(keys: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Issuer"):
        issuer(keys, **wrong)
