"""Alarms by their nodes, where a server refuses a refresh: what each condition shows now, by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.opcua.alarms.events import FIELDS, condition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asyncua.client.ua_session import UaSession

    from models.telemetry.conditions import Condition

AT_ONCE: Final = 20
"""Conditions of one request: each is a dozen nodes, and servers that refuse a refresh are the small ones."""
_READ: Final = tuple(field for field in FIELDS if field.path)
_ACTIVE: Final = ("ActiveState", "Id")


async def read_conditions(
    session: UaSession, nodes: Sequence[ua.NodeId], namespaces: Sequence[str], arrival: int
) -> tuple[list[Condition], set[ua.NodeId]]:
    """Read the conditions that nodes are or have; and those of the nodes of which there is nothing to read."""
    found: list[Condition] = []
    unread: set[ua.NodeId] = set()
    for start in range(0, len(nodes), AT_ONCE):
        part = list(nodes[start : start + AT_ONCE])
        try:
            owned = await _conditions_of(session, part)
            states = await _read(session, list(dict.fromkeys(one for own in owned for one in own)))
        except ua.UaStatusCodeError:
            unread.update(part)
            continue
        read = {one: condition_of(fields, namespaces, arrival) for one, fields in states.items()}
        found += [condition for condition in read.values() if condition is not None]
        unread.update(node for node, own in zip(part, owned, strict=True) if any(read.get(one) is None for one in own))
    return found, unread


async def _conditions_of(session: UaSession, nodes: list[ua.NodeId]) -> list[list[ua.NodeId]]:
    """Give of each node the conditions that are about it; one without any is taken for a condition."""
    params = ua.BrowseParameters()
    params.RequestedMaxReferencesPerNode = 0
    for node in nodes:
        wanted = ua.BrowseDescription()
        wanted.NodeId, wanted.BrowseDirection = node, ua.BrowseDirection.Forward
        wanted.ReferenceTypeId, wanted.IncludeSubtypes = ua.NodeId(ua.ObjectIds.HasCondition), True
        wanted.NodeClassMask = ua.NodeClass.Object
        wanted.ResultMask = ua.BrowseResultMask.All
        params.NodesToBrowse.append(wanted)
    results = await session.browse(params)
    return [
        [ua.NodeId(one.NodeId.Identifier, one.NodeId.NamespaceIndex) for one in result.References or ()] or [node]
        for node, result in zip(nodes, results, strict=True)
    ]


async def _read(session: UaSession, conditions: list[ua.NodeId]) -> dict[ua.NodeId, list[Any]]:
    """Read the fields of an event from the nodes of conditions; of what does not show whether it is active, nothing."""
    paths = [_path(condition, field.path) for condition in conditions for field in _READ]
    if not paths:
        return {}
    targets = [
        result.Targets[0].TargetId if result.StatusCode.is_good() and result.Targets else None
        for result in await session.translate_browsepaths_to_nodeids(paths)
    ]
    there = [ua.NodeId(one.Identifier, one.NamespaceIndex) for one in targets if one is not None]
    read = iter(await session.read_attributes(there, ua.AttributeIds.Value) if there else ())
    values = iter([None if target is None else next(read).Value for target in targets])
    found: dict[ua.NodeId, list[Any]] = {}
    for condition in conditions:
        shown = {field.path: next(values) for field in _READ}
        active = shown[_ACTIVE]
        if active is not None and isinstance(active.Value, bool):
            found[condition] = [ua.Variant(condition) if not field.path else shown[field.path] for field in FIELDS]
    return found


def _path(condition: ua.NodeId, names: Iterable[str]) -> ua.BrowsePath:
    path = ua.BrowsePath()
    path.StartingNode = condition
    for name in names:
        element = ua.RelativePathElement()
        element.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
        element.IsInverse, element.IncludeSubtypes = False, True
        element.TargetName = ua.QualifiedName(name, 0)
        path.RelativePath.Elements.append(element)
    return path
