"""The section of a sensitivity analysis: the geometry of its plots, what it hides, and what it says of differences."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import pytest

from homeward.errors import UsageError
from homeward.report.facts import ReportData
from homeward.report.gather import gather
from homeward.report.render import render
from homeward.report.sensitivity import HALF, WIDTH, ZERO, SensitivityView, sensitivity_view
from homeward.results.sensitivity_contract import Sensitivity
from tests.report import test_render
from tests.report.runs import hand_made_run
from tests.report.test_render import taken_apart

LONGEST = "safety_weight_persecution_displaced"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    return gather(hand_made_run(tmp_path_factory.mktemp("sensitivity") / "run"))


def bar(name: str, low: float | None, high: float | None) -> dict[str, Any]:
    people = [1_000 * (1 + (change or 0.0)) for change in (low, high)]
    return {"parameter": name, "low": people[0], "high": people[1], "low_change": low, "high_change": high}


def document(data: ReportData, *bars: dict[str, Any], middle: float = 1_000.0, **more: Any) -> Sensitivity:
    """Return an analysis with one figure, the refugees, and these bars."""
    names = [one["parameter"] for one in bars]
    info = data.info
    figure = {
        "measure": "refugee_stock", "country": None, "date": info.end, "middle": middle, "bars": bars,
        "indices": [{"parameter": name, "mu": -1.0, "mu_star": 1.25, "mu_star_half_width": 0.5, "sigma": 0.25}
                    for name in names],
    }  # fmt: skip
    parameters = [
        {"name": name, "unit": "per day", "rests_on": "prior", "centre": 0.0, "spread": 1.0, "low": 0.00121,
         "middle": 0.002, "high": 0.00345}
        for name in names
    ]  # fmt: skip
    said = {
        "case": info.case, "case_hash": info.case_hash, "scenario": None, "start": info.start, "end": info.end,
        "fitted_through": None, "method": "morris", "size": 3, "seed": 1, "runs": 20, "wall_s": 1.0,
        "parameters": parameters, "figures": [figure], "notes": ["A note."],
    }  # fmt: skip
    return Sensitivity.model_validate(said | more)


def view(data: ReportData, *bars: dict[str, Any], **more: Any) -> SensitivityView:
    return sensitivity_view(data, document(data, *bars, **more))


def test_bars_go_out_from_the_middle_on_a_logarithmic_axis(data: ReportData) -> None:
    drawn = view(data, bar("flight_hazard", -0.5, 0.9), bar("spill_over", 0.1, -0.1)).parts[0].tornado
    assert drawn is not None
    assert [words for _, words in drawn.ticks] == ["−50 %", "0", "+100 %"]
    assert [x for x, _ in drawn.ticks] == [ZERO - HALF, ZERO, ZERO + HALF]
    wide, narrow = drawn.bars
    assert wide.low == (ZERO - HALF, HALF)
    assert wide.high[0] == ZERO
    assert wide.high[1] == pytest.approx(HALF * math.log(1.9) / math.log(2.0), abs=0.06)
    assert [(word.anchor, word.text) for word in wide.words] == [("end", "−50 %"), ("start", "+90 %")]
    assert narrow.low[0] == ZERO
    assert narrow.high[0] < ZERO
    assert [(word.anchor, word.text) for word in narrow.words] == [("end", "−10 %"), ("start", "+10 %")]
    assert wide.title == "flight_hazard: −50 % at 0.00121, +90 % at 0.00345"
    assert wide.y < narrow.y < drawn.height


def test_bars_that_point_the_same_way_are_both_seen_and_told_once(data: ReportData) -> None:
    drawn = view(data, bar("flight_hazard", 0.2, 0.1)).parts[0].tornado
    assert drawn is not None
    [only] = drawn.bars
    assert only.same_side
    assert [word.text for word in only.words] == ["+20 %"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(-0.01, 0.01, "+2.0 %"), (-0.3, 0.3, "+50 %"), (-0.9, 1.0, "×10.0"), (-1.0, 2_000.0, "×100.0")],
)
def test_the_axis_ends_beyond_all_bars_or_cuts_them_off(low: float, high: float, ticks: str, data: ReportData) -> None:
    drawn = view(data, bar("flight_hazard", low, high)).parts[0].tornado
    assert drawn is not None
    assert drawn.ticks[-1][1] == ticks
    [only] = drawn.bars
    assert all(x >= ZERO - HALF and x + width <= ZERO + HALF for x, width in (only.low, only.high))
    assert ZERO + HALF < WIDTH


def test_empty_bars_are_left_out(data: ReportData) -> None:
    [part] = view(data, bar("flight_hazard", -0.5, 0.9), bar("spill_over", 0.0, 0.0)).parts
    assert part.tornado is not None
    assert [one.name for one in part.tornado.bars] == ["flight_hazard"]
    assert [line.name for line in part.lines] == ["flight_hazard", "spill_over"]


def test_a_plot_has_room_for_twelve(data: ReportData) -> None:
    bars = [bar(f"parameter_{number}", -0.5 + number / 100, 0.5) for number in range(15)]
    [part] = view(data, *bars).parts
    assert part.tornado is not None
    assert [one.name for one in part.tornado.bars] == [f"parameter_{number}" for number in range(12)]


@pytest.mark.parametrize("middle", [0.0, 7.0])
def test_changes_of_a_suppressed_count_are_not_given_away(middle: float, data: ReportData) -> None:
    change = None if middle == 0 else -0.5
    [part] = view(data, bar("flight_hazard", change, change), middle=middle).parts
    assert part.tornado is None
    assert (part.lines[0].low, part.lines[0].high) == ("–", "–")


def test_lines_say_what_moves_and_how_far(data: ReportData) -> None:
    [line] = view(data, bar("flight_hazard", -0.5, 6.0)).parts[0].lines
    assert line.meaning.startswith("Hazard of leaving home")
    assert (line.range, line.rests_on) == ("0.00121 to 0.00345 per day", "prior")
    assert line.cells == ("1.25 ± 0.50", "0.25")
    assert (line.low, line.high) == ("−50 %", "×7.0")


def test_sobol_indices_have_columns_of_their_own(data: ReportData) -> None:
    found = document(data, bar("flight_hazard", -0.5, 0.5), method="sobol")
    index = {"parameter": "flight_hazard", "first": -0.014, "first_half_width": 0.1, "total": 0.5,
             "total_half_width": 0.2}  # fmt: skip
    figure = found.figures[0].model_dump() | {"indices": [index]}
    shown = sensitivity_view(data, Sensitivity.model_validate(found.model_dump() | {"figures": [figure]}))
    assert shown.columns == ("Alone", "Total")
    assert shown.parts[0].lines[0].cells == ("−0.01 ± 0.10", "0.50 ± 0.20")
    assert "Sobol' indices, 3 base points" in taken_apart(render(data, found)).seen()


def test_what_was_not_as_in_the_run_is_said(data: ReportData) -> None:
    one = bar("flight_hazard", -0.5, 0.5)
    assert view(data, one).differences == view(data, one, scenario="laid over before").differences == ()
    other = view(data, one, end=date(2013, 12, 31), scenario="calm", case_hash="0").differences
    assert other == ("it ran from 1 January 2012 to 31 December 2013", "its scenario was calm")
    assert view(data, one, case_hash="0").differences == ("the case or the parameters that it sets were others",)
    with pytest.raises(UsageError, match="is of the case elsewhere, the run of small"):
        view(data, one, case="elsewhere")


def test_the_section_stands_before_the_parameters_and_only_where_it_is_given(data: ReportData) -> None:
    found = document(data, bar(LONGEST, -0.5, 0.9), scenario="<b>calm</b>", case_hash="0")
    page = taken_apart(render(data, found))
    assert [a["id"] for a in page.all("section")][-3:] == ["sensitivity", "parameters", "sources"]
    assert [a["href"] for a in page.all("a")][-3:] == ["#sensitivity", "#parameters", "#sources"]
    test_render.test_tables_and_pictures_can_be_read_aloud(page)
    seen = page.seen()
    assert "in 20 further courses of one seed" in seen
    assert "its scenario was <b>calm</b>" in seen
    assert "A note." in seen
    assert f"{LONGEST}: −50 % at 0.00121, +90 % at 0.00345" in seen
    assert not re.search(r'tornado|id="sensitivity"', render(data))


def test_names_have_room_beside_the_plot(data: ReportData) -> None:
    """The longest name of a parameter, at 0.6 em a letter of 11.5 pixels, begins within the drawing."""
    html = render(data, document(data, bar(LONGEST, -0.5, 0.9)))
    place = re.search(r'<text class="name" x="([\d.]+)"', html)
    assert place is not None
    assert float(place[1]) >= len(LONGEST) * 0.6 * 11.5 - 8
