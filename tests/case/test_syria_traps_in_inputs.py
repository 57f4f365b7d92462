"""The traps of the facts in the inputs of the built-in case: violence, holders, rates, events, people.

One test each: what would be wrong if one were stepped into. Traps that tests in ``test_syria.py`` guard already
are not repeated here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest
from tools.syria.facts import HANDMADE
from tools.syria.violence import OVERLAP, UCDP_ALONE, fit_factors, read_deaths

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS, RATES, REBUILDING, RETURN_INTENTION
from homeward.case.schema import Basis, Condition, EventIndicator, Measure, Stage
from tests.case.syria_tables import GOVERNORATES, country_of, rows, syria


def violence(*places: str) -> Iterator[Condition]:
    return (row for row in syria().conditions if row.indicator == "violence" and row.place in places)


def of_return() -> list[Condition]:
    """Return the rows that the rules of return ask for, at home and at the hosts."""
    asked = {*HOME_CONDITIONS, *REBUILDING, *HOST_CONDITIONS, RETURN_INTENTION}
    return [row for row in syria().conditions if row.indicator in asked]


def month_of(row: Condition) -> str:
    return row.date.isoformat()[:7]


# What people flee from and come back to


def test_the_war_in_lebanon_stands_in_the_conditions() -> None:
    """War from 23 September to 27 November 2024 drove people across the border."""
    war = {"2024-09", "2024-10", "2024-11"}
    for place in (place for place, country in country_of().items() if country == "LBN"):
        deadly = {month_of(row) for row in violence(place) if row.value > 0}
        assert deadly - {"2023-10"} == war, place
    into_syria = [event.value for event in syria().events if event.place == "LBN>SYR"]
    assert into_syria[-1] == "open"


def test_no_input_rests_on_returns_over_a_register() -> None:
    """Returns can include people who were never registered, so their ratio overstates the hazard."""
    indicators = {row.indicator.partition(".")[0] for row in syria().conditions}
    assert indicators == {
        "violence",
        "held_by",
        "fled",
        *RATES,
        *HOME_CONDITIONS,
        *REBUILDING,
        *HOST_CONDITIONS,
        RETURN_INTENTION,
    }
    assert not [row.why for row in syria().conditions if "returned" in row.why or "returnees" in row.why]


@pytest.mark.parametrize(
    ("host", "year", "people", "register"),
    [
        ("TUR", 2022, 168_000, 3_737_369),
        ("TUR", 2023, 301_000, 3_535_898),
        ("TUR", 2024, 253_000, 3_214_780),
        ("LBN", 2015, 130_000, 1_191_451),
        ("LBN", 2016, 70_000, 1_062_690),
    ],
)
def test_audits_have_the_size_of_the_unexplained_residual(host: str, year: int, people: int, register: int) -> None:
    """Residuals of stock and flow are audits of the register, not people who moved."""
    [audit] = [
        event for event in syria().events
        if (event.indicator, event.place, event.date.year) == (EventIndicator.AUDIT, host, year)
    ]  # fmt: skip
    assert float(audit.value) * register == pytest.approx(people, rel=0.03)


def test_residuals_that_added_people_are_no_audits() -> None:
    """Jordan's +107,000 of 2012 and Lebanon's +225,000 of 2024 took nobody off a register."""
    audits = {(event.place, event.date.year) for event in syria().events if event.indicator is EventIndicator.AUDIT}
    assert ("JOR", 2013) in audits
    assert not audits & {("JOR", 2012), ("LBN", 2024)}


def test_germanys_rate_of_naturalisation_does_not_divide_by_the_stock_of_2022() -> None:
    """522,575 is another definition: over it the rate of 2023 would be 14 %."""
    [rate] = [row for row in syria().conditions if (row.place, row.date) == ("DEU", date(2023, 1, 1))]
    assert rate.value == pytest.approx(75_500 / ((621_740 + 705_812) / 2), abs=0.0005)


# Violence


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_until_2015_violence_is_the_first_source_as_it_stands() -> None:
    """Deaths without a governorate (24,751) are left out and not spread over the governorates."""
    vdc = read_deaths().vdc
    for row in violence(*GOVERNORATES):
        if row.date.year < 2016 and row.basis is Basis.OBSERVED:
            assert row.value == vdc[row.place, month_of(row)]
        elif row.date.year < 2016:
            assert row.place in ("tartus", "latakia", "as-suwayda")
            assert row.value < vdc[row.place, month_of(row)]


def test_the_lump_of_january_2016_is_not_placed() -> None:
    """16,553 deaths without a governorate stand in one month of the source."""
    assert sum(row.value for row in violence(*GOVERNORATES) if row.date == date(2016, 1, 1)) < 2_000


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize("place", GOVERNORATES)
def test_the_second_source_is_never_spliced_in_raw(place: str) -> None:
    """It counts 1.1 to 12 times as many: every row of it is divided by the governorate's factor."""
    records = read_deaths()
    factor = fit_factors(records)[place].value
    found = {month_of(row): row for row in violence(place)}
    for month in UCDP_ALONE:
        assert found[month].value == pytest.approx(records.ucdp.get((place, month), 0.0) / factor, abs=0.051)
    for month in OVERLAP:
        own = records.vdc[place, month]
        both = (own + records.ucdp.get((place, month), own * factor) / factor) / 2
        assert found[month].value == pytest.approx(both, abs=0.051)


