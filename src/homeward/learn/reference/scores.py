"""How good the reference class is: forecasts of episodes that it has not seen, beside simple ones.

Every episode is forecast at its onset, twice: from all other origins (*leave-one-out*: the episode and all others of
its origin are left out), and in *time order*, from what was known of other origins on 1 January of its year. Scored are
the yearly share of the exposed who returned and the cumulative share, in every year that has a figure, by the
continuous ranked probability score (Gneiting and Raftery 2007; in shares, smaller is better) and by the share of
figures inside the 90 % interval, with the mean width of that interval beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.judge.crps import crps, means_of
from homeward.learn.reference.episodes import Episode, covariates_of, known_by
from homeward.learn.reference.model import LARGEST_SHARE, YEARS, simulate
from homeward.learn.reference.posterior import Posterior, leave_out, sample
from homeward.learn.reference.predict import FEWEST_EPISODES

__all__ = [
    "BASELINES",
    "MODEL",
    "Scored",
    "Summary",
    "best_baseline",
    "leave_one_out",
    "score_episode",
    "skill",
    "summarise",
    "time_order",
]

Floats = NDArray[np.float64]
Forecast = tuple[Floats, Floats]
"""Yearly and cumulative shares: courses × years each."""

MODEL = "model"
BASELINES = ("no return", "pooled", "last year's hazard", "logistic decline")
MEASURES = ("yearly share", "cumulative share")
SEED = 7
STEPS_IN_TIME_ORDER = 500
FEWEST_POOLED = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """One forecast of one figure: where, what came, the score, and its 90 % interval."""

    origin: str
    episode: str
    measure: str
    forecast: str
    since: int
    observed: float
    crps: float
    low90: float
    high90: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Scores of one forecast of one measure over ``n`` figures."""

    measure: str
    forecast: str
    n: int
    crps: float
    coverage90: float
    width90: float


def leave_one_out(episodes: Sequence[Episode], posterior: Posterior) -> list[Scored]:
    """Return the scores of every episode forecast from all other origins; ``posterior`` is that of all episodes."""
    found: list[Scored] = []
    for origin in sorted({episode.onset.origin for episode in episodes}):
        own = [episode for episode in episodes if episode.onset.origin == origin]
        others = [episode for episode in episodes if episode.onset.origin != origin]
        draws = leave_out(posterior, own, np.random.default_rng(SEED))
        if draws is None:
            draws = sample(others).draws
        for episode in own:
            found += score_episode(episode, others, draws)
    return found


def time_order(episodes: Sequence[Episode], jobs: int = 2) -> list[Scored]:
    """Return the scores of every episode forecast from what was known of other origins when its year began.

    Episodes before which fewer than ``FEWEST_EPISODES`` others were known are not forecast. "Last year's hazard" alone
    is given a figure that came out some months later.
    """
    years = sorted({episode.first_year for episode in episodes})
    cases = [
        (known_by(episodes, date(year, 1, 1)), [episode for episode in episodes if episode.first_year == year])
        for year in years
    ]
    with ProcessPoolExecutor(jobs) as pool:
        return [scored for found in pool.map(_in_time, cases) for scored in found]


def _in_time(case: tuple[list[Episode], list[Episode]]) -> list[Scored]:
    """Return the scores of episodes that begin in one year, from those known when it began."""
    known, beginning = case
    found: list[Scored] = []
    posterior = None
    for episode in beginning:
        others = [other for other in known if other.onset.origin != episode.onset.origin]
        if len(others) < FEWEST_EPISODES:
            continue
        posterior = posterior or _short_sample(known)
        own = [other for other in known if other.onset.origin == episode.onset.origin]
        draws = leave_out(posterior, own, np.random.default_rng(SEED))
        found += score_episode(episode, others, _short_sample(others).draws if draws is None else draws)
    return found


def _short_sample(episodes: Sequence[Episode]) -> Posterior:
    return sample(episodes, steps=STEPS_IN_TIME_ORDER, burn_in=STEPS_IN_TIME_ORDER)


def score_episode(episode: Episode, material: Sequence[Episode], draws: Floats) -> list[Scored]:
    """Return the scores of one episode by the model and by every baseline."""
    random = np.random.default_rng(SEED)
    shares = simulate(np.repeat(draws, 4, axis=0), covariates_of(episode.first_year), random)
    forecasts = {MODEL: (shares, _cumulative(shares))} | _baselines(episode, material, random)
    return list(_scored(episode, forecasts))


def _scored(episode: Episode, forecasts: Mapping[str, Forecast]) -> Iterator[Scored]:
    observed = (np.minimum(episode.shares(), LARGEST_SHARE), np.array(episode.cumulative()))
    for name, forecast in forecasts.items():
        for measure, seen, courses in zip(MEASURES, observed, forecast, strict=True):
            for since in np.flatnonzero(np.isfinite(seen)):
                values = courses[:, since]
                values = values[np.isfinite(values)]
                low, high = np.quantile(values, (0.05, 0.95))
                score = crps(values, seen[since])
                yield Scored(
                    episode.onset.origin, episode.onset.id, measure, name, int(since), float(seen[since]), score,
                    float(low), float(high),
                )  # fmt: skip


