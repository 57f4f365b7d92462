"""The four pillars of return in a finished run: shares by host, district or time, curves over a limit, and the table.

Every share stands on two bounds: met, and met or unknown. What is unknown is never met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Measure
from homeward.errors import UsageError
from homeward.judge.limits import Limit, Limits, limits_with
from homeward.judge.pillar_evidence import Evidence, evidence_of
from homeward.judge.pillar_flows import ALL_FOUR, PILLARS, Flows, Judge, Split, read_flows
from homeward.judge.score import SMALLEST_ENSEMBLE
from homeward.results.durable import place_whole, plain_error
from homeward.results.pillar_contract import (
    PillarCondition,
    PillarCurve,
    PillarLimit,
    PillarPoint,
    PillarRow,
    Pillars,
    PillarShare,
    ShareRange,
)
from homeward.results.run import Run
from homeward.results.tables import open_memory

__all__ = ["INTERVAL", "By", "as_run", "judge_pillars", "write_pillar_table"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
By = Literal["host", "origin", "month", "year"]
Kind = Literal["refugees", "idps"]

INTERVAL = "chance and what the run draws (shocks, conditions, parameters of flows); what judges them is fixed"
_KINDS: tuple[Kind, ...] = ("refugees", "idps")
_POOLS: Mapping[Literal["all", "refugees", "idps"], tuple[int, ...]] = {
    "all": (0, 1),
    "refugees": (0,),
    "idps": (1,),
}
_JUDGED = (*PILLARS, ALL_FOUR)
_PEOPLE, _PULLED, _PUSH_KNOWN, _SPLITS = 0, 1, 2, 3
_QUANTITIES = _SPLITS + 3 * len(_JUDGED)


def judge_pillars(
    run: Run,
    *,
    by: By = "host",
    since: date | None = None,
    until: date | None = None,
    limits: Limits | None = None,
    curves: Sequence[str] = (),
) -> Pillars:
    """Return how many of those who return the pillars are met, not met and unknown for.

    ``since`` and ``until`` leave out returns of other months (a month counts by its last day); ``limits`` as
    :func:`homeward.judge.limits.limits_with` gives them; ``curves`` names limits to draw curves over.

    Raises UsageError for an unknown curve or a period without a month, RunError if the run cannot be read, InputError
    if its copy of the case is damaged.
    """
    limits = limits_with() if limits is None else limits
    unknown = [name for name in curves if name not in limits]
    if unknown:
        limits_with({unknown[0]: 0.0})  # says which is the nearest
    case = as_run(run)
    evidence = evidence_of(case)
    judge, period = Judge(evidence, limits), _Period.of(evidence, since or run.info.start, until)
    groups = _Groups(evidence, by)
    swept = {(name, value): judge.with_limit(name, value) for name in curves for value in limits[name].grid()}
    sums, alone, swept_sums = [], [], []
    for flows in read_flows(run, evidence):
        chosen = period.of_flows(flows)
        sums.append(groups.sums(judge, chosen))
        alone.append([_by_kind(judge, chosen, split) for _, _, split in judge.conditions(chosen)])
        swept_sums.append(
            [_by_kind(one, chosen, one.split(chosen, limits[name].pillar)) for (name, _), one in swept.items()]
        )
    ensemble = _Ensemble(np.array(sums))
    return Pillars(
        run_dir=run.info.run_dir,
        case=run.info.case,
        scenario=run.info.scenario,
        replicates=run.info.replicates,
        since=period.since,
        until=period.until,
        by=by,
        interval=_interval(run.info.replicates),
        limits=tuple(_limit(limit) for limit in limits.values()),
        rows=tuple(_rows(ensemble, groups, _validated(case))),
        conditions=tuple(_conditions(judge, np.array(alone).mean(axis=0))),
        curves=tuple(_curves([limits[name] for name in curves], np.array(swept_sums))),
        notes=tuple(_notes(run)),
    )


def as_run(run: Run) -> Case:
    """Return the case with every parameter at the value that the run used, whatever the defaults are now."""
    case = run.case()
    return case.model_copy(
        update={"settings": case.settings.model_copy(update={"parameters": dict(run.info.parameters)})}
    )


@dataclass(frozen=True)
class _Period:
    """The months that count: ``since`` and ``until`` are days, ``keep`` says it for every month of the run."""

    since: date
    until: date
    keep: BoolArray

    @classmethod
    def of(cls, evidence: Evidence, first: date, until: date | None) -> _Period:
        last = until or evidence.months[-1]
        keep = np.array([first <= end <= last for end in evidence.months])
        if not keep.any():
            raise UsageError(f"no month of the run ends from {first} through {last}; it ends on {evidence.months[-1]}")
        return cls(first, last, keep)

    def of_flows(self, flows: Flows) -> Flows:
        return flows.chosen(self.keep[flows.month])


class _Groups:
    """Which row of the result a flow belongs to: whose return it is, and one key (host country, district, time)."""

    def __init__(self, evidence: Evidence, by: By) -> None:
        """Number the keys."""
        self.by = by
        self._evidence = evidence
        of_host, of_month = _numbered(evidence.countries), _numbered([end.year for end in evidence.months])
        choices: dict[By, tuple[tuple[Any, ...], IntArray]] = {
            "host": of_host,
            "origin": (tuple(sorted(evidence.origins)), np.argsort(np.argsort(evidence.origins))),
            "month": (evidence.months, np.arange(len(evidence.months))),
            "year": of_month,
        }
        self.keys, self._code = choices[by]

    def sums(self, judge: Judge, flows: Flows) -> FloatArray:
        """Return (kinds x keys x quantities) the sums over the flows of one replicate."""
        of = {"host": flows.host, "origin": flows.origin}.get(self.by, flows.month)
        kind = np.where(self._evidence.abroad[flows.host], 0, 1)
        cell = kind * len(self.keys) + self._code[of]
        count = len(_KINDS) * len(self.keys)
        columns = [np.bincount(cell, weights=weights, minlength=count) for weights in _quantities(judge, flows)]
        return np.array(columns, dtype=np.float64).T.reshape(len(_KINDS), len(self.keys), _QUANTITIES)


def _numbered(names: Sequence[object]) -> tuple[tuple[object, ...], IntArray]:
    """Return the distinct names in order, and which of them each is."""
    keys = tuple(sorted(set(names), key=str))
    return keys, np.array([keys.index(name) for name in names], dtype=np.int64)


def _quantities(judge: Judge, flows: Flows) -> Iterator[FloatArray]:
    """Yield what is summed over flows: people, pulled, people of known push, and met, not met, unknown by pillar."""
    pulled = judge.pulled(flows)
    known = np.isfinite(pulled)
    yield flows.people
    yield np.where(known, pulled, 0.0)
    yield np.where(known, flows.people, 0.0)
    for pillar in _JUDGED:
        split = judge.split(flows, pillar)
        yield from (split.met, split.not_met, split.unknown)


def _by_kind(judge: Judge, flows: Flows, split: Split) -> FloatArray:
    """Return (kinds x people, met, not met, unknown) of one replicate."""
    abroad = judge.evidence.abroad[flows.host]
    columns = (flows.people, split.met, split.not_met, split.unknown)
    return np.array([[column[side].sum() for column in columns] for side in (abroad, ~abroad)])


@dataclass(frozen=True)
class _Ensemble:
    """Sums (replicates x kinds x keys x quantities)."""

    sums: FloatArray

    def pooled(self, kinds: Sequence[int], keys: Sequence[int] | None = None) -> FloatArray:
        """Return (replicates x quantities) of some kinds and keys together."""
        chosen = self.sums[:, list(kinds)].sum(axis=1)
        total: FloatArray = chosen.sum(axis=1) if keys is None else chosen[:, list(keys)].sum(axis=1)
        return total


def _rows(ensemble: _Ensemble, groups: _Groups, validated: frozenset[str]) -> Iterator[PillarRow]:
    yield _row(ensemble.pooled((0, 1)), "all", {}, None)
    for number, kind in enumerate(_KINDS):
        yield _row(ensemble.pooled((number,)), kind, {}, None)
    for code, key in enumerate(groups.keys):
        for number, kind in enumerate(_KINDS):
            sums = ensemble.pooled((number,), (code,))
            if sums[:, _PEOPLE].any():
                yield _row(sums, kind, {groups.by: key}, key in validated if groups.by == "host" else None)


def _row(
    sums: FloatArray,
    returns: Literal["all", "refugees", "idps"],
    key: Mapping[str, Any],
    validated: bool | None,  # noqa: FBT001
) -> PillarRow:
    mean = sums.mean(axis=0)
    known = mean[_PUSH_KNOWN] > 0.0
    return PillarRow(
        returns=returns,
        **{name: key.get(name) for name in ("host", "origin", "month", "year")},
        people=float(mean[_PEOPLE]),
        pulled=float(mean[_PULLED]) if known else None,
        push_unknown=float(mean[_PEOPLE] - mean[_PUSH_KNOWN]),
        validated=validated,
        pillars=tuple(_share(sums, number) for number in range(len(_JUDGED))),
    )


def _share(sums: FloatArray, number: int) -> PillarShare:
    """Return one pillar of a row from its sums (replicates x quantities)."""
    first = _SPLITS + 3 * number
    people, (met, not_met, unknown) = sums[:, _PEOPLE], sums[:, first : first + 3].T
    return PillarShare(
        pillar=_JUDGED[number],
        met=float(met.mean()),
        not_met=float(not_met.mean()),
        unknown=float(unknown.mean()),
        lower=_range(met, people),
        upper=_range(met + unknown, people),
    )


def _range(part: FloatArray, people: FloatArray) -> ShareRange:
    """Return the quantiles of a share over the replicates in which there was anybody."""
    shares = part[people > 0.0] / people[people > 0.0]
    if not len(shares):
        return ShareRange(p05=None, p50=None, p95=None)
    low, middle, high = (float(share) for share in np.quantile(np.minimum(shares, 1.0), (0.05, 0.5, 0.95)))
    if len(people) < SMALLEST_ENSEMBLE:
        return ShareRange(p05=None, p50=middle, p95=None)
    return ShareRange(p05=low, p50=middle, p95=high)


def _curves(limits: Sequence[Limit], sums: FloatArray) -> Iterator[PillarCurve]:
    """Yield the curves from sums (replicates x points of all curves x kinds x people, met, not met, unknown)."""
    first = 0
    for limit in limits:
        grid = limit.grid()
        own = sums[:, first : first + len(grid)]
        first += len(grid)
        for returns, kinds in _POOLS.items():
            people, met, _, unknown = np.moveaxis(own[:, :, list(kinds)].sum(axis=2), 2, 0)
            points = tuple(
                PillarPoint(
                    value=value,
                    lower=_range(met[:, at], people[:, at]),
                    upper=_range(met[:, at] + unknown[:, at], people[:, at]),
                )
                for at, value in enumerate(grid)
            )
            yield PillarCurve(limit=limit.name, pillar=limit.pillar, returns=returns, points=points)


def _conditions(judge: Judge, sums: FloatArray) -> Iterator[PillarCondition]:
    """Yield every condition by itself from means (conditions x kinds x people, met, not met, unknown)."""
    nobody = np.zeros(0, dtype=np.int64)
    no_flows = Flows(nobody, nobody, nobody, np.zeros(0), np.zeros((1, 1)))
    for (name, pillar, _), own in zip(judge.conditions(no_flows), sums, strict=True):
        for returns, kinds in _POOLS.items():
            people, met, not_met, unknown = (float(total) for total in own[list(kinds)].sum(axis=0))
            yield PillarCondition(
                condition=name, pillar=pillar, returns=returns,
                people=people, met=met, not_met=not_met, unknown=unknown,
            )  # fmt: skip


def _limit(limit: Limit) -> PillarLimit:
    return PillarLimit(**{name: getattr(limit, name) for name in PillarLimit.model_fields})


def _validated(case: Case) -> frozenset[str]:
    """Return the host countries whose people, or the home country whose returns, are observed by district of origin."""
    home = case.settings.origin_country
    country_of = {place.id: place.country for place in case.places}
    shares = {row.place for row in case.observed if row.measure is Measure.ORIGIN_SHARE}
    returned = {
        row.place for row in case.observed if row.measure is Measure.RETURNED_IDPS and country_of.get(row.place) == home
    }
    return frozenset(country_of.get(place, place) for place in shares | returned)


def _interval(replicates: int) -> str:
    if replicates < SMALLEST_ENSEMBLE:
        return f"none: {replicates} replicates are fewer than the {SMALLEST_ENSEMBLE} that an interval needs"
    return INTERVAL


def _notes(run: Run) -> Iterator[str]:
    yield "unknown is never met: the share that meets a pillar lies between 'met' and 'met or unknown'"
    yield "coercion counts where it is on record; that none is on record does not say that there was none"
    if run.info.parameters["return_weight_push"] <= 0.0:
        yield (
            "pressure at the host does not raise return in this run (return_weight_push is not above 0), so the push "
            "share is 0 wherever anything is known of a host, and voluntary rests on recorded coercion alone"
        )
    yield "only conditions at the middle of their ranges are judged, though each replicate drew its own inside them"
    yield "how many are displaced again is known by district and month of return: one share stands for every host"
    yield "whoever is not known to have fled a holder counts as having fled none"


def write_pillar_table(
    run: Run, path: Path, *, since: date | None = None, until: date | None = None, limits: Limits | None = None
) -> int:
    """Write every flow (mean over the replicates) to a ``.parquet`` or ``.csv`` file and return the number of rows.

    Raises UsageError for a file of another kind, RunError if the run cannot be read or the file cannot be written.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{path} does not end in .parquet or .csv")
    case = as_run(run)
    evidence = evidence_of(case)
    period = _Period.of(evidence, since or run.info.start, until)
    columns = _table_columns(run, Judge(evidence, limits or limits_with()), period, _validated(case))
    form = "FORMAT parquet, COMPRESSION zstd" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
    try:
        with open_memory() as connection:
            connection.register("cells", columns)
            query = _named(evidence)
            place_whole(path, lambda to: connection.execute(f"COPY ({query}) TO '{_escaped(to)}' ({form})"))
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"writing {path}", error) from error
    return len(columns["people"])


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def _named(evidence: Evidence) -> str:
    """Return the query that puts names in the place of codes."""

    def name_of(code: str, names: Sequence[object]) -> str:
        listed = ", ".join("'" + str(name).replace("'", "''") + "'" for name in names)
        return f"list_extract([{listed}], {code} + 1)"

    splits = ", ".join(f"{pillar}_{which}" for pillar in _JUDGED for which in ("met", "not_met", "unknown"))
    return (
        f"SELECT {name_of('month', evidence.months)}::DATE AS month, {name_of('origin', evidence.origins)} AS origin, "
        f"{name_of('host', evidence.hosts)} AS host, people, CASE WHEN push_known THEN pulled END AS pulled, {splits}, "
        "validated FROM cells ORDER BY ALL"
    )


