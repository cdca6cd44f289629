"""The flows, each with what it takes to run it: `faultline run`, `up`, `--offline`, tests and pages come of them.

A flow of one's own is a module named in FAULTLINE_FLOWS, with commas between several; like those below it has a `FLOW`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from adapters.metrics import table
from models.contracts import registry
from models.contracts.topics import OUTAGE_PULSE
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bytewax.dataflow import Dataflow

    from adapters.files.sink import FileSink
    from adapters.metrics.declaration import Row
    from adapters.metrics.registry import Metrics
    from adapters.process.pulse import Pulse
    from adapters.state.folder import Identity
    from dataflows.service.settings import ServiceSettings
    from models.contracts.registry import Log, Output, Table
    from models.network.network import Network

MODULES: Final = ("dataflows.ingest.declaration", "dataflows.outages.declaration")
"""Faultline's flows, in the order of the stream."""
OWN: Final = "FAULTLINE_FLOWS"
"""The variable that names modules of further flows."""


class Prepared(Protocol):
    """What a flow needs, found and checked."""

    def identity(self) -> Identity:
        """Say what a state of this process belongs to."""

    def take_up(self, identity: Identity) -> None:
        """Hear what the state that was taken up belongs to."""


class Running(Protocol):
    """A flow at work."""

    @property
    def prepared(self) -> Prepared:
        """What it runs with."""

    def lay(self) -> Dataflow:
        """Make the dataflow."""


class Watching(Protocol):
    """What keeps a flow's metrics."""

    @property
    def metrics(self) -> Metrics:
        """The metrics."""


class Offline(Protocol):
    """A stretch of what a flow reads, played again into files."""

    @property
    def records(self) -> int:
        """How many records have been played."""

    @property
    def written(self) -> Mapping[str, int]:
        """How many were written, by topic."""

    def bytes_to_read(self) -> int:
        """Give what there is to play, as progress bars want it."""

    def bytes_read(self) -> int:
        """Give how much of it has been played."""

    def play(self) -> None:
        """Play it."""


class Replayed(NamedTuple):
    """A replay, as a flow that is laid into it knows it."""

    output: Path
    """The folder that it writes to."""
    partition: str
    networks: Sequence[Network]
    """The versions of its network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow, and how it is made."""

    name: str
    """In every wing: `models/NAME`, `dataflows/NAME`, `faultline run NAME`, the owner of its topics."""
    summary: str
    """What it does, for the command line and the pages."""
    settings: type[ServiceSettings]
    options: tuple[str, ...] = ()
    """Its own settings that are options of the command line as well."""
    reads: tuple[str, ...]
    """The topics that it takes records from: at their ends it has done its work."""
    logs: tuple[Log, ...] = ()
    """By which its records are keyed otherwise."""
    tables: tuple[Table, ...] = ()
    """Topics from outside that come into its log."""
    imports: tuple[str, ...] = ()
    """Raw topics that come into its log as well."""
    sends: tuple[str, ...] = ()
    """Topics of others that it writes to."""
    outputs: tuple[Output, ...] = ()
    """Of a flow of one's own; those of Faultline's stand in `models.contracts.registry`."""
    metrics: Mapping[str, tuple[Row, ...]] | None = None
    """Of a flow of one's own, by section of the page; those of Faultline's stand in `adapters.metrics.table`."""
    checks: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    """By the name of a setting, what looks at the thing that it names and raises `FaultsError`."""
    check_together: Callable[[Mapping[str, Any]], object] | None = None
    """Given the settings without those of which `checks` found faults, raises `FaultsError` for what does not fit."""
    prepare: Callable[[Any], Prepared]
    run: Callable[[Any, Pulse], Running]
    watch: Callable[[Any], Watching]
    warm_up: Callable[[], object] = lambda: None
    """Loads what must not be loaded at the first record."""
    offline: Callable[[Any, Path, int, int], Offline] | None = None
    """Plays its input again, from an instant to below another (milliseconds)."""
    over_files: Callable[..., dict[str, FileSink]] | None = None
    """Lays it into a replay, behind what the outages flow publishes."""

    @property
    def group(self) -> str:
        """Consumer group under which offsets are told to lag tools."""
        return f"faultline-{self.name}"


def later(module: str, name: str) -> Callable[..., Any]:
    """Give a callable that is imported when it is called: the engine's modules take seconds."""

    def call(*arguments: Any) -> Any:  # noqa: ANN401 (whatever the callable takes and gives)
        return getattr(import_module(module), name)(*arguments)

    return call


def find_flows(own: str | None = None) -> dict[str, Flow]:
    """Give all flows by name; `own` names further modules, by default FAULTLINE_FLOWS does.

    Raises `FaultsError` for a module that is not there, or a name that two flows have.
    """
    flows: dict[str, Flow] = {}
    further = [name.strip() for name in (os.environ.get(OWN, "") if own is None else own).split(",") if name.strip()]
    for module in (*MODULES, *further):
        flow = _load(module)
        if flow.name in flows:
            raise FaultsError([f"flow {flow.name} of {module} is there already; give it another name"])
        flows[flow.name] = flow
        registry.declare(*flow.tables, *flow.logs, *flow.outputs)
        if module not in MODULES:
            pulses = (OUTAGE_PULSE,) if flow.logs else ()
            registry.declare_reader(flow.name, (*flow.reads, *flow.imports, *pulses))
            registry.declare_writer(flow.name, flow.sends)
        if flow.metrics is not None:
            table.declare(flow.name, flow.metrics)
    return flows


def _load(module: str) -> Flow:
    try:
        flow: Flow = import_module(module).FLOW
    except (ImportError, AttributeError) as error:
        raise FaultsError([f"{OWN} names {module}, which has no flow ({error}); see docs/architecture.md"]) from error
    return flow
