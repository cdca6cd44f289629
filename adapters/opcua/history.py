"""What happened while nobody listened, from the server's history (OPC 10000-11, HistoryRead of raw values)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asyncua import ua

from adapters.connectors.clock import now_us
from adapters.opcua.data_values import moment, sample_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncua.client.ua_session import UaSession

    from adapters.opcua.subscription import Item
    from models.telemetry.reports import Sample

MOST_NODES: Final = 100
MOST_ROUNDS: Final = 10_000


async def read_history(
    session: UaSession, items: Sequence[Item], begin: int, end: int
) -> tuple[list[tuple[int, Sample]], set[int]]:
    """Read values between two moments, microseconds; in the order of each node, and the handles that were answered.

    A node without history, or one that the server refuses, is not answered: its gap stands.
    """
    samples: list[tuple[int, Sample]] = []
    answered: set[int] = set()
    for start in range(0, len(items), MOST_NODES):
        part = items[start : start + MOST_NODES]
        try:
            await _read_part(session, part, (begin, end), samples, answered)
        except ua.UaStatusCodeError:
            continue  # none of them is answered
    return [(handle, sample) for handle, sample in samples if handle in answered], answered


async def _read_part(
    session: UaSession,
    items: Sequence[Item],
    span: tuple[int, int],
    samples: list[tuple[int, Sample]],
    answered: set[int],
) -> None:
    waiting: list[tuple[Item, bytes | None]] = [(item, None) for item in items]
    for _ in range(MOST_ROUNDS):
        results = await session.history_read(_request(waiting, span))
        following: list[tuple[Item, bytes | None]] = []
        for (item, before), result in zip(waiting, results, strict=True):
            if not result.StatusCode.is_good():
                continue
            data = getattr(result.HistoryData, "DataValues", None) or ()
            arrival = now_us()
            samples += [(item.handle, sample_of(value, arrival)) for value in data]
            if result.ContinuationPoint and result.ContinuationPoint != before:
                following.append((item, result.ContinuationPoint))
            else:
                answered.add(item.handle)
        if not following:
            return
        waiting = following


def _request(waiting: Sequence[tuple[Item, bytes | None]], span: tuple[int, int]) -> ua.HistoryReadParameters:
    details = ua.ReadRawModifiedDetails()
    details.IsReadModified = False
    details.StartTime, details.EndTime = moment(span[0]), moment(span[1])
    details.NumValuesPerNode = 0
    details.ReturnBounds = False
    params = ua.HistoryReadParameters()
    params.HistoryReadDetails = details
    params.TimestampsToReturn = ua.TimestampsToReturn.Both
    params.ReleaseContinuationPoints = False
    for item, continuation in waiting:
        node = ua.HistoryReadValueId()
        node.NodeId, node.IndexRange, node.ContinuationPoint = item.node_id, "", continuation
        params.NodesToRead.append(node)
    return params
