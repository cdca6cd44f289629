"""What a flow behind the outages consists of, and the flow that is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from dataflows.following.settings import FollowingSettings
from dataflows.service.flows import Flow, later
from models.contracts.registry import OUTAGES, output_of
from models.contracts.topics import OUTAGE_CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.metrics.declaration import Row
    from adapters.state.folder import Identity
    from models.contracts.registry import ImportLog, Log, Output, Table
    from models.network.network import Network
    from models.timeline.moment import Followed, Model
    from models.timeline.tables import ReadTable

    Route = Callable[[Followed], tuple[str, Any] | None]


class Equipment(NamedTuple):
    """What a model is made of besides its state, as the flow's settings name it."""

    arguments: tuple[Any, ...]
    """Given to the model before its state."""
    identity: Identity
    """What of it a state belongs to."""
    readers: Mapping[str, ReadTable] = MappingProxyType({})
    """By table from outside, what gives of a record what the flow is to know."""


@dataclass(frozen=True, slots=True)
class Following:
    """A flow that lives by the outages' clock."""

    name: str
    reads: tuple[str, ...]
    """Outputs of the outages flow; the clock is read besides."""
    outputs: tuple[Output, ...]
    model: Callable[..., Model]
    """Makes the model of a partition, of its own state or of None; before it stands what `equip` gives."""
    log: Log | None = None
    """Where the flow's records are keyed otherwise: they go through this log, in the partition of their key."""
    route: Route = lambda _followed: None
    """Gives a record's key and what the model is to know of it, in JSON's types; None where it is to know nothing."""
    everywhere: bool = False
    """Whether each partition of the log has all that is routed, whatever its key."""
    tables: tuple[Table, ...] = ()
    """Topics from outside that come into the log, as the one origin that `log.imported` names."""
    imports: tuple[str, ...] = ()
    """Raw topics that come into the log as tables do. `ingest` buries what cannot be read of them: a reader of these
    takes nothing of it, and refuses nothing."""
    sends: tuple[str, ...] = ()
    """Topics of others that records of the tables are passed on to."""
    layout: int = 1
    """Of the model's state in checkpoints: raised by hand when code of before cannot be gone on from."""
    keep: Callable[[Followed], Any] = lambda followed: followed.record
    """Gives what of a record the model is to know, as soon as it is read: little of what waits for its clock."""
    settings: type[FollowingSettings] = FollowingSettings
    options: tuple[str, ...] = ()
    """Settings of its own that are options of the command line as well."""
    checks: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    """As a flow's."""
    check_together: Callable[[Mapping[str, Any]], object] | None = None
    """As a flow's."""
    equip: Callable[[Any], Equipment] | None = None
    """Reads what the settings name. Raises `FaultsError`."""
    usual: tuple[Any, ...] | Callable[[Sequence[Network]], tuple[Any, ...]] = ()
    """What the model is made of in a replay, which has no such settings, or what makes it of the replay's networks;
    with `equip` alone it is not laid there."""

    @property
    def followed(self) -> tuple[str, ...]:
        """All topics that the outages flow writes and this one reads."""
        return (*self.reads, OUTAGE_CLOCK)

    @property
    def imported(self) -> ImportLog | None:
        """What comes from outside by the log."""
        return self.log.imported if self.log else None


def make_flow(following: Following, summary: str, metrics: Mapping[str, tuple[Row, ...]] | None = None) -> Flow:
    """Make a flow among the others."""
    foreign = [stem for stem in following.reads if output_of(stem).owner != OUTAGES]
    if foreign:
        raise ValueError(f"{', '.join(foreign)}: only outputs of {OUTAGES} have a clock to live by")
    log = following.log
    return Flow(
        name=following.name,
        summary=summary,
        settings=following.settings,
        options=(*following.options, "organisation"),
        reads=(*following.followed, *(log.topics if log else ())),
        outputs=following.outputs,
        tables=following.tables,
        imports=following.imports,
        sends=following.sends,
        logs=(log,) if log else (),
        metrics=metrics or {},
        checks={
            **following.checks,
            "state": later("adapters.state.folder", "refuse_unfit"),
            "listen": later("adapters.process.http_port", "parse_address"),
        },
        check_together=following.check_together,
        prepare=partial(later("dataflows.following.preparation", "prepare_following"), following),
        run=later("dataflows.following.kafka", "FollowingRun"),
        watch=later("dataflows.following.watch", "watch_following"),
        over_files=None
        if following.equip and not following.usual
        else partial(later("dataflows.following.files", "lay_over_files"), following),
    )
