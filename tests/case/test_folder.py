from __future__ import annotations

import os
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeward.case.check import check_case
from homeward.case.folder import (
    TABLES,
    built_in_cases,
    case_hash,
    find_case,
    find_scenario,
    load_case,
    read_case,
    write_case,
)
from homeward.case.schema import Basis, Case, Condition, EventIndicator, Source
from homeward.errors import InputError, Problem, RunError, UsageError
from tests.small_case import small_case


def problems_of(path: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_case(path)
    return caught.value.problems


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_small_case_is_valid_and_comes_back_from_disk(folder: Path) -> None:
    assert load_case(folder) == small_case()
    assert check_case(small_case()) == []


def test_values_that_other_formats_turn_into_something_else_stay_text(folder: Path) -> None:
    edit(folder / "places.csv", "\nfarland,Farland,", "\nNO,010,")
    edit(folder / "places.csv", ",OR01,", ",1e3,")
    edit(folder / "places.csv", ",OR02,", ",null,")
    edit(folder / "routes.csv", "city,farland", "city,NO")
    case = load_case(folder)
    assert (case.places[-1].id, case.places[-1].name) == ("NO", "010")
    assert [place.pcode for place in case.places[:2]] == ["1e3", "null"]


def test_mark_tags_blank_lines_spaces_and_column_order_do_not_matter(folder: Path) -> None:
    rows = (folder / "population.csv").read_text(encoding="utf-8").splitlines()
    turned = [",".join(f" {cell} " for cell in reversed(row.split(","))) for row in rows]
    tags = ",".join("#tag" for _ in rows[0].split(","))
    turned[1:1] = [tags, "", ",,,,,,,"]
    text = "\ufeff" + "\r\n".join(turned) + "\r\n\r\n"
    (folder / "population.csv").write_bytes(text.encode())
    assert read_case(folder) == small_case()
    assert case_hash(read_case(folder)) == case_hash(small_case())


def test_row_and_line_count_past_tags_blank_lines_and_quoted_line_breaks(folder: Path) -> None:
    header, first, *rest = (folder / "sources.csv").read_text(encoding="utf-8").splitlines()
    tags = "#a,#b,#c,#d,#e"
    lines = [header, tags, first, "", 'book,"A title\nover three\nlines",,,', "bad id,Title,,,", *rest]
    (folder / "sources.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    [problem] = problems_of(folder)
    assert (problem.file, problem.row, problem.line) == ("sources.csv", 3, 8)


def file_of(table: str) -> str:
    return table if "." in table else f"{table}.csv"


# Each: what is wrong; file, old and new text; row and line of the problem (None: not looked at); words in it.
BAD_CELLS = [
    ("negative population", "population", ",180000,", ",-5,", 1, 2, "'people'|-5|at least 0"),
    ("no number", "places", ",150000,", ",many,", 4, 5, "'population'|'many'|no number"),
    ("NaN", "conditions", "violence,50,", "violence,NaN,", 1, 2, "'value'|no number|blank"),
    ("infinity", "conditions", "violence,50,", "violence,-inf,", 1, 2, "'value'|no number"),
    ("overflow of a number", "conditions", "violence,50,", "violence,1e999,", 1, 2, "too large"),
    ("decimal comma", "places", ",36,37,", ',"36,5",37,', 1, 2, "decimal comma|'36.5'"),
    ("thousands", "population", ",180000,", ',"180,000",', 1, 2, "separators|'180000'"),
    ("thousands with spaces", "population", ",180000,", ",180 000,", 1, 2, "separators|'180000'"),
    ("half a person", "population", ",180000,", ",0.5,", 1, 2, "whole number"),
    ("exponent of people", "population", ",180000,", ",1.8e5,", 1, 2, "Write 180000"),
    ("underscore", "population", ",180000,", ",180_000,", 1, 2, "no number"),
    ("too many digits", "population", ",180000,", f",{'9' * 5000},", 1, 2, "too large|…"),
    ("day first", "conditions", "2012-01-01,violence", "01/02/2012,violence", 1, 2, "'date'|2011-03-15"),
    ("no such day", "conditions", "2012-01-01,violence", "2012-02-30,violence", 1, 2, "calendar"),
    ("timestamp", "conditions", "2012-01-01,violence", "0,violence", 1, 2, "no date"),
    ("kind misspelt", "places", "ORI,district", "ORI,distrct", 1, 2, "'kind'|Did you mean 'district'?"),
    ("country code", "places", "North,ORI", "North,Ori", 1, 2, "country code|three capital letters"),
    ("id with a space", "places", "\nnorth,", "\nthe north,", 1, 2, "'the north'|hyphens"),
    ("id too long", "places", "\nnorth,", f"\n{'n' * 61},", 1, 2, "longer than 60"),
    ("latitude", "places", ",36,37,", ",96,37,", 1, 2, "'latitude'|96|at most 90"),
    ("blank needed cell", "places", ",North,", ",,", 1, 2, "'name'|blank|Fill"),
    ("switch", "routes", "40,false", "40,maybe", 1, 2, "'adjacent'|true or false"),
    ("length", "routes", "north,north,40,", "north,north,0,", 1, 2, "'km'|above 0"),
    ("indicator", "conditions", ",violence,50", ",violense,50", 1, 2, "'violense'|naturalisation_rate"),
    ("share above 1", "conditions", "government,0.6", "government,60", 37, 38, "between 0 and 1"),
    ("estimate without why", "population", "observed", "estimate", 1, 2, "must say why|Fill the column"),
    ("range", "conditions", "violence,50,,", "violence,50,60,", 1, 2, "low|above the value"),
    ("border level", "events", "restricted", "half", 1, 2, "'half'|open, restricted"),
    ("border", "events", "ORI>HOA", "ORI-HOA", 1, 2, "FROM>TO"),
    ("too many cells", "places", ",North,", ",North, far away,", 1, 2, "15 cells|14|double quotes"),
    ("too few cells", "places", ",North,", ",", 1, 2, "13 cells|14|missing cells"),
    ("column misspelt", "places", "latitude", "lattitude", None, 1, "'lattitude'|Did you mean 'latitude'?"),
    ("column in capitals", "places", "latitude", "Latitude", None, 1, "Did you mean 'latitude'?"),
    ("column missing", "population", "people", "", None, 1, "'people' is missing|How many"),
    ("column unnamed", "population", "people", "", None, 1, "column 4 has no name"),
    ("column twice", "places", "pcode", "name", None, 1, "'name' stands twice"),
    ("quote not closed", "places", ",North,", ',"North,', None, 2, "quotes|do not pair"),
    ("text after a quote", "places", ",North,", ',"No"rth,', None, 2, "quotes|do not pair"),
    ("key misspelt", "case.toml", "title", "titel", None, 2, "'titel' is not known|Did you mean 'title'?"),
    ("key missing", "case.toml", "title", "titel", None, None, "'title' is missing"),
    ("key of another type", "case.toml", 'title = "', 'title = 3 # "', None, 2, "'title'|text in quotes"),
    ("number as a date", "case.toml", "start = 2012-01-01", "start = 0", None, 4, "'start'|date"),
    ("day that is none", "case.toml", "start = 2012-01-01", 'start = "2012-02-30"', None, 4, "'start'|date"),
    ("not TOML", "case.toml", "start = 2012-01-01", "start: 2012", None, 4, "not valid TOML"),
    ("nested too deep", "case.toml", "start = 2012-01-01", f"a = {'[' * 50_000}", None, None, "too deep"),
    ("huge number", "case.toml", "start = 2012-01-01", f"a = {'9' * 5_000}", None, None, "not valid TOML"),
    ("step", "case.toml", "start", "step_hours = 5\nstart", None, 4, "'step_hours'|Choose from|24"),
    ("step of a fortnight", "case.toml", "start", "step_hours = 336\nstart", None, 4, "'step_hours'|24 or 168"),
    ("order of days", "case.toml", "end = 2012", "end = 2011", None, None, "end 2011-12-31 lies before"),
    ("parameter", "case.toml", "end", '[parameters]\nx = "3"\n#end', None, None, "'parameters.x'|number"),
    ("NaN as parameter", "case.toml", "2012-12-31", "2012-12-31\n[parameters]\nx = nan", None, 7, "finite"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "old", "new", "row", "line", "words"),
    [bad[1:] for bad in BAD_CELLS],
    ids=[bad[0] for bad in BAD_CELLS],
)
def test_bad_input_is_named_with_row_line_and_remedy(
    folder: Path, table: str, old: str, new: str, row: int | None, line: int | None, words: str
) -> None:
    file = file_of(table)
    edit(folder / file, old, new)
    said = {p: f"{p.what}. {p.remedy}" for p in problems_of(folder)}
    fitting = [problem for problem, text in said.items() if all(word in text for word in words.split("|"))]
    assert fitting, [str(problem) for problem in problems_of(folder)]
    assert all((problem.file, problem.row) == (file, row) for problem in fitting)
    assert line in (None, fitting[0].line)


@pytest.mark.parametrize("bad", BAD_CELLS, ids=[bad[0] for bad in BAD_CELLS])
def test_no_message_speaks_of_pydantic_or_is_long(folder: Path, bad: tuple[Any, ...]) -> None:
    edit(folder / file_of(bad[1]), bad[2], bad[3])
    for problem in problems_of(folder):
        message = str(problem)
        assert len(message) < 400, message
        assert not any(word in message for word in ("pydantic", "http", "Input should", "type=", "Traceback"))


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Return a damage that rewrites places.csv."""
    return lambda folder: (folder / "places.csv").write_bytes(change((folder / "places.csv").read_bytes()))


def replace_places(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Return a damage that puts something else where places.csv was."""

    def damage(folder: Path) -> None:
        (folder / "places.csv").unlink()
        make(folder / "places.csv")

    return damage


BAD_FILES: list[tuple[str, Callable[[Path], object], str, int | None, str]] = [
    ("missing", replace_places(Path.exists), "places.csv", None, "missing|Create it"),
    ("folder", replace_places(Path.mkdir), "places.csv", None, "folder|file is expected"),
    ("pipe", replace_places(os.mkfifo), "places.csv", None, "no ordinary file"),
    ("empty", rewrite(lambda _: b""), "places.csv", None, "empty|header"),
    ("no rows", rewrite(lambda old: old.splitlines()[0]), "places.csv", None, "no rows"),
    ("not UTF-8", rewrite(lambda old: old.replace(b"South", b"S\xfcd")), "places.csv", 3, "0xfc|iconv"),
    ("UTF-16", rewrite(lambda old: old.decode().encode("utf-16")), "places.csv", 1, "UTF-16"),
    ("NUL", rewrite(lambda old: old.replace(b"South", b"So\0th")), "places.csv", 3, "NUL"),
    ("old Mac", rewrite(lambda old: old.replace(b"\n", b"\r")), "places.csv", 1, "carriage return"),
    ("semicolons", rewrite(lambda old: old.replace(b",", b";")), "places.csv", 1, "separated by commas"),
    ("wide", rewrite(lambda old: b"," * 900_000 + old), "places.csv", 1, "columns"),
    ("unknown", lambda folder: (folder / "place.csv").touch(), "place.csv", None, "no file of this name|Did you mean"),
    ("misspelt", lambda folder: (folder / "events.csv").rename(folder / "event.csv"), "event.csv", None,
     "no file of this name|Did you mean 'events.csv'?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "file", "line", "words"), [bad[1:] for bad in BAD_FILES], ids=[bad[0] for bad in BAD_FILES]
)
def test_bad_file_is_named_with_its_remedy(
    folder: Path, damage: Callable[[Path], object], file: str, line: int | None, words: str
) -> None:
    damage(folder)
    [problem] = problems_of(folder)
    assert (problem.file, problem.line) == (file, line)
    assert all(word in f"{problem.what}. {problem.remedy}" for word in words.split("|")), str(problem)


def test_byte_of_wrong_encoding_is_counted_from_one(folder: Path) -> None:
    (folder / "sources.csv").write_bytes(b"\xef\xbb\xbfid,title\nx,\xfc\n")
    problems = problems_of(folder)
    assert any("byte 15," in p.what for p in problems), [p.what for p in problems]


def test_missing_folder_and_file_as_folder(tmp_path: Path) -> None:
    file = tmp_path / "case.csv"
    file.write_text("", encoding="utf-8")
    assert "missing" in problems_of(tmp_path / "nowhere")[0].what
    assert "this is a file" in problems_of(file)[0].what
    assert problems_of(tmp_path / ("x" * 5_000))[0].what == "the folder is missing"


def test_every_problem_in_every_file_is_listed_at_once(folder: Path) -> None:
    edit(folder / "case.toml", "title", "titel")
    edit(folder / "places.csv", ",36,37,", ",north,east,")
    edit(folder / "routes.csv", "north,north,40,", "north,north,-1,")
    (folder / "population.csv").unlink()
    found = {(problem.file, problem.row) for problem in problems_of(folder)}
    assert found == {("case.toml", None), ("places.csv", 1), ("routes.csv", 1), ("population.csv", None)}
    assert len(problems_of(folder)) == 6


def test_thousands_of_bad_rows_are_all_listed(folder: Path) -> None:
    path = folder / "conditions.csv"
    header, first = path.read_text(encoding="utf-8").splitlines()[:2]
    bad = first.replace("violence,50", "violence,much")
    path.write_text("\n".join([header, *([bad] * 5_000)]), encoding="utf-8")
    problems = problems_of(folder)
    assert [problem.row for problem in problems] == list(range(1, 5_001))


def unreadable(path: Path, mode: str = "r", *_: object, **__: object) -> IO[Any]:
    raise PermissionError(13, "Permission denied", str(path), mode)


def test_file_without_permission_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", unreadable)
    problems = problems_of(folder)
    assert {p.file for p in problems} == {"case.toml", *(f"{name}.csv" for name in TABLES)}
    assert all("Permission denied" in p.what for p in problems)


def huge_line(path: Path) -> None:
    with path.open("ab") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)


def huge_record(path: Path) -> None:
    with path.open("ab") as file:
        for _ in range(100):
            file.write(b'"\n",' * 250_000)


def test_row_of_100_megabytes_takes_neither_memory_nor_time(folder: Path) -> None:
    """In a process of its own, whose memory is limited to what reading it whole would pass."""
    huge_line(folder / "places.csv")
    huge_record(folder / "routes.csv")
    huge_line(folder / "case.toml")
    script = (
        "import sys, resource\n"
        "from pathlib import Path\n"
        "from homeward.case.folder import read_case\n"
        "from homeward.errors import InputError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    read_case(Path(sys.argv[1]))\n"
        "except InputError as error:\n"
        "    for problem in error.problems:\n"
        "        print(problem)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=60, check=True
    )
    *messages, grown = done.stdout.splitlines()
    assert len(messages) == 3
    assert all("longer than 1,000,000" in message for message in messages), messages
    assert int(grown) < 60


def test_a_name_is_a_built_in_case_or_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_case(folder) == folder
    assert find_case(str(folder)) == folder
    with pytest.raises(UsageError, match=r"is a file; a case is a folder"):
        find_case(folder / "case.toml")
    with pytest.raises(UsageError, match="there is no case"):
        find_case("x" * 5_000)
    monkeypatch.setattr("homeward.case.folder._built_in_folder", lambda: folder.parent)
    assert built_in_cases() == ["small"]
    assert find_case("small") == folder
    with pytest.raises(UsageError, match=r"built in: small\). Did you mean 'small'\?"):
        find_case("smal")


def test_scenario_is_found_by_name_or_path(folder: Path) -> None:
    own = folder / "scenarios" / "calm.toml"
    own.parent.mkdir()
    text = 'name = "calm"\n[[change]]\nindicator = "violence"\nplaces = ["all"]\nfrom = 2012-01-01\nset = 0\n'
    own.write_text(text, encoding="utf-8")
    assert find_scenario("calm", folder) == own
    by_name, by_path = load_case(folder, "calm"), load_case(folder, own)
    assert by_name == by_path
    assert {row.value for row in by_name.conditions if row.indicator == "violence"} == {0.0}
    with pytest.raises(UsageError, match="Did you mean 'calm'"):
        find_scenario("clam", folder)


def test_problems_across_tables_have_the_line_of_the_file(folder: Path) -> None:
    path = folder / "population.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    bad = rows[0].replace("north,north", "nort,north")
    path.write_text("\n".join([header, "", bad, *rows[1:]]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_case(folder)
    [problem] = [p for p in caught.value.problems if "no district" in p.what]
    assert (problem.file, problem.row, problem.line) == ("population.csv", 1, 3)
    assert "'north'" in problem.remedy


def test_write_case_never_overwrites(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not empty"):
        write_case(small_case(), folder)
    with pytest.raises(UsageError, match="is a file"):
        write_case(small_case(), folder / "case.toml")
    with pytest.raises(RunError, match="could not be written"):
        write_case(small_case(), folder / "case.toml" / "inside")
    assert read_case(folder) == small_case()
    assert not (tmp_path / "inside").exists()


def test_hash_follows_the_content_and_not_the_order() -> None:
    case = small_case()
    turned = case.model_copy(update={"conditions": case.conditions[::-1], "places": case.places[::-1]})
    changed = case.model_copy(update={"conditions": case.conditions[1:]})
    assert case_hash(case) == case_hash(turned)
    assert case_hash(case) != case_hash(changed)
    assert case_hash(case) != case_hash(small_case(parameters={"x": 1.0}))
    assert len(case_hash(case)) == 64


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\r\t",;#'), max_size=20)
FILLED = TEXTS.filter(lambda text: text.strip() != "" and not text.strip().startswith("#"))
NAMES = st.text(string.ascii_letters + string.digits + "-_.äß'\"", min_size=1, max_size=12)
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))
FLOATS = st.floats(0, 1e300)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw cases whose texts, numbers and dates are anything that the models allow."""
    case = small_case(parameters=draw(st.dictionaries(TEXTS, FLOATS, max_size=3)))
    title = draw(FILLED)
    settings_ = type(case.settings).model_validate(
        {**case.settings.model_dump(), "title": title, "description": draw(TEXTS)}
    )
    sources = tuple(
        Source(id=name, title=draw(FILLED), publisher=draw(TEXTS), licence=draw(TEXTS))
        for name in draw(st.lists(NAMES, min_size=1, max_size=3))
    )
    conditions = tuple(draw(st.lists(conditions_(), max_size=5)))
    events = tuple(
        event.model_copy(update={"what": draw(TEXTS).strip()})
        for event in case.events
        if event.indicator is EventIndicator.NOTE
    )
    return case.model_copy(
        update={"settings": settings_, "sources": sources, "conditions": conditions, "events": events}
    )


def conditions_() -> st.SearchStrategy[Condition]:
    return st.builds(
        Condition,
        place=NAMES,
        date=DATES,
        indicator=st.just("violence"),
        value=FLOATS,
        low=st.none() | st.just(0.0),
        high=st.none() | st.just(1e301),
        source=FILLED,
        known_on=DATES,
        basis=st.just(Basis.ESTIMATE),
        why=FILLED,
    )


@pytest.fixture(scope="module")
def fresh_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("round")
    return (root / str(number) for number in range(10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_what_is_written_is_read_back_exactly(case: Case, fresh_folders: Iterator[Path]) -> None:
    path = next(fresh_folders)
    write_case(case, path)
    again = read_case(path)
    assert again == case
    assert case_hash(again) == case_hash(case)


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=300), name=st.sampled_from(["case.toml", *(f"{table}.csv" for table in TABLES)]))
def test_no_bytes_at_all_cause_anything_but_an_input_error(
    junk: bytes, name: str, fresh_folders: Iterator[Path]
) -> None:
    path = next(fresh_folders)
    write_case(small_case(), path)
    with (path / name).open("ab") as file:
        file.write(junk)
    try:
        read_case(path)
    except InputError as error:
        assert {problem.file for problem in error.problems} == {name}
