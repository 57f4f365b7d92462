"""What the command line needs to know about this machine and this installation."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

__all__ = [
    "cores",
    "free_bytes",
    "kernel_cache",
    "kernel_is_compiled",
    "memory_bytes",
    "versions",
    "writable",
]

PACKAGES = ("homeward", "numpy", "numba", "duckdb", "pydantic", "typer", "rich", "jinja2")


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int | None:
    """Return the memory of the machine, or None where the system does not say."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk that a folder lies on."""
    return shutil.disk_usage(folder).free


def versions() -> dict[str, str]:
    """Return the version of Python and of every package that homeward runs on."""
    from importlib.metadata import version

    found = {name: version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        **found,
        "system": f"{platform.system()} {platform.machine()}",
    }


def kernel_cache() -> Path:
    """Return the folder in which the compiled kernel is kept between runs."""
    from homeward.engine.kernel import advance

    return Path(str(advance.stats.cache_path))


def kernel_is_compiled() -> bool:
    """Return whether a compiled kernel is kept for this version of Python, so that a run starts at once."""
    tag = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(tag in entry.name for entry in kernel_cache().glob("kernel.advance-*.nbi"))


def writable(folder: Path) -> bool:
    """Return whether a file can be written into a folder, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
