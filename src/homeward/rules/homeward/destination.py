"""Where to: the weight of every destination (equations 4 to 6 of the model page).

The weight factorises into attraction A(origin, d) and ease C(place, d): no exponential is taken per triple.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import PlaceKind
from homeward.rules.homeward.space import Geography
from homeward.rules.parameters import Parameters

__all__ = ["Destinations"]

FloatArray = NDArray[np.float64]

COUNTRY_KM = 3000.0
"""Distance for which the constant of a whole country is stated: from Syria to central Europe."""


class Destinations:
    """Weights of destinations for one case and one set of parameters.

    ``mass`` (places): people who live there, the weight of the place before all else; splitting a place in two
    changes nothing. ``distance_decay`` (places x places): (1 + km / scale)^-beta, 0 where no road leads; the
    diagonal is 0, and ``own_decay`` (origins) holds the decay within the own district. ``onward_preference``
    (places) is the further factor for those who move on from another host.
    """

    def __init__(self, geography: Geography, parameters: Parameters) -> None:
        """Compute what does not depend on people or dates."""
        self._geography = geography
        self._parameters = parameters
        self.mass = np.array(
            [
                place.population if place.population and place.kind is not PlaceKind.CAMP else parameters["camp_mass"]
                for place in geography.places
            ],
            dtype=np.float64,
        )
        self._constant = self.mass * np.exp([self._constant_of(code) for code in range(len(self.mass))])
        cost = geography.km / parameters["travel_cost_scale"]
        decay = (1.0 + cost) ** -parameters["travel_cost_exponent"]
        own = np.exp(parameters["attraction_own_district"])
        self.own_decay: FloatArray = np.diagonal(decay)[geography.origins] * own
        self.distance_decay: FloatArray = decay * (1.0 - np.eye(len(decay)))
        whole = np.array([place.kind is PlaceKind.COUNTRY for place in geography.places])
        self.onward_preference: FloatArray = np.where(whole, math.exp(parameters["attraction_onward"]), 1.0)

    def _constant_of(self, code: int) -> float:
        """Return the constant by kind of place and by host."""
        place = self._geography.places[code]
        at_home = self._geography.country[code] == self._geography.home_country
        constant = self._parameters["attraction_internal"] if at_home else 0.0
        constant += (self._parameters["country_size_exponent"] - 1.0) * self._relative_size(place.country)
        if not at_home:
            constant += self._parameters.of("host_attraction", place.country)
        if place.kind is PlaceKind.CAMP:
            constant += self._parameters["attraction_camp"]
        elif place.kind is PlaceKind.COUNTRY:
            # Stated for a country that far away, so that it does not hang on how distance decays.
            constant += self._parameters["attraction_country"] - self._log_decay(COUNTRY_KM)
        return constant

    def _log_decay(self, km: float) -> float:
        """Return the logarithm of the decay of weight over a distance."""
        cost = km / self._parameters["travel_cost_scale"]
        return -self._parameters["travel_cost_exponent"] * math.log1p(cost)

    def _relative_size(self, country: str) -> float:
        """Return the logarithm of the people of a country over those of the country of origin, camps left out."""
        home = self._geography.countries[self._geography.home_country]
        return math.log(self._people_of(country) / self._people_of(home))

    def _people_of(self, country: str) -> float:
        """Return the people of all its places; of a country that has camps only, those that stand for them."""
        here = np.array([place.country == country for place in self._geography.places])
        camp = np.array([place.kind is PlaceKind.CAMP for place in self._geography.places])
        chosen = here & ~camp
        return max(float(self.mass[chosen if chosen.any() else here].sum()), 1.0)

    def attraction(self, people: FloatArray, intensity: FloatArray) -> FloatArray:
        """Return A (origins x places): constants and mass, network, crowding and danger.

        ``people`` (origins x places): displaced people and refugees from each origin at each place;
        ``intensity`` (places): as in :mod:`homeward.rules.homeward.world`.
        """
        gone = people.sum(axis=1, keepdims=True)
        share = people / np.where(gone > 0, gone, 1.0)
        network = (self._parameters["network_floor"] + share) ** self._parameters["network_exponent"]
        crowding = np.exp(-self._parameters["crowding_weight"] * people.sum(axis=0) / self.mass)
        attraction: FloatArray = network * (self._constant * crowding * self.danger(intensity))
        return attraction

    def danger(self, intensity: FloatArray) -> FloatArray:
        """Return (places) the factor by which violence at a destination deters, 1 where there is none."""
        relative = intensity / self._parameters["reference_intensity"]
        deterred: FloatArray = (1.0 + relative) ** -self._parameters["danger_weight"]
        return deterred

    def ease(self, permeability: FloatArray) -> FloatArray:
        """Return C (places x places): distance decay times the permeability (countries x countries)."""
        country = self._geography.country
        eased: FloatArray = self.distance_decay * permeability[country[:, None], country[None, :]]
        return eased

    def resettlement_weights(self) -> FloatArray:
        """Return (places) the weights by which resettled people are taken in: whole countries abroad only."""
        takes_in = [
            place.kind is PlaceKind.COUNTRY and self._geography.country[code] != self._geography.home_country
            for code, place in enumerate(self._geography.places)
        ]
        return np.where(takes_in, self._constant, 0.0)
