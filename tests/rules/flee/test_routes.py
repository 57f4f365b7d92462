"""Routes of up to so many hops on a small graph, by hand, and posts and ways that lead along them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.rules.flee.network import Network, network_of
from homeward.rules.flee.routes import Routes, routes_of
from tests.rules.flee import case_of, place, route

SQUARE = ("AB", 1), ("BC", 10), ("CD", 100), ("DA", 1000), ("AC", 10_000)
"""A square with one diagonal; lengths tell which links a route has."""


def built(
    links: Sequence[tuple[str, float]], hops: int, markers: str = "", names: str = "ABCD"
) -> tuple[Network, Routes]:
    network = network_of(case_of([place(name) for name in names], [route(ends[0], ends[1], km) for ends, km in links]))
    return network, routes_of(network, np.array([name in markers for name in names]), hops)


def walked(network: Network, routes: Routes, number: int) -> list[int]:
    """Return the links of a route, followed through ways and posts as people do."""
    links, way = [], int(routes.route_way[number])
    while way >= 0:
        links.append(int(routes.way_link[way]))
        post = int(routes.way_post[way])
        assert routes.post_place[post] == network.end[links[-1]]
        assert routes.post_goal[post] == routes.destination[number]
        way = int(routes.post_way[post])
    return links


def listed(network: Network, routes: Routes, origin: str) -> list[str]:
    """Return the places on every route from an origin, in order."""
    start = network.code[origin]
    found = []
    for number in range(routes.first_route[start], routes.first_route[start + 1]):
        links = walked(network, routes, number)
        found.append(origin + "".join(network.names[network.end[link]] for link in links))
    return sorted(found)


@pytest.mark.parametrize(
    ("hops", "from_a", "from_b"),
    [
        (1, ["AB", "AC", "AD"], ["BA", "BC"]),
        (2, ["AB", "ABC", "AC", "ACB", "ACD", "AD", "ADC"], ["BA", "BAC", "BAD", "BC", "BCA", "BCD"]),
        (
            3,
            ["AB", "ABC", "ABCD", "AC", "ACB", "ACD", "AD", "ADC", "ADCB"],
            ["BA", "BAC", "BACD", "BAD", "BADC", "BC", "BCA", "BCAD", "BCD", "BCDA"],
        ),
    ],
)
def test_routes_of_a_square_with_a_diagonal(hops: int, from_a: list[str], from_b: list[str]) -> None:
    network, routes = built(SQUARE, hops)
    assert listed(network, routes, "A") == from_a
    assert listed(network, routes, "B") == from_b


def test_more_hops_than_places_add_nothing() -> None:
    assert len(built(SQUARE, 9)[1].km) == len(built(SQUARE, 3)[1].km)


def test_a_marker_is_no_hop_and_no_destination() -> None:
    links = ("AB", 1.0), ("BC", 10.0), ("CD", 100.0)
    assert listed(*built(links, 1, markers="B"), "A") == ["ABC"]
    assert listed(*built(links, 1, markers="BC"), "A") == ["ABCD"]
    assert listed(*built(links, 2, markers="B"), "A") == ["ABC", "ABCD"]
    assert listed(*built(links, 2, markers="BCD"), "A") == []
    assert listed(*built(links, 1, markers="B"), "B") == ["BA", "BC"], "who is at a marker leaves it as from any place"


def test_a_marker_at_a_dead_end_leads_nowhere() -> None:
    assert listed(*built((("AB", 1.0), ("AC", 2.0)), 3, markers="B"), "A") == ["AC"]


def test_lengths_and_links_are_those_of_all_its_links() -> None:
    network, routes = built(SQUARE, 3)
    for number in range(len(routes.km)):
        links = walked(network, routes, number)
        assert routes.km[number] == sum(network.km[link] for link in links)
        assert np.flatnonzero(routes.uses[number]).tolist() == sorted(links)


def test_who_follows_nothing_is_at_the_first_posts() -> None:
    network, routes = built(SQUARE, 2)
    places = len(network.names)
    assert routes.post_place[:places].tolist() == routes.post_goal[:places].tolist() == [0, 1, 2, 3]
    assert routes.post_way[:places].tolist() == [-1] * places
    assert (routes.post_way[places:] >= 0).all()


def test_same_rests_of_routes_are_one_post_and_one_way() -> None:
    """From B and from D over A to C: whoever is at A then does the same."""
    routes = built(SQUARE, 2)[1]
    rests = list(zip(routes.post_place.tolist(), routes.post_way.tolist(), strict=True))
    assert len(rests) == len(set(rests))
    ways = list(zip(routes.way_link.tolist(), routes.way_post.tolist(), strict=True))
    assert len(ways) == len(set(ways))


def test_a_case_without_routes_has_none() -> None:
    _, routes = built((), 3)
    assert (routes.first_route.tolist(), len(routes.km), len(routes.way_link)) == ([0] * 5, 0, 0)


PAIRS = [one + other for one in "ABCDEF" for other in "ABCDEF" if one < other]


@given(
    pairs=st.lists(st.sampled_from(PAIRS), unique=True, max_size=9),
    markers=st.sets(st.sampled_from("ABCDEF"), max_size=2),
    hops=st.integers(1, 4),
)
def test_every_route_is_short_enough_has_no_loop_and_leads_where_it_says(
    pairs: list[str], markers: set[str], hops: int
) -> None:
    network, routes = built([(pair, 1.0) for pair in pairs], hops, "".join(markers), "ABCDEF")
    everything = [each for name in network.names for each in listed(network, routes, name)]
    assert len(everything) == len(set(everything)) == len(routes.km)
    assert set(everything) == set(by_extension(pairs, markers, hops))
    first = routes.first_route
    for start in range(len(network.names)):
        assert (network.start[routes.way_link[routes.route_way[first[start] : first[start + 1]]]] == start).all()


def by_extension(pairs: Sequence[str], markers: set[str], hops: int) -> list[str]:
    """Return the same routes the other way about: all paths without a loop, of which those that may be are kept."""
    paths, found = list("ABCDEF"), []
    while paths:
        paths = [
            path + other
            for path in paths
            for other in "ABCDEF"
            if other not in path and "".join(sorted(path[-1] + other)) in pairs
        ]
        found += [path for path in paths if path[-1] not in markers]
    return [path for path in found if sum(name not in markers for name in path[1:]) <= hops]
