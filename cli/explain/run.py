"""Living through the input again for `faultline explain`, and holding it to what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from cli.explain.wrong import costliest
from dataflows.outages.preparation import prepare_outages
from dataflows.outages.settings import OutagesSettings
from dataflows.outages.tracing import trace_log
from dataflows.replay.settings import prepare
from dataflows.replay.tracing import trace_files
from dataflows.service.given_settings import load_settings
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.refusal import FaultsError
from simulator.scoring.score import score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cli.explain.wrong import Wrong
    from dataflows.outages.tracing import Traced
    from dataflows.replay.settings import ReplaySettings


def from_files(settings: ReplaySettings, outage: str) -> Traced:
    """Live through the zone of an outage. Raises `FaultsError`, also where the answer is another than was written."""
    written = [record for record in _written(settings.output) if record["outage_id"] == outage]
    if not written:
        raise FaultsError([f"outage {outage} is not in {settings.output}; give one that was published there"])
    prepared = prepare(settings)
    zones = prepared.network.zone_ids
    traced = trace_files(prepared, np.array([zones[n] == written[0]["zone_id"] for n in range(len(zones))]))
    _compare(written, [record for record in traced.records if record["outage_id"] == outage], settings)
    return traced


def from_log(outage: str, options: Mapping[str, Any]) -> Traced:
    """Live through the evidence log. Raises `FaultsError` where the outage is not in it."""
    given = {name: value for name, value in options.items() if value is not None}
    traced = trace_log(prepare_outages(load_settings(OutagesSettings, {**given, "state": "."})))
    if not any(decision.outage_id == outage for decision in traced.decisions):
        raise FaultsError([f"outage {outage} is not in the evidence log; give one that it led to"])
    return traced


def errors(settings: ReplaySettings, number: int) -> list[Wrong]:
    """The costliest errors of the score of a replay. The input is what `faultline simulate` wrote."""
    prepared = prepare(settings)
    found = score(prepared.network, settings.input, settings.output)
    traced = trace_files(prepared, np.ones(len(prepared.network.zone_ids), bool))
    _compare(_written(settings.output), traced.records, settings)
    return costliest(found, traced, number)


def _written(output: Path) -> list[dict[str, Any]]:
    path = output / f"{OUTAGE_LIFECYCLE}.jsonl"
    if not path.is_file():
        raise FaultsError([f"{path} is missing; give the folder that faultline replay wrote"])
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def _compare(written: list[dict[str, Any]], traced: list[dict[str, Any]], settings: ReplaySettings) -> None:
    """Numbers of records apart, which count those of other zones too, both must be the same."""
    if [_unnumbered(record) for record in written] != [_unnumbered(record) for record in traced]:
        reason = "was made with other rates, another network, other input or another version"
        raise FaultsError([f"output {settings.output} {reason}; give what it was replayed with, or replay again"])


def _unnumbered(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "sequence"}
