"""``homeward meeting``: who was in the room, what they could move, and what it would have moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.forecast import fitted_set
from homeward.cli.options import CaseName, Jobs, Json, Quiet, Seed, assignments
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.meeting_contract import (
        Added,
        Coverage,
        MeetingDocument,
        MeetingLever,
        Range,
        ShapleyShares,
    )

__all__ = ["meeting"]

BOUNDS = {
    "returns": "all returns",
    "met": "returns that meet all four pillars",
    "met or unknown": "returns that meet them, or of which it is unknown",
}


def meeting(
    case: CaseName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of the meeting in meetings.toml of the case.")],
    months: Annotated[int, typer.Option(min=1, max=120, metavar="N", help="Months in which returns count.")] = 24,
    replicates: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="Courses of each set of levers that is compared.")
    ] = 20,
    shared_out: Annotated[
        int,
        typer.Option(min=1, max=10_000, metavar="N", help="How many of them Shapley values and requirements rest on."),
    ] = 8,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--limit", metavar="NAME=VALUE", show_default=False, help="Give a limit of a pillar another value."
        ),
    ] = None,
    known: Annotated[
        bool,
        typer.Option("--known", help="Use only rows known on the day, without series that were made by hand later."),
    ] = False,
    fitted: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Fitted set to use; left out: one of the case.", show_default=False),
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say of a MEETING who was in the room and what they could move, in this model.

    First comes arithmetic on figures known on the day: the share of refugees whose host was in the room, and of IDPs
    whose district somebody in it held. Then the levers of the case: those that the room could pull, those blocked
    because something they require was missing, and whose they were otherwise.

    Then a forecast from the day: how many refugees return with the levers of the room and with none, by how many of
    them the pillars are met, and what one more party would change. Last, Shapley values share out what all parties,
    and all levers, add together. They are about this model and its levers; they are no responsibility.

    Levers act on conditions that were mostly put together by hand later, so these are taken as known on their own
    dates: there is hindsight in it. With --known only rows known on the day are used.

    \b
    Examples:
      homeward meeting syria damascus-2020
      homeward meeting syria damascus-2020 --limit persecution_risk=0.3 --json > meeting.json
      homeward meeting syria damascus-2020 --months 60 --replicates 100 --shared-out 20

    \b
    Exit status: 0 done, 1 the run failed, 2 the call is wrong, 3 the case or the fitted set cannot be used.
    """
    from homeward.case.folder import load_case, load_conference
    from homeward.judge.limits import limits_with
    from homeward.learn.ensemble import cores
    from homeward.plan.forecast import prepared
    from homeward.plan.meeting import Asked, counted_months, find_meeting, hold_meeting

    output = Output(json=json, quiet=quiet)
    limits = limits_with(assignments(values or (), "--limit", "persecution_risk=0.3"))
    loaded = load_case(case)
    conference = load_conference(case, loaded)
    found = find_meeting(conference, name)
    asked = Asked(months, replicates, min(shared_out, replicates), seed, jobs or cores(), limits)
    parameters = fitted_set(case, loaded, fitted, found.date, output, hand_made=not known, jobs=jobs)
    with output.progress("meeting") as report:
        report(0, 1, "simulating the course up to the last record")
        until = counted_months(found, months)[2]
        start = prepared(loaded, parameters, as_of=found.date, until=until, hand_made=not known)
        document = hold_meeting(
            loaded, conference, found, start, asked, tell=lambda done, total: report(done, total, "")
        )
    if json:
        output.document(document)
    output.show(*_shown(document))


def _shown(document: MeetingDocument) -> Iterator[str | Table]:
    for coverage in document.coverage:
        yield from _coverage(document, coverage)
    yield _levers(document)
    yield _returns(document)
    yield _pillars(document)
    yield _requirements(document)
    for shares in document.shapley:
        yield from _shapley(shares)
    yield from _closing(document)


def _coverage(document: MeetingDocument, coverage: Coverage) -> Iterator[str | Table]:
    whom = "Refugees by country of asylum" if coverage.of == "refugees" else "IDPs by who holds their district"
    known = "with hindsight" if coverage.hindsight else f"known on {document.held_on}"
    shown = table(
        f"{whom}, {coverage.as_of}, {known}",
        {"": False, "spoken for by": False, "in the room": False, "people": True},
    )
    if coverage.hindsight:
        yield f"With hindsight, {coverage.as_of}: {_sum(coverage)}."
        return
    for row in coverage.rows:
        shown.add_row(row.name, row.party or "nobody", "yes" if row.in_the_room else "", people(row.people))
    yield shown
    yield f"In the room: {_sum(coverage)}." + (" Who holds districts is an estimate." if coverage.estimated else "")


