"""Rules of the table that no record can break here, and where they are kept instead."""

from __future__ import annotations

from icdmapper.texts import N_

ELSEWHERE = {
    "HQ-015": N_("Packaging compares the two parts when it reads the package back."),
    "HQ-077": N_("Translation holds every record with a code that has no released mapping."),
    "HQ-078": N_("Translation chooses the release by the discharge date."),
    "HQ-079": N_("The matching room and the release decide it; translation asks the name."),
    "HQ-080": N_("Releases carry code and name of the reference set; nothing is typed."),
    "HQ-081": N_("The workbench asks a second person for mappings that change the chapter."),
    "HQ-082": N_("The workbench maps inside one kind; translation holds a target of another set."),
    "HQ-083": N_("Every code set has an edition of its own in the project."),
    "HQ-084": N_("Proposals become mappings only when a person accepts them."),
    "HQ-086": N_("Translation compares codes exactly, character by character."),
    "HQ-087": N_("Insurance attributes are no part of a mapping."),
}
"""Rule ids with the reason why validation of records does not check them."""
