"""Read text that somebody else wrote: line by line, within limits, with plain words for what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from homeward.errors import InputError, Problem

__all__ = ["LINE_LIMIT", "read_lines", "read_text"]

LINE_LIMIT = 1_000_000
"""Longest line of a file that is read, in bytes; a longer one is no table that anybody typed."""

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file with their line ends, without a byte-order mark.

    Never holds more than one line. Raises InputError with one problem where the file cannot be opened, is no
    ordinary file, is not UTF-8, has a NUL byte, or has a line longer than ``LINE_LIMIT`` bytes.
    """
    try:
        if not path.is_file():
            _fail_no_file(path)
        with path.open("rb") as file:
            offset, number = 0, 1
            while raw := file.readline(LINE_LIMIT + 1):
                yield _decoded(path.name, raw, number, offset)
                offset, number = offset + len(raw), number + 1
    except OSError as error:
        reason = error.strerror or type(error).__name__
        _fail(path.name, None, f"the file cannot be read: {reason}", "Check its permissions and its disk")


def read_text(path: Path) -> str:
    """Return the text of a small UTF-8 file, at most ``LINE_LIMIT`` characters.

    Raises InputError as ``read_lines`` does, and where the whole file is longer than that.
    """
    parts: list[str] = []
    length = 0
    for line in read_lines(path):
        length += len(line)
        if length > LINE_LIMIT:
            what = f"the file is longer than {LINE_LIMIT:,} characters and was not read"
            _fail(path.name, None, what, "Check that it is the right file")
        parts.append(line)
    return "".join(parts)


def _decoded(file: str, raw: bytes, number: int, offset: int) -> str:
    if len(raw) > LINE_LIMIT:
        what = f"the line is longer than {LINE_LIMIT:,} bytes; reading stopped there"
        _fail(file, number, what, "Check that line breaks are present and that the file is the right one")
    if number == 1:
        if raw.startswith(_UTF_16_MARKS):
            _fail(file, 1, "the file is UTF-16, not UTF-8", "Save it again as 'CSV UTF-8' or as plain UTF-8")
        raw = raw.removeprefix(_UTF_8_MARK)
    if b"\0" in raw:
        where = f"byte {offset + raw.index(0) + 1:,}"
        what = f"{where} of the file is a NUL byte, which no text has; reading stopped there"
        _fail(file, number, what, "Save the file again as UTF-8 text, or restore it from a good copy")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"the file is not UTF-8 (byte {offset + error.start + 1:,}, 0x{raw[error.start]:02x})"
        remedy = "Save it as 'CSV UTF-8', or convert it: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        _fail(file, number, what, remedy)


def _fail_no_file(path: Path) -> NoReturn:
    if path.is_dir():
        _fail(path.name, None, "this is a folder, but a file is expected", "Put the file in its place")
    if path.exists():
        _fail(path.name, None, "this is no ordinary file", "Put an ordinary file in its place")
    _fail(path.name, None, "the file is missing", f"Create it: {path}")


def _fail(file: str, line: int | None, what: str, remedy: str) -> NoReturn:
    raise InputError([Problem(file, None, line, what, remedy)]) from None
