"""What English says of a single one; Chinese has one form for all numbers.

By the message for many, which alone is translated and written at the place that says it.
"""

from __future__ import annotations

from icdmapper import texts
from icdmapper.texts import _


def counted(message: str, count: int, **values: object) -> str:
    """The text of a message for so many, its values filled in."""
    alone = count == 1 and texts.language() == "en"
    text = SINGULAR.get(message, message) if alone else _(message)
    return text.format(count=f"{count:,}", **values)


SINGULAR = {
    "{count} of the code sets are demonstrations, never to upload with.": (
        "{count} of the code sets is a demonstration, never to upload with."
    ),
    "Only {count} of {of} codes have an answer.": "Only {count} of {of} codes has an answer.",
    "{count} codes are disputed; settle them first.": "{count} code is disputed; settle it first.",
    "{count} codes are being refined; their records will be held.": (
        "{count} code is being refined; its records will be held."
    ),
    "{count} of {of} codes are open; their records will be held.": (
        "{count} of {of} codes is open; its records will be held."
    ),
    "{count} codes have no counterpart; their records will be held.": (
        "{count} code has no counterpart; its records will be held."
    ),
    "{count} things stop it": "{count} thing stops it",
    "{count} problems stop it": "{count} problem stops it",
    "{count} more findings.": "{count} more finding.",
    "{count} rules waived": "{count} rule waived",
    "{count} rules waived for {name}.": "{count} rule waived for {name}.",
    "{count} rows accepted.": "{count} row accepted.",
    "{count} rows took the answer; U takes all of them back.": (
        "{count} row took the answer; U takes it back."
    ),
    "{count} steps are open; production stays closed.": (
        "{count} step is open; production stays closed."
    ),
    "{count} discharges a year": "{count} discharge a year",
    "{count} codes": "{count} code",
    "{count} open codes have no candidates yet.": "{count} open code has no candidates yet.",
    "{count} open codes have a safe candidate.": "{count} open code has a safe candidate.",
    "{count} disputes stop the next release.": "{count} dispute stops the next release.",
    "{count} frequent codes are open and need eyes.": (
        "{count} frequent code is open and needs eyes."
    ),
    "{count} open codes contradict their best candidate.": (
        "{count} open code contradicts its best candidate."
    ),
    "{count} risky answers have not been checked.": "{count} risky answer has not been checked.",
    "{count} entries come back": "{count} entry comes back",
    "{count} entries go, they stay stored with the edition": (
        "{count} entry goes, it stays stored with the edition"
    ),
    "{count} entries bear their earlier name or code again": (
        "{count} entry bears its earlier name or code again"
    ),
    "{count} rows were decided by yourself; somebody else has to check them.": (
        "{count} row was decided by yourself; somebody else has to check it."
    ),
    (
        "{count} codes were worked on since. As long as they are, it cannot be taken back: "
        "take those acts back or reopen the codes first."
    ): (
        "{count} code was worked on since. As long as it is, the edition cannot be taken back: "
        "take that act back or reopen the code first."
    ),
    (
        "{count} codes of this list stand in no source: the uploader found them, or a "
        "refinement made them. They would be lost, so the list stays."
    ): (
        "{count} code of this list stands in no source: the uploader found it, or a refinement "
        "made it. It would be lost, so the list stays."
    ),
    (
        "{count} codes were worked on since this edition ({codes}). Take those acts back "
        "or reopen the codes first, or import the earlier edition again."
    ): (
        "{count} code was worked on since this edition ({codes}). Take that act back "
        "or reopen the code first, or import the earlier edition again."
    ),
    (
        "{count} codes were worked on since this list was imported ({codes}). Take those acts back "
        "or reopen the codes first, or import a better list over it."
    ): (
        "{count} code was worked on since this list was imported ({codes}). Take that act back "
        "or reopen the code first, or import a better list over it."
    ),
    (
        "{count} codes stand in no source ({codes}): the uploader found them, or a refinement made "
        "them. They would be lost with this list, so it stays; import a better one over it."
    ): (
        "{count} code stands in no source ({codes}): the uploader found it, or a refinement made "
        "it. It would be lost with this list, so the list stays; import a better one over it."
    ),
}
