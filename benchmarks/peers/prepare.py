"""What contenders need beyond Faultline's own environment, made once in the user's cache."""

from __future__ import annotations

import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Final

from adapters.process.user_cache import user_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HERE: Final = Path(__file__).parent
REQUIREMENTS: Final = HERE / "requirements.txt"
POM: Final = HERE / "java" / "pom.xml"


def peers_python() -> Path:
    """Return the Python of the peers' environment, installed if need be; raises `CalledProcessError`."""

    def install(folder: Path) -> None:
        _say("installing the peers in Python")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", "-r", str(REQUIREMENTS)], check=True)

    return _made("python", [REQUIREMENTS], install) / "bin" / "python"


def java_home() -> Path:
    """Return the folder of the Java contenders, built if need be; raises `CalledProcessError`."""

    def build(folder: Path) -> None:
        _say("building the peers in Java")
        command = ["mvn", "-q", "-B", "-f", str(POM), f"-Dpeers.build={folder}", "package"]
        subprocess.run(command, check=True, stdout=sys.stderr)

    return _made("java", [POM, *sorted((HERE / "java").rglob("*.java"))], build)


def _made(name: str, sources: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """Make a folder anew if its sources are others than those it was made of, or it was not finished."""
    digest = blake2b(b"\0".join(path.read_bytes() for path in sources), digest_size=8).hexdigest()
    folder = user_cache() / "peers" / name
    complete = folder / ".made-of"
    if not complete.exists() or complete.read_text() != digest:
        rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        make(folder)
        complete.write_text(digest)
    return folder


def _say(what: str) -> None:
    print(f"{what} (once)", file=sys.stderr)
