"""The fixed shape of a run as bare arrays: what the kernel, the plain step and the expected course all read.

Named tuples of arrays pass through Numba unchanged, so the three of them share one set of words.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.rules.tables import Capacity, Space, Transitions, name_hash

__all__ = ["Layout", "Moves", "Tree", "build_tree", "layout_of", "moves_of", "with_active"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
HashArray = NDArray[np.uint64]


class Tree(NamedTuple):
    """A fixed binary tree over the places in the order of their hashed names.

    Node ``i`` covers places ``low[i]`` to ``high[i] - 1`` and splits before ``middle[i]`` into ``left[i]`` and
    ``right[i]`` (-1 for a leaf). ``marker[i]`` (below 2**32) is made of the bits that the names below the node
    share, so it stays the same when a place is added elsewhere. ``entry[i]`` is the marker of the highest node
    that could ever stand between the node above and this one, so a draw addressed by it stays the same when a
    place is added that puts a node in between. Node 0 is the root.
    """

    low: IntArray
    high: IntArray
    middle: IntArray
    left: IntArray
    right: IntArray
    marker: HashArray
    entry: HashArray


class Layout(NamedTuple):
    """Shape shared by every step: group and name of every situation, tree of places, limited places."""

    classes: int
    group_of: IntArray
    situation_id: HashArray
    tree: Tree
    limit: IntArray
    place_of_group: IntArray
    overflow_group: IntArray


class Moves(NamedTuple):
    """The arrays of :class:`homeward.rules.tables.Transitions`, and the situations that can move at all."""

    active: IntArray
    leave: FloatArray
    kind_cumulative: FloatArray
    kind_hash: HashArray
    party: IntArray
    row_of: IntArray
    place: IntArray
    only: IntArray
    only_target: IntArray
    rest_target: IntArray
    target_set: IntArray
    targets: IntArray
    delays: IntArray
    cumulative: FloatArray


def layout_of(space: Space, capacity: Capacity) -> Layout:
    """Return the fixed arrays of a space of situations."""
    return Layout(
        classes=space.classes,
        group_of=np.arange(space.situations, dtype=np.int64) // space.classes,
        situation_id=space.situation_id,
        tree=build_tree(space.place_hash),
        limit=capacity.limit,
        place_of_group=capacity.place_of_group,
        overflow_group=capacity.overflow_group,
    )


def moves_of(transitions: Transitions) -> Moves:
    """Return the arrays of a table; once it is filled anew, ask :func:`with_active`."""
    hashes = [name_hash("kind", kind) for kind in transitions.kinds]
    choices = transitions.choices
    return Moves(
        active=np.flatnonzero(transitions.leave > 0.0),
        leave=transitions.leave,
        kind_cumulative=transitions.kind_cumulative,
        kind_hash=np.array(hashes, dtype=np.uint64),
        party=transitions.party,
        row_of=transitions.row_of,
        place=choices.place,
        only=choices.only,
        only_target=choices.only_target,
        rest_target=choices.rest_target,
        target_set=choices.target_set,
        targets=choices.targets,
        delays=choices.delays,
        cumulative=choices.cumulative,
    )


def with_active(moves: Moves) -> Moves:
    """Return the same arrays with the situations that can move as the table is filled now."""
    return moves._replace(active=np.flatnonzero(moves.leave > 0.0))


def build_tree(place_hash: HashArray) -> Tree:
    """Return the tree over places whose 32-bit hashes are given in rising order.

    Raises ValueError if the hashes are not strictly rising (two places would share an address).
    """
    hashes = [int(value) for value in place_hash]
    if any(one >= other for one, other in pairwise(hashes)):
        raise ValueError("places must be in strictly rising order of their hashed names")
    low, high, middle, left, right, marker, entry = ([0] for _ in range(7))
    high[0], entry[0] = len(hashes), 1 << 31
    node = 0
    while node < len(low):
        first, last = low[node], high[node]
        if last - first < 2:
            middle[node], left[node], right[node] = first, -1, -1
            marker[node] = hashes[first] if hashes else 0
        else:
            bit = (hashes[first] ^ hashes[last - 1]).bit_length() - 1
            split = next(i for i in range(first, last) if hashes[i] >> bit & 1)
            middle[node], left[node], right[node] = split, len(low), len(low) + 1
            marker[node] = (hashes[first] >> (bit + 1) << (bit + 1)) | (1 << bit)
            for start, stop in ((first, split), (split, last)):
                side = (hashes[start] >> bit << bit) | (1 << bit >> 1)
                for column, value in zip(
                    (low, high, middle, left, right, marker, entry), (start, stop, 0, 0, 0, 0, side), strict=True
                ):
                    column.append(value)
        node += 1
    return Tree(
        low=np.array(low, dtype=np.int64),
        high=np.array(high, dtype=np.int64),
        middle=np.array(middle, dtype=np.int64),
        left=np.array(left, dtype=np.int64),
        right=np.array(right, dtype=np.int64),
        marker=np.array(marker, dtype=np.uint64),
        entry=np.array(entry, dtype=np.uint64),
    )
