"""The lists that are measured: the real ones when here, else enlarged demonstration sets."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from icdmapper.importing.columns import ColumnRole, guess_roles
from icdmapper.importing.readers import read_table
from icdmapper.importing.sources import Source

ROOT = Path(__file__).parents[1]
EVALUATION = Path(os.environ.get("ICDMAPPER_EVAL_DATA", ROOT.parent / "shared" / "data"))
LOCAL_ROWS = 27_155
REFERENCE_ROWS = 54_000


@dataclass(frozen=True)
class Lists:
    """Files to import: reference lists and one local list. `real` says which kind they are."""

    references: tuple[Path, ...]
    local: Path
    real: bool


def at_scale(folder: Path, scale: int) -> Lists:
    """The lists with the local side, and the first reference, `scale` times as long."""
    base = _real() if EVALUATION.is_dir() else _enlarged(folder)
    if scale == 1:
        return base
    first, *others = base.references
    return Lists(
        (_repeated(first, folder / f"reference-{scale}x.csv", scale), *others),
        _repeated(base.local, folder / f"local-{scale}x.csv", scale),
        base.real,
    )


def _real() -> Lists:
    reference = EVALUATION / "reference"
    return Lists(
        (
            reference / "ICD-10北京临床版v601.xlsx",
            reference / "ICD-9-CM-3手术操作编码.csv",
        ),
        EVALUATION / "local" / "zlhis_sichuan_all.csv",
        real=True,
    )


def _enlarged(folder: Path) -> Lists:
    """Demonstration sets made as long as real ones by numbering their names."""
    demo = ROOT / "reference_codes"
    references = []
    for system, rows in (("RC020", 38_172), ("RC021", 2_302), ("RC022", 13_686)):
        source = next((demo / system).glob("*/codes.csv"))
        references.append(_lengthened(source, folder / f"{system}.csv", rows))
    local = _lengthened(
        ROOT / "resources" / "samples" / "local_codes_demo.csv", folder / "local.csv", LOCAL_ROWS
    )
    return Lists(tuple(references), local, real=False)


def _repeated(source: Path, target: Path, times: int) -> Path:
    table = read_table(Source(path=source))
    header = [] if not table.has_header else [list(table.header)]
    return _write(target, header, table.rows, len(table.rows) * times)


def _lengthened(source: Path, target: Path, rows: int) -> Path:
    with source.open(encoding="utf-8", newline="") as stream:
        header, *lines = list(csv.reader(stream))
    return _write(target, [header], lines, rows)


def _write(target: Path, header: list[list[str]], rows: list[Sequence[str]], count: int) -> Path:
    """Write `count` rows; from the second round on codes and names carry the round's number."""
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows(header)
        for number in range(count):
            row = list(rows[number % len(rows)])
            turn = number // len(rows)
            if turn:
                code, mark, behaviour = row[0].partition("/")
                row[0] = f"{code}{turn:02d}" if not mark else f"{code[:5]}{turn % 10}/{behaviour}"
                name = 2 if len(row) > 2 and not row[1] else 1
                row[name] = f"{row[name]}（{turn}）"
            writer.writerow(row)
    return target


def altered(file: Path, folder: Path) -> Path:
    """A later version of a list: of a hundred rows one is gone, one renamed, one spelled anew."""
    table = read_table(Source(path=file))
    roles = guess_roles(table.header, table.rows[:500])
    name = roles.index(ColumnRole.NAME)
    later = folder / f"{file.stem}-later.csv"
    with later.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(table.header if table.has_header else [role.value for role in roles])
        for at, row in enumerate(table.rows):
            cells = list(row)
            match at % 100:
                case 17:
                    continue
                case 42:
                    cells[name] += "伴并发症"
                case 71:
                    cells[name] += " "
            writer.writerow(cells)
    return later
