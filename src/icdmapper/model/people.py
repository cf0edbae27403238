"""Who acts, and who may do what: one table for the rooms, the screens and the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Role(Enum):
    """What a person may do in the flow."""

    CODER = "coder"
    CHECKER = "checker"
    CLINICIAN = "clinician"
    COORDINATOR = "coordinator"
    IT = "it"


class Right(Enum):
    """Something that only some roles may do."""

    IMPORT = "import"
    TAKE_EDITION = "take_edition"
    """Sign a new edition that re-opens or retires what was decided."""
    DECIDE = "decide"
    CHECK = "check"
    DISPUTE = "dispute"
    COMMENT = "comment"
    SETTLE = "settle"
    RECORD_SETTLEMENT = "record_settlement"
    """Enter what a clinician settled on paper, in that clinician's name."""
    REOPEN = "reopen"
    REOPEN_CHECKED = "reopen_checked"
    REOPEN_SETTLED = "reopen_settled"
    REFINE = "refine"
    SIGN_REFINEMENT = "sign_refinement"
    RETIRE = "retire"
    WAIVE = "waive"
    ASSIGN = "assign"
    RELEASE = "release"
    MANAGE_PEOPLE = "manage_people"


WHO_MAY: dict[Right, frozenset[Role]] = {
    Right.IMPORT: frozenset({Role.CODER, Role.CHECKER, Role.COORDINATOR, Role.IT}),
    Right.TAKE_EDITION: frozenset({Role.COORDINATOR}),
    Right.DECIDE: frozenset({Role.CODER, Role.CHECKER}),
    Right.CHECK: frozenset({Role.CHECKER}),
    Right.DISPUTE: frozenset({Role.CODER, Role.CHECKER, Role.CLINICIAN, Role.COORDINATOR}),
    Right.COMMENT: frozenset({Role.CODER, Role.CHECKER, Role.CLINICIAN, Role.COORDINATOR}),
    Right.SETTLE: frozenset({Role.CLINICIAN}),
    Right.RECORD_SETTLEMENT: frozenset({Role.COORDINATOR}),
    Right.REOPEN: frozenset({Role.CODER, Role.CHECKER, Role.COORDINATOR}),
    Right.REOPEN_CHECKED: frozenset({Role.CHECKER, Role.COORDINATOR}),
    Right.REOPEN_SETTLED: frozenset({Role.CLINICIAN, Role.COORDINATOR}),
    Right.REFINE: frozenset({Role.CODER, Role.CHECKER, Role.COORDINATOR}),
    Right.SIGN_REFINEMENT: frozenset({Role.CHECKER, Role.COORDINATOR}),
    Right.RETIRE: frozenset({Role.COORDINATOR, Role.IT}),
    Right.WAIVE: frozenset({Role.CHECKER, Role.CLINICIAN, Role.COORDINATOR}),
    Right.ASSIGN: frozenset({Role.COORDINATOR}),
    Right.RELEASE: frozenset({Role.COORDINATOR}),
    Right.MANAGE_PEOPLE: frozenset({Role.COORDINATOR}),
}
"""Who may do what. A project without people asks nobody: there the one person does everything."""


def may(role: Role, right: Right) -> bool:
    """Whether a role holds a right."""
    return role in WHO_MAY[right]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whose acts are recorded by name."""

    name: str
    role: Role = Role.CODER


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the project as the people page shows them; never the PIN.

    `account` is the login on the PostgreSQL server; "" in a project file.
    """

    name: str
    role: Role
    active: bool = True
    account: str = ""
    has_pin: bool = False
    locked_until: datetime | None = None

    @property
    def person(self) -> Person:
        """The same as the one who acts."""
        return Person(self.name, self.role)
