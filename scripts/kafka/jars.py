"""The jars of Apache Kafka, fetched once into the user's cache, and the Java that runs them."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.process.user_cache import user_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17


def missing_parts() -> list[str]:
    """Name what a broker lacks here, such as "java is missing"; fetches the jars when they are not there yet."""
    if sys.platform != "linux":
        return ["Linux is missing"]
    missing = _missing_java()
    if not _folder().exists() and shutil.which("mvn") is None:
        return [*missing, "mvn is missing"]
    try:
        if not missing:
            fetch_jars()
    except subprocess.CalledProcessError as error:
        missing.append(f"the jars of Kafka cannot be fetched (mvn ended with code {error.returncode})")
    return missing


def fetch_jars() -> Path:
    """Return the folder of the jars, fetched if need be; raises `CalledProcessError` when Maven cannot fetch them."""
    folder = _folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / ".lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as incomplete:
                _copy_dependencies(Path(incomplete) / "jars")
                (Path(incomplete) / "jars").rename(folder)
    return folder


def java() -> str:
    """Return the Java to run: that of JAVA_HOME, else the first on the path."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else "java"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among processes; it ends with the process that holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _folder() -> Path:
    # Another pom.xml is another folder: brokers that run from the old one keep it.
    return user_cache() / "kafka-4.2.0" / blake2b(POM.read_bytes(), digest_size=4).hexdigest()


def _copy_dependencies(folder: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    subprocess.run([*map(str, command), "-DincludeScope=runtime"], check=True, stdout=subprocess.DEVNULL)


def _missing_java() -> list[str]:
    try:
        told = subprocess.run([java(), "-version"], check=True, capture_output=True, text=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return ["java is missing"]
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < OLDEST_JAVA:
        return [f"java is older than {OLDEST_JAVA}"]
    return []
