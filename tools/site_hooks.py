"""Hooks of the documentation site (``mkdocs.yml``): equations, and independence of the network.

Equations are written as TeX in the pages and become MathML while the site is built, so that a browser shows
them without a script. After the build every page is searched for what it would fetch from elsewhere. Whatever
is wrong is a warning, and ``mkdocs build --strict`` fails on it.
"""

from __future__ import annotations

import html as html_text
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

__all__ = ["EquationError", "fetched_from_elsewhere", "mathml", "on_page_content", "on_post_build", "with_equations"]

log = logging.getLogger("mkdocs.hooks.site")

# What pymdownx.arithmatex makes of $…$ and $$…$$.
INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
DISPLAY = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.DOTALL)
TAG = re.compile(r"\\tag\{([^}]*)\}")
# Attributes by which a page loads something; links that a reader may follow (<a href>) are none of them.
LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href|srcset)=[\"']?((?:https?:)?//[^\"'\s>]+)")
STYLE_LOADED = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)")


class EquationError(ValueError):
    """An equation that cannot be shown as MathML."""


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace the equations of a page by MathML."""
    del config, files
    try:
        return with_equations(html)
    except EquationError as error:
        log.warning("%s: %s", page.file.src_uri, error)
        return html


def on_post_build(*, config: MkDocsConfig) -> None:
    """Warn of everything that a page of the built site would fetch from elsewhere."""
    site = Path(config.site_dir)
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        for address in fetched_from_elsewhere(path.read_text(encoding="utf-8")):
            log.warning("%s fetches %s", path.relative_to(site), address)


def with_equations(html: str) -> str:
    """Return HTML with MathML for every equation; raises EquationError at one that cannot be converted."""
    shown = DISPLAY.sub(lambda found: _display(html_text.unescape(found[1])), html)
    return INLINE.sub(lambda found: mathml(html_text.unescape(found[1]), "inline"), shown)


def _display(tex: str) -> str:
    """Return a display equation with its number, which MathML has no place for, beside it."""
    tags = TAG.findall(tex)
    if len(tags) > 1:
        raise EquationError(f"two numbers in one equation: {tex.strip()}")
    equation = mathml(TAG.sub("", tex), "block")
    number = f'<span class="equation-number">({tags[0]})</span>' if tags else ""
    place = f' id="equation-{tags[0]}"' if tags else ""
    return f'<div class="equation"{place}>{equation}{number}</div>'


def mathml(tex: str, display: str) -> str:
    """Return TeX as MathML, ``display`` inline or block; raises EquationError."""
    # Late, so that what needs no equation can be tested without the extra 'docs'.
    from latex2mathml.converter import convert

    try:
        converted: str = convert(tex.strip(), display=display)
    except Exception as error:
        raise EquationError(f"{type(error).__name__} in {tex.strip()}") from error
    # Inside \text the converter leaves an escaped sign escaped.
    converted = re.sub(r"\\([_%&#$])", r"\1", converted)
    # A macro that it does not know it passes on as text.
    unknown = re.findall(r"\\\S+?(?=<|\s|$)", html_text.unescape(converted))
    if unknown:
        raise EquationError(f"unknown {', '.join(unknown)} in {tex.strip()}")
    return converted


def fetched_from_elsewhere(text: str) -> Iterator[str]:
    """Yield the addresses outside the site that a page or a style sheet loads by itself."""
    yield from LOADED.findall(text)
    yield from STYLE_LOADED.findall(text)
