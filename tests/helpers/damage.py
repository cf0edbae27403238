"""A seeded generator of damaged files: the same seed always gives the same bytes."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from helpers.tabular import dbf, delimited, xls, xlsx

KINDS = ("xlsx", "xls", "csv", "tsv", "txt", "dbf")
HEADER = ("编码", "名称", "附加编码", "例数")

_SYLLABLES = "急慢性先天左右侧肺肝肾胃肠骨折恶良肿瘤炎症出血梗阻综合征高血压糖尿病术后伴有"
_ENCODINGS = {
    "csv": ("utf-8", "utf-8-sig", "gb18030"),
    "tsv": ("utf-8", "gb18030"),
    "txt": ("utf-16", "utf-16-le", "gb18030", "utf-8"),
}
_DELIMITERS = {"csv": ",;", "tsv": "\t", "txt": "\t|"}

Bytes = bytearray
Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged file, the rows it held before, and what was done to it."""

    kind: str
    seed: int
    content: bytes
    rows: Rows
    done: tuple[str, ...]


def damaged(kind: str, seed: int) -> Damaged:
    """The file of a kind that belongs to a seed: a sound list with one to three damages."""
    chance = random.Random(f"{kind}-{seed}")
    rows = _rows(chance)
    content = sound(kind, rows, chance)
    done = []
    if kind == "xlsx" and chance.random() < 0.7:
        content, name = _damage_a_part(content, chance)
        done.append(name)
    elif kind in _SPECIAL and chance.random() < 0.5:
        harm = chance.choice(_SPECIAL[kind])
        content = bytes(harm(Bytes(content), chance))
        done.append(harm.__name__)
    for _ in range(chance.randint(0 if done else 1, 2)):
        harm = chance.choice(_GENERAL)
        content = bytes(harm(Bytes(content), chance))
        done.append(harm.__name__)
    return Damaged(kind, seed, content, rows, tuple(done))


def sound(kind: str, rows: Rows, chance: random.Random) -> bytes:
    """The rows as an undamaged file of a kind."""
    table = [HEADER, *rows]
    match kind:
        case "xlsx":
            return xlsx(table)
        case "xls":
            return xls(table)
        case "dbf":
            encoding = chance.choice(("gb18030", "utf-8"))
            return dbf(HEADER, rows, encoding=encoding, language=chance.choice((0x7A, 0, 3)))
        case _:
            return delimited(
                table,
                encoding=chance.choice(_ENCODINGS[kind]),
                delimiter=chance.choice(_DELIMITERS[kind]),
                line_end=chance.choice(("\r\n", "\n")),
            )


def _rows(chance: random.Random) -> Rows:
    rows = []
    for _ in range(chance.randint(5, 60)):
        code = f"{chance.choice('ACEIKNS')}{chance.randint(0, 99):02}.{chance.randint(0, 9999):04}"
        name = "".join(chance.choices(_SYLLABLES, k=chance.randint(3, 14)))
        if chance.random() < 0.1:
            name += chance.choice((", 其他", ' "未特指"', "(旧称)", " NOS"))
        attached = f"M8{chance.randint(0, 9999):04}/3" if chance.random() < 0.2 else ""
        rows.append((code, name, attached, str(chance.randint(0, 5000))))
    return rows


def _flip_bits(content: Bytes, chance: random.Random) -> Bytes:
    for _ in range(chance.randint(1, 8)):
        if content:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content


def _cut_off(content: Bytes, chance: random.Random) -> Bytes:
    return content[: chance.randrange(len(content) + 1)]


def _lose_a_block(content: Bytes, chance: random.Random) -> Bytes:
    at, size = _block(content, chance)
    del content[at : at + size]
    return content


def _repeat_a_block(content: Bytes, chance: random.Random) -> Bytes:
    at, size = _block(content, chance)
    content[at:at] = content[at : at + size]
    return content


def _zero_a_block(content: Bytes, chance: random.Random) -> Bytes:
    at, size = _block(content, chance)
    content[at : at + size] = bytes(len(content[at : at + size]))
    return content


def _noise_in_a_block(content: Bytes, chance: random.Random) -> Bytes:
    at, size = _block(content, chance)
    content[at : at + size] = chance.randbytes(len(content[at : at + size]))
    return content


def _swap_blocks(content: Bytes, chance: random.Random) -> Bytes:
    at, size = _block(content, chance)
    to, _ = _block(content, chance)
    moved = content[at : at + size]
    del content[at : at + size]
    content[to:to] = moved
    return content


