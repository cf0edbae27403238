"""The error family: what a person can act on, with the console's exit codes.

Anything outside this family is a bug in the program and is treated as one.
"""


class IcdMapperError(Exception):
    """Something the user or the administrator can act on; the message says what."""

    exit_code = 2


class RefusedError(IcdMapperError):
    """A rule forbids the act; nothing was changed."""

    exit_code = 3


class ConflictError(IcdMapperError):
    """Someone else changed the mapping since it was read; nothing was changed."""

    exit_code = 4


class UnreadableSourceError(IcdMapperError):
    """A file or query cannot be read as a code list; nothing was stored."""

    exit_code = 6


class NotFoundError(IcdMapperError):
    """The code, person or file that was named does not exist."""

    exit_code = 7


class ProjectError(IcdMapperError):
    """The project file or database cannot be used: damaged, newer, or on a network drive."""

    exit_code = 8


class SourceUnavailableError(IcdMapperError):
    """The HIS or another source cannot be reached; a later run may succeed."""

    exit_code = 5


class CancelledError(IcdMapperError):
    """The person stopped the work; nothing of it was kept."""

    exit_code = 130
