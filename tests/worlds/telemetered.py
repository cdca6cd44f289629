"""A real feeder on which telemetry tells of more than its breaker."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.worlds.storms import CKT5


def telemetered_network(folder: Path) -> Path:
    """Write the tables of ckt5 with its breaker and all fuses telemetered."""
    folder.mkdir()
    with (CKT5 / "devices.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (folder / "devices.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *({"telemetered"} - rows[0].keys())])
        writer.writeheader()
        writer.writerows(row | {"telemetered": str(row["kind"] in {"breaker", "fuse"}).lower()} for row in rows)
    (folder / "usage_points.csv").write_text((CKT5 / "usage_points.csv").read_text())
    return folder
