"""A simulated storm lived through by the engine and warned of; each warning is held to the standard and to the town."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cli.machine_code import keep_machine_code

keep_machine_code()  # before anything imports numba

import numpy as np  # noqa: E402
import shapely  # noqa: E402

from adapters.cap.reading import parse_message  # noqa: E402
from adapters.network.load import load_network  # noqa: E402
from adapters.tables.write import write_tables  # noqa: E402
from cli.reading.moments import moments_of  # noqa: E402
from dataflows.replay.flow import Replay  # noqa: E402
from dataflows.replay.settings import ReplaySettings, prepare  # noqa: E402
from dataflows.service.run import run_flow  # noqa: E402
from models.alerts.issuing.areas import Areas  # noqa: E402
from models.alerts.issuing.issuer import Issuer  # noqa: E402
from models.alerts.issuing.output import ALERTS  # noqa: E402
from models.alerts.issuing.policy import AlertPolicy  # noqa: E402
from models.alerts.issuing.shape import HELD, ROUGH, TIMES_HULL, UNAFFECTED  # noqa: E402
from models.alerts.issuing.squares import Plane  # noqa: E402
from models.alerts.places import parse_polygon  # noqa: E402
from models.alerts.validation import validate  # noqa: E402
from models.contracts.topics import OUTAGE_LIFECYCLE  # noqa: E402
from models.timeline.life import Life  # noqa: E402
from models.times.iso8601 import parse_time  # noqa: E402
from simulator.files.folder import write_storm  # noqa: E402
from simulator.options import storm_options  # noqa: E402
from simulator.storm import simulate  # noqa: E402
from simulator.utility.generate import draw_utility  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.issuing.areas import Homes
    from models.network.network import Network

    Warned = tuple[dict[str, Any], dict[str, str]]

POINTS: Final = 2000
POLICY: Final = AlertPolicy(
    sender="outages@utility.example", sender_name="Example Utility", status="Actual", least_customers=100
)


@dataclass
class Warnings:
    """What the warnings of a storm came to."""

    messages: int = 0
    invalid: list[str] = field(default_factory=list)
    unresolved: int = 0
    """References to what is no earlier message."""
    hasty: int = 0
    """Messages about an area less than ten minutes after the last one."""
    held: list[float] = field(default_factory=list)
    """Of each message with polygons the share of the affected points inside."""
    fits: int = 0
    """Those whose polygons meet the bar."""
    nowhere: int = 0
    """Messages without a polygon, which have a name alone."""

    def add(self, other: Warnings) -> None:
        """Take in those of another storm."""
        for name in ("messages", "invalid", "unresolved", "hasty", "held", "fits", "nowhere"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def warn_of(seed: int) -> Warnings:
    """Play a storm, and judge its warnings."""
    return judge(*play(seed))


def play(seed: int) -> tuple[Network, list[Warned]]:
    """Play a storm over a town of its own; gives the town and the warnings, each with the device of each outage."""
    with TemporaryDirectory(prefix="faultline-cap-") as folder:
        tables, storm, out = (Path(folder) / name for name in ("town", "storm", "out"))
        tables.mkdir()
        write_tables(tables, "csv", (part.tables for part in draw_utility(POINTS, seed)))
        network = load_network(tables)
        storm.mkdir()
        options = {"peak_customers": POINTS // 3, "faults_per_hour": 20.0}
        write_storm(storm, network, simulate(network, storm_options(seed, "full", options)))
        replay = Replay(prepare(ReplaySettings(tables, storm, out)))
        replay.clear_output()
        run_flow(replay.flow)
        return network, list(_records(network, out))


def _records(network: Network, out: Path) -> Iterator[Warned]:
    """The warnings, each with the device of each outage by then."""
    areas, devices = Areas(network, POLICY.by), dict[str, str]()
    life = Life(lambda saved: Issuer(POLICY, areas, saved=saved), [ALERTS], "bench")
    for moment in moments_of(out, OUTAGE_LIFECYCLE):
        devices |= {followed.key: followed.record.device_id for followed in moment.records}
        for _, record in life.take(moment):
            yield record, {name: devices[name] for name in record["outage_ids"]}


def judge(network: Network, records: list[Warned]) -> Warnings:
    """Hold the warnings to the standard, and their polygons to who is affected."""
    found, areas = Warnings(), Areas(network, POLICY.by)
    everybody, known, last = areas.all_homes(), set[str](), dict[str, int]()
    for record, devices in records:
        found.messages += 1
        message = parse_message(record["xml"].encode())
        found.invalid += [f"{one.rule}: {one.reason}" for one in validate(message) if not one.advice]
        references = (record["references"] or "").split()
        found.unresolved += sum(one.split(",")[1] not in known for one in references)
        known.add(record["identifier"])
        at = parse_time(record["updated_at"])
        found.hasty += at - last.get(record["area_id"], 0) < POLICY.update_seconds * 1000
        last[record["area_id"]] = at
        if not record["over"]:
            texts = [
                one.text for info in message.all("info")[:1] for area in info.all("area") for one in area.all("polygon")
            ]
            _judge_polygons(found, texts, areas.homes_below(devices.values()), everybody)
    return found


def _judge_polygons(found: Warnings, texts: list[str], affected: Homes, everybody: Homes) -> None:
    if not texts:
        found.nowhere += 1
        return
    plane = Plane(float(np.mean(affected.latitude)))
    rings = [[(place.longitude, place.latitude) for place in parse_polygon(text)] for text in texts]
    shape = shapely.union_all([shapely.Polygon(ring) for ring in rings])
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, affected.longitude, affected.latitude)
    all_inside = int(shapely.contains_xy(shape, everybody.longitude, everybody.latitude).sum())
    hull = shapely.concave_hull(shapely.multipoints(plane.metres(affected)), ratio=ROUGH)
    scaled = shapely.transform(shape, lambda degrees: degrees * plane.scale)
    found.held.append(float(inside.mean()))
    few = 1 - inside.sum() / max(all_inside, 1) <= UNAFFECTED
    found.fits += bool(inside.mean() >= HELD and (few or scaled.area <= TIMES_HULL * hull.area))
