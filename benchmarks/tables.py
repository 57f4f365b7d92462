"""The tables: each function measures one and returns it as a section of the page."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from benchmarks.bench import CASE, Bench, Command, Section, Target
from benchmarks.flee import flee
from benchmarks.measure import MEGABYTE, Spread, run_module
from benchmarks.variants import ending, scaled, split_country, switched_on

__all__ = ["SECTIONS"]

FACTORS = {"×0.01": 0.01, "×1": 1.0, "×100": 100.0, "×10⁴": 1e4, "×10⁶": 1e6}
FIRST_SIMULATE, FIRST_COMMAND = 2.41, 4.15
"""Seconds that one replicate took before the decision to return had its parts."""

SPLIT_COUNTRY = "TUR"
PARTS = (1, 2, 4)
MEDIAN_AND_ENDS = "median (fastest–slowest)"

FORECAST = ("--as-of", "2018-12-31", "--until", "2020-12-31", "--hand-made")
"""The forecast that is measured."""


def one_replicate(bench: Bench) -> Section:
    """Measure one replicate of the shipped case on one core."""
    plan = bench.plan
    folder = bench.written("syria", bench.case)
    simulated, expected = bench.simulations([folder], plan.repeats)[0], bench.expectations(folder, plan.repeats)
    runs = [bench.shipped() for _ in range(plan.repeats)]
    command, peak = _wall(runs), _peak(runs)
    bench.say("homeward --help")
    helps = Spread.of([run_module("homeward", ["--help"], cores=1).wall_s for _ in range(plan.helps)])
    compiling, warm = _first_compile(bench)
    added = compiling - warm.median
    rows = [
        (f"`simulate` alone, {plan.repeats} times", simulated.wall.in_words()),
        (
            f"the expected course alone, which a fit repeats some hundreds of times, {plan.repeats} times",
            expected.in_words(),
        ),
        (f"`homeward run syria --replicates 1`, {plan.repeats} times", command.in_words()),
        ("its user and system time, median", f"{Spread.of([run.usage.cpu_s for run in runs]).median:.2f} s"),
        ("its peak memory", f"{peak:.0f} MB"),
        (f"`homeward --help`, {plan.helps} times", helps.in_words()),
        ("30 days, the kernel compiled before", warm.in_words()),
        ("30 days, the kernel compiled in it (once on a machine)", f"{compiling:.1f} s: {added:.1f} s more"),
        ("days (steps of 24 hours)", f"{simulated.days:,}"),
        ("places", f"{simulated.places:,}"),
        ("situations (cells)", f"{simulated.situations:,}"),
        ("people at the start", f"{runs[0].info.people_start:,}"),
        ("draws", f"{runs[0].info.draws:,}"),
    ]
    return Section(
        "Syria, one replicate, one core",
        "What one simulated course of the shipped case costs, by itself and with reading, writing and "
        f"starting Python, after one warm-up run; times are {MEDIAN_AND_ENDS}.",
        ("", "found"),
        rows,
        (
            Target("simulate, Syria, one replicate, one core", simulated.wall.median, 3, " s"),
            Target("whole warm command, one replicate, one core", command.median, 4, " s"),
            Target("first compile adds", added, 20, " s"),
            Target("peak memory, one replicate", peak, 500, " MB"),
            Target("homeward --help", helps.median, 0.3, " s"),
        ),
    )


def switches(bench: Bench) -> Section:
    """Measure the shipped case with every switch of the decision to return on."""
    folders = {"as shipped": bench.written("switches-off", bench.case)}
    folders["every switch on"] = bench.written("switches", switched_on(bench.case))
    found = dict(zip(folders, bench.simulations(list(folders.values()), bench.plan.repeats), strict=True))
    turns = [[bench.command(folder) for folder in folders.values()] for _ in range(bench.plan.repeats)]
    commands = dict(zip(folders, zip(*turns, strict=True), strict=True))
    rows = [
        (
            name,
            f"{found[name].situations:,}",
            found[name].wall.in_words(),
            _wall(commands[name]).in_words(),
            f"{_peak(commands[name]):.0f} MB",
        )
        for name in folders
    ]
    on = "every switch on"
    return Section(
        "Every switch on, one core",
        "What households, stages, visits, season, both forms of the decision and all its weights cost together; the "
        "two took turns. The targets are one and a half times the 2.41 s and 4.15 s of the engine without them.",
        ("", "situations", "`simulate` alone", "whole command", "peak memory"),
        rows,
        (
            Target("simulate, every switch on", found[on].wall.median, 1.5 * FIRST_SIMULATE, " s"),
            Target("whole warm command, every switch on", _wall(commands[on]).median, 1.5 * FIRST_COMMAND, " s"),
        ),
    )


def replicates(bench: Bench) -> Section:
    """Measure ensembles on two cores, and one job against two."""
    plan = bench.plan
    runs = {
        (f"{count} replicates", count): [bench.shipped(replicates=count, cores=2) for _ in range(repeats)]
        for count, repeats in plan.ensembles
    }
    count, repeats = plan.pair
    names = ("--jobs 1", "--jobs 2")
    turns = [[bench.shipped("--jobs", name[-1], replicates=count, cores=2) for name in names] for _ in range(repeats)]
    pair = dict(zip(names, zip(*turns, strict=True), strict=True))
    runs |= {(f"{count} replicates, {name}", count): list(found) for name, found in pair.items()}
    speed_up = _wall(pair["--jobs 1"]).median / _wall(pair["--jobs 2"]).median
    rows = [
        (
            label,
            f"{len(found)}",
            _wall(found).in_words(1),
            f"{_wall(found).median / members:.2f} s",
            f"{_peak(found):.0f} MB",
            f"{_disk(found):.2f} MB",
        )
        for (label, members), found in runs.items()
    ]
    rows.append((f"speed-up of two jobs, {count} replicates", "", f"{speed_up:.2f} ×", "", "", ""))
    largest = max(runs, key=lambda key: key[1])
    return Section(
        "Replicates, two cores",
        "What the whole command costs for many simulated courses, and what the second core brings; "
        "one job and two took turns.",
        ("", "times", MEDIAN_AND_ENDS, "per replicate", "peak memory", "disk per replicate"),
        rows,
        (
            Target(f"{largest[0]}, two cores", _wall(runs[largest]).median, 150, " s"),
            Target("peak memory, replicates", max(_peak(found) for found in runs.values()), 500, " MB"),
            Target("disk per replicate", max(_disk(found) for found in runs.values()), 1, " MB"),
        ),
    )


def cluster(bench: Bench) -> Section:
    """Measure one worker of a Dask cluster against two."""
    count, repeats = bench.plan.cluster_pair
    with bench.cluster(1) as one, bench.cluster(2) as two:
        addresses = {"one worker": one, "two workers": two}
        for address in addresses.values():  # every worker loads the kernel once
            bench.shipped("--cluster", address, replicates=4, cores=2)
        turns = [
            [bench.shipped("--cluster", address, replicates=count, cores=2) for address in addresses.values()]
            for _ in range(repeats)
        ]
    found = dict(zip(addresses, zip(*turns, strict=True), strict=True))
    speed_up = Spread.of([alone.usage.wall_s / together.usage.wall_s for alone, together in turns])
    rows = [
        (name, f"{repeats}", _wall(runs).in_words(1), f"{_wall(runs).median / count:.2f} s", f"{_peak(runs):.0f} MB")
        for name, runs in found.items()
    ]
    ends = f"{speed_up.median:.2f} × ({speed_up.low:.2f}–{speed_up.high:.2f})"
    rows.append(("speed-up of a pair", f"{repeats}", ends, "", ""))
    return Section(
        "Workers of a cluster, two cores",
        f"`homeward run syria --cluster`, {count} replicates, whole command: a Dask scheduler and its workers (one "
        "thread each) on loopback, all on the same two cores as this command; one worker and two took turns.",
        ("", "times", MEDIAN_AND_ENDS, "per replicate", "peak memory here"),
        rows,
        (Target("speed-up of a second worker", speed_up.median, 1.6, " ×", at_least=True),),
    )


def ensemble(bench: Bench) -> Section:
    """Measure one large ensemble."""
    members = bench.plan.members
    run = bench.shipped("--step", "week", replicates=members, cores=2)
    peak, disk = _peak([run]), _disk([run])
    rows = [
        ("whole command", f"{run.usage.wall_s:.0f} s"),
        ("per replicate", f"{run.usage.wall_s / members:.2f} s"),
        ("peak memory", f"{peak:.0f} MB"),
        ("disk", f"{run.disk_bytes / MEGABYTE:,.0f} MB"),
        ("disk per replicate", f"{disk:.2f} MB"),
    ]
    return Section(
        "A large ensemble, two cores",
        f"`homeward run syria --step week --replicates {members}`, once, on threads: memory must not grow with it.",
        ("", "found"),
        rows,
        (
            Target(f"peak memory, {members} replicates", peak, 1000, " MB"),
            Target(f"disk per replicate, {members} replicates", disk, 1, " MB"),
        ),
    )


def table(bench: Bench) -> Section:
    """Measure a meeting, the claims made at it, and the thresholds of that day."""
    commands = (("meeting", CASE, "damascus-2020"), ("claims", CASE), ("thresholds", CASE, "--date", "2020-11-11"))
    found = [(command, bench.other(*command)) for command in commands]
    rows = [
        (f"homeward {' '.join(one)}", f"{used.wall_s:.0f} s", f"{used.peak_bytes / MEGABYTE:.0f} MB")
        for one, used in found
    ]
    return Section(
        "What was on the table, two cores",
        "The conference of November 2020: with 20 replicates of what is compared and 8 of what is shared out; claims "
        "with a simulation of their own.",
        ("command", "wall clock", "peak memory"),
        rows,
        (Target("a meeting", found[0][1].wall_s, 60, " s"), Target("claims", found[1][1].wall_s, 60, " s")),
    )


def forecast(bench: Bench) -> Section:
    """Measure a forecast of two years and its planning table."""
    members = bench.plan.members
    made, planned, size = bench.forecast(*FORECAST, replicates=members)
    peak = max(made.peak_bytes, planned.peak_bytes) / MEGABYTE
    rows = [
        ("homeward forecast", f"{made.wall_s:.0f} s"),
        ("per replicate", f"{made.wall_s / members:.2f} s"),
        ("homeward plan", f"{planned.wall_s:.0f} s"),
        ("peak memory", f"{peak:.0f} MB"),
        ("disk", f"{size / MEGABYTE:,.0f} MB"),
    ]
    return Section(
        "A forecast of two years, two cores",
        f"`homeward forecast syria {' '.join(FORECAST)} --replicates {members}` with the fitted set of the case, which "
        "simulates three years, since courses begin with the last record; and `homeward plan` of it.",
        ("", "found"),
        rows,
        (
            Target(f"forecast, {members} replicates", made.wall_s, 300, " s"),
            Target(f"peak memory of a forecast, {members} replicates", peak, 1000, " MB"),
        ),
    )


def people(bench: Bench) -> Section:
    """Measure the shipped case with fewer and with more people."""
    folders = {
        name: bench.written(f"people-{factor:g}", scaled(bench.case, factor)) for name, factor in FACTORS.items()
    }
    found = dict(zip(FACTORS, bench.simulations(list(folders.values()), bench.plan.scaled_repeats), strict=True))
    turns = [[bench.command(folder) for folder in folders.values()] for _ in range(bench.plan.scaled_commands)]
    commands = dict(zip(FACTORS, zip(*turns, strict=True), strict=True))
    ratio = {name: found[name].wall.median / found["×1"].wall.median for name in FACTORS}
    rows = [
        (
            name,
            f"{commands[name][0].info.people_start:,}",
            found[name].wall.in_words(),
            f"{ratio[name]:.2f}",
            _wall(commands[name]).in_words(),
            f"{_peak(commands[name]):.0f} MB",
            f"{found[name].draws:,}",
        )
        for name in FACTORS
    ]
    return Section(
        "Against people",
        "One replicate, one core, with people, deaths and the mass of places scaled alike so that every "
        "probability stays as it was: what can grow is the number of occupied splits, not the work in one.",
        (
            "people",
            "at the start",
            f"simulate, {MEDIAN_AND_ENDS}",
            "ratio to ×1",
            "whole command",
            "peak memory",
            "draws",
        ),
        rows,
        (
            Target("×0.01 of the people costs, of ×1", ratio["×0.01"], 1, " times"),
            Target("×100 of the people costs, of ×1", ratio["×100"], 5, " times"),
            Target("×10⁶ of the people costs, of ×10⁴", ratio["×10⁶"] / ratio["×10⁴"], 1.2, " times"),
        ),
    )


def days(bench: Bench) -> Section:
    """Measure the shipped case up to several last days."""
    last_days = bench.plan.last_days
    found = bench.simulations(
        [bench.written(f"until-{day}", ending(bench.case, day)) for day in last_days], bench.plan.repeats
    )
    rows = [
        (
            f"{day}",
            f"{one.days:,}",
            one.wall.in_words(),
            f"{one.wall.median / one.days * 1000:.2f} ms",
            f"{one.draws:,}",
        )
        for day, one in zip(last_days, found, strict=True)
    ]
    return Section(
        "Against days",
        "One replicate, one core, `simulate` alone: a day costs the more, the more places people have "
        "reached and the more often the rules change.",
        ("until", "days", MEDIAN_AND_ENDS, "per day", "draws"),
        rows,
    )


def places(bench: Bench) -> Section:
    """Measure the shipped case with the places of one host country cut up."""
    folders = [
        bench.written(f"parts-{parts}", split_country(bench.case, SPLIT_COUNTRY, parts) if parts > 1 else bench.case)
        for parts in PARTS
    ]
    found = bench.simulations(folders, bench.plan.repeats)
    rows = [
        (
            "as shipped" if parts == 1 else f"each of {SPLIT_COUNTRY} in {parts}",
            f"{one.places:,}",
            f"{one.situations:,}",
            one.wall.in_words(),
            f"{one.wall.median / found[0].wall.median:.2f}",
            f"{one.draws:,}",
        )
        for parts, one in zip(PARTS, found, strict=True)
    ]
    return Section(
        "Against places",
        f"One replicate, one core, `simulate` alone, with every place of {SPLIT_COUNTRY} cut into equal "
        "places at the same point: the cost follows situations and destinations.",
        ("places", "number", "situations", MEDIAN_AND_ENDS, "ratio", "draws"),
        rows,
    )


def twins(bench: Bench) -> Section:
    """Measure the plain step against the kernel."""
    bench.say("plain step and kernel")
    found = json.loads(run_module("benchmarks.twins", [str(bench.plan.repeats)], cores=1).output)
    kernel, plain = (Spread.of(found["walls"][name]) for name in ("kernel", "plain"))
    rows = [
        ("kernel", kernel.in_words(4), "1"),
        ("plain step", plain.in_words(2), f"{plain.median / kernel.median:,.0f}"),
    ]
    return Section(
        "Plain step and kernel",
        f"The time inside the step on a tiny case ({found['people']:,} people, {found['situations']:,} "
        f"situations, {found['days']} days, {found['draws']:,} draws): what the readable twin, equal bit "
        "for bit, costs more.",
        ("", MEDIAN_AND_ENDS, "ratio"),
        rows,
    )


SECTIONS: Mapping[str, Callable[[Bench], Section]] = {
    "one": one_replicate,
    "switches": switches,
    "replicates": replicates,
    "cluster": cluster,
    "ensemble": ensemble,
    "forecast": forecast,
    "table": table,
    "people": people,
    "days": days,
    "places": places,
    "twins": twins,
    "flee": flee,
}
"""The tables by the name that ``--only`` takes, in the order of the page."""


def _first_compile(bench: Bench) -> tuple[float, Spread]:
    """Return the seconds of a month's run that compiles the kernel, and of the same run afterwards."""
    month = ("--until", str(bench.case.settings.start + timedelta(29)))
    with tempfile.TemporaryDirectory() as cache:
        environment = {"NUMBA_CACHE_DIR": cache}
        compiling = bench.command(CASE, *month, environment=environment).usage.wall_s
        warm = [bench.command(CASE, *month, environment=environment) for _ in range(bench.plan.repeats)]
    return compiling, _wall(warm)


def _wall(runs: Sequence[Command]) -> Spread:
    return Spread.of([run.usage.wall_s for run in runs])


def _peak(runs: Sequence[Command]) -> float:
    """Return the highest peak, megabytes."""
    return max(run.usage.peak_bytes for run in runs) / MEGABYTE


def _disk(runs: Sequence[Command]) -> float:
    """Return the largest run folder, megabytes per replicate."""
    return max(run.disk_bytes / run.info.replicates for run in runs) / MEGABYTE
