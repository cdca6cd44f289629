from pathlib import Path

import pytest

from adapters.files.topics import TopicFile
from adapters.state.folder import StateFolder, StateRefusedError, identify

IDENTITY = {"network": "abc", "input file ami.jsonl": "123"}


def nothing() -> None:
    pass


def begun(folder: Path) -> StateFolder:
    state = StateFolder(folder)
    state.begin(IDENTITY, nothing)
    return state


def test_a_state_begins_once_and_ends_once(tmp_path: Path) -> None:
    state = begun(tmp_path / "state")
    state.close()
    again = StateFolder(tmp_path / "state")
    assert again.begun
    assert again.finished is None
    again.check(IDENTITY)
    again.finish({"outages": 3})
    again.close()
    over = StateFolder(tmp_path / "state")
    assert over.finished == {"outages": 3}
    over.close()


def test_a_state_of_something_else_is_refused_with_every_difference(tmp_path: Path) -> None:
    state = begun(tmp_path)
    with pytest.raises(StateRefusedError) as refusal:
        state.check({"network": "def", "input file calls.jsonl": "9"})
    assert [fault.split("belongs to another ")[1].split(";")[0] for fault in refusal.value.faults] == [
        "network: abc, now def",
        "input file ami.jsonl: 123, now none",
        "input file calls.jsonl: none, now 9",
    ]
    state.close()


def test_what_a_kill_leaves_before_the_manifest_does_not_count(tmp_path: Path) -> None:
    cleared = []
    (tmp_path / "recovery").mkdir()
    (tmp_path / "recovery" / "part-0.sqlite3").write_text("half a store")
    (tmp_path / "manifest.json.new").write_text("{")
    state = StateFolder(tmp_path)
    assert not state.begun
    state.begin(IDENTITY, lambda: cleared.append(not (tmp_path / "manifest.json").exists()))
    assert cleared == [True]
    assert (tmp_path / "recovery" / "part-0.sqlite3").read_bytes().startswith(b"SQLite")
    state.close()


def test_folders_that_are_no_state_are_refused(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to_mother.txt").touch()
    (tmp_path / "file").touch()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "manifest.json").write_text("[]")
    for name, reason in {"letters": "to_mother", "file": "no folder to write in", "torn": "cannot be read"}.items():
        with pytest.raises(StateRefusedError, match=reason):
            StateFolder(tmp_path / name)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    state = begun(tmp_path)
    with pytest.raises(StateRefusedError, match="in use by another process"):
        StateFolder(tmp_path)
    state.close()
    StateFolder(tmp_path).close()


def test_an_input_is_known_by_its_whole_content(tmp_path: Path) -> None:
    file = TopicFile("ami", tmp_path / "ami.jsonl")
    file.path.write_bytes(b"a" * 3_000_000)
    before = identify([file])
    file.path.write_bytes(b"a" * 1_500_000 + b"b" + b"a" * 1_499_999)
    assert list(before) == ["input file ami.jsonl"]
    assert identify([file]) != before


def test_a_state_is_for_its_user_alone(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(0o755)
    begun(tmp_path / "state").close()
    assert [(tmp_path / "state" / name).stat().st_mode & 0o777 for name in ("", "recovery")] == [0o700, 0o700]


@pytest.mark.parametrize("mode", [0o770, 0o702])
@pytest.mark.parametrize("where", ["", "recovery"])
def test_a_folder_that_others_can_write_in_is_refused(tmp_path: Path, mode: int, where: str) -> None:
    begun(tmp_path / "state").close()
    (tmp_path / "state" / where).chmod(mode)
    with pytest.raises(StateRefusedError, match=f"can be written by other users.* chmod 700 .*{where}$"):
        StateFolder(tmp_path / "state")
