from __future__ import annotations

from pathlib import Path

from homeward.case.flee.model import Redirection
from homeward.case.flee.reader import read_flee
from tests.case.flee.small_flee import edit, problems_of, warnings_about

ROUTES = "input_csv/routes.csv"


def test_numbers_of_redirection_mean_what_flees_pages_say(directory: Path) -> None:
    edit(directory, ROUTES, "Brook,Cross,30,0", "Brook,Cross,30,1")
    found = [route.redirection for route in read_flee(directory).routes]
    assert found == [Redirection.NONE, Redirection.TO_FIRST, Redirection.NONE, Redirection.NONE, Redirection.TO_SECOND]


def test_redirection_is_told_because_flee_does_not_look_at_it(directory: Path) -> None:
    assert warnings_about(read_flee(directory), "never looks at it when people choose a route")
    edit(directory, ROUTES, "10,2,", "10,0,")
    assert warnings_about(read_flee(directory), "forced_redirection") == []


def test_a_route_may_do_without_the_cell_for_redirection(directory: Path) -> None:
    edit(directory, ROUTES, "Brook,Dale,15,,", "Brook,Dale,15")
    route = read_flee(directory).routes[3]
    assert (route.redirection, route.attributes) == (Redirection.NONE, ())


def test_a_route_that_stands_twice_is_told(directory: Path) -> None:
    edit(directory, ROUTES, "Brook,Dale,15,,\n", "Brook,Dale,15,,\nDale,Brook,16,,\n")
    case = read_flee(directory)
    assert len(case.routes) == 6
    assert warnings_about(case, "Brook – Dale stand twice: Flee makes two routes of it")


def test_a_speed_is_a_number_and_stands_for_all_routes(directory: Path) -> None:
    text = (directory / ROUTES).read_text().replace("surface", "max_move_speed").replace("paved", "50")
    (directory / ROUTES).write_text(text)
    assert "'max_move_speed' is 'gravel'" in problems_of(directory)[0].what
    edit(directory, ROUTES, "gravel", "20.5")
    case = read_flee(directory)
    assert dict(case.routes[0].attributes) == {"max_move_speed": "50"}
    assert warnings_about(case, "is blank for some routes, where Flee stops; here the setting holds")
    (directory / ROUTES).write_text(text.replace("50", "").replace("gravel", ""))
    assert warnings_about(read_flee(directory), "is blank for some routes") == []


def test_a_major_route_of_one_place_is_refused(directory: Path) -> None:
    (directory / "input_csv" / "major_routes.csv").write_text("Alba,,\n")
    assert "names one place only" in problems_of(directory)[0].what


def test_a_table_without_routes_is_refused(directory: Path) -> None:
    (directory / ROUTES).write_text("#name1,name2,distance,forced_redirection\n")
    assert "the table has no rows" in problems_of(directory)[0].what


def test_a_location_without_a_route_is_told(directory: Path) -> None:
    edit(directory, "input_csv/locations.csv", "Fort,East", "Glen,East,Abroad,12,22,town,,,\nFort,East")
    assert warnings_about(read_flee(directory), "Glen has no route: nobody can leave or reach it")
