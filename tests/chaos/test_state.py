"""Damaged and tampered snapshots, lost records and partitions, a full disk: refused plainly, or the right output."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from models.contracts.topics import METER_EVENTS, RAW_TOPICS
from tests.chaos.accounting import account
from tests.chaos.figures import LONG
from tests.chaos.outputs import Output, assert_goes_on, assert_same, read_output
from tests.chaos.stage import PATIENCE
from tests.chaos.test_rescale import forget
from tests.chaos.topics import admin, ends
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.chaos.processes import Flow
    from tests.chaos.stage import Stage

PLACES = 20 if LONG else 1
"""Of flipped bytes, for each flow, besides those in what a source has kept."""
DISK = "80m"
LEFT = 64 << 10


def test_flipped_bytes_in_a_snapshot_are_told(stage: Stage, undisturbed: Output, tmp_path: Path) -> None:
    """Each start is refused, or goes on rightly; at last it goes on from emptied folders. Both flows at a time."""
    draw = random.Random(3)
    stage.play()
    stage.both()
    stage.part_way(0.5)
    stage.stop()
    states = {name: stage.folder / f"state-{name}-0" for name in ("ingest", "outages")}
    written = {name: stage.output_ends(name) for name in states}
    for name, state in states.items():
        shutil.copytree(state, tmp_path / name)
    for chosen in zip(*(places(state, draw) for state in states.values()), strict=True):
        for state, place in zip(states.values(), chosen, strict=True):
            flip(state, place)
        refusals(stage)
        for name, state in states.items():
            assert stage.output_ends(name) >= written[name]
            shutil.rmtree(state)
            shutil.copytree(tmp_path / name, state)
    for name, state in states.items():
        tamper(state, tmp_path / f"made-by-{name}")
    assert refusals(stage) == [True, True]
    for name, state in states.items():
        assert not (tmp_path / f"made-by-{name}").exists()
        shutil.rmtree(state)
    stage.both()
    stage.finish()
    assert_same(undisturbed, read_output(stage))
    account(stage)


class Running:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def tamper(state: Path, folder: Path) -> None:
    """Let a store hold what runs code when it is loaded."""
    with closing(sqlite3.connect(store(state))) as connection, connection:
        connection.execute("UPDATE snaps SET ser_change = ?", (pickle.dumps(Running(folder)),))


def store(state: Path) -> Path:
    return state / "recovery" / "part-0.sqlite3"


def places(state: Path, draw: random.Random) -> list[int]:
    """Choose bytes of a recovery store: in what the sources keep, and anywhere."""
    content = store(state).read_bytes()
    names = [content.find(name) for name in (b"ingest.raw", b"outages.evidence_log")]
    kept = [place + 60 for place in names if place >= 0]
    return kept + [draw.randrange(len(content)) for _ in range(PLACES)]


def flip(state: Path, place: int) -> None:
    content = bytearray(store(state).read_bytes())
    content[place] ^= 0x15
    store(state).write_bytes(content)


def refusals(stage: Stage) -> list[bool]:
    """Start both flows, and tell of each whether it is refused."""
    told = [refused(flow) for flow in stage.both()]
    stage.flows.clear()
    return told


def refused(flow: Flow) -> bool:
    """Tell whether a flow is refused, which it has to say plainly, or else runs and stops cleanly."""
    assert flow.process is not None
    eventually(lambda: flow.process.poll() is not None or flow.running(), PATIENCE)  # type: ignore[union-attr]
    try:
        code = flow.wait(3)
    except subprocess.TimeoutExpired:
        flow.terminate()
        code = flow.wait()  # on a loaded machine it may have come to be refused only now
    if code == 0:
        return False
    assert code in {1, 2}
    assert any(word in flow.said()[-1] for word in ("damaged", "cannot be read", "snapshot", "state")), flow.said()[-1]
    return True


def test_records_that_retention_took_unread_are_told(stage: Stage) -> None:
    ingest, outages = without_outages(stage)
    assert stage.player is not None
    stage.player.release(0.5)
    seen = stage.output_ends("ingest")
    eventually(lambda: stage.output_ends("ingest") > seen, PATIENCE)
    ingest.stop()
    stage.flows.clear()
    written = read_output(stage)
    overrun(stage, outages)
    stage.player.finish()
    raw = [(stage.prefix + METER_EVENTS, part) for part in range(stage.raw_partitions)]
    forget(stage.broker, ends(stage.broker, raw))
    assert outages.wait() == 2
    assert "its head is gone, and no checkpoint is left" in outages.said()[-1]
    assert_same(written, read_output(stage))
    ingest.start()
    assert ingest.wait() != 0
    assert "is gone" in ingest.said()[-1]
    assert_goes_on(written, read_output(stage))  # of its other topics it may read on until it has ended


def without_outages(stage: Stage) -> tuple[Flow, Flow]:
    """Play with both flows, of which outages stops part way and is no more of the stage; returns them."""
    stage.play()
    ingest, outages = stage.both()
    stage.part_way(0.3)
    outages.stop()
    stage.flows.remove(outages)
    return ingest, outages


def overrun(stage: Stage, outages: Flow) -> None:
    """Take all records out of the log: outages finds that it is gone, and is started with an empty folder."""
    forget(stage.broker, ends(stage.broker, stage.log.places))
    outages.start()
    assert outages.wait() != 0
    assert "is gone" in outages.said()[-1]
    shutil.rmtree(outages.state)
    outages.start()


def test_a_topic_with_fewer_partitions_is_refused(stage: Stage) -> None:
    stage.play()
    ingest = stage.flow("ingest")
    assert stage.player is not None
    stage.player.release(0.1)
    eventually(lambda: stage.output_ends("ingest") > 0)
    ingest.stop()
    stage.flows.clear()
    names = [stage.prefix + name for topic in RAW_TOPICS for name in (topic, f"{topic}.dlq")]
    for answer in admin(stage.broker).delete_topics(names).values():
        answer.result(120)
    eventually(lambda: not admin(stage.broker).list_topics(timeout=120).topics.keys() & set(names))
    create_topics(
        {"bootstrap.servers": stage.broker}, layout(2, stage.evidence_partitions, stage.prefix, played=True), 1
    )
    flow = stage.flow("ingest")
    assert flow.wait() == 2, flow.said()
    assert f"{METER_EVENTS}/2 was read and is not there any more" in "\n".join(flow.said())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # a process of a failed test may still be in it


def test_a_full_disk_ends_the_process_and_room_lets_it_go_on(
    stage: Stage, small_disk: Path, undisturbed: Output
) -> None:
    stage.play()
    stage.flow("ingest")
    outages = stage.flow("outages")
    outages.kill()
    outages.state = small_disk / "state"
    outages.start()
    stage.part_way(0.3)
    filler = small_disk / "filler"
    with suppress(OSError):  # the flow may take the last bytes meanwhile, which fills the disk as well
        filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - LEFT))
    assert stage.player is not None
    stage.player.release(0.8)
    assert outages.wait() != 0
    outages.start()
    assert outages.wait() == 2
    assert "MiB free" in outages.said()[-1]
    filler.unlink()
    outages.start()
    stage.finish()
    assert_same(undisturbed, read_output(stage))
    account(stage)
