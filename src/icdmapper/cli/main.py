"""The console: arguments, logging, language, exit code. `docs/cli.md` is its contract."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from icdmapper import __version__, logs, paths, settings, texts
from icdmapper.cli import commands
from icdmapper.cli.options import add_common
from icdmapper.cli.output import Output
from icdmapper.model.errors import IcdMapperError
from icdmapper.texts import _

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
    listed = parser.add_subparsers(
        dest="command", required=True, metavar=_("command"), parser_class=_CommandParser
    )
    for name, purpose in commands.COMMANDS.items():
        listed.add_parser(name, help=_(purpose), description=_(purpose)).belongs_to(name)
    return parser


class _CommandParser(argparse.ArgumentParser):
    """Learns its options when it is asked to read some: nobody pays for the other commands'."""

    _name = ""

    def belongs_to(self, name: str) -> None:
        """Say whose options these are."""
        self._name = name

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As always, once the command's options are known."""
        if self._name:
            module = f"{commands.__name__}.{self._name.replace('-', '_')}"
            self._name, command = "", importlib.import_module(module)
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
