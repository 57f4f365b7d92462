"""The tool that runs the prompts of the documentation, and how it tells that shown output is stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.run_docs import refreshed, run_page, stale_line, steps

PRINTED = """\
Table of people

 place   people
 ──────────────
 aleppo   4,868
 idlib    1,501

2 places in 3.1 s.
"""


def test_a_block_is_cut_into_prompts_and_what_they_show() -> None:
    block = "$ echo one \\\n  two\none two\n$ cat > f <<'END'\n$ is text here\nEND\n$ cat f\n"
    first, second, third = steps(block)
    assert (first.command, first.shown) == ("echo one   two", ("one two",))
    assert (second.command, second.shown) == ("cat > f <<'END'\n$ is text here\nEND", ())
    assert (third.command, third.shown) == ("cat f", ())
    assert "".join(step.as_written() for step in (first, second, third)) == block


def test_a_block_without_a_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with a prompt"):
        list(steps("some output\n$ echo one\n"))


@pytest.mark.parametrize(
    "shown",
    [
        ["Table of people", "place people", "─────", "aleppo 4,868", "idlib 1,501", "2 places in … s."],
        ["Table of people", "…", "2 places in 3.1 s."],
        ["…", "  idlib      1,501", "…"],
        ["Table of people", "…"],
        [],
    ],
)
def test_what_is_printed_agrees(shown: list[str]) -> None:
    assert stale_line(shown, PRINTED) is None


@pytest.mark.parametrize(
    ("shown", "stale"),
    [
        (["Table of people", "…", "aleppo 4,869", "…"], "aleppo 4,869"),
        (["…", "idlib 1,501", "aleppo 4,868", "…"], "aleppo 4,868"),
        (["Table of people", "aleppo 4,868", "…"], "aleppo 4,868"),
        (["Table of people"], "(end)"),
        (["…", "2 places in … min."], "2 places in … min."),
    ],
)
def test_what_is_not_printed_is_named(shown: list[str], stale: str) -> None:
    assert stale_line(shown, PRINTED) == stale


def test_lines_are_refreshed_and_left_out_lines_stay_left_out() -> None:
    shown = ["Table of people", "…", " idlib   1,400", "2 places in … s."]
    fresh = refreshed(shown, PRINTED)
    assert fresh == ("Table of people", "…", " idlib    1,501", "2 places in … s.")
    assert stale_line(fresh, PRINTED) is None


def test_rows_that_resemble_each_other_are_refreshed_in_order() -> None:
    rows = ("TUR 2011-12-31 19 239", "TUR 2012-12-31 248 1921", "TUR 2013-12-31 585 4111", "LBN 2012-12-31 126 425")
    printed = "".join(f"{row}\n" for row in rows)
    assert refreshed(["…", "TUR 2012-12-31 239 1700", "…", "LBN 2012-12-31 585 4111"], printed) == (
        "…", "TUR 2012-12-31 248 1921", "…", "LBN 2012-12-31 126 425"
    )  # fmt: skip


def test_output_that_is_shown_whole_is_refreshed_whole() -> None:
    assert refreshed(["1 0", "2 9"], "1 0\n2 1\n3 1\n") == ("1 0", "2 1", "3 1")
    assert refreshed([], "1 0\n") == ()


def test_a_page_fails_for_a_prompt_that_fails_and_for_stale_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo 12 people\n13 people\n$ false | cat\n$ echo 1\n1\n```\n", encoding="utf-8")
    assert run_page(page) == 2
    assert "13 people" in capsys.readouterr().out


def test_updating_a_page_mends_it_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "# Title\n\n```console\n$ echo 12 people\n{} people\n```\n\n```\n13 people\n```\n"
    page.write_text(text.format(13), encoding="utf-8")
    assert run_page(page, update=True) == 0
    assert page.read_text(encoding="utf-8") == text.format(12)
