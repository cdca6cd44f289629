"""What meters say besides: remote disconnects, exchanges, voltages out of band, and a few that are plainly wrong.

None of it is an outage. A disconnect or an exchange often looks like one for seconds, because the meter gasps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import INSTALLED, KIND_CODE, POWER_RESTORED, REMOVED
from simulator.chance import chance
from simulator.course import NEVER
from simulator.telemetry.fleet import delay_ms, milliseconds
from simulator.telemetry.reports import Reports, joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from simulator.options import StormOptions
    from simulator.supply import Interruptions
    from simulator.telemetry.fleet import Fleet

_LAST_GASP: Final = KIND_CODE["last_gasp"]
_DISCONNECTED: Final = KIND_CODE["disconnected"]
_CONNECTED: Final = KIND_CODE["connected"]
_NORMAL: Final = KIND_CODE["voltage_normal"]
_OUT_OF_BAND: Final = np.array([KIND_CODE["voltage_sag"], KIND_CODE["voltage_swell"]], np.uint8)

_DISCONNECT_SHARE: Final = 3e-4
_EXCHANGE_SHARE: Final = 2e-4
_VOLTAGE_SHARE: Final = 1e-3
"""Of all meters, over the duration."""
_WRONG_SHARE: Final = 5e-4
"""Of the interruptions over ten minutes: the meter says in the midst of it that power is back."""
_GASP_SHARE: Final = 0.6
"""Of disconnects and exchanges."""
_GASP_SECONDS: Final = (0.5, 5)
_RECONNECT_SECONDS: Final = (1800, 36_000)
_MOUNTING_SECONDS: Final = (600, 2400)
_BAND_SECONDS: Final = (5, 120)
_LONG_MS: Final = 600_000


class Noise:
    """Draws what is said besides of one storm; each kind of it strikes meters that have power at the time."""

    def __init__(
        self,
        interruptions: Interruptions,
        meters: Fleet,
        options: StormOptions,
        travel: Callable[[Generator, NDArray[np.int32]], NDArray[np.int64]] | None = None,
    ) -> None:
        """`travel` draws how long a message of each point is on its way; with one, no meter says what is untrue."""
        self._travel = travel or self._usual_travel
        self._wrong_share = 0.0 if travel else _WRONG_SHARE
        self._interruptions = interruptions
        self._meters = meters
        self._options = options
        self._lots: Generator = chance(options.seed, "noise")
        self.removed_at = np.full(len(meters.metered), NEVER, np.int64)
        """By usage point: from then on its meter is gone, and the new one is not known yet."""

    def reports(self) -> Reports:
        """Return all of it."""
        return joined([*self._disconnects(), *self._exchanges(), *self._voltages(), self._wrong()])

    def _disconnects(self) -> list[Reports]:
        point, at = self._struck(_DISCONNECT_SHARE)
        gasps = self._gasps(point, at)
        back_at = at + self._after(_RECONNECT_SECONDS, len(point))
        connects = ~self._interruptions.is_out(point, back_at)
        told = self._heard(point[connects], _CONNECTED, back_at[connects])
        spoken = connects & np.isin(point, gasps.point)
        restored = self._heard(point[spoken], POWER_RESTORED, back_at[spoken], at[spoken])
        return [self._heard(point, _DISCONNECTED, at), gasps, told, restored]

    def _exchanges(self) -> list[Reports]:
        point, at = self._struck(_EXCHANGE_SHARE)
        self.removed_at[point] = at
        mounted_at = at + self._after(_MOUNTING_SECONDS, len(point))
        return [
            self._gasps(point, at - round(1000 * _GASP_SECONDS[1])),
            self._heard(point, REMOVED, at),
            self._heard(point, INSTALLED, mounted_at),
        ]

    def _voltages(self) -> list[Reports]:
        point, at = self._struck(_VOLTAGE_SHARE)
        kind = self._lots.choice(_OUT_OF_BAND, len(point))
        return [
            self._heard(point, kind, at),
            self._heard(point, _NORMAL, at + self._after(_BAND_SECONDS, len(point))),
        ]

    def _wrong(self) -> Reports:
        """Draw points without power whose meter says that it has some."""
        out_at, back_at = self._interruptions.out_at, self._interruptions.back_at
        rows = np.flatnonzero((back_at < NEVER) & (back_at - out_at > _LONG_MS))
        rows = rows[self._lots.random(len(rows)) < self._wrong_share]
        rows = rows[self._meters.metered[self._interruptions.point[rows]]]
        at = out_at[rows] + ((back_at - out_at)[rows] * self._lots.uniform(0.1, 0.9, len(rows))).astype(np.int64)
        return self._heard(self._interruptions.point[rows], POWER_RESTORED, at, out_at[rows])

    def _struck(self, share: float) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Draw meters with power, and when in the duration it happens to each."""
        lots = self._lots.random(len(self._meters.metered))
        point = np.flatnonzero(self._meters.metered & (lots < share)).astype(np.int32)
        at = self._options.start_at + self._after((0, self._options.duration_seconds), len(point))
        powered = ~self._interruptions.is_out(point, at)
        return point[powered], at[powered]

    def _gasps(self, point: NDArray[np.int32], at: NDArray[np.int64]) -> Reports:
        gasping = self._lots.random(len(point)) < _GASP_SHARE
        at = at[gasping] + self._after(_GASP_SECONDS, int(gasping.sum()))
        return self._heard(point[gasping], _LAST_GASP, at)

    def _heard(
        self,
        point: NDArray[np.int32],
        kind: int | NDArray[np.uint8],
        at: NDArray[np.int64],
        outage_started_at: int | NDArray[np.int64] = 0,
    ) -> Reports:
        return Reports.of(point, kind, at, at + self._travel(self._lots, point), outage_started_at)

    def _usual_travel(self, lots: Generator, point: NDArray[np.int32]) -> NDArray[np.int64]:
        return delay_ms(lots, self._meters.source[point])

    def _after(self, seconds: tuple[float, float], size: int) -> NDArray[np.int64]:
        return milliseconds(self._lots.uniform(*seconds, size))
