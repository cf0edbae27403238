"""People of a project for the tests of roles: one of each, with a PIN."""

from __future__ import annotations

from icdmapper.bootstrap import Services
from icdmapper.model.people import Person, Role

COORDINATOR = Person("周主任", Role.COORDINATOR)
CODER = Person("陈编码", Role.CODER)
CHECKER = Person("李核对", Role.CHECKER)
CLINICIAN = Person("王医师", Role.CLINICIAN)
EVERYBODY = (COORDINATOR, CODER, CHECKER, CLINICIAN)
PIN = "kestrel7"


def hire(services: Services, *, pins: bool = False) -> None:
    """Add everybody, the coordinator first; the others get a PIN only for tests of signing in.

    Hashing a PIN takes long on purpose.
    """
    for one in EVERYBODY:
        pin = PIN if pins or one is COORDINATOR else ""
        services.people.add(one.name, one.role, by=COORDINATOR, pin=pin)
