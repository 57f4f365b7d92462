"""The parts of a replicate as bytes: what a worker on another machine sends instead of a trajectory.

A replicate of Syria is some 22 MB as arrays and under one as Parquet, and whoever gathers the replicates has
only to write the files down.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from homeward.engine.record import Trajectory
from homeward.results.durable import place_whole, plain_error
from homeward.results.tables import MARKER, PART_TABLES, WORK_TABLES, part_name, write_parts

__all__ = ["PackedParts", "packed_parts", "unpack_parts"]


@dataclass(frozen=True, slots=True)
class PackedParts:
    """The parts of one replicate: the bytes of its Parquet files by table."""

    replicate: int
    files: Mapping[str, bytes]


def packed_parts(trajectory: Trajectory) -> PackedParts:
    """Return the parts of a replicate as bytes, byte for byte what ``write_parts`` would write.

    They are written to the folder for temporary files first; raises RunError if that fails.
    """
    replicate = trajectory.replicate
    try:
        with tempfile.TemporaryDirectory(prefix="homeward-") as name:
            folder = Path(name)
            for table in (*PART_TABLES, *WORK_TABLES):
                (folder / table).mkdir()
            write_parts(trajectory, folder)
            files = {
                table: (folder / table / part_name(replicate)).read_bytes() for table in (*PART_TABLES, *WORK_TABLES)
            }
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"packing replicate {replicate} in {tempfile.gettempdir()}", error) from error
    return PackedParts(replicate, files)


def unpack_parts(packed: PackedParts, folder: Path) -> None:
    """Write the parts of a replicate, the marker last.

    Raises OSError; then the replicate does not count as done.
    """
    for table, content in sorted(packed.files.items(), key=lambda item: item[0] == MARKER):
        place_whole(folder / table / part_name(packed.replicate), partial(_write, content))


def _write(content: bytes, to: Path) -> None:
    to.write_bytes(content)
