"""`faultline network show --at`: a feeder or zone as it stands at a time, as a tree, as JSON, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import typer

from adapters.report.current_map import CurrentMap, draw_map, draw_page
from cli.local_time import clock_of_utility
from cli.network.standing import read_standing
from models.current_network.branches import Branches
from models.current_network.feeding import as_fed
from models.refusal import FaultsError
from models.times.iso8601 import format_time, parse_time
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cli.broker import Broker
    from models.current_network.branches import Branch
    from models.network.network import Network

    Clock = Callable[[str], str]

NOW: Final = "now"
PICTURES: Final = (".svg", ".html")
OFF_NORMAL: Final = ("device", "kind", "position", "since", "said by")
OUTAGES: Final = ("outage", "status", "device", "started", "customers out")


def read_moment(at: str) -> int:
    """Read `--at`. Raises `FaultsError`."""
    try:
        return END_OF_TIME if at == NOW else parse_time(at)
    except ValueError as error:
        raise FaultsError([f'--at "{at}" {error}, or {NOW}']) from error


def show_at(
    network: Path,
    what: tuple[str | None, str | None],
    at: str,
    source: Path | Broker,
    picture: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show how a zone or feeder (`what`, of which one is None) stands, of a replay's folder or a broker's topics."""
    if picture is not None and picture.suffix not in PICTURES:
        raise FaultsError([f"--picture {picture}: is drawn as SVG or HTML; give a name that ends with .svg or .html"])
    view = View(network, what, read_moment(at), source, clock_of_utility(config))
    if view.forgotten:
        said = "changed since then, and the topic keeps the last state of each alone: what they were may be missing"
        typer.echo(f"faultline: {view.forgotten} devices {said}; give --input of a replay or offline play", err=True)
    if picture is not None:
        picture.write_text(view.picture(page=picture.suffix == ".html"), "utf-8")
    if as_json:
        typer.echo(orjson.dumps(view.document(), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in view.lines():
            typer.echo(line)


class View:
    """What is shown."""

    def __init__(
        self, network: Path, what: tuple[str | None, str | None], at: int, source: Path | Broker, clock: Clock
    ) -> None:
        moment = min(at, LAST_MOMENT)
        self.standing, self.normal, (zone, feeder) = read_standing(network, what, moment, source)
        self._clock, self._is_now = clock, at == END_OF_TIME
        self.forgotten = 0 if isinstance(source, Path) else self.standing.changes_since
        self.fed = as_fed(self.normal, zone, self.standing.off_normal.values())
        self.branches = Branches(self.fed, self.standing)
        self.roots = self.branches.of_zone(zone) if feeder < 0 else self.branches.of_feeder(feeder)
        self.name = f"zone {self.normal.zone_ids[zone]}" if feeder < 0 else f"feeder {self.normal.feeder_ids[feeder]}"
        self._nodes = [one for root in self.roots for one in root.walk()]

    def document(self) -> dict[str, Any]:
        """Give all of it for scripts; devices are those of the tree."""
        customers, out = self._customers()
        return {
            "at": None if self._is_now else format_time(self.standing.at),
            "network_version": self.normal.version,
            "name": self.name,
            "zone_id": self.standing.zone_id,
            "customers": customers,
            "customers_out": out,
            "off_normal": [one for node in self._nodes for one in node.off_normal],
            "outages": [one for node in self._nodes for one in node.outages],
            "devices": [
                {
                    "device_id": node.name,
                    "kind": node.kind,
                    "feeder_id": node.feeder_id,
                    "fed_by": node.fed_by,
                    "customers": node.customers,
                    "customers_out": node.customers_out,
                }
                for node in self._nodes
            ],
        }

    def lines(self) -> Iterator[str]:
        """Give the tree, a line each."""
        yield self._headline()
        for number, root in enumerate(self.roots, 1):
            yield from self._grow(root, "", self._supply(root), last=number == len(self.roots))

    def picture(self, *, page: bool) -> str:
        """Draw it, alone or on a page."""
        drawn = self._map()
        if not page:
            return draw_map(drawn)
        off_normal = [
            (one["device_id"], one["kind"], one["position"], self._clock(one["since"]), one["source"])
            for node in self._nodes
            for one in node.off_normal
        ]
        outages = [
            (
                one["outage_id"],
                one["status"],
                f"{one['device_kind']} {one['device_id']}",
                self._clock(one["started_at"]),
                f"{one['customers_out']:,}",
            )
            for node in self._nodes
            for one in node.outages
        ]
        tables = [("Off normal", OFF_NORMAL, off_normal), ("Open outages", OUTAGES, outages)]
        return draw_page(drawn, [table for table in tables if table[2]])

    def _headline(self) -> str:
        customers, out = self._customers()
        at = NOW if self._is_now else self._clock(format_time(self.standing.at))
        return f"{self.name}, {at}: {_customers(customers, out)}"

    def _customers(self) -> tuple[int, int]:
        return sum(root.customers for root in self.roots), sum(root.customers_out for root in self.roots)

    def _supply(self, root: Branch) -> str:
        """Say from where a head is fed, where that is not the normal way."""
        device = int(self.normal.find_devices([root.name])[0])
        above = int(self.normal.parent[device])
        normal = self.normal.device_ids[above] if above >= 0 else None
        return "" if root.fed_by == normal else f"fed by {root.fed_by or 'a supply from outside'}; "

    def _grow(self, branch: Branch, indent: str, supply: str, *, last: bool) -> Iterator[str]:
        said = [_off_normal(one, self._clock) for one in branch.off_normal]
        said += [_outage(one, self._clock) for one in branch.outages]
        name = branch.name if branch.kind in branch.name else f"{branch.kind} {branch.name}"
        told = "; ".join([f"{supply}{_customers(branch.customers, branch.customers_out)}", *said])
        dark = branch.customers and branch.customers_out == branch.customers
        text = f"{name}: {told}"
        yield f"{indent}{'└─ ' if last else '├─ '}{typer.style(text, fg='red' if dark else None, bold=bool(said))}"
        indent += "   " if last else "│  "
        for number, below in enumerate(branch.below, 1):
            yield from self._grow(below, indent, "", last=number == len(branch.below) and not branch.others_customers)
        if branch.others_customers:
            plural = "es" if branch.others > 1 else ""
            others = _customers(branch.others_customers, branch.others_out)
            yield f"{indent}└─ {branch.others} more branch{plural}: {others}"

    def _map(self) -> CurrentMap:
        fed, shown = self.fed, np.zeros(len(self.fed.parent), np.bool_)
        for root in self.roots:
            shown[root.device : int(fed.device_end[root.device])] = True
        points = np.maximum(fed.direct_end - fed.point_start, 1)
        sums = np.concatenate([[0], np.cumsum(self.branches.out)])
        below = fed.point_end - fed.point_start
        nodes = self._nodes
        return CurrentMap(
            title=self._headline(),
            subtitle=f"{len(self.standing.off_normal)} off normal, {len(self.standing.outages)} outages open in zone "
            f"{self.standing.zone_id}; network {self.normal.version[:12]}",
            network=fed,
            shown=shown,
            share_out=(sums[fed.direct_end] - sums[fed.point_start]) / points,
            dark=(below > 0) & (sums[fed.point_end] - sums[fed.point_start] == below),
            otherwise=_otherwise(self.normal, fed),
            open_devices=_lines_about(nodes, "open", self._clock),
            closed_devices=_lines_about(nodes, "closed", self._clock),
            outages={
                node.device: "; ".join(_outage(one, self._clock) for one in node.outages)
                for node in nodes
                if node.outages
            },
        )


LAST_MOMENT: Final = parse_time("9999-12-31T23:59:59Z")


def _otherwise(normal: Network, fed: Network) -> Any:  # noqa: ANN401 (an array by device)
    """By device whether power comes over another device than normally, anywhere on its way."""
    above = np.where(fed.parent < 0, -1, fed.device_number[np.maximum(fed.parent, 0)])
    at = normal.device_position[fed.device_number]
    usual = np.where(normal.parent[at] < 0, -1, normal.device_number[np.maximum(normal.parent[at], 0)])
    other = above != usual
    for device, parent in enumerate(fed.parent.tolist()):
        other[device] |= parent >= 0 and other[parent]
    return other


def _lines_about(nodes: Sequence[Branch], position: str, clock: Clock) -> dict[int, str]:
    return {
        node.device: "; ".join(f"{node.name} {_off_normal(one, clock)}" for one in node.off_normal)
        for node in nodes
        if any(one["position"] == position for one in node.off_normal)
    }


def _customers(customers: int, out: int) -> str:
    if not customers:
        return "no customers"
    how = "all on" if not out else "all out" if out == customers else f"{out:,} out"
    return f"{customers:,} customers, {how}"


def _off_normal(record: Mapping[str, Any], clock: Clock) -> str:
    what = record["position"] if record["kind"] == "device" else record["kind"]
    other = f" to {record['other_device_id']}" if record["other_device_id"] else ""
    return f"{what}{other} since {clock(record['since'])} ({record['source']})"


def _outage(record: Mapping[str, Any], clock: Clock) -> str:
    where = f"usage point {record['device_id']}, " if record["device_kind"] == "service" else ""
    began = clock(record["started_at"])
    return f"outage {record['outage_id']} {record['status']}, {where}{record['customers_out']:,} out since {began}"
