"""What a replay said, outage by outage, as the page shows it: read from the output files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_RESTORATION
from models.times.iso8601 import parse_times

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from models.network.network import Network

STATUSES: Final = (
    *("detected", "confirmed", "partially_restored"),
    *("restored", "repaired", "momentary", "merged", "cancelled"),
)


class Revision(msgspec.Struct, gc=False):
    """The fields of a life cycle record that the page shows."""

    outage_id: str
    updated_at: str
    started_at: str
    status: str
    zone_id: str
    device_id: str
    device_kind: str
    evidence: str
    confidence: float
    customers_out: int
    customers_affected: int
    priority_customers: dict[str, int]
    cause: dict[str, str | None] | None
    found_device_id: str | None


class Restoration(msgspec.Struct, gc=False):
    """The fields of a restoration record that the page shows."""

    outage_id: str
    kind: str
    updated_at: str
    device_id: str


def read_history(output: Path, network: Network, starts_at: int) -> dict[str, Any]:
    """Read the outages of an output folder, times in whole seconds from `starts_at`.

    Gives `outages`, each with its revisions as [time, device, out, affected, status, confidence in percent, name] and
    its partial restorations as [time, device]; a single service has the device that feeds it; `names` are texts.
    """
    revisions = _read(output, OUTAGE_LIFECYCLE, Revision)
    restorations = [record for record in _read(output, OUTAGE_RESTORATION, Restoration) if record.kind == "partial"]
    names = _Texts()
    outages: dict[str, dict[str, Any]] = {}
    times = _seconds((record.updated_at for record in revisions), starts_at)
    begins = _seconds((record.started_at for record in revisions), starts_at)
    places = _places(network, [record.device_id for record in revisions])
    for record, at, begun, place in zip(revisions, times, begins, places, strict=True):
        outage = outages.setdefault(record.outage_id, {"id": record.outage_id, "revisions": [], "restored": []})
        outage["revisions"].append(
            [
                at,
                place,
                record.customers_out,
                record.customers_affected,
                STATUSES.index(record.status),
                round(100 * record.confidence),
                names.number(record.device_id),
            ]
        )
        outage |= {
            "kind": record.device_kind,
            "zone": record.zone_id,
            "started": begun,
            "evidence": record.evidence,
            "cause": _cause(record.cause),
            "found": record.found_device_id,
            "priority": sum(record.priority_customers.values()),
        }
    times = _seconds((record.updated_at for record in restorations), starts_at)
    devices = network.find_devices([record.device_id for record in restorations]).tolist()
    for restoration, at, device in zip(restorations, times, devices, strict=True):
        if device >= 0:
            outages[restoration.outage_id]["restored"].append([at, device])
    return {"outages": list(outages.values()), "names": names.texts}


def _cause(cause: dict[str, str | None] | None) -> str | None:
    """The words for a cause: of its code, else the utility's own."""
    if cause is None:
        return None
    code = cause["code"]
    return cause["utility_cause"] if code is None else code.replace("_", " ")


class _Texts:
    """Texts numbered in the order in which they come up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> list[str]:
        return list(self._numbers)


def _read(output: Path, topic: str, form: type[Any]) -> list[Any]:
    records: list[Any] = msgspec.json.Decoder(form).decode_lines((output / f"{topic}.jsonl").read_bytes())
    return records


def _seconds(texts: Iterable[str], starts_at: int) -> list[int]:
    seconds: list[int] = ((parse_times(list(texts)) - starts_at) // 1000).tolist()
    return seconds


def _places(network: Network, ids: list[str]) -> list[int]:
    """Find devices; for a usage point the device that feeds it."""
    devices, points = network.find_devices(ids), network.find_points(ids)
    return [
        device if device >= 0 else int(network.point_device[point])
        for device, point in zip(devices.tolist(), points.tolist(), strict=True)
    ]
