"""Links each way with what the file says of them, and which are open on each day."""

from __future__ import annotations

import pytest

from homeward.case.flee.model import Closure
from homeward.rules.flee.network import Network, network_of, open_links
from tests.rules.flee import case_of, closed, place, route

PLACES = (place("A"), place("B"), place("C", country="Away"), place("D", country="Away"), place("E", country="Third"))
ROUTES = (route("A", "B", 10), route("B", "C", 20), route("D", "C", 30), route("E", "A", 40), route("A", "D", 50))


@pytest.fixture(scope="module")
def network() -> Network:
    return network_of(case_of(PLACES, ROUTES))


def named(network: Network, links: list[int]) -> set[str]:
    return {network.names[network.start[link]] + network.names[network.end[link]] for link in links}


def shut_by_day(network: Network, closures: list[Closure], days: int) -> list[set[str]]:
    is_open = open_links(network, closures, days)
    assert is_open.shape == (days, network.links)
    return [named(network, [link for link in range(network.links) if not row[link]]) for row in is_open]


def test_a_route_is_a_link_each_way_of_the_same_length(network: Network) -> None:
    assert network.names == ("A", "B", "C", "D", "E")
    assert network.countries == ("Home", "Home", "Away", "Away", "Third")
    assert network.links == 10
    ends = zip(network.start.tolist(), network.end.tolist(), network.km.tolist(), strict=True)
    lengths = {network.names[start] + network.names[end]: km for start, end, km in ends}
    ways = ("AB", 10), ("BC", 20), ("CD", 30), ("AE", 40), ("AD", 50)
    assert lengths == {each: km for name, km in ways for each in (name, name[::-1])}


def test_links_that_leave_a_place_are_in_the_order_of_the_file(network: Network) -> None:
    ends = [[network.names[network.end[link]] for link in links] for links in network.leaving]
    assert ends == [["B", "E", "D"], ["A", "C"], ["B", "D"], ["C", "A"], ["A"]]
    assert [network.code[name] for name in network.names] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("again", [route("A", "B", 99), route("B", "A", 99)])
def test_of_two_routes_between_the_same_places_the_first_counts(again: object) -> None:
    network = network_of(case_of(PLACES[:2], [ROUTES[0], again]))  # type: ignore[list-item]
    assert network.km.tolist() == [10, 10]


def test_a_link_may_have_its_own_speed_and_share_of_walkers() -> None:
    own = route("A", "B", 10, max_move_speed="90.5", walk_probability="0.25", surface="paved")
    blank = route("B", "C", 10, max_move_speed="", walk_probability="")
    network = network_of(case_of(PLACES, [own, blank], move={"max_move_speed": 300.0}))
    assert network.ride_km.tolist() == [90.5, 90.5, 300, 300]
    assert network.walk_share.tolist() == [0.25, 0.25, 0, 0]


def test_rules_of_flee_1_ride_200_km() -> None:
    network = network_of(case_of(PLACES, ROUTES[:1], move={"max_move_speed": 300.0, "use_v1_rules": True}))
    assert network.ride_km.tolist() == [200, 200]


def test_a_country_without_a_name_is_a_blank_one() -> None:
    assert network_of(case_of([place("A", country="")])).countries == ("",)


def test_a_case_without_routes_has_no_links() -> None:
    network = network_of(case_of(PLACES))
    assert (network.links, network.leaving) == (0, ((), (), (), (), ()))
    assert open_links(network, [closed("location", "A", None, 0)], 3).shape == (3, 0)


def test_without_closures_all_is_open(network: Network) -> None:
    assert shut_by_day(network, [], 3) == [set(), set(), set()]


@pytest.mark.parametrize("countries", [("Home", "Away"), ("Away", "Home")])
def test_a_border_shuts_both_ways_between_two_countries_only(network: Network, countries: tuple[str, str]) -> None:
    border = {"BC", "CB", "AD", "DA"}
    assert shut_by_day(network, [closed("country", *countries, 1, 3)], 4) == [set(), border, border, set()]


def test_a_place_shuts_with_all_its_links(network: Network) -> None:
    assert shut_by_day(network, [closed("location", "C", None, 0, 1)], 2) == [{"BC", "CB", "CD", "DC"}, set()]


def test_a_route_shuts_both_ways(network: Network) -> None:
    assert shut_by_day(network, [closed("link", "A", "B", 0)], 1) == [{"AB", "BA"}]
    assert shut_by_day(network, [closed("link", "B", "A", 0)], 1) == [{"AB", "BA"}]


@pytest.mark.parametrize("kind", ["camp", "idpcamp", "remove_forced_redirection"])
def test_what_is_no_closure_of_links_shuts_none(network: Network, kind: str) -> None:
    assert shut_by_day(network, [closed(kind, "A", "B", 0, 2)], 2) == [set(), set()]


def test_the_latest_event_of_a_link_holds(network: Network) -> None:
    """The place opens on day 3 what the route, shut until day 5, still keeps shut in its own row."""
    closures = [closed("link", "A", "B", 0, 5), closed("location", "B", None, 2, 3), closed("link", "A", "B", 4, None)]
    around = {"AB", "BA", "BC", "CB"}
    route = {"AB", "BA"}
    assert shut_by_day(network, closures, 6) == [route, route, around, set(), route, set()]


def test_of_two_events_on_a_day_the_later_row_holds(network: Network) -> None:
    one, other = closed("link", "A", "B", 0, 2), closed("link", "A", "B", 2, None)
    assert shut_by_day(network, [one, other], 3)[2] == {"AB", "BA"}
    assert shut_by_day(network, [other, one], 3)[2] == set()


def test_a_closure_that_opens_before_it_shuts_stays_shut(network: Network) -> None:
    assert shut_by_day(network, [closed("link", "A", "B", 2, 1)], 4) == [set(), set(), {"AB", "BA"}, {"AB", "BA"}]


def test_days_beyond_the_end_change_nothing(network: Network) -> None:
    closures = [closed("link", "A", "B", 3, 9), closed("link", "B", "C", 1, 3)]
    assert shut_by_day(network, closures, 3) == [set(), {"BC", "CB"}, {"BC", "CB"}]
