"""Packages: the file that is sent, built from records and read back before it is handed on."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from icdmapper.model.errors import IcdMapperError, RefusedError, UnreadableSourceError
from icdmapper.texts import _
from icdmapper.upload.checks.stages import PARTS, STAGED
from icdmapper.upload.columns import Column, Table, Texts
from icdmapper.upload.dbf import ENCODING, dbf_bytes, read_dbf
from icdmapper.upload.delimited import csv_bytes, read_csv
from icdmapper.upload.fitting import FittedColumn, Loss, fit, left_out, view
from icdmapper.upload.layouts import CSV, DBF, Kind, layout
from icdmapper.upload.translation import is_blank

CSV_ENCODING = "gb18030"
FIRST_PART, JOIN_KEYS = 254, ("P3", "P22")
"""DBF stops at 255 fields: the first part has 254, the second repeats these keys (HQMS.md 2.2)."""
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_MADE_ON_UNIX = 3


class PackagingError(IcdMapperError):
    """A package read back differs from the records it was built from; it must not be sent."""


@dataclass(frozen=True, slots=True)
class Names:
    """File names. {stamp} is yyyyMMddHHmmss, {month} yyyyMM, {part} 1 or 2 of a split."""

    package: str = "{month}_{stamp}_{hospital_id}.zip"
    single: str = "hqms_{stamp}.dbf"
    part: str = "hqms_{stamp}_part{part}.dbf"
    csv: str = "hqmsts_{hospital_id}_{stamp}M.csv"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a package."""

    name: str
    size: int
    sha256: str
    columns: int


@dataclass(frozen=True, slots=True)
class Package:
    """What is sent: the same records, stamp and names always give the same bytes.

    `cuts` are bytes cut off texts, `replaced` characters the encoding cannot hold; `left_out` are
    canonical fields with values that the layout has no column for, with their record counts.
    """

    name: str
    content: bytes
    sha256: str
    files: tuple[PackedFile, ...]
    records: int
    cuts: tuple[Loss, ...]
    replaced: tuple[Loss, ...]
    left_out: tuple[tuple[str, int], ...]


def build(
    records: pd.DataFrame | Table,
    layout_name: str,
    *,
    stamp: datetime,
    hospital_id: str,
    split: bool = True,
    names: Names | None = None,
) -> Package:
    """Build the package of a layout and compare what it holds with the records.

    Raises:
        RefusedError: there are no records, or a file name cannot be made.
        UnfitNumberError: a number field holds no number, or one too long for it.
        PackagingError: the package read back differs.
    """
    table = Table.of(records)
    if not len(table):
        raise RefusedError(_("There are no records to pack."))
    fields = layout(layout_name).fields
    encoding = ENCODING if layout_name == DBF else CSV_ENCODING
    columns = view(table, fields)
    fitted = fit(columns, fields, encoding, keep_dash=layout_name == CSV)
    naming = _Naming(names or Names(), stamp, hospital_id)
    if layout_name == CSV:
        name = naming.of(naming.names.csv)
        content = csv_bytes(fitted, CSV_ENCODING)
        files = {name: content}
    else:
        files = {
            naming.of(naming.names.part if split else naming.names.single, part): dbf_bytes(
                half, len(table), stamp.date()
            )
            for part, half in enumerate(_parts(fitted, split=split), start=1)
        }
        name, content = naming.of(naming.names.package), _zipped(files)
    _compare(layout_name, content, fitted, columns)
    return Package(
        name,
        content,
        hashlib.sha256(content).hexdigest(),
        _described(files, _widths(layout_name, fitted, split=split)),
        len(table),
        tuple(loss for one in fitted for loss in one.cuts),
        tuple(loss for one in fitted for loss in one.replaced),
        left_out(table, fields),
    )


def package_name(
    layout_name: str, *, stamp: datetime, hospital_id: str, names: Names | None = None
) -> str:
    """The name of a package made at a time.

    Raises:
        RefusedError: no file name can be made.
    """
    naming = _Naming(names or Names(), stamp, hospital_id)
    return naming.of(naming.names.csv if layout_name == CSV else naming.names.package)