def _table_columns(
    run: Run, judge: Judge, period: _Period, validated: frozenset[str]
) -> dict[str, NDArray[np.generic]]:
    evidence = judge.evidence
    shape = (len(evidence.months), len(evidence.origins), len(evidence.hosts))
    sums = np.zeros((_QUANTITIES, int(np.prod(shape))))
    for flows in map(period.of_flows, read_flows(run, evidence)):
        cell = np.ravel_multi_index((flows.month, flows.origin, flows.host), shape)
        # A replicate has one flow for every cell, so plain addition is enough.
        for quantity, weights in enumerate(_quantities(judge, flows)):
            sums[quantity, cell] += weights
    there = np.flatnonzero(sums[_PEOPLE])
    month, origin, host = np.unravel_index(there, shape)
    mean = sums[:, there] / run.info.replicates
    names = [f"{pillar}_{which}" for pillar in _JUDGED for which in ("met", "not_met", "unknown")]
    return {
        "month": month, "origin": origin, "host": host, "people": mean[_PEOPLE], "pulled": mean[_PULLED],
        "push_known": mean[_PUSH_KNOWN] > 0.0, **dict(zip(names, mean[_SPLITS:], strict=True)),
        "validated": np.array([country in validated for country in evidence.countries])[host],
    }  # fmt: skip
