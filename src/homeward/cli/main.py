"""Entry of the command line: signals, exit statuses and what a user sees when something goes wrong.

Exit status: 0 done, 1 the run failed or a check fell short, 2 the call is wrong, 3 the input is wrong,
130 interrupted (Ctrl-C), 143 terminated. A closed pipe is silent: the work goes on and its status stands.
Nothing heavy is imported here, so that even the import of the commands is guarded.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, cast

from homeward.errors import HomewardError, InputError, RunError, UsageError

if TYPE_CHECKING:
    from typer.core import TyperGroup

__all__ = ["INTERRUPTED", "TERMINATED", "entry_point", "main"]

INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """The process was asked to end (SIGTERM); like KeyboardInterrupt, no ``except Exception`` may hold it."""


def entry_point() -> NoReturn:
    """Run the command line on the arguments of this process and leave with its exit status."""
    signal.signal(signal.SIGTERM, _terminate)
    status = main(sys.argv[1:])
    _flush()
    if status in (INTERRUPTED, TERMINATED):
        # Worker threads may still be inside the compiled kernel; what they compute is wanted no more.
        os._exit(status)
    sys.exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; every failure ends here as a message, never a traceback."""
    json_wanted = "--json" in arguments
    try:
        return _dispatch(arguments)
    except HomewardError as error:
        return _fail(error, json_wanted=json_wanted)
    except Terminated:
        return _stop("terminated", TERMINATED, json_wanted=json_wanted)
    except KeyboardInterrupt:
        return _stop("interrupted", INTERRUPTED, json_wanted=json_wanted)
    except OSError as error:
        return _fail(_from_system(error), json_wanted=json_wanted)
    except MemoryError:
        return _fail(RunError("not enough memory for this call"), json_wanted=json_wanted)
    except Exception as error:  # noqa: BLE001  (the last guard: a user never sees a traceback)
        return _fail(_unexpected(error), json_wanted=json_wanted)


def _dispatch(arguments: Sequence[str]) -> int:
    from typer.main import get_command

    from homeward.cli.app import app
    from homeward.cli.output import write_out

    command = cast("TyperGroup", get_command(app))
    if not arguments or {"--help", "-h"} & set(arguments):
        write_out(_help(command, arguments))
        return 0
    try:
        status = command.main(list(arguments), prog_name="homeward", standalone_mode=False)
    except SystemExit:
        return 0  # Typer ends so, and only so, when the reader of a pipe has gone.
    except Exception as error:
        raise _as_usage_error(error) from error
    if status == INTERRUPTED:  # Typer turns Ctrl-C into this.
        raise KeyboardInterrupt
    return int(status or 0)


def _help(group: TyperGroup, arguments: Sequence[str]) -> str:
    """Return the help of the command that is named, or of them all.

    Left to Typer, the arguments are parsed first, which loads pydantic and takes twice as long.
    """
    from typer import Context

    context = Context(group, info_name="homeward", **group.context_settings)
    named = next((group.commands[word] for word in arguments[:1] if word in group.commands), None)
    if named is None:
        return group.get_help(context) + "\n"
    own = Context(named, info_name=named.name, parent=context, **named.context_settings)
    return named.get_help(own) + "\n"


def _as_usage_error(error: Exception) -> Exception:
    """Return Typer's own complaint about the arguments as a UsageError, anything else unchanged."""
    from typer import TyperException

    if not isinstance(error, TyperException):
        return error
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "homeward"
    said = error.format_message()
    return UsageError(f"{said}{'' if said.endswith(('.', '?')) else '.'} See: {path} --help")


def _from_system(error: OSError) -> RunError:
    reason = error.strerror or type(error).__name__
    return RunError(f"{reason}: {error.filename}" if error.filename else reason)


def _unexpected(error: Exception) -> RunError:
    """Save the traceback where a developer can find it and say so in one line."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    if os.environ.get("HOMEWARD_DEBUG") == "1":
        sys.stderr.write(text)
    summary = f"unexpected failure ({type(error).__name__}: {error})".replace("\n", " ")
    try:
        handle, name = tempfile.mkstemp(prefix="homeward-", suffix=".txt", text=True)
        os.close(handle)
        Path(name).write_text(text, encoding="utf-8")
    except OSError:
        return RunError(f"{summary}; set HOMEWARD_DEBUG=1 to see where")
    return RunError(f"{summary}; details for the developers are in {name}")


def _stop(word: str, status: int, *, json_wanted: bool) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stopped = HomewardError(word)
    stopped.code = word
    stopped.exit_status = status
    return _fail(stopped, json_wanted=json_wanted)


def _fail(error: HomewardError, *, json_wanted: bool) -> int:
    if json_wanted:
        from homeward.cli.output import write_out
        from homeward.results.contract import ErrorDocument

        write_out(ErrorDocument.of(error).to_json() + "\n")
        return error.exit_status
    _write_error(f"homeward: {error}\n")
    if isinstance(error, InputError):
        _write_error("".join(f"  {problem}\n" for problem in error.problems))
    return error.exit_status


def _write_error(text: str) -> None:
    from homeward.cli.output import write_error

    write_error(text)


def _flush() -> None:
    """Let go of what could not be written: its failure has been told and must not be told again."""
    from contextlib import suppress

    from homeward.cli.output import write_error, write_out

    for write in (write_out, write_error):
        with suppress(OSError):
            write("")


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated
