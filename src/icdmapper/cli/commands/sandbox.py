"""`sandbox`: a look-alike of the platform on this machine, to rehearse the whole upload with."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from icdmapper.cli.output import Output
from icdmapper.model.errors import RefusedError
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.upload.sandbox.certificate import AUTHORITY, make_certificate
from icdmapper.upload.sandbox.checking import read_dictionary
from icdmapper.upload.sandbox.faults import Faults, parse_faults
from icdmapper.upload.sandbox.ledger import Ledger
from icdmapper.upload.sandbox.receiver import Habits, Receiver
from icdmapper.upload.sandbox.server import SandboxServer

_SYSTEMS = ("RC020", "RC021", "RC022")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, what it checks, what goes wrong."""
    parser.add_argument("--host", default="127.0.0.1", help=_("address to listen on"))
    parser.add_argument("--port", type=int, default=8765, help=_("port to listen on"))
    parser.add_argument(
        "--folder", type=Path, default=Path("sandbox"), help=_("folder for what is received")
    )
    parser.add_argument(
        "--tls", action="store_true", help=_("HTTPS with a certificate made for this rehearsal")
    )
    parser.add_argument("--certificate", type=Path, help=_("HTTPS with this certificate and key"))
    parser.add_argument("--login", default="sandbox", help=_("login of the account"))
    parser.add_argument("--password", default="sandbox", help=_("password of the account"))
    parser.add_argument(
        "--dictionary",
        action="append",
        default=[],
        metavar="RC020=FILE",
        help=_("dictionary to check codes against (CSV: code, name); may be repeated"),
    )
    parser.add_argument(
        "--faults", default="", help=_("faults with their chances, such as drop=0.1,5xx=0.05")
    )
    parser.add_argument("--seed", type=int, default=1, help=_("seed the faults are drawn from"))
    parser.add_argument(
        "--forgetful",
        action="store_true",
        help=_("a receiver that neither knows repeats nor remembers results"),
    )


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:  # noqa: ARG001
    """Serve until interrupted."""
    server = make_server(arguments)
    try:
        output.line(_("The sandbox listens at {address}; stop with Ctrl+C.").format(
            address=server.address))  # fmt: skip
        output.line(_("Feedback report: {address}").format(address=f"{server.address}/"))
        output.line(_("Into the settings of the uploader, under [test]:"))
        output.line(f'  service = "{server.address}/"')
        if arguments.tls and arguments.certificate is None:
            # As TOML reads it on Windows too.
            authority = (arguments.folder / AUTHORITY).resolve().as_posix()
            output.line(f'  ca_file = "{authority}"')
        output.line(f'  login = "{arguments.login}"')
        # Whoever started it in the background reads the address from a pipe.
        sys.stdout.flush()
        server.serve_forever()
    except KeyboardInterrupt:
        output.line(_("The sandbox was stopped; what it received stays in its folder."))
    finally:
        server.server_close()
    return 0


def make_server(arguments: argparse.Namespace) -> SandboxServer:
    """The server these arguments ask for, listening.

    Raises:
        RefusedError: an argument makes no sense, or the port is taken.
        UnreadableSourceError: a dictionary cannot be read.
    """
    faults = Faults(parse_faults(arguments.faults), seed=arguments.seed)
    dictionaries = {}
    for one in arguments.dictionary:
        system, equals, file = one.partition("=")
        if system not in _SYSTEMS or not equals:
            raise RefusedError(
                _("“{text}” names no dictionary; write {example}.").format(
                    text=one, example="RC020=codes.csv"
                )
            )
        dictionaries[system] = read_dictionary(Path(file))
    certificate = arguments.certificate
    if arguments.tls and certificate is None:
        _authority, certificate = make_certificate(arguments.folder, now=datetime.now(UTC))
    habits = Habits(
        login=arguments.login,
        password=arguments.password,
        knows_repeats=not arguments.forgetful,
        remembers=not arguments.forgetful,
    )
    receiver = Receiver(
        Ledger(arguments.folder),
        habits,
        now=lambda: datetime.now(UTC).astimezone(),
        dictionaries=dictionaries,
    )
    return SandboxServer(
        receiver, faults, host=arguments.host, port=arguments.port, certificate=certificate
    )
