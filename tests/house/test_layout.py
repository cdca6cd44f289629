"""The layout holds: no circle of imports, type-checking ones too, few floors, rooms that a reader can survey."""

from collections import Counter
from pathlib import Path

import grimp
import pytest

HOME = Path(__file__).parents[2]
PACKAGES = ("models", "adapters", "dataflows", "simulator", "cli")
MOST_MODULES = 13
MOST_FLOORS = 7


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Modules on circles or above them: left when those that import nothing that is left are taken away."""
    left = {module: {other for other in others if other in imports} for module, others in imports.items()}
    while ready := [module for module, others in left.items() if not others & left.keys()]:
        for module in ready:
            del left[module]
    reached_by = Counter(other for others in left.values() for other in others & left.keys())
    return [sorted(left)] if left and reached_by else []


def test_no_circle_of_imports(imports: dict[str, set[str]]) -> None:
    assert circles(imports) == []


def test_a_circle_would_be_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [["a", "b", "c"]]


def room_of(module: str) -> str:
    """The room of `models` that a module stands in; engine and instants of the outages are a room of their own."""
    return ".".join(module.split(".")[:2])


def test_models_stand_on_few_floors(imports: dict[str, set[str]]) -> None:
    rooms: dict[str, set[str]] = {}
    for module, others in imports.items():
        if module.startswith("models."):
            above = {room_of(other) for other in others if other.startswith("models.")} - {room_of(module)}
            rooms.setdefault(room_of(module), set()).update(above)
    floors = 0
    while rooms:
        lowest = [room for room, others in rooms.items() if not others & rooms.keys()]
        assert lowest, f"an arrow runs back up among {sorted(rooms)}"
        for room in lowest:
            del rooms[room]
        floors += 1
    assert floors <= MOST_FLOORS


def test_rooms_can_be_surveyed() -> None:
    modules = Counter(
        str(path.parent.relative_to(HOME))
        for package in PACKAGES
        for path in (HOME / package).rglob("*.py")
        if path.name != "__init__.py"
    )
    assert {room: count for room, count in modules.items() if count > MOST_MODULES} == {}
