"""Fragments move to the changelog by kind, and what is wrong with one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.changelog import collect, faults
from tests.worlds.storms import HOME

BEFORE = """# Changes

## Unreleased

- The first entry.

## 0.1.0

- Old.
"""


def fragments(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name.replace('_', '.')}.md").write_text(text)
    return folder


def test_fragments_stand_by_kind_below_what_was_there(tmp_path: Path) -> None:
    fragments(tmp_path, b_fixed="Mended\nwhat broke.\n", c_added="Later.\n", a_added="Sooner.\n")
    assert collect(tmp_path, BEFORE) == BEFORE.replace(
        "first entry.\n",
        "first entry.\n\n### Added\n\n- Sooner.\n- Later.\n\n### Fixed\n\n- Mended what broke.\n",
    )


def test_collecting_twice_adds_to_the_same_headings(tmp_path: Path) -> None:
    once = collect(fragments(tmp_path, a_fixed="One.\n"), BEFORE)
    (tmp_path / "a.fixed.md").unlink()
    assert collect(tmp_path, once) == once
    twice = collect(fragments(tmp_path, b_fixed="Two.\n", c_added="Three.\n"), once)
    assert "### Added\n\n- Three.\n\n### Fixed\n\n- One.\n- Two.\n\n## 0.1.0" in twice


def test_a_changelog_without_the_heading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no line '## Unreleased'"):
        collect(tmp_path, "# Changes\n")


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("note.md", "Text.\n", "name it"),
        ("a.news.md", "Text.\n", "name it"),
        ("a.added.txt", "Text.\n", "name it"),
        ("a.added.md", "Text\n", "full stop"),
        ("a.added.md", "", "full stop"),
        ("a.added.md", "- Text.\n", "list mark"),
        ("a.added.md", "Text.\n\nMore.\n", "one paragraph"),
    ],
)
def test_a_fault_of_form_is_told_with_its_file(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text)
    (found,) = faults(tmp_path)
    assert name in found
    assert fault in found


def test_the_fragments_here_are_in_form() -> None:
    assert not faults(HOME / "changes")
