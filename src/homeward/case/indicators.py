"""The indicators of ``conditions.csv`` by what they are about and what holds before their first row."""

from __future__ import annotations

__all__ = [
    "CEASEFIRE",
    "FLED",
    "GIVEN_BY_COUNTRY",
    "GUARANTEES",
    "HELD_BY",
    "HOME_CONDITIONS",
    "HOST_CONDITIONS",
    "INDICATOR_PATTERN",
    "NOT_SHARES",
    "NOUGHT_UNTIL_GIVEN",
    "OF_DISTRICTS",
    "RATES",
    "REBUILDING",
    "RETURN_INTENTION",
    "UNKNOWN_UNTIL_GIVEN",
]

RATES = ("naturalisation_rate", "resettlement_rate")
"""Shares of the refugees at a host, per year; 0 until given."""

HOME_CONDITIONS = ("housing", "services", "livelihoods", "documents")
"""Shares at a district of origin, 1 at best: dwellings that are habitable, services that work, adults with a
livelihood, people who can get papers and reach their property."""

HOST_CONDITIONS = ("legal_stay", "work", "aid", "hostility")
"""Shares of the refugees at a host: with legal stay, allowed to work, whose needs are met by aid; and, 1 at worst,
those who meet hostility."""

RETURN_INTENTION = "return_intention"
"""Share of the refugees at a host who tell a survey that they mean to return within twelve months."""

REBUILDING = ("reconstruction", "sanctions", "access")
"""What rebuilds a district of origin: US dollars a year for every resident before the war, the share of them that
sanctions hold up, and the share of the district that rebuilding can reach."""

NOT_SHARES = ("violence", "reconstruction")
"""Indicators that may exceed 1."""

OF_DISTRICTS = (*HOME_CONDITIONS, *REBUILDING)
"""Indicators that only a district of origin has."""

GIVEN_BY_COUNTRY = (*RATES, *HOST_CONDITIONS, RETURN_INTENTION)
"""Indicators that a country may have for all its places; the others are given by place."""

CEASEFIRE = "ceasefire"
"""Share of the violence at a place that an agreement stops; whatever violence there would be without it."""

NOUGHT_UNTIL_GIVEN = (*RATES, "reconstruction", "sanctions", CEASEFIRE)
"""Indicators, beside violence and holders, that are 0 before their first row."""

UNKNOWN_UNTIL_GIVEN = (*HOME_CONDITIONS, *HOST_CONDITIONS, RETURN_INTENTION, "access")
"""Indicators of which nothing is known before their first row."""

HELD_BY, FLED, GUARANTEES = "held_by.", "fled.", "guarantees."
"""Families with one indicator for each holder: the share of the people at a place who live under it, and the share of
those displaced from a district who fled it. The former sum to 1; of whoever is in none of the latter it is not known
whom they fled, and they count as having fled no holder. The third family is the share of the risk of persecution under
a holder that amnesties and guarantees take away there, 0 until given."""

_PLAIN = "|".join(("violence", *NOUGHT_UNTIL_GIVEN, *UNKNOWN_UNTIL_GIVEN))
INDICATOR_PATTERN = rf"^({_PLAIN}|(held_by|fled|guarantees)\.[a-z_]+)$"
