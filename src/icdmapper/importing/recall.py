"""Taking the edition in use back: who may, and what has to be so that it can be done."""

from __future__ import annotations

from icdmapper.model.codes import CodeSet
from icdmapper.model.editions import Recall
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.people import Person
from icdmapper.storage.unit_of_work import UnitOfWork
from icdmapper.texts import _

_NAMED = 3
"""So many of the codes in the way are named in the sentence."""


def editions_of(work: UnitOfWork, set_id: int) -> tuple[CodeSet, CodeSet]:
    """An edition in use with the one before it.

    Raises:
        NotFoundError: there is none with that number.
        RefusedError: it is not in use, or it is not known what it replaced.
    """
    edition = work.code_sets.get(set_id)
    if set_id not in {one.id for one in work.code_sets.in_use(edition.side)}:
        raise RefusedError(_("Only an edition in use can be taken back; this one is not."))
    if edition.replaced_id is None:
        raise RefusedError(_("There is no edition before this one that could be put in use again."))
    return edition, work.code_sets.get(edition.replaced_id)


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
    if recall.released:
        raise RefusedError(
            _(
                "A release was signed on this edition; it stays. Import the earlier edition again: "
                "that is a comparison too."
            )
        )
    if found := recall.in_the_way:
        raise RefusedError(
            _(
                "{count} codes were worked on since this edition ({codes}). Take those acts back "
                "or reopen the codes first, or import the earlier edition again."
            ).format(
                count=len(found),
                codes=_(", ").join(one.code for one in found[:_NAMED])
                + ("…" if len(found) > _NAMED else ""),
            )
        )


def check_seen(recall: Recall, seen: Recall | None) -> None:
    """Refuse when it is no longer what was looked at.

    Raises:
        ConflictError: decisions changed since.
    """
    if seen is not None and recall.restored != seen.restored:
        raise ConflictError(
            _("Decisions changed since you looked at what would be taken back; look again.")
        )
