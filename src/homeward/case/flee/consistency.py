"""What must fit together across the files of a Flee directory, one function a rule."""

from __future__ import annotations

from collections.abc import Iterator

from homeward.case.flee.model import AttributeSeries, CampCounts, ClosureKind, FleeCase, FleeLocation
from homeward.case.flee.rows import Findings
from homeward.case.flee.validation import LAYOUT_FILE, TOTAL
from homeward.case.wording import nearest, shown
from homeward.errors import Problem

__all__ = ["check_flee_case"]

_LOCATIONS = "input_csv/locations.csv"
_LAYOUT = f"source_data/{LAYOUT_FILE}"
_SETTINGS = "simsetting.yml"
_FOOD = "region_attributes_IPC.csv"
_MOST_NAMED = 8
_NEEDED_ATTRIBUTES = {
    "ChildrenAvoidHazards": ("age",),
    "ElderlyAvoidHazards": ("age",),
    "WomenAvoidHazards": ("gender",),
    "BoysTakeRisk": ("age", "gender"),
    "MatchCampReligion": ("religion",),
    "MatchCampEthnicity": ("ethnicity",),
    "MatchTownEthnicity": ("ethnicity",),
    "MatchConflictEthnicity": ("ethnicity",),
}
"""Attributes of people that a rule looks at, by key of ``move_rules``."""


def check_flee_case(case: FleeCase, findings: Findings) -> None:
    """Note everything that does not fit together, and all that the author should know about it."""
    findings.problems += _camps_without_counts(case)
    findings.problems += _people_without_attributes(case)
    findings.problems += _values_that_are_no_numbers(case)
    findings.problems += _places_without_attributes(case)
    findings.problems += _places_without_peoples(case)
    findings.problems += _homes_without_coordinates(case)
    findings.problems += _food_security_is_missing(case)
    findings.problems += _floods_are_missing(case)
    findings.problems += _series_end_too_early(case)
    findings.problems += _agents_are_missing(case)
    _warn_of_other_counts(case, findings)
    _warn_of_conflict_days(case, findings)
    _warn_of_lonely_locations(case, findings)
    _warn_of_unused_agents(case, findings)
    _warn_of_major_routes(case, findings)


def _camps_without_counts(case: FleeCase) -> Iterator[Problem]:
    """Flee stops at a camp that the layout does not name."""
    if case.total is None:
        return
    named = {camp.name for camp in case.camps}
    others = named - {location.name for location in case.locations}
    for location in case.locations:
        if location.kind.is_camp and location.name not in named:
            like = nearest(location.name, others)
            remedy = f"Add a row for it{f', or correct {shown(like)}' if like else ''}"
            yield Problem(_LAYOUT, None, None, f"there is no row for the camp {shown(location.name)}", remedy)


def _people_without_attributes(case: FleeCase) -> Iterator[Problem]:
    """Rules by age, gender, religion or ethnicity need people who have one."""
    known = {demographics.attribute for demographics in case.demographics}
    known |= {name for agent in case.agents for name, _ in agent.attributes}
    for key, attributes in _NEEDED_ATTRIBUTES.items():
        missing = [name for name in attributes if name not in known]
        if getattr(case.settings.move_rules, key) and missing:
            what = f"{shown(key)} needs people with the attribute {shown(missing[0])}"
            yield Problem(_SETTINGS, None, None, what, f"Add input_csv/demographics_{missing[0]}.csv")
    rules = case.settings.move_rules.flood_rules
    if rules is not None and rules.flood_forecaster and "floodawareness" not in known:
        what = "'flood_forecaster' needs people with the attribute 'floodawareness'"
        yield Problem(_SETTINGS, None, None, what, "Add input_csv/demographics_floodawareness.csv")


def _places_without_attributes(case: FleeCase) -> Iterator[Problem]:
    """Rules by trade or harvest need columns of ``locations.csv``."""
    columns = {name for location in case.locations for name, _ in location.attributes}
    wanted = {"use_economic_pull": ("trade_volume", "hdi"), "harvest_months": ("farmer_fraction",)}
    for key, names in wanted.items():
        missing = [name for name in names if name not in columns]
        if getattr(case.settings.move_rules, key) and missing:
            what = f"{shown(key)} needs a column {' and a column '.join(map(shown, missing))} in locations.csv"
            yield Problem(_SETTINGS, None, None, what, f"Add {' and '.join(missing)}, or remove the key")
    if case.settings.spawn_rules.camps_are_sinks and "deactivation_probability" not in columns:
        what = "'camps_are_sinks' needs a column 'deactivation_probability' in locations.csv"
        yield Problem(_SETTINGS, None, None, what, "Add the column, or remove the key")


