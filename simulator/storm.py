"""From a network and options to a storm: what happened, who was out, what was heard of it.

The rooms in their order: `storms/` plans what breaks and when, with `protection.py` and `repair.py`; `supply.py`
derives who was out; `telemetry/`, or `days/` for a day with laws of its own, says what head-ends and control rooms
would have had of it; `files/` writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.chance import chance
from simulator.course import moves
from simulator.days.observe import observe_day
from simulator.options import DAYS
from simulator.storms.history import historical_storm
from simulator.storms.long import long_storm
from simulator.storms.rough import rough_storm
from simulator.storms.snapshot import snapshot
from simulator.storms.summer import full_storm
from simulator.supply import interruptions
from simulator.telemetry.callers import calls
from simulator.telemetry.crews import crew_reports
from simulator.telemetry.devices import device_reports
from simulator.telemetry.fleet import fleet
from simulator.telemetry.meters import meter_reports
from simulator.telemetry.reports import in_file_order
from simulator.telemetry.works import work_reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.network.network import Network
    from simulator.course import Course
    from simulator.days.observe import Heard
    from simulator.incidents import Incident
    from simulator.options import StormOptions
    from simulator.storms.history import LaidStorm
    from simulator.supply import Interruptions
    from simulator.telemetry.callers import Calls
    from simulator.telemetry.crews import CrewReport
    from simulator.telemetry.devices import DeviceReport
    from simulator.telemetry.fleet import Fleet
    from simulator.telemetry.reports import Reports
    from simulator.telemetry.works import WorkReport


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm in full; a source that the options leave out is None."""

    options: StormOptions
    course: Course
    interruptions: Interruptions
    meters: Fleet
    meter_reports: Reports
    device_reports: list[DeviceReport] | None
    calls: Calls | None
    crew_reports: list[CrewReport] | None
    work_reports: list[WorkReport] | None = None
    heard: Heard | None = None
    """Of a day with laws of its own: these laws, and what else nobody hears of."""


def simulate(network: Network, options: StormOptions) -> Storm:
    """Make the storm of a preset over a network."""
    return observe(network, options, _PLANS[options.preset](network, options).in_order())


def replay(network: Network, options: StormOptions, incidents: Sequence[Incident]) -> tuple[Storm, LaidStorm]:
    """Make a historical storm over a network, and say how it was laid."""
    laid = historical_storm(network, options, incidents)
    first_at = min((incident.started_at for incident in incidents), default=options.start_at)
    last_at = max((move[0] for move in moves(laid.course)), default=first_at)
    options = replace(options, start_at=first_at, duration_seconds=(last_at - first_at) / 1000)
    return observe(network, options, laid.course), laid


def observe(network: Network, options: StormOptions, course: Course) -> Storm:
    """Derive from a course who was out and what was heard."""
    out = interruptions(network, course)
    works = work_reports(network, course, options) if options.planned_works else None
    if options.preset in DAYS:
        heard = observe_day(network, options, course, out)
        sources = heard.fleet, heard.meter_reports, heard.device_reports, heard.calls, heard.crew_reports
        return Storm(options, course, out, *sources, works, heard)
    meters = fleet(network, options)
    reports = in_file_order(chance(options.seed, "disorder"), meter_reports(out, meters, options))
    return Storm(
        options=options,
        course=course,
        interruptions=out,
        meters=meters,
        meter_reports=reports,
        device_reports=device_reports(network, course, options) if options.scada else None,
        calls=calls(network, course, out, options) if options.calls > 0 else None,
        crew_reports=crew_reports(course, options) if options.crews else None,
        work_reports=works,
    )


_PLANS = {"full": full_storm, "long": long_storm, "snapshot": snapshot, **dict.fromkeys(DAYS, rough_storm)}
