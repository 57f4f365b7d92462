"""The indicators of ``conditions.csv`` by what they are about and what holds before their first row."""

from __future__ import annotations

__all__ = [
    "GIVEN_BY_COUNTRY",
    "HOME_CONDITIONS",
    "HOST_CONDITIONS",
    "INDICATOR_PATTERN",
    "RATES",
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

GIVEN_BY_COUNTRY = (*RATES, *HOST_CONDITIONS)
"""Indicators that a country may have for all its places; the others are given by place."""

UNKNOWN_UNTIL_GIVEN = (*HOME_CONDITIONS, *HOST_CONDITIONS)
"""Indicators of which nothing is known before their first row; the others are 0 then."""

INDICATOR_PATTERN = rf"^(violence|held_by\.[a-z_]+|{'|'.join((*RATES, *UNKNOWN_UNTIL_GIVEN))})$"
