"""Taking the edition in use back: who may, and what has to be so that it can be done."""

from __future__ import annotations

from collections.abc import Sequence

from icdmapper.model.codes import CodeSet, LocalCode
from icdmapper.model.editions import Recall
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.people import Person
from icdmapper.storage.unit_of_work import UnitOfWork
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

_NAMED = 3
"""So many of the codes in the way are named in the sentence."""
_ON_A_LATER = N_(
    "{count} codes were worked on since this edition ({codes}). Take those acts back "
    "or reopen the codes first, or import the earlier edition again."
)
_ON_A_FIRST = N_(
    "{count} codes were worked on since this list was imported ({codes}). Take those acts back "
    "or reopen the codes first, or import a better list over it."
)
_UNLISTED = N_(
    "{count} codes stand in no source ({codes}): the uploader found them, or a refinement made "
    "them. They would be lost with this list, so it stays; import a better one over it."
)


def editions_of(work: UnitOfWork, set_id: int) -> tuple[CodeSet, CodeSet | None]:
    """An edition in use with the one before it; None where it took no other's place.

    Raises:
        NotFoundError: there is none with that number.
        RefusedError: it is not in use, or it is not known what it replaced.
    """
    edition = work.code_sets.get(set_id)
    if set_id not in {one.id for one in work.code_sets.in_use(edition.side)}:
        raise RefusedError(_("Only an edition in use can be taken back; this one is not."))
    if edition.replaced_id is not None:
        return edition, work.code_sets.get(edition.replaced_id)
    if _has_predecessor(work, edition):
        raise RefusedError(
            _(
                "It is not known what this edition changed, because an earlier version of the "
                "program took it; it stays. Import the earlier edition again: that is a "
                "comparison too."
            )
        )
    return edition, None


def _has_predecessor(work: UnitOfWork, edition: CodeSet) -> bool:
    """Whether an edition without a link took the place of another one all the same.

    Links are known since a version of the program. A list that had been taken back left none.
    """
    taken_back = work.gestures.undone()
    return any(
        one.id < edition.id and f"import-{one.id}" not in taken_back
        for one in work.code_sets.all()
        if (one.side, one.system) == (edition.side, edition.system)
    )


def check_recall(recall: Recall, by: Person) -> None:
    """Refuse what cannot be taken back, or not by this person.

    Raises:
        RefusedError: the sentence says why, and what to do.
    """
    if recall.edition.imported_by != by.name:
        raise RefusedError(
            _("{name} stored this edition; only they take it back.").format(
                name=recall.edition.imported_by
            )
        )
    first = recall.earlier is None
    if recall.released:
        raise RefusedError(
            _("A release was signed since; the list stays. A better one is imported over it.")
            if first
            else _(
                "A release was signed on this edition; it stays. Import the earlier edition again: "
                "that is a comparison too."
            )
        )
    if recall.unlisted:
        raise RefusedError(_said_of(_UNLISTED, recall.unlisted))
    if recall.in_the_way:
        raise RefusedError(_said_of(_ON_A_FIRST if first else _ON_A_LATER, recall.in_the_way))


def _said_of(message: str, codes: Sequence[LocalCode]) -> str:
    named = _(", ").join(one.code for one in codes[:_NAMED])
    return counted(message, len(codes), codes=named + ("…" if len(codes) > _NAMED else ""))


def check_seen(recall: Recall, seen: Recall | None) -> None:
    """Refuse when it is no longer what was looked at.

    Raises:
        ConflictError: decisions changed since.
    """
    if seen is not None and recall.restored != seen.restored:
        raise ConflictError(
            _("Decisions changed since you looked at what would be taken back; look again.")
        )
