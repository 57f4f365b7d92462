"""Meetings: who was in the room, what they could move, and what it would have moved, in this model.

Coverage is arithmetic on published figures that were known on the day: each party speaks for the countries of asylum
and the holders that its row names. Levers are in the room, usable, or blocked (:mod:`homeward.case.levers`).

Returns are those of a forecast from the day of the meeting (:mod:`homeward.plan.forecast`), with levers pulled on the
first day of the next month. What several sets of levers bring is compared replicate by replicate, with the same chance
and parameters (:mod:`homeward.learn.coalitions`). Courses go on for twelve months after the last month that counts, so
that every return is followed as long as the pillars ask.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.conference import Conference, Lever, Meeting
from homeward.case.indicators import HELD_BY
from homeward.case.levers import effects_in, in_the_room, missing, pullable, usable
from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.case.wording import did_you_mean, shown
from homeward.engine.drawn import Drawn
from homeward.errors import UsageError
from homeward.judge.limits import Limits
from homeward.judge.pillar_evidence import FOLLOWED_MONTHS
from homeward.learn.coalitions import JUDGED, QUANTITIES, Branches, LeverSet, returns_under
from homeward.plan.forecast import Start
from homeward.plan.forecast_rows import interval_of
from homeward.plan.ranges import low_likely_high
from homeward.plan.shapley import Game, Shared, game_of
from homeward.results.meeting_contract import (
    Added,
    Bound,
    Compared,
    Coverage,
    Interaction,
    Invitation,
    MeetingDocument,
    MeetingLever,
    Range,
    Requirement,
    Returned,
    ShapleyRow,
    ShapleyShares,
    Share,
)

__all__ = ["NOTES", "Asked", "counted_months", "find_meeting", "hold_meeting", "refugees_covered"]

FloatArray = NDArray[np.float64]
Tell = Callable[[int, int], None]

NOTES = (
    "in this model: what a lever would do is an estimate with a wide range; Shapley values are no responsibility",
    "what followed has no counterfactual: returns with and without levers are both simulated",
    "no lever, no party and no place is said to make returns safe: pillars say which conditions are met, on two bounds",
    "it says how many may go, not that they should",
)
NOUGHT: LeverSet = frozenset()
STRONGEST = 5
"""Interactions that are told."""

Kind = Literal["parties", "levers"]
BOUNDS: Mapping[Bound, str] = {
    "returns": "people",
    "met": f"{JUDGED[-1]} met",
    "met or unknown": f"{JUDGED[-1]} met or unknown",
}


@dataclass(frozen=True)
class Asked:
    """How a meeting is simulated: ``replicates`` of what is compared, ``shared_out`` of them of all other sets.

    ``months`` count after levers are pulled.
    """

    months: int
    replicates: int
    shared_out: int
    seed: int
    jobs: int
    limits: Limits


def find_meeting(conference: Conference, name: str) -> Meeting:
    """Return a meeting of a case by its id; raises UsageError, with the nearest, where there is none."""
    meetings = {meeting.id: meeting for meeting in conference.meetings}
    if name not in meetings:
        raise UsageError(f"there is no meeting {shown(name)}. {did_you_mean(name, meetings)}")
    return meetings[name]


def counted_months(meeting: Meeting, months: int) -> tuple[date, date, date]:
    """Return when levers are pulled, the last day that counts, and the last day that is simulated."""
    first = _month_after(meeting.date.replace(day=1), 1)
    day = timedelta(days=1)
    return first, _month_after(first, months) - day, _month_after(first, months + FOLLOWED_MONTHS) - day


def _month_after(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def hold_meeting(
    case: Case, conference: Conference, meeting: Meeting, start: Start, asked: Asked, tell: Tell = lambda _d, _t: None
) -> MeetingDocument:
    """Return all that can be said of a meeting.

    ``case`` is the whole case, ``start`` a forecast of it from the day of the meeting to the last day of
    :func:`counted_months`. Raises InputError for levers that do not fit the case as it was known.
    """
    room = _Room(conference, meeting, start.case)
    pulled_on, counted_until, until = counted_months(meeting, asked.months)
    games = _games(room, asked)
    sets = _wanted(room, games, asked)
    fitted = start.case.fitted
    drawn: Drawn | None = "posterior" if fitted and fitted.posterior else None
    branches = Branches(
        start.case, conference.levers, pulled_on, counted_until, asked.seed, drawn, start.continuation, asked.limits
    )  # fmt: skip
    found = returns_under(branches, sets, followed=room.compared(), jobs=asked.jobs, tell=tell)
    told = _Told(found, asked)
    coverage = tuple(_coverage(case, start.known, room))
    return MeetingDocument(
        case=case.settings.name,
        meeting=meeting.id,
        name=meeting.name,
        held_on=meeting.date,
        in_the_room=meeting.in_the_room,
        not_in_the_room=room.absent,
        refugees_total=coverage[0].total,
        refugees_hosted_by_attending=coverage[0].covered,
        share=coverage[0].share,
        coverage=coverage,
        levers_available=tuple(lever.id for lever in conference.levers if lever.id in room.can),
        levers_blocked=tuple(missing(conference.levers, meeting.in_the_room)),
        levers=tuple(room.described()),
        pulled_on=pulled_on,
        counted_until=counted_until,
        until=until,
        replicates=asked.replicates,
        seed=asked.seed,
        hand_made=start.hand_made,
        continuation=start.continuation,
        interval=interval_of(asked.replicates, drawn=drawn is not None, published=False),
        limits={name: limit.value for name, limit in asked.limits.items()},
        returns=Compared(with_levers=told.added(room.usable), without=told.added(NOUGHT)),
        invitations=tuple(_invitations(room, told, coverage[0])),
        requirements=tuple(_requirements(room, told)),
        shapley=tuple(row for kind, game in games.items() for row in told.shapley(kind, game)),
        notes=NOTES,
    )


class _Room:
    """Who is in the room, and what they can pull."""

    def __init__(self, conference: Conference, meeting: Meeting, case: Case) -> None:
        self.conference, self.meeting = conference, meeting
        self._pulled_on = counted_months(meeting, 1)[0]
        self._acting = frozenset(lever.id for lever in conference.levers if effects_in(case, lever, self._pulled_on))
        self.can = usable(conference.levers, meeting.in_the_room)
        self.usable = self.can & self._acting
        self.absent = tuple(party.id for party in conference.parties if party.id not in meeting.in_the_room)

    def set_of(self, parties: Collection[str]) -> LeverSet:
        """Return the levers that some parties can pull and that do something."""
        return usable(self.conference.levers, parties) & self._acting

    def pulled(self, levers: Collection[str]) -> LeverSet:
        """Return those of some levers that can be pulled with the others, and that do something."""
        return pullable(self.conference.levers, levers) & self._acting

    def everybody(self) -> LeverSet:
        """Return what all parties together can pull."""
        return usable(self.conference.levers, [party.id for party in self.conference.parties])

    def holders(self) -> tuple[str, ...]:
        """Return the parties that hold a lever which does something, or which such a lever requires."""
        wanted = self.with_required(self._acting)
        holding = {party for lever in self.conference.levers if lever.id in wanted for party in lever.held_by}
        return tuple(party.id for party in self.conference.parties if party.id in holding)

    def with_required(self, names: Iterable[str]) -> frozenset[str]:
        """Return some levers and all that they require in turn, commitments without effects among them."""
        requires = {lever.id: lever.requires for lever in self.conference.levers}
        ahead, seen = list(names), set[str]()
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                ahead += requires[name]
        return frozenset(seen)

    def invited(self) -> dict[str, LeverSet]:
        """Return what could be pulled with one more party in the room."""
        return {party: self.set_of((*self.meeting.in_the_room, party)) for party in self.absent}

    def compared(self) -> set[LeverSet]:
        """Return what is compared: no lever, those in the room, and those with one more party."""
        return {NOUGHT, self.usable, *self.invited().values()}

    def requiring(self) -> Iterator[tuple[Lever, LeverSet]]:
        """Yield the levers that do something and require others, with all that they require in turn."""
        for lever in self.conference.levers:
            needed = self.with_required(lever.requires) & self._acting
            if needed and lever.id in self._acting:
                yield lever, needed

    def required_sets(self) -> Iterator[LeverSet]:
        """Yield the sets of levers that show what requirements do."""
        for lever, needed in self.requiring():
            yield from (frozenset({lever.id}), needed, needed | {lever.id})

    def described(self) -> Iterator[MeetingLever]:
        """Yield every lever with whether it can be pulled."""
        levers, parties = self.conference.levers, self.meeting.in_the_room
        there, lacks = in_the_room(levers, parties), missing(levers, parties)
        for lever in levers:
            status = "usable" if lever.id in self.can else "blocked" if lever.id in there else "absent"
            yield MeetingLever(
                id=lever.id, name=lever.name, held_by=lever.held_by, needs=lever.needs, requires=lever.requires,
                status=status, missing=lacks.get(lever.id, ()),
                wanted=tuple(party for party in lever.held_by if party not in parties and status == "absent"),
                acts=lever.id in self._acting, evidence=lever.evidence,
            )  # fmt: skip


def _wanted(room: _Room, games: Mapping[Kind, Game[LeverSet]], asked: Asked) -> dict[LeverSet, set[int]]:
    """Return which replicates of each set of levers have to be simulated."""
    wanted: dict[LeverSet, set[int]] = {}
    for names in room.compared():
        wanted.setdefault(names, set()).update(range(asked.replicates))
    for names in room.required_sets():
        wanted.setdefault(names, set()).update(range(asked.shared_out))
    for game in games.values():
        for replicate in range(asked.shared_out):
            for names in game.sets(replicate):
                wanted.setdefault(names, set()).add(replicate)
    return wanted


def _games(room: _Room, asked: Asked) -> Mapping[Kind, Game[LeverSet]]:
    of_parties, of_levers = cache(room.set_of), cache(room.pulled)
    # A commitment without effects is a player where a lever that does something requires it.
    counting = room.with_required(room.pulled(room.everybody()))
    players = [lever.id for lever in room.conference.levers if lever.id in counting]
    replicates, seed = asked.shared_out, asked.seed
    return {
        "parties": game_of(
            room.holders(), lambda names: of_parties(frozenset(names)), replicates=replicates, seed=seed
        ),
        "levers": game_of(players, lambda names: of_levers(frozenset(names)), replicates=replicates, seed=seed),
    }  # fmt: skip


class _Told:
    """What was simulated, in the words of the document."""

    def __init__(self, found: Mapping[LeverSet, Mapping[int, FloatArray]], asked: Asked) -> None:
        self._found, self._asked = found, asked

    def _of(self, names: LeverSet, replicates: int) -> FloatArray:
        return np.array([self._found[names][number] for number in range(replicates)])

    def added(self, names: LeverSet, beside: LeverSet = NOUGHT) -> Added:
        """Return the returns with some levers, and what they add to others, replicate by replicate."""
        with_, without = (self._of(one, self._asked.replicates) for one in (names, beside))
        column = {name: number for number, name in enumerate(QUANTITIES)}
        return Added(
            levers=tuple(sorted(names)),
            people=_range(with_[:, 0]),
            more=_range(with_[:, 0] - without[:, 0]),
            pillars=tuple(
                Returned(
                    pillar=pillar,
                    met=_range(with_[:, column[f"{pillar} met"]]),
                    met_or_unknown=_range(with_[:, column[f"{pillar} met or unknown"]]),
                )
                for pillar in JUDGED
            ),
        )

    def more(self, names: LeverSet) -> Range:
        """Return how many more return with some levers than with none."""
        with_, without = (self._of(one, self._asked.shared_out) for one in (names, NOUGHT))
        return _range(with_[:, 0] - without[:, 0])

    def shapley(self, kind: Kind, game: Game[LeverSet]) -> Iterator[ShapleyShares]:
        """Yield how what all players add is shared out, for each bound."""
        columns = [QUANTITIES.index(name) for name in BOUNDS.values()]
        count = self._asked.shared_out
        shared = game.shared(lambda names, replicate: self._found[names][replicate][columns], count)
        ends = (self._of(game.set_of(players), count)[:, columns].mean(axis=0) for players in (game.players, ()))
        total = np.subtract(*ends)
        simulated = len({names for replicate in range(count) for names in game.sets(replicate)})
        for number, bound in enumerate(BOUNDS):
            yield ShapleyShares(
                players=kind, bound=bound, exact=game.exact, simulated=simulated, replicates=count,
                total=float(total[number]), rows=tuple(_rows(game, shared, number)),
                interactions=tuple(_interactions(game, shared, number)),
            )  # fmt: skip


def _rows(game: Game[LeverSet], shared: Shared, number: int) -> Iterator[ShapleyRow]:
    for code, player in enumerate(game.players):
        values, error = shared.values[code, :, number], float(shared.error[code, number])
        low, _, high = _ends(values) if game.exact else (None, 0.0, None)
        yield ShapleyRow(
            player=player, value=float(values.mean()), error=None if np.isnan(error) else error, p05=low, p95=high
        )


def _interactions(game: Game[LeverSet], shared: Shared, number: int) -> Iterator[Interaction]:
    strongest = sorted(shared.pairs.items(), key=lambda item: -abs(float(item[1][:, number].mean())))[:STRONGEST]
    for (one, other), values in strongest:
        value = float(values[:, number].mean())
        if round(value):
            low, _, high = _ends(values[:, number])
            yield Interaction(one=game.players[one], other=game.players[other], value=value, p05=low, p95=high)


def _invitations(room: _Room, told: _Told, refugees: Coverage) -> Iterator[Invitation]:
    for party, names in room.invited().items():
        hosted = sum(row.people for row in refugees.rows if row.party == party)
        gained = tuple(sorted(usable(room.conference.levers, (*room.meeting.in_the_room, party)) - room.can))
        yield Invitation(party=party, refugees=hosted, gained=gained, returns=told.added(names, room.usable))


def _requirements(room: _Room, told: _Told) -> Iterator[Requirement]:
    for lever, needed in room.requiring():
        yield Requirement(
            lever=lever.id, requires=tuple(sorted(needed)), lever_alone=told.more(frozenset({lever.id})),
            required_alone=told.more(needed), together=told.more(needed | {lever.id}),
        )  # fmt: skip


def _range(values: FloatArray) -> Range:
    low, middle, high = _ends(values)
    return Range(p05=low, p50=middle, p95=high)


def _ends(values: FloatArray) -> tuple[float | None, float, float | None]:
    low, middle, high = low_likely_high(values).tolist()
    return (None, middle, None) if np.isnan(low) else (low, middle, high)


def _coverage(case: Case, known: Case, room: _Room) -> Iterator[Coverage]:
    """Yield the coverage of refugees as known on the day, then with the next year-end in sight, then of IDPs."""
    on = room.meeting.date
    yield refugees_covered(case, room.conference, room.meeting)
    later = [row.date for row in _stocks(case, Measure.REFUGEE_STOCK, date.max) if row.date >= on]
    if later:
        yield _of_refugees(case, room.conference, room.meeting, min(later), date.max)
    if any(_stocks(case, Measure.IDP_STOCK, on)):
        yield _of_idps(known, room.conference, room.meeting)


def refugees_covered(case: Case, conference: Conference, meeting: Meeting) -> Coverage:
    """Return the share of the refugees whose host is in the room, by the last figures known on the day.

    Raises UsageError where none was known.
    """
    rows = list(_stocks(case, Measure.REFUGEE_STOCK, meeting.date))
    if not rows:
        raise UsageError(f"no figure of refugees by country of asylum was known on {meeting.date}")
    return _of_refugees(case, conference, meeting, max(row.date for row in rows), meeting.date)


def _stocks(case: Case, measure: Measure, known: date) -> Iterator[Observation]:
    """Yield the stocks of a measure known by a day: of refugees by country of asylum, of IDPs by place."""
    home = case.settings.origin_country
    countries = {place.country for place in case.places} - {home}
    wanted = countries if measure is Measure.REFUGEE_STOCK else {place.id for place in case.places}
    for row in case.observed:
        if row.measure is measure and row.place in wanted and not row.origin and row.known_on <= known:
            yield row


def _first_of_each(rows: Iterable[Observation]) -> dict[str, float]:
    """Return values by place; where a place has two definitions, the first of them."""
    found: dict[str, float] = {}
    for row in rows:
        found.setdefault(row.place, row.value)
    return found


def _of_refugees(case: Case, conference: Conference, meeting: Meeting, as_of: date, known: date) -> Coverage:
    rows = (row for row in _stocks(case, Measure.REFUGEE_STOCK, known) if row.date == as_of)
    speaks = {country: party.id for party in conference.parties for country in party.countries}
    shares = [
        Share(name=country, party=speaks.get(country), people=people,
              in_the_room=speaks.get(country) in meeting.in_the_room)
        for country, people in _first_of_each(rows).items()
    ]  # fmt: skip
    return _covered("refugees", as_of, shares, hindsight=known > meeting.date, estimated=False)


def _of_idps(case: Case, conference: Conference, meeting: Meeting) -> Coverage:
    stocks = list(_stocks(case, Measure.IDP_STOCK, meeting.date))
    as_of = max(row.date for row in stocks)
    by_place = _first_of_each(row for row in stocks if row.date == as_of)
    held, estimated = _held(case, meeting.date)
    speaks = {holder: party.id for party in conference.parties for holder in party.holders}
    people: dict[str, float] = {}
    for place, count in by_place.items():
        for holder, share in held.get(place, {"unknown": 1.0}).items():
            people[holder] = people.get(holder, 0.0) + count * share
    shares = [
        Share(name=holder, party=speaks.get(holder), people=round(count, 1),
              in_the_room=speaks.get(holder) in meeting.in_the_room)
        for holder, count in people.items() if count
    ]  # fmt: skip
    return _covered("idps", as_of, shares, hindsight=False, estimated=estimated)


def _held(case: Case, on: date) -> tuple[dict[str, dict[str, float]], bool]:
    """Return the share of each holder by place on a day, and whether any of these rows is an estimate."""
    held: dict[str, dict[str, float]] = {}
    basis: dict[tuple[str, str], Basis] = {}
    for row in sorted(case.conditions, key=lambda row: row.date):
        if row.indicator.startswith(HELD_BY) and row.date <= on:
            holder = row.indicator.removeprefix(HELD_BY)
            held.setdefault(row.place, {})[holder] = row.value
            basis[row.place, holder] = row.basis
    return held, Basis.ESTIMATE in basis.values()


def _covered(of: str, as_of: date, shares: Sequence[Share], *, hindsight: bool, estimated: bool) -> Coverage:
    total = sum(row.people for row in shares)
    covered = sum(row.people for row in shares if row.in_the_room)
    rows = tuple(sorted(shares, key=lambda row: -row.people))
    return Coverage(
        of=of, as_of=as_of, hindsight=hindsight, estimated=estimated, total=total, covered=covered,
        share=covered / total if total else 0.0, rows=rows,
    )  # fmt: skip
