"""The devices that a sender carries, learned from it and kept: a loss after a restart concerns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.files.whole import write_whole
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

    from models.contracts.outputs.connector_health import ConnectorHealthRecord

NAME: Final = "devices.json"


class KnownDevices:
    """Their names, in a file of the state folder."""

    def __init__(self, folder: Path) -> None:
        """Read what is known. Raises `FaultsError` for a file that is damaged."""
        self._path = folder / NAME
        self._parts: dict[int, list[str]] = {}
        self._list = ""
        self._changed = False
        try:
            found: Any = orjson.loads(self._path.read_bytes())
            self._known = {str(name) for name in found}
        except FileNotFoundError:
            self._known = set()
        except (OSError, ValueError, TypeError):
            remedy = "remove it, and the devices are learned anew"
            raise FaultsError([f"{self._path}: cannot be read; {remedy}"]) from None
        self.names = sorted(self._known)

    def add(self, device: str) -> None:
        """A device that an event names."""
        if device not in self._known:
            self._known.add(device)
            self._changed = True

    def told(self, record: ConnectorHealthRecord) -> None:
        """Take the sender's list, once all of its parts are there."""
        if record.device_ids is None or record.part is None:
            return
        if record.devices_digest != self._list:
            self._list = record.devices_digest
            self._parts.clear()
        self._parts[record.part] = record.device_ids
        if len(self._parts) == record.parts:
            whole = {name for part in self._parts.values() for name in part}
            self._changed = self._changed or whole != self._known
            self._known = whole

    def keep(self) -> None:
        """Write them down, if they have changed. Raises `OSError`."""
        if self._changed:
            self._changed = False
            self.names = sorted(self._known.copy())
            write_whole(self._path, orjson.dumps(self.names))
