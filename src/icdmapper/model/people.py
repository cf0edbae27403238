"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a person may do in the flow."""

    CODER = "coder"
    CHECKER = "checker"
    CLINICIAN = "clinician"
    COORDINATOR = "coordinator"
    IT = "it"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whose acts are recorded by name."""

    name: str
    role: Role = Role.CODER
