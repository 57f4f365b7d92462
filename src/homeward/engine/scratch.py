"""Work space of the kernel, and the sizes that decide how it draws."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.rules.compiled import jit

__all__ = ["BATCH", "FEW", "SMALLER_PARTY", "Scratch", "new_scratch"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

FEW: Final = 12
"""Up to so many parties that leave a situation decide one by one, which is cheaper than splitting them."""

BATCH: Final = 2048
"""Parties on the list of those who decide one by one before the list is worked off."""

SMALLER_PARTY: Final = 255
"""Number, in an address, of the party that is smaller than the others of its situation."""


class Scratch(NamedTuple):
    """Work space of a step: addresses, uniforms and the list of parties that decide one by one.

    ``row`` is -1 for a party whose kind is open; ``low`` and ``high`` bound the places that are open. ``leavers``
    (whole parties) and ``smaller`` (people of the smaller one, if it leaves) have one entry per active situation.
    ``tree_*`` is the stack of the bisection.
    """

    counter: NDArray[np.uint64]
    node: NDArray[np.uint64]
    name: NDArray[np.uint64]
    first: FloatArray
    second: FloatArray
    situation: IntArray
    row: IntArray
    low: IntArray
    high: IntArray
    size: IntArray
    leavers: IntArray
    smaller: IntArray
    tree_node: IntArray
    tree_people: IntArray


@jit
def new_scratch(situations: int) -> Scratch:
    """Return empty work space for so many situations."""
    length = max(situations, BATCH + FEW + 1)
    return Scratch(
        counter=np.empty(length, np.uint64),
        node=np.empty(length, np.uint64),
        name=np.empty(length, np.uint64),
        first=np.empty(length, np.float64),
        second=np.empty(length, np.float64),
        situation=np.empty(length, np.int64),
        row=np.empty(length, np.int64),
        low=np.empty(length, np.int64),
        high=np.empty(length, np.int64),
        size=np.empty(length, np.int64),
        leavers=np.empty(situations, np.int64),
        smaller=np.empty(situations, np.int64),
        tree_node=np.empty(64, np.int64),
        tree_people=np.empty(64, np.int64),
    )
