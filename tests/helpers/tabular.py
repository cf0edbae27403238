"""Write small tables in every format that is read; the .dbf and .xls bytes are laid by hand."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Sequence
from pathlib import Path

import openpyxl

Rows = Sequence[Sequence[str]]

_DBF_HEAD = struct.Struct("<BBBBLHHHBBLLLBBH")
_DBF_FIELD = struct.Struct("<11scLBBHBBBB7sB")

HEADER = ("编码", "名称", "例数")
ROWS = (
    ("A00.001", "古典生物型霍乱", "3"),
    ("A01.003+G01*", "伤寒性脑膜炎", "12"),
    ("A52  01", "晚期梅毒性主动脉瓣关闭不全", ""),
    ("K35.900", '急性阑尾炎, "未特指"的', "1204"),
    ("C34.901", "肺恶性肿瘤（右侧）", "88"),
    ("V01.151", "行人在与脚踏车碰撞中的损伤", "2"),
    ("M80100/3", "癌 NOS", "40"),
    ("34.0901", "胸腔切开引流术", "7"),
    ("86.3 06", "皮肤病损切除术\n第二行", "19"),
    ("E11.901", "2型糖尿病", "2048"),
    ("I10.x00", "特发性高血压病", "3300"),
    ("N18.001", "慢性肾脏病5期", "510"),
)


def delimited(
    rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",", line_end: str = "\r\n"
) -> bytes:
    """The bytes of a text table, quoted where needed."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx(rows: Rows, *, sheet: str = "编码表") -> bytes:
    """The bytes of a workbook with one sheet of text cells."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
        for cell in page[page.max_row]:
            cell.data_type = "s" if cell.value else "n"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def dbf(
    header: Sequence[str],
    rows: Rows,
    *,
    encoding: str = "gb18030",
    language: int = 0x7A,
    deleted: frozenset[int] = frozenset(),
    widths: Sequence[int] | None = None,
) -> bytes:
    """The bytes of a dBASE III table of character columns; values are cut at their column."""
    if widths is None:
        lengths = (
            [len(value.encode(encoding)) for value in column] for column in zip(*rows, strict=True)
        )
        widths = [min(max(column), 250) or 1 for column in lengths]
    empty_tail = (0, 0, 0, 0, 0, 0, b"", 0)
    fields = b"".join(
        _DBF_FIELD.pack(title.encode(encoding)[:10], b"C", 0, width, *empty_tail)
        for title, width in zip(header, widths, strict=True)
    )
    sizes = (len(rows), 32 + len(fields) + 1, 1 + sum(widths))
    head = _DBF_HEAD.pack(3, 125, 6, 1, *sizes, *[0] * 7, language, 0)
    body = b"".join(
        (b"*" if index in deleted else b" ")
        + b"".join(
            value.encode(encoding)[:width].ljust(width)
            for value, width in zip(row, widths, strict=True)
        )
        for index, row in enumerate(rows)
    )
    return head + fields + b"\r" + body + b"\x1a"


def xls(rows: Rows, *, sheet: str = "编码表") -> bytes:
    """The bytes of an Excel 97 workbook with one sheet of text cells."""
    name = sheet.encode("utf-16-le")
    globals_start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6))
    globals_start += _record(0x0042, struct.pack("<H", 1200))
    bound = struct.pack("<IBBBB", 0, 0, 0, len(sheet), 1) + name
    sheet_at = len(globals_start) + len(_record(0x0085, bound)) + len(_record(0x000A, b""))
    bound = struct.pack("<I", sheet_at) + bound[4:]
    stream = globals_start + _record(0x0085, bound) + _record(0x000A, b"")
    stream += _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell:
                text = cell.encode("utf-16-le")
                place = struct.pack("<HHHHB", row, column, 15, len(text) // 2, 1)
                stream += _record(0x0204, place + text)
    stream += _record(0x000A, b"")
    return ole({"Workbook": stream})


def ole(streams: dict[str, bytes]) -> bytes:
    """A compound file with the given streams, each made long enough for ordinary sectors."""
    sectors: list[bytes] = []
    chain: list[int] = []
    entries = [("Root Entry", 5, 0xFFFFFFFE, 0)]
    for name, content in streams.items():
        padded = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
        entries.append((name, 2, len(sectors), len(padded)))
        pieces = [padded[at : at + 512] for at in range(0, len(padded), 512)]
        chain += [*range(len(sectors) + 1, len(sectors) + len(pieces)), 0xFFFFFFFE]
        sectors += pieces
    directory_at = len(sectors)
    directory = b"".join(
        _directory_entry(name, kind, start, size, child=1 if kind == 5 else None, right=right)
        for (name, kind, start, size), right in zip(entries, _rights(len(entries)), strict=True)
    )
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    pieces = [directory[at : at + 512] for at in range(0, len(directory), 512)]
    chain += [*range(directory_at + 1, directory_at + len(pieces)), 0xFFFFFFFE]
    sectors += pieces
    tables = -(-(len(chain) + 1) // 127)
    first_table = len(sectors)
    chain += [0xFFFFFFFD] * tables
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))
    table = struct.pack(f"<{len(chain)}I", *chain)
    difat = [first_table + index for index in range(tables)] + [0xFFFFFFFF] * (109 - tables)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables)
    head += struct.pack("<IIIIIII", directory_at, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *difat)
    return head + b"".join(sectors) + table


def _rights(count: int) -> list[int | None]:
    """Each stream names the next as its right sibling; the root and the last name none."""
    return [None, *range(2, count), None][:count]


def _directory_entry(
    name: str, kind: int, start: int, size: int, *, child: int | None, right: int | None
) -> bytes:
    text = name.encode("utf-16-le")
    none = 0xFFFFFFFF
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text) + 2, kind, 1)
        + struct.pack("<III", none, right or none, child or none)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def _record(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def write(folder: Path, name: str, content: bytes) -> Path:
    """A file with the given bytes."""
    path = folder / name
    path.write_bytes(content)
    return path
