"""Which files of a folder are which topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.files.compression import UnreadableFileError
from adapters.files.lines import LineReader
from adapters.files.plain import other_kind
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMS: Final = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass(frozen=True, slots=True)
class TopicFile:
    """One topic's file of JSON lines, plain or compressed."""

    topic: str
    path: Path


class InputFaultsError(FaultsError):
    """A folder that cannot be read as topics."""


def find_topic_files(folder: Path, topics: Iterable[str]) -> list[TopicFile]:
    """Find the files of the topics in a folder, in the order of the topics; any of them may be absent.

    Raises `InputFaultsError` where the folder is missing, a topic stands there in two forms or a file cannot be opened.
    """
    if not folder.is_dir():
        raise InputFaultsError([f"input folder {folder} is missing; give the folder that has the topics' files"])
    found = [TopicFile(topic, path) for topic in topics for path in _forms(folder, topic)]
    faults = [*_doubled(found), *_unreadable(found)]
    if faults:
        raise InputFaultsError(faults)
    return found


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
                reader.at_end()
        except UnreadableFileError as error:
            faults.append(str(error))
    return faults
