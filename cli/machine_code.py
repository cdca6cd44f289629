"""Where the machine code of compiled loops is kept: in the user's cache, apart for each state of their sources.

numba looks only at the file of the loop itself. What a loop takes from other modules (constants, records, other loops)
is frozen into its machine code, and after an upgrade the old code would go on with old values, in silence. The folder
is therefore named after all modules that the loops stand in or import from.

An image brings its machine code along, in a folder that cannot be written, which numba would leave aside without a
word. So it is handed a folder of its own with links to what is there.
"""

from __future__ import annotations

import os
import re
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

from adapters.process.user_cache import user_cache

VARIABLE: Final = "NUMBA_CACHE_DIR"
SHIPPED: Final = "FAULTLINE_MACHINE_CODE"
"""The variable that names the folder in which an image brings machine code along, below the name of its sources."""
KEPT_SECONDS: Final = 7 * 86_400
_LOOP: Final = re.compile(r"^@compiled\b", re.MULTILINE)
_IMPORT: Final = re.compile(
    r"^\s*from (models(?:\.\w+)*) import (\w+(?: as \w+)?(?:, \w+(?: as \w+)?)*|\([^)]*\))", re.MULTILINE
)


def keep_machine_code() -> None:
    """Tell numba where to keep machine code, unless the environment does; call it before anything imports numba."""
    if VARIABLE in os.environ:
        return
    digest = sources_digest(Path(__file__).parent.parent)
    shipped = Path(os.environ[SHIPPED], digest) if SHIPPED in os.environ else None
    if shipped is not None and shipped.is_dir():
        os.environ[VARIABLE] = str(_linked(shipped))
        return
    try:
        folder = user_cache() / "machine-code" / digest
        _take(folder)
    except (OSError, RuntimeError):  # no home, or one that cannot be written: compiled anew each time
        folder = Path(mkdtemp(prefix="faultline-"))
    os.environ[VARIABLE] = str(folder)


def sources_digest(home: Path) -> str:
    """Return a name for the state of all modules of `models` that hold loops, and of those that they import from."""
    folder = home / "models"
    texts = {_module(path.relative_to(home)): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}
    wanted = [name for name, text in texts.items() if _LOOP.search(text)]
    for name in wanted:  # grows while it is read
        wanted += [above for above in _imported(texts[name]) if above in texts and above not in wanted]
    digest = blake2b(digest_size=10)
    for name in sorted(wanted):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()


def _imported(text: str) -> list[str]:
    """Give the modules that a text may import: `from a.b import c` may mean module a.b or module a.b.c."""
    found: list[str] = []
    for package, names in _IMPORT.findall(text):
        found += [package, *(f"{package}.{name}" for name in re.findall(r"\w+", names))]
    return list(dict.fromkeys(found))


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _linked(shipped: Path) -> Path:
    """Make a folder that can be written, with links to the files of one that cannot."""
    folder = Path(mkdtemp(prefix="faultline-"))
    for path in shipped.rglob("*"):
        place = folder / path.relative_to(shipped)
        if path.is_dir():
            place.mkdir(exist_ok=True, parents=True)
        else:
            place.parent.mkdir(exist_ok=True, parents=True)
            place.symlink_to(path)
    return folder


def _take(folder: Path) -> None:
    """Make the folder, and remove those of earlier sources that nobody has used for a week."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()
    oldest = folder.stat().st_mtime - KEPT_SECONDS
    for other in folder.parent.iterdir():
        if other.stat().st_mtime < oldest:
            rmtree(other, ignore_errors=True)
