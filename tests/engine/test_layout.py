from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.engine.layout import Tree, build_tree

HASHES = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40, unique=True).map(sorted)


def tree_of(hashes: list[int]) -> Tree:
    return build_tree(np.array(hashes, dtype=np.uint64))


def inner_nodes(tree: Tree) -> list[int]:
    return [int(node) for node in np.flatnonzero(tree.left >= 0)]


@given(HASHES)
def test_leaves_cover_every_place_once_and_inner_nodes_their_children(hashes: list[int]) -> None:
    tree = tree_of(hashes)
    leaves = np.flatnonzero(tree.left < 0)
    assert sorted(tree.low[leaves]) == list(range(len(hashes)))
    for node in inner_nodes(tree):
        left, right = tree.left[node], tree.right[node]
        assert (tree.low[left], tree.high[left]) == (tree.low[node], tree.middle[node])
        assert (tree.low[right], tree.high[right]) == (tree.middle[node], tree.high[node])


@given(HASHES)
def test_addresses_of_draws_are_unique_and_fit_into_32_bits(hashes: list[int]) -> None:
    tree = tree_of(hashes)
    inner = inner_nodes(tree)
    markers = [int(tree.marker[node]) for node in inner]
    entries = [int(tree.entry[node]) for node in inner]
    assert len(set(markers)) == len(markers)
    assert len(set(entries)) == len(entries)
    assert all(0 < value < 2**32 for value in (*markers, *entries))
    for node, marker in zip(inner, markers, strict=True):
        # An entry may equal a marker only at the same node, where just one of the two is ever drawn from.
        assert all(other == node or int(tree.entry[other]) != marker for other in inner)


@given(HASHES, st.integers(0, 2**32 - 1))
def test_adding_a_place_keeps_every_other_address(hashes: list[int], added: int) -> None:
    if added in hashes:
        return
    before, after = tree_of(hashes), tree_of(sorted([*hashes, added]))
    kept = {int(value) for value in after.marker[inner_nodes(after)]}
    assert {int(value) for value in before.marker[inner_nodes(before)]} <= kept
    entered = {int(value) for value in after.entry[inner_nodes(after)]}
    assert {int(value) for value in before.entry[inner_nodes(before)]} <= entered


@pytest.mark.parametrize("hashes", [[2, 1], [1, 1], [0, 5, 4]])
def test_places_out_of_order_or_with_one_address_are_refused(hashes: list[int]) -> None:
    with pytest.raises(ValueError, match="rising order"):
        tree_of(hashes)
