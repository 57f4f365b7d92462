"""The hooks of the documentation site; whether the whole site builds is for continuous integration to see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.site_hooks import EquationError, fetched_from_elsewhere, with_equations

ROOT = Path(__file__).resolve().parents[1]
INLINE = '<p>Hazard <span class="arithmatex">\\({}\\)</span></p>'
DISPLAY = '<div class="arithmatex">\\[{}\\]</div>'


@pytest.fixture
def _converter() -> None:
    pytest.importorskip("latex2mathml", reason="needs the extra 'docs', as continuous integration has it")


@pytest.mark.usefixtures("_converter")
def test_equations_become_mathml() -> None:
    shown = with_equations(INLINE.format(r"I_p &lt; \lambda_0"))
    assert "<math" in shown
    assert "arithmatex" not in shown
    assert "&#x003BB;" in shown


@pytest.mark.usefixtures("_converter")
def test_a_display_equation_has_its_number_beside_it() -> None:
    shown = with_equations(DISPLAY.format(r" \overline{M}_p = \mathrm{d}x \tag{3} "))
    assert shown.startswith('<div class="equation" id="equation-3"><math')
    assert shown.endswith('<span class="equation-number">(3)</span></div>')
    assert "tag" not in shown


@pytest.mark.usefixtures("_converter")
def test_signs_in_words_are_not_escaped() -> None:
    assert "<mtext>travel_speed</mtext>" in with_equations(INLINE.format(r"\text{travel\_speed}"))


@pytest.mark.usefixtures("_converter")
@pytest.mark.parametrize("tex", [r"\novelmacro{x}", r"\frac{1}{", r"\left( x", r"x \tag{1} \tag{2}"])
def test_an_equation_that_cannot_be_shown_is_an_error(tex: str) -> None:
    with pytest.raises(EquationError):
        with_equations(DISPLAY.format(tex))


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://elsewhere.example/x.js">',
        "<link rel=stylesheet href=//elsewhere.example/x.css>",
        '<img alt="" src="http://elsewhere.example/x.png">',
        "p { background: url('https://elsewhere.example/x.png') }",
        '@import "https://elsewhere.example/x.css";',
    ],
)
def test_what_is_fetched_from_elsewhere_is_found(text: str) -> None:
    [address] = fetched_from_elsewhere(text)
    assert "//elsewhere.example/x" in address


def test_links_and_files_of_the_site_are_not_fetched_from_elsewhere() -> None:
    page = '<a href="https://elsewhere.example">there</a><script src="assets/x.js"></script><img src="../x.svg">'
    assert list(fetched_from_elsewhere(page)) == []


def test_every_page_is_in_the_navigation_and_warnings_stop_the_build() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r": ([a-z0-9/-]+\.md)$", settings, re.MULTILINE))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert there <= named
    assert "\nstrict: true\n" in settings
    assert "\n  font: false" in settings
    # With --quiet mkdocs does not count warnings, so that --strict finds none.
    assert ".venv/bin/mkdocs build --strict\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
