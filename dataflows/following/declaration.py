"""What a flow behind the outages consists of, and the flow that is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dataflows.following.settings import FollowingSettings
from dataflows.service.flows import Flow, later
from models.contracts.registry import OUTAGES, output_of
from models.contracts.topics import OUTAGE_CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.metrics.declaration import Row
    from models.contracts.registry import Log, Output
    from models.timeline.moment import Followed, Model

    Route = Callable[[Followed], tuple[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Following:
    """A flow that lives by the outages' clock."""

    name: str
    reads: tuple[str, ...]
    """Outputs of the outages flow; the clock is read besides."""
    outputs: tuple[Output, ...]
    model: Callable[[Any], Model]
    """Makes the model of a partition, of its own state or of None."""
    log: Log | None = None
    """Where the flow's records are keyed otherwise: they go through this log, in the partition of their key."""
    route: Route = lambda _followed: None
    """Gives a record's key and what the model is to know of it, in JSON's types; None where it is to know nothing."""

    @property
    def followed(self) -> tuple[str, ...]:
        """All topics that the outages flow writes and this one reads."""
        return (*self.reads, OUTAGE_CLOCK)


def make_flow(following: Following, summary: str, metrics: Mapping[str, tuple[Row, ...]] | None = None) -> Flow:
    """Make a flow among the others."""
    foreign = [stem for stem in following.reads if output_of(stem).owner != OUTAGES]
    if foreign:
        raise ValueError(f"{', '.join(foreign)}: only outputs of {OUTAGES} have a clock to live by")
    log = following.log
    return Flow(
        name=following.name,
        summary=summary,
        settings=FollowingSettings,
        options=("organisation",),
        reads=(*following.followed, *([log.topic] if log else [])),
        outputs=following.outputs,
        logs=(log,) if log else (),
        metrics=metrics or {},
        checks={
            "state": later("adapters.state.folder", "refuse_unfit"),
            "listen": later("adapters.process.http_port", "parse_address"),
        },
        prepare=partial(later("dataflows.following.preparation", "prepare_following"), following),
        run=later("dataflows.following.kafka", "FollowingRun"),
        watch=later("dataflows.following.watch", "watch_following"),
        over_files=partial(later("dataflows.following.files", "lay_over_files"), following),
    )
