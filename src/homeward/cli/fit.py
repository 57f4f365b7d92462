"""``homeward fit``: fit the parameters of a case to its observed figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import CaseName, Json, Quiet, require_free
from homeward.cli.output import Output, people, seconds, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.schema import Case, Fitted
    from homeward.learn.calibrate import Calibration, Check
    from homeward.results.fit_contract import FitFigure, FitParameter, FitReport

__all__ = ["fit", "require_packages"]

WORST_FIGURES = 12
MOVED = 0.9
"""A parameter keeps its prior where more of the spread is left and the mean is within ``STAYED`` of the prior's."""

STAYED = 0.4
"""Scores; three standard errors of the mean of 64 draws."""


def fit(
    case: CaseName,
    through: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Use observed figures up to this day, no later one; left out: the day of the case's fitted set.",
            show_default=False,
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Read only what was known on this day, for forecasts from it; instead of --through.",
            show_default=False,
        ),
    ] = None,
    hand_made: Annotated[
        bool,
        typer.Option("--hand-made", help="With --as-of: take rows that are estimates as known on their own dates."),
    ] = False,
    from_fitted: Annotated[
        bool,
        typer.Option("--from-fitted", help="Begin at the fitted set of the case and not at the priors: faster."),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, metavar="N", help="Courses at a time; left out: one per core.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write the fitted set; left out: CASE-fitted.toml.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit the parameters of a CASE to its observed figures, and say what doubt is left.

    Parameters have priors. A search brings the expected course near to year-end stocks of refugees and IDPs, returns,
    and shares by origin; then come the posterior of all parameters, the variances of shared shocks and the spreads of
    errors of the figures, and two checks: how the record lies in what the priors and in what the posterior let expect.

    The table says for each parameter where its posterior lies within its prior and how much of the prior's spread is
    left (1: the figures say nothing about it, and it keeps its prior); then come the worst correlations, the checks,
    and the figures that fit worst.

    The fitted set goes to a file. Put it into the folder of the case as fitted.toml: its runs then draw their
    parameters from it. Where a parameter ends outside the 99 % range of its prior, the model is at fault: nothing
    is written.

    Stocks are aimed at where their definition begins with 'UNHCR year-end'.

    A fit of syria simulates some hundreds of courses and takes about an hour on two cores.

    \b
    Examples:
      homeward fit syria --through 2018-12-31
      homeward fit syria --from-fitted --json > fit.json
      homeward fit syria --as-of 2018-12-31 --hand-made --out fits/2018.toml

    \b
    Exit status: 0 done, 1 a parameter ended outside its prior, 2 the call is wrong, 3 the case is wrong.
    """
    from homeward.case.folder import load_case
    from homeward.errors import UsageError
    from homeward.learn.calibrate import predictive_checks
    from homeward.learn.ensemble import cores
    from homeward.plan.forecast import fit_known

    output = Output(json=json, quiet=quiet)
    loaded = load_case(case)
    path = out or Path(f"{loaded.settings.name}-fitted.toml")
    require_free(path, "--out", force=force)
    if as_of is not None and through is not None:
        raise UsageError("give --through or --as-of, not both: the latter reads no figure of a later date either")
    if hand_made and as_of is None:
        raise UsageError("--hand-made goes with --as-of: without it every row is read anyhow")
    require_packages()
    with output.progress(f"fit of {loaded.settings.name}") as report:

        def tell(what: str) -> None:
            report(0, 1, what)

        if as_of is None:
            found, fitted = _fitted_through(loaded, _last_day(loaded, through), jobs, tell, from_fitted=from_fitted)
        else:
            begin_at = _earlier(case, as_of.date(), hand_made=hand_made) if from_fitted else None
            found, fitted = fit_known(
                loaded, as_of.date(), hand_made=hand_made, begin_at=begin_at, jobs=jobs, tell=tell
            )
        checks = predictive_checks(found, jobs or cores(), tell=tell)
    document = fit_report(found, checks)
    if json:
        output.document(document)
    output.show(
        _parameters(document), _correlations(document), _checks(document), _figures(document), *_closing(document, path)
    )
    if document.accepted:
        _write(fitted, path)  # last, so that a full disk costs the file and not what was found
    raise typer.Exit(0 if document.accepted else 1)


def _fitted_through(
    case: Case, through: date, jobs: int | None, tell: Callable[[str], None], *, from_fitted: bool
) -> tuple[Calibration, Fitted]:
    from homeward.learn.calibrate import calibrate

    found = calibrate(case, through=through, from_fitted=from_fitted, jobs=jobs, tell=tell)
    return found, found.fitted()


def _earlier(name: str, as_of: date, *, hand_made: bool) -> Fitted:
    """Return the latest fitted set of the case that had seen nothing later than a day, to begin a search at."""
    from homeward.case.folder import read_fits
    from homeward.errors import UsageError
    from homeward.plan.as_of import is_known

    sets = [one for one in read_fits(name) if is_known(one, as_of, hand_made=hand_made)]
    if not sets:
        raise UsageError(f"no fitted set of the case has seen only what was known on {as_of}; leave --from-fitted out")
    return max(sets, key=lambda one: one.fitted_through)


def _last_day(case: Case, through: datetime | None) -> date:
    from homeward.errors import UsageError

    if through is not None:
        return through.date()
    if case.fitted is None:
        raise UsageError("the case has no fitted set yet: say with --through up to which day to use its figures")
    return case.fitted.fitted_through


def require_packages() -> None:
    """Raise UsageError where SciPy or emcee, which a fit needs, is not installed."""
    from importlib.util import find_spec

    from homeward.errors import UsageError

    if find_spec("scipy") is None or find_spec("emcee") is None:
        raise UsageError("a fit needs SciPy and emcee; install homeward with its extra: pip install 'homeward[fit]'")


def fit_report(found: Calibration, checks: Sequence[Check]) -> FitReport:
    """Return the JSON document of a fit."""
    import numpy as np

    from homeward.results.fit_contract import FitCheck, FitCorrelation, FitReport

    fitted, fit = found.fitted(), found.fit
    return FitReport(
        case=fit.case.settings.name,
        fitted_through=fitted.fitted_through,
        known_on=fitted.known_on,
        accepted=not found.outside,
        cost=fit.cost,
        cost_of_figures=float(fit.residuals @ fit.residuals),
        courses=found.courses,
        wall_s=found.wall_s,
        independent=found.linear.independent,
        misfit_before=float(np.median(found.misfit[0])),
        misfit_after=float(np.median(found.misfit[1])),
        parameters=tuple(_fit_parameters(found)),
        correlations=tuple(
            FitCorrelation(one=one, other=other, correlation=value) for one, other, value in found.worst_correlations()
        ),
        checks=tuple(
            FitCheck(
                measure=check.measure, level=check.level, figures=check.figures,
                coverage90=check.coverage, width90=check.width,
            )
            for check in checks
        ),
        figures=tuple(_fit_figures(found)),
    )  # fmt: skip


def _fit_parameters(found: Calibration) -> Iterator[FitParameter]:
    from homeward.results.fit_contract import FitParameter

    outside = set(found.outside)
    rows = zip(found.names, found.scores.tolist(), found.mean.tolist(), found.spread.tolist(), strict=True)
    for name, score, mean, spread in rows:
        yield FitParameter(
            name=name,
            unit=found.priors[name].unit,
            prior=found.priors[name].prior_in_words(),
            value=found.values[name],
            score=score,
            mean=mean,
            posterior_over_prior=spread,
            outside=name in outside,
            moved=spread <= MOVED or abs(mean) > STAYED,
        )


def _fit_figures(found: Calibration) -> Iterator[FitFigure]:
    from homeward.results.fit_contract import FitFigure

    fit = found.fit
    for target, figure, residual in zip(fit.targets, fit.figures.tolist(), fit.residuals.tolist(), strict=True):
        yield FitFigure(
            measure=target.measure.value,
            name=target.name,
            date=target.date,
            observed=target.value,
            fitted=figure,
            spread=target.spread,
            residual=residual,
        )


def _write(fitted: Fitted, path: Path) -> None:
    from homeward.case.tomlfile import write_toml
    from homeward.errors import RunError

    try:
        write_toml(path, fitted)
    except OSError as error:
        raise RunError(f"{path} could not be written: {error.strerror}") from None


def _parameters(document: FitReport) -> Table:
    shown = table(
        "Fitted parameters, those first that the figures move most",
        {
            "parameter": False,
            "prior": False,
            "fitted": True,
            "score": True,
            "posterior mean": True,
            "posterior / prior spread": True,
        },
    )
    for row in sorted(document.parameters, key=lambda row: row.posterior_over_prior):
        flag = " outside" if row.outside else ""
        kept = "" if row.moved else ", keeps its prior"
        shown.add_row(
            row.name, row.prior, f"{row.value:.4g} {row.unit}", f"{row.score:+.2f}{flag}",
            f"{row.mean:+.2f}", f"{row.posterior_over_prior:.2f}{kept}",
        )  # fmt: skip
    return shown


def _correlations(document: FitReport) -> Table:
    shown = table("Worst correlations", {"parameter": False, "and": False, "correlation": True})
    for row in document.correlations:
        shown.add_row(row.one, row.other, f"{row.correlation:+.2f}")
    return shown


def _checks(document: FitReport) -> Table:
    shown = table(
        "Figures inside 90 % of what one had to expect, and how wide that is (in logarithms; of shares in shares)",
        {"measure": False, "figures": False, "number": True, "prior": True, "width": True, "posterior": True,
         "its width": True},
    )  # fmt: skip
    for row in document.checks:
        told = [f"{row.coverage90[drawn]:.0%}" for drawn in ("prior", "posterior")]
        wide = [f"{row.width90[drawn]:.2f}" for drawn in ("prior", "posterior")]
        shown.add_row(row.measure, row.level, f"{row.figures}", told[0], wide[0], told[1], wide[1])
    return shown


def _figures(document: FitReport) -> Table:
    shown = table(
        "Figures that fit worst",
        {"measure": False, "of": False, "date": False, "observed": True, "fitted": True, "in spreads": True},
    )
    for row in sorted(document.figures, key=lambda row: -abs(row.residual))[:WORST_FIGURES]:
        is_share = row.measure == "origin_share"
        told = [f"{value:.1%}" if is_share else people(value) for value in (row.observed, row.fitted)]
        shown.add_row(row.measure, row.name, f"{row.date}", *told, f"{row.residual:+.1f}")
    return shown


def _closing(document: FitReport, path: Path) -> list[str]:
    silent = sum(not row.moved for row in document.parameters)
    used = (
        f"Figures through {document.fitted_through}, the last of them known on {document.known_on}: "
        f"{len(document.figures)} figures, {len(document.parameters)} parameters, of which {silent} keep their "
        "prior: the figures say little or nothing about them."
    )
    effort = (
        f"Where the search ended: sum of squares {document.cost:.1f}, of the figures {document.cost_of_figures:.1f}. "
        f"Draws brought to the figures: misfit {document.misfit_before:.0f} before, {document.misfit_after:.0f} after; "
        f"{document.courses} courses in {seconds(document.wall_s)}."
    )
    lines = [used, effort]
    if document.accepted:
        return [
            *lines,
            f"Fitted set: {path}. In the folder of the case as fitted.toml, its runs draw from it.",
        ]
    outside = ", ".join(row.name for row in document.parameters if row.outside)
    return [*lines, f"Nothing was written: {outside} lies outside the 99 % range of its prior; the model is at fault."]
