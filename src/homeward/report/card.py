"""The model card of a run: its data with their dates, what was scored and how, what was not, and its limits.

The shape is that of Mitchell et al. 2019, "Model Cards for Model Reporting" (FAT* '19): details, intended use, metrics,
evaluation data, training data, quantitative analyses, caveats. Everything here is worked out from the run and its case.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from homeward.case.estimate_share import estimate_share
from homeward.case.schema import Basis, Case, Measure, PlaceKind, Row
from homeward.judge.observe import Observer
from homeward.judge.score_summary import main_lines, rows_of
from homeward.judge.series import family
from homeward.learn.targets import targets_of
from homeward.report.charts import MEASURE_NAMES
from homeward.report.facts import MatrixLine, ModelCard, ParameterLine, TableDates, WeakSpot
from homeward.report.proper import forecast_name, skill_in_words
from homeward.report.provenance import TABLES
from homeward.report.wording import day, percent
from homeward.results.contract import RunInfo
from homeward.results.score_contract import Score, ScoreRow, ScoreSummaryRow, Skill

__all__ = ["FEWEST_FIGURES", "WEAK_COVERAGE", "model_card"]

WEAK_COVERAGE = 0.7
"""A host with a smaller share of its figures inside 90 % intervals is named as a weakness."""

FEWEST_FIGURES = 5
"""Hosts with fewer scored figures of a measure are not judged one by one."""

MOSTLY = 0.5
SAYS_NOTHING = 0.9

Figure = tuple[str, str, date, str]
"""What a figure is about: measure, name, date and family of definitions."""


def model_card(
    info: RunInfo, observer: Observer, score: Score, parameters: Sequence[ParameterLine], names: Mapping[str, str]
) -> ModelCard:
    """Return the card of a run from its scores and parameters; ``names`` are those of its countries.

    Raises RunError if the tables of the run cannot be read.
    """
    case = observer.case
    fitted = _fitted_figures(observer, info.fitted_through)
    headline = [row for row in score.rows if row.headline]
    shares = estimate_share(case).people_months
    series = _judged(headline)
    return ModelCard(
        tables=tuple(_tables(case)),
        people_months=tuple((kind, months.share) for kind, months in shares.items() if months.share is not None),
        matrix=tuple(_matrix(score, fitted)),
        not_scored=tuple(_not_scored(case, score)),
        limits=tuple(_limits(info, case, score, headline, parameters)),
        judged=len(series),
        weak_spots=tuple(_weak_spots(series, names)),
    )


def _tables(case: Case) -> Iterator[TableDates]:
    people = estimate_share(case).people
    for name in TABLES:
        rows: tuple[Row, ...] = getattr(case, name)
        if rows:
            dates = [row.date for row in rows if hasattr(row, "date")]
            yield TableDates(
                table=name,
                rows=len(rows),
                first=min(dates, default=None),
                last=max(dates, default=None),
                known_on=max(row.known_on for row in rows),
                estimates=sum(row.basis is Basis.ESTIMATE for row in rows) / len(rows),
                people=people if name == "population" else None,
            )


def _fitted_figures(observer: Observer, through: date | None) -> frozenset[Figure]:
    """Return the figures that a fit through a day aims at."""
    if through is None:
        return frozenset()
    targets = targets_of(observer.case, observer.far, through)
    return frozenset((t.measure.value, t.name, t.date, family(t.rows[0].definition)) for t in targets)


def _figure(row: ScoreRow) -> Figure:
    name = row.place or row.country
    return row.measure, f"{name} from {row.origin}" if row.origin else name, row.date, family(row.definition)


def _matrix(score: Score, fitted: frozenset[Figure]) -> Iterator[MatrixLine]:
    """Yield every measure at the level of the headline by period, all years where there is no period."""
    order = list(MEASURE_NAMES)
    lines = main_lines(score, fewest=0)
    for line in sorted(lines, key=lambda line: (order.index(line.measure), line.definition, line.period)):
        yield _line(line, score, fitted)


def _line(line: ScoreSummaryRow, score: Score, fitted: frozenset[Figure]) -> MatrixLine:
    skills = [skill for skill in line.skills if skill.score == "log_crps" and _is_sharp(skill.baseline)]
    return MatrixLine(
        title=MEASURE_NAMES[line.measure],
        detail=line.definition,
        period=line.period,
        n=line.n,
        fitted=sum(_figure(row) in fitted for row in rows_of(line, score.rows)),
        error=line.mare["model"],
        proper_n=line.proper_n,
        scores=line.forecasts[0] if line.forecasts else None,
        skills=tuple((forecast_name(s.baseline, score.nothing_changes_since), skill_in_words(s)) for s in skills),
    )


def _is_sharp(baseline: str) -> bool:
    """Return whether a baseline is one to beat: a point or a recent walk, without years of flight in its spread."""
    return "walk" not in baseline or "recent" in baseline


def _judged(headline: Sequence[ScoreRow]) -> list[tuple[ScoreRow, ...]]:
    """Return the rows of each series that has enough figures with an interval."""
    order = sorted((row for row in headline if row.low90 is not None), key=_about)
    series = [tuple(rows) for _, rows in groupby(order, _about)]
    return [rows for rows in series if len(rows) >= FEWEST_FIGURES]


def _weak_spots(series: Sequence[Sequence[ScoreRow]], names: Mapping[str, str]) -> Iterator[WeakSpot]:
    """Yield the series of which too few figures lie inside their interval, the weakest first."""
    spots = [_spot(rows, names) for rows in series]
    yield from sorted((spot for spot in spots if spot.coverage < WEAK_COVERAGE), key=lambda spot: spot.coverage)


def _about(row: ScoreRow) -> tuple[str, ...]:
    return (row.measure, row.country, row.origin or "", family(row.definition))


def _spot(rows: Sequence[ScoreRow], names: Mapping[str, str]) -> WeakSpot:
    ends = [(row.low90 or 0.0, row.high90 or 0.0, row.observed, row.median) for row in rows]
    name = names.get(rows[0].country, rows[0].country)
    return WeakSpot(
        title=MEASURE_NAMES[rows[0].measure],
        detail=family(rows[0].definition),
        name=f"{name}, from {rows[0].origin}" if rows[0].origin else name,
        n=len(rows),
        coverage=sum(low <= observed <= high for low, high, observed, _ in ends) / len(ends),
        width=sum((high - low) / observed for low, high, observed, _ in ends) / len(ends),
        error=sum((median - observed) / observed for _, _, observed, median in ends) / len(ends),
    )


def _not_scored(case: Case, score: Score) -> Iterator[str]:
    """Yield what no figure speaks to, in sentences."""
    scored = {row.measure for row in score.rows}
    silent = [_inside_sentence(measure) for measure in Measure if measure not in scored]
    if silent:
        yield f"Nothing in the period of the run could be compared for: {', '.join(silent)}."
    abroad = [place for place in case.places if place.country != case.settings.origin_country]
    within = {place.id for place in abroad if place.kind is not PlaceKind.COUNTRY}
    bare = within - {row.place for row in score.rows}
    yield (
        f"Places within host countries: {len(bare)} of {len(within)} have no figure in the period of the run. How "
        "refugees are spread within a host is weakly tested, or not at all."
    )
    surveyed = {row.country for row in score.rows if row.measure == Measure.ORIGIN_SHARE}
    yield (
        f"Districts of origin: a split of the refugees by district could be compared for {len(surveyed)} of "
        f"{len({place.country for place in abroad})} hosts."
    )
    yield "The four pillars of return: nobody has observed them, and no score here is about them."
    yield "Scenarios and levers: what did not happen has no figures to be scored against."


def _limits(
    info: RunInfo, case: Case, score: Score, headline: Sequence[ScoreRow], parameters: Sequence[ParameterLine]
) -> Iterator[str]:
    """Yield what limits the run, in sentences with its own figures."""
    yield f"Intervals: {score.interval}."
    yield from _forecast(info)
    yield from _outside(headline)
    yield from _beaten(score)
    yield from _after_the_record(info, score)
    yield from _idle_parameters(parameters)
    yield from _estimates(case)


def _forecast(info: RunInfo) -> Iterator[str]:
    """Yield what a forecast assumes of the time that nobody knew."""
    how = info.continuation
    if how is not None:
        yield (
            f"A forecast: what happened after {how.since} was not read. Violence wanders from there, by a factor of "
            f"{math.exp(how.whole_deviation * math.sqrt(12)):.1f} within a year in a course of one standard deviation; "
            f"{how.gate_in_words()}; registers are audited as in the three years before; all else stays as it was. "
            "Charts show conditions and events of that day."
        )


def _outside(headline: Sequence[ScoreRow]) -> Iterator[str]:
    with_interval = [row for row in headline if row.low90 is not None and row.high90 is not None]
    if with_interval:
        outside = [row for row in with_interval if not (row.low90 or 0) <= row.observed <= (row.high90 or 0)]
        yield (
            f"{len(outside)} of {len(with_interval)} figures of the headline lie outside their 90 % interval "
            f"({percent(len(outside) / len(with_interval))}; 10 % would be right)."
        )


def _beaten(score: Score) -> Iterator[str]:
    """Yield where the run is not shown to be better than a simple forecast."""
    found = [words for line in main_lines(score) if (words := _unbeaten(line, score.nothing_changes_since))]
    if found:
        yield (
            "Not shown to be better than a simple forecast (the interval of the skill reaches nought, or there are too "
            f"few series for one): {'; '.join(found)}."
        )


def _unbeaten(line: ScoreSummaryRow, base: int) -> str:
    """Return a line of the summary with the baselines that the run is not shown to beat; empty if it beats all."""
    skills = [skill for skill in line.skills if skill.score == "log_crps" and _is_sharp(skill.baseline)]
    unbeaten = [forecast_name(skill.baseline, base) for skill in skills if not _is_shown(skill)]
    if not unbeaten:
        return ""
    against = "any" if len(unbeaten) == len(skills) else ", ".join(unbeaten)
    return f"{_inside_sentence(line.measure)} {line.period} ({line.definition}) than {against}"


def _inside_sentence(measure: str) -> str:
    name = MEASURE_NAMES[measure]
    return name[0].lower() + name[1:]


def _is_shown(skill: Skill) -> bool:
    return skill.low90 is not None and skill.low90 > 0


def _after_the_record(info: RunInfo, score: Score) -> Iterator[str]:
    last = max((row.date for row in score.rows), default=None)
    if last is None:
        yield "No figure of this run has been scored."
    elif last < info.end:
        yield f"Nothing after {day(last)} has been scored, and the run goes on to {day(info.end)}."


def _idle_parameters(parameters: Sequence[ParameterLine]) -> Iterator[str]:
    fitted = [line for line in parameters if line.fitted and line.spread is not None]
    idle = [line for line in fitted if (line.spread or 0) > SAYS_NOTHING]
    if fitted:
        yield (
            f"Of {len(fitted)} fitted parameters, the figures say next to nothing about {len(idle)} (spread left above "
            f"{SAYS_NOTHING}): those rest on their prior."
        )


def _estimates(case: Case) -> Iterator[str]:
    share = estimate_share(case)
    kinds = [kind for kind, months in share.people_months.items() if months.share and months.share > MOSTLY]
    if share.of_rows is not None:
        yield f"{percent(share.of_rows)} of the rows of the case are estimates" + (
            f"; so are most people-months of {', '.join(kinds)}." if kinds else "."
        )
