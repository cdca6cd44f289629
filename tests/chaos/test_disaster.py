"""docs/disaster-recovery.md, played on two Kafkas: a site is lost, the other one takes over, and gives back."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import orjson

from models.contracts.topics import CREW_EVENTS, EVIDENCE_LOG, RAW_TOPICS, dead_letter_topic
from tests.chaos.outputs import Output, assert_same, read_output
from tests.chaos.processes import environment, run
from tests.chaos.stage import Player, Raw, Stage, read_raw
from tests.worlds.storms import COMMAND, HOME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scripts.kafka.broker import KafkaBroker

LETTERS = tuple(dead_letter_topic(topic) for topic in RAW_TOPICS if topic != CREW_EVENTS)
ADOPTED = (*RAW_TOPICS, EVIDENCE_LOG)


def copied(stage: Stage, *stems: str) -> list[Raw]:
    """What a mirror has of topics: all that stands there now."""
    numbers = {topic.stem: topic.partitions for topic in stage.topics}
    places = [(stage.prefix + stem, part) for stem in stems for part in range(numbers[stem])]
    return read_raw(stage.broker, stage.prefix, places)


def mirrored(stage: Stage) -> tuple[list[Raw], list[Raw]]:
    """The raw records that a mirror has, and the rest of what it has.

    The log first: what it accounts for has to be among the raw records that are copied after it.
    """
    rest = copied(stage, EVIDENCE_LOG, *LETTERS)
    return copied(stage, *RAW_TOPICS), rest


def paste(stage: Stage, records: Sequence[Raw]) -> None:
    """Write what a mirror has, each record at the offset that it had."""
    player = Player(stage.broker, stage.prefix, records, float("inf"))
    player.finish()
    player.close()


def unsent(script: Sequence[Raw], there: Sequence[Raw]) -> list[Raw]:
    """What sources send from now on, and again: all that the mirror did not have."""
    left = Counter((raw.topic, raw.partition) for raw in there)
    rest = []
    for raw in script:
        if left[raw.topic, raw.partition]:
            left[raw.topic, raw.partition] -= 1
        else:
            rest.append(raw)
    return rest


def adopt(site: Stage) -> None:
    for topic in ADOPTED:
        run(site.broker, "topics", "adopt", topic, "--reason", "the other site is lost", topic_prefix=site.prefix)


def take_over(site: Stage, raw: Sequence[Raw], rest: Sequence[Raw]) -> None:
    """Bring the mirror's records to a site that has followed the log, adopt the topics, and have sources send to it."""
    paste(site, [*raw, *rest])
    site.flow("outages")
    refused = site.flow("ingest")
    assert refused.wait() == 2
    assert "faultline topics adopt" in refused.said()[-1]
    site.flows.remove(refused)
    adopt(site)
    site.script = unsent(site.script, raw)
    site.play()
    site.flow("ingest")


def twin_check(here: Stage, twin: Stage) -> tuple[int, set[str]]:
    """What the command ends with, and its verdicts."""
    settings = here.folder / "twin.toml"
    settings.write_text(f'kafka = "{twin.broker}"\ntopic_prefix = "{twin.prefix}"\n')
    done = subprocess.run(
        [*COMMAND, "twin", "check", "--twin-config", settings, "--json"],
        cwd=HOME,
        env=environment(here.broker, {"topic_prefix": here.prefix}),
        capture_output=True,
        text=True,
        check=False,
    )
    told = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert told, done.stderr
    return done.returncode, {one["verdict"] for one in told}


def test_a_site_is_lost_and_the_other_takes_over_and_gives_back(
    stage: Stage, calm: Stage, own_broker: KafkaBroker, undisturbed: Output, tmp_path: Path
) -> None:
    rest = (stage.evidence_partitions, stage.settings)
    east = Stage(own_broker.bootstrap, "east.", stage.network, tmp_path / "east", stage.script, *rest)
    back = Stage(stage.broker, f"{stage.prefix}back.", stage.network, tmp_path / "back", stage.script, *rest)
    with east, back:
        stage.play()
        stage.both()
        stage.part_way(0.3)
        mirror = mirrored(stage)
        stage.part_way(0.5)
        for flow in stage.flows:
            flow.kill()
        stage.flows.clear()

        take_over(east, *mirror)
        east.part_way(0.5)
        assert twin_check(stage, east)[0] == 3  # as far as both have come; the lost site had come less far
        east.stop()

        take_over(back, *mirrored(east))
        back.finish()
        assert_same(undisturbed, read_output(back))
        assert twin_check(calm, back) == (0, {"same"})
        assert twin_check(east, back)[0] == 3


def test_a_log_that_is_ahead_of_its_raw_records_is_gone_on_with_when_they_are_found(
    stage: Stage, own_broker: KafkaBroker, undisturbed: Output, tmp_path: Path
) -> None:
    stage.play()
    stage.both()
    stage.part_way(0.2)
    raw = copied(stage, *RAW_TOPICS)
    stage.part_way(0.4)
    stage.stop()
    rest = (stage.evidence_partitions, stage.settings)
    with Stage(own_broker.bootstrap, "east.", stage.network, tmp_path / "east", stage.script, *rest) as east:
        paste(east, [*raw, *copied(stage, EVIDENCE_LOG, *LETTERS)])
        adopt(east)
        refused = east.flow("ingest")
        assert refused.wait() == 2
        assert "and the evidence log has read" in "".join(refused.said())
        east.flows.clear()
        paste(east, unsent(copied(stage, *RAW_TOPICS), raw))
        east.script = unsent(stage.script, copied(east, *RAW_TOPICS))
        east.play()
        east.both()
        east.finish()
        assert_same(undisturbed, read_output(east))