def _baselines(episode: Episode, material: Sequence[Episode], random: np.random.Generator) -> dict[str, Forecast]:
    nobody = np.zeros((1, YEARS))
    logistic = _logistic_decline(material, random)
    found = {
        "no return": (nobody, nobody),
        "pooled": _pooled(material),
        "logistic decline": (logistic, _cumulative(logistic)),
    }
    if episode.share_before is not None:
        last = np.full((1, YEARS), min(episode.share_before, LARGEST_SHARE))
        found["last year's hazard"] = (last, _cumulative(last))
    return found


def _cumulative(shares: Floats) -> Floats:
    return np.asarray(1 - np.cumprod(1 - shares, axis=1))


def _pooled(material: Sequence[Episode]) -> Forecast:
    """Return what the other episodes did in the same year since their onset, all with the same weight."""
    yearly = np.minimum([episode.shares() for episode in material], LARGEST_SHARE)
    cumulative = np.array([episode.cumulative() for episode in material])
    return _where_enough(yearly), _where_enough(cumulative)


def _where_enough(table: Floats) -> Floats:
    """Return the table with years that too few episodes reach filled from the last one that enough reach."""
    filled = table.copy()
    for since in range(1, YEARS):
        if np.isfinite(filled[:, since]).sum() < FEWEST_POOLED:
            filled[:, since] = filled[:, since - 1]
    return filled


def _logistic_decline(material: Sequence[Episode], random: np.random.Generator) -> Floats:
    """Return courses of a logistic decline that begins at the onset, fitted by least squares, with beta noise.

    Mean share in year k: L / (1 + exp((k − m) / s)). The precision of the beta distribution is that of the residuals,
    by moments.
    """
    from scipy.optimize import least_squares

    shares = np.minimum([episode.shares() for episode in material], LARGEST_SHARE)
    rows, since = np.nonzero(np.isfinite(shares))
    seen = shares[rows, since]

    def mean(at: Floats, years: NDArray[np.intp]) -> Floats:
        return np.asarray(np.exp(at[0]) / (1 + np.exp((years - at[1]) / np.exp(at[2]))))

    fitted = least_squares(
        lambda at: mean(at, since) - seen, [np.log(0.3), 2.0, 0.5], bounds=([-6, -5, -2], [0, 10, 3])
    ).x
    means = np.clip(mean(fitted, np.arange(YEARS)), 1e-4, 0.95)
    expected = means[since]
    precision = max((expected * (1 - expected)).sum() / ((seen - expected) ** 2).sum() - 1, 0.1)
    return random.beta(means * precision, (1 - means) * precision, size=(2_000, YEARS))


def summarise(scored: Iterable[Scored]) -> list[Summary]:
    """Return mean scores by measure and forecast, in the order of measures and forecasts."""
    groups: dict[tuple[str, str], list[Scored]] = {}
    for row in scored:
        groups.setdefault((row.measure, row.forecast), []).append(row)
    return [
        Summary(measure, forecast, len(rows), *means_of(rows))
        for measure in MEASURES
        for forecast in (MODEL, *BASELINES)
        if (rows := groups.get((measure, forecast)))
    ]


def skill(scored: Sequence[Scored], measure: str, baseline: str, repeats: int = 2_000) -> tuple[float, float, float]:
    """Return one minus the ratio of the model's mean CRPS to a baseline's on its figures, with its 90 % interval.

    The interval is a bootstrap by origin: whole origins are drawn with replacement, for the years and episodes of one
    hang together.
    """
    totals: dict[str, list[float]] = {}
    has_baseline = {row.episode for row in scored if row.forecast == baseline}
    for row in scored:
        if row.measure == measure and row.forecast in (MODEL, baseline) and row.episode in has_baseline:
            pair = totals.setdefault(row.origin, [0.0, 0.0])
            pair[0 if row.forecast == MODEL else 1] += row.crps
    by_origin = np.array(list(totals.values()))
    random = np.random.default_rng(SEED)
    chosen = random.integers(len(by_origin), size=(repeats, len(by_origin)))
    sums = by_origin[chosen].sum(axis=1)
    low, high = np.quantile(1 - sums[:, 0] / sums[:, 1], (0.05, 0.95))
    whole = by_origin.sum(axis=0)
    return float(1 - whole[0] / whole[1]), float(low), float(high)


def best_baseline(summaries: Sequence[Summary], measure: str) -> str:
    """Return the baseline with the smallest mean CRPS of a measure."""
    rows = [row for row in summaries if row.measure == measure and row.forecast != MODEL]
    return min(rows, key=lambda row: row.crps).forecast
