"""``homeward score``: what was simulated beside what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeward.cli.figures import compact
from homeward.cli.options import Json, OptionalRun, named_run, opened_run
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.score_contract import ForecastSummary, Score, ScoreRow, Skill

__all__ = ["score"]


def score(run: OptionalRun = None, json: Json = False) -> None:
    """Compare a RUN with what was observed.

    Each observed figure stands beside the simulated one, per country and year, and beside two naive
    forecasts: 'persistence' repeats the observed figure of a year earlier, 'nothing changes' the last one of
    the base year. Errors are relative (10 % is 0.10 in JSON); figures are people. Coverage is the share of
    observed figures inside their 50 % or 90 % interval; read it with the width of those intervals. Proper scores
    are those of the logarithm (0.10 is about 10 % of the figure): CRPS and the score of the 90 % interval, smaller
    is better. Skill is one less the model's score over that of a baseline: above 0, the model is better.

    A run of a Flee directory is compared with the counts of its camps by the averaged relative difference that Flee
    defines, beside shares of the last known counts, equal shares and shares by distance, and once more without the
    capacities that were read off the counts.

    \b
    Examples:
      homeward score
      homeward score runs/syria-20261123-101500 --json > score.json
    """
    from homeward.cli.flee_score import show_flee_score
    from homeward.judge.score import score_run
    from homeward.results.flee_run import is_flee_run

    output = Output(json=json)
    folder = named_run(run)
    if is_flee_run(folder):
        show_flee_score(folder, output)
        return
    found = score_run(opened_run(folder))
    if json:
        output.document(found)
    parts = (f"Run: {found.run_dir}", _rows(found), _summary(found), *_proper(found))
    output.show(*parts, *_fitted(found), found.interval, *found.notes)


def _fitted(found: Score) -> list[str]:
    if found.fitted_through is None:
        return ["The parameters were not fitted to observed figures."]
    return [f"The parameters were fitted to figures through {found.fitted_through}: nearness to those is no proof."]


def _rows(found: Score) -> Table:
    figures = ("observed", "simulated (90 %)", "error", "persistence", "nothing changes")
    shown = table(
        "Observed and simulated, people at or up to the date",
        {"measure": False, "country": False, "date": False, **dict.fromkeys(figures, True)},
    )
    for row in found.rows:
        if row.level == "place":
            continue
        whose = f"{row.country} ← {row.origin}" if row.origin else row.country
        shown.add_row(
            row.measure, whose, f"{row.date}", people(row.observed), _simulated(row),
            _percent(row.relative_error), people(row.persistence), people(row.nothing_changes),
        )  # fmt: skip
    return shown


def _simulated(row: ScoreRow) -> str:
    from homeward.results.contract import Interval

    if row.low90 is None or row.high90 is None:
        return people(row.median)
    return compact(Interval(p05=row.low90, p50=row.median, p95=row.high90))


def _summary(found: Score) -> Table:
    names = list(dict.fromkeys(name for row in found.summary.rows for name in row.compared))
    shown = table(
        "Mean absolute relative error",
        {"measure": False, "level": False, "period": False, "n": True, **dict.fromkeys(names, True),
         "coverage 90 %": True, "width": True, "definition": False},
    )  # fmt: skip
    shown.columns[-1].no_wrap = False
    for row in found.summary.rows:
        errors = [_percent(row.mare.get(name)) for name in names]
        coverage, width = _percent(row.coverage90), _percent(row.relative_width)
        shown.add_row(row.measure, row.level, row.period, f"{row.n}", *errors, coverage, width, row.definition)
    return shown


def _proper(found: Score) -> list[Table | str]:
    """Return the table of proper scores at the level of the headline, if the run has any, and what it leaves out."""
    from homeward.judge.score_summary import FEWEST_SHOWN, main_lines

    chosen = main_lines(found)
    if not chosen:
        return []
    shown = table(
        "Proper scores of the logarithm (0.10 is about 10 % of the figure); figures in an interval, with its width",
        {"measure": False, "period": False, "n": True, "forecast": False, "CRPS": True, "90 % score": True,
         "in 50 %": True, "in 90 %": True, "skill (90 %)": True},
    )  # fmt: skip
    for column in shown.columns[-3:]:
        column.no_wrap = True
    for row in chosen:
        skills = {skill.baseline: skill for skill in row.skills if skill.score == "log_crps"}
        first = [row.measure, row.period, f"{row.proper_n}"]
        for forecast in row.forecasts:
            if "drift" not in forecast.forecast:
                shown.add_row(*first, _name(forecast, found), *_scores(forecast), _skill(skills.get(forecast.forecast)))
                first = ["", "", ""]
    base = found.nothing_changes_since
    return [
        shown,
        f"walk: random walk from last year, or from {base}; recent: with the last increments up to {base} only",
        f"left out here: other levels, lines of under {FEWEST_SHOWN} figures, walks with drift (see --json)",
    ]


def _name(forecast: ForecastSummary, found: Score) -> str:
    name = forecast.forecast.replace("_from_base", f", {found.nothing_changes_since}")
    return name.replace("random_walk_recent", "recent_walk").replace("random_walk", "walk").replace("_", " ")


def _scores(forecast: ForecastSummary) -> list[str]:
    return [
        f"{forecast.log_crps:.3f}",
        _number(forecast.log_interval_score),
        _inside(forecast.coverage50, forecast.log_width50),
        _inside(forecast.coverage90, forecast.log_width90),
    ]


def _inside(coverage: float | None, width: float | None) -> str:
    return "–" if coverage is None else f"{coverage:.0%} ({_number(width)})"


def _skill(skill: Skill | None) -> str:
    if skill is None:
        return ""
    if skill.low90 is None or skill.high90 is None:
        return f"{skill.skill:+.0%}"
    return f"{skill.skill:+.0%} ({100 * skill.low90:+.0f} to {100 * skill.high90:+.0f})"


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
