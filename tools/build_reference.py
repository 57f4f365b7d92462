"""Build what the reference class ships: the table of episodes, two posteriors, and the page that lists every episode.

Run it after a change of ``onsets.csv``, of the rule of episodes, of the model or of UNHCR's tables:
``python -m tools.build_reference ../shared/data/unhcr`` (about four minutes). With ``--page`` only the page is written,
from the shipped tables.
"""

from __future__ import annotations

import sys
from pathlib import Path

from homeward.learn.reference.episodes import (
    HERE,
    Episode,
    build_episodes,
    read_onsets,
    shipped_episodes,
    write_episodes,
)
from homeward.learn.reference.model import PARAMETERS
from homeward.learn.reference.posterior import Posterior, sample, uncoerced, write_posterior
from homeward.sources.unhcr import read_tables
from tools.reference.episodes import episode_page

__all__ = ["PAGE", "main"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "episodes.md"


def main(arguments: list[str]) -> None:
    """Build from the folder of UNHCR's tables that is named, or write the page only."""
    if len(arguments) != 1:
        sys.exit("name the folder of UNHCR's tables, or --page")
    if arguments != ["--page"]:
        _build(Path(arguments[0]))
    PAGE.write_text(episode_page(shipped_episodes(), read_onsets()), encoding="utf-8", newline="\n")


def _build(folder: Path) -> None:
    tables = read_tables(folder)
    episodes, remarks = build_episodes(tables.origin_years, read_onsets())
    for remark in remarks:
        print(f"{remark.episode} {remark.year or ''}: {remark.what}")
    print(f"{len(episodes)} episodes, {sum(len(episode.years) for episode in episodes)} years")
    write_episodes(HERE / "episodes.csv", episodes)
    _sample(episodes, "posterior.csv")
    _sample(uncoerced(episodes), "posterior-uncoerced.csv")
    shipped_episodes.cache_clear()


def _sample(episodes: list[Episode], name: str) -> None:
    posterior = sample(episodes)
    write_posterior(HERE / name, posterior, episodes)
    print(f"{name}: {len(episodes)} episodes")
    show_convergence(posterior)


def show_convergence(posterior: Posterior) -> None:
    """Print split R-hat and effective draws of every parameter."""
    for name, r_hat, effective in zip(PARAMETERS, posterior.split_r_hat, posterior.effective, strict=True):
        print(f"  {name:22} split R-hat {r_hat:.3f}, effective draws {effective:,.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
