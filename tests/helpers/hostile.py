"""Files made to exhaust, mislead or escape a reader, built from scratch for the tests."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from helpers.tabular import HEADER, ROWS, dbf, delimited, ole, xls, xlsx
from icdmapper.importing.refusals import UnreadableKind as Kind

_TABLE = [HEADER, *ROWS]
_CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""
_RELATIONS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="{target}" Type="http://schemas.openxmlformats.org/\
officeDocument/2006/relationships/{kind}"/></Relationships>"""
_WORKBOOK = """<?xml version="1.0" encoding="UTF-8"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_SHEET_OPEN = """<?xml version="1.0" encoding="UTF-8"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"""
_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(
        f'<!ENTITY {one} "{f"&{before};" * 10}">'
        for before, one in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file by name and content, and how reading it must end; `refused` empty: it is read."""

    name: str
    build: Callable[[], bytes]
    refused: frozenset[Kind]


def _cell(place: str, text: str = "A00.001") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def _rows(*cells: str) -> str:
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, place))}">{_cell(place)}</row>' for place in cells
    )
    return f"{_SHEET_OPEN}<sheetData>{rows}</sheetData></worksheet>"


def _package(
    sheet: str | bytes = "",
    *,
    workbook: str | bytes = _WORKBOOK,
    extra: dict[str, str | bytes] | None = None,
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr(
            "_rels/.rels", _RELATIONS.format(target="xl/workbook.xml", kind="officeDocument")
        )
        archive.writestr("xl/workbook.xml", workbook)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _RELATIONS.format(target="worksheets/sheet1.xml", kind="worksheet"),
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet or _rows("A1", "B1"))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def _archive(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _bomb_in(member: str, *, megabytes: int = 200) -> bytes:
    return _package(extra={member: b" " * (megabytes << 20)})


def _bomb_that_lies() -> bytes:
    """The central directory states a few bytes for a part of 300 MB."""
    size = 300 << 20
    content = bytearray(_package(_SHEET_OPEN.encode() + b" " * size))
    for at in range(len(content) - 4):
        if content[at : at + 4] == b"PK\x01\x02":
            (stated,) = struct.unpack_from("<I", content, at + 24)
            if stated > size:
                struct.pack_into("<I", content, at + 24, 1000)
    return bytes(content)


def _overlapping() -> bytes:
    """Two names for the same packed bytes."""
    content = bytearray(_package(extra={"xl/one.xml": "x" * 999, "xl/two.xml": "x" * 999}))
    places = []
    for at in range(len(content) - 4):
        if content[at : at + 4] == b"PK\x01\x02":
            places.append(at)
    (first,) = struct.unpack_from("<I", content, places[-2] + 42)
    struct.pack_into("<I", content, places[-1] + 42, first)
    return bytes(content)


def _flagged_encrypted() -> bytes:
    content = bytearray(_package())
    for at in range(len(content) - 4):
        if content[at : at + 4] == b"PK\x01\x02":
            content[at + 8] |= 1
    return bytes(content)


def _twice_the_same_name() -> bytes:
    return _package(extra={"xl/a.xml": "1", "xl/b.xml": "2"}).replace(b"xl/b.xml", b"xl/a.xml")


def _many_rows() -> bytes:
    row = '<row><c t="str"><v>A00.001</v></c></row>'
    # Cells without a place stand one below the other; the text varies to stay below the ratio.
    noise = random.Random(7)
    rows = "".join(row.replace("001", f"{noise.randrange(999):03}") for _ in range(4000))
    return _package(f"{_SHEET_OPEN}<sheetData>{rows * 1000}</sheetData></worksheet>")


def _nested() -> bytes:
    return _package(_SHEET_OPEN + "<a>" * 3_000_000)


def _ole_loop() -> bytes:
    content = bytearray(xls(_TABLE))
    table = content.rindex(struct.pack("<II", 1, 2))
    struct.pack_into("<I", content, table + 8, 0)
    return bytes(content)


def _dbf_with(offset: int, layout: str, value: int) -> bytes:
    content = bytearray(dbf(HEADER, ROWS))
    struct.pack_into(layout, content, offset, value)
    return bytes(content)


def _noise(size: int) -> bytes:
    return random.Random(11).randbytes(size)


def _one(name: str, build: Callable[[], bytes], *kinds: Kind) -> Hostile:
    return Hostile(name, build, frozenset(kinds))


_UNSAFE_NAMES = ("../../evil.xml", "/etc/evil.xml", "C:\\evil.xml", "xl\\..\\..\\evil.xml")

HOSTILE: tuple[Hostile, ...] = (
    _one("bomb-in-a-sheet.xlsx", lambda: _bomb_in("xl/worksheets/sheet2.xml"), Kind.UNSAFE),
    _one("bomb-in-strings.xlsx", lambda: _bomb_in("xl/sharedStrings.xml"), Kind.UNSAFE),
    _one("bomb-that-lies.xlsx", _bomb_that_lies, Kind.DAMAGED, Kind.OUT_OF_MEMORY, Kind.NO_TABLE),
    _one(
        "many-bombs.xlsx",
        lambda: _package(extra={f"xl/m{n}.xml": b" " * (19 << 20) for n in range(60)}),
        Kind.UNSAFE,
    ),
    _one("overlapping-parts.xlsx", _overlapping, Kind.DAMAGED),
    _one(
        "ten-thousand-parts.xlsx",
        lambda: _package(extra={f"xl/{n}.xml": b"" for n in range(10_001)}),
        Kind.UNSAFE,
    ),
    _one("same-name-twice.xlsx", _twice_the_same_name, Kind.UNSAFE),
    *(
        _one(f"slip-{n}.xlsx", lambda name=name: _package(extra={name: "x"}), Kind.UNSAFE)
        for n, name in enumerate(_UNSAFE_NAMES)
    ),
    _one("four-million-rows.xlsx", _many_rows, Kind.TOO_MANY_ROWS, Kind.OUT_OF_MEMORY, Kind.UNSAFE),
    _one("row-4000000.xlsx", lambda: _package(_rows("A1", "A4000000")), Kind.TOO_MANY_ROWS),
    _one(
        "cell-ZZZZ9.xlsx",
        lambda: _package(_rows("A1", "ZZZZ9")),
        Kind.OUT_OF_MEMORY,
        Kind.TOO_MANY_COLUMNS,
        Kind.DAMAGED,
    ),
    _one(
        "cell-ZZZZ91.xlsx",
        lambda: _package(_rows("A1", "B91", "ZZZZ91")),
        Kind.OUT_OF_MEMORY,
        Kind.TOO_MANY_COLUMNS,
        Kind.DAMAGED,
    ),
    _one(
        "cell-XFD1048576.xlsx",
        lambda: _package(_rows("A1", "XFD1048576")),
        Kind.OUT_OF_MEMORY,
        Kind.TOO_MANY_COLUMNS,
        Kind.TOO_MANY_ROWS,
    ),
    _one("cell-XFD1.xlsx", lambda: _package(_rows("A1", "XFD1")), Kind.TOO_MANY_COLUMNS),
    _one(
        "cell-without-end.xlsx",
        lambda: _package(_rows("A1", "A" + "9" * 40)),
        Kind.DAMAGED,
        Kind.OUT_OF_MEMORY,
        Kind.TOO_MANY_ROWS,
    ),
    _one(
        "laughs-in-strings.xlsx",
        lambda: _package(
            extra={"xl/sharedStrings.xml": f'<?xml version="1.0"?>{_LAUGHS}<sst>&j;</sst>'}
        ),
        Kind.UNSAFE,
    ),
    _one(
        "laughs-in-workbook.xlsx",
        lambda: _package(workbook=_WORKBOOK.replace("<workbook", _LAUGHS + "<workbook")),
        Kind.UNSAFE,
    ),
    _one(
        "entity-from-a-file.xlsx",
        lambda: _package(
            _rows("A1").replace(
                "<worksheet", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet'
            )
        ),
        Kind.UNSAFE,
    ),
    _one(
        "entities-in-utf16.xlsx",
        lambda: _package(
            ('<?xml version="1.0" encoding="UTF-16"?>' + _LAUGHS + "<sst/>").encode("utf-16")
        ),
        Kind.UNSAFE,
    ),
    _one("nested-without-end.xlsx", _nested, Kind.DAMAGED, Kind.NO_TABLE, Kind.UNSAFE),
    _one(
        "four-billion-strings.xlsx",
        lambda: _package(
            extra={"xl/sharedStrings.xml": '<sst count="4294967295" uniqueCount="4294967295"/>'}
        ),
        Kind.OUT_OF_MEMORY,
    ),
    _one(
        "links-to-another-book.xlsx",
        lambda: _package(extra={"xl/externalLinks/externalLink1.xml": "<externalLink/>"}),
    ),
    _one(
        "whole-sheet-announced.xlsx",
        lambda: _package(
            _rows("A1", "B1").replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
        ),
    ),
    _one("macros.xlsx", lambda: _package(extra={"xl/vbaProject.bin": b"x"}), Kind.UNSAFE),
    _one("macros.xlsm", lambda: _package(extra={"xl/vbaProject.bin": b"x"}), Kind.UNSAFE),
    _one(
        "old-macros.xlsx",
        lambda: _package(extra={"xl/macrosheets/sheet1.xml": "<x/>"}),
        Kind.UNSAFE,
    ),
    _one("macros.xls", lambda: ole({"Workbook": b"x", "_VBA_PROJECT": b"x"}), Kind.UNSAFE),
    _one(
        "encrypted.xlsx",
        lambda: ole({"EncryptionInfo": b"x", "EncryptedPackage": b"x"}),
        Kind.ENCRYPTED,
    ),
    _one("encrypted-part.xlsx", _flagged_encrypted, Kind.ENCRYPTED),
    _one("sectors-in-a-circle.xls", _ole_loop),
    _one("word.xlsx", lambda: _archive({"word/document.xml": "<x/>"}), Kind.WRONG_FORMAT),
    _one("word.xls", lambda: ole({"WordDocument": b"x"}), Kind.WRONG_FORMAT),
    _one("archive.xlsx", lambda: _archive({"list.csv": "A00,x"}), Kind.WRONG_FORMAT),
    _one("binary.xlsx", lambda: _archive({"xl/workbook.bin": b"x"}), Kind.WRONG_FORMAT),
    _one("open.xlsx", lambda: _archive({"content.xml": "<x/>"}), Kind.WRONG_FORMAT),
    _one("page.xls", lambda: b"<html><table><tr><td>A00</td></tr></table>", Kind.WRONG_FORMAT),
    _one("page.csv", lambda: b'<?xml version="1.0"?><Workbook/>', Kind.WRONG_FORMAT),
    _one("paper.csv", lambda: b"%PDF-1.7\n" + _noise(999), Kind.WRONG_FORMAT),
    _one("picture.csv", lambda: b"\x89PNG\r\n\x1a\n" + _noise(999), Kind.WRONG_FORMAT),
    _one("program.xls", lambda: b"MZ\x90\0\x03\0\0\0" + _noise(999), Kind.WRONG_FORMAT),
    _one("packed.csv", lambda: b"\x1f\x8b\x08\0" + _noise(999), Kind.WRONG_FORMAT),
    _one("database.dbf", lambda: b"SQLite format 3\0" + bytes(99), Kind.WRONG_FORMAT),
    _one("list-called.xlsx", lambda: delimited(_TABLE)),
    _one("list-called.dbf", lambda: xlsx(_TABLE)),
    _one("table-called.csv", lambda: dbf(HEADER, ROWS)),
    _one("nothing.xlsx", lambda: b"", Kind.EMPTY),
    _one("zeros.csv", lambda: bytes(1 << 20), Kind.WRONG_FORMAT),
    _one("noise.csv", lambda: _noise(1 << 20), Kind.BAD_ENCODING),
    _one("noise.dbf", lambda: _noise(1 << 20), Kind.DAMAGED, Kind.BAD_ENCODING),
    _one("noise.xlsx", lambda: b"PK\x03\x04" + _noise(1 << 20), Kind.DAMAGED),
    _one("one-cell-of-20-MB.csv", lambda: b'A00,"' + b"x" * (20 << 20), Kind.DAMAGED),
    _one("hundred-thousand-columns.csv", lambda: b"A00," * 100_000, Kind.TOO_MANY_COLUMNS),
    _one("two-million-rows.csv", lambda: b"A00,x\n" * 2_000_100, Kind.TOO_MANY_ROWS),
    _one("quote-without-end.csv", lambda: b'A00,x\nA01,"y\n' + b"A02,z\n" * 200_000),
    _one("utf-32.csv", lambda: delimited(_TABLE, encoding="utf-32")),
    _one("records-of-no-length.dbf", lambda: _dbf_with(10, "<H", 0), Kind.DAMAGED),
    _one("records-of-one-byte.dbf", lambda: _dbf_with(10, "<H", 1), Kind.DAMAGED),
    _one("four-billion-records.dbf", lambda: _dbf_with(4, "<L", 0xFFFFFFFF), Kind.DAMAGED),
    _one("header-beyond-the-end.dbf", lambda: _dbf_with(8, "<H", 0xFFFF), Kind.DAMAGED),
)
