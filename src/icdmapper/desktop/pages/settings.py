"""Settings: what a hospital chooses, the rules in force, its aliases, its codes, its places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from icdmapper import bootstrap, paths
from icdmapper import settings as settings_file
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.settings_aliases import AliasPanel, CheckedAlias
from icdmapper.desktop.pages.settings_form import SettingsForm
from icdmapper.desktop.pages.settings_places import PlacesPanel
from icdmapper.desktop.pages.settings_rules import RulesPanel, StylePanel
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.undo import Opposite
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.matching.alias_check import AliasRow, check_aliases
from icdmapper.matching.alias_file import read_alias_rows, write_alias_rows
from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import RefusedError
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.judgement import Rule
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.settings import Settings
from icdmapper.texts import N_, _

_OWN_ALIASES = "aliases.tsv"


class _Part(Enum):
    GENERAL = "general"
    RULES = "rules"
    ALIASES = "aliases"
    STYLE = "style"
    PLACES = "places"


class SettingsPage(Page):
    """One part at a time; what is stored takes effect when the project is opened again."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._chosen = _read_settings()
        self._aliases_now: tuple[AliasRow, ...] = ()
        self._form = SettingsForm(desk.memory)
        self._rules = RulesPanel()
        self._aliases = AliasPanel()
        self._style = StylePanel()
        self._places = PlacesPanel(desk.services, desk.memory)
        self._parts = ChipRow(
            [
                (_Part.GENERAL, _("General")),
                (_Part.RULES, _("Rules of judgement")),
                (_Part.ALIASES, _("Aliases")),
                (_Part.STYLE, _("Code style")),
                (_Part.PLACES, _("Connection and uploader")),
            ],
            required=True,
        )
        self._keys = (
            Key(("S",), N_("next part"), self._next_part),
            Key(("Ctrl+Return",), N_("store the settings"), self._form.store, shown="Ctrl+Enter"),
            Key(("A",), N_("add an alias"), self._begin_alias),
            Key(("Del",), N_("remove the alias"), self._aliases.remove),
            Key(("U",), N_("undo"), desk.undo.undo),
        )
        self._writing = 0
        self._build_ui()
        self._connect()
        desk.undo.heed(lambda: self._writing > 0)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the settings."""
        return self._keys

    def activate(self) -> None:
        """The keyboard goes to the parts."""
        self.refresh()
        self._parts.focus_first()

    def refresh(self) -> None:
        """Read again what is shown."""
        self._chosen = _read_settings()
        self._form.show_settings(self._chosen)
        services, file = self._desk.services, self._alias_file()
        self._desk.tasks.start(
            lambda _task: (shipped_judge().rules, _styles(services), _aliases(file)),
            owner=self,
            on_done=lambda found: self._show(*found),
            lane=Lane.LOOKUP,
        )

    def _build_ui(self) -> None:
        self._stack = QStackedWidget()
        for part in (self._form, self._rules, self._aliases, self._style, self._places):
            self._stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._parts, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._stack, 1)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        bind(self._keys, self)
        self._parts.chosen.connect(lambda part: self._stack.setCurrentIndex(_place(part)))
        self._form.stored.connect(self._store)
        self._form.theme_wanted.connect(self._desk.changes.theme_wanted)
        self._aliases.changed.connect(self._write_aliases)
        self._aliases.file_wanted.connect(self._on_file_wanted)
        self._places.project_wanted.connect(self._desk.changes.project_wanted)
        self._places.page_wanted.connect(self._desk.changes.page_wanted)

    def _show(
        self, rules: Sequence[Rule], styles: list[CodeStyle], aliases: list[CheckedAlias]
    ) -> None:
        self._rules.show_rules(rules)
        self._style.show_styles(styles)
        self._show_aliases(aliases)

    def _show_aliases(self, aliases: list[CheckedAlias]) -> None:
        self._aliases_now = tuple(one.row for one in aliases)
        self._aliases.show_rows(str(self._alias_file()), aliases)

    def _next_part(self) -> None:
        parts = list(_Part)
        following = parts[(parts.index(self._parts.value) + 1) % len(parts)]
        self._parts.set_value(following)
        self._stack.setCurrentIndex(_place(following))
        self._parts.focus_first()

    # ---- storing ----

    def _store(self, chosen: Settings) -> None:
        if chosen == self._chosen:
            self._desk.notices.hint(_("Nothing was changed."))
            return
        # Everything is made anew, in the language chosen, with what was stored.
        what, said = _("the settings as they were stored"), _("The settings are stored.")
        self._offer(self._keep(chosen), what, said=said)

    def _keep(self, chosen: Settings) -> _Stored:
        """Write the file; what is returned knows how it was."""
        file = _file()
        before = settings_file.stored_text(file)
        settings_file.save(file, chosen)
        self._chosen = chosen
        return _Stored(before, settings_file.stored_text(file))

    def _offer(self, stored: _Stored, what: str, *, said: str = "") -> None:
        show = None if said else partial(self._show_again, _Part.GENERAL)
        self._desk.undo.offer(Opposite(what, stored.back, stored.again, "settings", show, said))

    # ---- aliases ----

    def _alias_file(self) -> Path:
        chosen = self._chosen.aliases_file
        return Path(chosen).expanduser() if chosen else paths.config_folder() / _OWN_ALIASES

    def _begin_alias(self) -> None:
        self._parts.set_value(_Part.ALIASES)
        self._stack.setCurrentIndex(_place(_Part.ALIASES))
        self._aliases.begin()

    def _write_aliases(self, rows: tuple[AliasRow, ...]) -> None:
        file, before = self._alias_file(), self._aliases_now
        stored = (
            None if self._chosen.aliases_file else self._keep(_with_aliases(self._chosen, file))
        )

        def back() -> None:
            _replace_aliases(file, before, seen=rows)
            if stored is not None:
                stored.back()

        def again() -> None:
            _replace_aliases(file, rows, seen=before)
            if stored is not None:
                stored.again()

        def write() -> list[CheckedAlias]:
            write_alias_rows(file, rows)
            return _aliases(file)

        show = partial(self._show_again, _Part.ALIASES)
        what = _("a change of the aliases")
        self._act(write, Opposite(what, back, again, "settings", show))

    def _on_file_wanted(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(
            self, _("Choose an alias table"), "", f"{_('Tables')} (*.tsv *.txt)"
        )
        if chosen:
            stored = self._keep(_with_aliases(self._chosen, Path(chosen)))
            self._offer(stored, _("the choice of an alias table"))
            self.refresh()

    def _act(self, work: Callable[[], list[CheckedAlias]], step: Opposite) -> None:
        def done(aliases: list[CheckedAlias]) -> None:
            self._show_aliases(aliases)
            self._desk.undo.offer(step)

        def ended() -> None:
            self._writing -= 1

        task = self._desk.tasks.start(
            lambda _task: work(), owner=self, on_done=done, lane=Lane.LOOKUP
        )
        self._writing += 1
        task.kept = True
        task.ended.connect(ended)

    def _show_again(self, part: _Part) -> None:
        """Undo or redo wrote what is shown there."""
        self.refresh()
        self._parts.set_value(part)
        self._stack.setCurrentIndex(_place(part))


@dataclass(frozen=True, slots=True)
class _Stored:
    """The file of the settings before something was stored, and after; None for no file."""

    was: str | None
    became: str | None

    def back(self) -> None:
        """Make it what it was, unless somebody has changed it since."""
        settings_file.put_back(_file(), self.was, seen=self.became)

    def again(self) -> None:
        """Make it what it became, unless somebody has changed it since."""
        settings_file.put_back(_file(), self.became, seen=self.was)


def _file() -> Path:
    return paths.config_folder() / "settings.toml"


def _place(part: _Part) -> int:
    return list(_Part).index(part)


def _read_settings() -> Settings:
    """The file as it is now; who works in the project has read it too."""
    return settings_file.load(_file())


def _with_aliases(chosen: Settings, file: Path) -> Settings:
    return replace(chosen, aliases_file=str(file))


def _styles(services: Services) -> list[CodeStyle]:
    return [services.refining.style(kind) for kind in CodeKind]


def _replace_aliases(
    file: Path, wanted: tuple[AliasRow, ...], *, seen: tuple[AliasRow, ...]
) -> None:
    if tuple(read_alias_rows(file)) != seen:
        raise RefusedError(_("The aliases were changed since, outside this window."))
    write_alias_rows(file, wanted)


def _aliases(file: Path) -> list[CheckedAlias]:
    rows = read_alias_rows(file)
    faults = check_aliases(rows, bootstrap.knowledge().aliases)
    return [CheckedAlias(row, faults.get(at)) for at, row in enumerate(rows)]


if __name__ == "__main__":
    raise SystemExit(preview(SettingsPage))
