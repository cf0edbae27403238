"""Everything about one code: where it stands, who is mapped to it, what it is mapped to."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from icdmapper.bootstrap import Services
from icdmapper.catalog.rules import TreeNode
from icdmapper.desktop import wording
from icdmapper.desktop.widgets.labels import code_label, label, line
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.mapping import MappingRow, State
from icdmapper.resolution.service import WorkRow
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import kind_word, relation_word, state_word

_USERS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Details:
    """A code as the panel shows it: its facts, and a titled list."""

    code: str
    name: str
    facts: tuple[str, ...]
    title: str
    lines: tuple[str, ...]


def read_reference(services: Services, reference_id: int) -> Details:
    """A reference entry with its place and the local codes mapped to it."""
    entry = services.catalog.reference(reference_id)
    path = services.catalog.path(reference_id)
    users = services.resolution.used_by(reference_id)
    return Details(
        entry.code,
        entry.name,
        _reference_facts(entry, path),
        _("Mapped to this entry: {count}").format(count=wording.number(len(users))),
        tuple(map(_user_line, users[:_USERS_SHOWN])),
    )


def read_local(services: Services, local_id: int) -> Details:
    """A local code with its current answer."""
    row = services.resolution.work_row(local_id)
    return Details(
        row.local.code,
        row.local.name,
        _local_facts(row.local),
        _("Current answer"),
        (_answer(row),),
    )


class DetailsPanel(QFrame):
    """Shows one code."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(8)
        self._code = code_label(pixels=15)
        self._name = label(look="title", wrap=True, copy=True)
        self._facts = label(look="muted", wrap=True, copy=True)
        self._line = line()
        self._title = label(look="section")
        self._lines = label(wrap=True, copy=True)
        for part in (
            self._code, self._name, self._facts, self._line, self._title, self._lines,
        ):  # fmt: skip
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scroll)
        self.show_heading("", "")

    def show_heading(self, code: str, name: str) -> None:
        """A level of the tree that is no entry, or nothing at all."""
        self._code.setText(code)
        self._name.setText(name)
        self._code.setVisible(bool(code))
        self._name.setVisible(bool(name))
        self._facts.setText("" if code else _("Choose a code to see where it stands."))
        for part in (self._line, self._title, self._lines):
            part.hide()

    def show_details(self, details: Details) -> None:
        """Show what was read."""
        self._code.setText(details.code)
        self._name.setText(details.name)
        self._facts.setText("\n".join(details.facts))
        self._code.show()
        self._name.show()
        self._title.setText(details.title)
        self._lines.setText("\n".join(details.lines) or _("No local code yet."))
        for part in (self._line, self._title, self._lines):
            part.show()


def _reference_facts(entry: ReferenceCode, path: tuple[TreeNode, ...]) -> tuple[str, ...]:
    kind = f"{entry.kind.system.value} {kind_word(entry.kind.value)}"
    above = [f"{'　' * depth}{node.code} {node.name}" for depth, node in enumerate(path[:-1])]
    return tuple(filter(None, (kind, entry.operation_kind, *above)))


def _local_facts(local: LocalCode) -> tuple[str, ...]:
    kind = f"{local.kind.system.value} {kind_word(local.kind.value)}"
    attached = _("attached code {code}").format(code=local.attached_code)
    frequency = counted(N_("{count} discharges a year"), local.frequency or 0)
    return tuple(
        filter(
            None,
            (
                kind,
                attached if local.attached_code else "",
                frequency if local.frequency is not None else "",
                local.department,
            ),
        )
    )


def _user_line(user: MappingRow) -> str:
    relation = relation_word(user.mapping.relation.value) if user.mapping.relation else ""
    return f"{user.code} {user.name} · {relation}"


def _answer(row: WorkRow) -> str:
    if row.mapping.state is State.OPEN:
        return state_word(row.mapping.state.value)
    return wording.decided_sentence(row.mapping)
