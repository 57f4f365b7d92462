"""Progress, tables and streams as a user meets them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from homeward.cli import output
from homeward.cli.figures import compact
from homeward.results.contract import Interval


class Clock:
    """Stands in for the clock of progress: it goes only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_progress_in_a_log_is_a_few_lines_with_the_time_left(capfd: pytest.CaptureFixture[str], clock: Clock) -> None:
    with output.Output().progress("syria") as report:
        report(0, 100, "compiling the kernel (first time only)")
        clock.now += 20
        for done in range(41):
            report(done, 100, "")
            clock.now += 10
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "syria: compiling the kernel (first time only)",
        "syria: 25% done, about 12 min left",
    ]


def test_what_was_done_before_does_not_make_a_resumed_run_look_fast(
    capfd: pytest.CaptureFixture[str], clock: Clock
) -> None:
    with output.Output().progress("syria") as report:
        report(600, 1000, "")
        for done in (700, 800):
            clock.now += 300
            report(done, 1000, "")
    assert capfd.readouterr().err.splitlines()[-1] == "syria: 80% done, about 10 min left"


def test_a_long_task_is_not_silent_until_a_quarter_is_done(capfd: pytest.CaptureFixture[str], clock: Clock) -> None:
    with output.Output().progress("syria") as report:
        for done in range(4):
            report(done, 100, "")
            clock.now += 605
    assert capfd.readouterr().err.splitlines() == [
        "syria: 1% done, about 16.6 h left",
        "syria: 2% done, about 16.5 h left",
        "syria: 3% done, about 16.3 h left",
    ]


def test_a_short_task_says_nothing_in_a_log(capfd: pytest.CaptureFixture[str]) -> None:
    with output.Output().progress("syria") as report:
        for done in range(1, 5):
            report(done, 4, "")
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_a_bar_and_the_time_left(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with output.Output().progress("syria") as report:
        report(0, 2, "")
        clock.now += 600
        report(1, 2, "")
    out, err = capfd.readouterr()
    assert out == ""
    assert "syria" in err
    assert "1/2" in err
    assert "about 10 min left" in err


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


@pytest.mark.parametrize(("span", "text"), [(0.456, "0.5 s"), (42.4, "42 s"), (600, "10 min"), (9_000, "2.5 h")])
def test_spans_of_time_are_said_as_a_person_would(span: float, text: str) -> None:
    assert output.seconds(span) == text
