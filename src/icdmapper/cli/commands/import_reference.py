"""`import-reference`: store a reference set."""

from __future__ import annotations

import argparse

from icdmapper.cli import importing
from icdmapper.cli.output import Output
from icdmapper.model.codes import Side
from icdmapper.settings import Settings

add_arguments = importing.add_arguments


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Check, print and store."""
    return importing.run(Side.REFERENCE, arguments, settings, output)
