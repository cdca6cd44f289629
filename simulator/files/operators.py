"""The operators' topic: a control room lives through the lines of a storm that has been written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.contracts.topics import OPERATOR_COMMANDS, RAW_TOPICS
from simulator.operators.laws import OperatorLaws
from simulator.operators.room import ControlRoom

if TYPE_CHECKING:
    from pathlib import Path

    from models.network.network import Network

ORDERED: Final = "operator_commands.csv"
"""In `truth/`: each line of the topic in its order, with what is wrong with it."""


def write_orders(folder: Path, network: Network, share: float, seed: int) -> int:
    """Write what operators order about a share of the outages, and the truth of it; returns how many lines."""
    paths = {topic: folder / f"{topic}.jsonl" for topic in RAW_TOPICS if topic != OPERATOR_COMMANDS}
    lines = {topic: path.read_bytes().splitlines() for topic, path in paths.items() if path.is_file()}
    room = ControlRoom(network, lines, OperatorLaws(share), seed)
    room.live()
    (folder / f"{OPERATOR_COMMANDS}.jsonl").write_bytes(b"".join(order.line + b"\n" for order in room.orders))
    rows = [f"{order.command_id},{order.kind},{order.error}" for order in room.orders]
    (folder / "truth" / ORDERED).write_text("\n".join(["command_id,kind,error", *rows, ""]), "utf-8")
    return len(room.orders)
