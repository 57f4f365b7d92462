"""Small episodes made by hand for the tests of the reference class."""

from __future__ import annotations

from datetime import date

from homeward.learn.reference.episodes import Coercion, Episode, EpisodeYear, Kind, Onset


def onset(identity: str = "AAA-1990", coercion: Coercion = Coercion.NOT_KNOWN) -> Onset:
    origin, year = identity.split("-")
    return Onset(
        id=identity, origin=origin, onset=date(int(year), 6, 1), kind=Kind.PEACE_AGREEMENT, name="an agreement",
        coercion=coercion, source="made up",
    )  # fmt: skip


def episode(
    identity: str, shares: list[float | None], stock: int = 100_000, coercion: Coercion = Coercion.NOT_KNOWN
) -> Episode:
    """Return an episode with these yearly shares of a constant exposure; None is a missing figure."""
    first = int(identity.split("-")[1])
    years = tuple(
        EpisodeYear(
            episode=identity, year=first + since, stock_before=stock, arrivals=0,
            returns=None if share is None else round(share * stock), known_on=date(first + since + 1, 6, 20),
            source="made up",
        )
        for since, share in enumerate(shares)
    )  # fmt: skip
    return Episode(onset(identity, coercion), years)
