"""Processes that are killed at any moment leave the same output as those that nobody disturbs, and lose nothing."""

from __future__ import annotations

import random
from time import monotonic, sleep
from typing import TYPE_CHECKING

from tests.chaos.accounting import account
from tests.chaos.figures import LONG, percentile, tell
from tests.chaos.outputs import Output, assert_offline_gives, assert_same, read_output

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.processes import Flow
    from tests.chaos.stage import Stage

KILLS = 100 if LONG else 5
SEED = 20_260_712
NEWS_SECONDS = 600.0
"""How long a started process may take to write something new."""


def test_kills_do_not_show(stage: Stage, undisturbed: Output, tmp_path: Path) -> None:
    """Two ingest processes and one of outages; now and then one is killed again while it starts."""
    draw = random.Random(SEED)
    flows = [stage.flow("ingest", 0, 2), stage.flow("ingest", 1, 2), stage.flow("outages")]
    player = stage.play(rate=len(stage.script) / KILLS / 1.5)
    waits: dict[str, list[float]] = {"ingest": [], "outages": []}
    for number in range(KILLS):
        player.release((number + 1) / (KILLS + 1))
        victim = flows[number % 3] if number < 3 else draw.choice(flows)
        pause(draw.uniform(0, 2.5))
        victim.kill()
        written = stage.written_by(victim)
        victim.start()
        if draw.random() < 0.7:
            waits[victim.name] += news(stage, victim, written)
    stage.finish()
    output, accounts = read_output(stage), account(stage)
    assert_same(undisturbed, output)
    assert_offline_gives(stage, output, tmp_path / "offline")
    tell(
        "kills",
        kills=KILLS,
        raw_records=len(stage.script),
        dead_letters=accounts.dead_letters,
        output_records=sum(map(len, output.records.values())),
        repeated_output_records=output.repeats,
        repeated_dead_letters=accounts.repeated_letters,
        offsets_accounted_for_again=accounts.repeated_offsets,
        **{
            f"{flow}_restart_to_new_output_p{share:.0f}_s": percentile(some, share / 100)
            for flow, some in waits.items()
            for share in (50, 99)
        },
    )


def news(stage: Stage, flow: Flow, written: int) -> list[float]:
    """Wait for a started process to write something new; gives the seconds, or nothing if there is nothing to write."""
    while stage.written_by(flow) <= written:
        flow.check()
        if stage.idle(flow):
            return []
        if monotonic() > flow.started_at + NEWS_SECONDS:
            raise AssertionError(flow.told("writes nothing"))
        sleep(0.01)  # between two looks
    return [monotonic() - flow.started_at]


def pause(seconds: float) -> None:
    """Let a random time pass: the moment of a kill is no condition that could be waited for."""
    sleep(seconds)
