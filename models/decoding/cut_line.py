"""A line that is too long to be read whole: what is kept of it, and what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.decoding.validation import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 1 << 20
"""Bytes of a line that is read whole: what a raw topic takes as one record."""
KEPT: Final = 256 << 10
"""Bytes that are kept of a longer one."""


class CutLine(bytes):
    """The first `KEPT` bytes of a line longer than `LONGEST`. They are no event, even where they look like one."""

    length: int
    """Bytes of the whole line."""
    sha256: str
    """Of the whole line, hexadecimal."""

    @classmethod
    def of(cls, kept: bytes, length: int, sha256: str) -> CutLine:
        """Cut a line."""
        line = cls(kept[:KEPT])
        line.length, line.sha256 = length, sha256
        return line

    @property
    def reason(self) -> Reason:
        """Why it is refused."""
        most = f"a line has at most {LONGEST:,} bytes, this one {self.length:,}"
        return Reason("malformed", f"{most}: write one event a line, with line feeds between")

    @property
    def envelope(self) -> bytes:
        """What a dead letter says of it besides its first bytes."""
        return f"{self.length} {self.sha256}".encode()


def without_cut(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Give lines with something that no contract takes in place of those that were cut; mostly the same object."""
    if CutLine not in set(map(type, lines)):
        return lines
    return [b"[" if isinstance(line, CutLine) else line for line in lines]


def cut_fields(envelope: bytes) -> dict[str, Any]:
    """Give what `CutLine.envelope` holds as the fields of a dead letter; none for a line that was whole."""
    length, _, sha256 = envelope.decode("ascii", "replace").partition(" ")
    return {"value_length": int(length), "value_sha256": sha256} if sha256 and length.isdecimal() else {}
