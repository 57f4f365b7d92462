"""The rule set ``homeward``: flight, destination, the way home, births and deaths, shocks."""

from homeward.rules.homeward.model import HomewardRules

__all__ = ["HomewardRules"]