def _sum(coverage: Coverage) -> str:
    parts = " + ".join(people(row.people) for row in coverage.rows if row.in_the_room) or "0"
    covered = f"{parts} = {people(coverage.covered)}" if "+" in parts else parts
    return f"{covered} of {people(coverage.total)} = {coverage.share:.1%}"


def _levers(document: MeetingDocument) -> Table:
    shown = table("Levers", {"": False, "in the room": False, "what is in the way": False})
    for lever in document.levers:
        shown.add_row(lever.id, _status(lever), _in_the_way(lever))
    return shown


def _status(lever: MeetingLever) -> str:
    return {"usable": "yes", "blocked": "yes, blocked", "absent": "no"}[lever.status]


def _in_the_way(lever: MeetingLever) -> str:
    parts = []
    if lever.missing:
        parts.append(f"requires {', '.join(lever.missing)}")
    if lever.wanted:
        parts.append(f"held by {(' and ' if lever.needs == 'all' else ' or ').join(lever.wanted)}")
    if not lever.acts:
        parts.append("changes nothing on this day")
    return "; ".join(parts)


def _returns(document: MeetingDocument) -> Table:
    shown = table(
        f"Returns of refugees, {document.pulled_on} to {document.counted_until}: median and 90 % interval",
        {"": False, "5 %": True, "median": True, "95 %": True, "difference": True, "5 % ": True, "95 % ": True},
    )
    shown.add_row("no lever", *_cells(document.returns.without.people), "", "", "")
    shown.add_row(
        "levers in the room", *_cells(document.returns.with_levers.people), *_difference(document.returns.with_levers)
    )
    for one in document.invitations:
        if one.returns.levers != document.returns.with_levers.levers:
            shown.add_row(f"and {one.party}", *_cells(one.returns.people), *_difference(one.returns))
    idle = [one.party for one in document.invitations if one.returns.levers == document.returns.with_levers.levers]
    if idle:
        shown.caption = f"One more of these adds no lever that acts: {', '.join(idle)}"
        shown.caption_justify = "left"
    return shown


def _difference(added: Added) -> tuple[str, ...]:
    return _signed(added.more.p50), _signed(added.more.p05), _signed(added.more.p95)


def _signed(count: float | None) -> str:
    return "–" if count is None else f"{count:+,.0f}"


def _cells(one: Range) -> tuple[str, ...]:
    return people(one.p05), people(one.p50), people(one.p95)


def _pillars(document: MeetingDocument) -> Table:
    shown = table(
        "Of these, median of those by whom a pillar is met, and met or unknown",
        {"": False, "no lever: met": True, "or unknown": True, "in the room: met": True, "or unknown ": True},
    )
    for before, after in zip(document.returns.without.pillars, document.returns.with_levers.pillars, strict=True):
        counts = (before.met, before.met_or_unknown, after.met, after.met_or_unknown)
        shown.add_row(before.pillar.replace("_", " "), *(people(one.p50) for one in counts))
    return shown


def _requirements(document: MeetingDocument) -> Table:
    shown = table(
        f"What requirements do: returns beyond no lever, medians of {document.shapley[0].replicates} replicates",
        {"lever": False, "requires": False, "lever alone": True, "required alone": True, "both": True},
    )
    for row in document.requirements:
        counts = (row.lever_alone, row.required_alone, row.together)
        shown.add_row(row.lever, ", ".join(row.requires), *(_signed(one.p50) for one in counts))
    return shown


def _shapley(shares: ShapleyShares) -> Iterator[str | Table]:
    title = f"Shapley values of {shares.players} in this model: {BOUNDS[shares.bound]}"
    if not any(round(row.value) for row in shares.rows):
        yield f"{title}: 0 for each, and 0 for all together."
        return
    shown = table(title, {"": False, "value": True, "standard error": True})
    for row in sorted(shares.rows, key=lambda row: -row.value):
        shown.add_row(row.player, _signed(row.value), people(row.error))
    shown.add_row("all together", _signed(shares.total), "")
    yield shown
    yield from _how(shares)


def _how(shares: ShapleyShares) -> Iterator[str]:
    how = "all coalitions of each" if shares.exact else "an order of each, every second the reverse of the one before"
    yield f"Means over {shares.replicates} replicates, {how}; {shares.simulated} different sets of levers."
    if shares.interactions:
        pairs = (f"{row.one} with {row.other} {_signed(row.value)}" for row in shares.interactions)
        yield f"More together than apart (or less): {', '.join(pairs)}."


def _closing(document: MeetingDocument) -> Sequence[str]:
    used = f"{document.replicates} replicates, returns followed through {document.until}"
    lines = [f"Intervals: {document.interval}; {used}."]
    if document.hand_made:
        lines.append("Series made by hand later were taken as known on their own dates: there is hindsight in it.")
    return [*lines, *(f"{note[:1].upper()}{note[1:]}." for note in document.notes)]
