from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from homeward.errors import RunError
from homeward.report import write_report
from homeward.report.gather import gather
from homeward.report.render import render
from homeward.report.worldmap import draw_maps
from homeward.results.run import Run
from tests.hand_made import trajectory, write_run
from tests.report.runs import balance_case, hand_made_run, hostile_case
from tests.small_case import small_case

VOID = {"meta", "link", "input", "br", "wbr", "img", "hr"}
SHAPES = {"rect", "path", "circle"}
FETCHES = {"src", "srcset", "href", "xlink:href", "action", "data", "poster", "background", "formaction"}


@dataclass
class Page(HTMLParser):
    """A page taken apart: it complains of tags that do not match."""

    open: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES, f"only shapes of SVG close themselves, not {tag}"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    def seen(self) -> str:
        """Return the text that a reader sees, with single spaces."""
        hidden = ("script", "style")
        return " ".join(" ".join(text for tag, text in self.texts if tag not in hidden).split())


def taken_apart(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    path = folder / "report.html"
    write_report(hand_made_run(folder / "run"), path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return taken_apart(html)


def chart_data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="chart-data">(.*?)</script>', html, re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_nothing_is_fetched(html: str, page: Page) -> None:
    for tag, attributes in page.tags:
        for name in FETCHES & set(attributes):
            if (tag, name) != ("path", "d"):
                assert (attributes[name] or "").startswith(("#", "data:,")), (tag, attributes)
    styles = "".join(text for tag, text in page.texts if tag == "style")
    assert "@import" not in styles
    assert "url(" not in styles
    scripts = "".join(text for tag, text in page.texts if tag == "script")
    for call in ("fetch(", "XMLHttpRequest", "importScripts", "WebSocket", "sendBeacon", "import("):
        assert call not in scripts
    assert not re.search(r"https?://", html)
    [policy] = [m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_sections_come_in_order_and_the_contents_name_them(page: Page) -> None:
    sections = [attributes["id"] for attributes in page.all("section")]
    assert sections == [
        "run", "intervals", "key", "courses", "maps",
        "score", "origins", "districts", "residuals", "card", "parameters", "sources",
    ]  # fmt: skip
    links = [a["href"] for a in page.all("a") if a["href"] != "#main"]
    assert links == [f"#{section}" for section in sections]


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_and_pictures_can_be_read_aloud(page: Page) -> None:
    assert all(attributes.get("scope") for attributes in page.all("th"))
    assert len(page.all("table")) == len(page.all("caption"))
    pictures = [a for tag, a in page.tags if a.get("role") == "img"]
    assert len(pictures) > 3
    assert all(a.get("aria-label") or a.get("aria-labelledby") for a in pictures)
    identifiers = [a["id"] for _, a in page.tags if "id" in a]
    assert len(identifiers) == len(set(identifiers))


def test_it_says_what_was_run_and_what_the_intervals_hold(page: Page) -> None:
    seen = page.seen()
    assert "homeward run " in seen
    assert "--seed 1 --replicates 3" in seen
    assert "no scenario laid over it" in seen
    assert "not fitted" in seen
    assert "The range does not hold what is unknown" in seen
    assert "homeward never declares a place safe" in seen


def test_key_figures_are_shown_with_their_interval(page: Page) -> None:
    assert "People displaced 4,507 90 % of replicates: 3,607 to 5,407" in page.seen()


def test_small_counts_are_suppressed_everywhere(tmp_path: Path) -> None:
    case = small_case()
    stocks = [
        row
        for month in range(12)
        for row in ((month, "camp", "east", "refugee", 7), (month, "north", "north", "resident", 50_000))
    ]
    courses = [trajectory(case, k, stocks=stocks, returns=[(3, "east", "camp", 4)]) for k in range(2)]
    html = render(gather(write_run(tmp_path / "run", case, courses)))
    charts = chart_data(html)
    assert {v for band in charts["refugees-HOA"]["bands"] for v in band} == {None}
    assert {v for band in charts["returns-HOA"]["bands"] for v in band} == {None}
    seen = taken_apart(html).seen()
    assert "Refugees <10 90 % of replicates: <10" in seen
    assert not re.search(r"\b[47] (refugees|people)", seen)


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    html = render(gather(hand_made_run(tmp_path / "run", case=hostile_case())))
    page = taken_apart(html)
    assert "<script>alert" not in html
    assert len(page.all("script")) == 3
    assert "<script>alert('city')</script>: 2,000 refugees" in page.seen()


def test_hostile_text_does_not_leave_the_chart_data(tmp_path: Path) -> None:
    case = small_case()
    events = tuple(e.model_copy(update={"what": "</script><b>"}) for e in case.events)
    html = render(gather(hand_made_run(tmp_path / "run", case=case.model_copy(update={"events": events}))))
    taken_apart(html)
    assert chart_data(html)["idps"]["markers"][0]["text"] == "</script><b>"


def test_one_replicate_says_that_it_has_no_interval(tmp_path: Path) -> None:
    seen = taken_apart(render(gather(hand_made_run(tmp_path / "run", replicates=1)))).seen()
    assert "one replicate only: there are no intervals and no bands" in seen
    assert "no interval: one replicate" in seen
    assert "90 % of replicates" not in seen
    assert "90 % range" not in seen


def test_a_scenario_is_named(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "run")
    named = Run(run.folder, run.info.model_copy(update={"scenario": "ceasefire"}))
    seen = taken_apart(render(gather(named))).seen()
    assert "under the scenario ceasefire" in seen
    assert "the scenario is already laid over that copy" in seen


def test_a_case_without_observations_or_displacement_still_has_a_report(tmp_path: Path) -> None:
    case = small_case().model_copy(update={"observed": (), "events": (), "conditions": ()})
    stocks = [(month, "north", "north", "resident", 100) for month in range(12)]
    seen = taken_apart(render(gather(write_run(tmp_path / "run", case, [trajectory(case, 0, stocks=stocks)])))).seen()
    assert "nothing can be scored" in seen
    assert "there is nothing to map" in seen
    assert "there is nothing to balance" in seen


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(gather(hand_made_run(tmp_path_factory.mktemp("balance") / "run", case=balance_case())))


def test_stock_and_flow_are_shown_by_host_and_year(balanced: str) -> None:
    page = taken_apart(balanced)
    test_tables_and_pictures_can_be_read_aloud(page)
    seen = page.seen()
    # Births 3.3 % and deaths 0.4 % of 65,000, naturalised and resettled 1 % each, an audit of 5 % in September.
    assert "2012 70,000 +10,000 +12,000 +2,140 −260 −3,000 −650 −650 −3,470 +3,890 +2,340 to +6,130" in seen
    assert "2013 80,000 +10,000 +20,000 in arrivals −300 – −750 −750 –" in seen
    assert "2014 30,000 the definition of the stock changed: no change can be given" in seen
    assert "no finding" in seen
    assert "partly circular" in seen
    assert "Arrivals: registrations (2012); <b>balances the stock</b> (2013)" in seen
    assert "<b>" not in balanced
    assert "The interval holds 90 % of what births, deaths" in seen


def test_hosts_with_few_refugees_wait_to_be_asked_for(balanced: str) -> None:
    section = balanced[balanced.index('<section id="residuals">') : balanced.index('<section id="parameters">')]
    large, small = section.split("<details><summary>Hosts with fewer than 50,000 refugees in every year (1)")
    assert "<details open><summary>HOA (3 years)" in large
    assert "Farland" not in large
    assert "Stock and flow, Farland" in small
    assert "Still waiting" in small
    assert "Still waiting" not in large
    assert "waiting unknown" in small


def test_the_map_shows_the_last_year_without_a_script(html: str) -> None:
    assert re.search(r'<g data-year="2012">', html)
    assert "flight, North to City: 300" in html
    assert "South: 500 IDPs" in html


def test_far_countries_are_on_a_map_of_their_own(tmp_path: Path) -> None:
    near, countries = draw_maps(gather(hand_made_run(tmp_path / "run")))
    assert {shape.title.partition(":")[0] for shape in near.years[-1].circles} == {"City", "South"}
    assert {shape.title.partition(":")[0] for shape in countries.years[-1].circles} == {
        "HOA",
        "Farland",
        "ORI",
    }


def test_circles_are_in_proportion_by_area(tmp_path: Path) -> None:
    near, _ = draw_maps(gather(hand_made_run(tmp_path / "run")))
    radius = {shape.title.partition(":")[0]: shape.radius for shape in near.years[-1].circles}
    assert (radius["City"] / radius["South"]) ** 2 == pytest.approx(2_000 / 500, rel=0.02)


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "run")
    with pytest.raises(RunError, match="writing the report"):
        write_report(run, tmp_path / "no-such-folder" / "report.html")
    path = tmp_path / "report.html"
    write_report(run, path)
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "run"]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "run")
    write_report(run, tmp_path / "one.html")
    write_report(run, tmp_path / "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
