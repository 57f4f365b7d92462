"""Parties, levers and meetings of a case: what is refused, each in one message, and what the built-in Syria has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from homeward.case.conference import Conference
from homeward.case.folder import case_hash, check_levers, load_case, load_conference, write_case
from homeward.case.schema import Basis
from homeward.errors import InputError, Problem
from tests.conference import lever, small_conference, write_conference
from tests.small_case import small_case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small case with a conference."""
    case = tmp_path / "small"
    write_case(small_case(), case)
    write_conference(small_conference(), case)
    return case


def with_lever(**content: str) -> Callable[[Path], None]:
    """Return what adds a lever of ``home`` to a case; ``content`` are keys as they stand in the file."""
    keys = {
        "id": '"more"', "name": '"More"', "held_by": '["home"]', "evidence": '"made up"', "source": '"made-up"',
        "known_on": "2012-01-01", "basis": '"observed"', **content,
    }  # fmt: skip

    def add(folder: Path) -> None:
        with (folder / "levers.toml").open("a", encoding="utf-8") as file:
            file.write("\n".join(["", "[[lever]]", *(f"{key} = {value}" for key, value in keys.items()), ""]))

    return add


def with_party(row: str) -> Callable[[Path], None]:
    """Return what adds a party, as hosts, holds, role, id and name."""

    def add(folder: Path) -> None:
        with (folder / "parties.csv").open("a", encoding="utf-8") as file:
            file.write(f"{row},made-up,2012-01-01,observed,\n")

    return add


