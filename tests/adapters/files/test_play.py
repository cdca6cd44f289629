"""Files played: every line once, each at its file's log time, all in the order of time."""

from pathlib import Path

from adapters.files.play import Playback, Played
from adapters.files.topics import find_topic_files
from adapters.network.load import load_network
from models.contracts.topics import RAW_TOPICS
from models.ingest.origin_reader import OriginReader
from tests.worlds.storms import CKT5


def test_a_spoiled_storm_is_played_at_its_log_time(spoiled_storm: Path) -> None:
    network, files = load_network(CKT5), find_topic_files(spoiled_storm, RAW_TOPICS)
    with Playback(files, network) as playback:
        played = list(playback.lines())
        assert playback.bytes_read() == playback.bytes_to_read()
    assert [line.log_time for line in played] == sorted(line.log_time for line in played)
    for place, file in enumerate(files):
        ingest = OriginReader(network, file.topic)
        expected, reached = [], 0
        for number, line in enumerate(file.path.read_bytes().removesuffix(b"\n").split(b"\n")):
            reached = ingest.read([line], number, reached).batch.last_log_time  # one at a time
            expected.append(Played(reached, place, number, line))
        expected.append(Played(reached, place, len(expected), None))
        assert [line for line in played if line.place == place] == expected
