"""Rules of the table that no record can break here, and where they are kept instead."""

from __future__ import annotations

from icdmapper.texts import N_

ELSEWHERE = {
    "HQ-015": N_("Packaging compares the two parts when it reads the package back."),
    "HQ-077": N_("Translation holds every record with a code that has no released mapping."),
    "HQ-078": N_("Translation chooses the release by the discharge date."),
    "HQ-083": N_("Every code set has an edition of its own in the project."),
    "HQ-084": N_("Proposals become mappings only when a person accepts them."),
    "HQ-087": N_("Insurance attributes are no part of a mapping."),
}
"""Rule ids with the reason why validation of records does not check them."""
