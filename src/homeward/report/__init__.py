"""One self-contained HTML file about one run, to be read offline, printed, or sent by mail."""

from __future__ import annotations

from homeward.report.render import write_report

__all__ = ["write_report"]
