"""A storm's course as it is heard on a good or a bad day: every source, by the laws that the seed draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance
from simulator.days.copies import copies
from simulator.days.crews import crew_reports
from simulator.days.fleet import draw_meters
from simulator.days.home import draw_home_supply
from simulator.days.laws import draw_laws
from simulator.days.loss import HOUR_MS, Delivery, gasp_rates, return_rates, silences
from simulator.days.meters import HeadEnds
from simulator.days.scada import ControlCentre
from simulator.days.table import DAYS
from simulator.supply import Interruptions
from simulator.telemetry.callers import calls
from simulator.telemetry.fleet import Fleet, milliseconds
from simulator.telemetry.noise import Noise
from simulator.telemetry.reports import in_file_order, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course
    from simulator.days.fleet import Meters
    from simulator.days.home import HomeSupply
    from simulator.days.scada import Frozen
    from simulator.options import StormOptions
    from simulator.telemetry.callers import Calls
    from simulator.telemetry.crews import CrewReport
    from simulator.telemetry.devices import DeviceReport
    from simulator.telemetry.reports import Reports

_LONGEST_CALL_MINUTES: Final = 180.0


@dataclass(frozen=True, slots=True)
class Heard:
    """All that comes in, and what nobody but the simulator knows of it."""

    fleet: Fleet
    meter_reports: Reports
    device_reports: list[DeviceReport] | None
    calls: Calls | None
    crew_reports: list[CrewReport] | None
    laws: dict[str, str]
    meters: Meters
    delivery: Delivery
    home: HomeSupply
    frozen: list[Frozen]


def observe_day(network: Network, options: StormOptions, course: Course, out: Interruptions) -> Heard:
    """Draw what is heard of a course, in which these interruptions happened, on the day of the preset."""
    day, laws = DAYS[options.preset], draw_laws(options.seed)
    home = draw_home_supply(options.seed, day.home_supply, len(network.point_device), out)
    meters = draw_meters(network, options.seed, laws, day)
    delivery = _delivery(options, laws, meters, out)
    head_ends = HeadEnds(meters, delivery, laws, options, day)
    fleet = _fleet(meters, delivery)
    reports = _meter_reports(head_ends, fleet, home.as_seen(out), out)
    centre = ControlCentre(network, course, options, day, laws["scada"]) if options.scada else None
    heard_calls = None
    if options.calls > 0:
        heard_calls = calls(network, course, _without(out, home.row), options, _LAGS[laws["calls"]])
    return Heard(
        fleet=fleet,
        meter_reports=in_file_order(chance(options.seed, "disorder"), reports),
        device_reports=None if centre is None else centre.reports(),
        calls=heard_calls,
        crew_reports=crew_reports(network, course, options, day, laws["crews"]) if options.crews else None,
        laws=laws,
        meters=meters,
        delivery=delivery,
        home=home,
        frozen=[] if centre is None else centre.frozen,
    )


def _delivery(options: StormOptions, laws: dict[str, str], meters: Meters, out: Interruptions) -> Delivery:
    day, collectors = DAYS[options.preset], int(meters.collector.max(initial=0)) + 1
    last_at = max([options.start_at, *out.out_at.max(initial=0, keepdims=True).tolist()])
    hours = int(last_at - options.start_at) // HOUR_MS + 1
    lots, mild = chance(options.seed, "loss"), day.loss_is_mild
    gasps = gasp_rates(lots, laws["loss"], options.delivery, (2, collectors, hours), mild=mild)
    returns = return_rates(lots, options.restoration_delivery, collectors, mild=mild)
    silent_from, silent_to = silences(options.seed, day.collectors_without_battery, meters.collector, out)
    return Delivery(options.start_at, gasps, returns, silent_from, silent_to)


def _fleet(meters: Meters, delivery: Delivery) -> Fleet:
    """Return the meters as the files and the noise want them; their rates are the means over the hours."""
    rates = delivery.gasps.mean(axis=2)
    own = rates[meters.cellular.astype(np.intp), meters.collector].astype(np.float32)
    return Fleet(meters.speaking, meters.source, rates, own, meters.meter_of)


def _meter_reports(head_ends: HeadEnds, fleet: Fleet, seen: Interruptions, out: Interruptions) -> Reports:
    options, meters = head_ends.options, head_ends.meters
    reports = joined(
        [
            head_ends.about_interruptions(seen),
            head_ends.false_gasps(out),
            head_ends.false_returns(seen),
            head_ends.inferred_bursts(),
        ]
    )
    if options.noise:
        noise = Noise(out, fleet, options, head_ends.travel)
        besides = noise.reports()
        besides = replace(besides, observed_at=meters.clocks.stamp(besides.point, besides.observed_at))
        reports = joined([reports.take(reports.observed_at < noise.removed_at[reports.point]), besides])
    off = head_ends.day.clocks_off
    family = head_ends.laws["copies"]
    more = copies(options.seed, family, options.copies, reports, meters.collector, clocks_off=off)
    return joined([reports, more])


def _without(out: Interruptions, rows: NDArray[np.int64]) -> Interruptions:
    """Leave interruptions out: who has power at home does not call."""
    kept = np.ones(len(out), bool)
    kept[rows] = False
    return Interruptions(out.point[kept], out.fault[kept], out.out_at[kept], out.back_at[kept])


def _uniform_lag(lots: Generator, span: tuple[float, float], size: int) -> NDArray[np.int64]:
    return milliseconds(60 * lots.uniform(span[0] / 2, 1.5 * span[1], size))


def _lognormal_lag(lots: Generator, span: tuple[float, float], size: int) -> NDArray[np.int64]:
    minutes = span[1] * 0.4 * lots.lognormal(0, 1.0, size)
    return milliseconds(60 * np.minimum(minutes, _LONGEST_CALL_MINUTES))


def _gamma_lag(lots: Generator, span: tuple[float, float], size: int) -> NDArray[np.int64]:
    return milliseconds(60 * (span[0] / 4 + lots.gamma(2, span[1] / 3, size)))


_LAGS: Final[Mapping[str, Callable[[Generator, tuple[float, float], int], NDArray[np.int64]]]] = MappingProxyType(
    {"uniform": _uniform_lag, "lognormal": _lognormal_lag, "gamma": _gamma_lag}
)
