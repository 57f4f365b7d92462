"""Draw the reference class: shares returned by years since the onset, with past episodes behind them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from homeward.results.contract import Reference, ReferenceRow

__all__ = ["draw_reference"]

BLUE, GREY = "#0072bc", "#6b7280"


def draw_reference(found: Reference, path: Path) -> None:
    """Write the plot into an SVG or PNG file: cumulative and yearly shares with intervals, nearest episodes in grey."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.6), layout="constrained")
    cumulative, yearly = figure.subplots(1, 2)
    _fan(cumulative, found.rows)
    for past in found.nearest:
        known = [share for share in past.cumulative if share is not None]
        cumulative.plot(range(len(known)), known, color=GREY, linewidth=1)
        if known:
            cumulative.annotate(past.id, (len(known) - 1, known[-1]), fontsize=7, color=GREY, xytext=(2, 2),
                                textcoords="offset points")  # fmt: skip
    _fan(yearly, found.hazard)
    cumulative.set_title("Returned by the end of the year, of the refugees at the onset", fontsize=10)
    yearly.set_title("Return in the year, of those still in exile", fontsize=10)
    cumulative.legend(fontsize=8, loc="upper left", frameon=False)
    figure.suptitle(
        f"{found.origin}, onset {found.onset}: what {found.episodes} past episodes elsewhere say", fontsize=11
    )
    unstamped = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
    with rc_context({"svg.hashsalt": "homeward"}):  # the same picture is the same file
        figure.savefig(path, dpi=150, metadata=unstamped)


def _fan(axes: Axes, rows: Sequence[ReferenceRow]) -> None:
    years = [row.years_since for row in rows]
    axes.fill_between(years, [row.p05 for row in rows], [row.p95 for row in rows], color=BLUE, alpha=0.15, linewidth=0,
                      label="90 % interval")  # fmt: skip
    axes.fill_between(years, [row.p25 for row in rows], [row.p75 for row in rows], color=BLUE, alpha=0.3, linewidth=0,
                      label="middle half")  # fmt: skip
    axes.plot(years, [row.p50 for row in rows], color=BLUE, linewidth=2, label="median")
    axes.set_ylim(0, 1)
    axes.set_xlim(0, years[-1])
    axes.yaxis.set_major_formatter(lambda share, _position: f"{share:.0%}")
    axes.set_xlabel("years since the calendar year of the onset")
    axes.grid(visible=True, alpha=0.25)
