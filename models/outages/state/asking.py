"""Asking what a picture would be if something were accounted for, and leaving all as it was."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


@contextmanager
def kept(partition: Partition, outage: Outage) -> Iterator[None]:
    """Put back what is known of an outage's points and device afterwards."""
    here, members = slice(*outage.span), list(class_members(partition.network, outage.device))
    points = [(column[here], column[here].copy()) for column in partition.points]
    devices = [(column, column[members]) for column in partition.devices]
    try:
        yield
    finally:
        for column, before in points:
            column[:] = before
        for column, before in devices:
            column[members] = before
