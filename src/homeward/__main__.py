"""``python -m homeward``: the same as the command ``homeward``."""

from __future__ import annotations

from homeward.cli.main import entry_point

if __name__ == "__main__":
    entry_point()
