"""What all flows share, a connector and the canary: written for Kustomize and for Helm from the same files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_FOLDERS: Final = {
    "service-account": "base",
    "priority": "base",
    "network-policy": "base",
    "connector": "connector",
    "canary": "canary",
    "keep-topics": "topics",
}
"""Where in `k8s/` each file stands."""
_NOTE: Final = "# Written by `make reference`: change adapters/kubernetes/{name}.yaml, or patch it in an overlay.\n"


def shared_text(name: str) -> str:
    """Give the objects of a file beside this module."""
    return Path(__file__).with_name(f"{name}.yaml").read_text("utf-8")


def shared_objects() -> dict[str, str]:
    """Return files by their paths in `k8s/`."""
    return {f"{folder}/{name}.yaml": _NOTE.format(name=name) + shared_text(name) for name, folder in _FOLDERS.items()}
