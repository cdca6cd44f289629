"""Outages: evidence to outages and restorations, over files and on Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bytewax.dataflow import Dataflow


def flow(network: str, input: str, output: str) -> Dataflow:  # noqa: A002 (as the options)
    """Make the flow over files: what `python -m bytewax.run 'dataflows.outages:flow(…)'` names."""
    from dataflows.replay.flow import flow as flow_over_files  # noqa: PLC0415 (its parts import this package)

    return flow_over_files(network, input, output)
