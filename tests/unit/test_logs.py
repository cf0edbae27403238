"""The log: one line per record, whatever a value holds."""

import logging
from pathlib import Path

import pytest

from icdmapper import logs


@pytest.mark.parametrize("value", ["a\nERROR forged: b", "\x1b[31mred", "肺癌\r\n", "\u2028"])
def test_a_value_cannot_forge_a_second_record(tmp_path: Path, value: str) -> None:
    logs.set_up(tmp_path)
    logging.getLogger("icdmapper.test").info("read %s", value)
    logs.tear_down()
    lines = (tmp_path / "icdmapper.log").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    assert "INFO icdmapper.test: read " in lines[0]
    assert "\x1b" not in lines[0]


def test_what_people_need_not_see_stays_out_of_the_console(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(tmp_path)
    logging.getLogger("icdmapper.test").info("a fact")
    logging.getLogger("icdmapper.test").warning("a worry")
    logs.tear_down()
    shown = capsys.readouterr().err
    assert "a worry" in shown
    assert "a fact" not in shown
