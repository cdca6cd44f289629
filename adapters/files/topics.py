"""Which files of a folder are which topics."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from adapters.files.compression import UnreadableFileError
from adapters.files.lines import LineReader
from adapters.files.plain import other_kind
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ARRAY: Final = re.compile(rb"\s*\[\s*(\{|$)")
MOST_NAMED: Final = 5
FORMS: Final = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass(frozen=True, slots=True)
class TopicFile:
    """One topic's file of JSON lines, plain or compressed."""

    topic: str
    path: Path


class InputFaultsError(FaultsError):
    """A folder that cannot be read as topics."""


def find_topic_files(folder: Path, topics: Iterable[str]) -> list[TopicFile]:
    """Find the files of the topics in a folder, in the order of the topics; any of them may be absent, but not all.

    Raises `InputFaultsError` where the folder is missing or has no topic, a topic stands there in two forms, or a file
    cannot be opened or holds something else than lines.
    """
    if not folder.is_dir():
        raise InputFaultsError([f"input folder {folder} is missing; give the folder that has the topics' files"])
    topics = list(topics)
    found = [TopicFile(topic, path) for topic in topics for path in _forms(folder, topic)]
    faults = [*_doubled(found), *_unreadable(found)]
    if not found:
        wanted = f"give a folder with files such as {topics[0]}{FORMS[0]}"
        faults = [*ignored_files(folder, topics), f"input folder {folder} has no file of a topic; {wanted}"]
    if faults:
        raise InputFaultsError(faults)
    return found


def ignored_files(folder: Path, topics: Iterable[str]) -> list[str]:
    """Name the files of a folder that are no topic's, each with the name that may have been meant."""
    names = [f"{topic}{form}" for topic in topics for form in FORMS]
    others = [path for path in sorted(folder.iterdir()) if path.name not in names and not path.name.startswith(".")]
    ignored = [f"{path} is ignored: it is no topic{_meant(path.name, names)}" for path in others if path.is_file()]
    return ignored[:MOST_NAMED] + (
        [f"{len(ignored) - MOST_NAMED} more files are ignored"] if len(ignored) > MOST_NAMED else []
    )


def _meant(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, 1, 0.7)
    return f"; did you mean {near[0]}?" if near else ""


def _forms(folder: Path, topic: str) -> list[Path]:
    return [path for form in FORMS if (path := folder / f"{topic}{form}").exists()]


def _doubled(found: list[TopicFile]) -> list[str]:
    names: dict[str, list[str]] = {}
    for file in found:
        names.setdefault(file.topic, []).append(file.path.name)
    return [
        f"topic {topic} is there {len(forms)} times: {', '.join(forms)}; keep one of them"
        for topic, forms in names.items()
        if len(forms) > 1
    ]


def _unreadable(found: list[TopicFile]) -> list[str]:
    faults = []
    for file in found:
        if kind := other_kind(file.path):
            faults.append(f"{file.path} is {kind}; put the file with the lines there")
            continue
        try:
            with LineReader(file.path) as reader:
                faults += _not_lines(file.path, reader.beginning())
        except UnreadableFileError as error:
            faults.append(str(error))
    return faults


def _not_lines(path: Path, beginning: bytes) -> list[str]:
    """Say what a file holds in place of lines, by its first bytes."""
    if beginning.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return [f"{path} is UTF-16; write it as UTF-8"]
    if _ARRAY.match(beginning):
        return [f"{path} holds a JSON array; write one event a line, as `jq -c '.[]'` does"]
    return []
