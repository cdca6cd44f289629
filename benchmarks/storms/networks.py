"""The utilities that the storms are played over: two real feeders, an invented town, and the demo's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from adapters.tables.write import write_tables
from cli.live.town import Plan
from simulator.utility.generate import draw_utility
from simulator.utility.territory import DEFAULT_EXTENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.utility.territory import Extent

FEEDERS: Final = Path(__file__).parents[2] / "tests" / "data" / "networks"
DEMO: Final = Plan(seed=12)
_DEMO_STORM: Final = {name: value for name, value in DEMO.storm().items() if name != "peak_customers"}
_DRAWN_BY_CLASS: Final = ("long", "snapshot")


@dataclass(frozen=True)
class Utility:
    """A network, and what its storms are given besides a preset and a seed."""

    folder: Path | None = None
    """Of its tables; None: it is invented."""
    usage_points: int = 0
    seed: int = 1
    extent: Extent = DEFAULT_EXTENT
    options: Mapping[str, Any] = field(default_factory=dict)

    def tables(self, home: Path) -> Path:
        """Return the folder of its tables, which are made in `home` where it is invented."""
        if self.folder is not None:
            return self.folder
        home.mkdir(parents=True)
        parts = draw_utility(self.usage_points, self.seed, self.extent)
        write_tables(home, "csv", (part.tables for part in parts))
        return home

    def chosen(self, preset: str) -> dict[str, Any]:
        """Return the options of a preset's storm here; `full` over the demo's town is the demo's storm."""
        if preset in _DRAWN_BY_CLASS or not self.options:
            return {}
        peak = {"peak_customers": DEMO.peak_customers, "ramp_minutes": 30.0} if preset == "full" else {}
        return {**self.options, **peak}


UTILITIES: Final[Mapping[str, Utility]] = {
    "ckt5": Utility(FEEDERS / "ckt5"),
    "epri_m1": Utility(FEEDERS / "epri_m1"),
    "town": Utility(usage_points=20_000),
    "demo": Utility(usage_points=DEMO.usage_points, seed=DEMO.seed, extent=DEMO.extent, options=_DEMO_STORM),
}
SMALL: Final = ("ckt5", "epri_m1")
