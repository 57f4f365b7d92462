"""``homeward explain``: which rows and parameters a figure of returns rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import Json, OptionalRun, opened_run, require_free
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.explain_contract import (
        ExplainedFactor,
        ExplainedPair,
        ExplainedParameter,
        ExplainedRange,
        ExplainedRow,
        Explanation,
    )
    from homeward.results.run import Run

__all__ = ["explain"]

SHOWN_VALUES = 6
MOST_SPANS = 3
PLAIN_UNITS = ("share", "0 to 1", "factor", "day", "years", "share let through")
_READERS = {"people at the start": "start"}


def explain(
    run: OptionalRun = None,
    host: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="HOST",
            show_default=False,
            help="Country (as TUR) or place that people return from; left out: all.",
        ),
    ] = None,
    district: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="DISTRICT", show_default=False, help="District that they return to; left out: all."
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", show_default=False, help="Month; left out: the last whole one of the run."),
    ] = None,
    idps: Annotated[
        bool, typer.Option("--idps", help="Returns of internally displaced people; left out: of refugees.")
    ] = False,
    rows: Annotated[
        Path | None,
        typer.Option(
            "--table",
            metavar="FILE",
            show_default=False,
            help="Also write every row of the case that the figure rests on to a .csv or .parquet file.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file --table if it is there.")] = False,
    json: Json = False,
) -> None:
    """Trace a figure of returns of a RUN to the rows and parameters it rests on.

    A figure is how many return from a host to a district in a month, or a total over hosts or districts. Shown are
    its range over the replicates, the factors that make people return, each with its equation on the page 'The
    model', the rows of the case and the parameters that these read, and where the run comes from.

    The factors hold at the middle of all parameters and conditions and without chance; what they give stands beside
    what the run says. Of a total, the ten largest flows are taken apart.

    \b
    Examples:
      homeward explain
      homeward explain --from TUR --to aleppo --month 2024-12
      homeward explain runs/as-it-was --to idlib --idps
      homeward explain --from LBN --table rows.csv --json > explain.json
    """  # fmt: skip
    from homeward.plan.explain import explain_returns
    from homeward.plan.explain_rows import write_rows

    output = Output(json=json)
    _check_file(rows, force=force)
    opened = opened_run(run)
    countries = _countries(opened)
    found = explain_returns(opened, host=host, district=district, month=month, idps=idps, country_names=countries)
    if rows is not None:
        write_rows(found.rows, rows)
        output.note(f"{len(found.rows):,} rows in {rows}")
    if json:
        output.document(found)
        return
    view = _View(found, countries | {place.id: place.name for place in opened.case().places})
    output.show(*view.parts())


def _check_file(path: Path | None, *, force: bool) -> None:
    from homeward.errors import UsageError

    if path is None:
        return
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{path} does not end in .parquet or .csv")
    require_free(path, "--table", force=force)


def _countries(run: Run) -> dict[str, str]:
    from homeward.report.gather import country_names

    return dict(country_names(run.case()))


class _View:
    """An explanation as tables and lines."""

    def __init__(self, found: Explanation, names: Mapping[str, str]) -> None:
        self._found, self._names = found, names
        self._idps = found.figure.measure == "returned_idps"

    def parts(self) -> Iterator[Table | str]:
        found = self._found
        yield f"Run: {found.provenance.run_dir}"
        yield from self._headline()
        if len(found.pairs) == 1:
            yield from self._one(found.pairs[0])
        elif found.pairs:
            yield from self._several()
        if found.pairs:
            yield from self._homes()
            yield from self._rows()
            yield from _parameters(found.parameters)
        yield ""
        yield from self._origins()
        yield from (f"{note[0].upper()}{note[1:]}." for note in found.notes)

    def _headline(self) -> Iterator[str]:
        figure = self._found.figure
        who = "IDPs" if self._idps else "refugees"
        to = "all districts of origin" if figure.district is None else self._name(figure.district)
        yield f"Returns of {who} from {self._from()} to {to} in {figure.month:%B %Y}: {_range(figure.returns)} people."
        share = f"; {figure.returns.p50 / figure.people_start.p50:.2%} of them" if figure.people_start.p50 else ""
        yield f"Away in {self._from()} at the start of the month: {_range(figure.people_start)} people{share}."
        interval = self._found.interval
        yield f"No interval{interval.removeprefix('none')}." if interval.startswith("none") else f"Ranges: {interval}."
        if not self._found.pairs:
            yield "Nobody is there who could return: there is nothing to take apart."

    def _from(self) -> str:
        host = self._found.figure.host
        if host is None:
            return "all places of refuge" if self._idps else "all hosts"
        return self._name(host)

    def _name(self, key: str) -> str:
        return ", ".join(self._names.get(one, one) for one in key.split(", "))

    def _one(self, pair: ExplainedPair) -> Iterator[Table | str]:
        yield ""
        yield (
            f"How the model comes to it, on {pair.day} at the middle of all parameters and conditions: the hazard of "
            "return is the product of all factors."
        )
        columns = {"factor": False, "value": True, "in the month": True, "equation": False, "what it is": False}
        shown = table("", columns | {"computed from": False})
        _wrap(shown, {4: 26, 5: 40})
        for factor in pair.factors:
            cells = (_short(factor.value), _between(factor.first, factor.last), factor.equation, factor.meaning)
            shown.add_row(factor.name, *cells, "\n".join(_inputs(factor)))
        shown.add_row("= hazard", _short(pair.hazard), "", "10", "how many would return in a year at this pace", "")
        yield shown
        yield from self._sums(pair)

    def _sums(self, pair: ExplainedPair) -> Iterator[str]:
        waits = f" ({people(pair.following)} more will follow one of their household)" if pair.following >= 0.5 else ""
        yield (
            f"At the middle {pair.share_month:.2%} of {people(pair.people_middle)} people decide to return in the "
            f"month{waits}: {people(pair.decided_middle)}."
        )
        yield (
            f"In the expected course {people(pair.returns_middle)} set out in the month. The run says "
            f"{_range(pair.returns)}: what differs is owed to chance, shared shocks and what its replicates drew."
        )
        yield ""

    def _several(self) -> Iterator[Table | str]:
        pairs = self._found.pairs
        telling = [
            number for number, factor in enumerate(pairs[0].factors)
            if any(abs(pair.factors[number].value - 1.0) > 5e-4 for pair in pairs)
        ]  # fmt: skip
        yield ""
        yield (
            f"How the model comes to it, for the {len(pairs)} largest flows, on {pairs[0].day} at the middle of all "
            "parameters and conditions: the hazard of return, a year, is the product of the factors before it."
        )
        factors = {pairs[0].factors[number].name: True for number in telling}
        ends = {"hazard": True, "expected": True, "the run says": True}
        shown = table("", {"from": False, "to": False, "people": True, **factors, **ends})
        for pair in pairs:
            values = [_short(pair.factors[number].value) for number in telling]
            results = (_short(pair.hazard), people(pair.returns_middle), people(pair.returns.p50))
            start = people(pair.people_start.p50)
            shown.add_row(self._name(pair.host), self._name(pair.district), start, *values, *results)
        yield shown
        yield from self._legend(telling)
        yield ""

    def _legend(self, telling: Sequence[int]) -> Iterator[str]:
        factors = self._found.pairs[0].factors
        for number in telling:
            factor = factors[number]
            yield f"  {factor.name}: {factor.meaning} (equation {factor.equation})"
        usual = [factor.name for number, factor in enumerate(factors) if number not in telling]
        if usual:
            yield f"  1 in all of them: {', '.join(usual)}"
        yield "  expected: who set out in the month at the middle; the run says: median of its replicates"
        others = self._found.others
        if others:
            away, back = sum(one.people_start for one in others), sum(one.returns for one in others)
            yield (
                f"  Not shown: {len(others)} smaller flows, together {people(away)} people of whom {people(back)} "
                "return (means; listed in --json). Give --from and --to to see one."
            )

    def _homes(self) -> Iterator[Table | str]:
        homes = self._found.homes
        yield (
            f"The districts, at the middle on {homes[0].day}: violence in deaths per 100,000 residents and 30 days, "
            "habitable housing and working services; people present, whoever they are, at the end of the month; US "
            "dollars per returnee to make whole what of dwellings and services does not stand."
        )
        columns = {"district": False, "people present": True, "violence": True, "housing": True, "services": True}
        shown = table("", columns | {"dwellings filled": True, "dollars per returnee": True})
        for home in homes:
            shares = ("–" if share is None else f"{share:.0%}" for share in (home.housing, home.services))
            present, filled = _range(home.people_present), f"{home.crowding:.2f} times"
            money = _range(home.money) if home.money else "–"
            shown.add_row(self._name(home.district), present, f"{home.violence:.2f}", *shares, filled, money)
        yield shown

    def _rows(self) -> Iterator[Table | str]:
        copy = f"{self._found.provenance.run_dir}/case"
        yield (
            f"The rows in force in the month, in the run's own copy of the case, {copy}; rows count from 1 below the "
            "heading. Each with its range and its reason: --table FILE or --json."
        )
        columns = {"rows": False, "place": False, "what": False, "value": False, "from": False}
        shown = table("", columns | {"source": False, "read by": False})
        _wrap(shown, {0: 20, 1: 14, 3: 18, 5: 16, 6: 12})
        for column, width in ((0, 21), (1, 16), (3, 19), (5, 17)):
            shown.columns[column].max_width = width
        for group in _grouped(self._found.rows):
            first = group[0]
            where = list(dict.fromkeys(self._place(row) for row in group))
            shown.add_row(
                f"{first.table} {_spans(row.row for row in group)}", _few(where, ", "), first.indicator,
                _values(group), "" if first.date is None else f"{first.date}", f"{first.source} ({first.basis})",
                ", ".join(_READERS.get(name, name) for name in first.read_by),
            )  # fmt: skip
        yield shown

    def _place(self, row: ExplainedRow) -> str:
        return row.place.partition(" at ")[0] if row.table == "population" else row.place

    def _origins(self) -> Iterator[str]:
        run = self._found.provenance
        restart = f", restarted from the record of {run.restart}" if run.restart else ""
        scenario = f", scenario {run.scenario}" if run.scenario else ""
        yield f"Case {run.case} ({run.case_hash[:12]}){scenario}{restart}; {run.start} to {run.end}."
        versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
        yield f"Seed {run.seed}, {run.replicates} replicates, {_step(run.step_hours)}; {versions}."
        if run.fitted_through:
            known = f", from rows known by {run.fit_known_on}" if run.fit_known_on else ""
            yield f"Parameters fitted to figures through {run.fitted_through}{known}."
        yield from (f"To make it again: {command}" for command in run.again)


def _step(hours: int) -> str:
    return {24: "steps of a day", 168: "steps of a week"}.get(hours, f"steps of {hours} hours")


def _wrap(shown: Table, widths: Mapping[int, int]) -> None:
    """Let these columns wrap, at no less than so many characters."""
    for column, width in widths.items():
        shown.columns[column].no_wrap = False
        shown.columns[column].min_width = width


def _range(found: ExplainedRange) -> str:
    if found.p05 is None or found.p95 is None or found.p05 == found.p95:
        return people(found.p50)
    return f"{people(found.p50)} ({people(found.p05)} to {people(found.p95)})"


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 0.0995 else f"{value:.2f}"


def _between(first: float, last: float) -> str:
    low, high = _short(first), _short(last)
    return low if low == high else f"{low} to {high}"


def _inputs(factor: ExplainedFactor) -> Iterator[str]:
    """Yield lines of the numbers behind a factor, those of one thing together."""
    groups: dict[str, list[str]] = {}
    for number, one in enumerate(factor.inputs):
        value = "unknown" if one.value is None else f"{one.value:.3g}"
        unit = "" if one.unit in PLAIN_UNITS else f" {one.unit}"
        groups.setdefault(one.of or str(number), []).append(f"{one.name} {value}{unit}")
    for of, texts in groups.items():
        yield ", ".join(texts) if of.isdigit() else f"{of}: {', '.join(texts)}"


def _grouped(rows: Sequence[ExplainedRow]) -> Iterator[list[ExplainedRow]]:
    """Yield rows that differ in number, date and value only; people at the start by stage."""
    groups: dict[tuple[object, ...], list[ExplainedRow]] = {}
    for row in rows:
        where = "" if row.table in ("population", "routes", "places") else row.place
        key = (row.table, where, row.indicator, row.basis, row.source, row.read_by)
        groups.setdefault(key, []).append(row)
    yield from groups.values()


def _values(group: Sequence[ExplainedRow]) -> str:
    first = group[0]
    if first.table == "population":
        return f"{people(sum(float(row.value or 0.0) for row in group))} people"
    if first.table == "routes":
        return ""
    texts = [_value(row, alone=len(group) == 1) for row in group]
    distinct = list(dict.fromkeys(texts))
    return distinct[0] if len(distinct) == 1 else _few(texts, ", ")


def _few(texts: Sequence[str], between: str) -> str:
    more = f" and {len(texts) - SHOWN_VALUES} more" if len(texts) > SHOWN_VALUES else ""
    return between.join(texts[:SHOWN_VALUES]) + more


def _value(row: ExplainedRow, *, alone: bool) -> str:
    if not isinstance(row.value, float | int):
        return row.value or ""
    between = "" if not alone or row.low is None or row.high is None else f" ({row.low:g}–{row.high:g})"
    return (f"{row.value:,.0f}" if row.value >= 1_000 else f"{row.value:g}") + between


def _spans(numbers: Iterable[int]) -> str:
    """Return numbers as ``3–5, 9``."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    if len(spans) > MOST_SPANS:
        return f"{spans[0][0]}–{spans[-1][1]}, {sum(last - first + 1 for first, last in spans)} of them"
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in spans)


def _parameters(parameters: Sequence[ExplainedParameter]) -> Iterator[Table | str]:
    yield (
        "The parameters: value at the middle, range over the replicates where they drew it, and how much of the "
        "prior's spread the fit left (1: the figures said nothing). Meaning, unit and source of each: --json."
    )
    columns = {"parameter": False, "value": True, "5 % to 95 %": True, "set by": False, "prior": False}
    shown = table("", columns | {"left": True, "read by": False})
    _wrap(shown, {4: 20, 6: 12})
    for one in parameters:
        if one.prior == "fixed":
            continue
        drawn = "" if one.p05 is None or one.p95 is None else f"{one.p05:.3g} to {one.p95:.3g}"
        left = "" if one.spread is None else f"{one.spread:.2f}"
        shown.add_row(one.name, f"{one.value:.4g}", drawn, one.set_by, one.prior, left, ", ".join(one.read_by))
    yield shown
    fixed = [f"{one.name} {one.value:g}" for one in parameters if one.prior == "fixed"]
    if fixed:
        yield f"Fixed: {', '.join(fixed)}."
