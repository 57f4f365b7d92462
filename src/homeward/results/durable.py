"""Files that are either whole or not there: write under another name, flush to disk, rename."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb

from homeward.errors import RunError

__all__ = ["flush_tree", "is_full_disk", "place_whole", "plain_error"]

_REASONS = {
    errno.EACCES: "permission denied",
    errno.EDQUOT: "the disk quota is used up",
    errno.EIO: "the disk reports an error",
    errno.ENOSPC: "the disk is full",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EPERM: "permission denied",
    errno.EROFS: "the disk is read-only",
}


def place_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a name beside ``path``, flush what it wrote, and rename it to ``path``.

    A killed process or a full disk leaves ``path`` as it was; the unfinished file is removed where possible.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        write(unfinished)
        _flush(unfinished)
        unfinished.replace(path)
        _flush(path.parent)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def flush_tree(folder: Path) -> None:
    """Flush every file below a folder, and the folders themselves, to disk."""
    for found in sorted(folder.rglob("*")):
        _flush(found)
    _flush(folder)


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error means that there is no room left."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, duckdb.Error) and "No space left" in str(error)


def plain_error(doing: str, error: OSError | duckdb.Error) -> RunError:
    """Return a RunError that says in plain words what failed while ``doing`` something, and why."""
    return RunError(f"{doing} failed: {_reason(error)}")


def _reason(error: OSError | duckdb.Error) -> str:
    if is_full_disk(error):
        return _REASONS[errno.ENOSPC]
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0, error.strerror or str(error))
    return str(error).splitlines()[0]
