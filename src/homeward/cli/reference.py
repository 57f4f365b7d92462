"""``homeward reference``: what people did elsewhere once a war or a regime had ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import Json, Quiet, require_free
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.table import Table

    from homeward.learn.reference.episodes import Episode
    from homeward.learn.reference.predict import Prediction
    from homeward.results.contract import Reference, ReferenceEpisode, ReferenceRow

__all__ = ["reference"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
INTERVAL = (
    "Intervals hold doubt about the parameters, differences between episodes, and chance from year to year; "
    "not that this origin may be like none before."
)
FIRST_ONSET, LAST_ONSET = 1960, 2040


def reference(
    origin: Annotated[
        str, typer.Argument(metavar="ORIGIN", help="Country that people fled, ISO 3166 alpha-3 code (SYR).")
    ],
    onset: Annotated[
        int,
        typer.Option(
            metavar="YEAR",
            min=FIRST_ONSET,
            max=LAST_ONSET,
            show_default=False,
            help="Year in which the war, or the rule that people fled, ended.",
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="Folder with UNHCR's population.csv, solutions.csv and flows.csv: build the episodes anew from them.",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            show_default=False,
            help="Use only what was known on this day.",
        ),
    ] = None,
    without_coerced: Annotated[
        bool, typer.Option("--without-coerced", help="Leave out episodes whose returns were forced.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Draw the result into this .svg or .png file."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the plot if it is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show how many refugees of an ORIGIN might return in the years after an onset.

    The answer comes from what happened after past wars, changes of regime and peace agreements, all over the world,
    whether these held or not; ORIGIN's own past is left out. The upper table is the share of the refugees at the
    onset who have returned by the end of each year, the lower one the share of those still in exile who return in
    the year: median, the middle half, and 90 % intervals. It is not a forecast of one country: it knows nothing of
    it but its name and the year, and it never says whether return is safe.

    With --data or --as-of the model is sampled again, which takes about a minute and needs the extra 'fit'. Whether
    returns were forced is judged by what is known today, also with --as-of.

    \b
    Examples:
      homeward reference SYR --onset 2024
      homeward reference SYR --onset 2024 --as-of 2020-11-11 --without-coerced
      homeward reference SLE --onset 2002 --data unhcr --plot sierra-leone.svg

    \b
    Exit status: 0 done, 2 the call is wrong, 3 the tables are wrong.
    """  # fmt: skip
    from homeward.learn.reference.predict import predict

    output = Output(json=json, quiet=quiet)
    code = _country(origin)
    _check_plot(plot, force=force)
    episodes, remarks = (None, []) if data is None else _episodes(data)
    with output.progress(f"reference class for {code}") as report:
        prediction = predict(
            code,
            onset,
            episodes=episodes,
            as_of=None if as_of is None else as_of.date(),
            without_coerced=without_coerced,
            progress=lambda share: report(100 * share, 100, ""),
        )
    document = _document(
        prediction, episodes, remarks, None if as_of is None else as_of.date(), without_coerced=without_coerced
    )
    if plot is not None:
        from homeward.report.reference_plot import draw_reference

        draw_reference(document, plot)
    if json:
        output.document(document)
    output.show(
        _shares("Returned by the end of the year, share of the refugees at the onset", document.rows),
        _shares("Return in the year, share of those still in exile", document.hazard),
        _past("Nearest past episodes: share returned after", document.nearest),
        _past(f"{code}'s own past, which was left out", document.own)
        if document.own
        else f"The table holds no past episode of {code}.",
        *_closing(document, plot),
    )


def _country(text: str) -> str:
    from homeward.errors import UsageError

    code = text.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise UsageError(f"{text!r} is no ISO 3166 alpha-3 code of a country; write three letters, such as SYR")
    return code


def _check_plot(plot: Path | None, *, force: bool) -> None:
    from importlib.util import find_spec

    from homeward.errors import UsageError

    if plot is None:
        return
    if plot.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"{plot} does not end in .svg or .png")
    require_free(plot, "--plot", force=force)
    if find_spec("matplotlib") is None:
        raise UsageError("a plot needs matplotlib: pip install 'homeward[plot]'")


