"""Keystrokes per decision on real rows: `python -m benchmarks.keystrokes`.

The real window is driven by keys, and every key is counted: a number for the right candidate, a
key for the relation where a rule of judgement stops the proposed one, Enter. What is right is known
for two kinds of rows of the hospital's list, and nobody has to be believed about it:

- `same name`: the normalised name is that of exactly one reportable entry of the reference;
- `other wording`: a published table of another edition, or of doctors' texts with their standard
  names, gives exactly one entry for this very name (the rows held out from training first).

`other wording` rows are all taken, up to half of the 200; the rest are drawn from `same name` with
a fixed seed. The mean is over rows whose right entry is among the first nine, the others are
counted beside it. Every decision is read back from the project and compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks import projects
from benchmarks.lists import EVALUATION
from benchmarks.tasks import load_tasks
from icdmapper import bootstrap
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.names import normalise

ROWS = 200
SEED = 2026
OUT = Path("build/keystrokes.json")
_NINE = 9
_SAME, _OTHER = "same name", "other wording"


@dataclass(frozen=True, slots=True)
class Known:
    """A local code whose right entry is known, and from where."""

    local_id: int
    reference_id: int
    kind: str


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    arguments = parser.parse_args(argv)
    if not projects.is_real():
        print(f"the real lists are not here ({EVALUATION}); nothing to count")
        return 0
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ICDMAPPER_DATA_DIR"] = folder
        project = projects.copy_of_best(Path(folder))
        known = draw(project, arguments.rows)
        pressed = _press(project, known)
    _report(known, pressed)
    return 0


def draw(project: Path, count: int) -> list[Known]:
    """Rows with a known right entry, drawn with a fixed seed."""
    services = bootstrap.open_project(project)
    try:
        with services.storage.reading() as work:
            references = [one for one in work.code_sets.reference_codes() if not one.heading]
        local_codes = services.catalog.local_codes()
    finally:
        services.close()
    same, other = _same_names(local_codes, references), _other_wordings(local_codes, references)
    chance = Random(SEED)
    chosen = other if len(other) <= count // 2 else chance.sample(other, count // 2)
    return chosen + chance.sample(same, count - len(chosen))


def _same_names(
    local_codes: Sequence[LocalCode], references: Sequence[ReferenceCode]
) -> list[Known]:
    by_name = _by_name(references)
    return [
        Known(one.id, by_name[key], _SAME)
        for one in local_codes
        if by_name.get(key := (one.kind.value, normalise(one.name)))
    ]


def _other_wordings(
    local_codes: Sequence[LocalCode], references: Sequence[ReferenceCode]
) -> list[Known]:
    by_name = _by_name(references)
    gold: dict[str, set[str]] = {}
    held_out: set[str] = set()
    for task in load_tasks(EVALUATION):
        for row in task.rows:
            gold.setdefault(normalise(row.name), set()).add(normalise(row.gold))
        held_out |= {normalise(row.name) for row in task.held_out()}
    found = []
    for one in local_codes:
        name, kind = normalise(one.name), one.kind.value
        answers = {by_name.get((kind, answer), 0) for answer in gold.get(name, ())}
        if len(answers) == 1 and (entry := answers.pop()) and not by_name.get((kind, name)):
            found.append((name not in held_out, Known(one.id, entry, _OTHER)))
    return [known for _trained, known in sorted(found, key=lambda pair: pair[0])]


def _by_name(references: Sequence[ReferenceCode]) -> dict[tuple[str, str], int]:
    """The entry of each name of a kind; a name that stands twice has none (0)."""
    found: dict[tuple[str, str], int] = {}
    for one in references:
        key = (one.kind.value, normalise(one.name))
        found[key] = 0 if key in found else one.id
    return found


def _press(project: Path, known: Sequence[Known]) -> list[int | None]:
    """The keys each row took; None where the right entry is not among the first nine."""
    from PySide6.QtCore import Qt  # noqa: PLC0415 - after the platform was chosen
    from PySide6.QtTest import QTest  # noqa: PLC0415

    from benchmarks.window import open_window, settle, until  # noqa: PLC0415
    from icdmapper.desktop.pages.workbench import WorkbenchPage  # noqa: PLC0415
    from icdmapper.model.errors import RefusedError  # noqa: PLC0415

    window = open_window(project, size=(1440, 860))
    settle(window)
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    services = page._desk.services
    table = page.worklist_table
    pressed: list[int | None] = []
    for one in known:
        page.show_row(one.local_id)
        until(lambda: page.is_settled)
        ids = [candidate.reference_id for candidate in page.session.candidates[:_NINE]]
        if one.reference_id not in ids:
            pressed.append(None)
            continue
        keys = [str(at + 1)] if (at := ids.index(one.reference_id)) else []
        for key in keys:
            QTest.keyClicks(table, key)
        try:
            services.judging.refuse(page._row.pending_choice())
        except RefusedError:
            # The rule asks for a reason unless both are the same thing, which is known here.
            keys.append("e")
            QTest.keyClicks(table, "e")
        QTest.keyClick(table, Qt.Key.Key_Return)
        keys.append("Enter")
        until(lambda: page.is_settled)
        saved = services.resolution.work_row(one.local_id).mapping
        assert [target.reference_id for target in saved.targets[:1]] == [one.reference_id], one
        pressed.append(len(keys))
    window.close()
    return pressed


def _report(known: Sequence[Known], pressed: Sequence[int | None]) -> None:
    figures: dict[str, object] = {}
    for kind in ("", _OTHER, _SAME):
        all_rows = [n for one, n in zip(known, pressed, strict=True) if kind in ("", one.kind)]
        counted = [n for n in all_rows if n is not None]
        mean = statistics.mean(counted) if counted else 0
        one_key = sum(n == 1 for n in counted)
        print(
            f"{kind or 'all':>14}: {mean:.3f} keys per decision over {len(counted)} rows "
            f"({one_key} with Enter alone); {len(all_rows) - len(counted)} not in the first nine"
        )
        figures[kind or "all"] = {
            "keys": round(mean, 3), "rows": len(counted), "missed": len(all_rows) - len(counted)
        }  # fmt: skip
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
