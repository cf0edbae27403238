"""Whether decoded text reads like Chinese and Latin, or like a file read in a wrong encoding."""

from __future__ import annotations

import re

from icdmapper.texts import N_

# Enough to judge by; a list of this length is no longer read whole for this purpose.
_ENOUGH = 5_000_000

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
# With them the signs that ASCII becomes when the bytes of UTF-16 are taken in the wrong order.
_OTHER_SCRIPTS = re.compile(
    r"[\u0530-\u1cff\u2c00-\u2dff\ua000-\ud7ff"
    + "".join(chr(byte << 8) for byte in range(0x20, 0x7F))
    + "]"
)
# What Windows' Western code page makes of the bytes 0x80 to 0xFF, and back.
_WESTERN = {
    ord(bytes([byte]).decode("cp1252", "ignore") or chr(byte)): chr(byte)
    for byte in range(0x80, 0x100)
}
_WESTERN_RUN = re.compile("[" + "".join(map(chr, _WESTERN)) + "\\x80-\\x9f]{2,}")
_FEW = 20


class TextEvidence:
    """What has been seen of a text so far; `verdict` says what is wrong with it as a whole.

    A single damaged character in a long list is that row's problem; here only a text is refused
    in which they are many, or whose characters betray that other bytes were meant.
    """

    def __init__(self) -> None:
        self._characters = 0
        self._foreign = 0
        self._replaced = 0
        self._control = 0
        self._private = 0
        self._hanzi = 0
        self._common = 0
        self._others = 0
        self._bytes = 0
        self._bytes_as_utf8 = 0
        self._western = 0
        self._western_as_hanzi = 0

    def feed(self, text: str) -> None:
        """Take a piece of decoded text into account."""
        if self._characters >= _ENOUGH:
            return
        self._characters += len(text)
        self._control += len(_CONTROL.findall(text))
        if text.isascii():
            return
        foreign = re.sub(r"[\x00-\x7f]+", "\n", text)
        self._foreign += len(foreign) - foreign.count("\n")
        self._replaced += foreign.count("\ufffd")
        self._private += len(_PRIVATE.findall(foreign))
        self._others += len(_OTHER_SCRIPTS.findall(foreign))
        hanzi = "".join(_HANZI.findall(foreign))
        self._hanzi += len(hanzi)
        self._common += len(hanzi.encode("gb2312", "ignore")) // 2
        self._feed_misread(foreign)

    def verdict(self) -> str | None:
        """The reason why the text is not to be trusted, as a message for `_`, or None."""
        foreign = N_("its characters are not those of Chinese text")
        signs = (
            (self._replaced * 50 > self._foreign, N_("many characters were already lost before")),
            (self._control * 20 > self._characters, N_("it is full of control characters")),
            (self._is_utf8_as_gbk(), N_("it looks like UTF-8 that was read as GBK")),
            (self._is_western(), N_("it looks like Chinese that was read as a Western encoding")),
            (self._private * 50 > self._foreign and self._private > 2, foreign),
            (self._hanzi >= _FEW and self._common * 2 < self._hanzi, foreign),
            (self._foreign >= _FEW and self._others * 2 > self._foreign, foreign),
        )
        return next((reason for shows, reason in signs if shows), None)

    def _is_utf8_as_gbk(self) -> bool:
        return self._bytes >= _FEW and self._bytes_as_utf8 * 10 > self._bytes * 6

    def _is_western(self) -> bool:
        return self._western >= _FEW and self._western_as_hanzi * 2 > self._foreign

    def _feed_misread(self, foreign: str) -> None:
        as_gbk = foreign.encode("gb18030", "ignore")
        self._bytes += len(as_gbk) - as_gbk.count(b"\n")
        # Real GBK text gives back next to nothing here; text that was UTF-8 gives back itself.
        recovered = as_gbk.decode("utf-8", "ignore").replace("\n", "")
        self._bytes_as_utf8 += len("".join(_HANZI.findall(recovered)).encode("utf-8"))
        for run in _WESTERN_RUN.findall(foreign):
            self._western += len(run)
            raw = run.translate(_WESTERN).encode("latin-1")
            for encoding in ("utf-8", "gb18030"):
                hanzi = "".join(_HANZI.findall(raw.decode(encoding, "ignore")))
                if len(hanzi.encode("gb2312", "ignore")) * 2 >= len(raw):
                    self._western_as_hanzi += len(run)
                    break
