"""Where inside the host countries refugees were registered: UNHCR's rows brought to the places of the case.

Rows that repeat a key are added up, never dropped, and spelling variants of one place are one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from tools.syria.facts import read_facts, read_literals

__all__ = ["host_locations", "unlocated_share"]

_TURKISH_PROVINCES = (
    *("istanbul", "sanliurfa", "hatay", "gaziantep", "adana", "mersin"),
    *("kilis", "bursa", "izmir", "mardin", "kahramanmaras", "konya"),
)
"""The twelve provinces with most refugees at the end of 2016, camps included."""

_MISPLACED_PROVINCE = ("2016", "van", "izmir")
"""In 2016 Van has 101,088, 74 times its 2015 figure, and İzmir, 78,764 in 2015, has no row."""

_LEBANESE_REGIONS = {
    "beirut": "beirut",
    "beyrouth": "beirut",
    "beqaa": "beqaa",
    "liban nord": "north-lebanon",
    "north": "north-lebanon",
    "liban sud": "south-lebanon",
    "south": "south-lebanon",
    "mont liban": "mount-lebanon",
    "mount lebanon": "mount-lebanon",
}

_JORDANIAN_PLACES = {
    "mafraq : zataari camp": "zaatari",
    "za'atari camp": "zaatari",
    "zarqa: azraq camp": "azraq",
    "azraq camp": "azraq",
    "dahuk": "azraq",
    "zarqa : emirates jordanian camp (ejc)": "zarqa",
    "emirati jordanian camp": "zarqa",
    "irbid : garden camp": "irbid",
    "garden camp": "irbid",
    "ajloun": "ajlun",
    "al aqaba": "aqaba",
    "aqabah": "aqaba",
    "al balqa": "balqa",
    "al karak": "karak",
    "al mafraq": "mafraq",
    "al tafilah": "tafilah",
    "ma'an": "maan",
}

_KURDISTAN = {"dahuk": "duhok", "duhok": "duhok", "erbil": "erbil", "sulaymaniyah": "sulaymaniyah"}

_ERBIL_TOWNS = frozenset({"makhmour"})


def host_locations(country: str, year: int) -> Counter[str]:
    """Return the refugees by place of ``country`` at the end of ``year``, those with a known place only."""
    places = Counter[str]()
    for row in _rows(country, year):
        place = _PLACE_OF[country](row["location"], row["year"])
        if place:
            places[place] += int(row["total"])
    return places


def unlocated_share(country: str, year: int) -> float:
    """Return the share of the refugees of ``country`` whose place is not given that year; 1 without rows."""
    rows = _rows(country, year)
    total = sum(int(row["total"]) for row in rows)
    unlocated = sum(int(row["total"]) for row in rows if row["location"].startswith("Dispersed"))
    return unlocated / total if total else 1.0


def _rows(country: str, year: int) -> list[dict[str, str]]:
    facts = read_facts("unhcr_host_locations")
    return [row for row in facts if row["coa_iso"] == country and row["year"] == str(year)]


def _turkish(location: str, year: str) -> str:
    if location.startswith("Dispersed"):
        return ""
    camps = _literal_map("turkish_camps", "camp")
    if location in camps:
        return camps[location]
    province = _bare(location)
    if (year, province) == _MISPLACED_PROVINCE[:2]:
        province = _MISPLACED_PROVINCE[2]
    aliases = {"urfa": "sanliurfa", "k.maras": "kahramanmaras", "iskenderun": "hatay"}
    province = aliases.get(province, province)
    return province if province in _TURKISH_PROVINCES else "rest-of-turkiye"


def _lebanese(location: str, year: str) -> str:
    if "[Admin 2]" in location:
        return _literal_map("lebanese_districts", "district")[_without_level(location)]
    region = _LEBANESE_REGIONS.get(_bare(location), "")
    # Beirut's figure of 2016 contains the North, so neither is known.
    return "" if year == "2016" and region in ("beirut", "north-lebanon") else region


def _jordanian(location: str, year: str) -> str:
    if location.startswith("Dispersed"):
        return ""
    name = _without_level(location).lower()
    bare = _bare(name)
    place = _JORDANIAN_PLACES.get(name) or _JORDANIAN_PLACES.get(bare) or bare
    # Two rows of Mafraq in 2012, one of them Zaatari: which, the table does not say.
    return "" if year == "2012" and place == "mafraq" else place


def _iraqi(location: str, year: str) -> str:
    # Al-Hasakah is a place of origin among the hosts.
    if location.startswith(("Dispersed", "Al-hasakeh")):
        return ""
    if year == "2024":
        return _literal_map("iraqi_districts", "district").get(_without_level(location), "rest-of-iraq")
    last = location.split(":")[-1 if "Governorate" in location else 0]
    words = last.replace("Governorate", "").strip().lower()
    if words in _ERBIL_TOWNS:
        return "erbil"
    return _KURDISTAN.get(words, "rest-of-iraq")


def _literal_map(name: str, key: str) -> Mapping[str, str]:
    return {row[key]: row["place"] for row in read_literals(name)}


def _without_level(location: str) -> str:
    """Return the name without UNHCR's level in brackets, ``[Admin 2]``."""
    return location.split("[")[0].strip()


def _bare(location: str) -> str:
    """Return the name before ``: Province`` and the like, in small letters."""
    return location.split(":")[0].strip().lower()


_PLACE_OF: Mapping[str, Callable[[str, str], str]] = {
    "TUR": _turkish,
    "LBN": _lebanese,
    "JOR": _jordanian,
    "IRQ": _iraqi,
}
