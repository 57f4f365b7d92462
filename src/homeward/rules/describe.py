"""The reference page of the parameters, written from their table."""

from __future__ import annotations

from homeward.rules.parameters import Parameter, parameter_table

__all__ = ["parameter_page"]

_INTRODUCTION = """\
# Parameters

Every parameter of the rules, with unit, default, prior, meaning and source. A case may set others under
`[parameters]` in `case.toml`, a scenario likewise, and a run with `--set NAME=VALUE`. A parameter by country or by
holder has one value per name, written `host_attraction[TUR]`; without brackets it sets all that have no value of
their own. *estimate* means: nobody measured it; it waits for a fit.

The equations in which they stand are on [the model page](../explanation/model.md).
This page is written from `src/homeward/rules/parameters.csv` by `tools/describe_case.py`.

| name | default | unit | prior | basis | meaning | source |
|---|---|---|---|---|---|---|
"""


def parameter_page() -> str:
    """Return the page as Markdown."""
    return _INTRODUCTION + "".join(_line(parameter) for parameter in parameter_table())


def _line(parameter: Parameter) -> str:
    name = f"`{parameter.name}`" + (f" by {parameter.by}" if parameter.by else "")
    cells = (
        name,
        f"{parameter.default:g}",
        parameter.unit,
        parameter.prior_in_words(),
        parameter.basis,
        parameter.meaning,
        parameter.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
