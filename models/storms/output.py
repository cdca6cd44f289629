"""The topics that storms go to."""

from __future__ import annotations

from typing import Final

from models.contracts.outputs.storm import (
    OutageStormRecord,
    OutageStormTombstone,
    StormAnswerRecord,
    StormEstimateRecord,
    StormEstimateTombstone,
    StormRecord,
)
from models.contracts.registry import Contract, Output

STORMS: Final = Output(
    name="storms",
    topic="storm.state.v1",
    summary="What each storm has come to, at least once a minute while it changes.",
    contract=Contract("storm", StormRecord),
    key="storm_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.storm.state.v1",
    owner="storms",
    counted="status",
)
OUTAGE_STORMS: Final = Output(
    name="outage_storms",
    topic="outage.storm.state.v1",
    summary="Of which storm an outage is; a tombstone where it is of none any more, or is forgotten.",
    contract=Contract("outage_storm", OutageStormRecord),
    tombstone=Contract("outage_storm_tombstone", OutageStormTombstone),
    key="outage_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.outage.storm.v1",
    owner="storms",
    counted="storm_id",
)
STORM_ANSWERS: Final = Output(
    name="storm_answers",
    topic="storm.operator.answers.v1",
    summary="What became of each command of an operator about a storm: done, or refused and why.",
    contract=Contract("storm_answer", StormAnswerRecord),
    key="command_id",
    retention_days=400,
    event_type="faultline.storm.answer.v1",
    owner="storms",
    counted="result",
)
STORM_ESTIMATES: Final = Output(
    name="storm_estimates",
    topic="storm.estimate.state.v1",
    summary="By when nearly all customers of each open storm have power again, everywhere and by area.",
    contract=Contract("storm_estimate", StormEstimateRecord),
    tombstone=Contract("storm_estimate_tombstone", StormEstimateTombstone),
    key="storm_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.storm.estimate.v1",
    owner="storms",
    counted="storm_id",
)