def _append_noise(content: Bytes, chance: random.Random) -> Bytes:
    return content + chance.randbytes(chance.randint(1, 600))


def _block(content: Bytes, chance: random.Random) -> tuple[int, int]:
    size = chance.choice((1, 2, 7, 64, 512, 4096))
    return chance.randrange(max(len(content), 1)), size


def _stray_quote(content: Bytes, chance: random.Random) -> Bytes:
    at = chance.randrange(len(content) + 1)
    content[at:at] = b'"'
    return content


def _stray_line_end(content: Bytes, chance: random.Random) -> Bytes:
    at = chance.randrange(len(content) + 1)
    content[at:at] = chance.choice((b"\n", b"\r", b"\r\n\r\n", b"\0", b"\x1a"))
    return content


def _another_encoding_midway(content: Bytes, chance: random.Random) -> Bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + "急性阑尾炎,其他\r\n".encode(
        chance.choice(("gb18030", "utf-8", "utf-16"))
    )


def _wrong_header_number(content: Bytes, chance: random.Random) -> Bytes:
    offset, layout = chance.choice(((4, "<L"), (8, "<H"), (10, "<H"), (0, "<B"), (29, "<B")))
    value = chance.choice((0, 1, 0x7F, 0xFF, 0xFFFF, 0xFFFFFFFF, chance.randrange(1 << 16)))
    size = struct.calcsize(layout)
    content[offset : offset + size] = (value & ((1 << (8 * size)) - 1)).to_bytes(size, "little")
    return content


def _wrong_field(content: Bytes, chance: random.Random) -> Bytes:
    at = 32 + 32 * chance.randrange(len(HEADER)) + chance.choice((0, 11, 16, 17))
    content[at] = chance.randrange(256)
    return content


def _wrong_record_length(content: Bytes, chance: random.Random) -> Bytes:
    """The length of one BIFF record, which everything after it depends on."""
    at = 512
    places = []
    while at + 4 <= len(content):
        places.append(at)
        (length,) = struct.unpack_from("<H", content, at + 2)
        at += 4 + length
    place = chance.choice(places)
    struct.pack_into("<H", content, place + 2, chance.randrange(1 << 16))
    return content


def _damage_a_part(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Damage inside a part of the archive, packed again so that its checksum is right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    harm = chance.choice((*_GENERAL, *_MARKUP, *_MARKUP))
    if harm is _lose_the_part:
        del parts[name]
    else:
        parts[name] = bytes(harm(Bytes(parts[name]), chance))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return out.getvalue(), f"{harm.__name__} in {name}"


def _lose_the_part(content: Bytes, chance: random.Random) -> Bytes:
    return content[:0]


def _wrong_value(content: Bytes, chance: random.Random) -> Bytes:
    values = list(re.finditer(rb'="([^"]*)"|>([^<]+)<', content))
    if values:
        found = chance.choice(values)
        group = 1 if found.group(1) is not None else 2
        start, end = found.span(group)
        wrong = (
            b"",
            b"-1",
            b"0",
            b"4294967296",
            b"ZZZZ91",
            b"XFD1048577",
            b"A0",
            b"\xff\xfe",
            b"&#0;",
        )
        content[start:end] = chance.choice(wrong)
    return content


def _lose_a_tag(content: Bytes, chance: random.Random) -> Bytes:
    tags = list(re.finditer(rb"<[^>]*>", content))
    if tags:
        start, end = chance.choice(tags).span()
        del content[start:end]
    return content


_Harm = Callable[[Bytes, random.Random], Bytes]
_GENERAL: tuple[_Harm, ...] = (
    _flip_bits,
    _cut_off,
    _lose_a_block,
    _repeat_a_block,
    _zero_a_block,
    _noise_in_a_block,
    _swap_blocks,
    _append_noise,
)
_MARKUP: tuple[_Harm, ...] = (_wrong_value, _lose_a_tag, _lose_the_part)
_TEXT: tuple[_Harm, ...] = (_stray_quote, _stray_line_end, _another_encoding_midway)
_SPECIAL: dict[str, tuple[_Harm, ...]] = {
    "csv": _TEXT,
    "tsv": _TEXT,
    "txt": _TEXT,
    "dbf": (_wrong_header_number, _wrong_field),
    "xls": (_wrong_record_length,),
}
