"""What all pages share: templates of this package, escaped, with the words and files of the report."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from homeward.report import wording

__all__ = ["page_environment"]


def page_environment() -> Environment:
    """Return the templates; a name that a template asks for and is not given is an error."""
    environment = Environment(
        loader=PackageLoader("homeward.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update({name: getattr(wording, name) for name in wording.__all__})
    environment.globals["packaged"] = _packaged
    return environment


def _packaged(name: str) -> Markup:
    """Return a file of this package as it is: style and scripts are ours and need no escaping."""
    return Markup(files("homeward.report").joinpath(name).read_text(encoding="utf-8"))
