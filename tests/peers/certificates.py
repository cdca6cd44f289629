"""An authority and its certificates, made with openssl for a test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

DAYS = "2"


class Authority:
    """A certificate authority in a folder of its own: `certificate` is what its friends trust."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.certificate = folder / "authority.pem"
        self._key = folder / "authority.key"
        _openssl("req", "-x509", *_NEW, "-keyout", self._key, "-out", self.certificate, "-subj", "/CN=authority")

    def issue(self, name: str, password: str | None = None, organisation: str = "") -> tuple[Path, Path]:
        """Give the files of a certificate for 127.0.0.1 and of its key, which a password may lock."""
        request, certificate, key = (self.folder / f"{name}.{end}" for end in ("csr", "pem", "key"))
        who = f"/O={organisation}" if organisation else ""
        lock = ["-passout", f"pass:{password}"] if password else ["-noenc"]
        alias = ["-addext", "subjectAltName=IP:127.0.0.1"]
        _openssl("req", *_KEY, *lock, *alias, "-keyout", key, "-out", request, "-subj", f"{who}/CN={name}")
        trust = ["-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-copy_extensions", "copy"]
        _openssl("x509", "-req", "-in", request, *trust, "-days", DAYS, "-out", certificate)
        return certificate, key


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
_NEW = (*_KEY, "-noenc", "-days", DAYS)


def skip_without_openssl() -> None:
    """Skip the test, naming what is missing."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl for certificates: openssl is missing")


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