def test_august_2018_does_not_use_the_partial_month_of_the_first_source() -> None:
    """The VDC's August 2018 is partial."""
    august = [row for row in violence(*GOVERNORATES) if row.date == date(2018, 8, 1)]
    assert len(august) == 14
    assert all(row.why.startswith(("UCDP /", "no UCDP cell")) for row in august)


def test_absent_cells_have_an_upper_bound_and_are_known_with_the_others() -> None:
    """92 cells of the second source are absent: 37 where the first stands alone, 55 after it ended."""
    in_overlap = [row for row in violence(*GOVERNORATES) if month_of(row) in OVERLAP and row.source == "vdc"]
    after = [row for row in violence(*GOVERNORATES) if row.why.startswith("no UCDP cell")]
    assert (len(in_overlap), len(after)) == (37, 55)
    assert all(row.value == 0 and row.high and row.high > 0.2 for row in after)
    # Known with the release that lacks them, or a forecast with hand-made rows would read its zeros alone.
    released = {row.known_on for row in violence(*GOVERNORATES) if row.source == "vdc+ucdp"}
    assert {(row.basis, row.known_on) for row in after} == {(Basis.DERIVED, known_on) for known_on in released}


def test_deaths_after_november_2019_are_estimates_from_national_totals() -> None:
    """About 6,800 in 2020 and 3,746 in 2021; none was found for 2022-24, whose range is wider."""
    per_year = Counter[int]()
    for row in violence(*GOVERNORATES):
        if month_of(row) > "2019-11":
            assert (row.basis, row.source, row.known_on) == (Basis.ESTIMATE, "sohr", HANDMADE)
            assert row.high, (row.place, row.date)  # where none was seen the bound is that of an absent cell
            assert (row.low or 0) <= row.value <= row.high
            per_year[row.date.year] += round(10 * row.value)
    counted_per_death = 6_800 / (per_year[2020] / 10)
    assert counted_per_death == pytest.approx(2.70, abs=0.02)
    assert per_year[2021] / 10 * counted_per_death == pytest.approx(3_746, rel=0.01)
    assert per_year[2022] == per_year[2023] == per_year[2021]
    spans = {row.date.year: (row.high or 0) / row.value for row in violence("idlib") if row.date.year > 2020}
    assert spans[2021] == pytest.approx(1.6, abs=0.01)
    assert spans[2022] == spans[2023] == pytest.approx(2.5, abs=0.01)


