"""The changelog, from a fragment a change: `check` tells faults of their form, `collect` moves them to CHANGELOG.md."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Final

KINDS: Final = ("added", "changed", "deprecated", "removed", "fixed", "security")
"""As in https://keepachangelog.com, in the order in which they are printed."""
WIDTH: Final = 120
UNRELEASED: Final = "## Unreleased\n"
README: Final = "README.md"


def faults(folder: Path) -> list[str]:
    """Tell what is wrong with a folder's fragments, each with its file."""
    return [
        f"{folder.name}/{path.name}: {fault}"
        for path in sorted(folder.iterdir())
        if path.name != README
        for fault in _faults(path)
    ]


def _faults(path: Path) -> list[str]:
    name, _, kind = path.name.removesuffix(".md").rpartition(".")
    if not name or kind not in KINDS or path.suffix != ".md":
        return [f"name it <what>.<kind>.md, the kind one of {', '.join(KINDS)}"]
    text = path.read_text()
    found = []
    if not text.strip().endswith("."):
        found.append("end with a full stop; a fragment is one or a few sentences")
    if text.startswith(("-", "*", "#", " ", "\n")):
        found.append("begin with the text itself; the list mark is added when fragments are collected")
    if "\n\n" in text.strip():
        found.append("keep it to one paragraph; what needs more belongs into docs/")
    return found


def collect(folder: Path, changelog: str) -> str:
    """Give the changelog with the fragments below Unreleased, by kind; the older text stays as it is."""
    before, mark, rest = changelog.partition(UNRELEASED)
    if not mark:
        raise ValueError(f"the changelog has no line {UNRELEASED.strip()!r}: put it above the latest version")
    unreleased, version, older = rest.partition("\n## ")
    sections = _sections(unreleased)
    for kind in KINDS:
        entries = [_entry(path) for path in sorted(folder.glob(f"*.{kind}.md"))]
        if entries:
            sections[kind] = "\n".join([*filter(None, [sections.get(kind, "")]), *entries])
    ordered = [sections.pop("", ""), *(_section(kind, sections[kind]) for kind in KINDS if kind in sections)]
    return before + mark + "".join(f"\n{part}\n" for part in ordered if part) + version + older


def _sections(text: str) -> dict[str, str]:
    """Split at the headings of kinds; what stands before the first has the name of none."""
    first, *others = text.split("\n### ")
    return {"": first.strip("\n")} | {
        heading.lower(): body.strip("\n") for heading, _, body in (part.partition("\n") for part in others)
    }


def _section(kind: str, entries: str) -> str:
    return f"### {kind.capitalize()}\n\n{entries}"


def _entry(path: Path) -> str:
    """Break the lines of a fragment anew; words with a hyphen or in a path stay whole."""
    return textwrap.fill(
        path.read_text(),
        WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def main(command: str) -> int:
    """Run a command in the folder above this one; returns the exit code."""
    home = Path(__file__).parent.parent
    folder, changelog = home / "changes", home / "CHANGELOG.md"
    if found := faults(folder):
        print(*found, sep="\n", file=sys.stderr)
        return 1
    if command == "collect":
        changelog.write_text(collect(folder, changelog.read_text()))
        for path in folder.glob("*.*.md"):
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
