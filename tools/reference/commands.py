"""The page of the command line, written from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from homeward.cli.app import app
from homeward.cli.main import INTERRUPTED, TERMINATED
from homeward.cli.schema import schemas
from homeward.errors import InputError, RunError, UsageError
from tools.reference.markdown import MissingMeaningError, table

if TYPE_CHECKING:
    from typer.core import TyperCommand

__all__ = ["command_page"]

INTRODUCTION = """\
# Command line

CASE is the name of a built-in case (`syria`) or a folder; a built-in name wins over a folder of that name, which is
then written `./syria`. RUN is a folder that `homeward run` wrote; left out, it is the one under `./runs` that was
finished last. A run goes to `runs/CASE-YYYYMMDD-HHMMSS`, or to `--out`. Nothing is overwritten without `--force`.

`homeward --help` and `homeward COMMAND --help` say what stands here. This page is written from the commands by
`python -m tools.describe_reference`.
"""

STREAMS = """\
## Streams

Results go to files, and tables to standard output. Progress, notes, warnings and errors go to standard error: a bar
with the time left in a terminal, a few lines elsewhere. With `--json`, standard output holds exactly one
[JSON document](json-documents.md) and nothing else, also when the command fails.

A reader that closes the pipe (`homeward score | head -3`) is no failure: the rest is dropped in silence, the work
goes on, and the exit status is that of the work.
"""

STATUS_MEANINGS: Mapping[int, str] = {
    0: "done",
    RunError.exit_status: "the run failed, or a check fell short",
    UsageError.exit_status: "the call is wrong: an unknown command, option, case, run or parameter; something is "
    "there already",
    InputError.exit_status: "the input is wrong; every problem is listed with file, row and remedy",
    INTERRUPTED: "interrupted (Ctrl-C); what is complete is kept in `NAME.partial`, and `--resume` goes on with it",
    TERMINATED: "terminated (SIGTERM); the same holds",
}

ENVIRONMENT: Mapping[str, str] = {
    "NO_COLOR": "no colours",
    "COLUMNS": "width of tables where there is no terminal; left out: 130",
    "NUMBA_CACHE_DIR": "where the compiled kernel is kept",
    "HOMEWARD_DEBUG=1": "an unexpected failure shows its traceback",
}


def command_page() -> str:
    """Return the page as Markdown; raises MissingMeaningError for an option without a help text."""
    group = cast("TyperGroup", get_command(app))
    commands = {name: cast("TyperCommand", command) for name, command in group.commands.items()}
    parts = [
        INTRODUCTION,
        table(("command", "does"), ((_link(name), _summary(command)) for name, command in commands.items())),
        *(_section(name, command) for name, command in commands.items()),
        "## homeward\n\nWithout a command, these options are there:\n",
        _option_table(_options(group)),
        STREAMS,
        "## Exit status\n",
        table(("status", "meaning"), ((f"{status}", text) for status, text in STATUS_MEANINGS.items())),
        "## Environment\n",
        table(("variable", "effect"), ((f"`{name}`", text) for name, text in ENVIRONMENT.items())),
    ]
    return "\n".join(parts)


def _link(name: str) -> str:
    return f"[`homeward {name}`](#homeward-{name})"


def _summary(command: TyperCommand) -> str:
    return _linked((command.help or "").partition("\n\n")[0].replace("\n", " "))


def _section(name: str, command: TyperCommand) -> str:
    parts = [f"## homeward {name}\n", f"```text\n{_usage(name, command)}\n```\n", *_paragraphs(command.help or "")]
    arguments = [(f"`{argument.metavar}`", _linked(_help(argument, name))) for argument in _arguments(command)]
    if arguments:
        parts.append(table(("argument", "meaning"), arguments))
    parts.append(_option_table(_options(command)))
    if any("--json" in option.opts for option in _options(command)) and name in schemas():
        parts.append(
            f"With `--json` it writes the document [`homeward/{name}/1`](json-documents.md#homeward{name}1).\n"
        )
    return "\n".join(parts)


def _usage(name: str, command: TyperCommand) -> str:
    words = ["homeward", name, *(f"{argument.metavar}" for argument in _arguments(command)), "[OPTIONS]"]
    return " ".join(words)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring; what stands below ``Examples:`` is code."""
    for paragraph in text.split("\n\n"):
        heading, _, rest = paragraph.removeprefix("\b\n").partition("\n")
        if heading.startswith("Example"):
            code = "\n".join(line.removeprefix("  ") for line in rest.splitlines())
            yield f"```sh\n{code}\n```\n"
        else:
            yield _linked(paragraph.removeprefix("\b\n").strip()) + "\n"


def _linked(text: str) -> str:
    """Return text with links to pages of the reference, and file and option names as code."""
    with_code = re.sub(r"(?<![\w/`])(--[a-z]+|[a-z]+\.(?:json|toml|html)|NAME\.partial)\b", r"`\1`", text)
    return re.sub(r"docs/reference/([a-z-]+)\.md", r"[the reference](\1.md)", with_code)


def _arguments(command: TyperCommand) -> list[TyperArgument]:
    return [parameter for parameter in command.params if isinstance(parameter, TyperArgument)]


def _options(command: TyperCommand | TyperGroup) -> list[TyperOption]:
    return [parameter for parameter in command.params if isinstance(parameter, TyperOption)]


def _option_table(options: Sequence[TyperOption]) -> str:
    """Return the options; without a column of defaults where there are none."""
    rows = [_option_row(option) for option in options]
    if any(default for _, default, _ in rows):
        return table(("option", "default", "meaning"), rows)
    return table(("option", "meaning"), ((names, meaning) for names, _, meaning in rows))


def _option_row(option: TyperOption) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag and option.metavar:
        names = f"`{option.opts[0]} {option.metavar}`"
    default = "" if option.is_flag or option.default is None else f"{option.default}"
    return names, default, _linked(_help(option, "homeward")) + _limits(option)


def _help(parameter: TyperArgument | TyperOption, where: str) -> str:
    if not parameter.help:
        raise MissingMeaningError(f"{parameter.name} of {where} has no help text")
    return parameter.help


def _limits(option: TyperOption) -> str:
    """Return the range of a number in words."""
    if option.min is None or option.max is None:
        return ""
    return f" From {option.min:,} to {option.max:,}."
