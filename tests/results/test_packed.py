"""Parts that come from elsewhere are those that would have been written here, and are whole or not there."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from homeward.errors import RunError
from homeward.results.packed import PackedParts, packed_parts
from homeward.results.run import RunWriter, run_settings
from homeward.results.tables import MARKER
from tests.hand_made import trajectory
from tests.small_case import small_case

CASE = small_case()
COURSE = trajectory(CASE, 3, stocks=[(0, "city", "north", "refugee", 7)], flows=[(1, "north", "city", "flight", 7)])


def writer(folder: Path) -> RunWriter:
    return RunWriter(folder, CASE, run_settings(CASE, parameters={}, seed=1, replicates=5))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_packed_parts_are_what_would_have_been_written(tmp_path: Path) -> None:
    with writer(tmp_path / "here") as here, writer(tmp_path / "from-elsewhere") as elsewhere:
        here.write(COURSE)
        elsewhere.write_packed(packed_parts(COURSE))
        assert files(elsewhere.partial) == files(here.partial)
        assert elsewhere.done() == {3}


def test_a_replicate_that_is_half_written_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = packed_parts(COURSE)
    marker_first = PackedParts(3, {MARKER: packed.files[MARKER], **packed.files})
    with writer(tmp_path / "run") as opened:
        written: list[int] = []

        def fsync(descriptor: int) -> None:
            written.append(descriptor)
            if len(written) > 5:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(RunError, match="writing replicate 3 failed: the disk is full"):
            opened.write_packed(marker_first)
        assert opened.done() == set()


def test_a_worker_without_room_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(RunError, match=r"packing replicate 3 in .*nowhere failed"):
        packed_parts(COURSE)
