"""Progress, tables and streams as a user meets them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from homeward.cli import output
from homeward.cli.figures import compact
from homeward.results.contract import Interval


def test_progress_in_a_log_is_a_few_lines_with_the_time_left(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    clock = iter(range(10, 1000, 10))
    with output.Output().progress("syria") as report:
        monkeypatch.setattr(time, "monotonic", lambda: now + next(clock))
        report(0, 100, "compiling the kernel (first time only)")
        for done in range(1, 41):
            report(done, 100, "")
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "syria: compiling the kernel (first time only)",
        "syria: 25% done, about 13 min left",
    ]


def test_a_short_task_says_nothing_in_a_log(capfd: pytest.CaptureFixture[str]) -> None:
    with output.Output().progress("syria") as report:
        for done in range(1, 5):
            report(done, 4, "")
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_a_bar(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with output.Output().progress("syria") as report:
        report(1, 2, "")
    out, err = capfd.readouterr()
    assert out == ""
    assert "syria" in err
    assert "1/2" in err


def test_quiet_leaves_warnings_only(capfd: pytest.CaptureFixture[str]) -> None:
    quiet = output.Output(quiet=True)
    with quiet.progress("syria") as report:
        report(0, 2, "compiling")
    quiet.show("a table")
    quiet.warn("a place is out of reach")
    assert capfd.readouterr() == ("", "warning: a place is out of reach\n")


def test_paths_are_not_broken_and_markup_is_not_read(capfd: pytest.CaptureFixture[str]) -> None:
    line = f"Run: {Path('runs') / ('x' * 200)} [bold]host_attraction[TUR][/bold] :smile:"
    output.Output().show(line)
    assert capfd.readouterr().out == f"{line}\n"


@pytest.mark.parametrize(
    ("quantiles", "text"),
    [
        ((2_950_000, 3_120_400, 3_300_000), "3.12 M (2.95–3.30)"),
        ((999_000, 999_600, 1_010_000), "1.00 M (1.00–1.01)"),
        ((9_000, 12_340, 15_600), "12 k (9–16)"),
        ((0, 7, 9_900), "7 (0–9900)"),
        ((-40_200, -30_000, 1_000), "-30 k (-40 to 1)"),
        ((5, 5, 5), "5"),
        ((-0.4, -0.2, 0.3), "0"),
    ],
)
def test_intervals_are_read_at_a_glance(quantiles: tuple[float, float, float], text: str) -> None:
    assert compact(Interval.of(quantiles)) == text


@pytest.mark.parametrize(("span", "text"), [(0.456, "0.5 s"), (42.4, "42 s"), (600, "10 min")])
def test_spans_of_time_are_said_as_a_person_would(span: float, text: str) -> None:
    assert output.seconds(span) == text