def _episodes(folder: Path) -> tuple[list[Episode], list[str]]:
    from homeward.learn.reference.episodes import build_episodes, read_onsets
    from homeward.sources.unhcr import read_tables

    episodes, remarks = build_episodes(read_tables(folder).origin_years, read_onsets())
    return episodes, [f"{r.episode}{'' if r.year is None else f', {r.year}'}: {r.what}" for r in remarks]


def _document(
    prediction: Prediction,
    episodes: list[Episode] | None,
    remarks: list[str],
    as_of: date | None,
    *,
    without_coerced: bool,
) -> Reference:
    from homeward.learn.reference.episodes import Coercion, known_by, shipped_episodes
    from homeward.learn.reference.predict import nearest_episodes
    from homeward.results.contract import Reference

    known = shipped_episodes() if episodes is None else episodes
    own = [episode for episode in known if episode.onset.origin == prediction.origin]
    own = own if as_of is None else known_by(own, as_of)
    stock = next((episode.stock for episode in own if episode.first_year == prediction.onset_year), None)
    return Reference(
        origin=prediction.origin,
        onset=prediction.onset_year,
        as_of=as_of,
        without_coerced=without_coerced,
        episodes=len(prediction.material),
        interval=INTERVAL,
        rows=_rows(prediction.cumulative, prediction.onset_year),
        hazard=_rows(prediction.shares, prediction.onset_year),
        nearest=tuple(_past_episode(episode) for episode in nearest_episodes(prediction, stock)),
        own=tuple(_past_episode(episode) for episode in own),
        coerced=sum(episode.onset.coercion is Coercion.COERCED for episode in prediction.material),
        remarks=tuple(remarks),
    )


def _rows(courses: NDArray[np.float64], onset_year: int) -> tuple[ReferenceRow, ...]:
    import numpy as np

    from homeward.results.contract import ReferenceRow

    return tuple(
        ReferenceRow(years_since=since, year=onset_year + since, p05=p05, p25=p25, p50=p50, p75=p75, p95=p95)
        for since, (p05, p25, p50, p75, p95) in enumerate(np.quantile(courses, QUANTILES, axis=0).T)
    )


def _past_episode(episode: Episode) -> ReferenceEpisode:
    from math import isfinite

    from homeward.results.contract import ReferenceEpisode

    onset = episode.onset
    return ReferenceEpisode(
        id=onset.id, origin=onset.origin, name=onset.name, onset=onset.onset, kind=onset.kind,
        coercion=onset.coercion, stock=episode.stock,
        cumulative=tuple(share if isfinite(share) else None for share in episode.cumulative()),
    )  # fmt: skip


def _shares(title: str, rows: Sequence[ReferenceRow]) -> Table:
    shown = table(
        title, {"years since": True, "year": True, "median": True, "middle half": True, "90 % interval": True}
    )
    for row in rows:
        shown.add_row(
            f"{row.years_since}", f"{row.year}", _percent(row.p50), f"{_percent(row.p25)} – {_percent(row.p75)}",
            f"{_percent(row.p05)} – {_percent(row.p95)}",
        )  # fmt: skip
    return shown


def _past(title: str, episodes: Sequence[ReferenceEpisode]) -> Table:
    after = (0, 2, 5, 10)
    shown = table(
        title,
        {"episode": False, "refugees": True, **{f"{since} years": True for since in after}, "returns": False,
         "event": False},
    )  # fmt: skip
    shown.columns[-1].no_wrap = False
    for past in episodes:
        known = [past.cumulative[since] if since < len(past.cumulative) else None for since in after]
        shown.add_row(past.id, people(past.stock), *map(_percent, known), past.coercion, past.name)
    return shown


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{share:.1%}" if share < 0.0995 else f"{share:.0%}"


def _closing(document: Reference, plot: Path | None) -> list[str]:
    said = [
        f"From {document.episodes} past episodes of other origins, {document.coerced or 'none'} of them coerced.",
        document.interval,
    ]
    said += [f"{len(document.remarks)} remarks on the tables; --json lists them."] if document.remarks else []
    return [*said, f"Plot: {plot}"] if plot is not None else said