def with_text(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return change


def effect(text: str) -> Callable[[Path], None]:
    return with_lever(effect=f'[{{ places = ["HOA"], {text} }}]')


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_conference(folder, load_case(folder))
    return tuple(caught.value.problems)


def test_a_conference_is_read_as_it_was_written_and_a_case_may_do_without(folder: Path, tmp_path: Path) -> None:
    assert load_conference(folder, load_case(folder)) == small_conference()
    write_case(small_case(), tmp_path / "bare")
    assert load_conference(tmp_path / "bare", small_case()) == Conference()


def test_what_parties_could_do_is_no_part_of_the_case(folder: Path) -> None:
    assert case_hash(load_case(folder)) == case_hash(small_case())


WRONG: dict[str, tuple[Callable[[Path], None], str, int | None, str, str]] = {
    "a lever of an unknown party": (
        with_lever(held_by='["dunor"]'), "levers.toml", 6,
        "the lever 'more' names the party 'dunor', which there is not", "Did you mean 'donor'?",
    ),
    "a meeting of an unknown party": (
        with_text("meetings.toml", '"hoa"', '"hoax"'), "meetings.toml", 1,
        "the meeting 'talks' names the party 'hoax', which there is not", "Did you mean 'hoa'?",
    ),
    "an unknown observer": (
        with_text("meetings.toml", 'attending = ["home", "hoa"]', 'attending = ["home", "hoa"]\nobserving = ["un"]'),
        "meetings.toml", 1, "the meeting 'talks' names the party 'un', which there is not",
        "Known: donor, hoa, hob, home, rebels",
    ),
    "an unknown requirement": (
        with_lever(requires='["amnisty"]'), "levers.toml", 6,
        "the lever 'more' names the lever 'amnisty', which there is not", "Did you mean 'amnesty'?",
    ),
    "a circle of requirements": (
        with_text("levers.toml", 'held_by = ["rebels"]', 'held_by = ["rebels"]\nrequires = ["papers"]'),
        "levers.toml", 1, "levers require each other in a circle: 'promise' requires 'papers' requires 'promise'",
        "Remove one of these requirements",
    ),
    "a lever that requires itself": (
        with_lever(requires='["more"]'), "levers.toml", 6,
        "levers require each other in a circle: 'more' requires 'more'", "Remove one of these requirements",
    ),
    "an unknown condition": (
        effect('indicator = "ade", add = 0.1'), "levers.toml", 6,
        "the lever 'more': the indicator 'ade' is not known", "Did you mean 'aid'?",
    ),
    "an unknown place": (
        with_lever(effect='[{ indicator = "ceasefire", places = ["nort"], close_gap = 0.1 }]'), "levers.toml", 6,
        "the lever 'more': 'nort' is neither a place nor a country", "Did you mean 'north'?",
    ),
    "a condition of which nothing is known": (
        effect('indicator = "aid", add = 0.1, over_months = 3'), "levers.toml", 6,
        "the lever 'more': 'HOA' has no aid to change", "Use 'set' at named places, or remove it",
    ),
    "a gap of what is no share": (
        with_lever(effect='[{ indicator = "violence", places = ["ORI"], close_gap = 0.5 }]'), "levers.toml", 6,
        "the lever 'more': violence is no share, so it has no gap to close", "Use 'add', 'multiply' or 'set'",
    ),
    "a border of an unknown country": (
        with_lever(border='[{ border = "HQA>ORI", level = "open" }]'), "levers.toml", 6,
        "the lever 'more' moves a border of 'HQA', which is no country of places.csv", "Did you mean 'HOA'?",
    ),
    "a border that is written wrongly": (
        with_lever(border='[{ border = "HOA-ORI", level = "open" }]'), "levers.toml", None, "'HOA-ORI'", "SYR",
    ),
    "guarantees of nobody": (
        with_lever(effect='[{ indicator = "guarantees.goverment", places = ["ORI"], close_gap = 0.5 }]'),
        "levers.toml", 6, "the lever 'more': the indicator 'guarantees.goverment' is not known",
        "Did you mean 'guarantees.government'?",
    ),
    "a host spoken for twice": (
        with_party("HOA,,,more,More"), "parties.csv", 6, "'more' speaks for 'HOA', and so does 'hoa'",
        "Leave it to one of them: people would count twice",
    ),
    "a holder spoken for twice": (
        with_party(",government,,more,More"), "parties.csv", 6, "'more' speaks for 'government', and so does 'home'",
        "Leave it to one of them: people would count twice",
    ),
    "a host that is none": (
        with_party("ORI,,,more,More"), "parties.csv", 6,
        "'more' speaks for 'ORI', which is no country of asylum of places.csv", "Known: HOA, HOB",
    ),
    "a holder of nothing": (
        with_party(",goverment,,more,More"), "parties.csv", 6,
        "'more' is the holder 'goverment', who holds no place in conditions.csv", "Did you mean 'government'?",
    ),
    "a party twice": (
        with_party("HOB,,,hob,Hob"), "parties.csv", 6, "the party 'hob' stands there twice",
        "Remove one of the two, or give it another id",
    ),
    "a lever twice": (
        with_lever(id='"amnesty"'), "levers.toml", 6, "the lever 'amnesty' stands there twice",
        "Remove one of the two, or give it another id",
    ),
    "a meeting twice": (
        lambda folder: with_text("meetings.toml", (text := (folder / "meetings.toml").read_text()), text + "\n" + text)(
            folder
        ),
        "meetings.toml", 2, "the meeting 'talks' stands there twice", "Remove one of the two, or give it another id",
    ),
    "an estimate without a reason": (
        with_lever(basis='"estimate"'), "levers.toml", None, "an estimate must say why", "Fill 'why'",
    ),
    "no evidence": (with_lever(evidence='""'), "levers.toml", None, "evidence' is blank", "Fill it in"),
    "nobody who holds it": (with_lever(held_by="[]"), "levers.toml", None, "held_by' is blank", "Fill it in"),
    "an unknown key": (
        with_lever(helds_by='"home"'), "levers.toml", None, "helds_by' is not known", "Did you mean 'held_by'?",
    ),
    "two operations": (
        effect('indicator = "aid", add = 0.1, close_gap = 0.2'), "levers.toml", None,
        "give exactly one of 'multiply', 'set', 'add', 'close_gap'", "",
    ),
    "more than a gap": (
        effect('indicator = "aid", close_gap = 0.5, high = 1.5'), "levers.toml", None, "a gap cannot be more than", "",
    ),
    "a value that is set by steps": (
        with_lever(effect='[{ indicator = "ceasefire", places = ["ORI"], set = 0.5, over_months = 2 }]'),
        "levers.toml", None, "a value that is set comes at once", "Leave out over_months, or use add or close_gap",
    ),
    "a holder by decree": (
        with_lever(effect='[{ indicator = "held_by.government", places = ["north"], set = 0.5 }]'),
        "levers.toml", None, "who holds a place is no lever", "Use guarantees.NAME, or a change in a scenario",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_each_thing_that_is_wrong_is_told_once_with_file_row_and_remedy(name: str, folder: Path) -> None:
    spoil, file, row, what, remedy = WRONG[name]
    spoil(folder)
    [problem] = problems_of(folder)
    assert (problem.file, problem.row) == (file, row)
    assert what in problem.what
    assert remedy in problem.remedy
    assert problem.remedy


PRESSURE = [
    'indicator = "aid", multiply = 0.5',
    'indicator = "aid", multiply = 1.5, low = 0.5',
    'indicator = "aid", set = 0.5',
    'indicator = "work", multiply = 0.9',
    'indicator = "legal_stay", set = 1',
    'indicator = "hostility", add = 0.1',
    'indicator = "hostility", close_gap = 0.1',
    'indicator = "hostility", multiply = 1.1',
    'indicator = "hostility", multiply = 0.9, high = 1.1',
]


@pytest.mark.parametrize("text", PRESSURE)
def test_pressure_on_refugees_is_no_lever(text: str, folder: Path) -> None:
    effect(text)(folder)
    [problem] = problems_of(folder)
    assert problem.file == "levers.toml"
    assert "pressure on refugees is no lever" in f"{problem.what} {problem.remedy}"
    assert "put it into a scenario" in f"{problem.what} {problem.remedy}".casefold()


@pytest.mark.parametrize("text", ['indicator = "hostility", multiply = 0.9', 'indicator = "aid", close_gap = 0.2'])
def test_what_makes_life_at_a_host_easier_is_one(text: str, folder: Path) -> None:
    case = load_case(folder)
    known = case.conditions[0].model_copy(update={"place": "HOA", "value": 0.4})
    rows = [known.model_copy(update={"indicator": name}) for name in ("aid", "hostility")]
    effect(text)(folder)
    found = load_conference(folder, case.model_copy(update={"conditions": (*case.conditions, *rows)}))
    assert found.levers[-1].id == "more"


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    with_lever(held_by='["dunor"]', requires='["amnisty"]')(folder)
    with_party("HOA,goverment,,more,More")(folder)
    with_text("meetings.toml", '"hoa"', '"hoax"')(folder)
    found = [(problem.file, problem.row) for problem in problems_of(folder)]
    assert sorted(found) == [("levers.toml", 6)] * 2 + [("meetings.toml", 1)] + [("parties.csv", 6)] * 2


def test_files_that_cannot_be_read_are_all_told_too(folder: Path) -> None:
    with_lever(known_on='"soon"')(folder)
    with_party(",,,,More")(folder)
    (folder / "meetings.toml").write_text("[[meeting]\n", encoding="utf-8")
    assert {problem.file for problem in problems_of(folder)} == {"levers.toml", "parties.csv", "meetings.toml"}


# The built-in Syria

SYRIA = load_conference("syria", load_case("syria"))
LEVERS = {
    "political-settlement", "ceasefire-north-west", "amnesty-and-conscription", "unhcr-access", "property-law",
    "sanctions-relief", "reconstruction-money-west", "reconstruction-money-others", "mine-clearance", "host-support",
    "cash-at-return", *(f"reopen-crossings-{host}" for host in ("turkiye", "jordan", "lebanon", "iraq")),
}  # fmt: skip
PARTIES = {
    "syria", "russia", "iran", "turkiye", "lebanon", "jordan", "iraq", "eu", "usa", "gulf-states", "china",
    "un-agencies",
}  # fmt: skip


def test_syria_has_the_levers_and_parties_of_the_conference() -> None:
    assert {one.id for one in SYRIA.levers} >= LEVERS
    assert {one.id for one in SYRIA.parties} >= PARTIES
    holders = {party for one in SYRIA.levers for party in one.held_by}
    assert holders >= PARTIES


def test_every_size_has_a_range_and_every_row_says_what_it_rests_on() -> None:
    for row in (*SYRIA.parties, *SYRIA.levers, *SYRIA.meetings):
        assert row.source, row.id
        assert row.why or row.basis is not Basis.ESTIMATE, row.id
    for one in SYRIA.levers:
        assert len(one.evidence) > 30, one.id
        assert one.effect or one.border, one.id
        assert all(None not in (size.low, size.high) for size in one.effect), one.id


def test_western_money_requires_a_settlement_and_only_some_were_in_damascus() -> None:
    by_id = {one.id: one for one in SYRIA.levers}
    assert "political-settlement" in by_id["reconstruction-money-west"].requires
    [damascus] = [one for one in SYRIA.meetings if one.id == "damascus-2020"]
    assert set(damascus.in_the_room).isdisjoint({"turkiye", "jordan", "eu", "usa"})
    assert set(damascus.attending) == {"syria", "russia", "iran", "china", "venezuela", "lebanon", "iraq"}
    assert damascus.observing == ("un-agencies",)


def test_a_lever_whose_effect_cannot_be_is_found_before_it_is_pulled(tmp_path: Path) -> None:
    """More than all of the violence cannot stop; no other check looks at sizes."""
    folder = tmp_path / "case"
    write_case(small_case(), folder)
    twice = {"indicator": "ceasefire", "places": ["ORI"], "add": 1.5}
    conference = small_conference()
    wrong = conference.model_copy(update={"levers": (*conference.levers, lever("twice", "home", effect=[twice]))})
    write_conference(wrong, folder)
    with pytest.raises(InputError) as caught:
        check_levers(folder, small_case())
    assert {problem.file for problem in caught.value.problems} == {"levers.toml"}
    assert "lever 'twice'" in caught.value.problems[0].what
