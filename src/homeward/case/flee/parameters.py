"""The settings of a Flee directory (``simsetting.yml``): every key with its default, range and meaning.

The keys are those of Flee's settings reference, and four more that Flee reads too: ``starvation_driven_spawning``,
``harvest_months``, ``flee_when_starving`` and ``avoid_food_deprived_locations``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "ConflictSpawning",
    "FleeSettings",
    "FloodRules",
    "FloodSpawning",
    "Granularity",
    "LogLevels",
    "MoveRules",
    "Optimisations",
    "SpawnMode",
    "SpawnRules",
]

Chance = Annotated[float, Field(ge=0, le=1)]
FromNought = Annotated[float, Field(ge=0, allow_inf_nan=False)]
AboveNought = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Level = Annotated[int, Field(ge=0, le=3)]
Month = Annotated[int, Field(ge=1, le=12)]


class SpawnMode(StrEnum):
    """How many people are displaced a day: a fixed number, one drawn around it, or a share of the population."""

    CONSTANT = "constant"
    POISSON = "poisson"
    POP_RATIO = "pop_ratio"


class Granularity(StrEnum):
    """Whether Flee's logs name locations or their regions."""

    LOCATION = "location"
    REGION = "region"


class _Section(BaseModel):
    """Base of all sections: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogLevels(_Section):
    """What Flee logs (``log_levels``); only ``idp_totals`` changes a result, by a column of ``out.csv``."""

    agent: Annotated[Level, Field(description="1: mean travel times to camps; 2: each person; 3: each hop")] = 0
    link: Annotated[Level, Field(description="1: people who have used each route")] = 0
    camp: Annotated[Level, Field(description="1: locations added and conflict zones assigned")] = 0
    conflict: Annotated[Level, Field(description="1: people displaced by conflict zone")] = 0
    init: Annotated[Level, Field(description="1: details of the start")] = 0
    idp_totals: Annotated[Level, Field(description="1: a column 'total IDPs' at the end of out.csv")] = 0
    granularity: Annotated[Granularity, Field(description="Names in the logs: location or region")] = (
        Granularity.LOCATION
    )


class ConflictSpawning(_Section):
    """People displaced by conflict alone (``spawn_rules: conflict_driven_spawning``)."""

    spawn_mode: Annotated[SpawnMode, Field(description="How many are displaced")] = SpawnMode.CONSTANT
    displaced_per_conflict_day: Annotated[
        FromNought,
        Field(description="People (constant, poisson: default 500) or share of residents (pop_ratio: 0.01) a day and "
                          "conflict zone, at intensity 1"),
    ] = 500.0  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _default_by_mode(cls, given: Any) -> Any:  # noqa: ANN401
        """Fill in the share where a share is meant and no number is given."""
        if isinstance(given, Mapping) and given.get("spawn_mode") == SpawnMode.POP_RATIO:
            return {"displaced_per_conflict_day": 0.01, **given}
        return given

    @model_validator(mode="after")
    def _share(self) -> Self:
        if self.spawn_mode is SpawnMode.POP_RATIO and self.displaced_per_conflict_day > 1:
            raise ValueError(
                "'displaced_per_conflict_day' is above 1, but 'pop_ratio' takes a share: give a share, or another mode"
            )
        return self


class FloodSpawning(_Section):
    """People displaced by floods (``spawn_rules: flood_driven_spawn_mode``)."""

    flood_spawn_mode: Annotated[SpawnMode, Field(description="How many are displaced")] = SpawnMode.POP_RATIO
    displaced_per_flood_day: Annotated[
        tuple[FromNought, ...],
        Field(min_length=2, description="People, or share of residents (pop_ratio), a day and flood zone, by flood "
                                        "level from 0"),
    ] = (0.0, 0.1, 0.2, 0.5, 0.9)  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _default_by_mode(cls, given: Any) -> Any:  # noqa: ANN401
        """Fill in numbers of people where these are meant and none are given."""
        modes = (SpawnMode.CONSTANT, SpawnMode.POISSON)
        if isinstance(given, Mapping) and given.get("flood_spawn_mode") in modes:
            return {"displaced_per_flood_day": (0.0, 100.0, 200.0, 300.0, 500.0), **given}
        return given


class SpawnRules(_Section):
    """Where displaced people come from, and how many (``spawn_rules``)."""

    take_from_population: Annotated[bool, Field(description="Displaced people leave the resident population")] = False
    insert_day0: Annotated[bool, Field(description="Camps start with the people counted there on day 0")] = True
    empty_camps_on_day0: Annotated[
        bool, Field(description="Camps start empty, and the counts of day 0 are taken off all later ones")
    ] = False
    conflict_zone_spawning_only: Annotated[bool, Field(description="People are displaced in conflict zones only")] = (
        True
    )
    flood_zone_spawning_only: Annotated[bool, Field(description="People are displaced by floods only")] = False
    camps_are_sinks: Annotated[
        bool, Field(description="People in camps stop moving with the chance 'deactivation_probability' a day, a "
                                "column of locations.csv"),
    ] = False  # fmt: skip
    read_from_agents_csv_file: Annotated[bool, Field(description="Those in agents.csv are there at the start")] = False
    sum_from_camps: Annotated[
        bool, Field(description="New people are the increase of all camps' counts; if false, of 'total'")
    ] = True
    conflict_spawn_decay: Annotated[
        tuple[FromNought, ...] | None, Field(description="Weight of a conflict zone by its age, in intervals")
    ] = None
    conflict_spawn_decay_interval: Annotated[int, Field(ge=1, description="Days for each entry of the list")] = 30
    average_social_connectivity: Annotated[FromNought, Field(description="Mean number of a person's connections")] = 3.0
    starvation_driven_spawning: Annotated[
        bool, Field(description="Acute food insecurity (region_attributes_IPC.csv) displaces people too")
    ] = False
    conflict_driven_spawning: Annotated[
        ConflictSpawning | None, Field(description="People are displaced by conflict alone, whatever the counts")
    ] = None
    flood_driven_spawn_mode: Annotated[FloodSpawning | None, Field(description="People are displaced by floods")] = None

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if self.flood_zone_spawning_only and self.conflict_zone_spawning_only:
            raise ValueError(
                "'flood_zone_spawning_only' and 'conflict_zone_spawning_only' (true by default) are both true, where "
                "Flee stops: set one of them to false"
            )
        if self.flood_zone_spawning_only and self.flood_driven_spawn_mode and not self.take_from_population:
            raise ValueError(
                "floods displace people, but 'take_from_population' is not true, where Flee stops: set it to true"
            )
        return self


class FloodRules(_Section):
    """How floods change moves (``move_rules: flood_rules``); lists run over flood levels from 0."""

    flood_movechances: Annotated[tuple[Chance, ...] | None, Field(description="Chance to leave, by flood level")] = None
    flood_loc_weights: Annotated[
        tuple[FromNought, ...] | None, Field(description="Factor on the attraction of a place, by flood level")
    ] = None
    flood_forecaster: Annotated[bool, Field(description="People know a forecast of floods")] = False
    flood_forecaster_timescale: Annotated[int, Field(ge=0, description="Days that a forecast looks ahead")] = 0
    flood_forecaster_end_time: Annotated[int, Field(ge=0, description="Last day that has a forecast")] = 0
    flood_forecaster_weights: Annotated[
        tuple[FromNought, ...] | None, Field(description="Weight of each day ahead; one for each day of the timescale")
    ] = None
    flood_awareness_weights: Annotated[
        tuple[FromNought, ...] | None,
        Field(description="Weight of the forecast by a person's attribute 'floodawareness', from 0"),
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.flood_movechances is None or self.flood_loc_weights is None:
            raise ValueError("'flood_movechances' or 'flood_loc_weights' is missing: give both lists")
        given = self.flood_forecaster_weights
        if self.flood_forecaster and (given is None or len(given) < self.flood_forecaster_timescale):
            days = self.flood_forecaster_timescale
            raise ValueError(f"'flood_forecaster_weights' has too few numbers: give one for each of the {days} days")
        if self.flood_forecaster and self.flood_awareness_weights is None:
            raise ValueError("'flood_awareness_weights' is missing, which a forecast needs: give a list")
        return self


class MoveRules(_Section):
    """Who moves, how far and where to (``move_rules``)."""

    max_move_speed: Annotated[AboveNought, Field(description="Most kilometres a day by vehicle")] = 360.0
    max_walk_speed: Annotated[AboveNought, Field(description="Most kilometres a day on foot")] = 35.0
    max_crossing_speed: Annotated[AboveNought, Field(description="Most kilometres a day across water")] = 20.0
    foreign_weight: Annotated[FromNought, Field(description="Factor on the attraction of places abroad")] = 1.0
    camp_weight: Annotated[FromNought, Field(description="Factor on the attraction of camps")] = 1.0
    conflict_weight: Annotated[FromNought, Field(description="Factor on the attraction of conflict zones")] = (
        1 / math.sqrt(10)
    )
    use_pop_for_loc_weight: Annotated[bool, Field(description="Places attract by their population too")] = False
    pop_power_for_loc_weight: Annotated[float, Field(description="Power of the population in that factor")] = 0.1
    conflict_movechance: Annotated[Chance, Field(description="Chance a day to leave a conflict zone")] = 1.0
    camp_movechance: Annotated[Chance, Field(description="Chance a day to leave a camp")] = 0.001
    idpcamp_movechance: Annotated[Chance, Field(description="Chance a day to leave an IDP camp")] = 0.1
    default_movechance: Annotated[Chance, Field(description="Chance a day to leave a town")] = 0.3
    movechance_pop_base: Annotated[AboveNought, Field(description="Population whose chances are as given")] = 10000.0
    movechance_pop_scale_factor: Annotated[
        float, Field(description="Power of population over that base, a factor on chances to leave; 0 for none")
    ] = 0.0
    awareness_level: Annotated[
        int, Field(ge=-1, description="Hops ahead that people know; 0: the road's length only, -1: nothing")
    ] = 1
    capacity_scaling: Annotated[FromNought, Field(description="Factor on all capacities")] = 1.0
    capacity_buffer: Annotated[Chance, Field(description="Occupancy from which a camp attracts less")] = 0.9
    softening: Annotated[FromNought, Field(description="Kilometres added to every route")] = 10.0
    weight_softening: Annotated[FromNought, Field(description="Added to the attraction of every place")] = 0.0
    weight_power: Annotated[FromNought, Field(description="Power of the whole weight; 0: chosen blindly")] = 1.0
    distance_power: Annotated[float, Field(description="Power of distance, by which weights are divided")] = 1.0
    pruning_threshold: Annotated[
        AboveNought, Field(description="Share of the best route's weight below which routes are dropped; 1: none are")
    ] = 1.0
    fixed_routes: Annotated[bool, Field(description="Routes are worked out by place, not by person")] = False
    avoid_short_stints: Annotated[bool, Field(description="Nobody rests before a day's travel in two days")] = False
    start_on_foot: Annotated[bool, Field(description="The first route is walked")] = False
    stay_close_to_home: Annotated[bool, Field(description="Places near home attract more")] = False
    home_distance_power: Annotated[float, Field(description="Power of the distance from home in that factor")] = 0.5
    use_v1_rules: Annotated[
        bool, Field(description="Rules of Flee 1: max_move_speed 200, camp_weight 2, conflict_weight 0.25, and neither "
                                "avoid_short_stints nor start_on_foot"),
    ] = False  # fmt: skip
    use_economic_pull: Annotated[
        bool, Field(description="Places abroad attract by 1 + trade_volume + hdi squared, columns of locations.csv")
    ] = False
    ChildrenAvoidHazards: Annotated[bool, Field(description="Those under 19 weigh safety more")] = False
    WomenAvoidHazards: Annotated[bool, Field(description="Women weigh safety more")] = False
    ElderlyAvoidHazards: Annotated[bool, Field(description="Old people weigh safety more")] = False
    BoysTakeRisk: Annotated[bool, Field(description="Boys over 14 do not weigh safety")] = False
    MatchCampReligion: Annotated[bool, Field(description="Camps of one's religion attract more")] = False
    MatchCampEthnicity: Annotated[bool, Field(description="Camps of one's ethnicity attract more")] = False
    MatchTownEthnicity: Annotated[bool, Field(description="Towns of one's ethnicity attract more")] = False
    MatchConflictEthnicity: Annotated[bool, Field(description="Conflict zones of one's ethnicity attract more")] = False
    avg_religion_fraction: Annotated[
        float, Field(gt=0, le=1, description="Mean share of people of one religion, by which matches are divided")
    ] = 0.25
    two_system_decision_making: Annotated[bool, Field(description="Two ways of deciding, quick and slow")] = False
    harvest_months: Annotated[
        tuple[Month, ...], Field(description="Months (1 to 12) in which farmers go home, by 'farmer_fraction', a "
                                             "column of locations.csv"),
    ] = ()  # fmt: skip
    flee_when_starving: Annotated[
        bool, Field(description="Chances to leave rise with acute food insecurity (region_attributes_IPC.csv)")
    ] = False
    avoid_food_deprived_locations: Annotated[bool, Field(description="Places short of food attract less")] = False
    flood_rules: Annotated[FloodRules | None, Field(description="How floods change moves")] = None


class Optimisations(_Section):
    """What makes a run faster (``optimisations``)."""

    hasten: Annotated[int, Field(ge=1, description="Every number of people is divided by this")] = 1


class FleeSettings(_Section):
    """All settings of a Flee directory."""

    number_of_steps: Annotated[int, Field(ge=-1, description="Days to simulate; -1: as sim_period.csv says")] = -1
    conflict_input_file: Annotated[str, Field(description="Path of the conflicts; blank: conflicts.csv")] = ""
    flood_level_input_file: Annotated[str, Field(description="Path of the flood levels; blank: flood_level.csv")] = ""
    default_conflict_intensity: Annotated[FromNought, Field(description="Factor on the intensity of conflict")] = 1.0
    log_levels: LogLevels = LogLevels()
    spawn_rules: SpawnRules = SpawnRules()
    move_rules: MoveRules = MoveRules()
    optimisations: Optimisations = Optimisations()
