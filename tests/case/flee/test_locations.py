from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.flee.locations import location_kind, read_locations
from homeward.case.flee.model import FleeLocation, LocationKind
from homeward.case.flee.rows import Findings

FILE = "input_csv/locations.csv"
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="#"), min_size=1, max_size=8
)


def read(path: Path, text: str) -> tuple[tuple[FleeLocation, ...], Findings]:
    file = path / "locations.csv"
    file.write_text(text, encoding="utf-8")
    findings = Findings()
    return read_locations(file, FILE, findings)[0], findings


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("conflict_zone", LocationKind.CONFLICT_ZONE),
        ("Conflict", LocationKind.CONFLICT_ZONE),
        ("town", LocationKind.TOWN),
        ("default", LocationKind.TOWN),
        ("camp", LocationKind.CAMP),
        ("Refugee camp", LocationKind.CAMP),
        ("idpcamp", LocationKind.IDP_CAMP),
        ("IDP_camp", LocationKind.IDP_CAMP),
        ("forward", LocationKind.FORWARDING_HUB),
        ("forwarding_hub", LocationKind.FORWARDING_HUB),
        ("marker", LocationKind.MARKER),
        ("flood_zone", LocationKind.FLOOD_ZONE),
        ("idp", None),
        ("city", None),
        ("", None),
    ],
)
def test_a_kind_is_taken_from_the_word_as_flee_takes_it(word: str, kind: LocationKind | None) -> None:
    assert location_kind(word) is kind


def test_the_header_may_name_the_coordinates_the_other_way_round(tmp_path: Path) -> None:
    row = "A,R,C,20.0,10.0,town,,5\n"
    by_header = {
        "#name,region,country,latitude,longitude,location_type,conflict_date,population": (20.0, 10.0),
        "#name,region,country,gps_x,gps_y,location_type,conflict_date,population": (20.0, 10.0),
        "#name,region,country,lon,lat,location_type,conflict_date,population": (10.0, 20.0),
    }
    for header, degrees in by_header.items():
        (location,), _ = read(tmp_path, f"{header}\n{row}")
        assert (location.latitude, location.longitude) == degrees


def test_blank_cells_are_unknown_and_nobody(tmp_path: Path) -> None:
    (location,), findings = read(tmp_path, "name,a,b,c,d,e,f,g,hdi\nA,,,,,town,,,\n")
    assert location == FleeLocation("A", None, None, None, None, LocationKind.TOWN, None, 0, (("hdi", ""),))
    assert location.attribute("hdi") is None
    assert findings == Findings()


def test_people_are_residents_or_a_capacity(tmp_path: Path) -> None:
    (town, camp), _ = read(tmp_path, "#name,\nA,,,,,town,,7,\nB,,,,,camp,,9,\n")
    assert (town.population, town.capacity) == (7, None)
    assert (camp.population, camp.capacity) == (0, 9)


def test_a_camp_without_a_capacity_is_told(tmp_path: Path) -> None:
    _, findings = read(tmp_path, "#name,\nA,,,,,camp,,,\nB,,,,,town,,,\n")
    assert len(findings.warnings) == 1
    assert "A has no capacity: Flee's pages say" in findings.warnings[0]


def test_a_further_column_that_rules_use_is_a_number_from_nought(tmp_path: Path) -> None:
    _, findings = read(tmp_path, "#name,b,c,d,e,f,g,h,initial_idps,note\nA,,,,,town,,,-1,-1\nB,,,,,town,,,5,x\n")
    assert [problem.what for problem in findings.problems] == ["'initial_idps' is -1.0, which is below 0"]


def test_a_row_that_is_wrong_still_names_its_place(tmp_path: Path, findings: Findings) -> None:
    path = tmp_path / "locations.csv"
    path.write_text("#name,\nA,,,x,,town,,\n,,,,,town,,\n")
    locations, names = read_locations(path, FILE, findings)
    assert [location.name for location in locations] == [""]
    assert names.known == frozenset({"A", ""})
    assert [(problem.row, problem.what[:10]) for problem in findings.problems] == [(1, "'latitude'"), (2, "'name' is ")]


@st.composite
def locations(draw: st.DrawFn) -> FleeLocation:
    kind = draw(st.sampled_from(LocationKind))
    day = draw(st.integers(0, 999) if kind is LocationKind.CONFLICT_ZONE else st.none() | st.integers(0, 999))
    return FleeLocation(
        draw(WORDS), draw(st.none() | WORDS), draw(st.none() | WORDS),
        draw(st.none() | st.floats(-90, 90)), draw(st.none() | st.floats(-180, 180)),
        kind, day, draw(st.integers(1, 10**9)), (("grade", draw(WORDS)), ("note", draw(st.just("") | WORDS))),
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(written=st.lists(locations(), min_size=1, max_size=5, unique_by=lambda location: location.name))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, written: list[FleeLocation]) -> None:
    path = tmp_path_factory.mktemp("written") / "locations.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["#name", "region", "country", "latitude", "longitude", "type", "day", "people", "grade", "note"]
        )
        for place in written:
            cells = (place.name, place.region, place.country, place.latitude, place.longitude, place.kind.value)
            writer.writerow((*cells, place.conflict_day, place.people, *(text for _, text in place.attributes)))
    findings = Findings()
    read, names = read_locations(path, FILE, findings)
    assert findings.problems == []
    assert list(read) == written
    assert names.known == frozenset(place.name for place in written)
