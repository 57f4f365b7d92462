"""The returns of a forecast after its as-of day, by replicate, and for how many of them each pillar is met.

Read in batches of replicates: a thousand replicates of a country have ten million flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.errors import RunError
from homeward.judge.pillar_evidence import FOLLOWED_MONTHS, Evidence
from homeward.judge.pillar_flows import ALL_FOUR, PILLARS, Flows, Judge
from homeward.plan.outlook import Outlook, continuation_of_run
from homeward.results.run import Run

__all__ = ["JUDGED", "Courses", "read_courses"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CountArray = NDArray[np.int32]

JUDGED = (*PILLARS, ALL_FOUR)
BATCH = 50
"""Replicates that are read at a time."""

QUANTITIES = 1 + 2 * len(JUDGED)


@dataclass(frozen=True)
class Courses:
    """Returns in the months that end after ``since``, by month, country that people set out from, and district.

    ``hosts``: the countries of asylum, and last the country of origin itself, whose returns are those of IDPs.
    ``people`` (replicates x months x hosts x districts) set out in the month. ``judged`` (``QUANTITIES`` x months x
    hosts x districts): sums over the replicates of the people, and by pillar of those for whom it is met, and met or
    unknown. ``openings``: the day on which return opens (or shuts) by replicate.
    """

    since: date
    months: tuple[date, ...]
    hosts: tuple[str, ...]
    districts: tuple[str, ...]
    people: CountArray
    judged: FloatArray
    openings: tuple[date | None, ...]

    def refugees(self) -> CountArray:
        """Return the people who set out from abroad."""
        return self.people[:, :, :-1]

    def idps(self) -> CountArray:
        """Return (replicates x months x districts) the people who set out within the country."""
        return self.people[:, :, -1]

    def totals(self) -> Mapping[str, IntArray]:
        """Return (replicates x months) by measure all who set out."""
        return {
            "returned_refugees": self.refugees().sum(axis=(2, 3), dtype=np.int64),
            "returned_idps": self.idps().sum(axis=2, dtype=np.int64),
        }

    def met(self, host: str | None, district: str | None, year: int, *, idps: bool) -> list[tuple[str, float, float]]:
        """Return by pillar the least and the most share for whom it is met, of those who set out in a year.

        ``host`` and ``district``: None for all of them. Empty where nobody sets out.
        """
        months = [number for number, end in enumerate(self.months) if end.year == year]
        home = len(self.hosts) - 1
        hosts = [home] if idps else list(range(home)) if host is None else [self.hosts.index(host)]
        districts = range(len(self.districts)) if district is None else [self.districts.index(district)]
        sums = self.judged[np.ix_(range(QUANTITIES), months, hosts, districts)].sum(axis=(1, 2, 3))
        if not sums[0]:
            return []
        shares = np.minimum(sums[1:] / sums[0], 1.0).reshape(len(JUDGED), 2)
        return [
            (name, round(float(low), 4), round(float(high), 4))
            for name, (low, high) in zip(JUDGED, shares, strict=True)
        ]


def read_courses(run: Run, outlook: Outlook) -> Courses:
    """Return the courses of a forecast; raises RunError if its tables cannot be read or are damaged."""
    since, evidence = continuation_of_run(run).since, outlook.evidence
    months = tuple(end for end in evidence.months if end > since)
    home = run.info.origin_country
    hosts = (*sorted(set(evidence.countries) - {home}), home)
    shape = (len(months), len(hosts), len(evidence.origins))
    host_of = np.array([hosts.index(country) for country in evidence.countries], dtype=np.int64)
    people = np.zeros((run.info.replicates, *shape), dtype=np.int32)
    judged = np.zeros((QUANTITIES, int(np.prod(shape))))
    first = len(evidence.months) - len(months)
    for replicate, flows in _flows(run, evidence, since):
        cell = _cells((flows.month - first, host_of[flows.host], flows.origin), shape)
        judged_here = _sums(outlook.judge(replicate), flows, cell, judged.shape[1])
        people[replicate] = judged_here[0].reshape(shape)
        judged += judged_here
    return Courses(
        since, months, hosts, evidence.origins, people, judged.reshape(QUANTITIES, *shape), outlook.openings
    )  # fmt: skip


def _cells(codes: tuple[IntArray, ...], shape: tuple[int, ...]) -> IntArray:
    try:
        return np.asarray(np.ravel_multi_index(codes, shape), dtype=np.int64)
    except ValueError:
        raise RunError("the run is damaged: a table has rows outside its months or places; run it again") from None


def _sums(judge: Judge, flows: Flows, cell: IntArray, cells: int) -> FloatArray:
    """Return (``QUANTITIES`` x cells) the sums over the flows of one replicate."""
    weights = [flows.people]
    for pillar in JUDGED:
        split = judge.split(flows, pillar)
        weights += [split.met, split.met + split.unknown]
    return np.array([np.bincount(cell, weights=weight, minlength=cells) for weight in weights])


def _flows(run: Run, evidence: Evidence, since: date) -> Iterator[tuple[int, Flows]]:
    """Yield every replicate with its returns after ``since``."""
    shape = (len(evidence.months), len(evidence.origins))
    for first in range(0, run.info.replicates, BATCH):
        returned = _read(run, evidence, "returns", "host", first, since)
        again = _read(run, evidence, "displaced_again", "origin", first, since)
        for replicate in range(first, min(first + BATCH, run.info.replicates)):
            month, origin, host, people = _of(returned, replicate)
            cohorts = _by_cohort(month, origin, people, shape)
            fled_month, fled_origin, _, fled = _of(again, replicate)
            yield replicate, Flows(
                month, origin, host, people, _share(_by_cohort(fled_month, fled_origin, fled, shape), cohorts)
            )  # fmt: skip


def _read(
    run: Run, evidence: Evidence, table: str, host: str, first: int, since: date
) -> Mapping[str, NDArray[Any]]:  # fmt: skip
    """Return the rows of a batch of replicates, in their order; codes are those of the evidence, -1 for none."""
    followed = f"AND months <= {FOLLOWED_MONTHS}" if table == "displaced_again" else ""
    return run.columns(
        f"""
        SELECT replicate, date_diff('month', $start::DATE, month) AS month,
            coalesce(list_position($origins, origin), 0) - 1 AS origin,
            coalesce(list_position($hosts, {host}), 0) - 1 AS host, sum(people)::DOUBLE AS people
        FROM {table} WHERE replicate BETWEEN $first AND $last AND month > $since {followed}
        GROUP BY ALL ORDER BY ALL
        """,
        {
            "start": run.info.start, "origins": list(evidence.origins), "hosts": list(evidence.hosts),
            "first": first, "last": first + BATCH - 1, "since": since,
        },
    )  # fmt: skip


def _of(rows: Mapping[str, NDArray[Any]], replicate: int) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    start, end = np.searchsorted(rows["replicate"], [replicate, replicate + 1])
    month, origin, host = (rows[name][start:end].astype(np.int64) for name in ("month", "origin", "host"))
    return month, origin, host, rows["people"][start:end]


def _by_cohort(month: IntArray, origin: IntArray, people: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Return people by month of return and district."""
    cell = _cells((month, origin), shape)
    sums = np.bincount(cell, weights=people, minlength=shape[0] * shape[1])
    return np.asarray(sums, dtype=np.float64).reshape(shape)


def _share(part: FloatArray, cohort: FloatArray) -> FloatArray:
    """Return the share of a cohort that was displaced again, at most 1, as arrivals may lie a month later."""
    share: FloatArray = np.divide(part, cohort, out=np.full(cohort.shape, np.nan), where=cohort > 0.0)
    return np.minimum(share, 1.0)