def _values_that_are_no_numbers(case: FleeCase) -> Iterator[Problem]:
    """Ages are numbers, and awareness of floods names an entry of a list."""
    rules = case.settings.move_rules
    entries = len(rules.flood_rules.flood_awareness_weights or ()) if rules.flood_rules else 0
    by_age = rules.ChildrenAvoidHazards or rules.ElderlyAvoidHazards
    by_forecast = rules.flood_rules is not None and rules.flood_rules.flood_forecaster
    for asked, attribute, most in ((by_age, "age", None), (by_forecast, "floodawareness", entries)):
        for file, value in _values_of(case, attribute) if asked else ():
            if not _is_number(value, most):
                wanted = "a number" if most is None else f"a whole number from 0 to {most - 1}, an entry of the list"
                yield Problem(
                    file, None, None, f"{shown(attribute)} is {shown(value)}, not {wanted}", f"Write {wanted}"
                )


def _values_of(case: FleeCase, attribute: str) -> list[tuple[str, str]]:
    """Return the file and text of each value of an attribute of people, once."""
    rows = [(f"input_csv/demographics_{attribute}.csv", value) for one in case.demographics
            if one.attribute == attribute for value in one.values]  # fmt: skip
    if case.settings.spawn_rules.read_from_agents_csv_file:
        rows += [("input_csv/agents.csv", text) for agent in case.agents for name, text in agent.attributes
                 if name == attribute and text]  # fmt: skip
    return list(dict.fromkeys(rows))


def _is_number(text: str, entries: int | None) -> bool:
    try:
        number = float(text)
    except ValueError:
        return False
    return entries is None or (number.is_integer() and 0 <= number < entries)


def _places_without_peoples(case: FleeCase) -> Iterator[Problem]:
    """Rules that match people and places need a column of ``locations.csv`` for every value that people have."""
    columns = {name for location in case.locations for name, _ in location.attributes}
    for attribute in ("ethnicity", "religion"):
        keys = [key for key, names in _NEEDED_ATTRIBUTES.items() if attribute in names]
        asked = [key for key in keys if getattr(case.settings.move_rules, key)]
        missing = [value for _, value in _values_of(case, attribute) if value not in columns]
        if asked and missing:
            others = _and_others(len(set(missing)) - 1)
            what = f"{shown(asked[0])} needs a column {shown(missing[0])}{others}: people of this {attribute} by place"
            yield Problem(_LOCATIONS, None, None, what, "Add a column for each, or remove the key")


def _homes_without_coordinates(case: FleeCase) -> Iterator[Problem]:
    """Distances from home need coordinates."""
    missing = [place.name for place in case.locations if place.latitude is None or place.longitude is None]
    if case.settings.move_rules.stay_close_to_home and missing:
        what = f"'stay_close_to_home' needs the coordinates of {_listed(missing)}"
        yield Problem(_LOCATIONS, None, None, what, "Fill in latitude and longitude, or remove the key")


def _food_security_is_missing(case: FleeCase) -> Iterator[Problem]:
    """Rules by food security need a value for every region."""
    rules, spawning = case.settings.move_rules, case.settings.spawn_rules
    if not (rules.flee_when_starving or rules.avoid_food_deprived_locations or spawning.starvation_driven_spawning):
        return
    series = next((found for found in case.attributes if found.by_region and found.attribute == "IPC"), None)
    if series is None:
        what = f"rules by food security need input_csv/{_FOOD}"
        yield Problem(_SETTINGS, None, None, what, "Add the file, or remove these rules")
        return
    if max((value for row in series.values for value in row), default=0.0) > 100:
        what = "a percentage is above 100"
        yield Problem(f"input_csv/{_FOOD}", None, None, what, "Give the share of people short of food, 0 to 100")
    regions = sorted({location.region or "unknown" for location in case.locations} - set(series.places))
    if regions:
        what = f"there is no column for the region {shown(regions[0])}" + _and_others(len(regions) - 1)
        yield Problem(f"input_csv/{_FOOD}", None, None, what, "Add a column for every region of locations.csv")


