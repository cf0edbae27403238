"""Notes that were typed and not saved yet: kept on the disk, so that a power cut takes none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from icdmapper import paths
from icdmapper.desktop.tasks import Lane, TaskRunner

_PAUSE_MS = 300
"""What is typed is kept once the typing pauses so long."""
_FOLDER = "drafts"


class Drafts(QObject):
    """The unsaved notes of one project by local code. The file has a name without the address."""

    def __init__(self, location: str, tasks: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        name = hashlib.sha256(location.encode()).hexdigest()[:16]
        self._file = paths.data_folder() / _FOLDER / f"{name}.json"
        self._tasks = tasks
        self._texts = _read(self._file)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._write)

    def of(self, local_id: int) -> str:
        """What was typed for a code and never saved; "" when there is nothing."""
        return self._texts.get(str(local_id), "")

    def keep(self, local_id: int, text: str) -> None:
        """This stands in the field now."""
        if text:
            self._texts[str(local_id)] = text
        else:
            self._texts.pop(str(local_id), None)
        self._timer.start()

    def drop(self, local_id: int) -> None:
        """It was saved with the decision."""
        if self._texts.pop(str(local_id), None) is not None:
            self._timer.start()

    def _write(self) -> None:
        file, text = self._file, json.dumps(self._texts, ensure_ascii=False)
        task = self._tasks.start(
            lambda _task: paths.replace_file(file, text),
            owner=self,
            on_done=lambda _nothing: None,
            lane=Lane.LOOKUP,
        )
        task.kept = True


def _read(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Not there yet, or torn by something else: a draft is worth no refusal.
        return {}
    return found if isinstance(found, dict) else {}
