"""Signatures: made the same again, verified by another library's reader, and refused once anything is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from adapters.cap.reading import parse_message
from adapters.cap.signing import NotVerifiedError, find_signer, read_trusted, verify
from models.alerts.validation import validate
from models.alerts.writing import write_message
from models.refusal import FaultsError
from tests.worlds.alerts import EXAMPLES
from tests.worlds.storms import faultline

etree: Any = pytest.importorskip("lxml.etree")
pytest.importorskip("signxml")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE = write_message(parse_message(EXAMPLES["storm"]))


def write_pair(folder: Path, name: str, key: Any, days: int = 36_500) -> tuple[Path, Path]:
    """A key and a certificate that it signed itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(BEGIN).not_valid_after(BEGIN + timedelta(days=days))
    whole = made.sign(key, hashes.SHA256())
    paths = folder / f"{name}.key", folder / f"{name}.pem"
    form = serialization.PrivateFormat.PKCS8
    paths[0].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    paths[1].write_bytes(whole.public_bytes(serialization.Encoding.PEM))
    return paths


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("keys")
    pairs = {name: write_pair(folder, name, rsa.generate_private_key(65_537, 2048)) for name in ("utility", "other")}
    pairs["curve"] = write_pair(folder, "curve", ec.generate_private_key(ec.SECP256R1()))
    return pairs | {"old": write_pair(folder, "old", rsa.generate_private_key(65_537, 2048), days=1)}


def test_a_signed_message_is_valid_and_verifies_until_it_is_changed(pairs: dict[str, tuple[Path, Path]]) -> None:
    sign = find_signer(*pairs["utility"])
    assert sign is not None
    signed = sign(MESSAGE)
    assert signed == sign(MESSAGE)
    assert [one for one in validate(parse_message(signed)) if not one.advice] == []
    mine, other = (read_trusted(pairs[name][1]) for name in ("utility", "other"))
    verify(signed, mine)
    verify(signed, [*other, *mine])
    verify(signed, None)
    with pytest.raises(NotVerifiedError, match=r"not trusted|does not verify"):
        verify(signed, other)
    changed = signed.replace(b"<severity>Severe", b"<severity>Minor")
    assert changed != signed
    for trusted in (mine, None):
        with pytest.raises(NotVerifiedError, match="changed after it was signed"):
            verify(changed, trusted)


def test_hostile_signatures_are_refused_by_reason(pairs: dict[str, tuple[Path, Path]]) -> None:
    sign = find_signer(*pairs["utility"])
    assert sign is not None
    signed, mine = sign(MESSAGE), read_trusted(pairs["utility"][1])
    part = signed.replace(b'<ds:Reference URI="">', b'<ds:Reference URI="#x">')
    certificate = signed.partition(b"<ds:X509Certificate>")[2].partition(b"</ds:X509Certificate>")[0]
    broken = {
        "twice": signed.replace(b"</alert>", signed[signed.index(b"<ds:Signature") :]),
        "no certificate": signed.replace(b"<ds:X509Certificate>" + certificate + b"</ds:X509Certificate>", b""),
        "other certificate": signed.replace(certificate, b"AAAA"),
        "part": part,
        "weak": signed.replace(b"2001/04/xmldsig-more#rsa-sha256", b"2000/09/xmldsig#rsa-sha1"),
    }
    for name, message in broken.items():
        assert message != signed, name
        with pytest.raises(NotVerifiedError):
            verify(message, mine)


def test_keys_that_cannot_be_used_are_refused_at_once_and_never_shown(
    pairs: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    key = pairs["utility"][0]
    assert find_signer(None, None) is None
    secret = key.read_text().splitlines()[3]
    wrong = {
        (key, None): "go together",
        (key, pairs["other"][1]): "is of another key than",
        pairs["curve"]: "is no RSA key",
        pairs["old"]: "has expired",
        (pairs["utility"][1], key): "is no private key",
        (tmp_path / "no", tmp_path / "none"): "no such file",
    }
    for pair, words in wrong.items():
        with pytest.raises(FaultsError) as refused:
            find_signer(*pair)
        assert any(words in fault for fault in refused.value.faults), (pair, refused.value.faults)
        assert secret not in str(refused.value)
    with pytest.raises(FaultsError) as refused:
        find_signer(tmp_path / "no", tmp_path / "none")
    assert len(refused.value.faults) == 2


def test_the_command_verifies(pairs: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    sign = find_signer(*pairs["utility"])
    assert sign is not None
    files = {name: tmp_path / f"{name}.xml" for name in ("good", "changed", "plain")}
    files["good"].write_bytes(sign(MESSAGE))
    files["changed"].write_bytes(sign(MESSAGE).replace(b"<severity>Severe", b"<severity>Minor"))
    files["plain"].write_bytes(MESSAGE)
    trusted = faultline("cap", "validate", *files.values(), "--trust", pairs["utility"][1])
    assert trusted.returncode == 1
    assert f"{files['good']}: valid" in trusted.stdout
    assert f"{files['changed']}: invalid" in trusted.stdout
    assert "signature-verified (3.3.4.1): alert: has no signature" in trusted.stdout
    anybody = faultline("cap", "validate", *files.values())
    assert anybody.returncode == 0
    assert "advice: signature-verified (3.3.4.1): alert/Signature: is not that of the message" in anybody.stdout