def read_package(content: bytes, layout_name: str) -> pd.DataFrame:
    """The records of a package in the columns of its layout; the parts of a split are joined.

    Raises:
        PackagingError: the parts do not hold the same records (rule HQ-015).
        UnreadableSourceError: a file in it is damaged.
    """
    if layout_name == CSV:
        return read_csv(content, CSV_ENCODING)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [read_dbf(archive.read(name)) for name in sorted(archive.namelist())]
    except (zipfile.BadZipFile, zlib.error):
        raise UnreadableSourceError(_("This is no readable ZIP file.")) from None
    if not same_records(parts):
        raise PackagingError(f"{PARTS} {_(STAGED[PARTS].sentence)}")
    rest = [part.drop(columns=list(JOIN_KEYS)) for part in parts[1:]]
    return pd.concat([parts[0], *rest], axis=1)


def same_records(parts: Sequence[pd.DataFrame]) -> bool:
    """Whether the parts of a split hold the same keys, as often and in one order (HQ-015)."""
    keys = list(JOIN_KEYS)
    return all(
        len(part) == len(parts[0]) and part[keys].equals(parts[0][keys]) for part in parts[1:]
    )


@dataclass(frozen=True, slots=True)
class _Naming:
    names: Names
    stamp: datetime
    hospital_id: str

    def of(self, template: str, part: int = 1) -> str:
        try:
            name = template.format(
                stamp=f"{self.stamp:%Y%m%d%H%M%S}",
                month=f"{self.stamp:%Y%m}",
                hospital_id=self.hospital_id,
                part=part,
            )
        except (KeyError, IndexError, ValueError):
            name = ""
        if not name or name != name.strip() or set(name) & set('/\\:*?"<>|\0'):
            raise RefusedError(
                _("No file name can be made of {template}; use {{stamp}}, {{month}},"
                  " {{hospital_id}} and {{part}}.").format(template=template)
            )  # fmt: skip
        return name


def _parts(fitted: Sequence[FittedColumn], *, split: bool) -> list[list[FittedColumn]]:
    if not split:
        return [list(fitted)]
    keys = [one for one in fitted if one.field.code in JOIN_KEYS]
    return [list(fitted[:FIRST_PART]), [*keys, *fitted[FIRST_PART:]]]


def _described(files: dict[str, bytes], widths: Sequence[int]) -> tuple[PackedFile, ...]:
    return tuple(
        PackedFile(name, len(data), hashlib.sha256(data).hexdigest(), columns)
        for (name, data), columns in zip(files.items(), widths, strict=True)
    )


def _widths(layout_name: str, fitted: Sequence[FittedColumn], *, split: bool) -> list[int]:
    parts = _parts(fitted, split=split and layout_name == DBF)
    return [len(one) for one in parts]


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.create_system = _MADE_ON_UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, compresslevel=6)
    return stream.getvalue()


def _compare(
    layout_name: str,
    content: bytes,
    fitted: Sequence[FittedColumn],
    columns: dict[str, Column],
) -> None:
    """Read back what was packed: equal to the records but for the losses that are reported."""
    found = read_package(content, layout_name)
    codes = [one.field.code for one in fitted]
    if list(found.columns) != codes:
        raise PackagingError(_("The package read back has other columns."))
    differing = [
        one.field.code
        for one in fitted
        if not _same(found[one.field.code].to_numpy(dtype=object), columns[one.field.code], one)
    ]
    if differing:
        raise PackagingError(
            _("The package read back differs from the records in: {fields}").format(
                fields=", ".join(differing[:10])
            )
        )


def _same(found: Texts, given: Column, column: FittedColumn) -> bool:
    if len(found) != len(given):
        return False
    if given.blank:
        return not any(found.tolist())
    bare = np.array([text.rstrip() for text in given.texts], dtype=object)[given.which]
    differs = np.flatnonzero(found != bare)
    if not len(differs):
        return True
    if column.field.kind is Kind.NUMBER:
        return _same_numbers(found[differs], bare[differs])
    lost = np.zeros(len(found), dtype=bool)
    lost[[loss.row for loss in (*column.cuts, *column.replaced)]] = True
    if not lost[differs].all():
        return False
    return bool((found[lost] == column.values[lost]).all())


def _same_numbers(found: Texts, given: Texts) -> bool:
    """Whether those that are not written alike are the same numbers all the same."""
    numbers = [pd.to_numeric(pd.Series(one), errors="coerce") for one in (found, given)]
    blank = np.array([is_blank(one) for one in found]) & np.array([is_blank(one) for one in given])
    return bool(((numbers[0] == numbers[1]) | blank).all())