# Conditions of home and of the hosts


def test_every_condition_of_return_has_a_range_from_the_start_of_a_month() -> None:
    for row in of_return():
        assert row.low is not None, row
        assert row.high is not None, row
        assert row.low <= row.value <= row.high, row
        assert row.high > row.low, row
        assert row.date.day == 1, row


def test_every_host_has_the_four_conditions_and_an_intention() -> None:
    given = {(row.place, row.indicator) for row in of_return() if row.place not in GOVERNORATES}
    hosts = ("TUR", "LBN", "JOR", "IRQ", "EGY")
    assert given == {(host, name) for host in hosts for name in (*HOST_CONDITIONS, RETURN_INTENTION)}
    first = {(row.place, row.indicator): row.date for row in reversed(of_return())}
    assert {first[host, name] for host in hosts for name in HOST_CONDITIONS} == {date(2012, 1, 1)}


def test_every_governorate_has_the_conditions_of_home_from_the_start() -> None:
    start = date(2011, 3, 1)
    given = {(row.place, row.indicator) for row in of_return() if row.date == start}
    from_the_start = (*HOME_CONDITIONS, "access", "sanctions")
    assert given == {(place, name) for place in GOVERNORATES for name in from_the_start}
    assert {row.place for row in of_return() if row.indicator == "reconstruction"} == set(GOVERNORATES)


def test_housing_stands_only_where_it_was_assessed() -> None:
    """A guessed level between assessments would undo what violence destroys and money rebuilds."""
    housing = [row for row in of_return() if row.indicator == "housing"]
    assert {row.source for row in housing if row.date > date(2011, 3, 1)} == {
        "worldbank-toll", "unitar-atlas", "worldbank-quake"
    }  # fmt: skip
    after_the_earthquake = {row.place for row in housing if row.date == date(2023, 3, 1)}
    assert after_the_earthquake == {"aleppo", "idlib", "latakia", "hama"}
    never = {place for place in GOVERNORATES if sum(row.place == place for row in housing) == 1}
    assert never == {"al-hasakah", "tartus", "as-suwayda", "quneitra"}


def test_dwellings_hit_agree_with_the_world_bank() -> None:
    """In eight governorates 32 % were hit, 8 % destroyed: between the two lies what cannot be lived in."""
    residents = {row.place: row.people for row in syria().population if row.stage is Stage.RESIDENT}
    assessed = [row for row in of_return() if row.indicator == "housing" and row.date == date(2017, 7, 1)]
    assert len(assessed) == 8
    total = sum(residents[row.place] for row in assessed)
    lost = sum((0.98 - row.value) * residents[row.place] for row in assessed) / total
    assert 0.08 < lost < 0.32


def test_conditions_made_by_hand_are_not_known_before_today() -> None:
    for row in of_return():
        if row.basis is Basis.ESTIMATE:
            assert row.known_on == HANDMADE, row
        else:
            assert row.known_on > row.date, row


def test_intentions_to_return_are_known_from_their_publication() -> None:
    """Dates of the facts are of field work; a forecast may not read a survey before it came out."""
    surveyed = [row for row in of_return() if row.source == "unhcr-rpis"]
    assert {row.place for row in surveyed} == {"LBN", "JOR", "IRQ", "EGY"}  # Türkiye took no part
    assert {row.date.year for row in surveyed} == {2019, 2022, 2023, 2024}
    assert all(0 <= (row.known_on - row.date).days < 31 for row in surveyed)


def test_people_could_go_home_from_jordan_while_nasib_was_shut() -> None:
    """UNHCR recorded about 17,000 who went from 2016 to June 2018; then the border was sealed until October."""
    levels = [(event.date, event.value) for event in syria().events if event.place == "JOR>SYR"]
    assert dict(levels)[date(2015, 4, 1)] == "restricted"
    shut = [(day, until) for (day, level), (until, _) in pairwise(levels) if level == "closed"]
    assert [day.isoformat()[:7] for day, _ in shut] == ["2018-07", "2020-03", "2021-07"]
    assert all((until - day).days < 430 for day, until in shut)
    assert levels[-1][1] == "open"


