"""Shapley values: how the worth of everybody together is shared out among players, in this model.

With v(S) the worth of a coalition S of n players, the value of player i is ::

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! · (v(S + i) - v(S))

(Shapley 1953), which is the mean of what i adds over all orders in which players may come. Up to
:data:`EXACT_PLAYERS` players the sum is taken as it stands, for each replicate. Beyond, each replicate takes one order,
drawn at random, and the next one the reverse of that order, so that the mean over replicates is the value without
bias, with a standard error that holds chance, parameters and orders together. Values add up to v(all) - v(nobody) in
every replicate, either way.

The interaction of a pair ::

    I_ij = sum over S without i, j of |S|! (n - |S| - 2)! / (n - 1)! · (v(S + ij) - v(S + i) - v(S + j) + v(S))

(Grabisch and Roubens 1999) is above 0 where two do more together than apart. It is given where the sum is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT_PLAYERS", "Game", "Shared", "game_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Set = TypeVar("Set", bound=Hashable)

EXACT_PLAYERS = 8
"""Up to so many players all coalitions are asked."""


@dataclass(frozen=True)
class Shared:
    """``values`` (players x replicates x ...), the standard ``error`` of their means over replicates (players x ...).

    ``error`` is NaN where there is one replicate, or one order and its reverse. ``pairs`` are the interactions
    (replicates x ...) of players by their numbers, empty where orders were drawn.
    """

    values: FloatArray
    error: FloatArray
    pairs: Mapping[tuple[int, int], FloatArray]


@dataclass(frozen=True)
class Game(Generic[Set]):
    """Players, and what each coalition can do; ``orders`` (replicates x players) where not all coalitions are asked."""

    players: tuple[str, ...]
    set_of: Callable[[Collection[str]], Set]
    orders: IntArray | None

    @property
    def exact(self) -> bool:
        """Whether every coalition is asked."""
        return self.orders is None

    def sets(self, replicate: int) -> set[Set]:
        """Return what the coalitions that are asked in a replicate can do: of these the worth has to be known."""
        return {self._set(members) for members in self._asked(replicate)}

    def shared(self, worth: Callable[[Set, int], FloatArray], replicates: int) -> Shared:
        """Share out the worth, which is given as an array for a set and a replicate, in each of some replicates."""
        return self._summed(worth, replicates) if self.orders is None else self._drawn(worth, replicates, self.orders)

    def _set(self, members: Iterable[int]) -> Set:
        return self.set_of([self.players[member] for member in members])

    def _asked(self, replicate: int) -> Iterable[tuple[int, ...]]:
        count = len(self.players)
        if self.orders is None:
            return (members for size in range(count + 1) for members in combinations(range(count), size))
        order = self.orders[replicate].tolist()
        return (tuple(sorted(order[:size])) for size in range(count + 1))

    def _summed(self, worth: Callable[[Set, int], FloatArray], replicates: int) -> Shared:
        count = len(self.players)
        mask = np.arange(1 << count)
        size = np.array([int(one).bit_count() for one in mask])
        sets = [self._set(i for i in range(count) if one >> i & 1) for one in mask]
        worths = np.array([[worth(names, replicate) for replicate in range(replicates)] for names in sets])
        changes = [_mean_change(worths, mask, size, (i,), count) for i in range(count)]
        values = np.array(changes).reshape(count, *worths.shape[1:])
        pairs = {pair: _mean_change(worths, mask, size, pair, count) for pair in combinations(range(count), 2)}
        return Shared(values, _standard_error(values), pairs)

    def _drawn(self, worth: Callable[[Set, int], FloatArray], replicates: int, orders: IntArray) -> Shared:
        gains = [self._gains(worth, replicate, orders[replicate]) for replicate in range(replicates)]
        values = np.moveaxis(np.array(gains), 0, 1)
        paired = values[:, : replicates // 2 * 2].reshape(len(values), replicates // 2, 2, *values.shape[2:])
        return Shared(values, _standard_error(paired.mean(axis=2)), {})

    def _gains(self, worth: Callable[[Set, int], FloatArray], replicate: int, order: IntArray) -> FloatArray:
        """Return what each player adds in a replicate when players come in an order."""
        values = [worth(self._set(sorted(order[:size].tolist())), replicate) for size in range(len(order) + 1)]
        gains = np.empty((len(order), *np.shape(values[0])))
        for place, player in enumerate(order):
            gains[player] = values[place + 1] - values[place]
        return gains


def _standard_error(values: FloatArray) -> FloatArray:
    """Return the standard error of the mean over the second axis; NaN for fewer than two."""
    count = values.shape[1]
    if count < 2:
        return np.full((len(values), *values.shape[2:]), math.nan)
    error: FloatArray = values.std(axis=1, ddof=1) / math.sqrt(count)
    return error


def _mean_change(
    worths: FloatArray, mask: IntArray, size: IntArray, players: tuple[int, ...], count: int
) -> FloatArray:
    """Return what one player adds, or two do beyond what each adds, weighed over the coalitions without them."""
    bits = [1 << player for player in players]
    rest = mask[np.bitwise_and(mask, sum(bits)) == 0]
    alone = [worths[rest + bit] - worths[rest] for bit in bits]
    change = alone[0] if len(bits) == 1 else worths[rest + sum(bits)] - worths[rest] - alone[0] - alone[1]
    left = count - len(bits)
    weight = [math.factorial(s) * math.factorial(left - s) / math.factorial(left + 1) for s in range(left + 1)]
    total: FloatArray = np.tensordot(np.array(weight)[size[rest]], change, axes=1)
    return total


def game_of(
    players: Collection[str], set_of: Callable[[Collection[str]], Set], *, replicates: int, seed: int = 1
) -> Game[Set]:
    """Return the game of some players: exact up to :data:`EXACT_PLAYERS`, else with an order for each replicate."""
    names = tuple(players)
    if len(names) <= EXACT_PLAYERS:
        return Game(names, set_of, None)
    random = np.random.default_rng(seed)
    drawn = [random.permutation(len(names)) for _ in range((replicates + 1) // 2)]
    orders = [one for order in drawn for one in (order, order[::-1])][:replicates]
    return Game(names, set_of, np.array(orders, dtype=np.int64))
