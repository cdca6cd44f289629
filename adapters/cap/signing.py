"""XML signatures of messages (section 3.3.4.1 of CAP 1.2), enveloped, by signxml: made and verified.

The same message and key give the same bytes (RSA with PKCS #1 v1.5), so that what was lived through again is the same.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}"
LEAST_BITS: Final = 2048


class NotVerifiedError(Exception):
    """Why a signature is not that of a message, or not by whom it ought to be."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and its certificate, with those that vouch for it."""

    _key: RSAPrivateKey
    _certificates: list[x509.Certificate]

    def __call__(self, message: bytes) -> bytes:
        """Give a message with its signature in it, at its end."""
        signxml, etree = _library()
        method = signxml.methods.enveloped
        signed = signxml.XMLSigner(method).sign(_parsed(etree, message), key=self._key, cert=self._certificates)
        whole: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
        return whole + b"\n"


def find_signer(key_file: Path | None, certificate_file: Path | None, named: str = "--") -> Signer | None:
    """Read a key and its certificates (PEM); None without both.

    Raises `FaultsError` with every fault, and never with the key.
    """
    if key_file is None and certificate_file is None:
        return None
    if key_file is None or certificate_file is None:
        raise FaultsError([f"{named}key-file and {named}certificate-file go together; give both, or none"])
    _library()
    faults: list[str] = []
    key = _read_key(key_file, f"{named}key-file", faults)
    certificates = _read_certificates(certificate_file, f"{named}certificate-file", faults)
    if key is not None and certificates:
        if certificates[0].public_key() != key.public_key():
            faults.append(f"certificate {certificate_file} is of another key than {key_file}; give those that belong")
        if certificates[0].not_valid_after_utc.timestamp() < time.time():  # noqa: TID251 (certificates hold by the calendar)
            faults.append(f"certificate {certificate_file} has expired; ask its authority for a new one")
    if faults or key is None:
        raise FaultsError(faults)
    return Signer(key, certificates)


def read_trusted(path: Path) -> list[x509.Certificate]:
    """Read the certificates that are trusted (PEM). Raises `FaultsError`."""
    faults: list[str] = []
    found = _read_certificates(path, "--trust", faults)
    if faults:
        raise FaultsError(faults)
    _library()
    return found


def verify(message: bytes, trusted: list[x509.Certificate] | None) -> None:
    """Verify the one signature of a message; None trusts the certificate that it brings along.

    Raises `NotVerifiedError`; a message has been read (`reading`) before, so that it has no document type.
    """
    signxml, etree = _library()
    root = _parsed(etree, message)
    certificates = [_certificate(element.text or "") for element in root.iter(f"{SIGNATURE}X509Certificate")]
    if len(root.findall(f"{SIGNATURE}Signature")) != 1 or not certificates:
        raise NotVerifiedError("cannot be verified: it needs one signature, with the certificate of its key")
    own = certificates[0]
    try:
        if trusted is None or own in trusted:
            _refuse_expired(own)
            _verify(signxml, root, x509_cert=own)
        else:
            pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in trusted)
            _verify(signxml, root, ca_pem_file=pem)
    except NotVerifiedError:
        raise
    except Exception as error:
        raise NotVerifiedError(_words(error)) from error


def _verify(signxml: Any, root: Any, **trust: Any) -> None:  # noqa: ANN401 (libraries without types)
    wanted = signxml.SignatureConfiguration(location="./")
    signed = signxml.XMLVerifier().verify(root, expect_config=wanted, **trust).signed_xml
    if signed is None or signed.tag != root.tag:
        raise NotVerifiedError("signs a part and not the whole message")


def _words(error: Exception) -> str:
    kind = type(error).__name__
    if kind == "InvalidDigest":
        return "is not that of the message as it stands: it was changed after it was signed"
    if kind in {"InvalidCertificate", "VerificationError"}:
        return f"is by a certificate that is not trusted ({error})"
    return f"does not verify ({kind}: {str(error)[:200]})"


def _refuse_expired(certificate: x509.Certificate) -> None:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not first.timestamp() <= time.time() <= last.timestamp():  # noqa: TID251 (as above)
        subject = certificate.subject.rfc4514_string()
        raise NotVerifiedError(f"is by a certificate that does not hold now ({subject})")


def _certificate(text: str) -> x509.Certificate:
    body = "".join(text.split())
    try:
        return x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()
        )
    except ValueError as error:
        raise NotVerifiedError("has a certificate that cannot be read") from error


def _read_key(path: Path, option: str, faults: list[str]) -> RSAPrivateKey | None:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        faults.append(f"key {path}: {(error.strerror or str(error)).lower()}; check {option}")
    except (ValueError, TypeError):
        faults.append(f"key {path} is no private key in PEM without a password; check {option}")
    else:
        if isinstance(key, RSAPrivateKey) and key.key_size >= LEAST_BITS:
            return key
        faults.append(f"key {path} is no RSA key of {LEAST_BITS} bits and more; make one")
    return None


def _read_certificates(path: Path, option: str, faults: list[str]) -> list[x509.Certificate]:
    try:
        found: list[x509.Certificate] = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        faults.append(f"certificate {path}: {(error.strerror or str(error)).lower()}; check {option}")
    except ValueError:
        faults.append(f"certificate {path} is no certificate in PEM; check {option}")
    else:
        return found
    return []


def _parsed(etree: Any, message: bytes) -> Any:  # noqa: ANN401
    return etree.fromstring(message, etree.XMLParser(resolve_entities=False, no_network=True))


def _library() -> tuple[Any, Any]:
    """Import signxml and lxml, which only signatures need. Raises `FaultsError`."""
    try:
        return import_module("signxml"), import_module("lxml.etree")
    except ImportError as error:
        reason = "signxml is not installed, which signatures need; pip install --requirement requirements/signing.txt"
        raise FaultsError([reason]) from error
