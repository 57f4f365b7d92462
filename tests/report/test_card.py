"""The model card, on a run whose figures are known by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from homeward.case.schema import Basis, Case, Fitted, Measure, Observation
from homeward.report.facts import MatrixLine, ModelCard, ReportData
from homeward.report.gather import gather
from homeward.report.render import render
from tests.hand_made import month_ends
from tests.report.runs import hand_made_run
from tests.report.test_render import taken_apart
from tests.small_case import small_case

FITTED_THROUGH = date(2014, 12, 31)
REPLICATES = 20


def figure(when: date, measure: Measure, place: str, value: float, definition: str = "UNHCR year-end") -> Observation:
    said = {"source": "made-up", "known_on": date(when.year + 1, 6, 20), "basis": Basis.OBSERVED}
    row = {"date": when, "measure": measure, "place": place, "value": value, "definition": definition}
    return Observation.model_validate(row | said)


def carded_case() -> Case:
    """Return the small case over 2012–2015, fitted through 2014.

    Refugees in HOA (1,000 to 20,000 in city) are observed at 10,000 at each year-end, those in HOB (2,000 in all
    replicates) at 2,000; HOB's running count of every month of 2014 is ten times that.
    """
    case = small_case(start=date(2012, 1, 1), end=date(2015, 12, 31))
    ends = [date(year, 12, 31) for year in range(2012, 2016)]
    months = [end for end in month_ends(case) if end.year == 2014]
    observed = (
        *(figure(end, Measure.REFUGEE_STOCK, "HOA", 10_000) for end in ends),
        *(figure(end, Measure.REFUGEE_STOCK, "HOB", 2_000) for end in ends),
        *(figure(end, Measure.REGISTERED_STOCK, "HOB", 20_000, "running count") for end in months),
        figure(ends[1], Measure.REFUGEE_STOCK, "city", 9_000),
    )
    fitted = Fitted(fitted_through=FITTED_THROUGH, known_on=date(2015, 6, 20), parameters={"flight_hazard": 0.002},
                    spread={"flight_hazard": 0.95})  # fmt: skip
    return case.model_copy(update={"observed": observed, "fitted": fitted, "events": ()})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    folder = tmp_path_factory.mktemp("card") / "run"
    return gather(hand_made_run(folder, replicates=REPLICATES, case=carded_case()))


@pytest.fixture(scope="module")
def card(data: ReportData) -> ModelCard:
    return data.card


def test_data_stand_with_their_dates_and_estimates(card: ModelCard) -> None:
    tables = {table.table: table for table in card.tables}
    observed = tables["observed"]
    assert (observed.rows, observed.first, observed.last) == (21, date(2012, 12, 31), date(2015, 12, 31))
    assert observed.known_on == date(2016, 6, 20)
    assert (observed.estimates, observed.people) == (0, None)
    assert tables["places"].first is None
    assert tables["population"].people == 0
    assert "events" not in tables


def test_estimates_are_shares_of_rows_and_of_people(tmp_path: Path) -> None:
    case = small_case()
    first, *rest = case.population
    guess = first.model_copy(update={"basis": Basis.ESTIMATE, "why": "a guess"})
    run = hand_made_run(tmp_path / "run", replicates=1, case=case.model_copy(update={"population": (guess, *rest)}))
    [table] = [table for table in gather(run).card.tables if table.table == "population"]
    assert table.estimates == pytest.approx(1 / (1 + len(rest)))
    assert table.people == pytest.approx(first.people / sum(row.people for row in case.population))


def line_of(card: ModelCard, title: str, period: str) -> MatrixLine:
    [line] = [line for line in card.matrix if (line.title, line.period) == (title, period)]
    return line


def test_the_matrix_says_how_many_figures_were_fitted(card: ModelCard) -> None:
    """A fit leaves out the first full year: 2014 alone is both scored and fitted, for both groups."""
    stocks = line_of(card, "Refugees", "2013–2018")
    assert (stocks.n, stocks.fitted) == (6, 2)
    running = line_of(card, "Registered refugees", "all years")
    assert (running.n, running.fitted) == (12, 0)


def test_coverage_stands_with_its_width_and_skill_with_its_baseline(card: ModelCard) -> None:
    stocks = line_of(card, "Refugees", "2013–2018")
    assert stocks.scores is not None
    assert stocks.scores.coverage90 == pytest.approx(5 / 6)  # the register of HOB lags at first
    assert stocks.scores.log_width90 is not None
    assert stocks.scores.log_width90 > 1
    # The figures never move, so persistence hits them all, and there is no walk: nothing to have skill over.
    assert stocks.skills == ()
    assert line_of(card, "Registered refugees", "all years").scores is not None


def test_what_has_no_figure_is_said(card: ModelCard) -> None:
    said = " ".join(card.not_scored)
    assert "internally displaced people, returns of refugees, returns of IDPs, new arrivals" in said
    assert "Places within host countries: 2 of 3 have no figure" in said
    assert "compared for 0 of 2 hosts" in said


def test_limits_come_from_the_run(data: ReportData) -> None:
    said = " ".join(data.card.limits)
    headline = [row for row in data.score.rows if row.headline]
    inside = [row for row in headline if (row.low90 or 0) <= row.observed <= (row.high90 or 0)]
    assert len(headline) - len(inside) == 14  # all of the running count, and two of HOB
    assert "14 of 20 figures of the headline lie outside their 90 % interval (70 %" in said
    assert "Of 1 fitted parameters, the figures say next to nothing about 1 (" in said
    assert "Nothing after" not in said


def test_hosts_whose_intervals_hold_too_few_figures_are_named(card: ModelCard) -> None:
    [spot] = card.weak_spots
    assert (spot.title, spot.name, spot.n, spot.coverage) == ("Registered refugees", "Farland", 12, 0)
    assert spot.error == pytest.approx(-0.9, abs=0.01)
    assert card.judged == 1


def test_the_card_stands_in_the_report(data: ReportData) -> None:
    page = taken_apart(render(data))
    seen = page.seen()
    assert "Never to declare a place safe" in seen
    assert "Never for a decision about a person" in seen
    assert "Registered refugees running count Farland 12 0 %" in seen
    assert "Refugees, 2013–2018 UNHCR year-end 6 2 " in seen
    pictures = [a for tag, a in page.tags if a.get("class") == "pit"]
    assert pictures
    assert all(a.get("aria-label") for a in pictures)


def test_a_run_of_few_replicates_has_a_card_without_intervals(tmp_path: Path) -> None:
    data = gather(hand_made_run(tmp_path / "run", replicates=2))
    assert data.card.judged == 0
    assert all(line.scores is None for line in data.card.matrix)
    seen = taken_apart(render(data)).seen()
    assert "None: 2 replicates are fewer than the 20 that an interval needs" in seen
    assert "none can be judged by itself" in seen
    assert "lie outside their 90 % interval" not in seen
