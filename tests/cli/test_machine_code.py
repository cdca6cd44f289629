import os
from pathlib import Path
from shutil import copytree

import pytest

from cli.machine_code import KEPT_SECONDS, SHIPPED, VARIABLE, keep_machine_code, sources_digest

HOME = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "matters"),
    [
        ("columns/hash_index.py", True),
        ("outages/inference/knowledge.py", True),
        ("evidence/kinds.py", True),
        ("contracts/inputs/call.py", False),
    ],
)
def test_the_name_follows_what_loops_stand_in_or_import_from(tmp_path: Path, module: str, matters: bool) -> None:
    copytree(HOME / "models", tmp_path / "models")
    before = sources_digest(tmp_path)
    assert (tmp_path / "models" / module).is_file()
    with (tmp_path / "models" / module).open("a") as file:
        file.write("\nNEVER = 7\n")
    assert (sources_digest(tmp_path) != before) is matters
    assert before == sources_digest(HOME)


def test_a_module_imported_by_its_own_name_counts(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "room"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "loop.py").write_text("from models.room import (\n    constants as fixed,\n)\n@compiled\ndef f(): ...\n")
    (folder / "constants.py").write_text("SIZE = 3\n")
    before = sources_digest(tmp_path)
    (folder / "constants.py").write_text("SIZE = 4\n")
    assert sources_digest(tmp_path) != before


def test_it_is_kept_in_the_cache_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    old, recent = (tmp_path / "faultline" / "machine-code" / name for name in ("old", "recent"))
    old.mkdir(parents=True)
    recent.mkdir()
    os.utime(old, (0, old.stat().st_mtime - KEPT_SECONDS - 60))
    keep_machine_code()
    assert Path(os.environ[VARIABLE]) == old.parent / sources_digest(HOME)
    assert recent.is_dir()
    assert not old.exists()


def test_without_a_cache_it_still_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    keep_machine_code()
    folder = Path(os.environ[VARIABLE])
    assert folder.is_dir()
    folder.rmdir()


def test_who_sets_the_folder_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/anywhere")
    keep_machine_code()
    assert os.environ[VARIABLE] == "/anywhere"


def test_what_an_image_brings_along_is_used_where_it_is_and_can_be_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    shipped = tmp_path / sources_digest(HOME)
    (shipped / "loops_1").mkdir(parents=True)
    (shipped / "complete").touch()
    (shipped / "loops_1" / "scan.nbi").write_text("shipped")
    monkeypatch.setenv(SHIPPED, str(tmp_path))
    keep_machine_code()
    folder = Path(os.environ[VARIABLE])
    assert (folder / "complete").exists()
    assert (folder / "loops_1" / "scan.nbi").read_text() == "shipped"
    (folder / "loops_1" / "new.nbi").write_text("compiled here")
    (folder / "loops_1" / "scan.new").write_text("compiled here")
    (folder / "loops_1" / "scan.new").replace(folder / "loops_1" / "scan.nbi")
    assert (shipped / "loops_1" / "scan.nbi").read_text() == "shipped"
    assert sorted(path.name for path in shipped.rglob("*.nbi")) == ["scan.nbi"]


def test_what_an_image_brings_along_for_other_sources_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "other").mkdir()
    monkeypatch.setenv(SHIPPED, str(tmp_path))
    keep_machine_code()
    assert Path(os.environ[VARIABLE]) == tmp_path / "faultline" / "machine-code" / sources_digest(HOME)
