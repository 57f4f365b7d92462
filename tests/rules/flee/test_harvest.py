"""The routes home of farmers, by hand."""

from __future__ import annotations

import numpy as np

from homeward.rules.flee.cohorts import Cohort
from homeward.rules.flee.harvest import going_home, leading_home
from homeward.rules.flee.network import network_of
from homeward.rules.flee.routes import routes_of
from tests.rules.flee import case_of, place, route

LINE = [place("A", "zone", 9), place("M", "marker"), place("B"), place("C"), place("D", "camp")]
ROADS = [route("A", "M", 10), route("M", "B", 20), route("B", "C", 30), route("C", "D", 40), route("A", "D", 500)]


def chosen(hops: int) -> dict[str, str]:
    """Return the destination on the way home to A, by place."""
    network = network_of(case_of(LINE, ROADS))
    markers = np.array([False, True, False, False, False])
    routes = routes_of(network, markers, hops)
    (found,) = leading_home(network, routes, markers, (0,))
    places = np.repeat(np.arange(5), np.diff(routes.first_route))
    return {network.names[places[at]]: network.names[routes.destination[at]] for at in np.flatnonzero(found)}


def test_the_way_home_is_the_shortest_and_taken_as_far_as_people_know() -> None:
    """From D it is 100 km over C and B, and 500 km straight on."""
    assert chosen(1) == {"M": "A", "B": "A", "C": "B", "D": "C"}
    assert chosen(2) == {"M": "A", "B": "A", "C": "A", "D": "B"}
    assert chosen(3) == {"M": "A", "B": "A", "C": "A", "D": "A"}


def test_farmers_go_home_in_the_months_of_harvest() -> None:
    harvest = np.array([False, True])
    cohorts = (Cohort(), Cohort(home=4, farmer=True), Cohort(home=2, farmer=True), Cohort(home=2))
    found, homes = going_home(cohorts, harvest)
    assert homes == (2, 4)
    assert found.tolist() == [[-1, -1], [-1, 1], [-1, 0], [-1, -1]]


def test_without_farmers_or_a_harvest_nobody_does() -> None:
    assert going_home((Cohort(), Cohort(home=1)), np.array([True]))[0].shape == (0, 1)
    assert going_home((Cohort(home=1, farmer=True),), np.array([False]))[0].shape == (0, 1)
