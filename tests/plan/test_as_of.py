"""What a forecast may read: rows known on its day, and a set of parameters that has seen no others."""

from __future__ import annotations

from datetime import date

import pytest

from homeward.case.schema import Basis, EventIndicator, Fitted, Superseded
from homeward.errors import InputError, UsageError
from homeward.plan.as_of import is_known, known_case, require_known
from tests.plan.dated_case import AS_OF, dated_case

CASE = dated_case()


def test_rows_known_later_are_left_out_and_all_others_stay() -> None:
    known = known_case(CASE, AS_OF)
    for table in ("conditions", "events", "observed"):
        rows, kept = getattr(CASE, table), getattr(known, table)
        earlier = CASE.superseded[:1] if table == "conditions" else ()
        assert [row.model_dump() for row in kept] == [
            row.model_dump() for row in (*(row for row in rows if row.known_on <= AS_OF), *earlier)
        ]
        assert 0 < len(kept) < len(rows)
    assert max(row.date for row in known.observed) == date(2015, 12, 31)
    assert known.places == CASE.places


def test_hand_made_rows_count_from_their_own_date_only_where_that_is_wanted() -> None:
    def hostility(hand_made: bool) -> list[tuple[date, date]]:  # noqa: FBT001
        known = known_case(CASE, AS_OF, hand_made=hand_made)
        return [(row.date, row.known_on) for row in known.conditions if row.indicator == "hostility"]

    assert hostility(hand_made=False) == []
    assert hostility(hand_made=True) == [(date(2015, 1, 1), date(2015, 1, 1))]


def test_a_row_holds_its_place_until_the_one_that_took_it_was_known() -> None:
    row = next(row for row in CASE.conditions if row.date == date(2016, 3, 1) and row.indicator == "violence")
    late = row.model_copy(update={"known_on": date(2018, 3, 1)})
    early = Superseded.model_validate(row.model_dump() | {"value": 7.0, "known_on": date(2016, 4, 2)})
    conditions = tuple(late if one == row else one for one in CASE.conditions)
    case = CASE.model_copy(update={"conditions": conditions, "superseded": (early,)})

    def values(as_of: date) -> list[float]:
        found = known_case(case, as_of)
        assert found.superseded == ()
        keys = (row.place, row.date, row.indicator)
        return [one.value for one in found.conditions if (one.place, one.date, one.indicator) == keys]

    assert values(date(2016, 4, 1)) == []
    assert values(AS_OF) == [7.0]
    assert values(date(2018, 3, 1)) == [row.value]


def test_a_figure_is_never_known_before_it_was_published_not_even_an_estimate() -> None:
    late = max(CASE.observed, key=lambda row: row.known_on)
    guess = late.model_copy(update={"date": date(2016, 12, 31), "basis": Basis.ESTIMATE, "why": "by judgement"})
    assert guess.date <= AS_OF < guess.known_on
    case = CASE.model_copy(update={"observed": (*CASE.observed, guess)})
    assert known_case(case, AS_OF, hand_made=True).observed == known_case(CASE, AS_OF).observed


@pytest.mark.parametrize(("as_of", "known"), [(date(2016, 6, 19), 0), (date(2016, 6, 20), 1)])
def test_a_hand_made_audit_is_known_with_the_figure_that_it_was_worked_out_from(as_of: date, known: int) -> None:
    """Its size is what the figure of the year-end leaves unexplained: known earlier, it would tell that figure."""
    audits = [event for event in CASE.events if event.indicator is EventIndicator.AUDIT]
    audit = next(event for event in audits if event.date.year == 2015)
    guess = audit.model_copy(update={"known_on": date(2026, 1, 1), "basis": Basis.ESTIMATE, "why": "by judgement"})
    case = CASE.model_copy(update={"events": (guess,)})
    assert guess.date == date(2015, 6, 1)
    assert len(known_case(case, as_of, hand_made=True).events) == known
    assert known_case(case, as_of).events == ()


def test_people_and_places_that_were_not_known_are_an_error_that_names_rows_and_remedy() -> None:
    places = (CASE.places[0].model_copy(update={"known_on": date(2017, 2, 1)}), *CASE.places[1:])
    with pytest.raises(InputError) as raised:
        known_case(CASE.model_copy(update={"places": places}), AS_OF)
    [problem] = raised.value.problems
    assert (problem.file, problem.row) == ("places.csv", 1)
    assert "2017-02-01" in problem.remedy


def test_a_day_before_the_case_is_refused() -> None:
    with pytest.raises(UsageError, match="before the start"):
        known_case(CASE, date(2011, 1, 1))


def fitted(through: date, known_on: date, *, hand_made: bool = False) -> Fitted:
    return Fitted(fitted_through=through, known_on=known_on, parameters={}, hand_made=hand_made)


@pytest.mark.parametrize(
    ("one", "wanted", "may"),
    [
        (fitted(AS_OF, AS_OF), False, True),
        (fitted(date(2017, 1, 1), AS_OF), False, False),
        (fitted(AS_OF, date(2017, 1, 1)), False, False),
        (fitted(AS_OF, AS_OF, hand_made=True), False, False),
        (fitted(AS_OF, AS_OF, hand_made=True), True, True),
    ],
)
def test_a_set_that_has_seen_more_is_refused(one: Fitted, wanted: bool, may: bool) -> None:  # noqa: FBT001
    assert is_known(one, AS_OF, hand_made=wanted) == may
    if may:
        require_known(one, AS_OF, "set.toml", hand_made=wanted)
        return
    with pytest.raises(InputError) as raised:
        require_known(one, AS_OF, "set.toml", hand_made=wanted)
    [problem] = raised.value.problems
    assert problem.file == "set.toml"
    assert problem.remedy


def test_a_fitted_set_of_the_case_that_has_seen_more_goes() -> None:
    early, late = fitted(AS_OF, AS_OF), fitted(date(2018, 1, 1), date(2018, 1, 1))
    assert known_case(CASE.model_copy(update={"fitted": early}), AS_OF).fitted == early
    assert known_case(CASE.model_copy(update={"fitted": late}), AS_OF).fitted is None
