"""What the mapping rule means for the row in focus, in plain words; H hides and shows it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.widgets.labels import key_cap, label
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate
from icdmapper.texts import N_, _

_HIDDEN = "rule_help_hidden"

_CONTRADICTION = N_(
    "A contradiction in site, side or behaviour is never the same thing. Choose another candidate,"
    " search with “/”, or dispute it (D)."
)
_HELP = {
    Relation.LOCAL_FINER: N_(
        "Case 2, the local code is finer: assign it to the coarser entry. Several local codes on"
        " one entry are right; what is lost stands in the loss report."
    ),
    Relation.LOCAL_COARSER: N_(
        "Case 1, the local code is coarser: one code would hide several conditions. Refine it into"
        " codes that each have their own counterpart, rather than picking one of them."
    ),
    Relation.OVERLAP: N_(
        "Medical judgement: each name says something the other does not. Note the reason, and when"
        " in doubt let a clinician settle it (D)."
    ),
    Relation.NO_COUNTERPART: N_(
        "Search by code, name and other names first. Records with a code that has no counterpart"
        " are held, and a residual entry takes a clinician's reason."
    ),
}
"""The two cases of the official rule and its warning about medical judgement, in our own words."""


def help_for(relation: Relation | None, candidate: Candidate | None) -> str:
    """What to know before this is recorded; "" when there is nothing to explain."""
    if relation is not Relation.NO_COUNTERPART and candidate and candidate.contradictions:
        return _(_CONTRADICTION)
    return _(_HELP[relation]) if relation in _HELP else ""


class RuleHelp(QFrame):
    """One sentence of help above the decision; remembered as hidden when a person hides it."""

    def __init__(self, memory: Memory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("notice", "help")
        self._memory = memory
        self._roomy = True
        self._gives_way = False
        self._drawing = QLabel()
        self._drawing.setPixmap(theme.icon("info", "muted").pixmap(16, 16))
        self._text = label(look="muted", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(8)
        row.addWidget(self._drawing)
        row.addWidget(self._text, 1)
        row.addWidget(key_cap("H"))
        row.addWidget(label(_("hide"), look="small"))
        self.hide()

    def show_choice(self, relation: Relation | None, candidate: Candidate | None) -> None:
        """Explain what is about to be recorded."""
        self._text.setText(help_for(relation, candidate))
        self._show()

    def set_roomy(self, *, roomy: bool) -> None:
        """In a low window the candidates need the room more."""
        if roomy != self._roomy:
            self._roomy = roomy
            self._show()

    def give_way(self, silent: bool) -> None:
        """A broken rule says what to do by itself."""
        self._gives_way = silent
        self._show()

    def toggle(self) -> None:
        """Hide the help from now on, or show it again."""
        self._memory.keep(_HIDDEN, "" if self._memory.text(_HIDDEN) else "yes")
        self._show()

    def _show(self) -> None:
        wanted = self._roomy and not self._gives_way and not self._memory.text(_HIDDEN)
        self.setVisible(wanted and bool(self._text.text()))