# People, holders and events


def test_nobody_is_displaced_at_the_start() -> None:
    """IDMC's 433,000 of 2009-10 predates the war."""
    assert {row.stage for row in syria().population} == {Stage.RESIDENT, Stage.REFUGEE}
    assert min(row.date.year for row in rows(Measure.IDP_STOCK)) == 2012


def test_holders_of_may_2020_lie_on_the_right_side_of_the_shares_of_territory() -> None:
    """63.38 / 25.64 / 10.98 % are shares of territory; people live where the government and opposition were."""
    residents = {row.place: row.people for row in syria().population if row.stage is Stage.RESIDENT}
    held = {
        (row.place, row.indicator.removeprefix("held_by.")): row.value
        for row in sorted(syria().conditions, key=lambda row: row.date)
        if row.indicator.startswith("held_by.") and row.date <= date(2020, 5, 15)
    }
    people = Counter[str]()
    for (place, holder), share in held.items():
        people[holder] += round(share * residents[place])
    total = sum(residents.values())
    assert people["government"] / total > 0.6338
    assert people["sdf"] / total < 0.2564
    assert people["opposition"] / total > 0.1098


@pytest.mark.parametrize(
    ("place", "first", "last"),
    [
        ("SYR>JOR", "2013-01-01", "2013-12-31"),
        ("SYR>JOR", "2016-01-01", "2016-12-31"),
        ("SYR>LBN", "2015-01-01", "2015-01-31"),
        ("SYR>TUR", "2015-01-01", "2015-12-31"),
        ("SYR>TUR", "2016-01-01", "2016-12-31"),
        ("*>DEU", "2015-06-01", "2015-12-31"),
        ("*>DEU", "2016-02-01", "2016-12-31"),
        ("raqqa", "2017-01-01", "2017-12-31"),
        ("aleppo", "2018-01-01", "2018-03-31"),
        ("rural-damascus", "2018-01-01", "2018-12-31"),
        ("daraa", "2018-01-01", "2018-12-31"),
        ("SYR", "2019-10-01", "2019-10-31"),
        ("idlib", "2019-12-01", "2020-03-31"),
        ("SYR", "2020-01-01", "2020-12-31"),
        ("*>LBN", "2020-03-01", "2020-03-31"),
        ("aleppo", "2023-02-01", "2023-02-28"),
        ("LBN", "2024-09-23", "2024-09-23"),
        ("aleppo", "2024-11-27", "2024-11-27"),
        ("SYR", "2024-12-08", "2024-12-08"),
    ],
)
def test_events_to_know_stand_on_their_dates(place: str, first: str, last: str) -> None:
    """The dated events that the facts name."""
    days = [event.date for event in syria().events if event.place == place]
    assert [day for day in days if date.fromisoformat(first) <= day <= date.fromisoformat(last)]


@pytest.mark.parametrize("place", ["raqqa", "aleppo", "rural-damascus", "daraa", "idlib"])
def test_battles_change_who_holds_a_place(place: str) -> None:
    """Raqqa 2017, Afrin, Ghouta and Daraa 2018, Idlib 2020, and the fall of the government."""
    steps = {row.date for row in syria().conditions if row.place == place and row.indicator.startswith("held_by.")}
    expected = {
        "raqqa": date(2017, 10, 17),
        "aleppo": date(2018, 3, 18),
        "rural-damascus": date(2018, 4, 14),
        "daraa": date(2018, 7, 31),
        "idlib": date(2020, 3, 5),
    }
    assert {expected[place], date(2024, 12, 8)} <= steps
