"""The console: arguments, logging, language, exit code. `docs/cli.md` is its contract."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from icdmapper import __version__, logs, paths, settings, texts
from icdmapper.cli.commands import (
    assign,
    audit,
    decide,
    demo,
    doctor,
    editions,
    export,
    feed,
    import_local,
    import_reference,
    judge,
    match,
    people,
    project,
    propagate,
    propose,
    refine,
    release,
    retire,
    review,
    sandbox,
    search,
    show,
    upload,
)
from icdmapper.cli.options import add_common
from icdmapper.cli.output import Output
from icdmapper.model.errors import IcdMapperError
from icdmapper.texts import _

COMMANDS = (
    import_reference,
    import_local,
    editions,
    feed,
    propose,
    decide,
    propagate,
    judge,
    refine,
    retire,
    review,
    assign,
    people,
    audit,
    project,
    export,
    release,
    search,
    show,
    match,
    upload,
    sandbox,
    doctor,
    demo,
)
CRASHED = 2
INTERRUPTED = 130
CUT_OFF = 141

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code, never raises for what a person can act on."""
    _use_utf8()
    texts.choose_language()
    arguments = _parser().parse_args(argv)
    output = Output(as_json=arguments.json)
    try:
        logs.set_up(paths.log_folder(), verbose=arguments.verbose)
        chosen = settings.load(arguments.settings or paths.config_folder() / "settings.toml")
        if arguments.person:
            chosen = replace(chosen, person=arguments.person)
        texts.choose_language(arguments.language or chosen.language)
        return _run(arguments, chosen, output)
    except IcdMapperError as error:
        output.fail(str(error), code=error.exit_code)
        return error.exit_code
    except BrokenPipeError:
        # Whoever reads has seen enough, as `| head` has. What was not printed may not be done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    except KeyboardInterrupt:
        output.fail(_("Interrupted; what was not finished was not kept."), code=INTERRUPTED)
        return INTERRUPTED
    except Exception:
        # A bug, not something a person did: the details go to the log, one sentence to the screen.
        logger.exception("the command failed")
        output.fail(
            _("The program failed. Details are in {folder}.").format(folder=paths.log_folder()),
            code=CRASHED,
        )
        return CRASHED
    finally:
        logs.tear_down()


def _run(arguments: argparse.Namespace, chosen: settings.Settings, output: Output) -> int:
    code = int(arguments.run(arguments, chosen, output))
    # Now, not when Python ends: a reader who has gone away is an answer of its own.
    sys.stdout.flush()
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="icdmapper-cli",
        description=_("Map a hospital's own codes to the HQMS reference sets, from the console."),
    )
    parser.add_argument("--version", action="version", version=f"icdmapper {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar=_("command"), parser_class=_CommandParser
    )
    for command in COMMANDS:
        sub = commands.add_parser(command.NAME, help=_(command.HELP), description=_(command.HELP))
        sub.describes(command)
    return parser


class _CommandParser(argparse.ArgumentParser):
    """Learns its options when it is asked to read some: nobody pays for the other commands'."""

    _command: Any = None

    def describes(self, command: Any) -> None:
        """Name the module of the command."""
        self._command = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As always, once the command's options are known."""
        if command := self._command:
            self._command = None
            add_common(self)
            command.add_arguments(self)
            self.set_defaults(run=command.run)
        return super().parse_known_args(args, namespace)


def _use_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    raise SystemExit(main())
