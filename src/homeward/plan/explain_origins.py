"""Where the numbers of a run come from: its parameters, what was drawn of them, and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.folder import FITTED_FILE
from homeward.case.schema import Case
from homeward.engine.drawn import member_parameters
from homeward.judge.score import SMALLEST_ENSEMBLE
from homeward.learn.restart import SOURCE as RESTARTED
from homeward.results.contract import RunInfo
from homeward.results.explain_contract import ExplainedParameter, Provenance
from homeward.results.run import CASE_FOLDER
from homeward.rules.parameters import is_set_by_plain_name, parameter_row, resolve_parameters

__all__ = ["explained_parameters", "forecast_again", "origin_notes", "provenance"]

FloatArray = NDArray[np.float64]


def explained_parameters(
    case: Case, info: RunInfo, read_by: Mapping[str, tuple[str, ...]]
) -> tuple[ExplainedParameter, ...]:
    """Return the parameters named in ``read_by``, with who reads them; ``case`` is the run's own copy."""
    drawn = _drawn(case, info)
    return tuple(_parameter(name, case, info, drawn.get(name), who) for name, who in read_by.items())


def _drawn(case: Case, info: RunInfo) -> Mapping[str, FloatArray]:
    """Return what the replicates drew, of the parameters in which they differ."""
    if info.drawn is None:
        return {}
    found = member_parameters(case, info.drawn, info.seed, info.replicates)
    return {name: values for name, values in found.items() if np.ptp(values) > 0.0}


def _parameter(
    name: str, case: Case, info: RunInfo, drawn: FloatArray | None, read_by: tuple[str, ...]
) -> ExplainedParameter:
    row = parameter_row(name)
    low, high = (None, None)
    if drawn is not None and len(drawn) >= SMALLEST_ENSEMBLE:
        low, high = (float(value) for value in np.quantile(drawn, (0.05, 0.95)))
    return ExplainedParameter(
        name=name, unit=row.unit, meaning=row.meaning, value=info.parameters[name], p05=low, p95=high,
        set_by=_set_by(name, case), prior=row.prior_in_words(), basis=row.basis, source=row.source,
        spread=case.fitted.spread.get(name) if case.fitted else None, read_by=read_by,
    )  # fmt: skip


def _set_by(name: str, case: Case) -> Literal["case", "fit", "default"]:
    if name in case.settings.parameters or is_set_by_plain_name(name, case):
        return "case"
    return "fit" if case.fitted and name in case.fitted.parameters else "default"


def provenance(case: Case, info: RunInfo) -> Provenance:
    """Return where a run comes from; ``case`` is its own copy."""
    return Provenance(
        **{name: getattr(info, name) for name in Provenance.model_fields if name in RunInfo.model_fields},
        restart=_restart(case),
        fit_known_on=case.fitted.known_on if case.fitted else None,
        again=(forecast_again(case, info) or _again(info),),
    )


def _restart(case: Case) -> date | None:
    restarted = any(row.source == RESTARTED for row in case.population)
    return case.settings.start - timedelta(days=1) if restarted else None


def forecast_again(case: Case, info: RunInfo) -> str:
    """Return the command that makes a forecast anew, with the fitted set in its copy of the case; "" for another run.

    The case has to be named as it was then: the copy in the run holds the rows known on the day only.
    """
    if info.continuation is None:
        return ""
    words = ["homeward", "forecast", info.case, "--as-of", f"{info.continuation.since}", "--until", f"{info.end}"]
    words += ["--seed", f"{info.seed}", "--replicates", f"{info.replicates}"]
    words += ["--scenario", info.scenario] if info.scenario else []
    words += ["--fitted", f"{info.run_dir}/{CASE_FOLDER}/{FITTED_FILE}"] if case.fitted else []
    words += ["--hand-made"] if case.fitted and case.fitted.hand_made else []
    return shlex.join(words)


def _again(info: RunInfo) -> str:
    """Return the command that makes the run anew: from its own copy of the case, a scenario and a restart in it."""
    copy = shlex.quote(f"{info.run_dir}/{CASE_FOLDER}")
    ensemble = f"--seed {info.seed} --replicates {info.replicates}"
    return f"homeward run {copy} {ensemble} --parameters {info.drawn or 'fixed'} --out again"


def origin_notes(case: Case, info: RunInfo) -> Iterator[str]:
    """Yield what is to be known about the parameters of a run."""
    now = resolve_parameters(case).values
    if {name: info.parameters.get(name) for name in now} != dict(now):
        yield (
            "this version of homeward has other defaults or parameters than the one that made the run, so what the "
            "replicates drew may differ from what stands here; run the case again to be sure"
        )
    if info.drawn is None:
        yield "all replicates have the same parameters, so the ranges hold shocks and chance only"