def _floods_are_missing(case: FleeCase) -> Iterator[Problem]:
    """Floods need their levels, and every list by level an entry for the highest."""
    spawning, rules = case.settings.spawn_rules, case.settings.move_rules.flood_rules
    by_flood = spawning.flood_driven_spawn_mode if spawning.flood_zone_spawning_only else None
    if by_flood is None and rules is None:
        return
    if case.flood_levels is None:
        yield Problem(_SETTINGS, None, None, "floods need input_csv/flood_level.csv", "Add the file")
        return
    highest = max((value for row in case.flood_levels.values for value in row), default=0.0)
    lists = {"displaced_per_flood_day": by_flood.displaced_per_flood_day} if by_flood else {}
    if rules is not None:
        lists |= {"flood_movechances": rules.flood_movechances or ()}
        lists |= {"flood_loc_weights": rules.flood_loc_weights or ()}
    for key, values in lists.items():
        if highest > len(values) - 1:
            what = f"{shown(key)} goes up to level {len(values) - 1}, but flood_level.csv to {highest:g}"
            yield Problem(_SETTINGS, None, None, what, "Add numbers for the higher levels")


def _series_end_too_early(case: FleeCase) -> Iterator[Problem]:
    """Flee interpolates between the days of a series, and stops outside of them."""
    for series, file in _series(case):
        last = case.period.days - 1
        if series.days[0] > 0:
            yield Problem(file, 1, None, f"the first day is {series.days[0]}, not 0", "Add a row for day 0")
        if series.days[-1] < last:
            what = f"the last day is {series.days[-1]}, but the simulation ends on day {last}"
            yield Problem(file, len(series.days), None, what, "Add a row for that day or a later one")


def _series(case: FleeCase) -> Iterator[tuple[AttributeSeries, str]]:
    for series in case.attributes:
        where = "region" if series.by_region else "location"
        yield series, f"input_csv/{where}_attributes_{series.attribute}.csv"
    if case.flood_levels is not None:
        yield case.flood_levels, "input_csv/flood_level.csv"


def _agents_are_missing(case: FleeCase) -> Iterator[Problem]:
    if case.settings.spawn_rules.read_from_agents_csv_file and not case.agents:
        what = "'read_from_agents_csv_file' is true, but input_csv/agents.csv is missing or has no rows"
        yield Problem(_SETTINGS, None, None, what, "Add the file, or set the key to false")


def _warn_of_other_counts(case: FleeCase, findings: Findings) -> None:
    names = {location.name for location in case.locations}
    others = [camp.name for camp in case.camps if camp.name not in names]
    if others:
        text = f"{_listed(others)} is no location: Flee adds its counts to the sum of camps all the same; so is it here"
        findings.warn(_LAYOUT, text)
    towns = [camp.name for camp in case.camps if _is_never_a_camp(case, camp)]
    if towns:
        text = f"{_listed(towns)} is never a camp: Flee adds its counts to the sum of camps and compares them with none"
        findings.warn(_LAYOUT, text + "; so is it here")


def _is_never_a_camp(case: FleeCase, camp: CampCounts) -> bool:
    location = next((location for location in case.locations if location.name == camp.name), None)
    if location is None or location.kind.is_camp or camp.name == TOTAL:
        return False
    opened = {change.location for change in case.location_changes if change.kind.is_camp}
    opened |= {closure.first for closure in case.closures if closure.kind in (ClosureKind.CAMP, ClosureKind.IDP_CAMP)}
    return camp.name not in opened


def _warn_of_conflict_days(case: FleeCase, findings: Findings) -> None:
    if case.conflicts is None:
        return
    first_days = ((location, case.conflicts.first_day(location.name)) for location in case.locations)
    differing = [location.name for location, day in first_days if _differs(location, day)]
    if differing:
        text = f"'conflict_date' of {_listed(differing)} is not the first day of conflict in conflicts.csv"
        findings.warn(_LOCATIONS, text + ", by which Flee goes; so is it here")


def _differs(location: FleeLocation, first_day: int | None) -> bool:
    return location.conflict_day is not None and first_day is not None and location.conflict_day != first_day


def _warn_of_lonely_locations(case: FleeCase, findings: Findings) -> None:
    joined = {name for route in case.routes for name in (route.first, route.second)}
    lonely = [location.name for location in case.locations if location.name not in joined]
    if lonely:
        findings.warn(_LOCATIONS, f"{_listed(lonely)} has no route: nobody can leave or reach it, in Flee as here")


def _warn_of_unused_agents(case: FleeCase, findings: Findings) -> None:
    if case.agents and not case.settings.spawn_rules.read_from_agents_csv_file:
        text = "Flee does not use it, because 'read_from_agents_csv_file' is not true; so is it here"
        findings.warn("input_csv/agents.csv", text)


def _warn_of_major_routes(case: FleeCase, findings: Findings) -> None:
    if case.major_routes:
        text = (
            "Flee looks at it only with 'fixed_routes', and stops at the first route that it needs; it is not used here"
        )
        findings.warn("input_csv/major_routes.csv", text)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + _and_others(len(names) - _MOST_NAMED)


def _and_others(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
