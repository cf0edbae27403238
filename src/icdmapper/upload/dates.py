"""Dates as hospitals write them, read without guessing which number is the month."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from icdmapper.model.errors import RefusedError
from icdmapper.texts import _

DateReader = Callable[[str], str]
"""A cell to yyyy-MM-dd or yyyy-MM-dd HH:mm:ss; "" when it cannot be read."""

_USUAL = re.compile(
    r"(?P<Y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:[ T]*(?P<H>\d{1,2})[:：时](?P<M>\d{1,2})(?:[:：分](?P<S>\d{1,2})(?:\.\d+)?秒?|分)?)?"
    r"(?:Z|\+08:?00)?"
)
_COMPACT = re.compile(
    r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[ T]?(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?)?"
)
_PARTS = {
    "yyyy": r"(?P<Y>\d{4})", "MM": r"(?P<m>\d{2})", "M": r"(?P<m>\d{1,2})",
    "dd": r"(?P<d>\d{2})", "d": r"(?P<d>\d{1,2})", "HH": r"(?P<H>\d{2})", "H": r"(?P<H>\d{1,2})",
    "mm": r"(?P<M>\d{2})", "m": r"(?P<M>\d{1,2})", "ss": r"(?P<S>\d{2})", "s": r"(?P<S>\d{1,2})",
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z]+")
_EARLIEST, _LATEST = 1850, 2200


def reader(pattern: str) -> DateReader:
    """Read dates of one pattern such as `yyyyMMdd` or `d/M/yyyy HH:mm`; "" takes the usual ones.

    The usual ones have the year first, with -, /, . or 年月日 between, or nothing at all. `MM` is
    the month and `mm` the minute.

    Raises:
        RefusedError: the pattern has a part that is not known, or lacks year, month or day.
    """
    if not pattern:
        return lambda text: _read(_USUAL, text) or _read(_COMPACT, text)
    expression = _expression(pattern)
    return lambda text: _read(expression, text)


def _expression(pattern: str) -> re.Pattern[str]:
    made, at, used = "", 0, []
    for run in re.finditer(r"([yMdHms])\1*", pattern):
        part = _PARTS.get(run[0])
        if part is None or part[3:5] in used:
            raise _unknown(pattern)
        used.append(part[3:5])
        made += re.escape(pattern[at : run.start()]) + part
        at = run.end()
    rest = "".join(re.split(r"[yMdHms]+", pattern))
    if _TOKEN.sub("", rest.replace("T", "")) != rest.replace("T", "") or not {
        "<Y", "<m", "<d",
    } <= set(used):  # fmt: skip
        raise _unknown(pattern)
    return re.compile(made + re.escape(pattern[at:]))


def _unknown(pattern: str) -> RefusedError:
    return RefusedError(
        _(
            "The date format {pattern} is not understood. Write it with yyyy, MM, dd, HH, mm and "
            "ss, for example yyyyMMdd or yyyy/M/d HH:mm."
        ).format(pattern=pattern)
    )


def _read(expression: re.Pattern[str], text: str) -> str:
    found = expression.fullmatch(text)
    if found is None:
        return ""
    parts = {name: int(value) for name, value in found.groupdict().items() if value}
    try:
        moment = datetime(  # noqa: DTZ001 - the HIS writes local time without a zone
            parts["Y"], parts["m"], parts["d"],
            parts.get("H", 0), parts.get("M", 0), parts.get("S", 0),
        )  # fmt: skip
    except ValueError:
        return ""
    if not _EARLIEST <= moment.year <= _LATEST:
        return ""
    return moment.strftime("%Y-%m-%d %H:%M:%S" if "H" in parts else "%Y-%m-%d")
