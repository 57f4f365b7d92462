"""The JSON document of ``homeward meeting``; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Continuation, Count, Document, Model

__all__ = [
    "Added",
    "Bound",
    "Compared",
    "Coverage",
    "Interaction",
    "Invitation",
    "MeetingDocument",
    "MeetingLever",
    "Range",
    "Requirement",
    "Returned",
    "ShapleyRow",
    "ShapleyShares",
    "Share",
]

Bound = Literal["returns", "met", "met or unknown"]


class Share(Model):
    """People whom one party speaks for (``name``: the country of asylum, or the holder of their district).

    ``party`` is null where nobody of the case speaks for them; ``in_the_room`` says whether that party is.
    """

    name: str
    party: str | None
    in_the_room: bool
    people: float


class Coverage(Model):
    """Which share of the refugees, or of the IDPs, somebody in the room speaks for.

    ``share`` is ``covered`` over ``total``, and ``covered`` the sum of those ``rows`` that are in the room. Figures are
    of ``as_of``, known by the meeting unless ``hindsight``; ``estimated`` says that who holds districts is an estimate.
    """

    of: Literal["refugees", "idps"]
    as_of: date
    hindsight: bool
    estimated: bool
    total: float
    covered: float
    share: float
    rows: tuple[Share, ...]


class MeetingLever(Model):
    """A lever, whether those in the room can pull it, and what is in the way.

    ``usable``: in the room, with all that it requires. ``blocked``: in the room, but ``missing`` what it requires.
    ``absent``: not in the room; ``wanted`` are holders who are not there. ``acts`` is false where it changes nothing in
    this case on this day. ``evidence`` says what its size rests on.
    """

    id: str
    name: str
    held_by: tuple[str, ...]
    needs: Literal["any", "all"]
    requires: tuple[str, ...]
    status: Literal["usable", "blocked", "absent"]
    missing: tuple[str, ...]
    wanted: tuple[str, ...]
    acts: bool
    evidence: str


class Range(Model):
    """People over the replicates: 5 % quantile, median and 95 % quantile; the ends null where these are too few."""

    p05: float | None
    p50: float
    p95: float | None


class Returned(Model):
    """Returns of refugees by whom a ``pillar`` (or all four) is met: at least ``met``, at most ``met_or_unknown``."""

    pillar: str
    met: Range
    met_or_unknown: Range


class Added(Model):
    """Returns of refugees over the months that count, with some levers pulled.

    ``levers`` are their ids. ``people`` are all who return, ``pillars`` those by whom pillars are met; ``more`` is what
    the levers add to no lever (or, for an invitation, to the levers in the room), replicate by replicate.
    """

    levers: tuple[str, ...]
    people: Range
    more: Range
    pillars: tuple[Returned, ...]


class Compared(Model):
    """Returns with the levers in the room (``with_levers``) and with none (``without``)."""

    with_levers: Added
    without: Added


class Invitation(Model):
    """What it would change to have one more ``party`` in the room: the levers ``gained``, and the returns with them."""

    party: str
    refugees: float
    gained: tuple[str, ...]
    returns: Added


class ShapleyRow(Model):
    """What a ``player`` (party or lever) adds on average over all orders in which players may come, in this model.

    ``value`` is the mean over the replicates and ``error`` its standard error (null with too few), which holds chance,
    parameters and, where they were drawn, orders. Where all coalitions were asked, ``p05`` and ``p95`` are the 5 % and
    95 % quantiles over the replicates (null where these are too few).
    """

    player: str
    value: float
    error: float | None
    p05: float | None
    p95: float | None


class Interaction(Model):
    """Two players, ``one`` and the ``other``, who do more together than apart (``value`` above 0), or less.

    Mean over the replicates, and its 5 % and 95 % quantiles (null where they are too few).
    """

    one: str
    other: str
    value: float
    p05: float | None
    p95: float | None


class ShapleyShares(Model):
    """How what all ``players`` add together is shared out, for one ``bound``: it is no responsibility.

    ``bound``: all returns, those that meet all four pillars, or those that meet them or of which it is unknown. The
    values of the ``rows`` add up to ``total``, what everybody adds to nobody. ``exact``: all coalitions were asked;
    ``simulated``: so many sets of levers that differ. ``interactions`` are the strongest, where exact.
    """

    players: Literal["parties", "levers"]
    bound: Bound
    exact: bool
    simulated: Count
    replicates: Count
    total: float
    rows: tuple[ShapleyRow, ...]
    interactions: tuple[Interaction, ...] = ()


class Requirement(Model):
    """A ``lever`` that ``requires`` others: it alone, what they add alone, and both together.

    Returns beyond those with no lever, over the replicates that Shapley values rest on.
    """

    lever: str
    requires: tuple[str, ...]
    lever_alone: Range
    required_alone: Range
    together: Range


class MeetingDocument(Document):
    """What ``homeward meeting`` says of who was in a room and of what they could move, in this model.

    ``refugees_total``, ``refugees_hosted_by_attending`` and ``share`` are those of ``coverage`` as known on the day.
    Levers are pulled on ``pulled_on``; returns count from then through ``counted_until`` and are followed through
    ``until``. ``returns`` compare the levers in the room with none. ``notes`` say what figures rest on.
    """

    schema_: Literal["homeward/meeting/1"] = Field("homeward/meeting/1", alias="schema")
    case: str
    meeting: str
    name: str
    held_on: date
    in_the_room: tuple[str, ...]
    not_in_the_room: tuple[str, ...]
    refugees_total: float
    refugees_hosted_by_attending: float
    share: float
    coverage: tuple[Coverage, ...]
    levers_available: tuple[str, ...]
    levers_blocked: tuple[str, ...]
    levers: tuple[MeetingLever, ...]
    pulled_on: date
    counted_until: date
    until: date
    replicates: Count
    seed: int
    hand_made: bool
    continuation: Continuation
    interval: str
    limits: dict[str, float]
    returns: Compared
    invitations: tuple[Invitation, ...]
    requirements: tuple[Requirement, ...]
    shapley: tuple[ShapleyShares, ...]
    notes: tuple[str, ...] = ()
