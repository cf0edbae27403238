"""People with logins of their own on a PostgreSQL server, for the tests of its rights."""

from __future__ import annotations

import pytest
import sqlalchemy

from icdmapper.model.people import Person, Role

HEAD = Person("协调员丁", Role.COORDINATOR)
STAFF = {
    "coder": Person("编码员甲"),
    "checker": Person("复核员乙", Role.CHECKER),
    "clinician": Person("临床医师丙", Role.CLINICIAN),
    "head": HEAD,
    "it": Person("信息科戊", Role.IT),
}


def refused(address: str, statement: str) -> str:
    """What the server says to a statement that goes past the program."""
    engine = sqlalchemy.create_engine(address)
    try:
        with engine.begin() as connection, pytest.raises(sqlalchemy.exc.DBAPIError) as told:
            connection.execute(sqlalchemy.text(statement))
        return str(told.value.orig)
    finally:
        engine.dispose()
