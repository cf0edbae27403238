"""The way to production: checklists with who, when and proof; refused while the test is not clean.

What the program can try it tries; what only people know they tick off, with their name.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.model.sending import PackageState, StoredPackage
from icdmapper.paths import shipped
from icdmapper.texts import _, language

_APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a checklist; `tested` names the check that stands for it, "" for a person's."""

    list: str
    id: str
    text: str
    tested: str = ""

    @property
    def name(self) -> str:
        """The step as it is named on the console."""
        return f"{self.list}.{self.id}"


@dataclass(frozen=True, slots=True)
class Ticked:
    """Who did a step, when, and the files that prove it, each with its SHA-256."""

    by: str
    at: str
    files: tuple[tuple[str, str], ...] = ()


def checklists() -> dict[str, tuple[str, tuple[Step, ...]]]:
    """Title and steps of each list, in order, in the language of the screen."""
    return _checklists(language())


@cache
def _checklists(wanted: str) -> dict[str, tuple[str, tuple[Step, ...]]]:
    title, text = ("title_en", "text_en") if wanted == "en" else ("title", "text")
    content = tomllib.loads(shipped("resources", "hqms", "checklists.toml").read_text("utf-8"))
    return {
        one["id"]: (
            one[title],
            tuple(
                Step(one["id"], step["id"], step[text], step.get("tested", ""))
                for step in one["steps"]
            ),
        )
        for one in content["list"]
    }


class Promotion:
    """The ticked steps of one hospital, in a file that people may read."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now

    @property
    def approved(self) -> bool:
        """Whether production was approved."""
        return self.approval is not None

    @property
    def approval(self) -> Ticked | None:
        """Who opened the way to production, and when; None while it is closed."""
        return self.ticked().get(_APPROVED)

    def ticked(self) -> dict[str, Ticked]:
        """The steps done so far by name.

        Raises:
            RefusedError: the file is damaged; an approval is never guessed.
        """
        if not self._file.exists():
            return {}
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                name: Ticked(one["by"], one["at"], tuple((f, h) for f, h in one["files"]))
                for name, one in content.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            raise RefusedError(_("{file} is damaged.").format(file=self._file)) from None

    def tick(self, name: str, *, by: str, files: Collection[Path] = ()) -> Ticked:
        """A person did a step; files are remembered by name and hash.

        Raises:
            NotFoundError: there is no such step, or a file is not there.
        """
        if name not in {step.name for _title, steps in checklists().values() for step in steps}:
            raise NotFoundError(_("There is no step {name}.").format(name=name))
        return self._keep(name, by, files)

    def take_back(self, name: str) -> None:
        """A step was ticked by mistake.

        Raises:
            NotFoundError: it was not ticked.
            RefusedError: production was approved on the strength of it.
        """
        content = self.ticked()
        if _APPROVED in content:
            raise RefusedError(_("Production was approved with this step; it stays ticked."))
        if content.pop(name, None) is None:
            raise NotFoundError(_("Step {name} is not ticked.").format(name=name))
        self._write(content)

    def missing(self, passed: Collection[str]) -> tuple[Step, ...]:
        """Steps that are neither ticked nor passed; `passed` are the checks that succeeded."""
        done = self.ticked()
        return tuple(
            step
            for _title, steps in checklists().values()
            for step in steps
            if (step.tested not in passed if step.tested else step.name not in done)
        )

    def approve(self, passed: Collection[str], *, by: str) -> Ticked:
        """Open the way to production.

        Raises:
            RefusedError: a step is missing; the sentence names them.
        """
        missing = self.missing(passed)
        if missing:
            raise RefusedError(
                _("Not ready for production: {steps}").format(
                    steps="；".join(f"{step.text}（{step.name}）" for step in missing)
                )
            )
        return self._keep(_APPROVED, by, ())

    def _keep(self, name: str, by: str, files: Collection[Path]) -> Ticked:
        proofs = []
        for file in files:
            if not file.is_file():
                raise NotFoundError(_("{file} is not there.").format(file=file))
            proofs.append((file.name, hashlib.sha256(file.read_bytes()).hexdigest()))
        one = Ticked(by, self._now().isoformat(timespec="seconds"), tuple(proofs))
        self._write({**self.ticked(), name: one})
        return one

    def _write(self, ticked: Mapping[str, Ticked]) -> None:
        content = {name: asdict(one) for name, one in ticked.items()}
        aside = self._file.with_suffix(".part")
        aside.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
        aside.replace(self._file)


def is_clean(packages: Collection[StoredPackage]) -> bool:
    """Whether the newest feedback of the test environment leaves nothing to mend.

    The newest package was accepted, everything in it stored and of the interface's grade, and
    none before it is unknown or waiting.
    """
    if not packages:
        return False
    newest = max(packages, key=lambda one: one.id)
    open_ones = [
        one for one in packages if one.state not in (PackageState.ACCEPTED, PackageState.REJECTED)
    ]
    feedback = newest.feedback
    if open_ones or newest.state is not PackageState.ACCEPTED or feedback is None:
        return False
    if feedback.stocked is not None and feedback.stocked != newest.records:
        return False
    # Whether a record is counted under its grade alone, or under all it reaches, is not public.
    return feedback.grades is None or (
        feedback.grades[0] == 0 and feedback.grades[3] == newest.records
    )
