"""The check that the packages imported are Faultline's own.

Faultline is an application of plain top-level packages (docs/decisions/0001). Another distribution that installs a
`models` of its own would be imported in silence, so the command looks before anything else.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGES: Final = ("models", "adapters", "dataflows", "simulator", "cli")


def foreign_packages(home: Path | None = None) -> list[str]:
    """Return a sentence for each of our package names that Python would not import from beside `cli`.

    `home` is the folder in which the packages should stand, by default that of `cli` itself.
    """
    home = (home or Path(__file__).parent.parent).resolve()
    found = {name: _folder(name) for name in PACKAGES}
    return [
        f'package "{name}" comes from {folder or "nowhere"}, not from {home / name}; '
        "run Faultline in an environment of its own (make setup)"
        for name, folder in found.items()
        if folder != home / name
    ]


def _folder(name: str) -> Path | None:
    """Find where a package stands without importing it."""
    spec = find_spec(name)
    return Path(spec.origin).resolve().parent if spec and spec.origin else None
