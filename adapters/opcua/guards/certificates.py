"""Certificates: making our own, and judging a server's. An unknown one is refused and laid aside for a person."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from asyncua.crypto import cert_gen
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES: Final = frozenset({".der", ".crt", ".cer", ".pem"})
CRL_SUFFIX: Final = ".crl"
REJECTED: Final = "rejected"
_PEM: Final = b"-----BEGIN"


def read_certificate(data: bytes) -> x509.Certificate:
    """Read a certificate in PEM or DER form, of a chain the first. Raises `ValueError`."""
    if data.lstrip().startswith(_PEM):
        return x509.load_pem_x509_certificate(data)
    length = int.from_bytes(data[2:4], "big") + 4 if data[1:2] == b"\x82" else len(data)
    return x509.load_der_x509_certificate(data[:length])


def thumbprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 of a certificate, by which people compare them."""
    return str(certificate.fingerprint(hashes.SHA256()).hex())


class TrustList:
    """The certificates, authorities and revocation lists of a folder, read anew for each judgement."""

    def __init__(self, folder: Path) -> None:
        """Read the folder. Raises `FaultsError` for files that are no certificates."""
        self._folder = folder
        self._trusted: list[x509.Certificate] = []
        self._revoked: list[x509.CertificateRevocationList] = []
        self._read()

    def _read(self) -> None:
        self._trusted, self._revoked = [], []
        faults = []
        for path in sorted(self._folder.iterdir()):
            try:
                self._take(path)
            except (ValueError, OSError) as error:
                faults.append(f"{path}: is no certificate or CRL ({str(error)[:80]}); replace it or take it away")
        if faults:
            raise FaultsError(faults)

    def faults(
        self, certificate: x509.Certificate, application_uri: str | None, now: datetime | None = None
    ) -> list[str]:
        """Say why a server's certificate is not trusted; nothing if it is.

        What a person puts into the folder counts from the next try on. Raises `FaultsError` as the constructor does.
        """
        self._read()
        at, mark = now or datetime.now(UTC), thumbprint(certificate)  # noqa: TID251 (whether a certificate is valid)
        faults = []
        if not self._is_trusted(certificate):
            aside = self._lay_aside(certificate, mark)
            faults.append(
                f"its certificate (SHA-256 {mark}) is not trusted; look at it{aside} and put it into {self._folder}"
            )
        if certificate.not_valid_after_utc < at:
            faults.append(
                f"its certificate ended at {certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}; have it renewed"
            )
        if certificate.not_valid_before_utc > at:
            faults.append(
                f"its certificate begins at {certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}; see to the clocks"
            )
        if any(
            crl.get_revoked_certificate_by_serial_number(certificate.serial_number) for crl in self._of(certificate)
        ):
            faults.append("its certificate is revoked; have it replaced")
        if application_uri and application_uri not in _uris(certificate):
            named = ", ".join(_uris(certificate)) or "nobody"
            faults.append(
                f"its certificate is of {named}, and it says that it is {application_uri}; see who answers there"
            )
        return faults

    def _take(self, path: Path) -> None:
        if path.suffix.lower() == CRL_SUFFIX:
            data = path.read_bytes()
            load = x509.load_pem_x509_crl if data.lstrip().startswith(_PEM) else x509.load_der_x509_crl
            self._revoked.append(load(data))
        elif path.suffix.lower() in SUFFIXES:
            self._trusted.append(read_certificate(path.read_bytes()))

    def _is_trusted(self, certificate: x509.Certificate) -> bool:
        return any(certificate == known or _issued_by(certificate, known) for known in self._trusted)

    def _of(self, certificate: x509.Certificate) -> list[x509.CertificateRevocationList]:
        return [crl for crl in self._revoked if crl.issuer == certificate.issuer]

    def _lay_aside(self, certificate: x509.Certificate, mark: str) -> str:
        path = self._folder / REJECTED / f"{mark}.der"
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(certificate.public_bytes(serialization.Encoding.DER))
        except OSError:
            return ""
        return f" ({path})"


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    with suppress(x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        if authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            certificate.verify_directly_issued_by(authority)
            now = datetime.now(UTC)  # noqa: TID251 (whether an authority is valid)
            return bool(authority.not_valid_before_utc <= now <= authority.not_valid_after_utc)
    return False


def _uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return list(map(str, names.get_values_for_type(x509.UniformResourceIdentifier)))


def make_own(certificate: Path, key: Path, application_uri: str, host: str) -> bool:
    """Make our certificate and key where neither is there; whether they were made.

    Raises `FaultsError` where one is there without the other, or the certificate is of another name or has ended.
    """
    missing = [path for path in (certificate, key) if not path.exists()]
    if len(missing) == 1:
        raise FaultsError([f"{missing[0]}: no such file, though its pair is there; put it back, or remove the other"])
    if missing:
        for path in (certificate, key):
            path.parent.mkdir(parents=True, exist_ok=True)
        extended = [ExtendedKeyUsageOID.CLIENT_AUTH]
        asyncio.run(cert_gen.setup_self_signed_certificate(key, certificate, application_uri, host, extended, {}))
        key.chmod(0o600)
    try:
        own = read_certificate(certificate.read_bytes())
    except ValueError as error:
        raise FaultsError([f"{certificate}: is no certificate ({str(error)[:80]}); give one in DER form"]) from error
    if application_uri not in _uris(own):
        named = ", ".join(_uris(own)) or "what it names"
        raise FaultsError([f"{certificate}: does not name {application_uri}; set application_uri to {named}"])
    if own.not_valid_after_utc < datetime.now(UTC):  # noqa: TID251 (whether a certificate is valid)
        raise FaultsError([f"{certificate}: ended at {own.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}; renew it"])
    return bool(missing)
